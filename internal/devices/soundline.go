package devices

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gen2brain/malgo"
)

// patience is how long the sound system may take to let go of a device.
const patience = 3 * time.Second

// soundLine is an open microphone or speaker.
type soundLine struct {
	name   string
	sound  *sound
	device *malgo.Device
	log    *slog.Logger
	frames atomic.Uint64

	mu   sync.Mutex
	work func(out, in []byte) // nil once closed
}

// data is the sound system's callback, on a thread of its own.
func (l *soundLine) data(out, in []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.work == nil {
		clear(out)
		return
	}
	l.work(out, in)
	l.frames.Add(1)
}

// Name implements line.
func (l *soundLine) Name() string { return l.name }

// Frames implements line.
func (l *soundLine) Frames() uint64 { return l.frames.Load() }

// Failed implements line: the sound system does not tell, so the watchdog must.
func (l *soundLine) Failed() <-chan error { return nil }

// Close implements line. A sound system that does not answer is left behind: its
// thread is lost, but the call goes on.
func (l *soundLine) Close() {
	l.mu.Lock()
	l.work = nil
	l.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		// Without Stop, Uninit waits for a thread that sleeps until the server speaks:
		// for ever, when the server is dead.
		_ = l.device.Stop()
		l.device.Uninit()
		l.sound.close()
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-gone:
	case <-timer.C:
		l.log.Error("the sound system does not let go", "device", l.name)
	}
}
