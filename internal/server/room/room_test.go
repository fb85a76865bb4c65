package room

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// line is a connection that remembers what it was sent.
type line struct {
	mu     sync.Mutex
	got    []wire.Message
	closed bool
}

func (l *line) Send(m wire.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, m)
}

func (l *line) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

func (l *line) all() []wire.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.got)
}

func last[T wire.Message](l *line) (T, bool) {
	for _, m := range slices.Backward(l.all()) {
		if m, ok := m.(T); ok {
			return m, true
		}
	}
	var none T
	return none, false
}

// chairs is a Seater that counts.
type chairs struct {
	mu     sync.Mutex
	seated map[string]bool
	silent map[string]bool   // seated without a line to publish on
	shares map[string]bool   // the screen is forwarded
	seat   func(peer string) // called when somebody sits down
}

type chair struct {
	c    *chairs
	peer string
}

func (c *chairs) Seat(_, peer string, speaks bool, next func() uint32, out func(wire.Message)) (Seat, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seated[peer] = true
	if c.silent == nil {
		c.silent = map[string]bool{}
	}
	c.silent[peer] = !speaks
	if c.seat != nil {
		c.seat(peer)
	}
	out(wire.Offer{Gen: 1, Round: 1, SDP: "v=0"})
	return chair{c, peer}, nil
}

func (c *chairs) has(peer string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seated[peer]
}

func (chair) Answer(wire.Answer) {}
func (chair) Gen() uint32        { return 1 }
func (chair) Renew(wire.Renew)   {}
func (chair) Resend()            {}
func (s chair) Share(on bool) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.c.shares == nil {
		s.c.shares = map[string]bool{}
	}
	s.c.shares[s.peer] = on
}
func (s chair) Close() {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	delete(s.c.seated, s.peer)
}

type noTickets struct{}

func (noTickets) ICE(string, bool) []wire.ICEServer { return nil }
func (noTickets) Admit(string)                      {}
func (noTickets) Revoke(string)                     {}

func hub(t *testing.T) (*Hub, *chairs) {
	t.Helper()
	c := &chairs{seated: map[string]bool{}}
	h := NewHub(Options{
		Seater: c, Tickets: noTickets{}, Grace: 45 * time.Second, Linger: 30 * time.Second,
		Changed: func(string, string) {}, Done: func(string) {}, Now: time.Now,
		Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	synctest.Wait()
	t.Cleanup(func() { cancel(); <-done })
	return h, c
}

var (
	doctor  = Entry{Appointment: "a", Person: "doc", Name: "Dr Anne", Role: wire.RoleClinician, Owner: "acc"}
	patient = Entry{Appointment: "a", Person: "pat", Name: "Yann", Role: wire.RolePatient, Owner: "acc"}
	second  = Entry{Appointment: "a", Person: "two", Name: "Yann", Role: wire.RolePatient, Owner: "acc"}
)

func TestAdmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(t)
		dl, pl := &line{}, &line{}
		p := h.Enter(patient, pl)
		p.Handle(wire.Ready{Audio: true, Video: true})
		w, _ := last[wire.Welcome](pl)
		if len(w.People) != 1 || w.People[0].Place != wire.PlaceWaiting {
			t.Errorf("the patient sees %+v", w.People)
		}
		d := h.Enter(doctor, dl)
		if !d.Handle(wire.Ready{Audio: true, Video: true}) {
			t.Fatal("the clinician was cut off")
		}
		if c.has("pat") || c.has("doc") {
			t.Fatal("media before admission")
		}
		d.Handle(wire.Admit{Peer: "pat"})
		if !c.has("pat") || !c.has("doc") {
			t.Error("no media after admission")
		}
		if _, ok := last[wire.Admitted](pl); !ok {
			t.Error("the patient was not told")
		}
		d.Handle(wire.Leave{End: true})
		if e, _ := last[wire.Ended](pl); e.Reason != wire.ReasonEnded || !pl.closed {
			t.Errorf("the patient was told %+v", e)
		}
		if c.has("pat") || c.has("doc") {
			t.Error("seats outlive the consultation")
		}
	})
}

