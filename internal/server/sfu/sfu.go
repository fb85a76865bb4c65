// Package sfu forwards sound and picture between the people seated in one room: a
// selective forwarding unit (RFC 7667 section 3.7) that never decodes. It knows
// seats and tracks; who may sit down is the room's business.
//
// The server always offers. Each seat has one PeerConnection, on the one UDP socket
// that all seats share or on a port of its own; ICE is lite (RFC 8445 section 2.5), so the server sends
// nothing to an address that a client merely names.
package sfu

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call/wire"
)

// Options configure an SFU.
type Options struct {
	// UDP carries all media. The SFU reads it until Close, which closes it. Nil: each seat
	// opens a socket of its own between MinPort and MaxPort.
	UDP              net.PacketConn
	MinPort, MaxPort uint16
	// Host is the local address of these sockets; nil or 0.0.0.0 is each IPv4 address of
	// the machine, :: is IPv6 too.
	Host net.IP
	// Public is the IP address to name in candidates; nil names the socket's own.
	Public net.IP
	Log    *slog.Logger
}

// SFU holds the seats of every room.
type SFU struct {
	api    *webrtc.API
	mux    ice.UDPMux // nil with a port for each seat
	log    *slog.Logger
	wg     sync.WaitGroup
	counts counters

	mu     sync.Mutex
	rooms  map[string]map[string]*Seat
	closed bool
}

// ErrClosed is returned by Seat after Close.
var ErrClosed = errors.New("the media server is stopping")

// New makes an SFU on an open UDP socket, or on a range of ports.
func New(o Options) (*SFU, error) {
	var mux ice.UDPMux
	if o.UDP != nil {
		mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: o.UDP, Logger: quiet().NewLogger("ice")})
	}
	api, err := newAPI(mux, o)
	if err != nil {
		if mux != nil {
			err = errors.Join(err, mux.Close())
		}
		return nil, err
	}
	return &SFU{api: api, mux: mux, log: o.Log, rooms: map[string]map[string]*Seat{}}, nil
}

// Seat sits a peer down in a room, where they send to and receive from everybody
// else seated there. Offers go to out, which must not block; next numbers the seat's
// media connections, each higher than the one before.
func (s *SFU) Seat(room, peer string, next func() uint32, out func(wire.Message)) (*Seat, error) {
	return s.seat(room, peer, true, next, out)
}

// Watch is Seat for somebody who only receives: they are offered no line to publish on,
// and what they send all the same is not read.
func (s *SFU) Watch(room, peer string, next func() uint32, out func(wire.Message)) (*Seat, error) {
	return s.seat(room, peer, false, next, out)
}

func (s *SFU) seat(room, peer string, speaks bool, next func() uint32, out func(wire.Message)) (*Seat, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	if s.rooms[room][peer] != nil {
		return nil, fmt.Errorf("peer %s already sits in room %s", peer, room)
	}
	seat, err := newSeat(s, room, peer, next, out)
	if err != nil {
		return nil, err
	}
	seat.speaks = speaks
	if s.rooms[room] == nil {
		s.rooms[room] = map[string]*Seat{}
	}
	s.rooms[room][peer] = seat
	s.wg.Go(seat.run)
	s.syncLocked(room)
	s.counts.seats.Add(1)
	return seat, nil
}

// syncLocked tells every seat of a room whom it should hear and see.
func (s *SFU) syncLocked(room string) {
	for _, seat := range s.rooms[room] {
		var tracks []*published
		for _, other := range s.rooms[room] {
			if other != seat {
				tracks = append(tracks, other.forwardedLocked()...)
			}
		}
		seat.want(tracks)
	}
}

// share begins or ends the forwarding of a seat's screen.
func (s *SFU) share(seat *Seat, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seat.shares != on && s.rooms[seat.room][seat.peer] == seat {
		seat.shares = on
		s.syncLocked(seat.room)
	}
}

func (s *SFU) remove(seat *Seat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rooms[seat.room][seat.peer] != seat {
		return
	}
	delete(s.rooms[seat.room], seat.peer)
	if len(s.rooms[seat.room]) == 0 {
		delete(s.rooms, seat.room)
	}
	s.syncLocked(seat.room)
	s.counts.seats.Add(-1)
}

// Close ends every seat and releases the UDP socket.
func (s *SFU) Close() error {
	s.mu.Lock()
	s.closed = true
	var seats []*Seat
	for _, room := range s.rooms {
		for _, seat := range room {
			seats = append(seats, seat)
		}
	}
	s.mu.Unlock()
	for _, seat := range seats {
		seat.Close()
	}
	s.wg.Wait()
	if s.mux == nil {
		return nil
	}
	return s.mux.Close()
}

// Stats are totals since start, but Seats, which is a count of now.
type Stats struct {
	Seats          int64
	Packets, Bytes uint64 // received from publishers and handed on
	KeyRequests    uint64 // key-frame requests sent to publishers
}

// Stats returns the counters.
func (s *SFU) Stats() Stats {
	return Stats{s.counts.seats.Load(), s.counts.packets.Load(), s.counts.bytes.Load(), s.counts.keys.Load()}
}
