package board

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// shared is a conversation that the page's twin goes through too, with everything that
// each side must answer. It is made by UPDATE_VECTORS=1 go test -run Shared, once for each
// change of the format.
type shared struct {
	People []sharedPerson
	// Payloads are what was sent and what never should have been; steps name them by place.
	Payloads []string
	Steps    []step
	Clean    [][2]string
	Drawn    []drawn
}

type sharedPerson struct {
	ID, Run string
	Draws   bool
}

// step is one call of one board, and what it gave.
type step struct {
	Do, Who  string
	Peer     string       `json:",omitempty"`
	Draws    bool         `json:",omitempty"`
	Kind     Kind         `json:",omitempty"`
	Style    [2]int       `json:",omitempty"`
	At       [][3]float64 `json:",omitempty"`
	Text     string       `json:",omitempty"`
	Radius   float64      `json:",omitempty"`
	Ground   *Ground      `json:",omitempty"`
	Laser    bool         `json:",omitempty"`
	Payload  int          `json:",omitempty"`
	Now      int64        `json:",omitempty"` // milliseconds
	Gave     string       `json:",omitempty"`
	Outgoing []outgoing   `json:",omitempty"`
}

type outgoing struct {
	To      string
	Payload int
}

// drawn is an object as painters see it.
type drawn struct {
	Kind    Kind
	Style   [2]int
	Points  []Point
	Text    string   `json:",omitempty"`
	Widths  []int    `json:",omitempty"`
	Paths   []string `json:",omitempty"`
	Letters int      `json:",omitempty"`
	Rows    []Row    `json:",omitempty"`
	Box     Box
	Hit     []int // places of a grid of 8 by 8 that an eraser of 10 units touches
}

func (d drawn) object() *Object {
	return &Object{Kind: d.Kind, Style: Style{d.Style[0], d.Style[1]}, Points: d.Points, Text: d.Text}
}

func (d *drawn) fill() {
	o := d.object()
	for _, s := range o.Strokes() {
		d.Widths, d.Paths = append(d.Widths, s.Width), append(d.Paths, s.Data())
	}
	d.Rows, d.Letters = o.Rows()
	d.Box = o.Box()
	for i := range 64 {
		if o.touches(Point{X: 1000 + 2000*(i%8), Y: 500 + 1000*(i/8)}, 100) {
			d.Hit = append(d.Hit, i)
		}
	}
}

func named(err error) string {
	for name, is := range map[string]error{"malformed": ErrMalformed, "large": ErrTooLarge, "full": ErrFull, "watch": ErrNotAllowed, "stranger": ErrStranger, "number": ErrNotFinite} {
		if errors.Is(err, is) {
			return name
		}
	}
	return ""
}

// play does a step, and fills in what it gave.
func (v *shared) play(all map[string]*Board, s *step) {
	b, now := all[s.Who], time.UnixMilli(s.Now)
	at := func(i int) At { return At{s.At[i][0], s.At[i][1], s.At[i][2]} }
	style := Style{s.Style[0], s.Style[1]}
	var err error
	switch s.Do {
	case "meet":
		b.Meet(s.Peer, s.Draws)
	case "part":
		b.Part(s.Peer)
	case "begin":
		err = b.Begin(s.Kind, style, at(0))
	case "extend":
		for i := range s.At {
			err = errors.Join(err, b.Extend(at(i)))
		}
	case "end":
		b.End()
	case "add":
		err = b.Add(s.Kind, style, at(0), at(1))
	case "write":
		err = b.Write(style, at(0), s.Text)
	case "erase":
		var n int
		n, err = b.Erase(at(0), s.Radius)
		s.Gave = fmt.Sprint(n)
	case "undo":
		s.Gave = fmt.Sprint(b.Undo())
	case "redo":
		s.Gave = fmt.Sprint(b.Redo())
	case "clear":
		err = b.Clear()
	case "ground":
		err = b.SetGround(s.Ground)
	case "point":
		b.Point(at(0).X, at(0).Y, s.Laser)
	case "away":
		b.Away()
	case "take":
		s.Outgoing = nil
		for _, out := range b.Take(now) {
			v.Payloads = append(v.Payloads, string(out.Data))
			s.Outgoing = append(s.Outgoing, outgoing{out.To, len(v.Payloads) - 1})
		}
	case "hear":
		err = b.Hear(s.Peer, []byte(v.Payloads[s.Payload]), now)
	case "svg":
		s.Gave = b.SVG([]byte("\x89PNG"))
	case "dump":
		s.Gave = dump(b)
		for _, p := range b.Pointers(now) {
			s.Gave += fmt.Sprintf("%s %d,%d %v %d\n", p.Peer, p.At.X, p.At.Y, p.Laser, len(p.Trail))
		}
	}
	if err != nil {
		s.Gave = named(err)
	}
}

