package room

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// talk brings clinician and patient into a call; both can talk directly.
func talk(t *testing.T, policy Policy) (h *Hub, c *chairs, d, p *Place, dl, pl *line) {
	t.Helper()
	h, c = hub(t)
	h.o.Policy = policy
	dl, pl = &line{}, &line{}
	d, p = h.Enter(doctor, dl), h.Enter(patient, pl)
	d.Handle(wire.Ready{Audio: true, Video: true, Direct: true})
	p.Handle(wire.Ready{Audio: true, Video: true, Direct: true})
	if _, ok := last[wire.Direct](pl); ok {
		t.Fatal("media before admission")
	}
	d.Handle(wire.Admit{Peer: "pat"})
	return h, c, d, p, dl, pl
}

// settle lets both say that media of their newest connection arrives.
func settle(t *testing.T, d, p *Place, dl, pl *line) uint32 {
	t.Helper()
	m, ok := last[wire.Direct](pl)
	if !ok {
		t.Fatal("no direct connection")
	}
	d.Handle(wire.Up{Gen: m.Gen})
	if s, ok := last[wire.Settle](dl); ok && s.Gen == m.Gen {
		t.Error("settled before both have media")
	}
	p.Handle(wire.Up{Gen: m.Gen})
	for _, l := range []*line{dl, pl} {
		if s, _ := last[wire.Settle](l); s.Gen != m.Gen {
			t.Errorf("settled on %d, want %d", s.Gen, m.Gen)
		}
	}
	return m.Gen
}

func TestTwoTalkDirectly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, d, p, dl, pl := talk(t, Auto)
		call, _ := last[wire.Direct](pl)
		wait, _ := last[wire.Direct](dl)
		if !call.Call || wait.Call || call.Gen != wait.Gen || call.Peer != "doc" || wait.Peer != "pat" || call.Relay {
			t.Fatalf("told %+v and %+v", call, wait)
		}
		p.Handle(wire.Offer{Gen: call.Gen, Round: 1, SDP: "v=0 offer"})
		if o, _ := last[wire.Offer](dl); o.SDP != "v=0 offer" || o.Gen != call.Gen {
			t.Errorf("the offer arrived as %+v", o)
		}
		d.Handle(wire.Answer{Gen: call.Gen, Round: 1, SDP: "v=0 answer"})
		if a, _ := last[wire.Answer](pl); a.SDP != "v=0 answer" {
			t.Errorf("the answer arrived as %+v", a)
		}
		d.Handle(wire.Candidate{Gen: call.Gen, Candidate: "candidate:1 1 udp 1 203.0.113.9 9 typ host", Mid: "0"})
		if got, _ := last[wire.Candidate](pl); !strings.Contains(got.Candidate, "203.0.113.9") {
			t.Errorf("the candidate arrived as %+v", got)
		}
		// Only the caller offers; late ones of another generation go nowhere.
		d.Handle(wire.Offer{Gen: call.Gen, Round: 1, SDP: "v=0 forged"})
		p.Handle(wire.Offer{Gen: call.Gen - 1, Round: 1, SDP: "v=0 late"})
		if o, ok := last[wire.Offer](pl); ok {
			t.Errorf("the caller got an offer: %+v", o)
		}
		if o, _ := last[wire.Offer](dl); o.SDP != "v=0 offer" {
			t.Errorf("a late offer got through: %+v", o)
		}
		settle(t, d, p, dl, pl)
		if c.has("doc") || c.has("pat") {
			t.Error("the server has media too")
		}
	})
}

// Who cannot be reached directly is served by the server, after a while or at once when
// a side says that it failed.
func TestDirectFails(t *testing.T) {
	for name, fail := range map[string]func(p *Place, gen uint32){
		"nothing comes": func(*Place, uint32) { time.Sleep(directLimit + time.Second) },
		"one says so":   func(p *Place, gen uint32) { p.Handle(wire.Renew{Gen: gen}) },
	} {
		synctest.Test(t, func(t *testing.T) {
			_, c, d, p, dl, pl := talk(t, Auto)
			m, _ := last[wire.Direct](pl)
			fail(p, m.Gen)
			synctest.Wait()
			if !c.has("doc") || !c.has("pat") {
				t.Fatalf("%s: nobody is seated", name)
			}
			p.Handle(wire.Up{Gen: 1})
			d.Handle(wire.Up{Gen: 1})
			for _, l := range []*line{dl, pl} {
				if s, _ := last[wire.Settle](l); s.Gen != 1 {
					t.Errorf("%s: settled on %d", name, s.Gen)
				}
			}
		})
	}
}

