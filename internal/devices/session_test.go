package devices

import (
	"context"
	"errors"
	"testing"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/devices/fake"
)

// Two desks with fake devices: each sees the other's counter move and hears the
// sentence, through real encoders, WebRTC and jitter buffers.
func TestCall(t *testing.T) {
	a, b := open(t, fake.Desktop), open(t, fake.Patient)
	cut := join(t, a, b)
	defer cut()
	sees := func(s *Session, peer string, look fake.Look) (n uint16, ok bool) {
		m, _ := s.Latest(peer)
		if m == nil {
			return 0, false
		}
		got, n, ok := fake.ReadStrip(m)
		return n, ok && got == look
	}
	until(t, "a sees b", func() bool { _, ok := sees(a, "b", fake.Patient); return ok })
	until(t, "b sees a", func() bool { _, ok := sees(b, "a", fake.Desktop); return ok })
	until(t, "a sees itself", func() bool { _, ok := sees(a, "", fake.Desktop); return ok })
	first, _ := sees(a, "b", fake.Patient)
	until(t, "b's counter moves on", func() bool { n, ok := sees(a, "b", fake.Patient); return ok && n-first > 20 })

	until(t, "both hear the sentence", func() bool {
		return fake.FindSpeech(last(a.Played(), 6), fake.Rate) > 0.6 && fake.FindSpeech(last(b.Played(), 6), fake.Rate) > 0.6
	})
	if a.Level() == 0 {
		t.Error("the meter does not move")
	}
	if c := a.Counters("b"); c.Width != fake.Width || c.Height != fake.Height || c.Frames < 20 {
		t.Errorf("counters of b: %+v", c)
	}

	// Muted: silence leaves, the camera is closed, nothing more is seen.
	a.Mute(wire.Video, true)
	a.Mute(wire.Audio, true)
	until(t, "the camera is closed", func() bool { return a.keepers[cameraKeeper].line() == nil })
	if m, _ := a.Latest(""); m != nil {
		t.Error("the self view still shows the muted camera")
	}
	sent := a.Counters("").Frames
	played := b.Counters("a").AudioMS
	until(t, "two seconds of muted sound", func() bool { return b.Counters("a").AudioMS > played+2500 })
	if now := a.Counters("").Frames; now != sent {
		t.Errorf("%d pictures left a muted camera", now-sent)
	}
	tail := b.Played()
	for i, v := range tail[len(tail)-fake.Rate:] {
		if v > 8 || v < -8 {
			t.Fatalf("sample %d of the muted second is %d", i, v)
		}
	}
	a.Mute(wire.Video, false)
	until(t, "pictures come back", func() bool { return b.Counters("a").Frames > 0 && a.Counters("").Frames > sent+5 })
	before, _ := sees(b, "a", fake.Desktop)
	until(t, "b sees a again", func() bool { n, ok := sees(b, "a", fake.Desktop); return ok && n != before })

	// Another camera behind the same track.
	if r := a.Switch(t.Context(), call.Choice{Camera: "fake-camera-2"}); r != (Report{}) {
		t.Errorf("switching: %+v", r)
	}
	until(t, "b sees a's second camera", func() bool { _, ok := sees(b, "a", fake.Patient); return ok })
}

// The tracks outlive connections: a second one takes over from the first.
func TestSuccessiveConnections(t *testing.T) {
	a, b := open(t, fake.Desktop), open(t, fake.Patient)
	tracks := a.Tracks()
	if len(tracks) != 3 || tracks[0].ID() != "audio" || tracks[1].ID() != "video" || tracks[0].StreamID() != tracks[1].StreamID() {
		t.Fatalf("tracks %v", tracks)
	}
	if a.picture.sent.Load() != 0 || a.voice.sentMS.Load() != 0 {
		t.Error("something was encoded for nobody")
	}
	first := join(t, a, b)
	until(t, "pictures", func() bool { return b.Counters("a").Frames > 10 && b.Counters("a").AudioMS > 200 })
	second := join(t, a, b)
	first()
	frames, sound := b.Counters("a").Frames, b.Counters("a").AudioMS
	until(t, "pictures over the second", func() bool {
		c := b.Counters("a")
		return c.Frames > frames+20 && c.AudioMS > sound+500
	})
	if m, _ := b.Latest("a"); m == nil {
		t.Error("the end of the first connection took the second one's picture away")
	}
	if a.Tracks()[1] != tracks[1] {
		t.Error("other tracks")
	}
	second()
	until(t, "nobody listens", func() bool { return !a.picture.track.heard() && !a.voice.track.heard() })
	until(t, "the picture is gone", func() bool { m, _ := b.Latest("a"); return m == nil })
	if c := a.Counters("nobody"); c != (Counters{}) {
		t.Errorf("%+v", c)
	}
}

// A low rate makes pictures smaller, not fewer; a tile makes them smaller for the screen.
func TestRateAndTile(t *testing.T) {
	a, b := open(t, fake.Desktop), open(t, fake.Patient)
	b.SetTile("a", 160, 90)
	a.SetRate(80)
	defer join(t, a, b)()
	until(t, "small pictures", func() bool { return b.Counters("a").Frames > 40 })
	until(t, "all of them", func() bool { return b.Counters("a").FPS > 20 })
	if c := b.Counters("a"); c.Width != 320 || c.Height != 180 {
		t.Errorf("%+v", c)
	}
	if m, _ := b.Latest("a"); m.Rect.Dx() != 160 || m.Rect.Dy() != 90 || m.Stride != 640 {
		t.Errorf("tile %v", m.Rect)
	}
	a.SetRate(600)
	until(t, "full pictures", func() bool { return b.Counters("a").Width == 640 })
}

// A machine without anything still gives a session with tracks.
func TestNothing(t *testing.T) {
	t.Setenv("PULSE_SERVER", "unix:/nonexistent")
	s, report := New(Options{}).Open(t.Context(), call.Choice{})
	if report.Microphone == nil || report.Speaker == nil || len(s.Tracks()) != 3 {
		t.Errorf("%+v", report)
	}
	if s.Level() != 0 || s.Played() != nil {
		t.Error("sound out of nothing")
	}
	if m, _ := s.Latest(""); m != nil {
		t.Error("a picture out of nothing")
	}
	s.Mute(wire.Audio, true)
	s.Mute(wire.Video, true)
	s.Chime(ChimeArrival)
	got := <-s.Problems()
	if got.Microphone == nil && got.Speaker == nil && got.Camera == nil {
		t.Errorf("problems: %+v", got)
	}
	s.Close()
	s.Close()
	if _, open := <-s.Problems(); open {
		<-s.Problems()
	}
	dead := deadSession(testLog(t))
	dead.Mute(wire.Video, true)
	dead.Switch(t.Context(), call.Choice{})
	dead.Close()
}

func TestWatch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	err := New(Options{Fake: true}).Watch(ctx, func(cameras, microphones, speakers []call.Device) {
		calls++
		if len(cameras) != 2 || len(microphones) != 1 || len(speakers) != 1 {
			t.Error(cameras, microphones, speakers)
		}
		cancel()
	})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Error(err, calls)
	}
}
