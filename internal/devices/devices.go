// Package devices is the machine's cameras, microphones and speakers: what there is,
// opening them, sending what they hear and see on WebRTC tracks, and playing what
// others send.
//
// A Session has one audio and one video track that last as long as it does; devices
// come and go behind them. Each device is held by a keeper, a goroutine that opens it,
// notices when it falls silent, and opens it again. Nothing here fails as a whole: a
// machine without a camera still talks, one without anything still watches.
//
//	camera → scale → self view → encode → track       track → jitter → decode → slot → screen
//	microphone → echo canceller → meter → mute → encode → track
//	track → jitter → decode → mix → speaker (and the canceller, which must know)
package devices

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/devices/fake"
)

// pollEvery is how often Watch looks: no system tells all changes by itself.
const pollEvery = 2 * time.Second

// Options tells which machine to use.
type Options struct {
	// Fake uses devices that need no hardware, see package fake; FakeCamera a fake
	// camera beside the system's sound.
	Fake, FakeCamera bool
	// Look is what the fake camera shows.
	Look fake.Look
	// Log receives what goes wrong; nil for nowhere.
	Log *slog.Logger
}

// Devices is the machine. Its methods may be called from any goroutine.
type Devices struct {
	hardware hardware
	log      *slog.Logger
}

// New looks at nothing yet and opens nothing.
func New(o Options) *Devices {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if o.Fake {
		return &Devices{pretend{o.Look}, log}
	}
	if o.FakeCamera {
		return &Devices{filming{newMachine(log), pretend{o.Look}}, log}
	}
	return &Devices{newMachine(log), log}
}

// Report is what is wrong with each device of a session; nil means it works, or is not
// wanted.
type Report struct {
	Camera, Microphone, Speaker *call.Problem
}

// List returns what the machine has now; the default comes first.
func (d *Devices) List() (cameras, microphones, speakers []call.Device) {
	return d.hardware.list()
}

// Watch calls changed with what there is, at once and whenever it becomes different,
// until ctx ends; it returns ctx's error. It looks every 2 s.
func (d *Devices) Watch(ctx context.Context, changed func(cameras, microphones, speakers []call.Device)) error {
	var last [3][]call.Device
	first := true
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		var now [3][]call.Device
		now[0], now[1], now[2] = d.List()
		if first || !slices.EqualFunc(last[:], now[:], slices.Equal[[]call.Device]) {
			changed(now[0], now[1], now[2])
			last, first = now, false
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// Chime plays a short sound on the chosen speaker outside any session, and returns
// when it has sounded or ctx ends.
func (d *Devices) Chime(ctx context.Context, choice call.Choice, kind Chime) error {
	pcm, err := kind.sound()
	if err != nil {
		return err
	}
	m := newMixer()
	m.chime(pcm)
	line, err := d.hardware.speaker(choice.Speaker, m.fill)
	if err != nil {
		return fmt.Errorf("chime: %w", err)
	}
	defer line.Close()
	// The device plays what it took a little later.
	timer := time.NewTimer(time.Duration(len(pcm))*time.Second/fake.Rate + 400*time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
