package room

import (
	"testing"
	"testing/synctest"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// Messages of key agreement pass between two who are in the call, as they are; nobody
// else sends or gets any, and a flood ends at the server.
func TestSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		dl, pl, sl := &line{}, &line{}, &line{}
		p, d, s := h.Enter(patient, pl), h.Enter(doctor, dl), h.Enter(second, sl)
		ready := wire.Ready{Audio: true, Keys: true, Seal: true}
		d.Handle(ready)
		p.Handle(ready)
		s.Handle(ready)
		for _, place := range []*Place{p, s} { // at the door
			place.Handle(wire.Commit{Peer: doctor.Person, Commitment: "c"})
		}
		d.Handle(wire.Commit{Peer: "pat", Commitment: "c"})
		if _, ok := last[wire.Commit](dl); ok {
			t.Error("somebody at the door begins an agreement")
		}
		if _, ok := last[wire.Commit](pl); ok {
			t.Error("an agreement with somebody at the door")
		}
		d.Handle(wire.Admit{Peer: "pat"})
		if got, _ := last[wire.Presence](dl); !got.Person.Keys || !got.Person.Seal {
			t.Errorf("what a program can do is not told: %+v", got.Person)
		}
		for _, m := range []wire.Message{
			wire.Commit{Peer: doctor.Person, Commitment: "one"}, wire.Reveal{Peer: doctor.Person, Key: "k", Nonce: "n"},
			wire.Encapsulate{Peer: doctor.Person, Enc: "e"}, wire.Sealed{Peer: doctor.Person, Data: "d"},
			wire.Sealed{Peer: "pat", Data: "to myself"}, wire.Sealed{Peer: "two", Data: "outside"}, wire.Sealed{Peer: "nobody"},
		} {
			p.Handle(m)
		}
		if m, _ := last[wire.Commit](dl); m != (wire.Commit{Peer: "pat", Commitment: "one"}) {
			t.Errorf("commit: %+v", m)
		}
		if m, _ := last[wire.Reveal](dl); m != (wire.Reveal{Peer: "pat", Key: "k", Nonce: "n"}) {
			t.Errorf("reveal: %+v", m)
		}
		if m, _ := last[wire.Encapsulate](dl); m != (wire.Encapsulate{Peer: "pat", Enc: "e"}) {
			t.Errorf("encapsulate: %+v", m)
		}
		if m, _ := last[wire.Sealed](dl); m != (wire.Sealed{Peer: "pat", Data: "d"}) {
			t.Errorf("sealed: %+v", m)
		}
		for _, l := range []*line{pl, sl} {
			if _, ok := last[wire.Sealed](l); ok {
				t.Error("a message went elsewhere")
			}
		}
		for range 10 * secretsBurst {
			if !p.Handle(wire.Sealed{Peer: doctor.Person, Data: "flood"}) {
				t.Fatal("put out for it")
			}
		}
		dl.mu.Lock()
		n := 0
		for _, m := range dl.got {
			if s, ok := m.(wire.Sealed); ok && s.Data == "flood" {
				n++
			}
		}
		dl.mu.Unlock()
		if n > secretsBurst {
			t.Errorf("%d of a flood were handed on", n)
		}
	})
}

// A direct connection is made anew with other certificates, again and again.
func TestRecertify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		h.o.Recertify = time.Minute
		dl, pl := &line{}, &line{}
		p, d := h.Enter(patient, pl), h.Enter(doctor, dl)
		for _, place := range []*Place{p, d} {
			place.Handle(wire.Ready{Audio: true, Direct: true})
		}
		d.Handle(wire.Admit{Peer: "pat"})
		before := uint32(0)
		for range 3 {
			meeting, ok := last[wire.Direct](pl)
			if !ok || meeting.Gen <= before {
				t.Fatalf("no new connection: %+v after %d", meeting, before)
			}
			before = meeting.Gen
			for _, place := range []*Place{p, d} {
				place.Handle(wire.Up{Gen: meeting.Gen})
			}
			time.Sleep(time.Minute + time.Second)
			synctest.Wait()
		}
	})
}

// Who cannot seal is turned away where everything must be sealed.
func TestSealingRequired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		h.o.Sealed = true
		pl := &line{}
		p := h.Enter(patient, pl)
		if w, _ := last[wire.Welcome](pl); !w.Sealed {
			t.Error("nobody is told that all must be sealed")
		}
		if p.Handle(wire.Ready{Audio: true, Keys: true}) {
			t.Error("in without sealing")
		}
		if f, _ := last[wire.Failure](pl); f.Code != wire.CodeSeal || !f.Fatal {
			t.Errorf("told %+v", f)
		}
	})
}
