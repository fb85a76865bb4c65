package room

import (
	"testing"
	"testing/synctest"

	"ekermed.example/ekermed/internal/call/wire"
)

// A screen takes a direct call to the server's way, one at a time, and back again.
func TestSharingAScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c, d, p, dl, pl := talk(t, Auto)
		settle(t, d, p, dl, pl)
		first, _ := last[wire.Direct](pl)
		d.Handle(wire.Share{On: true})
		if !c.has("doc") || !c.has("pat") || !c.shares["doc"] || c.shares["pat"] {
			t.Fatalf("seated %v, sharing %v", c.seated, c.shares)
		}
		if seen, _ := last[wire.Presence](pl); seen.Person.ID != "doc" || !seen.Person.Screen {
			t.Errorf("the patient was told %+v", seen)
		}
		p.Handle(wire.Share{On: true})
		if f, _ := last[wire.Failure](pl); f.Code != wire.CodeSharing || f.Fatal || c.shares["pat"] {
			t.Errorf("a second screen: %+v", f)
		}
		// Somebody who comes meanwhile is told, and sits with the others.
		il := &line{}
		i := h.Enter(Entry{Appointment: doctor.Appointment, Person: "int", Name: "I", Role: wire.RoleInterpreter}, il)
		i.Handle(wire.Ready{Audio: true, Direct: true})
		d.Handle(wire.Admit{Peer: "int"})
		if !c.has("int") {
			t.Error("who came has no seat")
		}
		i.Handle(wire.Leave{})
		d.Handle(wire.Share{})
		if again, _ := last[wire.Direct](pl); again.Gen <= first.Gen || c.shares["doc"] {
			t.Errorf("after the screen they talk on %+v, sharing %v", again, c.shares)
		}
		// Who leaves, or is set aside, shows nothing any more.
		p.Handle(wire.Share{On: true})
		d.Handle(wire.Hold{Peer: "pat", On: true})
		d.Handle(wire.Share{On: true})
		if !c.shares["doc"] {
			t.Error("the screen of somebody on hold keeps others from sharing")
		}
	})
}

func TestNoScreenWithoutAServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, d, _, dl, _ := talk(t, DirectOnly)
		d.Handle(wire.Share{On: true})
		if f, _ := last[wire.Failure](dl); f.Code != wire.CodeSharing || c.has("doc") {
			t.Errorf("told %+v", f)
		}
	})
}
