package sfu

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call/wire"
)

// What an Echo may be used for: a try of the network, not a channel of somebody's own.
const (
	echoLife    = 30 * time.Second
	echoMessage = 1200    // bytes in one message
	echoBytes   = 4 << 20 // bytes in all
)

// Echo is a media connection that returns what its data channel is sent, so that a client
// can try the way to the SFU: both directions, delay, loss and rate.
type Echo struct {
	pc    *webrtc.PeerConnection
	gen   uint32
	life  *time.Timer
	once  sync.Once
	bytes atomic.Int64
}

// Echo opens one, of a generation, and makes its offer.
func (s *SFU) Echo(gen uint32) (*Echo, wire.Offer, error) {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return nil, wire.Offer{}, ErrClosed
	}
	pc, err := s.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, wire.Offer{}, err
	}
	e := &Echo{pc: pc, gen: gen}
	offer, err := e.offer()
	if err != nil {
		return nil, wire.Offer{}, errors.Join(err, pc.Close())
	}
	e.life = time.AfterFunc(echoLife, e.Close)
	return e, offer, nil
}

func (e *Echo) offer() (wire.Offer, error) {
	// Neither order nor repetition: what is lost must count as lost.
	never, ordered := uint16(0), false
	channel, err := e.pc.CreateDataChannel("probe", &webrtc.DataChannelInit{Ordered: &ordered, MaxRetransmits: &never})
	if err != nil {
		return wire.Offer{}, err
	}
	channel.OnMessage(func(m webrtc.DataChannelMessage) {
		if len(m.Data) > echoMessage || e.bytes.Add(int64(len(m.Data))) > echoBytes {
			return
		}
		_ = channel.Send(m.Data) // what cannot be sent counts as lost
	})
	offer, err := e.pc.CreateOffer(nil)
	if err != nil {
		return wire.Offer{}, err
	}
	gathered := webrtc.GatheringCompletePromise(e.pc)
	if err := e.pc.SetLocalDescription(offer); err != nil {
		return wire.Offer{}, err
	}
	<-gathered // host candidates on an open socket: no waiting for the network
	return wire.Offer{Gen: e.gen, Round: 1, SDP: e.pc.LocalDescription().SDP}, nil
}

// Answer takes the client's answer; one of another generation is late.
func (e *Echo) Answer(a wire.Answer) error {
	if a.Gen != e.gen {
		return nil
	}
	return e.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.SDP})
}

// Close ends it; it ends by itself after 30 s.
func (e *Echo) Close() {
	e.once.Do(func() {
		e.life.Stop()
		_ = e.pc.Close() // it is given up either way
	})
}
