package run

import (
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
)

// On hold nothing flows either way, whichever way it took, also when the held program does
// not do as it is told; then all flows again. Who is put out comes back to the door, and
// is known to hold a link that was used.
func TestHoldAndRemove(t *testing.T) {
	for name, tt := range map[string]struct{ direct, stubborn bool }{
		"direct": {true, false}, "direct, stubborn": {true, true}, "server": {false, false}, "server, stubborn": {false, true},
	} {
		t.Run(name, func(t *testing.T) {
			server := startServer(t, t.TempDir(), "127.0.0.1:0")
			d, g := consultBy(t, server, server.Local, false, tt.direct)
			flowing(t, d, g)
			g.stubborn.Store(tt.stubborn)
			who := d.until(t, "a guest", func(s call.State) bool { return len(s.Call.Others()) == 1 }).Call.Others()[0].ID
			d.Post(call.SetAside{Peer: who, On: true})
			s := d.until(t, "on hold", func(s call.State) bool { return len(s.Call.OnHold()) == 1 })
			if s.Call.Phase == call.Waiting || s.Call.Phase == call.Ended {
				t.Errorf("the call is over: %s", s.Call.Phase)
			}
			time.Sleep(time.Second) // what was under way has come
			quiet(t, d, g)
			d.Post(call.SetAside{Peer: who})
			d.until(t, "taken back", func(s call.State) bool { return len(s.Call.Others()) == 1 && s.Call.Phase == call.Talking })
			flowing(t, d, g)
			g.stubborn.Store(false)
			d.Post(call.PutOut{Peer: who})
			s = d.until(t, "at the door again", func(s call.State) bool { return len(s.Call.AtTheDoor()) == 1 && len(s.Call.Others()) == 0 })
			if p := s.Call.AtTheDoor()[0]; p.ID == who || !p.Again {
				t.Errorf("came back as %+v", p)
			}
			time.Sleep(time.Second)
			quiet(t, d, g)
			if e, ok := heard[wire.Ended](g); !ok || e.Reason != wire.ReasonRemoved {
				t.Errorf("told %+v", e)
			}
		})
	}
}

// quiet checks that no picture and no sound passes for a while.
func quiet(t *testing.T, d *desk, g *guest) {
	t.Helper()
	before := [4]int64{d.player.frames.Load(), d.player.units.Load(), g.player.frames.Load(), g.player.units.Load()}
	time.Sleep(time.Second)
	after := [4]int64{d.player.frames.Load(), d.player.units.Load(), g.player.frames.Load(), g.player.units.Load()}
	if after != before {
		t.Errorf("pictures and sound at the desk and at the guest went from %v to %v", before, after)
	}
}
