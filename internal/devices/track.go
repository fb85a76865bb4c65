package devices

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call/wire"
)

// track is a local track that knows whether anybody listens. It may be bound to
// several PeerConnections one after the other, or at once during a change.
type track struct {
	*webrtc.TrackLocalStaticRTP
	listeners atomic.Int32
	bound     func() // a new listener came
	seq       uint16
	sealer    atomic.Pointer[sealer]
}

// sealer makes an encoded frame unreadable for all but those it is meant for.
type sealer func(kind wire.Kind, frame []byte) ([]byte, error)

// seal returns the frame as it may leave.
func (t *track) seal(kind wire.Kind, frame []byte) ([]byte, error) {
	if by := t.sealer.Load(); by != nil {
		return (*by)(kind, frame)
	}
	return frame, nil
}

func newTrack(codec webrtc.RTPCodecCapability, id, stream string, bound func()) (*track, error) {
	t, err := webrtc.NewTrackLocalStaticRTP(codec, id, stream)
	if err != nil {
		return nil, err
	}
	return &track{TrackLocalStaticRTP: t, bound: bound, seq: uint16(rand.Uint32())}, nil
}

// Bind implements webrtc.TrackLocal.
func (t *track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	p, err := t.TrackLocalStaticRTP.Bind(c)
	if err == nil {
		t.listeners.Add(1)
		t.bound()
	}
	return p, err
}

// Unbind implements webrtc.TrackLocal.
func (t *track) Unbind(c webrtc.TrackLocalContext) error {
	err := t.TrackLocalStaticRTP.Unbind(c)
	if err == nil {
		t.listeners.Add(-1)
	}
	return err
}

// heard tells whether anybody listens.
func (t *track) heard() bool { return t.listeners.Load() > 0 }

// send writes one packet. Errors of single PeerConnections are theirs to report.
func (t *track) send(payload []byte, timestamp uint32, marker bool) {
	t.seq++
	_ = t.WriteRTP(&rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: t.seq, Timestamp: timestamp, Marker: marker},
		Payload: payload,
	})
}
