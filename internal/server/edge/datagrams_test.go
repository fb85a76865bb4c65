package edge

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
)

var _ ice.AddrPortReaderWriter = (*mediaSide)(nil) // or each packet costs the mux an allocation

// shared is a split socket and a client of it.
type shared struct {
	socket      *net.UDPConn
	media, turn net.PacketConn
	client      net.Conn
}

func newShared(t testing.TB) *shared {
	t.Helper()
	socket, err := UDP("media.udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &shared{socket: socket}
	s.media, s.turn = Split(socket)
	if s.client, err = net.Dial("udp4", socket.LocalAddr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.media.Close(); s.turn.Close(); s.client.Close() })
	return s
}

func (s *shared) send(t testing.TB, b []byte) {
	t.Helper()
	if _, err := s.client.Write(b); err != nil {
		t.Fatal(err)
	}
}

// relayed wants the next packet of the relay's side to be what was sent.
func (s *shared) relayed(t *testing.T, want []byte) {
	t.Helper()
	b := make([]byte, 2000)
	n, from, err := s.turn.ReadFrom(b)
	if err != nil || string(b[:n]) != string(want) || from.String() != s.client.LocalAddr().String() {
		t.Fatalf("%x from %v: %v", b[:n], from, err)
	}
}

func TestEachSideGetsItsOwn(t *testing.T) {
	s := newShared(t)
	check := request(t, stun.BindingRequest, stun.NewUsername("a:b"))
	allocate := request(t, stun.NewType(stun.MethodAllocate, stun.ClassRequest))
	channel := append([]byte{64, 1, 0, 4}, "data"...)
	for _, b := range [][]byte{allocate, channel, make([]byte, turnMTU+100), check} {
		s.send(t, b)
	}
	long := append([]byte{64, 1}, make([]byte, turnMTU)...) // no TURN packet is that long
	s.send(t, long)
	s.send(t, []byte{22, 1})
	b := make([]byte, 2000)
	for _, want := range [][]byte{make([]byte, turnMTU+100), check, {22, 1}} { // what is not TURN, in order
		n, from, err := s.media.ReadFrom(b)
		if err != nil || string(b[:n]) != string(want) || from.String() != s.client.LocalAddr().String() {
			t.Fatalf("%x from %v: %v", b[:n], from, err)
		}
	}
	s.relayed(t, allocate)
	s.relayed(t, channel)
	for _, side := range []net.PacketConn{s.media, s.turn} {
		if _, err := side.WriteTo([]byte("answer"), s.client.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if n, err := s.client.Read(b); err != nil || string(b[:n]) != "answer" {
			t.Fatal(err)
		}
		if side.LocalAddr().String() != s.socket.LocalAddr().String() {
			t.Errorf("local address %s", side.LocalAddr())
		}
	}
	if _, err := s.media.(*mediaSide).WriteToAddrPort([]byte("x"), netip.MustParseAddrPort(s.client.LocalAddr().String())); err != nil {
		t.Error(err)
	}
}

func TestDeadlines(t *testing.T) {
	s := newShared(t)
	for name, side := range map[string]net.PacketConn{"media": s.media, "turn": s.turn} {
		ended := make(chan error, 1)
		go func() { _, _, err := side.ReadFrom(make([]byte, 100)); ended <- err }()
		if err := side.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil { // also of who reads already
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		if err := errors.Join(side.SetDeadline(time.Time{}), side.SetWriteDeadline(time.Now())); err != nil {
			t.Error(err)
		}
		if _, err := side.WriteTo([]byte("x"), s.client.LocalAddr()); err != nil {
			t.Errorf("%s: one side's write deadline stops it: %v", name, err)
		}
	}
	channel := []byte{64, 1, 0, 0}
	s.send(t, channel)
	s.send(t, []byte{22})
	if n, _, err := s.media.ReadFrom(make([]byte, 100)); n != 1 || err != nil {
		t.Errorf("no deadline any more: %d %v", n, err)
	}
	s.relayed(t, channel)
}

// Either side may close first; the other goes on, and the socket ends with the second.
func TestSidesCloseInAnyOrder(t *testing.T) {
	channel := []byte{64, 1, 0, 0}
	for range 20 {
		s := newShared(t)
		ended := make(chan error, 1)
		go func() { _, _, err := s.media.ReadFrom(make([]byte, 100)); ended <- err }()
		if err := s.media.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("a reader of media: %v", err)
		}
		s.send(t, []byte{22})
		s.send(t, channel)
		s.relayed(t, channel)
		if err := s.turn.Close(); err != nil {
			t.Error(err)
		}
		for _, side := range []net.PacketConn{s.media, s.turn} {
			if _, _, err := side.ReadFrom(nil); !errors.Is(err, net.ErrClosed) {
				t.Errorf("read: %v", err)
			}
			if _, err := side.WriteTo(nil, s.client.LocalAddr()); !errors.Is(err, net.ErrClosed) {
				t.Errorf("write: %v", err)
			}
			if err := side.SetReadDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
				t.Errorf("deadline: %v", err)
			}
			if err := side.Close(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("close: %v", err)
			}
		}

		s = newShared(t)
		go func() { _, _, err := s.turn.ReadFrom(make([]byte, 100)); ended <- err }()
		if err := s.turn.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("a reader of TURN: %v", err)
		}
		s.send(t, channel)
		s.send(t, []byte{22})
		if n, _, err := s.media.ReadFrom(make([]byte, 100)); n != 1 || err != nil {
			t.Errorf("media: %d %v", n, err)
		}
		if err := s.media.Close(); err != nil {
			t.Error(err)
		}
		if err := s.socket.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the socket is still open: %v", err)
		}

		s = newShared(t) // both at once
		var wg sync.WaitGroup
		wg.Go(func() { _ = s.media.Close() })
		wg.Go(func() { _ = s.turn.Close() })
		wg.Wait()
		if err := s.socket.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the socket is still open: %v", err)
		}
	}
}

