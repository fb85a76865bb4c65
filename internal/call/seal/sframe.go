// Package seal keeps what two people show and tell each other from everybody else, the
// server included. It has three parts: frames are sealed with SFrame (RFC 9605); the keys
// for that travel between each two people under a secret that they agree on (Group); and a
// short safety code tells them whether somebody sits in between.
//
// It does no I/O. docs/protocol.md, "Keys", is its specification, and the shared vectors
// in testdata are checked against the page's twin too.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"ekermed.example/ekermed/internal/call/wire"
)

// suite is AES_128_GCM_SHA256_128 (RFC 9605, section 4.5).
const suite = 4

// Sizes in bytes.
const (
	KeySize   = 16
	nonceSize = 12
	tagSize   = 16
	// maxHeader is the longest SFrame header: one byte, KID and CTR of eight each.
	maxHeader = 17
)

// Overhead is how much longer a sealed frame is at most, in bytes.
const Overhead = maxHeader + tagSize

// Errors of opening.
var (
	errShort  = errors.New("not a sealed frame: too short")
	errForged = errors.New("a sealed frame was changed on its way, or is of another key")
)

// header is an SFrame header (RFC 9605, section 4.3).
type header struct{ kid, ctr uint64 }

// append writes the header in its shortest form.
func (h header) append(b []byte) []byte {
	at := len(b)
	b = append(b, 0)
	b[at] |= field(h.kid) << 4
	b = tail(b, h.kid)
	b[at] |= field(h.ctr)
	return tail(b, h.ctr)
}

// field is the four bits of the first byte for one value: itself below 8, else how many
// bytes follow.
func field(v uint64) byte {
	if v < 8 {
		return byte(v)
	}
	return 8 | byte((bits.Len64(v)+7)/8-1)
}

func tail(b []byte, v uint64) []byte {
	if v < 8 {
		return b
	}
	for n := (bits.Len64(v) + 7) / 8; n > 0; n-- {
		b = append(b, byte(v>>(8*(n-1))))
	}
	return b
}

// parseHeader reads a header and tells its size.
func parseHeader(b []byte) (h header, size int, err error) {
	if len(b) == 0 {
		return h, 0, errShort
	}
	size = 1
	for _, part := range []struct {
		bits byte
		to   *uint64
	}{{b[0] >> 4, &h.kid}, {b[0] & 15, &h.ctr}} {
		if part.bits < 8 {
			*part.to = uint64(part.bits)
			continue
		}
		n := int(part.bits&7) + 1
		if len(b) < size+n {
			return h, 0, errShort
		}
		for _, v := range b[size : size+n] {
			*part.to = *part.to<<8 | uint64(v)
		}
		size += n
	}
	return h, size, nil
}

// frameKey is one SFrame key, ready for use.
type frameKey struct {
	kid  uint64
	aead cipher.AEAD
	salt [nonceSize]byte
}

// newFrameKey derives key and salt from a base key (RFC 9605, section 4.4.2).
func newFrameKey(base []byte, kid uint64) (*frameKey, error) {
	secret, err := hkdf.Extract(sha256.New, base, nil)
	if err != nil {
		return nil, fmt.Errorf("deriving a frame key: %w", err)
	}
	label := func(what string) string {
		b := append([]byte("SFrame 1.0 Secret "), what...)
		b = append(b, ' ')
		b = binary.BigEndian.AppendUint64(b, kid)
		return string(binary.BigEndian.AppendUint16(b, suite))
	}
	key, err := hkdf.Expand(sha256.New, secret, label("key"), KeySize)
	if err != nil {
		return nil, fmt.Errorf("deriving a frame key: %w", err)
	}
	salt, err := hkdf.Expand(sha256.New, secret, label("salt"), nonceSize)
	if err != nil {
		return nil, fmt.Errorf("deriving a frame salt: %w", err)
	}
	k := &frameKey{kid: kid}
	copy(k.salt[:], salt)
	if k.aead, err = newGCM(key); err != nil {
		return nil, err
	}
	return k, nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func (k *frameKey) nonce(ctr uint64) [nonceSize]byte {
	n := k.salt
	for i := range 8 {
		n[nonceSize-1-i] ^= byte(ctr >> (8 * i))
	}
	return n
}

// seal appends header and ciphertext of plain to out.
func (k *frameKey) seal(out []byte, ctr uint64, metadata, plain []byte) []byte {
	at := len(out)
	out = header{k.kid, ctr}.append(out)
	aad := append(append(make([]byte, 0, maxHeader+len(metadata)), out[at:]...), metadata...)
	n := k.nonce(ctr)
	return k.aead.Seal(out, n[:], plain, aad)
}

// open appends the plain text of a sealed frame, whose header is the first size bytes, to
// out.
func (k *frameKey) open(out []byte, h header, size int, metadata, sealed []byte) ([]byte, error) {
	aad := append(append(make([]byte, 0, maxHeader+len(metadata)), sealed[:size]...), metadata...)
	n := k.nonce(h.ctr)
	plain, err := k.aead.Open(out, n[:], sealed[size:], aad)
	if err != nil {
		return nil, errForged
	}
	return plain, nil
}

// clearBytes is how much of a frame stays readable: the first byte of VP8, by which
// forwarders tell key frames (RFC 6386, section 9.1); nothing of Opus.
func clearBytes(kind wire.Kind) int {
	if kind == wire.Audio {
		return 0
	}
	return 1
}

// metadata is what is authenticated beside the frame: its kind and its clear bytes.
func metadata(kind wire.Kind, clear []byte) []byte {
	b := byte(1)
	switch kind {
	case wire.Video:
		b = 2
	case wire.Screen:
		b = 3
	}
	return append([]byte{b}, clear...)
}
