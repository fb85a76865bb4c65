package seal

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// world is a room whose server hands messages on, late and sometimes not at all, and
// whose people send a frame every 20 ms.
type world struct {
	t    *testing.T
	rnd  *rand.Rand
	now  time.Time
	loss float64
	// delay is how long a message takes at most; frames take as long.
	delay time.Duration
	// bend lets a dishonest server change a message, or drop it by nil.
	bend func(to string, m wire.Message) wire.Message

	people map[string]*someone
	flying []flight
}

type someone struct {
	id     string
	g      *Group
	seal   bool
	opened map[string]int
	// missed counts frames that could not be opened once a key of the sender was here.
	missed  map[string]int
	streams map[string]*Stream
	keyed   map[string]time.Time
	frames  int // key frames made
	said    []string
	last    map[string]time.Time
}

type flight struct {
	at       time.Time
	from, to string
	m        wire.Message
	frame    []byte
}

func newWorld(t *testing.T, seed uint64) *world {
	return &world{t: t, rnd: rand.New(rand.NewPCG(seed, 5)), now: time.Unix(1e9, 0), delay: 80 * time.Millisecond, people: map[string]*someone{}}
}

func (w *world) join(id string, seal bool, rekey time.Duration) *someone {
	w.t.Helper()
	p := &someone{id: id, seal: seal, opened: map[string]int{}, missed: map[string]int{}, streams: map[string]*Stream{}, keyed: map[string]time.Time{}, last: map[string]time.Time{}}
	g, err := NewGroup(Options{
		Send:     func(m wire.Message) { w.post(id, m) },
		KeyFrame: func() { p.frames++ },
		Said: func(peer string, topic wire.Topic, _ bool, said []byte) {
			p.said = append(p.said, peer+" "+string(topic)+" "+string(said))
		},
		Now: func() time.Time { return w.now },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	p.g = g
	w.people[id] = p
	g.Enter(id, rekey, false)
	w.tell()
	return p
}

func (w *world) leave(id string) {
	delete(w.people, id)
	w.tell()
}

func (w *world) tell() {
	for id, p := range w.people {
		var others []Member
		for _, other := range slices.Sorted(maps.Keys(w.people)) {
			if other != id {
				others = append(others, Member{ID: other, Keys: true, Seal: w.people[other].seal})
			}
		}
		p.g.Members(others)
	}
}

// address reads and sets whom a message is for, or from.
func address(m wire.Message, peer string) (wire.Message, string) {
	switch m := m.(type) {
	case wire.Commit:
		was := m.Peer
		m.Peer = peer
		return m, was
	case wire.Reveal:
		was := m.Peer
		m.Peer = peer
		return m, was
	case wire.Encapsulate:
		was := m.Peer
		m.Peer = peer
		return m, was
	case wire.Sealed:
		was := m.Peer
		m.Peer = peer
		return m, was
	case wire.Data:
		was := m.Peer
		m.Peer = peer
		return m, was
	}
	panic(fmt.Sprintf("%T", m))
}

func (w *world) post(from string, m wire.Message) {
	m, to := address(m, from)
	if w.rnd.Float64() < w.loss {
		return
	}
	if w.bend != nil {
		if m = w.bend(to, m); m == nil {
			return
		}
	}
	w.fly(flight{at: w.now.Add(w.delay), from: from, to: to, m: m}) // a WebSocket keeps the order
}

func (w *world) fly(f flight) {
	w.flying = append(w.flying, f)
	slices.SortStableFunc(w.flying, func(a, b flight) int { return a.at.Compare(b.at) })
}

// run lets time pass.
func (w *world) run(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); w.now = w.now.Add(20 * time.Millisecond) {
		for len(w.flying) > 0 && !w.flying[0].at.After(w.now) {
			f := w.flying[0]
			w.flying = w.flying[1:]
			w.arrive(f)
		}
		for id, p := range w.people {
			p.g.Tick()
			frame, err := p.g.Sender().Seal(wire.Audio, []byte(id+" speaks"))
			if err != nil {
				w.t.Fatal(err)
			}
			if !p.seal {
				frame = []byte(id + " speaks")
			}
			for to := range w.people {
				if to != id {
					w.fly(flight{at: w.now.Add(time.Duration(w.rnd.Int64N(int64(w.delay) + 1))), from: id, to: to, frame: frame})
				}
			}
		}
	}
}

func (w *world) arrive(f flight) {
	p := w.people[f.to]
	if p == nil || w.people[f.from] == nil {
		return
	}
	if f.m != nil {
		p.g.Receive(f.m)
		return
	}
	if p.streams[f.from] == nil {
		p.streams[f.from] = p.g.Receiver(f.from).Stream(wire.Audio)
	}
	plain, err := p.streams[f.from].Open(f.frame)
	if !p.seal {
		plain, err = f.frame, nil
	}
	switch {
	case err == nil && string(plain) == f.from+" speaks":
		p.opened[f.from]++
		p.last[f.from] = w.now
		if p.keyed[f.from].IsZero() {
			p.keyed[f.from] = w.now
		}
	case err == nil:
		w.t.Errorf("%s hears %x from %s", f.to, plain, f.from)
	case !p.keyed[f.from].IsZero() && w.now.Sub(p.keyed[f.from]) > w.delay: // what was on its way then was not for us
		p.missed[f.from]++
	}
}

func (w *world) pairing(a, b string) Pairing {
	w.t.Helper()
	for _, p := range w.people[a].g.Pairings() {
		if p.Peer == b {
			return p
		}
	}
	w.t.Fatalf("%s does not know %s", a, b)
	return Pairing{}
}

// agreed checks that all have come to agree, with the same codes, and hear one another.
func (w *world) agreed() {
	w.t.Helper()
	for a, p := range w.people {
		for b := range w.people {
			if a == b {
				continue
			}
			one, two := w.pairing(a, b), w.pairing(b, a)
			if one.Standing != Agreed || one.Code != two.Code || !one.Code.Known() {
				w.t.Errorf("%s has %+v, %s has %+v", a, one, b, two)
			}
			if w.now.Sub(p.last[b]) > time.Second {
				w.t.Errorf("%s does not hear %s", a, b)
			}
		}
	}
}

// Keys change every second, people come and go, and nobody who has a key misses a frame.
func TestGroup(t *testing.T) {
	w := newWorld(t, 1)
	w.join("b", true, time.Second)
	w.run(time.Second)
	a := w.join("a", true, time.Second)
	w.run(2 * time.Second)
	w.agreed()
	if a.opened["b"] < 60 {
		t.Errorf("%d frames in two seconds", a.opened["b"])
	}
	if a.frames == 0 {
		t.Error("no key frame for who came")
	}
	code := w.pairing("a", "b").Code
	w.join("c", true, time.Second)
	w.run(60 * time.Second)
	w.agreed()
	if w.pairing("a", "b").Code != code {
		t.Error("a third one changes the code of the first two")
	}
	if w.pairing("a", "c").Code == code {
		t.Error("all pairs have one code")
	}
	if kid := a.g.current.kid; kid < 40 {
		t.Errorf("after a minute the key is number %d", kid)
	}
	w.leave("c")
	w.run(2 * time.Second)
	w.agreed()
	for id, p := range w.people {
		for from, n := range p.missed {
			t.Errorf("%s missed %d frames of %s", id, n, from)
		}
	}
}

// Who came later cannot open what was said before, who left not what is said after.
func TestComingAndLeaving(t *testing.T) {
	w := newWorld(t, 2)
	a := w.join("a", true, time.Minute)
	w.join("b", true, time.Minute)
	w.run(2 * time.Second)
	before, _ := a.g.Sender().Seal(wire.Audio, []byte("before"))
	c := w.join("c", true, time.Minute)
	w.run(2 * time.Second)
	w.agreed()
	if _, err := c.g.Receiver("a").Stream(wire.Audio).Open(before); err != ErrNoKey {
		t.Errorf("who came opens what was said before: %v", err)
	}
	w.leave("c")
	w.run(time.Second)
	after, _ := a.g.Sender().Seal(wire.Audio, []byte("after"))
	if _, err := c.g.Receiver("a").Stream(wire.Audio).Open(after); err != ErrNoKey {
		t.Errorf("who left opens what is said after: %v", err)
	}
}

// Messages are lost, one side begins anew under its old name: they agree all the same.
func TestGroupOnABadDay(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(t, seed)
		w.loss = 0.2
		w.delay = time.Duration(20+w.rnd.IntN(400)) * time.Millisecond
		w.join("a", true, 3*time.Second)
		w.join("b", true, 3*time.Second)
		w.run(5 * time.Second)
		w.join("b", true, 3*time.Second) // another program under the same name
		w.people["a"].keyed = map[string]time.Time{}
		w.run(10 * time.Second)
		w.loss = 0
		w.run(40 * time.Second)
		w.agreed()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// The first commitment is lost: that costs one pause, not a dance of restarts.
func TestTheFirstCommitIsLost(t *testing.T) {
	for _, loser := range []string{"a", "b"} {
		w := newWorld(t, 8)
		lost := false
		w.bend = func(to string, m wire.Message) wire.Message {
			if _, ok := m.(wire.Commit); ok && to == loser && !lost {
				lost = true
				return nil
			}
			return m
		}
		w.join("a", true, time.Minute)
		w.join("b", true, time.Minute)
		w.run(stuckAfter + 2*time.Second)
		w.agreed()
	}
}

// Somebody who cannot seal: all is in clear, and said so; when they leave it is sealed again.
func TestSomebodyCannotSeal(t *testing.T) {
	w := newWorld(t, 3)
	a := w.join("a", true, time.Second)
	w.join("b", true, time.Second)
	w.run(2 * time.Second)
	if !a.g.Frames() {
		t.Error("not sealed")
	}
	w.join("old", false, time.Second)
	w.run(2 * time.Second)
	if a.g.Frames() {
		t.Error("sealed for somebody who cannot open it")
	}
	if f, _ := a.g.Sender().Seal(wire.Audio, []byte("clear")); string(f) != "clear" {
		t.Error("sealed for somebody who cannot open it")
	}
	w.agreed()
	w.leave("old")
	w.run(2 * time.Second)
	if f, _ := a.g.Sender().Seal(wire.Audio, []byte("clear")); !a.g.Frames() || bytes.Contains(f, []byte("clear")) {
		t.Error("not sealed again")
	}
	a.g.Enter("a", 0, true) // the server demands it
	w.join("old", false, time.Second)
	if f, _ := a.g.Sender().Seal(wire.Audio, []byte("clear")); !a.g.Frames() || bytes.Contains(f, []byte("clear")) {
		t.Error("in clear though everything must be sealed")
	}
}

// A line took the confirmation with it: it is said again with the next key.
func TestLostCertificate(t *testing.T) {
	w := newWorld(t, 5)
	a, b := w.join("a", true, 2*time.Second), w.join("b", true, 2*time.Second)
	w.run(time.Second)
	w.bend = func(string, wire.Message) wire.Message { return nil }
	a.g.Certificates("b", 7, "sha-256 a", "sha-256 b")
	b.g.Certificates("a", 7, "sha-256 b", "sha-256 a")
	w.run(100 * time.Millisecond)
	w.bend = nil
	w.run(5 * time.Second)
	if x, y := w.pairing("a", "b"), w.pairing("b", "a"); x.Proven != 7 || y.Proven != 7 {
		t.Errorf("%+v %+v", x, y)
	}
}

// The certificate of a direct connection is confirmed under the pair's key.
func TestCertificates(t *testing.T) {
	for _, c := range []struct {
		seen string
		want Standing
	}{{"sha-256 b", Agreed}, {"sha-256 server", Broken}} {
		w := newWorld(t, 5)
		a, b := w.join("a", true, time.Minute), w.join("b", true, time.Minute)
		a.g.Certificates("b", 7, "sha-256 a", "")
		w.run(2 * time.Second)
		b.g.Certificates("a", 7, "sha-256 b", "sha-256 a")
		a.g.Certificates("b", 7, "", c.seen)
		w.run(2 * time.Second)
		if p := w.pairing("a", "b"); p.Standing != c.want || (c.want == Agreed) != (p.Proven == 7) {
			t.Errorf("a saw %s: %+v", c.seen, p)
		}
		if p := w.pairing("b", "a"); p.Proven != 7 {
			t.Errorf("b: %+v", p)
		}
	}
}

// What features say arrives once, under its topic, and between those two alone.
func TestSay(t *testing.T) {
	w := newWorld(t, 12)
	a, b, c := w.join("a", true, time.Second), w.join("b", true, time.Second), w.join("c", false, time.Second)
	if a.g.Say("b", wire.TopicChat, false, []byte("too early")) {
		t.Error("said before there is a key")
	}
	w.run(2 * time.Second)
	w.bend = func(to string, m wire.Message) wire.Message {
		if d, ok := m.(wire.Data); ok {
			if raw, _ := base64.StdEncoding.DecodeString(d.Data); bytes.Contains(raw, []byte("hello")) {
				t.Error("the server can read it")
			}
			w.fly(flight{at: w.now.Add(w.delay), from: "a", to: to, m: m}) // twice
			d.View = true
			w.fly(flight{at: w.now.Add(w.delay - time.Millisecond), from: "a", to: to, m: d}) // and mislabelled
		}
		return m
	}
	if !a.g.Say("b", wire.TopicChat, false, []byte("hello")) || a.g.Say("nobody", wire.TopicChat, false, nil) {
		t.Error("not said, or to nobody")
	}
	w.run(3 * time.Second)
	if !slices.Equal(b.said, []string{"a chat hello"}) || len(a.said)+len(c.said) > 0 {
		t.Errorf("b heard %q, a %q, c %q", b.said, a.said, c.said)
	}
	if p := w.pairing("a", "b"); p.Agreed != 1 {
		t.Errorf("agreed %d times", p.Agreed)
	}
	b.g.begin("a")
	w.run(2 * time.Second)
	if p := w.pairing("a", "b"); p.Agreed != 2 {
		t.Errorf("agreed %d times", p.Agreed)
	}
}

// What a pair tells each other is not taken twice, nor from elsewhere.
func TestSealedIsNotRepeated(t *testing.T) {
	w := newWorld(t, 6)
	var kept []wire.Message
	w.bend = func(to string, m wire.Message) wire.Message {
		if _, ok := m.(wire.Sealed); ok && to == "a" {
			kept = append(kept, m)
		}
		return m
	}
	a := w.join("a", true, time.Second)
	w.join("b", true, time.Second)
	w.run(4 * time.Second)
	if len(kept) < 4 {
		t.Fatal("nothing to repeat")
	}
	next := a.g.peers["b"].pair.in.next
	for _, m := range kept {
		a.g.Receive(m)
		data := decode(m.(wire.Sealed).Data)
		for i := range data {
			changed := bytes.Clone(data)
			changed[i] ^= 0x80
			a.g.Receive(wire.Sealed{Peer: "b", Data: encode(changed)})
		}
	}
	if got := a.g.peers["b"].pair.in.next; got != next {
		t.Errorf("a repeated message was taken: %d, then %d", next, got)
	}
}

// Whatever comes, in whatever order: no panic, and bounded.
func FuzzGroup(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5}, "AAAA")
	f.Fuzz(func(t *testing.T, order []byte, data string) {
		now := time.Unix(1e9, 0)
		var sent []wire.Message
		g, err := NewGroup(Options{Send: func(m wire.Message) { sent = append(sent, m) }, KeyFrame: func() {}, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		g.Enter("a", 0, false)
		g.Members([]Member{{ID: "b", Keys: true}, {ID: "c"}})
		for _, what := range order[:min(len(order), 64)] {
			peer := []string{"b", "c", "d"}[what/64%3]
			switch what % 8 {
			case 0:
				g.Receive(wire.Commit{Peer: peer, Commitment: data})
			case 1:
				g.Receive(wire.Reveal{Peer: peer, Key: data, Nonce: data})
			case 2:
				g.Receive(wire.Encapsulate{Peer: peer, Enc: data})
			case 3:
				g.Receive(wire.Sealed{Peer: peer, Data: data})
			case 4:
				now = now.Add(time.Duration(what) * time.Second)
				g.Tick()
			case 5:
				g.Certificates(peer, uint32(what), data, "x")
			case 6:
				g.Members(nil)
			case 7:
				g.Members([]Member{{ID: "b", Keys: true}})
			}
			g.Pairings()
		}
		if len(sent) > 4*len(order)+4 {
			t.Errorf("%d messages are answered by %d", len(order), len(sent))
		}
	})
}
