package devices

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/devices/codec"
	"ekermed.example/ekermed/internal/devices/stage"
)

// voice takes the microphone's sound to the audio track. While muted, encoded digital
// silence leaves instead, so that receivers keep their rhythm and speech is back at
// once; the encoder is reset at the change, so that nothing said before sounds on.
type voice struct {
	track  *track
	near   *pipe // from the microphone
	far    *pipe // what the speaker was given
	echo   stage.Canceller
	meter  stage.Meter
	mute   stage.Mute
	stale  atomic.Bool // a device changed: the canceller must forget
	sentMS atomic.Uint64
}

// The pipes: half a second from the microphone; and the speaker's sound may run ahead
// of the microphone's by 80 ms before it counts as out of step.
const (
	nearSamples = codec.SampleRate / 2
	farSamples  = codec.SampleRate / 4
	farAhead    = 4 * codec.FrameSamples
)

func newVoice(t *track, far *pipe, echo stage.Canceller) *voice {
	return &voice{track: t, near: newPipe(nearSamples), far: far, echo: echo}
}

// deviceChanged makes the canceller learn anew.
func (v *voice) deviceChanged() { v.stale.Store(true) }

// run works until ctx ends. It owns the canceller and the encoder.
func (v *voice) run(ctx context.Context, log *slog.Logger) {
	defer v.echo.Close()
	enc, err := codec.NewOpusEncoder()
	if err != nil {
		log.Error("no sound can be sent", "err", err)
		return
	}
	near, far := make([]int16, codec.FrameSamples), make([]int16, codec.FrameSamples)
	clock := audioClock{timestamp: rand.Uint32()}
	muted, failed := v.mute.On(), false
	for {
		select {
		case <-ctx.Done():
			return
		case <-v.near.fresh:
		}
		for {
			forgot, ok := v.near.read(near)
			if !ok {
				break
			}
			timestamp, marker := clock.next(forgot, time.Now())
			pcm := v.clean(near, far)
			if v.mute.On() != muted {
				muted = !muted
				failed = complain(log, "audio", failed, enc.Reset())
			}
			if v.track.heard() {
				packet, err := enc.Encode(pcm)
				if err == nil {
					packet, err = v.track.seal(wire.Audio, packet)
				}
				failed = complain(log, "audio", failed, err)
				if err == nil {
					v.track.send(packet, timestamp, marker)
					v.sentMS.Add(20)
				}
			}
		}
	}
}

// clean takes the echo out of near, measures it, and silences it when muted.
func (v *voice) clean(near, far []int16) []int16 {
	if v.stale.Swap(false) {
		v.echo.Reset()
		v.far.empty()
	}
	v.far.readUpTo(far, farAhead)
	pcm := v.echo.Process(near, far)
	v.meter.Add(pcm)
	v.mute.Apply(pcm)
	return pcm
}

// audioClock gives each 20 ms its RTP timestamp by counting samples, not by looking at
// the wall: only after an interruption does it jump by what the wall says.
type audioClock struct {
	timestamp uint32
	last      time.Time
}

// interrupted is a pause in capture that listeners should see as one.
const interrupted = 300 * time.Millisecond

func (c *audioClock) next(forgot int, now time.Time) (timestamp uint32, marker bool) {
	gap := now.Sub(c.last)
	switch {
	case c.last.IsZero():
		marker = true
	case gap > interrupted:
		units := uint32((gap - 20*time.Millisecond) / (20 * time.Millisecond))
		c.timestamp += units * codec.FrameSamples
		marker = true
	case forgot > 0:
		units := uint32(forgot+codec.FrameSamples/2) / codec.FrameSamples
		c.timestamp += units * codec.FrameSamples
	}
	c.last = now
	timestamp = c.timestamp
	c.timestamp += codec.FrameSamples
	return timestamp, marker
}
