package board

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/call/picture"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func typeface(t testing.TB) []byte {
	t.Helper()
	ttf, err := assets.File("fonts/AtkinsonHyperlegible-Regular.ttf")
	must(t, err)
	return ttf
}

func blank(t testing.TB) *board.Board {
	t.Helper()
	b, err := board.New(board.Options{Self: "a", Run: "r", MayDraw: true})
	must(t, err)
	return b
}

// drawing has one of everything.
func drawing(t testing.TB) *board.Board {
	b := blank(t)
	for i, kind := range []board.Kind{board.Line, board.Arrow, board.Rectangle, board.Ellipse} {
		x := float64(80 + 380*i)
		must(t, b.Add(kind, board.Style{Colour: i, Width: i}, board.At{X: x, Y: 80}, board.At{X: x + 260, Y: 240}))
	}
	for i := range 6 {
		must(t, b.Begin(board.Pen, board.Style{Colour: i, Width: 2}, board.At{X: 80, Y: float64(320 + 40*i), Pressure: 0.1}))
		for j := range 60 {
			x := float64(j) * 8
			must(t, b.Extend(board.At{X: 80 + x, Y: float64(320+40*i) + float64(j*j%50), Pressure: float64(j) / 60}))
		}
		b.End()
	}
	for i := range 6 {
		must(t, b.Begin(board.Highlighter, board.Style{Colour: i, Width: 1}, board.At{X: 700, Y: float64(320 + 40*i)}))
		must(t, b.Extend(board.At{X: 1100, Y: float64(340 + 40*i)}, board.At{X: 900, Y: float64(320 + 30*i)}))
		b.End()
	}
	must(t, b.Write(board.Style{Colour: 0, Width: 2}, board.At{X: 720, Y: 340}, "Cœur : 72 bpm\nÀ revoir « mardi »"))
	must(t, b.Write(board.Style{Colour: 1, Width: 0}, board.At{X: 720, Y: 620}, "<script>alert(1)</script>"))
	must(t, b.Begin(board.Pen, board.Style{Colour: 4, Width: 3}, board.At{X: 1300, Y: 700, Pressure: 0.5}))
	b.End()
	return b
}

func ground(t testing.TB) (board.Ground, image.Image, []byte) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for y := range 300 {
		for x := range 400 {
			m.SetRGBA(x, y, color.RGBA{uint8(200 + x/8), uint8(220 + y/10), 230, 255})
		}
	}
	var out bytes.Buffer
	must(t, png.Encode(&out, m))
	p, err := picture.Read(out.Bytes())
	must(t, err)
	return board.Ground{File: "photo", Width: p.Width, Height: p.Height, SHA: p.SHA}, p.Image, out.Bytes()
}

// differ is how many bytes of two pictures are more than tolerance apart.
func differ(a, b *image.RGBA, tolerance int) (n int) {
	for i := range a.Pix {
		if d := int(a.Pix[i]) - int(b.Pix[i]); d > tolerance || d < -tolerance {
			n++
		}
	}
	return n
}

func painted(t testing.TB, b *board.Board, size image.Point, v View, under image.Image) *image.RGBA {
	t.Helper()
	p, err := NewPainter(typeface(t))
	must(t, err)
	p.Around = color.RGBA{0x20, 0x30, 0x34, 0xff}
	p.SetGround(under)
	p.Show(size, v)
	picture, _ := p.Paint(b)
	return picture
}

// told is what somebody who meets b hears.
func told(t *testing.T, b *board.Board) (payloads []string) {
	t.Helper()
	b.Meet("viewer", true)
	viewer, err := board.New(board.Options{Self: "viewer", Run: "r", MayDraw: true})
	must(t, err)
	viewer.Meet("a", true)
	for i := range 40 {
		now := time.Unix(int64(1000+i), 0)
		for _, out := range viewer.Take(now) {
			must(t, b.Hear("viewer", out.Data, now))
		}
		for _, out := range b.Take(now) {
			payloads = append(payloads, string(out.Data))
			must(t, viewer.Hear("a", out.Data, now))
		}
	}
	if !bytes.Equal([]byte(viewer.SVG(nil)), []byte(b.SVG(nil))) {
		t.Fatal("the viewer sees something else")
	}
	return payloads
}

