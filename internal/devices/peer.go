package devices

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ekermed.example/ekermed/internal/call/jitter"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/devices/codec"
	"ekermed.example/ekermed/internal/devices/stage"
)

// Counters are what tests and support look at.
type Counters struct {
	// Width and Height are those of the newest picture, as decoded; for ourselves, as
	// the camera delivers it (at most 1280 × 720).
	Width, Height int
	// Frames is how many pictures were decoded for showing; for ourselves, sent.
	Frames uint64
	// FPS is the rate of those pictures over the last seconds; for ourselves, of the camera.
	FPS float64
	// AudioMS is how much of the peer's sound was played, concealment not counted; for
	// ourselves, how much was sent.
	AudioMS uint64
}

// peer is what is shown and played of one participant; "" is ourselves.
type peer struct {
	slot    *stage.Slot
	samples atomic.Uint64 // played
	meter   stage.Meter   // of what is played

	mu     sync.Mutex
	turns  int // how often PlayVideo was called
	shown  int // whose turn the picture in the slot is from
	w, h   int
	frames uint64
	rate   stage.Rate
}

// peer finds or makes the entry.
func (s *Session) peer(id string) *peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.peers[id]
	if !ok {
		w, h := mostWidth, mostHeight
		if _, screen := wire.OfScreen(id); screen {
			w, h = screenWidth, screenHeight
		}
		p = &peer{slot: stage.NewSlot(w, h)}
		s.peers[id] = p
	}
	return p
}

func (s *Session) known(id string) (*peer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.peers[id]
	return p, ok
}

// begin gives the next turn of showing.
func (p *peer) begin() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turns++
	return p.turns
}

// show decodes pictures until in ends. Pictures of an earlier turn are no longer shown
// once a later one has some.
func (p *peer) show(ctx context.Context, turn int, in *jitter.Video, log *slog.Logger) {
	decoder, err := codec.NewDecoder()
	if err != nil {
		log.Error("showing pictures", "err", err)
		return
	}
	defer decoder.Close()
	for {
		f, err := in.Next(ctx)
		if err != nil {
			break // the end, or the session's
		}
		m, err := decoder.Decode(f.Data)
		if err != nil {
			log.Debug("undecodable picture", "err", err)
			in.Resync()
			continue
		}
		if m != nil && p.count(turn, m.Rect.Dx(), m.Rect.Dy(), time.Now()) {
			p.slot.Put(m)
		}
	}
	if p.ended(turn) {
		p.slot.Clear() // an old picture must not look alive
	}
}

// count notes a picture; false when a later turn is shown already.
func (p *peer) count(turn, w, h int, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if turn < p.shown {
		return false
	}
	p.shown = turn
	p.w, p.h = w, h
	p.frames++
	p.rate.Tick(now)
	return true
}

// ended tells whether the picture in the slot is of the turn that ended.
func (p *peer) ended(turn int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown == turn
}

func (p *peer) counters(now time.Time) Counters {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Counters{Width: p.w, Height: p.h, Frames: p.frames, FPS: p.rate.PerSecond(now), AudioMS: p.samples.Load() / 48}
}
