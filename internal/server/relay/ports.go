package relay

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

var errNoTCP = errors.New("TCP allocations are not offered")

// ports opens relay sockets within the range, and nothing over TCP (RFC 6062).
type ports struct {
	turn.RelayAddressGeneratorPortRange
	policy  Policy
	refused atomic.Int64 // TCP allocations whose refusal was not sent yet
}

func newPorts(o Options) *ports {
	return &ports{RelayAddressGeneratorPortRange: turn.RelayAddressGeneratorPortRange{
		RelayAddress: o.Address, Address: o.Listen, MinPort: o.MinPort, MaxPort: o.MaxPort, MaxRetries: 32,
	}, policy: o.Policy}
}

func (p *ports) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	conn, addr, err := p.RelayAddressGeneratorPortRange.AllocatePacketConn(c)
	if err != nil {
		return nil, nil, err
	}
	return filtered{conn, p.policy}, addr, nil
}

// AllocateListener is asked for a TCP allocation.
func (p *ports) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	p.refused.Add(1)
	return nil, nil, errNoTCP
}

func (p *ports) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errNoTCP }

// filtered drops what goes to or comes from a peer that the policy refuses. TURN
// permissions know only IP addresses; this knows ports too.
type filtered struct {
	net.PacketConn
	policy Policy
}

func (f filtered) WriteTo(b []byte, to net.Addr) (int, error) {
	if !f.policy.Allows(addrPort(to)) {
		return len(b), nil
	}
	return f.PacketConn.WriteTo(b, to)
}

func (f filtered) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := f.PacketConn.ReadFrom(b)
		if err != nil || f.policy.Allows(addrPort(from)) {
			return n, from, err
		}
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	if u, ok := a.(*net.UDPAddr); ok {
		return u.AddrPort()
	}
	return netip.AddrPort{}
}

// name gives the refusal of a TCP allocation its own code, 442 (RFC 8656 section 7.2):
// the library calls whatever it could not open 508, insufficient capacity, which asks
// the client to try again later.
func (p *ports) name(b []byte) []byte {
	const allocateError, header = 0x0113, 20
	waiting := p.refused.Load()
	if waiting == 0 || len(b) < header || binary.BigEndian.Uint16(b) != allocateError {
		return b
	}
	m := &stun.Message{Raw: b}
	var code stun.ErrorCodeAttribute
	if m.Decode() != nil || code.GetFrom(m) != nil || code.Code != stun.CodeInsufficientCapacity || !p.refused.CompareAndSwap(waiting, waiting-1) {
		return b
	}
	named, err := stun.Build(stun.NewTransactionIDSetter(m.TransactionID), m.Type, stun.CodeUnsupportedTransProto)
	if err != nil {
		return b
	}
	return named.Raw
}

// packets and streams are how answers leave over UDP and over TLS.
type packets struct {
	net.PacketConn
	ports *ports
}

func (p *packets) WriteTo(b []byte, to net.Addr) (int, error) {
	if _, err := p.PacketConn.WriteTo(p.ports.name(b), to); err != nil {
		return 0, err
	}
	return len(b), nil
}

type streams struct {
	net.Listener
	ports *ports
}

func (s *streams) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &stream{c, s.ports}, nil
}

type stream struct {
	net.Conn
	ports *ports
}

// Write gets one message at a time.
func (s *stream) Write(b []byte) (int, error) {
	if _, err := s.Conn.Write(s.ports.name(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}
