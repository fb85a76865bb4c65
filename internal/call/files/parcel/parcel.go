// Package parcel seals a file in chunks, so that it can be sent, fetched and opened piece by
// piece and never opens when it was cut, reordered or changed.
//
// It is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online
// Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, CRYPTO 2015) over
// AES-128-GCM. The nonce is the number of the chunk, eleven bytes, big end first, and one
// byte that is 1 in the last chunk and 0 in all others. A key is for one file, sealed once.
//
// docs/protocol.md, 14.2, is its specification; testdata is checked against the page's twin
// too. An own one because the libraries that have it (age, Tink) bring a file format and key
// formats along which the page would have to speak.
package parcel

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
)

// Sizes in bytes.
const (
	KeySize   = 16
	ChunkSize = 64 << 10 // of the file
	TagSize   = 16
	// SealedChunk is a chunk as it travels; the last one may be shorter.
	SealedChunk = ChunkSize + TagSize
)

// ErrForged: what came is not what was sealed: changed, cut, in another order, or under
// another key.
var ErrForged = errors.New("the file was changed on its way")

// errEnded: the last chunk was already there.
var errEnded = errors.New("after the last chunk")

// Sealed is the length of a file of size bytes once it is sealed. An empty one has a chunk too.
func Sealed(size int64) int64 { return size + max(1, (size+ChunkSize-1)/ChunkSize)*TagSize }

// stream counts chunks under one key.
type stream struct {
	aead  cipher.AEAD
	count uint64
	ended bool
}

func newStream(key []byte) (stream, error) {
	if len(key) != KeySize {
		return stream{}, fmt.Errorf("a key of %d bytes instead of %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return stream{}, err
	}
	aead, err := cipher.NewGCM(block)
	return stream{aead: aead}, err
}

// nonce is that of the next chunk.
func (s *stream) nonce(last bool) ([]byte, error) {
	if s.ended {
		return nil, errEnded
	}
	var n [12]byte
	binary.BigEndian.PutUint64(n[3:11], s.count)
	if last {
		n[11] = 1
	}
	return n[:], nil
}

func (s *stream) next(last bool) {
	s.count++
	s.ended = last
}

// Sealer seals one file from its beginning to its end.
type Sealer struct{ stream }

// NewSealer takes a random key that nothing else was sealed with.
func NewSealer(key []byte) (*Sealer, error) {
	s, err := newStream(key)
	return &Sealer{s}, err
}

// Seal appends the next chunk, sealed, to dst. All chunks but the last have ChunkSize bytes.
func (s *Sealer) Seal(dst, chunk []byte, last bool) ([]byte, error) {
	if len(chunk) > ChunkSize || !last && len(chunk) != ChunkSize {
		return nil, fmt.Errorf("a chunk of %d bytes", len(chunk))
	}
	nonce, err := s.nonce(last)
	if err != nil {
		return nil, err
	}
	s.next(last)
	return s.aead.Seal(dst, nonce, chunk, nil), nil
}

// Opener opens what a Sealer sealed, in the same order.
type Opener struct{ stream }

// NewOpener takes the key of the file.
func NewOpener(key []byte) (*Opener, error) {
	s, err := newStream(key)
	return &Opener{s}, err
}

// Open appends what is in the next chunk to dst. The error is ErrForged when anything is not
// as it was sealed; the file is then worth nothing.
func (o *Opener) Open(dst, chunk []byte, last bool) ([]byte, error) {
	nonce, err := o.nonce(last)
	if err != nil || len(chunk) < TagSize || len(chunk) > SealedChunk || !last && len(chunk) != SealedChunk {
		return nil, ErrForged
	}
	plain, err := o.aead.Open(dst, nonce, chunk, nil)
	if err != nil {
		return nil, ErrForged
	}
	o.next(last)
	return plain, nil
}