// A third person moves the call to the server without a gap, and their leaving moves it
// back: the older connection is closed only when both have media on the newer one.
func TestAThirdPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c, d, p, dl, pl := talk(t, Auto)
		gen := settle(t, d, p, dl, pl)
		tl := &line{}
		third := h.Enter(second, tl)
		third.Handle(wire.Ready{Audio: true, Direct: true})
		d.Handle(wire.Admit{Peer: "two"})
		if !c.has("doc") || !c.has("pat") || !c.has("two") {
			t.Fatal("three people, and not all are seated")
		}
		d.Handle(wire.Up{Gen: 1})
		if s, _ := last[wire.Settle](dl); s.Gen != gen {
			t.Error("the direct connection was closed while one needs it")
		}
		p.Handle(wire.Up{Gen: 1})
		for _, l := range []*line{dl, pl} {
			if s, _ := last[wire.Settle](l); s.Gen != 1 {
				t.Errorf("settled on %d", s.Gen)
			}
		}
		third.Handle(wire.Leave{})
		again, _ := last[wire.Direct](pl)
		if again.Gen <= gen || !c.has("doc") || !c.has("pat") {
			t.Fatalf("back to two: %+v, seats %v", again, c.seated)
		}
		settle(t, d, p, dl, pl)
		if c.has("doc") || c.has("pat") {
			t.Error("the server has media of two")
		}
	})
}

// A connection that dies is made anew; who was away comes back to it; who leaves takes
// it along.
func TestDirectIsMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c, d, p, dl, pl := talk(t, Auto)
		gen := settle(t, d, p, dl, pl)
		d.Handle(wire.Renew{Gen: gen})
		p.Handle(wire.Renew{Gen: gen}) // both notice: one new connection
		m, _ := last[wire.Direct](pl)
		if m.Gen <= gen {
			t.Fatal("nothing new")
		}
		if other, _ := last[wire.Direct](dl); other.Gen != m.Gen {
			t.Errorf("generations %d and %d", m.Gen, other.Gen)
		}
		// The patient's line breaks while it is made.
		w, _ := last[wire.Welcome](pl)
		p.Broken()
		pl2 := &line{}
		p = h.Resume(w.Resume, pl2)
		w, _ = last[wire.Welcome](pl2)
		again, _ := last[wire.Direct](pl2)
		if w.Gen != gen || again.Gen <= m.Gen {
			t.Errorf("back with %d and %d, after %d and %d", w.Gen, again.Gen, gen, m.Gen)
		}
		gen = settle(t, d, p, dl, pl2)
		if c.has("doc") {
			t.Error("went through the server")
		}
		p.Handle(wire.Leave{})
		if s, _ := last[wire.Settle](dl); s.Gen <= gen {
			t.Errorf("the clinician keeps a connection to nobody: %+v", s)
		}
	})
}

// Threat 17: with the policy relay no side learns an address of the other, whatever its
// program sends.
func TestRelayOnlyHidesAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, d, p, dl, pl := talk(t, RelayOnly)
		m, _ := last[wire.Direct](pl)
		if !m.Relay {
			t.Fatal("not told to use relays only")
		}
		const secret = "192.168.7.4"
		p.Handle(wire.Offer{Gen: m.Gen, Round: 1, SDP: "v=0\r\no=- 1 2 IN IP4 " + secret + "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 " + secret +
			"\r\na=rtcp:9 IN IP4 " + secret + "\r\na=candidate:1 1 udp 2122 " + secret + " 50000 typ host\r\na=candidate:2 1 udp 99 198.51.100.10 50001 typ relay raddr " + secret + " rport 50000\r\n"})
		d.Handle(wire.Answer{Gen: m.Gen, Round: 1, SDP: "a=candidate:1 1 udp 2122 " + secret + " 50000 typ srflx raddr 10.0.0.1 rport 9\n"})
		for _, c := range []string{
			"candidate:1 1 udp 2122 " + secret + " 50000 typ host", "candidate:3 1 udp 1 " + secret + " 9 typ srflx raddr 10.1.1.1 rport 4",
			"candidate:2 1 udp 99 198.51.100.10 50001 typ relay raddr " + secret + " rport 50000 generation 0", "typ relay typ host " + secret,
		} {
			p.Handle(wire.Candidate{Gen: m.Gen, Candidate: c, Mid: "0"})
		}
		for _, l := range []*line{dl, pl} {
			for _, m := range l.all() {
				b, err := wire.Encode(m)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(b), secret) {
					t.Errorf("the other side learns the address: %s", b)
				}
			}
		}
		o, _ := last[wire.Offer](dl)
		got, _ := last[wire.Candidate](dl)
		if !strings.Contains(o.SDP, "198.51.100.10 50001 typ relay") || !strings.Contains(got.Candidate, "198.51.100.10 50001 typ relay") {
			t.Errorf("the relay is hidden too: %q, %q", o.SDP, got.Candidate)
		}
	})
}

