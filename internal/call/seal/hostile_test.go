package seal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// Threat 15: the server sits in between. It runs the agreement with each side under keys
// of its own; the codes differ, on every try.
func TestSwappedKeys(t *testing.T) {
	seen := map[Code]bool{}
	for seed := range uint64(20) {
		w := newWorld(t, seed)
		// towards is the server's own end of the agreement with each of them.
		towards := map[string]*Group{}
		for id, posing := range map[string]string{"a": "b", "b": "a"} {
			g, err := NewGroup(Options{KeyFrame: func() {}, Now: func() time.Time { return w.now }, Send: func(m wire.Message) {
				m, _ = address(m, posing)
				w.fly(flight{at: w.now.Add(10 * time.Millisecond), from: posing, to: id, m: m})
			}})
			if err != nil {
				t.Fatal(err)
			}
			g.Enter(posing, 0, false)
			g.Members([]Member{{ID: id, Keys: true, Seal: true}})
			towards[id] = g
		}
		w.bend = func(to string, m wire.Message) wire.Message {
			_, from := address(m, "")
			towards[from].Receive(m)
			return nil
		}
		w.join("a", true, time.Minute)
		w.join("b", true, time.Minute)
		w.run(8 * time.Second)
		a, b := w.pairing("a", "b"), w.pairing("b", "a")
		if a.Standing != Agreed || b.Standing != Agreed {
			t.Fatalf("the attack did not even run: %+v %+v", a, b)
		}
		if a.Code == b.Code {
			t.Fatal("the codes are the same with somebody in between")
		}
		if seen[a.Code] || seen[b.Code] {
			t.Error("a code came twice")
		}
		seen[a.Code], seen[b.Code] = true, true
	}
}

// Who never revealed, or reveals something else than they committed to, gets no key and
// chooses no code.
func TestCommitBeforeReveal(t *testing.T) {
	for name, bend := range map[string]func(m wire.Message) wire.Message{
		"never revealed": func(m wire.Message) wire.Message {
			if _, ok := m.(wire.Reveal); ok {
				return nil
			}
			return m
		},
		"another nonce": func(m wire.Message) wire.Message {
			if r, ok := m.(wire.Reveal); ok {
				r.Nonce = encode(bytes.Repeat([]byte{1}, randomSize))
				return r
			}
			return m
		},
		"another key": func(m wire.Message) wire.Message {
			if r, ok := m.(wire.Reveal); ok {
				other, _ := kem().GenerateKey()
				r.Key = encode(other.PublicKey().Bytes())
				return r
			}
			return m
		},
		"no point of the curve": func(m wire.Message) wire.Message {
			if r, ok := m.(wire.Reveal); ok {
				r.Key = encode(bytes.Repeat([]byte{4}, 65))
				return r
			}
			return m
		},
		"a secret of somebody else": func(m wire.Message) wire.Message {
			if e, ok := m.(wire.Encapsulate); ok {
				other, _ := kem().GenerateKey()
				e.Enc = encode(other.PublicKey().Bytes())
				return e
			}
			return m
		},
		"no secret": func(m wire.Message) wire.Message {
			if e, ok := m.(wire.Encapsulate); ok {
				e.Enc = encode(bytes.Repeat([]byte{4}, 65))
				return e
			}
			return m
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 4)
			w.bend = func(to string, m wire.Message) wire.Message {
				if to == "a" {
					return bend(m)
				}
				return m
			}
			w.join("a", true, time.Minute)
			w.join("b", true, time.Minute)
			w.run(5 * time.Second)
			if p := w.pairing("a", "b"); p.Standing == Agreed || p.Code.Known() {
				t.Errorf("%+v", p)
			}
			w.run(40 * time.Second) // one that does not fit may be a lost line, three are not
			plain := name != "never revealed" && name != "a secret of somebody else"
			if p := w.pairing("a", "b"); plain && p.Standing != Broken || p.Standing == Agreed || p.Code.Known() {
				t.Errorf("nobody says it: %+v", p)
			}
			if w.people["a"].opened["b"] > 0 {
				t.Error("frames of somebody without a key are opened")
			}
			w.bend = nil
			w.run(40 * time.Second)
			if !plain {
				w.agreed()
			} else if w.pairing("a", "b").Standing != Broken {
				t.Error("the warning goes by itself")
			}
		})
	}
}

