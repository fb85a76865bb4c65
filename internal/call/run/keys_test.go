package run

import (
	"slices"
	"sync"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/peer"
	"ekermed.example/ekermed/internal/call/seal"
	"ekermed.example/ekermed/internal/call/wire"
)

// ring holds a guest's keys, after docs/protocol.md, chapter 12. A nil one does nothing.
type ring struct {
	mu     sync.Mutex
	g      *seal.Group
	self   string
	people map[string]wire.Person
	said   []string // what features said, as topic and payload
	end    chan struct{}
	done   sync.WaitGroup
}

// sealing joins as a guest who knows keys.
func sealing(t *testing.T, base, code string, direct bool) *guest {
	t.Helper()
	r := &ring{people: map[string]wire.Person{}, end: make(chan struct{})}
	var g *guest
	var outbox []wire.Message
	var err error
	if r.g, err = seal.NewGroup(seal.Options{Send: func(m wire.Message) {
		if g == nil {
			outbox = append(outbox, m)
			return
		}
		_ = g.link.Send(m)
	}, Said: func(_ string, topic wire.Topic, _ bool, said []byte) {
		r.said = append(r.said, string(topic)+" "+string(said))
	}, KeyFrame: func() {}, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	g = joinWith(t, base, code, false, direct, r)
	g.player.SealWith(r.g.Sender().Seal)
	for _, m := range outbox {
		_ = g.link.Send(m)
	}
	r.mu.Unlock()
	r.done.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-r.end:
				return
			case <-tick.C:
				r.mu.Lock()
				r.g.Tick()
				r.mu.Unlock()
			}
		}
	})
	return g
}

func (r *ring) hear(m wire.Message) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch m := m.(type) {
	case wire.Welcome:
		r.self = m.Self
		for _, p := range m.People {
			r.people[p.ID] = p
		}
		r.g.Enter(m.Self, time.Duration(m.Rekey*float64(time.Second)), m.Sealed)
	case wire.Presence:
		r.people[m.Person.ID] = m.Person
	case wire.Gone:
		delete(r.people, m.ID)
	default:
		r.g.Receive(m)
		return
	}
	var members []seal.Member
	if r.people[r.self].Place == wire.PlaceCall {
		for _, p := range r.people {
			if p.ID != r.self && p.Ready && p.Place == wire.PlaceCall {
				members = append(members, seal.Member{ID: p.ID, Keys: p.Keys, Seal: p.Seal})
			}
		}
	}
	r.g.Members(members)
}

func (r *ring) carry(o *peer.Options) {
	if r != nil {
		o.Open = func(from string, kind wire.Kind) func([]byte) ([]byte, error) {
			return r.g.Receiver(from).Stream(kind).Open
		}
	}
}

func (r *ring) certify(from string, gen uint32, ours, theirs string) {
	if r != nil && from != "" {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.g.Certificates(from, gen, seal.Fingerprints(ours), seal.Fingerprints(theirs))
	}
}

func (r *ring) close() {
	if r != nil {
		close(r.end)
		r.done.Wait()
	}
}

// say tells somebody something of a feature; heard tells whether something was said to us.
func (r *ring) say(peer string, topic wire.Topic, payload string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.g.Say(peer, topic, false, []byte(payload))
}

func (r *ring) heard(topic wire.Topic, payload string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.said, string(topic)+" "+payload)
}

func (r *ring) pairings() []seal.Pairing {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.g.Pairings()
}

// Frames are sealed through the server and on the direct way, with keys that change each
// second; both sides have one code, and nothing is lost.
func TestSealed(t *testing.T) {
	for name, direct := range map[string]bool{"through the server": false, "direct": true} {
		t.Run(name, func(t *testing.T) {
			server := startServer(t, t.TempDir(), "127.0.0.1:0", "EKERMED_ROOM_REKEY=1s")
			server.clinician()
			_, code := server.invite()
			d := startDesk(t)
			d.signIn(t, server.Local)
			g := sealing(t, server.Local, code, direct)
			admit(t, d)
			s := d.until(t, "sealed from end to end", func(s call.State) bool {
				return s.Call.Sealed && s.Call.Path.Profile != "" && s.Call.Secrecy() == call.SecrecyEnd
			})
			flowing(t, d, g)
			if profile := s.Call.Path.Profile; profile != "AEAD_AES_128_GCM" {
				t.Errorf("SRTP profile %q", profile)
			}
			us := s.Call.Pairings[0]
			them := g.ring.pairings()[0]
			if us.Code != them.Code || us.Code == [4]byte{} {
				t.Errorf("codes %v and %v", us.Code, them.Code)
			}
			if direct {
				d.until(t, "a proven certificate", func(s call.State) bool { return len(s.Call.Pairings) == 1 && s.Call.Pairings[0].Proven == s.Call.Gen })
			}
			d.Post(call.Compare{Peer: us.Peer, Code: us.Code, Same: true})
			d.until(t, "compared", func(s call.State) bool { return s.Call.Secrecy() == call.SecrecyVerified })
			flowing(t, d, g)
			from := g.ring.g.Receiver(them.Peer)
			before := from.Counts()
			time.Sleep(5 * time.Second)
			eventually(t, "300 frames opened", func() bool { return from.Counts().Opened-before.Opened >= 300 })
			if after := from.Counts(); after.NoKey != before.NoKey || after.Refused != 0 {
				t.Errorf("in five seconds and more with five keys and more: %+v, then %+v", before, after)
			}
			// A program without keys comes: everything is in clear, and said so.
			old := join(t, server.Local, code, false, false)
			admit(t, d)
			d.until(t, "encrypted up to the server", func(s call.State) bool {
				return !s.Call.Sealed && s.Call.Route == call.RouteServer && s.Call.Secrecy() == call.SecrecyServer
			})
			flowing(t, d, old)
			flowing(t, d, g)
			if err := old.link.Send(wire.Leave{}); err != nil {
				t.Fatal(err)
			}
			d.until(t, "sealed again", func(s call.State) bool { return s.Call.Sealed && s.Call.Secrecy() == call.SecrecyVerified })
			flowing(t, d, g)
		})
	}
}
