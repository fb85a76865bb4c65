package room

import (
	"testing"
	"testing/synctest"

	"ekermed.example/ekermed/internal/call/wire"
)

func TestHandsAndSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, d, p, dl, pl := talk(t, Auto)
		p.Handle(wire.Hand{Up: true})
		if seen, _ := last[wire.Presence](dl); !seen.Person.Hand || seen.Person.ID != "pat" {
			t.Errorf("told %+v", seen)
		}
		d.Handle(wire.Hand{Peer: "pat", Up: true}) // nobody raises another's hand
		if f, ok := last[wire.Failure](dl); !ok || f.Fatal {
			t.Errorf("told %+v", f)
		}
		d.Handle(wire.Hand{Peer: "pat"})
		if seen, _ := last[wire.Presence](pl); seen.Person.Hand {
			t.Error("the hand stays up")
		}
		p.Handle(wire.Hand{Up: true})
		d.Handle(wire.Hold{Peer: "pat", On: true})
		if seen, _ := last[wire.Presence](dl); seen.Person.Hand {
			t.Error("the hand of somebody on hold is up")
		}
		d.Handle(wire.Hold{Peer: "pat"})
		d.Handle(wire.Silence{})
		if m, ok := last[wire.Silenced](pl); !ok || m.By != "doc" {
			t.Errorf("told %+v", m)
		}
		if _, ok := last[wire.Silenced](dl); ok {
			t.Error("who asks is asked too")
		}
	})
}
