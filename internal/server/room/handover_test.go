package room

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// trio is a call of a clinician, a patient and a colleague, through the server.
type trio struct {
	h                *Hub
	c                *chairs
	doc, pat, col    *Place
	docL, patL, colL *line
	n                *notes
}

func three(t *testing.T) trio {
	t.Helper()
	h, c := hub(t)
	h.o.Policy, h.o.Now = ServerOnly, time.Now
	n := &notes{}
	h.o.Witness = n
	x := trio{h: h, c: c, n: n, docL: &line{}, patL: &line{}, colL: &line{}}
	x.doc, x.pat, x.col = h.Enter(doctor, x.docL), h.Enter(patient, x.patL), h.Enter(colleague, x.colL)
	for _, p := range []*Place{x.doc, x.pat, x.col} {
		p.Handle(wire.Ready{Audio: true, Video: true, Keys: true, Seal: true})
	}
	for _, id := range []string{"pat", "col"} {
		x.doc.Handle(wire.Admit{Peer: id})
	}
	for _, p := range []*Place{x.doc, x.pat, x.col} {
		p.Handle(wire.Up{Gen: 1})
	}
	synctest.Wait()
	n.take()
	return x
}

// roles are those that the hub tells the agenda.
func (x trio) roles() map[string]wire.Role {
	synctest.Wait()
	roles := map[string]wire.Role{}
	for _, p := range x.h.People("a") {
		roles[p.ID] = p.Role
	}
	return roles
}

// since is what came on a line after the first n messages.
func since(l *line, n int) []wire.Message { return l.all()[n:] }

// The two exchange their roles and all learn it; nothing else is said to anybody, so that no
// connection and no key is another, and no seat was left.
func TestHandover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := three(t)
		doorL := &line{}
		x.h.Enter(second, doorL)
		x.c.mu.Lock()
		x.c.seat = func(peer string) { t.Errorf("%s was seated anew", peer) }
		x.c.mu.Unlock()
		synctest.Wait()
		x.n.take()
		before := map[*line]int{x.docL: len(x.docL.all()), x.patL: len(x.patL.all()), x.colL: len(x.colL.all())}
		atDoor := len(doorL.all())
		if !x.doc.Handle(wire.Handover{Peer: "col"}) {
			t.Fatal("cut off")
		}
		for l, n := range before {
			told := map[string]wire.Role{}
			for _, m := range since(l, n) {
				p, ok := m.(wire.Presence)
				if !ok {
					t.Errorf("told %#v", m)
				}
				told[p.Person.ID] = p.Person.Role
			}
			if len(told) != 2 || told["doc"] != wire.RoleColleague || told["col"] != wire.RoleClinician {
				t.Errorf("told %v", told)
			}
		}
		// Who waits knows whoever holds the room, and nobody else.
		news := since(doorL, atDoor)
		if len(news) != 2 {
			t.Fatalf("at the door: %#v", news)
		}
		if p, ok := news[0].(wire.Presence); !ok || p.Person.ID != "col" || p.Person.Role != wire.RoleClinician {
			t.Errorf("at the door: %#v", news[0])
		}
		if news[1] != (wire.Gone{ID: "doc", Reason: wire.ReasonLeft}) {
			t.Errorf("at the door: %#v", news[1])
		}
		for _, id := range []string{"doc", "pat", "col"} {
			if !x.c.has(id) {
				t.Errorf("%s lost the seat", id)
			}
		}
		x.n.want(t, "the witness", "handed_over col colleague ")
		if !x.h.Busy("acc") {
			t.Error("the clinician is in the call, and nobody says so")
		}
		// The rights are exchanged too.
		if x.col.Handle(wire.Lock{On: true}); !mustLast[wire.Locked](t, doorL).On {
			t.Error("the new clinician cannot lock")
		}
		x.col.Handle(wire.Admit{Peer: "two"})
		if _, ok := last[wire.Admitted](doorL); !ok {
			t.Error("nor admit")
		}
		if x.doc.Handle(wire.Leave{End: true}) {
			t.Error("the former clinician ends it for all")
		}
	})
}

// role is what somebody is, as a line was told last.
func role(l *line, id string) wire.Role {
	for _, m := range slices.Backward(l.all()) {
		if p, ok := m.(wire.Presence); ok && p.Person.ID == id {
			return p.Person.Role
		}
	}
	return ""
}

