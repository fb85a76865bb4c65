package devices

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ekermed.example/ekermed/internal/call"
)

// toy is a device that does as it is told.
type toy struct {
	name   string
	frames atomic.Uint64
	failed chan error
	closed atomic.Bool
}

func (d *toy) Name() string         { return d.name }
func (d *toy) Frames() uint64       { return d.frames.Load() }
func (d *toy) Failed() <-chan error { return d.failed }
func (d *toy) Close()               { d.closed.Store(true) }

// bench is a keeper under test: what opens, and what was told.
type bench struct {
	k      *keeper
	mu     sync.Mutex
	opened []*toy
	err    error
	told   []call.ProblemCode // "" for all is well
	alive  bool               // the newest device delivers
}

func onBench(t *testing.T, test func(b *bench)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{alive: true}
		b.k = newKeeper("toy", func(id string) (line, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.err != nil {
				return nil, b.err
			}
			d := &toy{name: "Toy " + id, failed: make(chan error, 1)}
			b.opened = append(b.opened, d)
			return d, nil
		}, func() {}, func(p *call.Problem) {
			code := call.ProblemCode("")
			if p != nil {
				code = p.Code
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			b.told = append(b.told, code)
		}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.k.run(ctx)
		}()
		test(b)
		cancel()
		<-done
		for i, d := range b.opened {
			if !d.closed.Load() {
				t.Errorf("device %d is left open", i)
			}
		}
	})
}

// pass lets time go by, in which the newest device delivers, or not.
func (b *bench) pass(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if d := b.newest(); b.alive && d != nil {
			d.frames.Add(1)
		}
	}
	synctest.Wait()
}

func (b *bench) newest() *toy {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.opened) == 0 {
		return nil
	}
	return b.opened[len(b.opened)-1]
}

// fails makes the next openings fail, or not.
func (b *bench) fails(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func (b *bench) expect(t *testing.T, opened int, told ...call.ProblemCode) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.opened) != opened {
		t.Errorf("opened %d times, want %d", len(b.opened), opened)
	}
	if len(b.told) != len(told) {
		t.Fatalf("told %q, want %q", b.told, told)
	}
	for i := range told {
		if b.told[i] != told[i] {
			t.Fatalf("told %q, want %q", b.told, told)
		}
	}
}

func TestKeeperOpensAndSwitches(t *testing.T) {
	onBench(t, func(b *bench) {
		if p := <-b.k.want("a", true); p != nil {
			t.Error(p)
		}
		b.pass(5 * time.Second)
		if p := <-b.k.want("a", true); p != nil {
			t.Error(p)
		}
		b.expect(t, 1)
		<-b.k.want("b", true)
		if !b.opened[0].closed.Load() || b.k.line() != line(b.newest()) {
			t.Error("the first one was not replaced")
		}
		<-b.k.want("b", false)
		if b.k.line() != nil {
			t.Error("not released")
		}
		b.pass(5 * time.Second)
		b.expect(t, 2)
	})
}

func TestKeeperRetries(t *testing.T) {
	onBench(t, func(b *bench) {
		b.fails(&fault{call.ProblemInUse, "Cam", errors.New("busy")})
		if p := <-b.k.want("", true); p == nil || *p != (call.Problem{Code: call.ProblemInUse, Detail: "Cam"}) {
			t.Error(p)
		}
		b.pass(7 * time.Second)
		b.expect(t, 0, call.ProblemInUse)
		b.fails(nil)
		b.pass(3 * time.Second)
		b.expect(t, 1, call.ProblemInUse, "")
		// Something that is no fault.
		b.fails(errors.New("strange"))
		if p := <-b.k.want("x", true); p == nil || p.Code != call.ProblemDevice {
			t.Error(p)
		}
	})
}

func TestKeeperNoticesSilence(t *testing.T) {
	onBench(t, func(b *bench) {
		<-b.k.want("mic", true)
		b.pass(3 * time.Second)
		b.alive = false
		b.fails(&fault{call.ProblemNoDevice, "", nil})
		b.pass(5 * time.Second)
		// Gone, and not there when looked for: unplugged, with its name.
		b.expect(t, 1, call.ProblemUnplugged)
		if !b.opened[0].closed.Load() {
			t.Error("the dead device is still open")
		}
		b.fails(&fault{call.ProblemNoSound, "", nil})
		b.pass(5 * time.Second)
		b.expect(t, 1, call.ProblemUnplugged, call.ProblemNoSound)
		// It opens again but delivers nothing yet: still not well.
		b.fails(nil)
		b.pass(3 * time.Second)
		b.expect(t, 2, call.ProblemUnplugged, call.ProblemNoSound)
		b.alive = true
		b.pass(2 * time.Second)
		b.expect(t, 2, call.ProblemUnplugged, call.ProblemNoSound, "")
	})
}

func TestKeeperHearsFailure(t *testing.T) {
	onBench(t, func(b *bench) {
		<-b.k.want("cam", true)
		b.pass(time.Second)
		b.newest().failed <- errors.New("read: no such device")
		b.pass(time.Second)
		b.expect(t, 1, call.ProblemUnplugged)
		b.pass(3 * time.Second)
		b.expect(t, 2, call.ProblemUnplugged, "")
	})
}
