package board

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func two(t *testing.T) (a, b *Board, exchange func()) {
	t.Helper()
	w := newWorld(t, 1, 2)
	w.meet("p0", "p1")
	exchange = func() {
		for range 8 {
			w.now = w.now.Add(time.Second)
			w.send(0)
			w.deliver(true)
		}
	}
	exchange()
	return w.all["p0"], w.all["p1"], exchange
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func count(b *Board) (n int) {
	for range b.Visible {
		n++
	}
	return n
}

func draw(t *testing.T, b *Board, x, y float64) {
	t.Helper()
	must(t, b.Begin(Pen, Style{1, 1}, At{x, y, MousePressure}))
	must(t, b.Extend(At{x + 20, y, MousePressure}, At{x + 40, y + 10, MousePressure}))
	b.End()
}

func TestUndoIsOnesOwn(t *testing.T) {
	a, b, exchange := two(t)
	draw(t, a, 100, 100)
	draw(t, b, 500, 500)
	exchange()
	if !a.Undo() || count(a) != 1 {
		t.Fatalf("after undo %d objects", count(a))
	}
	exchange()
	if count(b) != 1 {
		t.Fatalf("the other sees %d", count(b))
	}
	if a.Undo() {
		t.Fatal("undid what somebody else drew")
	}
	if !a.Redo() || count(a) != 2 || a.Redo() {
		t.Fatal("redo")
	}
	// What somebody else took away already is passed over.
	exchange()
	if n, err := b.Erase(At{X: 120, Y: 100}, 10); n != 1 || err != nil {
		t.Fatalf("erased %d, %v", n, err)
	}
	exchange()
	if a.Undo() || count(a) != 1 {
		t.Fatal("undo of what is gone must do nothing")
	}
	if !b.Undo() {
		t.Fatal("the eraser can be undone")
	}
	exchange()
	if count(a) != 2 {
		t.Fatalf("%d objects after the eraser was undone", count(a))
	}
}

func TestClearSparesWhatItHadNotSeen(t *testing.T) {
	a, b, exchange := two(t)
	draw(t, a, 100, 100)
	exchange()
	draw(t, b, 500, 500) // on its way while a clears
	must(t, a.Clear())
	exchange()
	if count(a) != 1 || count(b) != 1 {
		t.Fatalf("%d and %d objects", count(a), count(b))
	}
	if !a.Undo() {
		t.Fatal("clearing can be undone")
	}
	exchange()
	if count(a) != 2 || count(b) != 2 {
		t.Fatalf("after undo %d and %d objects", count(a), count(b))
	}
}

func TestEraserTouches(t *testing.T) {
	for _, tt := range []struct {
		kind     Kind
		on, past At
	}{
		{Line, At{X: 150, Y: 150}, At{X: 190, Y: 120}},
		{Arrow, At{X: 150, Y: 150}, At{X: 190, Y: 120}},
		{Rectangle, At{X: 150, Y: 100}, At{X: 150, Y: 150}},
		{Ellipse, At{X: 200, Y: 150}, At{X: 150, Y: 150}},
	} {
		a, _, _ := two(t)
		must(t, a.Add(tt.kind, Style{0, 0}, At{X: 100, Y: 100}, At{X: 200, Y: 200}))
		if n, _ := a.Erase(tt.past, 5); n != 0 {
			t.Errorf("%s: erased from afar", tt.kind)
		}
		if n, _ := a.Erase(tt.on, 5); n != 1 {
			t.Errorf("%s: not erased", tt.kind)
		}
	}
	a, _, _ := two(t)
	must(t, a.Write(Style{0, 1}, At{X: 100, Y: 100}, "cœur"))
	if n, _ := a.Erase(At{X: 140, Y: 120}, 5); n != 1 {
		t.Error("text: not erased")
	}
}

func TestOnlyNumbers(t *testing.T) {
	a, _, _ := two(t)
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, at := range []At{{X: v}, {Y: v}, {Pressure: v}} {
			if err := a.Begin(Pen, Style{}, at); !errors.Is(err, ErrNotFinite) {
				t.Errorf("begin %v: %v", at, err)
			}
			if err := a.Add(Line, Style{}, At{}, at); !errors.Is(err, ErrNotFinite) {
				t.Errorf("add %v: %v", at, err)
			}
		}
	}
	if _, err := a.Erase(At{}, math.NaN()); !errors.Is(err, ErrNotFinite) {
		t.Errorf("erase: %v", err)
	}
	if err := a.Begin(Pen, Style{Colour: 99}, At{}); !errors.Is(err, ErrMalformed) {
		t.Errorf("a colour that does not exist: %v", err)
	}
	if !a.Empty() {
		t.Error("something was drawn")
	}
	must(t, a.Begin(Pen, Style{}, At{1e300, -1e300, 5}))
	if o := a.model.order[0]; o.Points[0] != (Point{maxPosition, -maxPosition, Pressures - 1}) {
		t.Errorf("far away: %v", o.Points[0])
	}
}

