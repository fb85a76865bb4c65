package ui

import (
	"context"
	"sync/atomic"
	"time"

	"ekermed.example/ekermed/internal/call"
)

// The pace of the screen: pictures and meters, and clocks when there are none.
const (
	framePace = time.Second / 30
	clockPace = time.Second
)

// liveness is shared between the UI thread and Run.
type liveness struct {
	moving atomic.Bool // something on screen moves: pictures, a meter
	busy   atomic.Bool // a tick is on its way to the UI thread
}

// setLive notes whether the screen needs the pace of pictures.
func (u *UI) setLive() {
	moving := u.at == atCall || u.at == atDevices || u.at == atWaiting && u.state.Devices.Open
	if u.dialog != nil && u.dialog.frames != nil {
		moving = true
	}
	u.live.moving.Store(moving)
}

// Run keeps pictures, meters and clocks moving until ctx ends. It never has more
// than one call to Post in flight: when the UI thread is late, ticks are dropped and
// the next one shows the newest picture.
func (u *UI) Run(ctx context.Context) error {
	ticker := time.NewTicker(framePace)
	defer ticker.Stop()
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-ticker.C:
			if !u.live.moving.Load() && now.Sub(last) < clockPace {
				continue
			}
			if !u.live.busy.CompareAndSwap(false, true) {
				continue
			}
			last = now
			u.o.Post(func() {
				defer u.live.busy.Store(false)
				u.tick()
			})
		}
	}
}

// tick runs on the UI thread.
func (u *UI) tick() {
	if !u.began {
		return
	}
	u.screen.frames()
	u.sendBoard(u.o.Now())
	u.tellFocus()
	if u.dialog != nil && u.dialog.frames != nil {
		u.dialog.frames()
	}
	now := u.o.Now()
	if since := now.Sub(u.clocked); since >= 0 && since < clockPace/4 {
		return
	}
	u.clocked = now
	if u.screen.tick(u.now()) {
		u.relayout()
	}
}

// level is what the microphone hears.
func (u *UI) level() float64 {
	if u.o.Level == nil || !u.state.Devices.Open {
		return 0
	}
	return u.o.Level()
}

// problemOf is the first of several problems.
func problemOf(all ...*call.Problem) *call.Problem {
	for _, p := range all {
		if p != nil {
			return p
		}
	}
	return nil
}
