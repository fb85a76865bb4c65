package chat

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// world is a room of conversations whose server loses some of what is said.
type world struct {
	t    *testing.T
	rnd  *rand.Rand
	now  time.Time
	loss float64
	logs map[string]*Log
	role map[string]wire.Role
}

func newWorld(t *testing.T, seed uint64) *world {
	return &world{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), now: time.Unix(1e9, 0), logs: map[string]*Log{}, role: map[string]wire.Role{}}
}

func (w *world) join(id string, role wire.Role) *Log {
	l := New(func() time.Time { return w.now })
	l.Enter(id, role)
	w.logs[id], w.role[id] = l, role
	for other, theirs := range w.logs {
		if other != id {
			l.Meet(other, w.role[other])
			theirs.Meet(id, role)
		}
	}
	return l
}

func (w *world) leave(id string) {
	delete(w.logs, id)
	for _, l := range w.logs {
		l.Part(id)
	}
}

func (w *world) run(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); w.now = w.now.Add(100 * time.Millisecond) {
		for id, l := range w.logs {
			l.Tick()
			for _, out := range l.Take() {
				to := w.logs[out.Peer]
				if to == nil || w.rnd.Float64() < w.loss {
					continue
				}
				if w.role[id].Watches() && !out.View {
					w.t.Errorf("%s may not say %s", id, out.Payload)
				}
				if err := to.Hear(id, out.View, out.Payload); err != nil {
					w.t.Errorf("%s to %s: %v", id, out.Peer, err)
				}
			}
		}
	}
}

// reads is what stands on somebody's screen.
func (w *world) reads(id string) []string {
	var list []string
	for _, m := range w.logs[id].View().Messages {
		list = append(list, m.From+": "+m.Text)
	}
	return list
}

func (w *world) want(id string, lines ...string) {
	w.t.Helper()
	if got := w.reads(id); !slices.Equal(got, lines) {
		w.t.Errorf("%s reads %q, want %q", id, got, lines)
	}
}

func TestConversation(t *testing.T) {
	w := newWorld(t, 1)
	d, p := w.join("d", wire.RoleClinician), w.join("p", wire.RolePatient)
	w.run(time.Second)
	if !d.Write(" Bonjour\u202e !\x00 ") || d.Write(" \n ") {
		t.Error("written, or nothing was")
	}
	if m := d.View().Messages[0]; m.Got != 0 || !slices.Equal(m.Missing, []string{"p"}) {
		t.Errorf("confirmed before it left: %+v", m)
	}
	w.run(time.Second)
	p.Write("Bonjour docteur")
	w.run(time.Second)
	w.want("d", "d: Bonjour !", "p: Bonjour docteur")
	w.want("p", "d: Bonjour !", "p: Bonjour docteur")
	if m := d.View().Messages[0]; m.Got != 1 || len(m.Missing) != 0 || !m.Mine {
		t.Errorf("%+v", m)
	}
	if !d.Changed() || d.Changed() {
		t.Error("a change is told once")
	}
}

// Who comes late reads what their role may; who only watches reads and writes nothing.
func TestLateComers(t *testing.T) {
	w := newWorld(t, 2)
	d := w.join("d", wire.RoleClinician)
	p := w.join("p", wire.RolePatient)
	d.Write("one")
	w.run(time.Second)
	p.Write("two")
	w.run(time.Second)
	w.join("c", wire.RoleColleague)
	w.join("i", wire.RoleInterpreter)
	o := w.join("o", wire.RoleObserver)
	w.run(2 * time.Second)
	d.Write("three")
	if o.Write("I too") {
		t.Error("an observer writes")
	}
	w.run(2 * time.Second)
	w.want("c", "d: one", "p: two", "d: three")
	w.want("i", "d: three")
	w.want("o", "d: three")
	if m := d.View().Messages; m[0].Got != 2 || m[2].Got != 4 {
		t.Errorf("%+v", m)
	}
	w.leave("i")
	d.Write("four")
	w.run(time.Second)
	if m := d.View().Messages[3]; m.Got != 3 || len(m.Missing) > 0 {
		t.Errorf("%+v", m)
	}
}

