package jitter

import (
	"sync"
	"time"

	"github.com/pion/rtp"
)

// How Audio behaves; times are in units of 1/48000 s.
const (
	audioWindow = 256       // packets, a power of two: 5 s
	most        = 10 * unit // over the target by this much: skip at once
	farJump     = clockRate // timestamps further apart are no pause, but a new beginning
	concealed   = 10        // units concealed in a row before there is silence
	patience    = 50        // units without anything before starting over
	review      = 50        // units between two looks at the delay
)

// Kind is what a Unit is.
type Kind int

// The kinds of Unit.
const (
	// Empty: nothing is due; play silence.
	Empty Kind = iota
	// Present: decode Payload.
	Present
	// Lost: something is missing; recover it from Next, or from what was heard.
	Lost
)

// Unit is what to play for one packet's time, 20 ms. Its bytes are valid until the
// next Pull.
type Unit struct {
	Payload []byte
	// Next is the packet after a lost one, when it is here already: it may carry a
	// coarse copy of the lost one (RFC 6716, section 2.1.7).
	Next []byte
	Kind Kind
}

// AudioStats counts since the beginning.
type AudioStats struct {
	Received  uint64        // packets taken in
	Lost      uint64        // packets that never came or came too late
	Late      uint64        // packets that came too late, or twice
	Refused   uint64        // packets that were malformed or far off
	Concealed uint64        // units that had to be made up
	Dropped   uint64        // packets left out to shorten the delay
	Delay     time.Duration // what is buffered now
	Target    time.Duration // what should be
}

type audioPacket struct {
	number    int64
	used      bool
	timestamp int64
	payload   []byte
}

// Audio evens out the arrival of Opus packets. Any goroutine may Push; one calls Pull,
// at the pace of the loudspeaker, so that its clock is the one that counts.
type Audio struct {
	mu      sync.Mutex
	ring    [audioWindow]audioPacket
	seq     tracker
	arrival arrival
	closed  bool
	playing bool
	next    int64 // the packet due
	clock   int64 // the timestamp due
	span    int64 // one packet's time
	lastTS  uint32
	lastExt int64
	lastNum int64
	highest int64 // timestamp of the highest packet
	waited  int   // units waited before playing
	held    int   // units for which nothing was there
	level   int64 // highest level since the last review
	pulls   int
	arrived int
	hold    bool    // play one made-up unit to lengthen the delay
	drop    int64   // leave out one packet to shorten it: units left to find a quiet one
	size    int     // smoothed payload size: quiet packets are smaller
	loss    float64 // smoothed share of lost packets
	one     []byte
	two     []byte
	stats   AudioStats
}

// NewAudio makes a buffer.
func NewAudio() *Audio {
	return &Audio{span: unit, seq: tracker{window: audioWindow}}
}

// Push takes a packet in. It copies what it needs and never blocks.
func (a *Audio) Push(p *rtp.Packet) {
	if p == nil {
		return
	}
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || len(p.Payload) > maxPayload {
		a.stats.Refused++
		return
	}
	number, verdict := a.seq.see(&p.Header)
	switch verdict {
	case stray:
		a.stats.Refused++
		return
	case restart:
		a.restartLocked(number, p.Timestamp)
	}
	timestamp := a.extendLocked(number, p.Timestamp)
	if len(p.Payload) == 0 {
		return // padding; its number counts as nothing lost only if another follows
	}
	relative := a.arrival.observe(timestamp, now)
	if a.playing && number < a.next {
		a.stats.Late++
		a.arrival.tooLate(relative)
		return
	}
	if number >= a.next+audioWindow {
		a.restartLocked(number, p.Timestamp)
		timestamp = a.extendLocked(number, p.Timestamp)
	}
	s := &a.ring[number%audioWindow]
	if s.used && s.number == number {
		a.stats.Late++
		return
	}
	*s = audioPacket{number: number, used: true, timestamp: timestamp, payload: append(s.payload[:0], p.Payload...)}
	if !a.playing {
		a.next = min(a.next, number)
	}
	a.highest = max(a.highest, timestamp)
	a.stats.Received++
	a.arrived++
	a.size += (len(p.Payload)*16 - a.size) / 16
}

// extendLocked carries timestamps over their wrap and learns one packet's time from
// two neighbours.
func (a *Audio) extendLocked(number int64, timestamp uint32) int64 {
	distance := int64(int32(timestamp - a.lastTS))
	extended := a.lastExt + distance
	if number == a.lastNum+1 && distance >= unit/2 && distance <= 3*unit {
		a.span = distance
	}
	a.lastTS, a.lastExt, a.lastNum = timestamp, extended, number
	return extended
}

// restartLocked forgets what is buffered; number is the first packet of what follows.
func (a *Audio) restartLocked(number int64, timestamp uint32) {
	for i := range a.ring {
		a.ring[i].used = false
	}
	a.seq.highest = max(a.seq.highest, number)
	a.lastTS, a.lastExt, a.lastNum = timestamp, 1<<40+int64(timestamp), number
	a.next, a.highest = number, a.lastExt
	a.span = unit
	a.arrival.forget()
	a.pauseLocked()
}

// pauseLocked goes back to gathering before playing.
func (a *Audio) pauseLocked() {
	a.playing, a.waited, a.held, a.hold, a.drop = false, 0, 0, false, 0
	a.level, a.pulls, a.arrived = 0, 0, 0
}

// Close ends the stream: Pull returns Empty units from now on.
func (a *Audio) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
}

// Closed tells whether Close was called.
func (a *Audio) Closed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}

// Stats tells how it goes.
func (a *Audio) Stats() AudioStats {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.stats
	s.Target = duration(a.wantedLocked())
	if a.playing {
		s.Delay = duration(max(a.highest+a.span-a.clock, 0))
	}
	return s
}

func duration(units int64) time.Duration {
	return time.Duration(units) * time.Second / clockRate
}