func mustLast[T wire.Message](t *testing.T, l *line) T {
	t.Helper()
	m, ok := last[T](l)
	if !ok {
		t.Errorf("no %s came", wire.Type(m))
	}
	return m
}

// Media between two who talk directly go on.
func TestHandoverOfADirectCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		dl, cl := &line{}, &line{}
		d, c := h.Enter(doctor, dl), h.Enter(colleague, cl)
		for _, p := range []*Place{d, c} {
			p.Handle(wire.Ready{Audio: true, Direct: true})
		}
		d.Handle(wire.Admit{Peer: "col"})
		gen := settle(t, d, c, dl, cl)
		n, m := len(dl.all()), len(cl.all())
		d.Handle(wire.Handover{Peer: "col"})
		c.Handle(wire.Handover{Peer: "doc"})
		for _, msg := range append(since(dl, n), since(cl, m)...) {
			if _, ok := msg.(wire.Presence); !ok {
				t.Errorf("told %#v", msg)
			}
		}
		d.Broken()
		if h.Resume(mustLast[wire.Welcome](t, dl).Resume, dl); mustLast[wire.Welcome](t, dl).Gen != gen {
			t.Error("another connection")
		}
	})
}

// To whom it cannot be handed over, and by whom. Each refusal leaves all as it is.
func TestHandoverIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		peer  string
		first func(*testing.T, trio)
		code  wire.Code
	}{
		"nobody":          {"nobody", nil, wire.CodeNoPeer},
		"oneself":         {"doc", nil, wire.CodeRole},
		"a patient":       {"pat", nil, wire.CodeRole},
		"at the door":     {"wait", func(t *testing.T, x trio) { x.join("wait") }, wire.CodeNoPeer},
		"has not agreed":  {"wait", func(t *testing.T, x trio) { x.join("wait"); x.doc.Handle(wire.Admit{Peer: "wait"}) }, wire.CodeOrder},
		"line is down":    {"col", func(t *testing.T, x trio) { x.col.Broken() }, wire.CodeOrder},
		"on hold":         {"col", func(t *testing.T, x trio) { x.doc.Handle(wire.Hold{Peer: "col", On: true}) }, wire.CodeNoPeer},
		"gone a while":    {"col", func(t *testing.T, x trio) { x.col.Broken(); time.Sleep(time.Minute) }, wire.CodeNoPeer},
		"gone by a leave": {"col", func(t *testing.T, x trio) { x.col.Handle(wire.Leave{}) }, wire.CodeNoPeer},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := three(t)
				if tt.first != nil {
					tt.first(t, x)
				}
				if !x.doc.Handle(wire.Handover{Peer: tt.peer}) {
					t.Error("cut off")
				}
				if f := mustLast[wire.Failure](t, x.docL); f.Code != tt.code || f.Fatal {
					t.Errorf("told %+v", f)
				}
				for id, role := range x.roles() {
					if (role == wire.RoleClinician) != (id == "doc") {
						t.Errorf("%s is a %s", id, role)
					}
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		x := three(t)
		if x.pat.Handle(wire.Handover{Peer: "col"}) || x.col.Handle(wire.Handover{Peer: "col"}) {
			t.Error("taken by who does not hold the room")
		}
		if x.roles()["doc"] != wire.RoleClinician {
			t.Error("the room is taken")
		}
	})
}

// join is another colleague, at the door, who has not agreed to capture.
func (x trio) join(id string) {
	e := colleague
	e.Person, e.Link = id, "link-"+id
	x.h.Enter(e, &line{})
}

// Whose line was down comes back to what they had become.
func TestHandoverOutlivesADrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := three(t)
		x.doc.Handle(wire.Handover{Peer: "col"})
		for _, who := range []struct {
			place *Place
			line  *line
			role  wire.Role
		}{{x.doc, x.docL, wire.RoleColleague}, {x.col, x.colL, wire.RoleClinician}} {
			who.place.Broken()
			time.Sleep(10 * time.Second)
			back := &line{}
			if x.h.Resume(mustLast[wire.Welcome](t, who.line).Resume, back) == nil {
				t.Fatal("not taken back")
			}
			w := mustLast[wire.Welcome](t, back)
			if w.Role != who.role {
				t.Errorf("back as %s, was %s", w.Role, who.role)
			}
			for _, p := range w.People {
				if p.ID == w.Self && p.Role != who.role {
					t.Errorf("shown as %s, was %s", p.Role, who.role)
				}
			}
		}
		// And a host who comes anew by a pass of the account is let in, but holds nothing.
		x.roles()
		again := &line{}
		p := x.h.Enter(doctor, again)
		if mustLast[wire.Welcome](t, again).Role != wire.RoleColleague {
			t.Error("a new pass takes the room back")
		}
		p.Handle(wire.Leave{})
		if synctest.Wait(); x.h.Busy("acc") {
			t.Error("the clinician has gone, and is held to be there")
		}
		again = &line{}
		x.h.Enter(doctor, again)
		w := mustLast[wire.Welcome](t, again)
		for _, me := range w.People {
			if me.ID == "doc" && (me.Place != wire.PlaceCall || me.Role != wire.RoleColleague) {
				t.Errorf("back as %+v", me)
			}
		}
	})
}

