package pointing

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// The messages of testdata/shared.json are read as the page reads them.
func TestMessages(t *testing.T) {
	raw, err := os.ReadFile("testdata/shared.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Payload string
		Says    json.RawMessage
	}
	if err := json.Unmarshal(raw, &all); err != nil || len(all) < 30 {
		t.Fatal(len(all), err)
	}
	for _, c := range all {
		got := "null"
		w, err := decode([]byte(c.Payload))
		switch {
		case err != nil && !errors.Is(err, ErrMalformed):
			t.Errorf("%s: %v", c.Payload, err)
		case err == nil && w.off:
			got = `"off"`
		case err == nil:
			b, err := json.Marshal([]int{w.at.X, w.at.Y})
			if err != nil {
				t.Fatal(err)
			}
			got = string(b)
		}
		var want, said any
		if json.Unmarshal(c.Says, &want) != nil || json.Unmarshal([]byte(got), &said) != nil {
			t.Fatal(c.Says, got)
		}
		if a, b := mustText(t, want), mustText(t, said); a != b {
			t.Errorf("%s says %s, not %s", c.Payload, b, a)
		}
	}
	for _, w := range []word{{at: Place{1, 2}}, {at: Place{Whole, 0}}, {off: true}} {
		if again, err := decode(w.encode()); err != nil || again != w {
			t.Errorf("%+v comes back as %+v, %v", w, again, err)
		}
	}
}

func mustText(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"at":[1,2]}`))
	f.Add([]byte(`{"off":true}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		w, err := decode(payload)
		if err != nil {
			return
		}
		if again, err := decode(w.encode()); err != nil || again != w || !w.at.valid() {
			t.Fatalf("%+v, %+v, %v", w, again, err)
		}
	})
}

// two people whose words reach each other at once.
type two struct {
	t    *testing.T
	now  time.Time
	a, d *Pointing
}

func meet(t *testing.T, first, second wire.Role) *two {
	p := &two{t: t, now: time.Unix(1000, 0)}
	now := func() time.Time { return p.now }
	p.a, p.d = New(now), New(now)
	p.a.Enter("p", first)
	p.d.Enter("d", second)
	p.a.Meet("d", second)
	p.d.Meet("p", first)
	return p
}

// pass delivers what the first says to the second, and tells how much it was.
func (p *two) pass() int {
	p.t.Helper()
	out := p.a.Take()
	for _, o := range out {
		if err := p.d.Hear("p", o.Payload); err != nil || o.Peer != "d" {
			p.t.Fatal(err, o.Peer)
		}
	}
	return len(out)
}

func (p *two) seen(want ...Dot) {
	p.t.Helper()
	if got := p.d.Dots(); !slices.Equal(got, want) {
		p.t.Errorf("seen: %v, not %v", got, want)
	}
}

// A finger is seen by all for two seconds, on the screen that it points at.
func TestFinger(t *testing.T) {
	p := meet(t, wire.RolePatient, wire.RoleClinician)
	p.a.Point(Place{1, 2})
	if p.pass() != 0 {
		t.Error("nobody shows anything")
	}
	p.a.Follow("d")
	p.d.Follow("d")
	p.d.Changed()
	p.a.Point(Place{10, 20})
	dot := Dot{"p", Place{10, 20}}
	if p.pass() != 1 || !p.d.Changed() || p.d.Changed() {
		t.Error("it is said once, and changes what is seen once")
	}
	p.seen(dot)
	if got := p.a.Dots(); !slices.Equal(got, []Dot{dot}) {
		t.Errorf("we see %v", got)
	}
	p.now = p.now.Add(1999 * time.Millisecond)
	p.d.Tick()
	p.seen(dot)
	p.now = p.now.Add(time.Millisecond)
	p.d.Tick()
	p.a.Tick()
	p.seen()
	if len(p.a.Dots()) != 0 || !p.d.Changed() {
		t.Error("it stays")
	}
	p.a.Point(Place{5, 5})
	p.pass()
	p.now = p.now.Add(100 * time.Millisecond)
	p.a.Off()
	p.a.Off() // said once
	if p.pass() != 1 {
		t.Error("lifting is said once")
	}
	p.seen()
	p.now = p.now.Add(100 * time.Millisecond)
	p.a.Point(Place{Whole + 1, 5})
	if p.pass() != 0 {
		t.Error("beside the picture")
	}
	p.a.Point(Place{5, 5})
	p.pass()
	p.d.Follow("x")
	p.seen() // on another screen
	p.d.Follow("d")
	p.now = p.now.Add(100 * time.Millisecond)
	p.a.Point(Place{6, 6})
	p.pass()
	p.d.Part("p")
	p.seen()
	if err := p.d.Hear("p", word{at: Place{1, 1}}.encode()); err != nil {
		t.Error(err)
	}
	p.seen() // of nobody
}

// Positions leave fifteen times a second at most, and the last one always.
func TestPace(t *testing.T) {
	p := meet(t, wire.RolePatient, wire.RoleClinician)
	p.a.Follow("d")
	p.d.Follow("d")
	sent := 0
	for ms := 0; ms < 2000; ms += 5 {
		p.a.Point(Place{ms, ms})
		sent += p.pass()
		p.now = p.now.Add(5 * time.Millisecond)
	}
	if sent < 25 || sent > 31 {
		t.Errorf("%d in two seconds", sent)
	}
	p.a.Point(Place{42, 42})
	p.pass()
	p.now = p.now.Add(250 * time.Millisecond)
	p.a.Tick()
	p.pass()
	p.seen(Dot{"p", Place{42, 42}})
}

// Who floods is not followed; who watches, and who shows the screen, points at nothing.
func TestLimits(t *testing.T) {
	p := meet(t, wire.RolePatient, wire.RoleClinician)
	p.d.Follow("d")
	for i := range 1000 {
		if err := p.d.Hear("p", word{at: Place{i, i}}.encode()); err != nil {
			t.Fatal(err)
		}
	}
	p.seen(Dot{"p", Place{29, 29}})
	p.now = p.now.Add(time.Second)
	if err := p.d.Hear("p", word{at: Place{77, 77}}.encode()); err != nil {
		t.Fatal(err)
	}
	p.seen(Dot{"p", Place{77, 77}})
	p.a.Follow("p")
	p.a.Point(Place{1, 1})
	if p.pass() != 0 {
		t.Error("over our own screen")
	}
	w := meet(t, wire.RoleObserver, wire.RoleClinician)
	w.a.Follow("d")
	w.d.Follow("d")
	w.a.Point(Place{1, 1})
	if w.pass() != 0 {
		t.Error("who watches points")
	}
	if err := w.d.Hear("p", word{at: Place{1, 1}}.encode()); err != nil {
		t.Fatal(err)
	}
	w.seen()
}