func TestPointers(t *testing.T) {
	w := newWorld(t, 1, 2)
	w.meet("p0", "p1")
	a, b := w.all["p0"], w.all["p1"]
	a.Point(10, 20, false)
	a.Point(math.NaN(), 0, false)
	w.send(0)
	w.deliver(true)
	if p := b.Pointers(w.now); len(p) != 1 || p[0].Peer != "p0" || p[0].At != (Point{X: 100, Y: 200}) || p[0].Laser {
		t.Fatalf("%+v", p)
	}
	for i := range 5 {
		a.Point(float64(i), 1, true)
	}
	w.send(0)
	w.deliver(true)
	if p := b.Pointers(w.now); len(p) != 1 || !p[0].Laser || len(p[0].Trail) != 5 {
		t.Fatalf("%+v", p)
	}
	if p := b.Pointers(w.now.Add(trailLife)); len(p) != 1 || len(p[0].Trail) != 0 {
		t.Fatalf("the trail stays: %+v", p)
	}
	if p := b.Pointers(w.now.Add(pointerLife)); len(p) != 0 {
		t.Fatalf("the pointer stays: %+v", p)
	}
	a.Point(1, 1, false)
	w.send(0)
	w.deliver(true)
	a.Away()
	a.Away()
	w.send(0)
	w.deliver(true)
	if p := b.Pointers(w.now); len(p) != 0 {
		t.Fatalf("it went: %+v", p)
	}
	if !a.Empty() || len(a.authors) != 0 {
		t.Error("pointers are never logged")
	}
}

func TestChanges(t *testing.T) {
	a, _, _ := two(t)
	draw(t, a, 100, 100)
	v := a.Version()
	must(t, a.Begin(Pen, Style{}, At{500, 500, 0.5}))
	must(t, a.Extend(At{520, 500, 0.5}))
	parts, all := a.Changes(v)
	if all || len(parts) == 0 {
		t.Fatalf("%v %v", parts, all)
	}
	for _, p := range parts {
		if p.Meets(Box{1000, 1000, 1400, 1100}) {
			t.Errorf("%v reaches a stroke that did not change", p)
		}
	}
	if parts, all := a.Changes(a.Version()); all || len(parts) > 0 {
		t.Error("nothing has changed since now")
	}
	for i := range 1000 {
		must(t, a.Extend(At{float64(500 + i), 520, 0.5}))
	}
	if _, all := a.Changes(v); !all {
		t.Error("too long ago to know")
	}
	v = a.Version()
	must(t, a.Clear())
	if _, all := a.Changes(v); !all {
		t.Error("clearing changes everything")
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"  dose : 5\u00a0mg \n": "dose : 5\u00a0mg",
		"a\u202eb\x00c\u200b":   "abc",
		"a\r\nb":                "a\nb",
		"\xff":                  "",
		"👩\u200d⚕":              "👩\u200d⚕",
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if got := Clean(strings.Repeat("x\n", 50)); strings.Count(got, "\n") != MaxLines-1 {
		t.Errorf("%d lines", strings.Count(got, "\n"))
	}
}

// BenchmarkSix is a minute of six people who all draw 60 points a second.
func BenchmarkSix(b *testing.B) {
	for b.Loop() {
		var all []*Board
		for i := range 6 {
			p, err := New(Options{Self: fmt.Sprint("p", i), Run: "r0", MayDraw: true})
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, p)
		}
		for i, p := range all {
			for j := range all {
				if i != j {
					p.Meet(fmt.Sprint("p", j), true)
				}
			}
		}
		now := time.Unix(1000, 0)
		messages, bytes := 0, 0
		for frame := range 60 * 60 {
			now = now.Add(time.Second / 60)
			for i, p := range all {
				at := At{float64(100*i + frame%900), float64(frame * 7 % 800), 0.5}
				if frame%120 == 0 {
					if err := p.Begin(Pen, Style{i, 1}, at); err != nil {
						b.Fatal(err)
					}
				}
				if err := p.Extend(at); err != nil {
					b.Fatal(err)
				}
				for _, out := range p.Take(now) {
					messages++
					bytes += len(out.Data)
					for j, q := range all {
						if j == i || out.To != "" && out.To != fmt.Sprint("p", j) {
							continue
						}
						if err := q.Hear(fmt.Sprint("p", i), out.Data, now); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
		}
		if count(all[0]) != 180 || count(all[5]) != 180 {
			b.Fatal("strokes are missing")
		}
		b.ReportMetric(float64(messages)/60/6, "messages/person/s")
		b.ReportMetric(float64(bytes)/60/6, "bytes/person/s")
	}
}