// When who held the room by handover goes, it is its host's again, and the call goes on.
func TestHandoverGoesBack(t *testing.T) {
	for name, goes := range map[string]func(x trio){
		"left": func(x trio) { x.col.Handle(wire.Leave{}) },
		"lost": func(x trio) { x.col.Broken(); time.Sleep(time.Minute) },
	} {
		synctest.Test(t, func(t *testing.T) {
			x := three(t)
			x.doc.Handle(wire.Handover{Peer: "col"})
			synctest.Wait()
			x.n.take()
			goes(x)
			if got := x.roles(); len(got) != 2 || got["doc"] != wire.RoleClinician {
				t.Errorf("%s: %v", name, got)
			}
			x.n.want(t, name, "handed_over doc clinician ", "went col colleague "+name)
			if !x.c.has("doc") || !x.c.has("pat") {
				t.Errorf("%s: the call ended", name)
			}
			if !slices.ContainsFunc(x.patL.all(), func(m wire.Message) bool {
				p, ok := m.(wire.Presence)
				return ok && p.Person.ID == "col" && p.Person.Role == wire.RoleClinician
			}) || role(x.patL, "doc") != wire.RoleClinician {
				t.Errorf("%s: the patient was not told", name)
			}
			// The link of who had it leads to the door, and to no more than it says.
			l := &line{}
			x.h.Enter(colleague, l)
			if w := mustLast[wire.Welcome](t, l); w.Role != wire.RoleColleague || x.c.has("col") {
				t.Errorf("%s: back as %s", name, w.Role)
			}
		})
	}
	// With no host there it is as when a clinician goes: no media, until one is back.
	synctest.Test(t, func(t *testing.T) {
		x := three(t)
		x.doc.Handle(wire.Handover{Peer: "col"})
		x.doc.Handle(wire.Leave{})
		if !x.c.has("col") || !x.c.has("pat") {
			t.Error("the call ended with its host")
		}
		x.col.Handle(wire.Leave{})
		if x.c.has("pat") {
			t.Error("media without a clinician")
		}
		l := &line{}
		x.h.Enter(doctor, l).Handle(wire.Ready{Audio: true})
		if w := mustLast[wire.Welcome](t, l); w.Role != wire.RoleClinician || !x.c.has("pat") {
			t.Errorf("the host is back as %s", w.Role)
		}
	})
}

// Who holds the room ends it for all; the host is never put out of it, nor set on hold.
func TestTheHostOfARoomThatAnotherHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := three(t)
		done := ""
		x.h.o.Done = func(appointment string) { done = appointment }
		x.doc.Handle(wire.Handover{Peer: "col"})
		x.col.Handle(wire.Silence{})
		if _, ok := last[wire.Silenced](x.docL); ok {
			t.Error("the host was muted")
		}
		for _, m := range []wire.Message{wire.Remove{Peer: "doc"}, wire.Hold{Peer: "doc", On: true}} {
			x.col.Handle(m)
			if f := mustLast[wire.Failure](t, x.colL); f.Code != wire.CodeRole || f.Fatal {
				t.Errorf("%s: told %+v", wire.Type(m), f)
			}
		}
		synctest.Wait()
		x.n.take()
		x.col.Handle(wire.Leave{End: true})
		synctest.Wait()
		for _, l := range []*line{x.docL, x.patL} {
			if e := mustLast[wire.Ended](t, l); e.Reason != wire.ReasonEnded {
				t.Errorf("told %+v", e)
			}
		}
		if done != "a" {
			t.Error("the appointment is not done")
		}
		for _, note := range x.n.take() {
			if note == "handed_over doc clinician " {
				t.Error("it was handed back at the end")
			}
		}
	})
}
