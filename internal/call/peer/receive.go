package peer

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call/jitter"
	"ekermed.example/ekermed/internal/call/wire"
)

// soundAlone is how long sound waits for its picture before it counts as all there is.
const soundAlone = time.Second

type remote struct {
	peer  string // whose
	name  string // of what is played: the person's, or their screen's
	kind  wire.Kind
	video *jitter.Video
	audio *jitter.Audio
}

func (r *remote) close() {
	if r.video != nil {
		r.video.Close()
	}
	if r.audio != nil {
		r.audio.Close()
	}
}

// receive reads a remote track into its playout buffer until it ends.
func (p *Peer) receive(t *webrtc.TrackRemote) {
	r := &remote{peer: p.o.Peer, kind: wire.Audio}
	r.name = r.peer
	screen := false
	if r.peer == "" {
		r.name = t.StreamID()
		r.peer, screen = wire.OfScreen(r.name)
	}
	if t.Kind() == webrtc.RTPCodecTypeVideo {
		r.kind = wire.Video
		if screen {
			r.kind = wire.Screen
		}
		r.video = jitter.NewVideo(func() {
			// A request that is lost is made again by the buffer.
			_ = p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(t.SSRC())}})
		})
		r.video.Open = p.opener(r)
	} else {
		r.audio = jitter.NewAudio()
	}
	if !p.keep(r) {
		return
	}
	defer r.close()
	var open func([]byte) ([]byte, error)
	if r.audio != nil {
		open = p.opener(r)
	}
	for first := true; ; first = false {
		packet, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		p.heard(r)
		if first {
			p.begin(r)
		}
		if r.video == nil {
			// A packet is a frame: it is opened at once.
			if open != nil && len(packet.Payload) > 0 {
				if packet.Payload, err = open(packet.Payload); err != nil {
					continue
				}
			}
			r.audio.Push(packet)
			continue
		}
		r.video.Push(packet)
		if !p.ready.Load() && r.video.Stats().Frames > 0 {
			p.isReady()
		}
	}
}

// opener opens the sealed frames of a track; nil when there are none.
func (p *Peer) opener(r *remote) func([]byte) ([]byte, error) {
	if p.o.Open == nil {
		return nil
	}
	return p.o.Open(r.peer, r.kind)
}

// begin plays a track from its first packet on: what was played of that peer before
// goes on until then.
func (p *Peer) begin(r *remote) {
	if r.video != nil {
		p.o.Media.PlayVideo(r.name, r.video)
	} else {
		p.o.Media.PlayAudio(r.peer, r.audio)
		p.after(soundAlone, p.isReady)
	}
	p.o.Up(r.peer, r.kind)
}

// isReady tells, once, that this connection can take an older one's place.
func (p *Peer) isReady() {
	if p.ready.CompareAndSwap(false, true) {
		p.o.Ready()
	}
}

// keep takes note of a track; false when the connection is closed.
func (p *Peer) keep(r *remote) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.tracks = append(p.tracks, r)
	return true
}

func (p *Peer) drain(receiver *webrtc.RTPReceiver) {
	for {
		if _, _, err := receiver.ReadRTCP(); err != nil {
			return
		}
		p.heard(nil)
	}
}