func (v *shared) boards(t *testing.T) map[string]*Board {
	t.Helper()
	all := map[string]*Board{}
	for _, p := range v.People {
		b, err := New(Options{Self: p.ID, Run: p.Run, MayDraw: p.Draws})
		must(t, err)
		all[p.ID] = b
	}
	return all
}

func TestSharedVectors(t *testing.T) {
	if os.Getenv("UPDATE_VECTORS") != "" {
		raw, err := json.Marshal(makeShared(t))
		must(t, err)
		raw = []byte(strings.ReplaceAll(string(raw), `},{"Do"`, "},\n{\"Do\""))
		must(t, os.WriteFile("testdata/shared.json", append(raw, '\n'), 0o600))
	}
	raw, err := os.ReadFile("testdata/shared.json")
	must(t, err)
	var v shared
	must(t, json.Unmarshal(raw, &v))
	all := v.boards(t)
	kept := v.Payloads
	dumps := 0
	for i, want := range v.Steps {
		got := want
		v.play(all, &got)
		for j, out := range got.Outgoing {
			if j >= len(want.Outgoing) || out.To != want.Outgoing[j].To || v.Payloads[out.Payload] != kept[want.Outgoing[j].Payload] {
				t.Fatalf("step %d: sent %s to %q", i, v.Payloads[out.Payload], out.To)
			}
		}
		if len(got.Outgoing) != len(want.Outgoing) || got.Gave != want.Gave {
			t.Fatalf("step %d: %+v\nnot %+v", i, got, want)
		}
		if want.Do == "dump" && want.Gave != "" {
			dumps++
		}
	}
	if dumps < len(v.People) {
		t.Error("nothing was compared at the end")
	}
	for _, c := range v.Clean {
		if got := Clean(c[0]); got != c[1] {
			t.Errorf("%q: %q, not %q", c[0], got, c[1])
		}
	}
	for _, want := range v.Drawn {
		got := drawn{Kind: want.Kind, Style: want.Style, Points: want.Points, Text: want.Text}
		got.fill()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v\nnot %+v", got, want)
		}
	}
}