// The pictures are those in testdata, made by UPDATE_GOLDENS=1 and looked at. The page's
// painter is held to them too: drawing.json is what it hears.
func TestGoldens(t *testing.T) {
	b := drawing(t)
	if os.Getenv("UPDATE_GOLDENS") != "" {
		raw, err := json.MarshalIndent(told(t, drawing(t)), "", " ")
		must(t, err)
		must(t, os.MkdirAll("testdata", 0o700))
		must(t, os.WriteFile("testdata/drawing.json", append(raw, '\n'), 0o600))
	}
	g, under, _ := ground(t)
	size := image.Pt(800, 450)
	pictures := map[string]*image.RGBA{"page": painted(t, b, size, Fit(size), nil)}
	must(t, b.SetGround(&g))
	pictures["ground"] = painted(t, b, size, Fit(size), under)
	pictures["near"] = painted(t, b, size, View{1.3, -500, -400}, under)
	for name, got := range pictures {
		path := filepath.Join("testdata", name+".png")
		if os.Getenv("UPDATE_GOLDENS") != "" {
			var out bytes.Buffer
			must(t, png.Encode(&out, got))
			must(t, os.WriteFile(path, out.Bytes(), 0o600))
		}
		raw, err := os.ReadFile(path)
		must(t, err)
		m, err := png.Decode(bytes.NewReader(raw))
		must(t, err)
		want, ok := m.(*image.RGBA)
		if !ok || want.Rect != got.Rect {
			t.Fatalf("%s: %T of %v", name, m, m.Bounds())
		}
		if n := differ(got, want, 6); n > 0 {
			t.Errorf("%s: %d bytes differ", name, n)
		}
	}
}

// Painting what changed gives the picture that painting everything gives, but for the
// rounding of edges.
func TestPartsMakeTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	size := image.Pt(800, 450)
	for _, v := range []View{Fit(size), {1.7, -300, -200}} {
		b := blank(t)
		p, err := NewPainter(typeface(t))
		must(t, err)
		p.Around = color.RGBA{0x20, 0x30, 0x34, 0xff}
		p.Show(size, v)
		at := func() board.At {
			return board.At{X: r.Float64() * board.Width, Y: r.Float64() * board.Height, Pressure: r.Float64()}
		}
		whole := 0
		for range 400 {
			style := board.Style{Colour: r.IntN(6), Width: r.IntN(4)}
			switch r.IntN(9) {
			case 0:
				must(t, b.Begin([]board.Kind{board.Pen, board.Highlighter}[r.IntN(2)], style, at()))
			case 1, 2, 3:
				must(t, b.Extend(at()))
			case 4:
				must(t, b.Add([]board.Kind{board.Line, board.Arrow, board.Rectangle, board.Ellipse}[r.IntN(4)], style, at(), at()))
			case 5:
				must(t, b.Write(style, at(), "jÀ fg\nŒ…"))
			case 6:
				_, err := b.Erase(at(), 30)
				must(t, err)
			case 7:
				b.Undo()
			case 8:
				b.Redo()
			}
			got, changed := p.Paint(b)
			if changed == got.Rect {
				whole++
			}
			want := painted(t, b, size, v, nil)
			if n := differ(got, want, 16); n > 0 {
				t.Fatalf("%d bytes differ", n)
			}
		}
		if whole > 40 {
			t.Errorf("everything was painted again %d times of 400", whole)
		}
	}
}

func TestExports(t *testing.T) {
	b := drawing(t)
	g, under, _ := ground(t)
	must(t, b.SetGround(&g))
	raw, err := PNG(b, typeface(t), under)
	must(t, err)
	m, err := png.Decode(bytes.NewReader(raw))
	must(t, err)
	if m.Bounds().Size() != image.Pt(2*board.Width, 2*board.Height) {
		t.Errorf("a PNG of %v", m.Bounds())
	}
	svg, err := SVG(b, under)
	must(t, err)
	elements := map[string]int{}
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		if e, ok := token.(xml.StartElement); ok {
			elements[e.Name.Local]++
		}
	}
	if elements["script"] > 0 || elements["image"] != 1 || elements["text"] != 3 || elements["path"] < 16 {
		t.Errorf("the SVG has %v", elements)
	}
	if !strings.Contains(string(svg), "&lt;script&gt;") {
		t.Error("a text is missing")
	}
}

// BenchmarkStrokes is one frame of six people who draw over a board with 500 strokes.
func BenchmarkStrokes(b *testing.B) {
	people := blank(b)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 500 {
		x, y := r.Float64()*1400, r.Float64()*800
		must(b, people.Begin(board.Pen, board.Style{Colour: i % 6, Width: 1}, board.At{X: x, Y: y, Pressure: 0.5}))
		for j := range 30 {
			must(b, people.Extend(board.At{X: x + float64(j*5), Y: y + float64(j*j%40), Pressure: 0.5}))
		}
		people.End()
		people.Take(time.Unix(int64(i), 0))
	}
	// Six strokes at once come from six logs; here one person's pen visits six places.
	p, err := NewPainter(typeface(b))
	must(b, err)
	size := image.Pt(1280, 720)
	p.Show(size, Fit(size))
	p.Paint(people)
	frame := 0
	for b.Loop() {
		for i := range 6 {
			x, y := float64(200*i+50), float64(frame%700+50)
			must(b, people.Add(board.Line, board.Style{Colour: i, Width: 1}, board.At{X: x, Y: y}, board.At{X: x + 8, Y: y + 8}))
		}
		p.Paint(people)
		frame++
		if frame%50 == 0 {
			b.StopTimer()
			must(b, people.Clear())
			people.Undo()
			p.Paint(people)
			b.StartTimer()
		}
		if people.Full() {
			b.Skip("the board is full")
		}
	}
}
