package run

import (
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/pointing"
	"ekermed.example/ekermed/internal/call/wire"
)

// A patient shows their screen: our finger comes to them, theirs to us, and both go.
func TestPointing(t *testing.T) {
	server := startServer(t, t.TempDir(), "127.0.0.1:0")
	server.clinician()
	_, code := server.invite()
	d := startDesk(t)
	d.signIn(t, server.Local)
	g := sealing(t, server.Local, code, false)
	admit(t, d)
	d.until(t, "keys", func(s call.State) bool {
		return len(s.Call.Pairings) == 1 && s.Call.Pairings[0].Standing == call.StandingAgreed
	})
	at := pointing.Place{X: 1234, Y: 5678}
	d.Post(call.PointAt{At: at}) // nobody shows anything: it is not said
	if err := g.link.Send(wire.Share{On: true}); err != nil {
		t.Fatal(err)
	}
	s := d.until(t, "a screen", func(s call.State) bool { _, ok := s.Call.Presenter(); return ok })
	self, them := s.Call.Self, s.Call.Pairings[0].Peer
	d.Post(call.PointAt{At: pointing.Place{X: 42, Y: 43}})
	eventually(t, "our finger comes", func() bool { return g.ring.heard(wire.TopicScreen, `{"at":[42,43]}`) })
	g.ring.say(self, wire.TopicScreen, `{"at":[9,10000]}`)
	s = d.until(t, "their finger comes", func(s call.State) bool {
		for _, dot := range s.Call.Dots {
			if dot == (pointing.Dot{Peer: them, At: pointing.Place{X: 9, Y: 10000}}) {
				return true
			}
		}
		return false
	})
	for _, dot := range s.Call.Dots {
		if dot.Peer == self && dot.At == at {
			t.Error("a finger without a screen")
		}
	}
	time.Sleep(100 * time.Millisecond) // a position may just have been said
	d.Post(call.PointAt{Off: true})
	eventually(t, "ours is lifted", func() bool { return g.ring.heard(wire.TopicScreen, `{"off":true}`) })
	g.ring.say(self, wire.TopicScreen, `{"at":[7,7]}`)
	if err := g.link.Send(wire.Share{}); err != nil {
		t.Fatal(err)
	}
	d.until(t, "gone with the screen", func(s call.State) bool { _, ok := s.Call.Presenter(); return !ok && len(s.Call.Dots) == 0 })
}
