package journal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
)

// sealedSize is that of every record: AES-256-GCM with its tag of 16 bytes.
const sealedSize = len(payload{}) + 16

// recordSize is a sealed record and the chain's link after it.
const recordSize = sealedSize + sha256.Size

// link is a point of the hash chain over a segment's ciphertexts. It needs no key, so
// that who must not read the journal can check that nothing in it was changed.
type link [sha256.Size]byte

func (l link) next(n uint32, sealed []byte) link {
	h := sha256.New()
	h.Write([]byte("ekermed journal record\x00"))
	h.Write(l[:])
	var index [4]byte
	binary.BigEndian.PutUint32(index[:], n)
	h.Write(index[:])
	h.Write(sealed)
	return link(h.Sum(nil))
}

// ratchet is the key of the next record. Each use replaces it by one from which it cannot
// be found again (HKDF with SHA-256, RFC 5869).
type ratchet struct {
	key [32]byte
	n   uint32 // of the next record, from 0
}

// newRatchet joins the halves of a segment's secret; both are wiped.
func newRatchet(a, b, salt []byte) (*ratchet, error) {
	both := append(append(make([]byte, 0, len(a)+len(b)), a...), b...)
	defer clear(both)
	defer clear(a)
	defer clear(b)
	key, err := hkdf.Key(sha256.New, both, salt, "ekermed journal segment", 32)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	return &ratchet{key: [32]byte(key)}, nil
}

// step gives the cipher of this record and forgets its key.
func (r *ratchet) step() (cipher.AEAD, error) {
	key, err := hkdf.Expand(sha256.New, r.key[:], "ekermed journal record", 32)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	next, err := hkdf.Expand(sha256.New, r.key[:], "ekermed journal next", 32)
	if err != nil {
		return nil, err
	}
	defer clear(next)
	copy(r.key[:], next)
	r.n++
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal makes the record that comes after a link. The nonce is constant: each key seals
// one record.
func (r *ratchet) seal(e Entry, before link) ([]byte, link, error) {
	n := r.n
	aead, err := r.step()
	if err != nil {
		return nil, before, err
	}
	p := encode(e)
	record := aead.Seal(make([]byte, 0, recordSize), make([]byte, aead.NonceSize()), p[:], before[:])
	after := before.next(n, record)
	return append(record, after[:]...), after, nil
}

// unseal opens the record that comes after a link. It moves on even when it fails, so
// that one damaged record costs no other.
func (r *ratchet) unseal(record []byte, before link) (Entry, error) {
	aead, err := r.step()
	if err != nil {
		return Entry{}, err
	}
	p, err := aead.Open(nil, make([]byte, aead.NonceSize()), record[:sealedSize], before[:])
	if err != nil {
		return Entry{}, err
	}
	return decode(p)
}