// A relay that does not read loses packets and holds up nobody.
func TestTheQueueIsBounded(t *testing.T) {
	s := newShared(t)
	side := s.turn.(*turnSide)
	for range backlog + 100 {
		side.hand([]byte{64, 1, 0, 0}, netip.MustParseAddrPort("127.0.0.1:1"))
	}
	if len(side.queue) != backlog {
		t.Errorf("%d wait", len(side.queue))
	}
}

// BenchmarkSplit is the price of sharing: media read from the socket itself and from
// its side of a split one, and what a packet costs that goes to the relay.
func BenchmarkSplit(b *testing.B) {
	packet := append([]byte{128, 111}, make([]byte, 1100)...)
	channel := append([]byte{64, 1, 4, 76}, make([]byte, 1100)...)
	run := func(b *testing.B, read func([]byte) error, s *shared, packet []byte) {
		buf := make([]byte, 2000)
		b.ReportAllocs()
		for b.Loop() {
			s.send(b, packet)
			if err := read(buf); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("bare", func(b *testing.B) {
		s := newShared(b)
		run(b, func(p []byte) error { _, _, err := s.socket.ReadFromUDPAddrPort(p); return err }, s, packet)
	})
	b.Run("media", func(b *testing.B) {
		s := newShared(b)
		side := s.media.(*mediaSide)
		run(b, func(p []byte) error { _, _, err := side.ReadFromAddrPort(p); return err }, s, packet)
	})
	b.Run("turn", func(b *testing.B) {
		s := newShared(b)
		done := make(chan struct{})
		go func() { // what the mux does
			defer close(done)
			_, _, _ = s.media.ReadFrom(make([]byte, 8192))
		}()
		run(b, func(p []byte) error { _, _, err := s.turn.ReadFrom(p); return err }, s, channel)
		s.media.Close()
		<-done
	})
}
