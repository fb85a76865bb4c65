package sfu

import (
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call/wire"
)

// Seat is one person's place in the media of a room. Its methods never block; one
// goroutine does what they ask, in order.
type Seat struct {
	sfu        *SFU
	room, peer string
	next       func() uint32
	out        func(wire.Message)
	log        *slog.Logger
	published  [3]*published // see lines
	speaks     bool          // not set for who only watches
	shares     bool          // the screen is forwarded; under the SFU's mutex

	inbox   chan func()
	done    chan struct{}
	once    sync.Once
	current atomic.Uint32 // gen, for others

	// What follows belongs to the goroutine of run.
	wanted   []*published
	pc       *webrtc.PeerConnection
	gen      uint32
	round    uint32
	awaiting bool // an offer is out
	dirty    bool // another is due after the answer
	offer    wire.Offer
	senders  map[*published]*webrtc.RTPSender
}

func newSeat(s *SFU, room, peer string, next func() uint32, out func(wire.Message)) (*Seat, error) {
	seat := &Seat{
		sfu: s, room: room, peer: peer, next: next, out: out,
		log:   s.log.With("room", room, "peer", peer),
		inbox: make(chan func(), 64), done: make(chan struct{}),
	}
	for i, kind := range lines() {
		p, err := newPublished(kind, peer, &s.counts)
		if err != nil {
			return nil, err
		}
		seat.published[i] = p
	}
	return seat, nil
}

// lines are what a seat may publish, in the order of the lines of its offers.
func lines() [3]wire.Kind { return [3]wire.Kind{wire.Audio, wire.Video, wire.Screen} }

// forwardedLocked is what others get of this seat; the SFU's mutex is held.
func (s *Seat) forwardedLocked() []*published {
	switch {
	case !s.speaks:
		return nil
	case s.shares:
		return s.published[:]
	}
	return s.published[:2]
}

// Share begins or ends the forwarding of this person's screen.
func (s *Seat) Share(on bool) { s.sfu.share(s, on) }

func (s *Seat) run() {
	defer func() {
		if s.pc != nil {
			_ = s.pc.Close() // the seat is given up: nobody is left to tell
		}
	}()
	for {
		select {
		case do := <-s.inbox:
			select {
			case <-s.done: // what waits is not done any more
				return
			default:
			}
			do()
		case <-s.done:
			return
		}
	}
}

// post queues work; a seat flooded by its own client is given up.
func (s *Seat) post(do func()) {
	select {
	case s.inbox <- do:
	case <-s.done:
	default:
		s.log.Warn("seat flooded")
		s.out(wire.Failure{Code: wire.CodeSlow, Text: "too many media messages at once", Fatal: true})
		s.once.Do(func() { close(s.done) })
	}
}

// Answer takes the client's answer to the offer of the same generation and round.
func (s *Seat) Answer(a wire.Answer) { s.post(func() { s.answer(a) }) }

// Gen is the generation of the present media connection.
func (s *Seat) Gen() uint32 { return s.current.Load() }

// Renew replaces a failed media connection by a fresh one.
func (s *Seat) Renew(r wire.Renew) {
	s.post(func() {
		if r.Gen == s.gen {
			s.connect()
		}
	})
}

// Resend sends an unanswered offer again, after the client's signalling came back.
func (s *Seat) Resend() {
	s.post(func() {
		if s.awaiting {
			s.out(s.offer)
		}
	})
}

// Close gets up from the seat. The others stop receiving this person at once.
func (s *Seat) Close() {
	s.once.Do(func() { close(s.done) })
	s.sfu.remove(s)
}

func (s *Seat) want(tracks []*published) {
	s.post(func() {
		s.wanted = tracks
		if s.pc == nil {
			if s.speaks || len(tracks) > 0 { // a description needs a line
				s.connect()
			}
			return
		}
		s.sync()
	})
}

