package jitter

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// How Video waits. A retransmission takes a round trip and up to 100 ms until the
// sender of the request wakes up, so the bound cannot be much shorter.
const (
	videoWindow = 1024 // packets, a power of two
	firstBound  = 250 * time.Millisecond
	leastBound  = 120 * time.Millisecond
	mostBound   = 500 * time.Millisecond
	// firstPatience is how long the beginning of a stream may be out of order.
	firstPatience = 80 * time.Millisecond
	// keyEvery limits requests for key frames.
	keyEvery = 300 * time.Millisecond
)

// Frame is one encoded picture.
type Frame struct {
	// Data is the whole VP8 frame; it belongs to the receiver.
	Data []byte
	// Timestamp is that of RTP, in 1/90000 s.
	Timestamp uint32
	// Key: the frame needs no other to be decoded.
	Key bool
}

// VideoStats counts since the beginning.
type VideoStats struct {
	Received    uint64        // packets taken in
	Lost        uint64        // packets given up
	Late        uint64        // packets that came after they were given up, or twice
	Refused     uint64        // packets that were malformed or far off
	Frames      uint64        // frames yielded
	Unopened    uint64        // whole frames that Open refused
	Concealed   uint64        // times that frames were skipped up to a key frame
	KeyFrames   uint64        // key frames asked for
	Delay       time.Duration // smoothed time from a frame's first packet to its yield
	WaitsAtMost time.Duration // how long a missing packet is waited for now
}

type videoPacket struct {
	number    int64
	used      bool
	marker    bool
	padding   bool // nothing of a frame in it
	timestamp uint32
	arrived   time.Time
	descriptor
	payload []byte
}

// Video puts VP8 frames together (RFC 7741). Any goroutine may Push; one calls Next.
type Video struct {
	// Open, unless nil, opens sealed frames; those that it refuses are not yielded. Set it
	// before the first Push.
	Open func(sealed []byte) ([]byte, error)

	needKey func()
	wake    chan struct{}

	mu     sync.Mutex
	ring   [videoWindow]videoPacket
	seq    tracker
	next   int64 // the packet that the next frame must begin with
	synced bool  // every frame before next was yielded
	// picture is the last one taken out; taken tells that there was one.
	picture
	taken  bool
	closed bool
	bound  time.Duration
	begun  time.Time // when the stream began
	// gapAt is when a hole at gap was first seen with something behind it.
	gap   int64
	gapAt time.Time
	// keyAt is the last request for a key frame, keyAfter the packet count then.
	keyAt    time.Time
	keyAfter uint64
	stats    VideoStats
}

// NewVideo makes a buffer. needKey is called from within Next when only a key frame
// can help, at most every 300 ms; nil for nobody to ask.
func NewVideo(needKey func()) *Video {
	if needKey == nil {
		needKey = func() {}
	}
	return &Video{needKey: needKey, wake: make(chan struct{}, 1), bound: firstBound,
		seq: tracker{window: videoWindow}}
}

// open opens a frame. One that cannot be opened is missing for all that follow.
func (v *Video) open(f *Frame) bool {
	if v.Open == nil {
		return true
	}
	plain, err := v.Open(f.Data)
	v.mu.Lock()
	defer v.mu.Unlock()
	if err != nil {
		v.stats.Unopened++
		v.synced = false
		return false
	}
	f.Data = plain
	return true
}

// Push takes a packet in. It copies what it needs and never blocks.
func (v *Video) Push(p *rtp.Packet) {
	if p == nil {
		return
	}
	now := time.Now()
	v.mu.Lock()
	v.pushLocked(p, now)
	v.mu.Unlock()
	v.signal()
}

func (v *Video) signal() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

func (v *Video) pushLocked(p *rtp.Packet, now time.Time) {
	payload := p.Payload
	if v.closed || len(payload) > maxPayload {
		v.stats.Refused++
		return
	}
	d, described := describe(payload)
	if !described && len(payload) > 0 {
		v.stats.Refused++
		return
	}
	number, verdict := v.seq.see(&p.Header)
	switch verdict {
	case stray:
		v.stats.Refused++
		return
	case restart:
		v.restartLocked(number, now)
	}
	if number < v.next {
		v.stats.Late++
		if described { // somebody is slower than we thought
			v.bound = min(v.bound+v.bound/8, mostBound)
		}
		return
	}
	if number >= v.next+videoWindow {
		// Nobody pulls, or a gap is wider than the buffer: begin again here.
		v.restartLocked(number, now)
	}
	s := &v.ring[number%videoWindow]
	if s.used && s.number == number {
		v.stats.Late++
		return
	}
	v.stats.Received++
	if !v.gapAt.IsZero() && number == v.gap {
		v.bound = min(max(steps(v.bound, 2*now.Sub(v.gapAt)), leastBound), mostBound)
	}
	*s = videoPacket{number: number, used: true, marker: p.Marker, padding: !described,
		timestamp: p.Timestamp, arrived: now, descriptor: d,
		payload: append(s.payload[:0], payload[d.size:]...)}
}

// restartLocked forgets everything; number is the first packet of what follows, but
// some that were sent before it may still come.
func (v *Video) restartLocked(number int64, now time.Time) {
	for i := range v.ring {
		v.ring[i].used = false
	}
	v.next, v.synced, v.gapAt = number-64, false, time.Time{}
	v.seq.highest = max(v.seq.highest, number)
	v.begun = now
}

// Resync skips to the next key frame and asks for one: for a decoder, or whoever opens
// sealed frames, that could not use what Next gave.
func (v *Video) Resync() {
	v.mu.Lock()
	v.synced = false
	v.mu.Unlock()
	v.signal()
}

// Close ends the stream: Next returns io.EOF from now on.
func (v *Video) Close() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.signal()
}

// Stats tells how it goes.
func (v *Video) Stats() VideoStats {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.stats
	s.WaitsAtMost = v.bound
	return s
}

// Next waits for the next frame that can be decoded after all those before it. It
// returns io.EOF after Close, and ctx's error when that ends first.
func (v *Video) Next(ctx context.Context) (Frame, error) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if err := ctx.Err(); err != nil {
			return Frame{}, err
		}
		v.mu.Lock()
		if v.closed {
			v.mu.Unlock()
			return Frame{}, io.EOF
		}
		frame, wait, ask, ok := v.stepLocked(time.Now())
		v.mu.Unlock()
		if ask {
			v.needKey()
		}
		if ok && v.open(&frame) {
			v.mu.Lock()
			v.stats.Frames++
			v.mu.Unlock()
			return frame, nil
		}
		if ok {
			continue
		}
		timer.Reset(wait)
		select {
		case <-v.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}
