package room

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// notes is a witness that writes lines.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) add(s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, s)
}

func (n *notes) Door(d Door) { n.add(fmt.Sprint(d.Act, " ", d.Person, " ", d.Role, " ", d.Why)) }

func (n *notes) Call(c Call) {
	way := "direct"
	if c.Server {
		way = "server"
	}
	n.add(fmt.Sprint(c.Phase, " ", c.Owner, " ", way, " ", len(c.People), " video=", c.Video, " ", c.Length))
}

func (n *notes) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.list
	n.list = nil
	return list
}

// witnessed is a hub with a witness.
func witnessed(t *testing.T, policy Policy) (*Hub, *notes) {
	t.Helper()
	n := &notes{}
	h := NewHub(Options{
		Seater: &chairs{seated: map[string]bool{}}, Tickets: noTickets{}, Grace: 45 * time.Second, Linger: 30 * time.Second, Policy: policy,
		Changed: func(string, string) {}, Done: func(string) {}, Now: time.Now, Witness: n, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	synctest.Wait()
	t.Cleanup(func() { cancel(); <-done })
	return h, n
}

func (n *notes) want(t *testing.T, what string, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := n.take(); !slices.Equal(got, want) {
		t.Errorf("%s:\n%q, want\n%q", what, got, want)
	}
}

func TestWitnessOfACallThroughTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, n := witnessed(t, ServerOnly)
		p, d := h.Enter(patient, &line{}), h.Enter(doctor, &line{})
		n.want(t, "at the door", "came pat patient ", "came doc clinician ")
		p.Handle(wire.Ready{Audio: true})
		d.Handle(wire.Ready{Audio: true, Video: true})
		d.Handle(wire.Admit{Peer: "pat"})
		n.want(t, "let in", "admitted pat patient ")
		p.Handle(wire.Up{Gen: 1})
		n.want(t, "one way")
		d.Handle(wire.Up{Gen: 1})
		n.want(t, "both ways", "began acc server 2 video=false 0s")
		time.Sleep(12 * time.Minute)
		w := h.Enter(second, &line{})
		d.Handle(wire.Refuse{Peer: "two"})
		n.want(t, "a second", "came two patient ", "went two patient refused")
		w.Broken()
		d.Handle(wire.Leave{End: true})
		n.want(t, "the end", "closed doc clinician ", "went doc clinician left", "ended acc server 2 video=true 12m0s", "went pat patient ended")
	})
}

// Who vanished was not in the call while their place was kept; and a call that comes
// about again is another one.
func TestWitnessOfALostConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, n := witnessed(t, ServerOnly)
		p, d := h.Enter(patient, &line{}), h.Enter(doctor, &line{})
		p.Handle(wire.Ready{Audio: true})
		d.Handle(wire.Ready{Audio: true})
		d.Handle(wire.Admit{Peer: "pat"})
		p.Handle(wire.Up{Gen: 1})
		d.Handle(wire.Up{Gen: 1})
		synctest.Wait()
		n.take()
		time.Sleep(5 * time.Minute)
		p.Broken()
		time.Sleep(time.Minute)
		n.want(t, "lost", "went pat patient lost", "ended acc server 2 video=false 5m0s")
		again := h.Enter(second, &line{})
		again.Handle(wire.Ready{Audio: true})
		d.Handle(wire.Admit{Peer: "two"})
		again.Handle(wire.Up{Gen: 1})
		d.Handle(wire.Up{Gen: 1})
		n.want(t, "another", "came two patient ", "admitted two patient ", "began acc server 2 video=false 0s")
		again.Handle(wire.Leave{})
		n.want(t, "left", "went two patient left", "ended acc server 2 video=false 0s")
	})
}

func TestWitnessOfADirectCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, n := witnessed(t, Auto)
		pl, dl := &line{}, &line{}
		p, d := h.Enter(patient, pl), h.Enter(doctor, dl)
		p.Handle(wire.Ready{Audio: true, Direct: true})
		d.Handle(wire.Ready{Audio: true, Direct: true})
		d.Handle(wire.Admit{Peer: "pat"})
		synctest.Wait()
		n.take()
		direct, ok := last[wire.Direct](pl)
		if !ok {
			t.Fatal("no direct connection was begun")
		}
		p.Handle(wire.Up{Gen: direct.Gen})
		d.Handle(wire.Up{Gen: direct.Gen})
		n.want(t, "settled", "began acc direct 2 video=false 0s")
		time.Sleep(time.Minute)
		p.Handle(wire.Leave{})
		n.want(t, "left", "went pat patient left", "ended acc direct 2 video=false 1m0s")
	})
}

// Where there is no other way the direct one is tried again and again, and is told once.
func TestWitnessOfTheOnlyWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, n := witnessed(t, DirectOnly)
		p, d := h.Enter(patient, &line{}), h.Enter(doctor, &line{})
		for _, one := range []*Place{p, d} {
			one.Handle(wire.Ready{Audio: true, Direct: true})
		}
		d.Handle(wire.Admit{Peer: "pat"})
		synctest.Wait()
		n.take()
		time.Sleep(5 * time.Minute)
		n.want(t, "five minutes", "failed acc direct 2 video=false 0s")
		p.Handle(wire.Leave{})
		n.want(t, "left", "went pat patient left")
	})
}

// A way that fails is told, and so is a call that never came about; who hangs up at once
// is no failure.
func TestWitnessOfFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, n := witnessed(t, Auto)
		begin := func(e Entry) *Place {
			p := h.Enter(e, &line{})
			p.Handle(wire.Ready{Audio: true, Direct: true})
			return p
		}
		d := begin(doctor)
		p := begin(patient)
		d.Handle(wire.Admit{Peer: "pat"})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		n.take()
		p.Handle(wire.Leave{})
		n.want(t, "at once", "went pat patient left")
		p = begin(second)
		d.Handle(wire.Admit{Peer: "two"})
		synctest.Wait()
		n.take()
		time.Sleep(directLimit)
		n.want(t, "the direct way", "failed acc direct 2 video=false 0s")
		time.Sleep(time.Minute)
		p.Handle(wire.Leave{})
		n.want(t, "the server's way", "went two patient left", "failed acc server 2 video=false 0s")
	})
}
