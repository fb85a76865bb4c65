package room

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"ekermed.example/ekermed/internal/call/wire"
)

var (
	colleague = Entry{Appointment: "a", Person: "col", Name: "Dr Paul", Role: wire.RoleColleague, Owner: "acc", Link: "lc"}
	observer  = Entry{Appointment: "a", Person: "obs", Name: "Ana", Role: wire.RoleObserver, Owner: "acc", Link: "lo", Relation: "student"}
)

// revoked is tickets that remember whose were taken.
type revoked struct {
	noTickets
	mu   sync.Mutex
	list []string
}

func (r *revoked) Revoke(peer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, peer)
}

// A locked room takes nobody new, not even at the door; who was there stays and comes back.
func TestLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		dl, pl := &line{}, &line{}
		d, p := h.Enter(doctor, dl), h.Enter(patient, pl)
		d.Handle(wire.Lock{On: true})
		for _, l := range []*line{dl, pl} {
			if m, ok := last[wire.Locked](l); !ok || !m.On {
				t.Errorf("told %+v", m)
			}
		}
		sl := &line{}
		if h.Enter(second, sl) != nil {
			t.Error("a newcomer got to the door")
		}
		if f, _ := last[wire.Failure](sl); f.Code != wire.CodeLocked || !f.Fatal || !sl.closed {
			t.Errorf("the newcomer was told %+v", f)
		}
		if w, _ := last[wire.Welcome](pl); w.Locked {
			t.Error("locked before it was")
		}
		w, _ := last[wire.Welcome](pl)
		p.Broken()
		back := &line{}
		if h.Resume(w.Resume, back) == nil {
			t.Fatal("who was at the door cannot come back")
		}
		if w, _ := last[wire.Welcome](back); !w.Locked {
			t.Error("who comes back is not told that it is locked")
		}
		d.Handle(wire.Admit{Peer: "pat"}) // who is at the door can still be let in
		if a, ok := last[wire.Admitted](back); !ok {
			t.Errorf("not admitted: %+v", a)
		}
		if h.Enter(doctor, &line{}) == nil {
			t.Error("the clinician was locked out")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		d := h.Enter(doctor, &line{})
		d.Handle(wire.Lock{On: true})
		d.Handle(wire.Lock{On: false})
		if h.Enter(second, &line{}) == nil {
			t.Error("still locked")
		}
	})
}

// Who was put out has no way back but the link, and that leads to the door.
func TestRemove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c, d, p, dl, pl := talk(t, Auto)
		gen := settle(t, d, p, dl, pl)
		tickets := &revoked{}
		h.o.Tickets = tickets
		w, _ := last[wire.Welcome](pl)
		d.Handle(wire.Remove{Peer: "pat", Text: "Merci"})
		if e, _ := last[wire.Ended](pl); e != (wire.Ended{Reason: wire.ReasonRemoved, Text: "Merci"}) || !pl.closed {
			t.Errorf("told %+v", e)
		}
		if g, _ := last[wire.Gone](dl); g != (wire.Gone{ID: "pat", Reason: wire.ReasonRemoved}) {
			t.Errorf("the clinician was told %+v", g)
		}
		if s, _ := last[wire.Settle](dl); s.Gen <= gen {
			t.Error("the direct connection to who was put out is kept")
		}
		if !slices.Contains(tickets.list, "pat") {
			t.Error("their relay goes on")
		}
		if p.Handle(wire.Media{Audio: true}) {
			t.Error("they are still heard")
		}
		again := &line{}
		if h.Resume(w.Resume, again) != nil {
			t.Error("the resume token works")
		}
		if f, _ := last[wire.Failure](again); f.Code != wire.CodePass {
			t.Errorf("told %+v", f)
		}
		pl = &line{}
		h.Enter(second, pl).Handle(wire.Ready{Audio: true, Direct: true})
		if w, _ := last[wire.Welcome](pl); w.People[len(w.People)-1].Place != wire.PlaceWaiting || c.has("two") {
			t.Errorf("back by the link: %+v", w.People)
		}
		d.Handle(wire.Remove{Peer: "two"})
		if f, _ := last[wire.Failure](dl); f.Code != wire.CodeNoPeer {
			t.Errorf("who waits is refused, not put out: %+v", f)
		}
		d.Handle(wire.Remove{Peer: "doc"})
		if f, _ := last[wire.Failure](dl); f.Code != wire.CodeRole || f.Fatal {
			t.Errorf("the clinician puts themselves out: %+v", f)
		}
	})
}

