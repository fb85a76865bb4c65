package devices

import (
	"context"
	"image"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp/codecs"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/devices/codec"
	"ekermed.example/ekermed/internal/devices/stage"
)

// What leaves: at most 720p at 30 pictures a second.
const (
	mostWidth  = 1280
	mostHeight = 720
	mostFPS    = 30
	firstKbps  = 800
	leastKbps  = 40
	// keyEvery limits how often a key frame can be asked for.
	keyEvery = 300 * time.Millisecond
	// packetSize is what fits a path with tunnels, minus RTP, SRTP and a seal.
	packetSize = 1100
)

// limits are what leaves at most. Of a sharp picture no size is given up for the bitrate.
type limits struct {
	width, height int
	fps           float64
	sharp         bool
}

func cameraLimits() limits { return limits{width: mostWidth, height: mostHeight, fps: mostFPS} }

// picture takes the camera's pictures, or a screen's, to the self view and the video track. The
// encoder works only while the track is bound, always on the newest picture: what it
// cannot keep up with is never queued.
type picture struct {
	kind   wire.Kind // wire.Video or wire.Screen
	track  *track
	most   limits
	self   *stage.Slot // nil for a screen
	kbps   atomic.Int64
	askKey atomic.Bool
	off    atomic.Bool
	fresh  chan struct{}
	sent   atomic.Uint64

	mu      sync.Mutex
	scaler  stage.Scaler
	spare   *image.YCbCr
	waiting *image.YCbCr // the newest picture; nil when it was taken
	takenAt time.Time
	pace    *stage.Throttle
	rate    stage.Rate
	w, h    int
}

func newPicture(t *track, kind wire.Kind, most limits, self *stage.Slot) *picture {
	p := &picture{track: t, kind: kind, most: most, self: self, fresh: make(chan struct{}, 1), pace: stage.NewThrottle(most.fps)}
	p.kbps.Store(firstKbps)
	return p
}

// got is the camera's callback. It copies the picture.
func (p *picture) got(m *image.YCbCr, full bool, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off.Load() || !p.pace.Pass(at) {
		return
	}
	w, h := stage.Fit(m.Rect.Dx(), m.Rect.Dy(), p.most.width, p.most.height)
	to := p.waiting // nobody took it: overwrite
	if to == nil {
		to, p.spare = p.spare, nil
	}
	if to == nil || to.Rect.Dx() != w || to.Rect.Dy() != h {
		to = image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	}
	p.scaler.Scale(to, m, full)
	p.waiting, p.takenAt = to, at
	p.rate.Tick(at)
	p.w, p.h = w, h
	if p.self != nil {
		p.self.Put(to)
	}
	select {
	case p.fresh <- struct{}{}:
	default:
	}
}

// take hands out the newest picture; give returns it.
func (p *picture) take() (*image.YCbCr, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.waiting
	p.waiting = nil
	if p.off.Load() {
		return nil, time.Time{}
	}
	return m, p.takenAt
}

func (p *picture) give(m *image.YCbCr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spare = m
}

// turn switches the camera's pictures off or on. When it returns with off, none taken
// before will leave, and none is shown.
func (p *picture) turn(off bool) {
	p.off.Store(off)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = nil
	if p.self != nil {
		p.self.Clear()
	}
	p.askKey.Store(true)
}

// counters is the size and rate of what the camera delivers.
func (p *picture) counters(now time.Time) (w, h int, fps float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.w, p.h, p.rate.PerSecond(now)
}

// encoding is what the encoder's goroutine owns.
type encoding struct {
	enc     *codec.Encoder
	kbps    int64
	scaler  stage.Scaler
	scaled  *image.YCbCr
	ladder  ladder
	payload codecs.VP8Payloader
	began   time.Time
	offset  uint32
	last    time.Time
	keyAt   time.Time
	failed  bool // the last picture could not be encoded
}

// complain logs the first error of a row and tells whether there was one.
func complain(log *slog.Logger, kind string, before bool, err error) bool {
	if err != nil && !before {
		log.Error("encoding", "kind", kind, "err", err)
	}
	return err != nil
}

// run works until ctx ends. An encoder that fails is made anew for the next picture.
func (p *picture) run(ctx context.Context, log *slog.Logger) {
	e := &encoding{offset: rand.Uint32(), payload: codecs.VP8Payloader{EnablePictureID: true}}
	defer e.close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.fresh:
		}
		m, at := p.take()
		if m == nil {
			continue
		}
		if p.track.heard() {
			err := p.encode(e, m, at)
			if err != nil {
				e.close()
			}
			e.failed = complain(log, "video", e.failed, err)
		} else {
			e.close()
		}
		p.give(m)
	}
}

func (e *encoding) close() {
	if e.enc != nil {
		e.enc.Close()
		e.enc = nil
	}
}

func (p *picture) encode(e *encoding, m *image.YCbCr, at time.Time) error {
	start := time.Now()
	kbps := max(p.kbps.Load(), leastKbps)
	w, h := m.Rect.Dx(), m.Rect.Dy() // even, see Fit
	make := codec.NewScreenEncoder
	if !p.most.sharp {
		make = codec.NewEncoder
		w, h = e.ladder.size(w, h, int(kbps))
	}
	if err := e.prepare(w, h, kbps, make); err != nil {
		return err
	}
	if w != m.Rect.Dx() || h != m.Rect.Dy() {
		if e.scaled == nil || e.scaled.Rect.Dx() != w || e.scaled.Rect.Dy() != h {
			e.scaled = image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
		}
		e.scaler.Scale(e.scaled, m, false)
		m = e.scaled
	}
	if e.began.IsZero() {
		e.began = at
	}
	pts := int64(at.Sub(e.began)) * 9 / 100_000 // 90 kHz
	force := p.askKey.Load() && start.Sub(e.keyAt) >= keyEvery
	if force {
		p.askKey.Store(false)
	}
	frame, key, err := e.enc.Encode(m, pts, force)
	if err != nil {
		return err
	}
	if key {
		e.keyAt = start
	}
	if interval := at.Sub(e.last); interval > 0 && interval < time.Second {
		e.ladder.took(time.Since(start), max(interval, time.Second/mostFPS))
	}
	e.last = at
	if len(frame) == 0 || p.off.Load() {
		return nil
	}
	if frame, err = p.track.seal(p.kind, frame); err != nil {
		return err
	}
	parts := e.payload.Payload(packetSize, frame)
	for i, part := range parts {
		p.track.send(part, e.offset+uint32(pts), i == len(parts)-1)
	}
	p.sent.Add(1)
	return nil
}

// prepare makes the encoder fit. Another size needs another encoder.
func (e *encoding) prepare(w, h int, kbps int64, make func(w, h, kbps int) (*codec.Encoder, error)) (err error) {
	if e.enc != nil {
		if ew, eh := e.enc.Size(); ew != w || eh != h {
			e.close()
		}
	}
	if e.enc == nil {
		e.kbps = kbps
		e.enc, err = make(w, h, int(kbps))
		return err
	}
	if e.kbps != kbps {
		e.kbps = kbps
		return e.enc.SetRate(int(kbps))
	}
	return nil
}