// Whatever is lost, in the end all have read all.
func TestNothingIsLost(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(t, seed)
		w.loss = 0.4
		ids := []string{"d", "p", "c"}
		for i, role := range []wire.Role{wire.RoleClinician, wire.RolePatient, wire.RoleColleague} {
			w.join(ids[i], role)
		}
		for n := range 60 {
			w.logs[ids[w.rnd.IntN(3)]].Write(fmt.Sprint(n))
			w.run(time.Duration(w.rnd.IntN(400)) * time.Millisecond)
		}
		w.run(2 * time.Minute)
		for _, id := range ids {
			got := w.reads(id)
			slices.Sort(got)
			if len(slices.Compact(got)) != 60 || len(w.reads(id)) != 60 {
				t.Errorf("seed %d: %s reads %d messages", seed, id, len(got))
			}
			for _, m := range w.logs[id].View().Messages {
				if m.Mine && len(m.Missing) > 0 {
					t.Errorf("seed %d: %q is not confirmed", seed, m.Text)
				}
			}
		}
	}
}

// A page that is loaded anew has the whole conversation back, its own words too.
func TestBeginAnew(t *testing.T) {
	w := newWorld(t, 3)
	d := w.join("d", wire.RoleClinician)
	p := w.join("p", wire.RolePatient)
	w.run(time.Second)
	d.Write("one")
	w.run(time.Second)
	p.Write("two")
	w.run(time.Second)
	w.join("p", wire.RolePatient)
	w.run(time.Second)
	w.want("p", "d: one", "p: two")
	w.logs["p"].Write("three")
	w.run(time.Second)
	w.want("d", "d: one", "p: two", "p: three")
	w.want("p", "d: one", "p: two", "p: three")
}

// Who was on hold confirms anew, and is counted once; who left and comes with another
// program has their own words back.
func TestComingBack(t *testing.T) {
	w := newWorld(t, 7)
	d := w.join("d", wire.RoleClinician)
	p := w.join("p", wire.RolePatient)
	d.Write("one")
	p.Write("two")
	w.run(time.Second)
	d.Part("p")
	p.Part("d")
	d.Meet("p", wire.RolePatient)
	p.Meet("d", wire.RoleClinician)
	w.run(time.Second)
	if m := d.View().Messages[0]; m.Got != 1 || len(m.Missing) > 0 {
		t.Errorf("%+v", m)
	}
	w.leave("p")
	again := w.join("p", wire.RolePatient)
	w.run(time.Second)
	w.want("p", "d: one", "p: two")
	if m := again.View().Messages[1]; m.Got != 1 || !m.Mine {
		t.Errorf("%+v", m)
	}
}

