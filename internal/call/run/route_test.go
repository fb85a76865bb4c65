package run

import (
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
)

// Two who can talk directly do: through hosts, or through TURN alone.
func TestDirect(t *testing.T) {
	for name, tt := range map[string]struct {
		relayOnly bool
		route     string
	}{"hosts": {false, call.RouteDirect}, "relay": {true, call.RouteRelay}} {
		t.Run(name, func(t *testing.T) {
			server := startServer(t, t.TempDir(), "127.0.0.1:0")
			d, g := consultBy(t, server, server.Local, tt.relayOnly, true)
			s := d.until(t, "a settled direct route", func(s call.State) bool { return s.Call.Route == tt.route })
			if s.Call.Path.Protocol != "udp" || s.Call.Path.Slow() {
				t.Errorf("path %+v", s.Call.Path)
			}
			flowing(t, d, g)
			if m := server.metric("ekermed_sfu_seats"); m != 0 {
				t.Errorf("%v seats at the server", m)
			}
			if _, ok := heard[wire.Settle](g); !ok {
				t.Error("not settled")
			}
		})
	}
}

// A third person moves the call to the server and back without a cut: pictures and sound
// never pause for longer than half a second.
func TestChangeover(t *testing.T) {
	server := startServer(t, t.TempDir(), "127.0.0.1:0")
	server.clinician()
	_, code := server.invite()
	d := startDesk(t)
	d.signIn(t, server.Local)
	one := join(t, server.Local, code, false, true)
	admit(t, d)
	d.until(t, "direct", func(s call.State) bool { return s.Call.Route == call.RouteDirect })
	flowing(t, d, one)

	gaps := watchGaps(one.player, d.player)
	two := join(t, server.Local, code, false, true)
	admit(t, d)
	d.until(t, "through the server", func(s call.State) bool { return s.Call.Route == call.RouteServer && len(s.Call.Others()) == 2 })
	flowing(t, d, two)
	flowing(t, d, one)
	if err := two.link.Send(wire.Leave{}); err != nil {
		t.Fatal(err)
	}
	d.until(t, "direct again", func(s call.State) bool { return s.Call.Route == call.RouteDirect })
	flowing(t, d, one)
	for what, gap := range gaps() {
		t.Logf("%s: longest pause %s", what, gap.Round(time.Millisecond))
		if gap > 500*time.Millisecond {
			t.Errorf("%s paused for %s", what, gap)
		}
	}
}

// admit lets in who waits.
func admit(t *testing.T, d *desk) {
	t.Helper()
	s := d.until(t, "somebody at the door", func(s call.State) bool { _, p := door(s); return p != "" })
	appointment, who := door(s)
	d.Post(call.LetIn{Appointment: appointment, Peer: who})
}

// watchGaps measures the longest pause of what players get, until its result is called.
func watchGaps(guest, desk *player) func() map[string]time.Duration {
	end, done := make(chan struct{}), make(chan struct{})
	longest := map[string]time.Duration{}
	go func() { // ends with the call of the result
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		type counter struct {
			name string
			load func() int64
			last int64
			at   time.Time
		}
		now := time.Now()
		all := []*counter{
			{"pictures at the guest", guest.frames.Load, 0, now}, {"sound at the guest", guest.units.Load, 0, now},
			{"pictures at the desk", desk.frames.Load, 0, now}, {"sound at the desk", desk.units.Load, 0, now},
		}
		for {
			select {
			case <-end:
				return
			case now = <-tick.C:
			}
			for _, c := range all {
				if n := c.load(); n != c.last {
					c.last, c.at = n, now
				}
				longest[c.name] = max(longest[c.name], now.Sub(c.at))
			}
		}
	}()
	return func() map[string]time.Duration {
		close(end)
		<-done
		return longest
	}
}

// The certificates of a direct connection change during the call: the other side confirms
// each new one, and neither picture nor sound pauses for longer than 200 ms, or than twice what
// they pause on this machine when nothing changes.
func TestCertificatesChange(t *testing.T) {
	server := startServer(t, t.TempDir(), "127.0.0.1:0", "EKERMED_ROOM_RECERTIFY=10s")
	server.clinician()
	_, code := server.invite()
	d := startDesk(t)
	d.signIn(t, server.Local)
	g := sealing(t, server.Local, code, true)
	admit(t, d)
	proven := func(s call.State) uint32 {
		if len(s.Call.Pairings) != 1 || s.Call.Route != call.RouteDirect {
			return 0
		}
		return s.Call.Pairings[0].Proven
	}
	first := proven(d.until(t, "a proven certificate", func(s call.State) bool { return proven(s) != 0 }))
	flowing(t, d, g)
	code0 := d.state().Call.Pairings[0].Code
	calm := watchGaps(g.player, d.player)
	time.Sleep(4 * time.Second)
	usual := calm()
	gaps := watchGaps(g.player, d.player)
	second := proven(d.until(t, "another certificate, proven", func(s call.State) bool { return proven(s) > first }))
	flowing(t, d, g)
	s := d.until(t, "a third", func(s call.State) bool { return proven(s) > second })
	flowing(t, d, g)
	if s.Call.Secrecy() != call.SecrecyEnd || s.Call.Pairings[0].Code != code0 {
		t.Errorf("secrecy %q, code %v then %v", s.Call.Secrecy(), code0, s.Call.Pairings[0].Code)
	}
	for what, gap := range gaps() {
		t.Logf("%s: longest pause %s, and %s before", what, gap.Round(time.Millisecond), usual[what].Round(time.Millisecond))
		if gap > max(200*time.Millisecond, 2*usual[what]) {
			t.Errorf("%s paused for %s", what, gap)
		}
	}
}