// On hold nothing flows either way, whatever the program of the held does; the same
// message takes them back, with fresh media.
func TestHold(t *testing.T) {
	for _, policy := range []Policy{Auto, ServerOnly} {
		synctest.Test(t, func(t *testing.T) {
			h, c, d, p, dl, pl := talk(t, policy)
			gen := uint32(1)
			if policy == Auto {
				gen = settle(t, d, p, dl, pl)
			}
			tickets := &revoked{}
			h.o.Tickets = tickets
			d.Handle(wire.Hold{Peer: "pat", On: true})
			if c.has("pat") {
				t.Error("their seat is not cut")
			}
			for _, l := range []*line{dl, pl} {
				if pr, _ := last[wire.Presence](l); pr.Person.ID != "pat" || pr.Person.Place != wire.PlaceHold {
					t.Errorf("told %+v", pr.Person)
				}
			}
			if s, _ := last[wire.Settle](pl); s.Gen <= gen {
				t.Error("they were not told to close the connection")
			}
			if s, _ := last[wire.Settle](dl); policy == Auto && s.Gen <= gen {
				t.Error("the clinician keeps the direct connection")
			}
			if !slices.Contains(tickets.list, "pat") {
				t.Error("their relay goes on")
			}
			before := len(dl.all())
			for _, m := range []wire.Message{
				wire.Ready{Audio: true, Video: true, Direct: true}, wire.Up{Gen: gen}, wire.Renew{Gen: gen}, wire.Offer{Gen: gen, Round: 1},
				wire.Answer{Gen: gen, Round: 1}, wire.Candidate{Gen: gen}, wire.Commit{Peer: "doc"}, wire.Sealed{Peer: "doc"},
			} {
				if !p.Handle(m) {
					t.Fatalf("cut off for %s, which was on its way", wire.Type(m))
				}
			}
			for _, m := range dl.all()[before:] {
				if _, ok := m.(wire.Presence); !ok {
					t.Errorf("the clinician was handed %s", wire.Type(m))
				}
			}
			w, _ := last[wire.Welcome](pl)
			p.Broken()
			pl = &line{}
			h.Resume(w.Resume, pl)
			if w, _ := last[wire.Welcome](pl); len(w.People) != 2 || w.People[1].Place != wire.PlaceHold && w.People[0].Place != wire.PlaceHold || w.Gen != 0 {
				t.Errorf("back on hold as %+v", w)
			}
			if c.has("pat") {
				t.Error("coming back gave a seat")
			}
			d.Handle(wire.Hold{Peer: "pat", On: false})
			if _, ok := last[wire.Admitted](pl); !ok {
				t.Error("not told that the hold is over")
			}
			_, met := last[wire.Direct](pl)
			if policy == Auto && !met || policy == ServerOnly && !c.has("pat") {
				t.Error("no media after the hold")
			}
		})
	}
}

// A hold among three: the two others go on, the held sees none of it, and on coming back
// sees who is there now.
func TestHoldAmongThree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c, d, p, dl, pl := talk(t, Auto)
		settle(t, d, p, dl, pl)
		cl := &line{}
		col := h.Enter(colleague, cl)
		col.Handle(wire.Ready{Audio: true, Direct: true})
		d.Handle(wire.Admit{Peer: "col"})
		col.Handle(wire.Hold{Peer: "pat", On: true})
		if c.has("pat") {
			t.Error("a hold by a colleague cuts nothing")
		}
		if m, ok := last[wire.Direct](cl); !ok || m.Peer != "doc" {
			t.Errorf("the two who are left: %+v", m)
		}
		seen := len(pl.all())
		col.Handle(wire.Media{Audio: false})
		for _, m := range pl.all()[seen:] {
			t.Errorf("who is on hold is told of %#v", m)
		}
		col.Handle(wire.Hold{Peer: "col", On: true})
		if f, _ := last[wire.Failure](cl); f.Code != wire.CodeRole || f.Fatal {
			t.Errorf("a colleague on a colleague: %+v", f)
		}
		d.Handle(wire.Remove{Peer: "col"})
		if g, _ := last[wire.Gone](pl); g.ID != "col" {
			t.Error("who was known before the hold is not taken away")
		}
		d.Handle(wire.Hold{Peer: "pat", On: false})
		if m, ok := last[wire.Direct](pl); !ok || m.Peer != "doc" {
			t.Errorf("after the hold: %+v", m)
		}
	})
}