// Who begins anew after each reveal, to try codes, gets few tries, whatever their names,
// and is found out.
func TestNobodyTriesCodes(t *testing.T) {
	now := time.Unix(1e9, 0)
	reveals := 0
	g, err := NewGroup(Options{KeyFrame: func() {}, Now: func() time.Time { return now }, Send: func(m wire.Message) {
		if _, ok := m.(wire.Reveal); ok {
			reveals++
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	g.Enter("a", 0, true)
	for round := range 3000 { // ten minutes
		var members []Member
		for n := range 8 {
			id := fmt.Sprintf("m%d-%d", round/100, n) // always others
			members = append(members, Member{ID: id, Keys: true, Seal: true})
		}
		g.Members(members)
		for _, m := range members {
			c := make([]byte, randomSize)
			binary.BigEndian.PutUint64(c, uint64(round))
			g.Receive(wire.Commit{Peer: m.ID, Commitment: encode(c)})
		}
		now = now.Add(200 * time.Millisecond)
		g.Tick()
	}
	if reveals > 2*triesMost {
		t.Errorf("%d codes were tried in ten minutes", reveals)
	}
	for _, p := range g.Pairings() {
		if p.Standing != Broken {
			t.Errorf("nobody says it: %+v", p)
		}
	}
}

// Nor does it help to complete each agreement before beginning the next one.
func TestNobodyTriesWholeAgreements(t *testing.T) {
	w := newWorld(t, 11)
	w.join("a", true, time.Minute)
	b := w.join("b", true, time.Minute)
	codes := map[Code]bool{}
	for range 2 * triesMost {
		w.run(2 * time.Second)
		codes[w.pairing("a", "b").Code] = true
		b.g.begin("a")
	}
	if len(codes) < 10 || len(codes) > triesMost+5 || w.pairing("a", "b").Standing != Broken {
		t.Errorf("%d codes, %+v", len(codes), w.pairing("a", "b"))
	}
}

// However many came and went, who is there now is heard.
func TestManyComeAndGo(t *testing.T) {
	w := newWorld(t, 9)
	w.join("a", true, time.Minute)
	for n := range 3 * membersMost {
		id := fmt.Sprintf("b%d", n)
		w.join(id, true, time.Minute)
		w.run(time.Second)
		w.agreed()
		w.leave(id)
	}
}

// Who agrees anew all the time and never says that they have a key does not hold back
// the keys of others.
func TestNobodyHoldsKeysBack(t *testing.T) {
	w := newWorld(t, 10)
	a := w.join("a", true, time.Minute)
	w.join("b", true, time.Minute)
	w.run(2 * time.Second)
	kid := a.g.current.kid
	a.g.peers["b"].pair.out = nil
	a.g.peers["b"].pair.out, _ = newChannel(make([]byte, 32), "a", "b") // what a says is not heard any more
	for range 20 {
		a.g.rotate(true)
		w.run(500 * time.Millisecond)
	}
	if a.g.current.kid < kid+3 {
		t.Errorf("the key is number %d, and was %d ten seconds ago", a.g.current.kid, kid)
	}
}

// No nonce leaves before the other side is bound.
func TestNothingIsRevealedFirst(t *testing.T) {
	var sent []wire.Message
	g, err := NewGroup(Options{Send: func(m wire.Message) { sent = append(sent, m) }, KeyFrame: func() {}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	g.Enter("a", 0, false)
	g.Members([]Member{{ID: "b", Keys: true, Seal: true}})
	other, _ := kem().GenerateKey()
	theirs := newPair("b", "a", other)
	reveal := theirs.reveal()
	reveal.Peer = "b"
	g.Receive(reveal) // before its commitment
	g.Receive(wire.Encapsulate{Peer: "b", Enc: "AAAA"})
	g.Receive(wire.Sealed{Peer: "b", Data: "AAAA"})
	g.Receive(wire.Commit{Peer: "nobody", Commitment: theirs.commit().Commitment})
	g.Receive(wire.Commit{Peer: "b", Commitment: "short"})
	if len(sent) != 1 {
		t.Fatalf("sent %+v", sent)
	}
	if _, ok := sent[0].(wire.Commit); !ok {
		t.Fatalf("sent %+v", sent)
	}
}
