package devices

import (
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

	until(t, "four seconds of sound", func() bool { return a.Counters("b").AudioMS > 4500 && b.Counters("a").AudioMS > 4500 })
	if score := fake.FindSpeech(a.Played(), fake.Rate); score < 0.75 {
		t.Errorf("the sentence is in what a played with %.2f", score)
	}
	t.Logf("score %.2f, a: %+v, b at a: %+v, video %+v", fake.FindSpeech(b.Played(), fake.Rate), a.Counters(""), a.Counters("b"), a.Level())
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