// A colleague waits like everybody, and helps only once in the call.
func TestColleague(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		cl, sl := &line{}, &line{}
		col := h.Enter(colleague, cl)
		if !col.Handle(wire.Admit{Peer: "col"}) {
			t.Error("cut off")
		}
		if f, _ := last[wire.Failure](cl); f.Code != wire.CodeOrder {
			t.Errorf("lets themselves in: %+v", f)
		}
		d := h.Enter(doctor, &line{})
		d.Handle(wire.Admit{Peer: "col"})
		h.Enter(second, sl)
		if pr, _ := last[wire.Presence](cl); pr.Person.ID != "two" {
			t.Error("a colleague does not see the door")
		}
		col.Handle(wire.Note{Peer: "two", Text: "Deux minutes"})
		if s, _ := last[wire.Said](sl); s.Text != "Deux minutes" {
			t.Errorf("said %+v", s)
		}
		col.Handle(wire.Admit{Peer: "two"})
		if _, ok := last[wire.Admitted](sl); !ok {
			t.Error("a colleague in the call lets nobody in")
		}
	})
}

// Who only watches is never forwarded, never talks directly, and sees nothing while there
// is no consultation to watch.
func TestObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(t)
		dl, pl, ol := &line{}, &line{}, &line{}
		d, o := h.Enter(doctor, dl), h.Enter(observer, ol)
		ready := wire.Ready{Audio: true, Video: true, Direct: true}
		d.Handle(ready)
		o.Handle(ready)
		d.Handle(wire.Admit{Peer: "obs"})
		if _, ok := last[wire.Direct](ol); ok || c.has("obs") || c.has("doc") {
			t.Error("watches somebody who is alone")
		}
		p := h.Enter(patient, pl)
		p.Handle(ready)
		d.Handle(wire.Admit{Peer: "pat"})
		if !c.has("obs") || !c.silent["obs"] || c.silent["doc"] || c.silent["pat"] {
			t.Errorf("seated %v, silent %v", c.seated, c.silent)
		}
		if pr, _ := last[wire.Presence](ol); pr.Person.ID != "pat" {
			t.Error("does not see who is there")
		}
		synctest.Wait()
		for _, person := range h.People("a") {
			if person.ID == "obs" && (person.Audio || person.Video || person.Relation != "student") {
				t.Errorf("shown as %+v", person)
			}
		}
		d.Handle(wire.Hold{Peer: "pat", On: true})
		if c.has("obs") {
			t.Error("watches on while the patient is on hold")
		}
		d.Handle(wire.Hold{Peer: "pat", On: false})
		if !c.has("obs") {
			t.Error("does not watch again")
		}
		if o.Handle(wire.Offer{Gen: 1, Round: 1}) {
			t.Error("may offer a connection")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		h.o.Policy = DirectOnly
		dl := &line{}
		d := h.Enter(doctor, dl)
		h.Enter(observer, &line{}).Handle(wire.Ready{Direct: true})
		d.Handle(wire.Admit{Peer: "obs"})
		if f, _ := last[wire.Failure](dl); f.Code != wire.CodeFull {
			t.Errorf("an observer where all is direct: %+v", f)
		}
	})
}

// Threat 13: the same link twice is told, of both.
func TestTheSameLinkTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		one, two := patient, second
		one.Link, two.Link = "l", "l"
		dl := &line{}
		d := h.Enter(doctor, dl)
		h.Enter(one, &line{})
		if pr, _ := last[wire.Presence](dl); pr.Person.Again {
			t.Error("told of the first")
		}
		h.Enter(two, &line{})
		synctest.Wait()
		again := map[string]bool{}
		for _, p := range h.People("a") {
			again[p.ID] = p.Again
		}
		if !again["pat"] || !again["two"] || again["doc"] {
			t.Errorf("told %v", again)
		}
		d.Handle(wire.Leave{End: true})
	})
	synctest.Test(t, func(t *testing.T) {
		h, n := witnessed(t, Auto)
		e := patient
		e.Link, e.Again = "l", true // another one came before, and has gone
		h.Enter(e, &line{})
		n.want(t, "again", "came pat patient ", "again pat patient ")
	})
}
