package board

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// dump is all that can be seen on a board.
func dump(b *Board) string {
	var s strings.Builder
	if g := b.Ground(); g != nil {
		fmt.Fprintf(&s, "ground %s\n", g.File)
	}
	for o := range b.Visible {
		fmt.Fprintf(&s, "%s/%d %s %v %q", o.ID.Author, o.ID.Seq, o.Kind, o.Style, o.Text)
		for _, p := range o.Points {
			fmt.Fprintf(&s, " %d,%d,%d", p.X, p.Y, p.Pressure)
		}
		s.WriteByte('\n')
	}
	return s.String()
}

// world is a room whose lines are late, get lost and come back.
type world struct {
	t     *testing.T
	r     *rand.Rand
	now   time.Time
	names []string
	all   map[string]*Board
	lines map[[2]string][][]byte // from, to: what is on its way
	open  map[[2]string]bool     // from < to
	runs  int
}

func newWorld(t *testing.T, seed uint64, people int) *world {
	w := &world{t: t, r: rand.New(rand.NewPCG(seed, 7)), now: time.Unix(1000, 0), all: map[string]*Board{}, lines: map[[2]string][][]byte{}, open: map[[2]string]bool{}}
	for i := range people {
		w.join(fmt.Sprintf("p%d", i), "r0")
	}
	return w
}

func (w *world) join(name, run string) *Board {
	b, err := New(Options{Self: name, Run: run, MayDraw: true})
	if err != nil {
		w.t.Fatal(err)
	}
	if w.all[name] == nil {
		w.names = append(w.names, name)
	}
	w.all[name] = b
	return b
}

func (w *world) pair(a, b string) [2]string {
	if a > b {
		a, b = b, a
	}
	return [2]string{a, b}
}

func (w *world) meet(a, b string) {
	w.open[w.pair(a, b)] = true
	w.lines[[2]string{a, b}], w.lines[[2]string{b, a}] = nil, nil
	w.all[a].Meet(b, true)
	w.all[b].Meet(a, true)
}

func (w *world) part(a, b string) {
	w.open[w.pair(a, b)] = false
	w.lines[[2]string{a, b}], w.lines[[2]string{b, a}] = nil, nil
	w.all[a].Part(b)
	w.all[b].Part(a)
}

// send lets everybody say what they have to say.
func (w *world) send(loss float64) {
	w.now = w.now.Add(Pace)
	for _, from := range w.names {
		for _, out := range w.all[from].Take(w.now) {
			if len(out.Data) > MaxPayload {
				w.t.Fatalf("a payload of %d bytes", len(out.Data))
			}
			for _, to := range w.names {
				if to == from || out.To != "" && out.To != to || !w.open[w.pair(from, to)] || w.r.Float64() < loss {
					continue
				}
				line := [2]string{from, to}
				w.lines[line] = append(w.lines[line], out.Data)
				if loss > 0 && w.r.IntN(20) == 0 {
					w.lines[line] = append(w.lines[line], out.Data)
				}
			}
		}
	}
}

// deliver hands out some of what is on its way.
func (w *world) deliver(all bool) {
	for _, to := range w.names {
		for _, from := range w.names {
			line := [2]string{from, to}
			n := len(w.lines[line])
			if !all && n > 0 {
				n = w.r.IntN(n + 1)
			}
			for _, data := range w.lines[line][:n] {
				if err := w.all[to].Hear(from, data, w.now); err != nil {
					w.t.Fatalf("%s from %s: %v\n%s", to, from, err, data)
				}
			}
			w.lines[line] = w.lines[line][n:]
		}
	}
}

