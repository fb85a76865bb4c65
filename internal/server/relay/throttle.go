package relay

import (
	"encoding/binary"
	"hash/maphash"
	"net"
	"net/netip"
	"sync"
	"time"
)

// The pace of answers that need no credential, to one network. A browser asks some ten
// times when it begins and then a few times a minute, and a hospital's browsers share
// one address; for whoever is the victim of a reflection, 100 answers are 10 kB.
const (
	answersPerSecond = 100
	answersAtOnce    = 400
	// networks bounds the table. Networks that fall on one slot share its allowance.
	networks = 4096
)

// throttled drops what the server says to a network that got too many answers for
// which nobody had to prove anything: what a forged source address could ask for
// (threat 5). It counts answers, not questions, so that no form of a question slips
// through.
type throttled struct {
	net.PacketConn
	now  func() time.Time
	seed maphash.Seed

	mu    sync.Mutex
	slots [networks]allowance
}

type allowance struct {
	tokens float64
	at     time.Time // zero: full
}

func throttle(c net.PacketConn, now func() time.Time) *throttled {
	return &throttled{PacketConn: c, now: now, seed: maphash.MakeSeed()}
}

func (t *throttled) WriteTo(b []byte, to net.Addr) (int, error) {
	if unproven(b) && !t.allows(addrPort(to).Addr().Unmap()) {
		return len(b), nil
	}
	return t.PacketConn.WriteTo(b, to)
}

// unproven tells whether a packet is an answer that takes no credential: a success of
// Binding, or any error.
func unproven(b []byte) bool {
	const success, failure, binding = 0x0100, 0x0110, 0x0001
	if len(b) < 2 {
		return false
	}
	kind := binary.BigEndian.Uint16(b)
	return kind == success|binding || kind < 0x4000 && kind&failure == failure
}

func (t *throttled) allows(ip netip.Addr) bool {
	bits := 24
	if ip.Is6() {
		bits = 56
	}
	network, err := ip.Prefix(bits)
	if err != nil || !ip.IsValid() {
		return false
	}
	slot := maphash.Comparable(t.seed, network.Addr()) % networks
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	a := &t.slots[slot]
	switch {
	case a.at.IsZero():
		a.tokens = answersAtOnce
	case now.After(a.at):
		a.tokens = min(answersAtOnce, a.tokens+now.Sub(a.at).Seconds()*answersPerSecond)
	}
	a.at = now
	if a.tokens < 1 {
		return false
	}
	a.tokens--
	return true
}