// A patient who has not agreed to capture yet is not seated, admitted or not.
func TestNoMediaBeforeConsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(t)
		dl, pl := &line{}, &line{}
		p, d := h.Enter(patient, pl), h.Enter(doctor, dl)
		d.Handle(wire.Ready{})
		d.Handle(wire.Admit{Peer: "pat"})
		if c.has("pat") || c.has("doc") {
			t.Fatal("media before consent")
		}
		p.Handle(wire.Ready{Audio: true})
		if !c.has("pat") || !c.has("doc") {
			t.Error("no media after consent")
		}
	})
}

func TestResumeKeepsThePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(t)
		dl, pl := &line{}, &line{}
		p, d := h.Enter(patient, pl), h.Enter(doctor, dl)
		p.Handle(wire.Ready{Audio: true, Video: true})
		d.Handle(wire.Ready{Audio: true, Video: true})
		d.Handle(wire.Admit{Peer: "pat"})
		p.Handle(wire.Media{Audio: false, Video: true})
		w, _ := last[wire.Welcome](pl)
		p.Broken()
		time.Sleep(10 * time.Second)
		if pr, _ := last[wire.Presence](dl); pr.Person.ID != "pat" || !pr.Person.Away {
			t.Errorf("the clinician was told %+v", pr)
		}
		again := &line{}
		if h.Resume(w.Resume, again) == nil {
			t.Fatal("not taken back")
		}
		back, _ := last[wire.Welcome](again)
		if back.Self != "pat" || len(back.People) != 2 {
			t.Errorf("came back as %+v", back)
		}
		for _, person := range back.People {
			if person.ID == "pat" && (person.Place != wire.PlaceCall || person.Audio || !person.Video || person.Away) {
				t.Errorf("place and mute were lost: %+v", person)
			}
		}
		if !c.has("pat") {
			t.Error("the media went away with the signalling")
		}
		// The connection that is gone says no more.
		if p.Handle(wire.Media{Audio: true}) {
			t.Error("a replaced connection was heard")
		}
		time.Sleep(2 * time.Minute)
		if _, gone := last[wire.Gone](dl); gone {
			t.Error("counted as lost in spite of coming back")
		}
	})
}

func TestLostAfterGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(t)
		dl, pl := &line{}, &line{}
		p, d := h.Enter(patient, pl), h.Enter(doctor, dl)
		p.Handle(wire.Ready{})
		d.Handle(wire.Ready{})
		d.Handle(wire.Admit{Peer: "pat"})
		w, _ := last[wire.Welcome](pl)
		p.Broken()
		time.Sleep(46 * time.Second)
		synctest.Wait()
		if g, _ := last[wire.Gone](dl); g != (wire.Gone{ID: "pat", Reason: wire.ReasonLost}) {
			t.Errorf("told %+v", g)
		}
		if c.has("pat") {
			t.Error("a ghost keeps its seat")
		}
		if h.Resume(w.Resume, &line{}) != nil {
			t.Error("a lost place was given back")
		}
	})
}

// A clinician whose program died comes back with a new one: fresh media, same place.
func TestANewProgramGetsFreshMedia(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(t)
		dl, again := &line{}, &line{}
		p, d := h.Enter(patient, &line{}), h.Enter(doctor, dl)
		p.Handle(wire.Ready{})
		d.Handle(wire.Ready{})
		d.Handle(wire.Admit{Peer: "pat"})
		d = h.Enter(doctor, again)
		if w, _ := last[wire.Welcome](again); w.Gen != 0 || c.has("doc") {
			t.Errorf("the dead program's media is kept: %+v", w)
		}
		d.Handle(wire.Ready{})
		if _, offered := last[wire.Offer](again); !offered || !c.has("doc") || !c.has("pat") {
			t.Error("no fresh media")
		}
	})
}

func TestTheSamePersonReplaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		one, two := &line{}, &line{}
		h.Enter(doctor, one)
		h.Enter(doctor, two)
		if e, _ := last[wire.Ended](one); e.Reason != wire.ReasonReplaced || !one.closed {
			t.Errorf("the first connection was told %+v", e)
		}
		if w, _ := last[wire.Welcome](two); len(w.People) != 1 {
			t.Errorf("a ghost: %+v", w.People)
		}
	})
}

// A second holder of the link waits at the door, and the clinician sees two.
func TestASecondHolderWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(t)
		dl, pl, sl := &line{}, &line{}, &line{}
		p, d := h.Enter(patient, pl), h.Enter(doctor, dl)
		p.Handle(wire.Ready{})
		d.Handle(wire.Ready{})
		d.Handle(wire.Admit{Peer: "pat"})
		s := h.Enter(second, sl)
		s.Handle(wire.Ready{Audio: true, Video: true})
		if c.has("two") {
			t.Error("a forwarded link led straight in")
		}
		w, _ := last[wire.Welcome](sl)
		for _, person := range w.People {
			if person.ID == "pat" {
				t.Error("who waits sees who is inside")
			}
		}
		if pr, _ := last[wire.Presence](dl); pr.Person.ID != "two" {
			t.Errorf("the clinician was told of %+v", pr.Person)
		}
		if pr, ok := last[wire.Presence](pl); ok && pr.Person.ID == "two" {
			t.Error("who is inside sees who waits")
		}
		d.Handle(wire.Refuse{Peer: "two", Text: "Un seul patient"})
		if e, _ := last[wire.Ended](sl); e.Reason != wire.ReasonRefused || e.Text != "Un seul patient" {
			t.Errorf("told %+v", e)
		}
	})
}

// Whoever holds the link cannot fill the room so that its clinician stays outside.
func TestTheClinicianAlwaysGetsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		for i := range MaxPeople {
			e := patient
			e.Person += string(rune('a' + i))
			h.Enter(e, &line{})
		}
		if h.Enter(doctor, &line{}) == nil {
			t.Error("the clinician was refused")
		}
	})
}

// Nobody talks on without a clinician, and everybody comes back with one.
func TestNoMediaWithoutAClinician(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(t)
		p, s, d := h.Enter(patient, &line{}), h.Enter(second, &line{}), h.Enter(doctor, &line{})
		for _, who := range []*Place{p, s, d} {
			who.Handle(wire.Ready{Audio: true, Video: true})
		}
		d.Handle(wire.Admit{Peer: "pat"})
		d.Handle(wire.Admit{Peer: "two"})
		d.Handle(wire.Leave{})
		if c.has("pat") || c.has("two") {
			t.Error("two patients talk on alone")
		}
		d = h.Enter(doctor, &line{})
		d.Handle(wire.Ready{})
		if !c.has("pat") || !c.has("two") || !c.has("doc") {
			t.Error("the call did not go on with the clinician")
		}
	})
}

// Ending it for everybody reaches those who still wait.
func TestEndReachesTheDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		pl := &line{}
		h.Enter(patient, pl)
		d := h.Enter(doctor, &line{})
		d.Handle(wire.Leave{End: true})
		if e, ok := last[wire.Ended](pl); !ok || e.Reason != wire.ReasonEnded {
			t.Errorf("told %+v", e)
		}
	})
}

func TestARoomIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		for i := range MaxPeople {
			e := patient
			e.Person += string(rune('a' + i))
			if h.Enter(e, &line{}) == nil {
				t.Fatalf("person %d was refused", i)
			}
		}
		l := &line{}
		if h.Enter(second, l) != nil {
			t.Error("one too many was let in")
		}
		if f, _ := last[wire.Failure](l); f.Code != wire.CodeFull || !l.closed {
			t.Errorf("told %+v", f)
		}
	})
}

func TestEmptyRoomsGoAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		p := h.Enter(patient, &line{})
		p.Handle(wire.Leave{})
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if rooms, people := h.Rooms(); rooms != 0 || people != 0 {
			t.Errorf("%d rooms, %d people", rooms, people)
		}
		if h.Enter(patient, &line{}) == nil {
			t.Error("the room cannot be opened again")
		}
	})
}