// The policies direct and server leave no other way.
func TestPolicies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c, d, _, dl, _ := talk(t, DirectOnly)
		for range 5 {
			time.Sleep(directLimit + time.Second)
		}
		third := h.Enter(second, &line{})
		third.Handle(wire.Ready{Direct: true})
		d.Handle(wire.Admit{Peer: "two"})
		if f, _ := last[wire.Failure](dl); f.Code != wire.CodeFull || f.Fatal {
			t.Errorf("a third person: %+v", f)
		}
		if len(c.seated) > 0 {
			t.Errorf("seated %v", c.seated)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		_, c, _, _, _, pl := talk(t, ServerOnly)
		if _, ok := last[wire.Direct](pl); ok || !c.has("pat") {
			t.Error("talked directly")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		h.o.Policy = DirectOnly
		l := &line{}
		if h.Enter(patient, l).Handle(wire.Ready{Audio: true}) {
			t.Error("a program that cannot talk directly was kept")
		}
	})
}

// Two who are served by the server stay so when a line comes back, however often: what
// carries the call is named in the welcome, and can be renewed.
func TestComingBackOnTheServersWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c, d, p, dl, pl := talk(t, Auto)
		m, _ := last[wire.Direct](pl)
		p.Handle(wire.Renew{Gen: m.Gen}) // the direct way fails
		d.Handle(wire.Up{Gen: 1})
		p.Handle(wire.Up{Gen: 1})
		w, _ := last[wire.Welcome](pl)
		for range 3 {
			pl = &line{}
			p.Broken()
			p = h.Resume(w.Resume, pl)
			if back, _ := last[wire.Welcome](pl); back.Gen != 1 {
				t.Fatalf("back to generation %d", back.Gen)
			}
			if _, ok := last[wire.Direct](pl); ok {
				t.Error("tried in vain again")
			}
			p.Handle(wire.Up{Gen: 1})
			if s, _ := last[wire.Settle](pl); s.Gen != 1 {
				t.Errorf("settled on %d", s.Gen)
			}
		}
		if !c.has("pat") || !c.has("doc") {
			t.Error("a seat was lost")
		}
		if s, _ := last[wire.Settle](dl); s.Gen != 1 {
			t.Errorf("the clinician was told %d", s.Gen)
		}
	})
}

// One participant's messages cannot keep the other's machine busy.
func TestFloodsStopHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, d, p, dl, pl := talk(t, Auto)
		m, _ := last[wire.Direct](pl)
		count := func(l *line, what func(wire.Message) bool) (n int) {
			for _, m := range l.all() {
				if what(m) {
					n++
				}
			}
			return n
		}
		for range 200 {
			p.Handle(wire.Offer{Gen: m.Gen, Round: 1, SDP: "v=0"})
			p.Handle(wire.Candidate{Gen: m.Gen, Candidate: "candidate:1 1 udp 1 203.0.113.9 9 typ host"})
		}
		if n := count(dl, func(m wire.Message) bool { _, ok := m.(wire.Offer); return ok }); n != 1 {
			t.Errorf("%d offers", n)
		}
		if n := count(dl, func(m wire.Message) bool { _, ok := m.(wire.Candidate); return ok }); n != candidatesAtMost {
			t.Errorf("%d candidates", n)
		}
		gen := settle(t, d, p, dl, pl)
		for i := range uint32(100) {
			p.Handle(wire.Ready{Audio: true, Direct: i%2 == 0})
			p.Handle(wire.Renew{Gen: gen + i})
			if m, ok := last[wire.Direct](pl); ok {
				p.Handle(wire.Renew{Gen: m.Gen})
			}
		}
		if n := count(dl, func(m wire.Message) bool { _, ok := m.(wire.Direct); return ok }); n > meetBurst {
			t.Errorf("%d direct connections", n)
		}
	})
}

// A settle that was lost on the way is said again to who repeats that media arrives.
func TestSettleIsSaidAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _, d, p, dl, pl := talk(t, Auto)
		gen := settle(t, d, p, dl, pl)
		w, _ := last[wire.Welcome](pl)
		p.Broken()
		pl = &line{}
		p = h.Resume(w.Resume, pl)
		p.Handle(wire.Up{Gen: gen})
		if s, ok := last[wire.Settle](pl); !ok || s.Gen != gen {
			t.Errorf("told %+v", s)
		}
	})
}

// Who controls ICE well calls; the patient's side when both do, or neither.
func TestWhoCalls(t *testing.T) {
	for _, c := range []struct{ patient, clinician, calls bool }{
		{true, true, true}, {false, false, true}, {true, false, true}, {false, true, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			h, _ := hub(t)
			pl := &line{}
			p, d := h.Enter(patient, pl), h.Enter(doctor, &line{})
			p.Handle(wire.Ready{Direct: true, Chooses: c.patient})
			d.Handle(wire.Ready{Direct: true, Chooses: c.clinician})
			d.Handle(wire.Admit{Peer: "pat"})
			if m, ok := last[wire.Direct](pl); !ok || m.Call != c.calls {
				t.Errorf("%+v: the patient is told %+v", c, m)
			}
		})
	}
}
