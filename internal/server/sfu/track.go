package sfu

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call/wire"
)

// keyEvery is the least time between two key-frame requests to one publisher.
const keyEvery = 250 * time.Millisecond

// published is what one person lets out of one kind: one stream of RTP that all
// others receive. It outlives the publisher's media connection: when that is
// renewed, sequence numbers and timestamps go on where they stopped, so that
// receivers notice nothing but a gap.
type published struct {
	kind   wire.Kind
	out    *webrtc.TrackLocalStaticRTP
	counts *counters

	mu       sync.Mutex
	upstream uint32 // SSRC of the source now, 0 when none
	ask      func(ssrc uint32)
	lastAsk  time.Time
	asking   bool
	shift    continuity
}

func newPublished(kind wire.Kind, peer string, counts *counters) (*published, error) {
	codec, stream := vp8, peer
	switch kind {
	case wire.Audio:
		codec = opus
	case wire.Screen:
		stream = wire.ScreenStream(peer)
	}
	out, err := webrtc.NewTrackLocalStaticRTP(codec, string(kind), stream)
	if err != nil {
		return nil, err
	}
	return &published{kind: kind, out: out, counts: counts, shift: continuity{rate: codec.ClockRate}}, nil
}

// feed forwards a remote track until it ends. ask sends a key-frame request for an
// SSRC to the publisher.
func (p *published) feed(track *webrtc.TrackRemote, ask func(uint32)) {
	p.mu.Lock()
	p.upstream, p.ask = uint32(track.SSRC()), ask
	p.shift.restart()
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		if p.upstream == uint32(track.SSRC()) {
			p.upstream, p.ask = 0, nil
		}
		p.mu.Unlock()
	}()
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if !p.forward(packet, uint32(track.SSRC())) {
			return
		}
	}
}

// forward hands one packet on; it answers false when the packet's source has been
// replaced by a newer one.
func (p *published) forward(packet *rtp.Packet, source uint32) bool {
	p.mu.Lock()
	if p.upstream != source {
		p.mu.Unlock()
		return false
	}
	fits := p.shift.apply(&packet.Header, time.Now())
	p.mu.Unlock()
	if !fits {
		return true
	}
	p.counts.packets.Add(1)
	p.counts.bytes.Add(uint64(len(packet.Payload)))
	// Header extensions are numbered for the publisher's connection, not the
	// receiver's: a receiver would read them as something else.
	packet.Extension, packet.Extensions = false, nil
	// An error here is one receiver's closed connection, which its own seat handles.
	_ = p.out.WriteRTP(packet)
	return true
}

// askKey asks the publisher for a key frame, now or as soon as the last request is
// keyEvery ago; wishes in between are one wish.
func (p *published) askKey() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kind == wire.Audio || p.asking || p.ask == nil {
		return
	}
	if wait := keyEvery - time.Since(p.lastAsk); wait > 0 {
		p.asking = true
		time.AfterFunc(wait, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.asking = false
			p.askLocked()
		})
		return
	}
	p.askLocked()
}

func (p *published) askLocked() {
	if p.ask == nil {
		return
	}
	p.lastAsk = time.Now()
	p.counts.keys.Add(1)
	p.ask(p.upstream)
}

// listen reads what a receiver says about this track until its sender is closed.
func (p *published) listen(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				p.askKey()
			}
		}
	}
}

// continuity shifts sequence numbers and timestamps so that a stream from several
// sources, one after the other, reads as one stream (RFC 3550 section 5.1).
type continuity struct {
	rate     uint32 // clock rate, Hz
	fresh    bool   // the next packet is the first of its source
	begun    bool
	guarded  bool // floor counts: this source has not gone far yet
	seqBy    uint16
	stampBy  uint32
	seq      uint16 // highest sent
	floor    uint16 // highest sent of the sources before
	stamp    uint32
	sentLast time.Time
}

func (c *continuity) restart() { c.fresh = true }

// apply shifts a header. It answers false for a packet that must be dropped: one that
// was overtaken by the first of its source would get a number that a source before has
// used, and SRTP must never encrypt two packets under one number.
func (c *continuity) apply(h *rtp.Header, now time.Time) bool {
	if c.fresh && c.begun {
		c.floor, c.guarded = c.seq, true
		c.seqBy = c.seq + 1 - h.SequenceNumber
		elapsed := uint32(max(now.Sub(c.sentLast).Seconds(), 0.001) * float64(c.rate))
		c.stampBy = c.stamp + elapsed - h.Timestamp
	}
	c.fresh = false
	h.SequenceNumber += c.seqBy
	h.Timestamp += c.stampBy
	if c.guarded && int16(h.SequenceNumber-c.floor) <= 0 {
		return false
	}
	if !c.begun || int16(h.SequenceNumber-c.seq) > 0 {
		c.seq, c.stamp, c.sentLast = h.SequenceNumber, h.Timestamp, now
	}
	c.begun = true
	c.guarded = c.guarded && c.seq-c.floor < 1<<14
	return true
}
