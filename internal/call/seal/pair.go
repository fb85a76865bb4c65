package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"ekermed.example/ekermed/internal/call/wire"
)

// What hashes and keys of the agreement are bound to.
const (
	labelCommit = "ekermed commitment v1"
	labelPair   = "ekermed pair v1"
	labelExport = "ekermed export v1"
	labelSealed = "ekermed sealed v1"
	labelData   = "ekermed data v1"
	labelCode   = "ekermed safety code v1"
)

const randomSize = 32

// pair is the agreement with one other participant. Both sides do the same:
//
//	commit   a hash of our public key and a nonce, before anything of the other is known
//	reveal   key and nonce, once the other's commitment is here: nobody in between can
//	         choose theirs after seeing ours, so a short code is enough
//	encapsulate  a secret for the revealed key (HPKE, RFC 9180)
//
// The pair's key comes from both secrets, so only who holds both private keys has it.
type pair struct {
	self, peer string
	key        hpke.PrivateKey
	nonce      [randomSize]byte

	theirCommit []byte
	theirKey    []byte
	transcript  []byte
	ours        []byte // the secret that we encapsulated
	in, out     *channel
}

// channel is one direction of what a pair tells each other.
type channel struct {
	aead cipher.AEAD
	iv   [nonceSize]byte
	next uint64 // lowest counter that may come, or leaves next
}

// errWrong: the other side, or somebody in between, did not keep to the agreement.
var errWrong = errors.New("the key agreement was tampered with")

func newPair(self, peer string, key hpke.PrivateKey) *pair {
	p := &pair{self: self, peer: peer, key: key}
	rand.Read(p.nonce[:])
	return p
}

// parts hashes byte strings so that none runs into the next.
func parts(label string, list ...[]byte) []byte {
	h := sha256.New()
	h.Write([]byte(label))
	for _, b := range list {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b))))
		h.Write(b)
	}
	return h.Sum(nil)
}

func commitment(from, to string, key, nonce []byte) []byte {
	return parts(labelCommit, []byte(from), []byte(to), key, nonce)
}

func (p *pair) commit() wire.Commit {
	return wire.Commit{Peer: p.peer, Commitment: encode(commitment(p.self, p.peer, p.key.PublicKey().Bytes(), p.nonce[:]))}
}

func (p *pair) reveal() wire.Reveal {
	return wire.Reveal{Peer: p.peer, Key: encode(p.key.PublicKey().Bytes()), Nonce: encode(p.nonce[:])}
}

// revealed checks what the other side committed to, and answers with a secret for it.
func (p *pair) revealed(m wire.Reveal) (wire.Encapsulate, error) {
	key, nonce := decode(m.Key), decode(m.Nonce)
	if p.theirCommit == nil || len(nonce) != randomSize ||
		subtle.ConstantTimeCompare(p.theirCommit, commitment(p.peer, p.self, key, nonce)) != 1 {
		return wire.Encapsulate{}, errWrong
	}
	public, err := kem().NewPublicKey(key)
	if err != nil || bytes.Equal(key, p.key.PublicKey().Bytes()) {
		return wire.Encapsulate{}, errWrong
	}
	p.theirKey = key
	mine := [][]byte{[]byte(p.self), p.key.PublicKey().Bytes(), p.nonce[:]}
	theirs := [][]byte{[]byte(p.peer), key, nonce}
	if p.self > p.peer {
		mine, theirs = theirs, mine
	}
	p.transcript = parts(labelPair, append(mine, theirs...)...)
	enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES128GCM(), p.info())
	if err != nil {
		return wire.Encapsulate{}, fmt.Errorf("encapsulating: %w", err)
	}
	if p.ours, err = sender.Export(labelExport, randomSize); err != nil {
		return wire.Encapsulate{}, fmt.Errorf("encapsulating: %w", err)
	}
	return wire.Encapsulate{Peer: p.peer, Enc: encode(enc)}, nil
}

func (p *pair) info() []byte { return append([]byte(labelPair), p.transcript...) }

// encapsulated takes the other's secret: with ours it makes the pair's key.
func (p *pair) encapsulated(m wire.Encapsulate) error {
	if p.transcript == nil {
		return errWrong
	}
	recipient, err := hpke.NewRecipient(decode(m.Enc), p.key, hpke.HKDFSHA256(), hpke.AES128GCM(), p.info())
	if err != nil {
		return errWrong
	}
	theirs, err := recipient.Export(labelExport, randomSize)
	if err != nil {
		return errWrong
	}
	low, high := p.ours, theirs
	if p.self > p.peer {
		low, high = high, low
	}
	secret, err := hkdf.Extract(sha256.New, append(append(make([]byte, 0, 2*randomSize), low...), high...), p.transcript)
	if err != nil {
		return err
	}
	if p.out, err = newChannel(secret, p.self, p.peer); err != nil {
		return err
	}
	p.in, err = newChannel(secret, p.peer, p.self)
	clear(secret)
	clear(p.ours)
	return err
}

// agreed tells whether the pair has its key.
func (p *pair) agreed() bool { return p.in != nil }

// code is the safety code; only once the other's key is known.
func (p *pair) code() Code {
	if p.transcript == nil {
		return Code{}
	}
	return Code(parts(labelCode, p.transcript)[:CodeSize])
}

func newChannel(secret []byte, from, to string) (*channel, error) {
	info := parts(labelSealed, []byte(from), []byte(to))
	b, err := hkdf.Expand(sha256.New, secret, string(info), KeySize+nonceSize)
	if err != nil {
		return nil, err
	}
	c := &channel{}
	copy(c.iv[:], b[KeySize:])
	c.aead, err = newGCM(b[:KeySize])
	clear(b)
	return c, err
}

func (c *channel) nonce(counter uint64) []byte {
	n := c.iv
	for i := range 8 {
		n[nonceSize-1-i] ^= byte(counter >> (8 * i))
	}
	return n[:]
}

// seal binds what is said beside it in clear.
func (c *channel) seal(plain, beside []byte) string {
	b := binary.BigEndian.AppendUint64(nil, c.next)
	b = c.aead.Seal(b, c.nonce(c.next), plain, beside)
	c.next++
	return encode(b)
}

func (c *channel) open(data string, beside []byte) ([]byte, error) {
	b := decode(data)
	if len(b) < 8+tagSize {
		return nil, errShort
	}
	counter := binary.BigEndian.Uint64(b)
	if counter < c.next || counter == 1<<64-1 {
		return nil, errRepeated
	}
	plain, err := c.aead.Open(nil, c.nonce(counter), b[8:], beside)
	if err != nil {
		return nil, errForged
	}
	c.next = counter + 1
	return plain, nil
}

func kem() hpke.KEM { return hpke.DHKEM(ecdh.P256()) }

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// decode answers nil for what is no base64: no length fits then.
func decode(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}
