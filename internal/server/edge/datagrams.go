package edge

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// backlog is how many packets may wait for the relay; what comes beyond is lost, as in
// the kernel's own queue.
const backlog = 1024

// Split makes two sockets of one, told apart by what the packets are: media for the
// SFU, turn for STUN and TURN. The socket closes when both have been closed.
//
// Media is read by whoever calls ReadFrom, straight from the socket into their buffer:
// a packet costs no more than a look at its first bytes. That reader hands the relay
// its packets over a queue. So the media side must be read all the time, which an ICE
// mux does; once it is closed, a goroutine of ours reads for the relay.
func Split(socket *net.UDPConn) (media, turn net.PacketConn) {
	s := &split{socket: socket, queue: make(chan *packet, backlog), fresh: make(chan struct{}), done: make(chan struct{})}
	return &mediaSide{s}, &turnSide{s}
}

type split struct {
	socket *net.UDPConn
	queue  chan *packet
	spare  sync.Pool     // of *packet
	done   chan struct{} // closed with the relay's side

	reading    sync.Mutex  // held by whoever reads the socket for the media side
	mediaGone  atomic.Bool // the media side is closed
	pump       sync.WaitGroup
	mu         sync.Mutex
	relayGone  bool
	until      time.Time     // the relay's read deadline
	fresh      chan struct{} // closed when until changes
	closeMedia sync.Once
}

type packet struct {
	b    [turnMTU]byte
	n    int
	from netip.AddrPort
}

// hand gives the relay its packet, or drops it.
func (s *split) hand(b []byte, from netip.AddrPort) {
	if len(b) >= turnMTU {
		return
	}
	p, ok := s.spare.Get().(*packet)
	if !ok {
		p = new(packet)
	}
	p.n, p.from = copy(p.b[:], b), from
	select {
	case s.queue <- p:
	default:
		s.spare.Put(p)
	}
}

// mediaSide is the SFU's side of a shared socket.
type mediaSide struct{ *split }

// ReadFromAddrPort is ReadFrom without an allocation (ice.AddrPortReaderWriter).
func (m *mediaSide) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	m.reading.Lock()
	defer m.reading.Unlock()
	for {
		if m.mediaGone.Load() {
			return 0, netip.AddrPort{}, net.ErrClosed
		}
		n, from, err := m.socket.ReadFromUDPAddrPort(b)
		if err != nil {
			if m.mediaGone.Load() {
				err = net.ErrClosed
			}
			return n, from, err
		}
		if !forTURN(b[:n]) {
			return n, from, nil
		}
		m.hand(b[:n], from)
	}
}

// ReadFrom reads the next packet that is not the relay's.
func (m *mediaSide) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := m.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteToAddrPort is WriteTo without an allocation.
func (m *mediaSide) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if m.mediaGone.Load() {
		return 0, net.ErrClosed
	}
	return m.socket.WriteToUDPAddrPort(b, to)
}

// WriteTo writes to the socket that both sides share.
func (m *mediaSide) WriteTo(b []byte, to net.Addr) (int, error) {
	if m.mediaGone.Load() {
		return 0, net.ErrClosed
	}
	return m.socket.WriteTo(b, to)
}

// LocalAddr is that of the socket.
func (m *mediaSide) LocalAddr() net.Addr { return m.socket.LocalAddr() }

// SetReadDeadline is that of net.PacketConn.
func (m *mediaSide) SetReadDeadline(t time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mediaGone.Load() {
		return net.ErrClosed
	}
	return m.socket.SetReadDeadline(t)
}

// SetWriteDeadline does nothing: it would hold for the other side too, and writing to
// a UDP socket waits for nobody.
func (m *mediaSide) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets the read deadline.
func (m *mediaSide) SetDeadline(t time.Time) error { return m.SetReadDeadline(t) }

// Close ends the media side. The relay's packets go on.
func (m *mediaSide) Close() error {
	err := net.ErrClosed
	m.closeMedia.Do(func() { err = m.leave() })
	return err
}

// leave takes the socket from whoever reads media and goes on for the relay.
func (m *mediaSide) leave() error {
	m.mu.Lock()
	m.mediaGone.Store(true)
	err := m.socket.SetReadDeadline(time.Now()) // wakes the reader
	m.mu.Unlock()
	if err != nil {
		return err
	}
	m.reading.Lock()
	defer m.reading.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.relayGone {
		return m.socket.Close()
	}
	if err := m.socket.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	m.pump.Go(func() { // ends when the relay's side closes the socket
		b := make([]byte, turnMTU)
		for {
			n, from, err := m.socket.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			if forTURN(b[:n]) {
				m.hand(b[:n], from)
			}
		}
	})
	return nil
}

// turnSide is the relay's side of a shared socket.
type turnSide struct{ *split }

// ReadFrom waits for the relay's next packet.
func (r *turnSide) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		select { // what is there needs no timer
		case p := <-r.queue:
			return r.take(b, p)
		default:
		}
		r.mu.Lock()
		until, fresh := r.until, r.fresh
		r.mu.Unlock()
		var late <-chan time.Time
		if !until.IsZero() {
			timer := time.NewTimer(time.Until(until))
			defer timer.Stop()
			late = timer.C
		}
		select {
		case p := <-r.queue:
			return r.take(b, p)
		case <-r.done:
			return 0, nil, net.ErrClosed
		case <-late:
			return 0, nil, os.ErrDeadlineExceeded
		case <-fresh:
		}
	}
}

func (r *turnSide) take(b []byte, p *packet) (int, net.Addr, error) {
	n, from := copy(b, p.b[:p.n]), net.UDPAddrFromAddrPort(netip.AddrPortFrom(p.from.Addr().Unmap(), p.from.Port()))
	r.spare.Put(p)
	return n, from, nil
}

// WriteTo writes to the socket that both sides share.
func (r *turnSide) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-r.done:
		return 0, net.ErrClosed
	default:
		return r.socket.WriteTo(b, to)
	}
}

// LocalAddr is that of the socket.
func (r *turnSide) LocalAddr() net.Addr { return r.socket.LocalAddr() }

// SetReadDeadline also holds for a ReadFrom that waits already.
func (r *turnSide) SetReadDeadline(t time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.relayGone {
		return net.ErrClosed
	}
	r.until = t
	close(r.fresh)
	r.fresh = make(chan struct{})
	return nil
}

// SetWriteDeadline does nothing, as on the media side.
func (r *turnSide) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets the read deadline.
func (r *turnSide) SetDeadline(t time.Time) error { return r.SetReadDeadline(t) }

// Close ends the relay's side. Media goes on.
func (r *turnSide) Close() error {
	r.mu.Lock()
	if r.relayGone {
		r.mu.Unlock()
		return net.ErrClosed
	}
	r.relayGone = true
	close(r.done)
	gone := r.mediaGone.Load()
	r.mu.Unlock()
	if !gone {
		return nil
	}
	// The media side went first. Its leave may still be under way; closing the socket
	// ends whatever it waits for.
	err := r.socket.Close()
	r.pump.Wait()
	return err
}