// What the page makes of the same texts (testdata is shared with it).
func TestSharedTexts(t *testing.T) {
	load := func(name string, into any) {
		b, err := os.ReadFile("testdata/" + name)
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var texts [][2]string
	load("clean.json", &texts)
	for _, c := range texts {
		if got := Clean(c[0]); got != c[1] {
			t.Errorf("%+q became %+q, want %+q", c[0], got, c[1])
		}
	}
	var cut [][2]json.RawMessage
	load("parts.json", &cut)
	for _, c := range cut {
		var text string
		var want []Part
		if json.Unmarshal(c[0], &text) != nil || json.Unmarshal(c[1], &want) != nil {
			t.Fatalf("%s", c)
		}
		if got := Parts(text); !slices.Equal(got, want) {
			t.Errorf("%+q: %+v, want %+v", text, got, want)
		}
	}
	if len(texts) < 40 || len(cut) < 20 {
		t.Errorf("%d and %d", len(texts), len(cut))
	}
}

func TestDraft(t *testing.T) {
	w := newWorld(t, 4)
	d, p := w.join("d", wire.RoleClinician), w.join("p", wire.RolePatient)
	w.run(time.Second)
	shows := func(want ...Writing) {
		t.Helper()
		w.run(500 * time.Millisecond)
		if got := d.View().Writing; !slices.Equal(got, want) {
			t.Errorf("writing %+v, want %+v", got, want)
		}
	}
	p.Draft("J", false)
	shows(Writing{"p", ""})
	p.Draft("Je", true)
	shows(Writing{"p", "Je"})
	p.Draft("Je dois", true)
	shows(Writing{"p", "Je dois"})
	p.Draft("Je dois", false)
	shows()
	p.Draft("Je dois dire", true)
	shows(Writing{"p", "Je dois dire"})
	p.Write("Je dois dire cela")
	shows()
	p.Draft("x", false)
	w.run(5 * time.Second)
	shows(Writing{"p", ""})
	w.run(typingFor)
	shows()
}

// A person who says too much at once is slowed down, loses nothing, and holds nobody up.
func TestFlood(t *testing.T) {
	w := newWorld(t, 5)
	d := w.join("d", wire.RoleClinician)
	w.join("p", wire.RolePatient)
	w.run(time.Second)
	hear := func(n int) {
		b, _ := json.Marshal(said{Say: &say{ID: fmt.Sprint(n), Text: "spam"}})
		if err := d.Hear("p", false, b); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 1000 {
		hear(n)
	}
	if n := len(d.View().Messages); n != floodBurst {
		t.Errorf("%d messages taken at once", n)
	}
	for n := range 10 * MessagesMost {
		w.now = w.now.Add(time.Second)
		hear(n)
	}
	v := d.View()
	if len(v.Messages) != MessagesMost || !v.Full || d.Write("more") {
		t.Errorf("%d messages, full: %v", len(v.Messages), v.Full)
	}
}

func TestHostile(t *testing.T) {
	w := newWorld(t, 6)
	d := w.join("d", wire.RoleClinician)
	w.join("p", wire.RolePatient)
	long := strings.Repeat("a", TextMost+5)
	for payload, wrong := range map[string]bool{
		`{"say":{"id":"1","text":"` + long + `"}}`:     false,
		`{"say":{"id":"2","text":" ","ago":0}}`:        true,
		`{"say":{"id":"","text":"a"}}`:                 true,
		`{"say":{"id":"3","text":"a","ago":-99999}}`:   false,
		`{"say":{"id":"4","text":"a","ago":1e300}}`:    true,
		`{"back":{"id":"5","text":"I never said"}}`:    false, // of a patient: not believed
		`{"live":{"text":"\u202eevil"}}`:               false,
		`[]`:                                           true,
		`{"say":{"id":"` + long + `","text":"a"}}`:     true,
		strings.Repeat(`{"got":["a"]}`, 3000):          true,
		`{"say":{"id":"6","text":"https://x\u0000y"}}`: false,
	} {
		if err := d.Hear("p", false, []byte(payload)); (err != nil) != wrong {
			t.Errorf("%.60s: %v", payload, err)
		}
	}
	for _, m := range d.View().Messages {
		if m.Mine || len(m.Text) > TextMost || strings.ContainsAny(m.Text, "\x00\u202e") || m.At.After(w.now) {
			t.Errorf("%+v", m)
		}
	}
	// As a view only receipts count.
	n := len(d.View().Messages)
	_ = d.Hear("p", true, []byte(`{"say":{"id":"9","text":"a"}}`))
	_ = d.Hear("stranger", false, []byte(`{"say":{"id":"9","text":"a"}}`))
	if len(d.View().Messages) != n {
		t.Error("taken as a view, or of a stranger")
	}
}

func TestParts(t *testing.T) {
	for text, want := range map[string][]Part{
		"Voir https://exemple.fr/a?b=1. Merci": {{"Voir ", false}, {"https://exemple.fr/a?b=1", true}, {". Merci", false}},
		"(http://a.fr)":                        {{"(", false}, {"http://a.fr", true}, {")", false}},
		"javascript:alert(1) file:///etc":      {{"javascript:alert(1) file:///etc", false}},
		"https://a.fr@evil.example/":           {{"https://a.fr@evil.example/", false}},
		"https:// HTTPS://A.fr":                {{"https:// ", false}, {"HTTPS://A.fr", true}},
		"":                                     nil,
	} {
		if got := Parts(text); !slices.Equal(got, want) {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func FuzzHear(f *testing.F) {
	f.Add([]byte(`{"say":{"id":"1","text":"a","ago":3}}`), true)
	f.Add([]byte(`{"got":["a.1"]}`), false)
	f.Add([]byte(`{"met":"abc"}`), false)
	f.Add([]byte(`{"live":{"text":"a"},"typing":true}`), true)
	f.Fuzz(func(t *testing.T, payload []byte, chat bool) {
		now := time.Unix(1e9, 0)
		l := New(func() time.Time { return now })
		l.Enter("d", wire.RoleClinician)
		l.Meet("p", wire.RolePatient)
		l.Write("hello")
		for range 3 {
			_ = l.Hear("p", !chat, payload)
			l.Tick()
			now = now.Add(time.Second)
		}
		for _, out := range l.Take() {
			if _, err := decode(out.Payload); err != nil {
				t.Fatalf("we say %s: %v", out.Payload, err)
			}
		}
		for _, m := range l.View().Messages {
			if m.Text != Clean(m.Text) || m.Text == "" {
				t.Fatalf("%q", m.Text)
			}
			var b strings.Builder
			for _, p := range Parts(m.Text) {
				b.WriteString(p.Text)
			}
			if b.String() != m.Text {
				t.Fatalf("%q in parts: %q", m.Text, b.String())
			}
		}
	})
}