// connect opens a new media connection of the next generation.
func (s *Seat) connect() {
	if s.pc != nil {
		_ = s.pc.Close() // it failed already
	}
	s.gen = s.next()
	s.current.Store(s.gen)
	s.round, s.awaiting, s.dirty, s.senders = 0, false, false, map[*published]*webrtc.RTPSender{}
	pc, err := s.sfu.api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		s.fail("opening a media connection")
		return
	}
	s.pc = pc
	gen := s.gen
	into := map[*webrtc.RTPReceiver]*published{}
	for i, kind := range lines() {
		if !s.speaks {
			break
		}
		codec := webrtc.RTPCodecTypeVideo
		if kind == wire.Audio {
			codec = webrtc.RTPCodecTypeAudio
		}
		line, err := pc.AddTransceiverFromKind(codec, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			s.fail("adding a transceiver")
			return
		}
		into[line.Receiver()] = s.published[i]
	}
	ask := func(ssrc uint32) {
		// A request lost with its connection is asked again by the receivers.
		_ = pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}})
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		p := into[receiver]
		if p == nil {
			return // sent against the description; nobody gets it
		}
		s.sfu.wg.Go(func() { drain(receiver) })
		p.feed(track, ask)
	})
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		s.log.Info("media connection", "gen", gen, "state", state.String())
		if state == webrtc.PeerConnectionStateConnected {
			s.post(func() {
				for p := range s.senders {
					p.askKey()
				}
			})
		}
	})
	s.sync()
}

// drain lets the interceptors see the publisher's sender reports.
func drain(receiver *webrtc.RTPReceiver) {
	for {
		if _, _, err := receiver.ReadRTCP(); err != nil {
			return
		}
	}
}

// sync makes the connection carry what is wanted and offers the change.
func (s *Seat) sync() {
	if s.pc.ConnectionState() == webrtc.PeerConnectionStateClosed {
		return // the client hung up; it gets what is wanted when it renews
	}
	changed := s.round == 0
	for p, sender := range s.senders {
		if !slices.Contains(s.wanted, p) {
			if err := s.pc.RemoveTrack(sender); err != nil {
				s.fail("removing a track")
				return
			}
			delete(s.senders, p)
			changed = true
		}
	}
	for _, p := range s.wanted {
		if s.senders[p] != nil {
			continue
		}
		// Not AddTrack: it would turn a line meant for receiving into both ways.
		line, err := s.pc.AddTransceiverFromTrack(p.out, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			s.fail("adding a track")
			return
		}
		sender := line.Sender()
		s.senders[p] = sender
		s.sfu.wg.Go(func() { p.listen(sender) })
		changed = true
	}
	if changed {
		s.propose()
	}
}

func (s *Seat) propose() {
	if s.awaiting {
		s.dirty = true
		return
	}
	offer, err := s.pc.CreateOffer(nil)
	if err != nil {
		s.fail("making an offer")
		return
	}
	gathered := webrtc.GatheringCompletePromise(s.pc)
	if err := s.pc.SetLocalDescription(offer); err != nil {
		s.fail("setting the offer")
		return
	}
	<-gathered // host candidates on an open socket: no waiting for the network
	s.round++
	s.awaiting, s.dirty = true, false
	s.offer = wire.Offer{Gen: s.gen, Round: s.round, SDP: s.pc.LocalDescription().SDP}
	s.out(s.offer)
}

func (s *Seat) answer(a wire.Answer) {
	if !s.awaiting || a.Gen != s.gen || a.Round != s.round {
		return // an answer to an offer that has been replaced
	}
	s.awaiting = false
	if err := s.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.SDP}); err != nil {
		s.fail("taking the answer")
		return
	}
	for p := range s.senders {
		p.askKey()
	}
	if s.dirty {
		s.propose()
	}
}

// fail gives up. The library's words are not logged: they may quote a client's SDP,
// which holds addresses.
func (s *Seat) fail(what string) {
	s.log.Warn("media", "error", what)
	s.out(wire.Failure{Code: wire.CodeMedia, Text: "the media connection could not be set up", Fatal: true})
}
