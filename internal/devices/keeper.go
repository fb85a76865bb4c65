package devices

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ekermed.example/ekermed/internal/call"
)

// How a keeper judges a device.
const (
	lookEvery  = 500 * time.Millisecond
	silentFor  = 2 * time.Second // a running device that delivers nothing is dead
	firstFrame = 6 * time.Second // some take their time to begin
	retryEvery = 2 * time.Second
)

// keeper keeps one device open while it is wanted: it opens, watches, closes and opens
// again. Its goroutine owns the device; others leave wishes.
type keeper struct {
	kind string
	open func(id string) (line, error)
	// changed is told after a device opened or closed.
	changed func()
	// tell is told what is wrong, nil when all is well again.
	tell func(*call.Problem)
	log  *slog.Logger
	kick chan struct{}

	mu      sync.Mutex
	id      string
	on      bool
	current line
	waiting []chan *call.Problem
}

func newKeeper(kind string, open func(string) (line, error), changed func(), tell func(*call.Problem), log *slog.Logger) *keeper {
	return &keeper{kind: kind, open: open, changed: changed, tell: tell, log: log, kick: make(chan struct{}, 1)}
}

// want leaves a wish. The channel gets what is wrong once it was tried.
func (k *keeper) want(id string, on bool) <-chan *call.Problem {
	done := make(chan *call.Problem, 1)
	k.mu.Lock()
	k.id, k.on = id, on
	k.waiting = append(k.waiting, done)
	k.mu.Unlock()
	select {
	case k.kick <- struct{}{}:
	default:
	}
	return done
}

// line returns the open device, nil when there is none.
func (k *keeper) line() line {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current
}

// holding is what the keeper's goroutine knows of the device.
type holding struct {
	line    line
	id      string // the wish it was opened for
	opened  bool   // one was open since the last change of wish
	name    string
	problem *call.Problem
	frames  uint64
	moved   time.Time // when frames last grew
	began   bool      // frames came at all
	retry   time.Time
}

// run works until ctx ends, and leaves the device closed.
func (k *keeper) run(ctx context.Context) {
	h := &holding{}
	defer k.release(h)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		var failed <-chan error
		if h.line != nil {
			failed = h.line.Failed()
		}
		select {
		case <-ctx.Done():
			return
		case <-k.kick:
			k.obey(h)
		case err := <-failed:
			k.log.Warn("device went away", "kind", k.kind, "err", err)
			k.lose(h, &fault{call.ProblemUnplugged, h.name, err})
		case <-ticker.C:
			k.look(h)
		}
	}
}

// obey fulfils the newest wish and answers everybody who waits.
func (k *keeper) obey(h *holding) {
	k.mu.Lock()
	id, on, waiting := k.id, k.on, k.waiting
	k.waiting = nil
	k.mu.Unlock()
	if h.line != nil && (!on || id != h.id) {
		k.release(h)
	}
	if id != h.id || !on {
		h.opened = false
		k.set(h, nil) // what was wrong was wrong with another one
	}
	h.id = id
	switch {
	case !on:
		k.set(h, nil)
	case h.line == nil:
		k.try(h)
	}
	for _, w := range waiting {
		w <- h.problem
	}
}

// try opens the device.
func (k *keeper) try(h *holding) {
	now := time.Now()
	line, err := k.open(h.id)
	if err != nil {
		h.retry = now.Add(retryEvery)
		var f *fault
		if !errors.As(err, &f) {
			f = &fault{call.ProblemDevice, "", err}
		}
		if f.code == call.ProblemNoDevice && h.opened {
			f = &fault{call.ProblemUnplugged, h.name, f.err}
		}
		if h.problem == nil || *h.problem != *f.problem() {
			k.log.Warn("opening a device", "kind", k.kind, "err", err)
		}
		k.set(h, f.problem())
		return
	}
	h.line, h.opened, h.name = line, true, line.Name()
	h.frames, h.moved, h.began = line.Frames(), now, false
	k.hold(line)
	if h.problem == nil || !h.lostBefore() {
		k.set(h, nil)
	}
}

// lostBefore: the device was away, so it must show life before it counts as well.
func (h *holding) lostBefore() bool {
	return h.problem.Code == call.ProblemUnplugged || h.problem.Code == call.ProblemNoSound
}

// look checks on the device, and tries to open one that should be.
func (k *keeper) look(h *holding) {
	now := time.Now()
	if h.line == nil {
		k.mu.Lock()
		on := k.on
		k.mu.Unlock()
		if on && !now.Before(h.retry) {
			k.try(h)
		}
		return
	}
	if n := h.line.Frames(); n != h.frames {
		h.frames, h.moved, h.began = n, now, true
		k.set(h, nil)
		return
	}
	limit := silentFor
	if !h.began {
		limit = firstFrame
	}
	if now.Sub(h.moved) >= limit {
		k.log.Warn("device fell silent", "kind", k.kind)
		k.lose(h, &fault{call.ProblemUnplugged, h.name, nil})
		k.try(h)
	}
}

func (k *keeper) lose(h *holding, f *fault) {
	k.release(h)
	h.retry = time.Now().Add(retryEvery)
	k.set(h, f.problem())
}

// release closes the device.
func (k *keeper) release(h *holding) {
	if h.line != nil {
		h.line.Close()
		h.line = nil
		k.hold(nil)
	}
}

func (k *keeper) hold(l line) {
	k.mu.Lock()
	k.current = l
	k.mu.Unlock()
	k.changed()
}

// set notes what is wrong and tells it when that is news.
func (k *keeper) set(h *holding, p *call.Problem) {
	if (p == nil) == (h.problem == nil) && (p == nil || *p == *h.problem) {
		return
	}
	h.problem = p
	k.tell(p)
}