func makeShared(t *testing.T) *shared {
	t.Helper()
	r := rand.New(rand.NewPCG(2024, 6))
	v := &shared{People: []sharedPerson{{"anne", "k3f9", true}, {"bob-2", "a1", true}, {"Chloe_", "zz", true}, {"watcher", "w0", false}}}
	all := v.boards(t)
	now := int64(1_000_000)
	do := func(s step) step {
		v.play(all, &s)
		v.Steps = append(v.Steps, s)
		return s
	}
	lines := map[[2]string][]int{}
	met := map[[2]string]bool{}
	drawers := []string{"anne", "bob-2", "Chloe_"}
	meet := func(a, b string) {
		met[[2]string{a, b}], met[[2]string{b, a}] = true, true
		do(step{Do: "meet", Who: a, Peer: b, Draws: b != "watcher"})
		do(step{Do: "meet", Who: b, Peer: a, Draws: a != "watcher"})
	}
	part := func(a, b string) {
		for _, line := range [][2]string{{a, b}, {b, a}} {
			met[line], lines[line] = false, nil
			do(step{Do: "part", Who: line[0], Peer: line[1]})
		}
	}
	send := func(loss float64) {
		now += 50
		for _, p := range v.People {
			for _, out := range do(step{Do: "take", Who: p.ID, Now: now}).Outgoing {
				for _, q := range v.People {
					line := [2]string{p.ID, q.ID}
					if met[line] && (out.To == "" || out.To == q.ID) && r.Float64() >= loss {
						lines[line] = append(lines[line], out.Payload)
					}
				}
			}
		}
		for _, p := range v.People {
			for _, q := range v.People {
				line := [2]string{p.ID, q.ID}
				for _, n := range lines[line] {
					do(step{Do: "hear", Who: q.ID, Peer: p.ID, Payload: n, Now: now})
				}
				lines[line] = nil
			}
		}
	}
	round := func(f float64) float64 { return float64(int(f*100)) / 100 }
	at := func() [3]float64 {
		return [3]float64{round(r.Float64() * Width), round(r.Float64() * Height), round(r.Float64())}
	}
	texts := []string{"Dose : 5 mg\nmatin et soir", "«\u202eà gauche»", "\"<script>\\\t", "🫀 cœur"}
	act := func(who string) {
		style := [2]int{r.IntN(6), r.IntN(4)}
		switch r.IntN(14) {
		case 0, 1:
			do(step{Do: "begin", Who: who, Kind: []Kind{Pen, Pen, Highlighter}[r.IntN(3)], Style: style, At: [][3]float64{at()}})
		case 2, 3, 4, 5:
			p := at()
			var points [][3]float64
			for range 1 + r.IntN(5) {
				p = [3]float64{round(p[0] + r.Float64()*30 - 15), round(p[1] + r.Float64()*30 - 15), round(r.Float64())}
				points = append(points, p)
			}
			do(step{Do: "extend", Who: who, At: points})
		case 6:
			do(step{Do: "end", Who: who})
		case 7:
			do(step{Do: "add", Who: who, Kind: []Kind{Line, Arrow, Rectangle, Ellipse}[r.IntN(4)], Style: style, At: [][3]float64{at(), at()}})
		case 8:
			do(step{Do: "write", Who: who, Style: style, At: [][3]float64{at()}, Text: texts[r.IntN(len(texts))]})
		case 9:
			do(step{Do: "erase", Who: who, At: [][3]float64{at()}, Radius: 40})
		case 10:
			do(step{Do: "undo", Who: who})
		case 11:
			do(step{Do: "redo", Who: who})
		case 12:
			switch r.IntN(6) {
			case 0:
				do(step{Do: "clear", Who: who})
			case 1:
				do(step{Do: "ground", Who: who, Ground: &Ground{"photo-" + fmt.Sprint(r.IntN(5)), 640, 480, strings.Repeat("0b", 32)}})
			case 2:
				do(step{Do: "ground", Who: who})
			}
		case 13:
			if r.IntN(5) == 0 {
				do(step{Do: "away", Who: who})
			} else {
				do(step{Do: "point", Who: who, At: [][3]float64{at()}, Laser: r.IntN(2) == 0})
			}
		}
	}
	meet("anne", "bob-2")
	for i := range 150 {
		switch i {
		case 20:
			meet("anne", "Chloe_")
			meet("bob-2", "Chloe_")
		case 40:
			meet("watcher", "anne")
		case 60:
			part("anne", "bob-2")
		case 80:
			meet("anne", "bob-2")
			meet("watcher", "bob-2")
		}
		act(drawers[r.IntN(3)])
		act(drawers[r.IntN(3)])
		send(0.08)
	}
	hostile := []string{
		`{"v":1,"log":[["anne~k3f9",1,[{"o":"add","c":1,"k":"pen","i":0,"w":0,"p":[1.0,2,3]}]]]}`,
		`{"v":1,"log":[["anne~k3f9",1,[{"o":"add","c":1,"k":"pen","i":0,"w":0,"p":[1e1,2,3]}]]]}`,
		`{"v":1,"log":[["anne~k3f9",1,[{"o":"add","c":1,"k":"pen","i":0,"w":0,"p":[NaN,2,3]}]]]}`,
		`{"v":1,"log":[["anne~k3f9",1,[{"o":"add","c":1,"k":"rect","i":0,"w":0,"p":[1,2,3,4,5,6]}]]]}`,
		`{"v":1,"log":[["anne~k3f9",1,[{"o":"add","c":9007199254740993,"k":"pen","i":0,"w":0,"p":[1,2,3]}]]]}`,
		`{"v":1,"log":[["anne~k3f9",1,[{"o":"add","c":1,"k":"text","i":0,"w":0,"p":[1,2],"t":"a\ud800"}]]]}`,
		`{"v":1,"log":[["anne~k3f9",1,[{"o":"add","c":1,"k":"text","i":0,"w":0,"p":[1,2],"t":" a"}]]]}`,
		`{"v":1,"log":[["toString~a",1,[{"o":"hide","x":[["__proto__~x",1,1]]}]]]}`,
		`{"v":1,"log":[["toString",1,[{"o":"clear","s":[]}]]]}`,
		`{"v":1,"__proto__":{"ask":1}}`,
		`{"v":1,"ask":true}`, `{"v":1,"ask":1}`, `{"v":3,"new":1}`, `{"v":1,"point":[1,2,3]}`, `{"v":1,"gone":1}`, `[]`, `1`, `null`, `{`, ``,
		`{"v":1,"point":[` + strings.Repeat(" ", MaxPayload) + `]}`,
		`{"v":1,"me":"anne~k3f9","have":{"constructor":1},"hear":[],"all":""}`,
		`{"v":1,"me":"anne~k3f9","have":[["b~1",1],["a~1",1]],"hear":[],"all":""}`,
		`{"v":1,"log":[["hostile~1",1,[{"o":"hide","x":[["anne~k3f9",1,900]]}]]]}`,
	}
	for _, payload := range hostile {
		v.Payloads = append(v.Payloads, payload)
		do(step{Do: "hear", Who: "bob-2", Peer: "anne", Payload: len(v.Payloads) - 1, Now: now})
	}
	do(step{Do: "hear", Who: "bob-2", Peer: "stranger", Payload: len(v.Payloads) - 1, Now: now})
	v.Payloads = append(v.Payloads, `{"v":1,"point":[1,2]}`)
	do(step{Do: "hear", Who: "anne", Peer: "watcher", Payload: len(v.Payloads) - 1, Now: now})
	do(step{Do: "begin", Who: "watcher", Kind: Pen, At: [][3]float64{{1, 2, 0.5}}})
	for range 8 {
		now += 20_000
		for range 4 {
			send(0)
		}
	}
	for _, p := range v.People {
		do(step{Do: "dump", Who: p.ID, Now: now})
	}
	do(step{Do: "ground", Who: "anne", Ground: &Ground{"photo", 641, 479, strings.Repeat("0c", 32)}})
	do(step{Do: "svg", Who: "anne"})
	for _, s := range append(texts, " \n a\nb \u00a0\n", "\ufeffx\u200d\u200by", strings.Repeat("é", 600), strings.Repeat("l\n", 40), "\ue000\U000e0041ok", "") {
		v.Clean = append(v.Clean, [2]string{s, Clean(s)})
	}
	for i, kind := range []Kind{Pen, Pen, Pen, Highlighter, Highlighter, Line, Arrow, Arrow, Arrow, Rectangle, Ellipse, Ellipse, Text, Text} {
		d := drawn{Kind: kind, Style: [2]int{i % 6, i % 4}}
		least, _ := kind.corners()
		if kind.freehand() && i%2 == 1 {
			least = 9
		}
		for range least {
			p := Point{X: r.IntN(16000), Y: r.IntN(9000)}
			if kind == Pen {
				p.Pressure = r.IntN(3) * 7
			}
			d.Points = append(d.Points, p)
		}
		if i == 8 {
			d.Points[1] = d.Points[0] // an arrow of no length
		}
		if kind == Text {
			d.Text = texts[(i%2)*3]
		}
		d.fill()
		v.Drawn = append(v.Drawn, d)
	}
	return v
}
