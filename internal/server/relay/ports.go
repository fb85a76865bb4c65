package relay

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

var (
	errNoTCP   = errors.New("TCP allocations are not offered")
	errRefused = errors.New("this participant gets no allocation")
)

// ports opens relay sockets within the range, and nothing over TCP (RFC 6062).
type ports struct {
	turn.RelayAddressGeneratorPortRange
	relay   *Relay
	refused atomic.Int64 // TCP allocations whose refusal was not sent yet
}

func newPorts(r *Relay) *ports {
	o := r.o
	return &ports{RelayAddressGeneratorPortRange: turn.RelayAddressGeneratorPortRange{
		RelayAddress: o.Address, Address: o.Listen, MinPort: o.MinPort, MaxPort: o.MaxPort, MaxRetries: 32,
	}, relay: r}
}

func (p *ports) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	conn, addr, err := p.RelayAddressGeneratorPortRange.AllocatePacketConn(c)
	if err != nil {
		return nil, nil, err
	}
	f, err := p.relay.take(c.UserID, conn)
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return f, addr, nil
}

// take notes whose a relay socket is. Who was revoked while it was opened, or asked for
// several at once, is refused here at the latest.
func (r *Relay) take(user string, conn net.PacketConn) (net.PacketConn, error) {
	_, peer, named := strings.Cut(user, ":")
	f := &filtered{PacketConn: conn, policy: r.o.Policy}
	if !named {
		return f, nil // TURN looks for a free port with an even number, and closes it again
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, revoked := r.revoked[peer]; revoked || len(r.open[peer]) >= quota {
		return nil, errRefused
	}
	if strings.HasPrefix(peer, trialPrefix) {
		if len(f.policy.Ours) > 0 { // a node without an SFU beside it is tried through to that of another machine
			f.policy = f.policy.oursOnly()
		}
		f.left = &budget{}
		f.left.in.Store(r.trial.bytes)
		f.left.out.Store(r.trial.bytes)
		f.life = time.AfterFunc(r.trial.life, func() {
			if r.holds(peer, f) {
				_ = f.Close() // TURN forgets the allocation when it next reads from it
			}
		})
	}
	if r.open[peer] == nil {
		r.open[peer] = map[*filtered]bool{}
	}
	r.open[peer][f] = true
	f.closed = func() { r.forget(peer, f) }
	return f, nil
}

func (r *Relay) holds(peer string, f *filtered) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open[peer][f]
}

func (r *Relay) forget(peer string, f *filtered) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if delete(r.open[peer], f); len(r.open[peer]) == 0 {
		delete(r.open, peer)
	}
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
	left   *budget     // nil: no end of it
	life   *time.Timer // nil: as long as TURN keeps it
	closed func()      // nil: nobody wants to know
	once   sync.Once
	passed atomic.Int64 // bytes, both ways
}

// budget is how many bytes may still pass.
type budget struct{ in, out atomic.Int64 }

func (f *filtered) WriteTo(b []byte, to net.Addr) (int, error) {
	if !f.policy.Allows(addrPort(to)) || f.left != nil && f.left.out.Add(-int64(len(b))) < 0 {
		return len(b), nil
	}
	f.passed.Add(int64(len(b)))
	return f.PacketConn.WriteTo(b, to)
}

func (f *filtered) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := f.PacketConn.ReadFrom(b)
		if err != nil {
			return n, from, err
		}
		if f.policy.Allows(addrPort(from)) && (f.left == nil || f.left.in.Add(-int64(n)) >= 0) {
			f.passed.Add(int64(n))
			return n, from, nil
		}
	}
}

// Close may come from TURN, from Revoke and from the end of its life, in any order: only
// the first one counts, because TURN stops tidying up at an error.
func (f *filtered) Close() error {
	var err error
	f.once.Do(func() {
		err = f.PacketConn.Close()
		if f.life != nil {
			f.life.Stop()
		}
		if f.closed != nil {
			f.closed()
		}
	})
	return err
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