// act lets one person do something.
func (w *world) act(b *Board) {
	at := func() At { return At{w.r.Float64() * Width, w.r.Float64() * Height, w.r.Float64()} }
	style := Style{w.r.IntN(len(Palette())), w.r.IntN(len(Widths()))}
	var err error
	switch w.r.IntN(16) {
	case 0, 1:
		err = b.Begin([]Kind{Pen, Highlighter}[w.r.IntN(2)], style, at())
	case 2, 3, 4, 5:
		for range w.r.IntN(8) {
			err = b.Extend(at())
		}
	case 6:
		b.End()
	case 7:
		err = b.Add([]Kind{Line, Arrow, Rectangle, Ellipse}[w.r.IntN(4)], style, at(), at())
	case 8:
		err = b.Write(style, at(), []string{"dose : 5 mg", "«\u202eà gauche»", "\"<&>\\\n\u00e9", "🫀"}[w.r.IntN(4)])
	case 9, 10:
		_, err = b.Erase(at(), 60)
	case 11:
		b.Undo()
	case 12:
		b.Redo()
	case 13:
		if w.r.IntN(4) == 0 {
			err = b.Clear()
		}
	case 14:
		if w.r.IntN(3) == 0 {
			err = b.SetGround(nil)
		} else {
			err = b.SetGround(&Ground{File: fmt.Sprint("f", w.r.IntN(9)), Width: 100, Height: 80, SHA: strings.Repeat("0a", 32)})
		}
	case 15:
		b.Point(at().X, at().Y, w.r.IntN(2) == 0)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// trouble lets lines drop and people come, go and begin anew.
func (w *world) trouble() {
	a, b := w.names[w.r.IntN(len(w.names))], w.names[w.r.IntN(len(w.names))]
	switch {
	case a == b && w.r.IntN(8) == 0:
		for _, other := range w.names {
			if other != a {
				w.part(a, other)
			}
		}
		w.runs++
		w.join(a, fmt.Sprint("r", w.runs))
	case a == b:
	case w.r.IntN(3) == 0:
		w.part(a, b)
	default:
		w.meet(a, b)
	}
}

// calm opens every line and lets everything arrive.
func (w *world) calm() {
	for i, a := range w.names {
		for _, b := range w.names[i+1:] {
			if !w.open[w.pair(a, b)] {
				w.meet(a, b)
			}
		}
	}
	for range 6 {
		// A beacon is due, and then there is time for all that it asks for.
		w.now = w.now.Add(announceQuiet)
		for range 12 {
			w.send(0)
			w.deliver(true)
		}
	}
}

func (w *world) agree() {
	w.t.Helper()
	first := dump(w.all[w.names[0]])
	for _, name := range w.names[1:] {
		if other := dump(w.all[name]); other != first {
			w.t.Fatalf("%s sees\n%s\nand %s\n%s", w.names[0], first, name, other)
		}
	}
}

// Whatever is lost, doubled, late or away: in the end all see the same board.
func TestConvergence(t *testing.T) {
	runs := 3000
	if testing.Short() {
		runs = 200
	}
	seen := 0
	for seed := range uint64(runs) {
		w := newWorld(t, seed, 2+int(seed%5))
		for range 30 + w.r.IntN(60) {
			for _, name := range w.names {
				if w.r.IntN(2) == 0 {
					w.act(w.all[name])
				}
			}
			if w.r.IntN(4) == 0 {
				w.trouble()
			}
			w.send(0.1)
			w.deliver(false)
		}
		w.calm()
		w.agree()
		seen += len(dump(w.all[w.names[0]]))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if seen < runs*100 {
		t.Fatalf("the boards were nearly empty: %d bytes in %d runs", seen, runs)
	}
}

// Two people who cannot reach each other see each other's drawings through a third.
func TestThroughAnother(t *testing.T) {
	for seed := range uint64(100) {
		w := newWorld(t, seed, 3)
		w.meet("p0", "p1")
		w.meet("p1", "p2")
		for range 40 {
			w.act(w.all[w.names[w.r.IntN(3)]])
			w.send(0)
			w.deliver(true)
		}
		for range 6 {
			w.now = w.now.Add(announceQuiet)
			for range 12 {
				w.send(0)
				w.deliver(true)
			}
		}
		for _, b := range w.all {
			b.End()
		}
		w.now = w.now.Add(announceQuiet)
		for range 60 {
			w.now = w.now.Add(time.Second)
			w.send(0)
			w.deliver(true)
		}
		w.agree()
	}
}

// Any order in which the logs arrive gives the same board.
func TestAnyOrder(t *testing.T) {
	w := newWorld(t, 3, 4)
	for i, a := range w.names {
		for _, b := range w.names[i+1:] {
			w.meet(a, b)
		}
	}
	for range 200 {
		w.act(w.all[w.names[w.r.IntN(4)]])
		w.send(0)
		w.deliver(false)
	}
	w.calm()
	want := dump(w.all["p0"])
	authors := sorted(w.all["p0"].authors)
	for range 500 {
		b := w.join("late", "r1")
		b.Meet("p0", true)
		at := map[string]int{}
		for {
			left := slices.DeleteFunc(slices.Clone(authors), func(a string) bool { return at[a] == len(w.all["p0"].authors[a].log) })
			if len(left) == 0 {
				break
			}
			name := left[w.r.IntN(len(left))]
			log := w.all["p0"].authors[name].log
			n := min(len(log), at[name]+1+w.r.IntN(3))
			m := message{log: []batch{{name, at[name] + 1, log[at[name]:n]}}}
			if err := b.Hear("p0", []byte(m.encode()), w.now); err != nil {
				t.Fatal(err)
			}
			at[name] = n
		}
		if got := dump(b); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
}
