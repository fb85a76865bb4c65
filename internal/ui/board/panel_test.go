package board_test

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/ui"
	uiboard "ekermed.example/ekermed/internal/ui/board"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// desk is a panel in a window, and what it asked for.
type desk struct {
	t        *testing.T
	b        *board.Board
	panel    *uiboard.Panel
	window   fyne.Window
	asked    []string
	yes      func()
	saved    []string
	pictures int
	now      time.Time
}

func open(t *testing.T, settings call.Settings, language string, mayDraw bool) *desk {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(ui.NewTheme(settings))
	words, err := assets.LoadTexts(language)
	must(t, err)
	d := &desk{t: t, now: time.Unix(1000, 0)}
	d.b, err = board.New(board.Options{Self: "me", Run: "r", MayDraw: mayDraw})
	must(t, err)
	d.panel, err = uiboard.NewPanel(&kit.Host{}, words, d.b, uiboard.Hands{
		NameOf:  func(string) string { return "Dr Anne Le Goff" },
		Ask:     func(question, yes string, do func()) { d.asked, d.yes = append(d.asked, question+"|"+yes), do },
		Picture: func() { d.pictures++ },
		Save:    func(content []byte, ending string) { d.saved = append(d.saved, fmt.Sprint(ending, len(content) > 100)) },
	}, func() time.Time { return d.now })
	must(t, err)
	d.window = test.NewTempWindow(t, d.panel.Root)
	d.window.SetPadded(false)
	d.window.Resize(fyne.NewSize(1100, 720))
	d.window.Canvas().Focus(d.panel.Surface)
	return d
}

func (d *desk) keys(names ...fyne.KeyName) {
	for _, name := range names {
		d.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: name})
	}
}

func (d *desk) kinds() (list []board.Kind) {
	for o := range d.b.Visible {
		list = append(list, o.Kind)
	}
	return list
}

func (d *desk) want(kinds ...board.Kind) {
	d.t.Helper()
	if got := d.kinds(); !slices.Equal(got, kinds) {
		d.t.Fatalf("on the board: %v, not %v", got, kinds)
	}
}

func mouse(x, y float32) *desktop.MouseEvent {
	return &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}, Button: desktop.MouseButtonPrimary}
}

func (d *desk) drag(x0, y0, x1, y1 float32) {
	s := d.panel.Surface
	s.MouseDown(mouse(x0, y0))
	for i := range 20 {
		k := float32(i+1) / 20
		s.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x0+(x1-x0)*k, y0+(y1-y0)*k)}})
	}
	s.MouseUp(mouse(x1, y1))
	s.DragEnd()
}

func TestMouse(t *testing.T) {
	d := open(t, call.Settings{TextScale: 1}, "fr", true)
	d.drag(200, 100, 400, 200)
	d.want(board.Pen)
	for o := range d.b.Visible {
		if len(o.Points) < 15 || !o.Done {
			t.Errorf("a stroke of %d points, done %v", len(o.Points), o.Done)
		}
	}
	d.panel.Surface.Take(uiboard.Tool(board.Arrow))
	d.drag(200, 300, 400, 350)
	d.want(board.Pen, board.Arrow)
	d.panel.Surface.Take(uiboard.Eraser)
	d.drag(300, 100, 300, 200)
	d.want(board.Arrow)
	d.panel.Surface.Take(uiboard.Hand)
	d.drag(300, 100, 300, 200)
	d.panel.Surface.Take(uiboard.Laser)
	d.drag(300, 100, 300, 200)
	d.want(board.Arrow)
	d.panel.Surface.Take(uiboard.Tool(board.Rectangle))
	d.panel.Surface.MouseDown(mouse(100, 100))
	d.panel.Surface.MouseUp(mouse(100, 100))
	d.want(board.Arrow) // a click is no rectangle
}

func TestKeyboard(t *testing.T) {
	d := open(t, call.Settings{TextScale: 1}, "fr", true)
	s := d.panel.Surface
	s.Take(uiboard.Tool(board.Rectangle))
	d.keys(fyne.KeyLeft, fyne.KeySpace, fyne.KeyRight, fyne.KeyRight, fyne.KeyDown, fyne.KeySpace)
	d.want(board.Rectangle)
	for o := range d.b.Visible {
		if o.Points[0] != (board.Point{X: 7800, Y: 4500}) || o.Points[1] != (board.Point{X: 8200, Y: 4700}) {
			t.Errorf("a rectangle at %v", o.Points)
		}
	}
	s.Take(uiboard.Tool(board.Pen))
	d.keys(fyne.KeySpace, fyne.KeyUp, fyne.KeyUp)
	d.keys(fyne.KeyEscape)
	d.want(board.Rectangle)
	d.keys(fyne.KeySpace, fyne.KeyUp, fyne.KeySpace)
	d.want(board.Rectangle, board.Pen)
	s.TypedShortcut(&fyne.ShortcutUndo{})
	d.want(board.Rectangle)
	s.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyZ, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift})
	d.want(board.Rectangle, board.Pen)
	s.Take(uiboard.Tool(board.Text))
	d.keys(fyne.KeyReturn)
	entry, ok := d.window.Canvas().Focused().(*kit.Entry)
	if !ok {
		t.Fatalf("the keyboard is at %T", d.window.Canvas().Focused())
	}
	entry.SetText("Où : là")
	for i := 0; i < 5; i++ {
		d.window.Canvas().FocusNext()
		if b, ok := d.window.Canvas().Focused().(*kit.Button); ok && b.Label() == "Poser" {
			d.keys(fyne.KeyReturn)
			break
		}
	}
	d.want(board.Rectangle, board.Pen, board.Text)
	d.keys(fyne.KeyDelete)
	d.want(board.Rectangle, board.Pen, board.Text)
	if len(d.asked) != 1 {
		t.Fatal("cleared without asking")
	}
	d.yes()
	d.want()
	s.TypedShortcut(&fyne.ShortcutUndo{})
	d.want(board.Rectangle, board.Pen, board.Text)
}

func TestZoom(t *testing.T) {
	d := open(t, call.Settings{TextScale: 1}, "fr", true)
	s := d.panel.Surface
	s.Take(uiboard.Tool(board.Line))
	place := func() board.Point {
		d.drag(300, 200, 350, 220)
		var last board.Point
		for o := range d.b.Visible {
			last = o.Points[0]
		}
		return last
	}
	before := place()
	s.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(300, 200)}, Scrolled: fyne.NewDelta(0, 60)})
	if at := place(); max(at.X-before.X, before.X-at.X, at.Y-before.Y, before.Y-at.Y) > 15 {
		t.Errorf("the wheel moved what is under the pointer from %v to %v", before, at)
	}
	s.TypedRune('+')
	s.TypedRune('+')
	near := place()
	s.Take(uiboard.Hand)
	d.keys(fyne.KeyRight)
	s.Take(uiboard.Tool(board.Line))
	if at := place(); at.X <= near.X {
		t.Errorf("the arrow key did not move the view: %v, %v", near, at)
	}
	s.Whole()
	if at := place(); at != before {
		t.Errorf("the whole page: %v, not %v", at, before)
	}
}

func TestWatching(t *testing.T) {
	d := open(t, call.Settings{TextScale: 1}, "fr", false)
	for _, tool := range []uiboard.Tool{uiboard.Tool(board.Pen), uiboard.Tool(board.Line), uiboard.Eraser} {
		d.panel.Surface.Take(tool)
		d.drag(200, 100, 400, 200)
	}
	d.keys(fyne.KeyDelete, fyne.KeySpace, fyne.KeyLeft, fyne.KeySpace)
	if !d.b.Empty() || len(d.asked) > 0 {
		t.Error("who watches changed the board")
	}
}

// Every tool can be reached by Tab and has a name.
func TestBarByKeyboard(t *testing.T) {
	d := open(t, call.Settings{TextScale: 1}, "en", true)
	names := map[string]bool{}
	for range 40 {
		d.window.Canvas().FocusNext()
		if a, ok := d.window.Canvas().Focused().(fyne.Accessible); ok {
			names[a.AccessibilityLabel()] = true
		}
	}
	for _, name := range []string{"Pen", "Highlighter", "Line", "Arrow", "Rectangle", "Ellipse", "Text", "Eraser", "Pointer", "Move the view", "Black", "Violet", "Fine", "Very thick",
		"Clear everything", "Zoom in", "See the whole page", "Picture or PDF beneath", "Save as PNG", "Save as SVG"} {
		if !names[name] {
			t.Errorf("%q cannot be reached; there are %v", name, names)
		}
	}
}

// Pictures of the panel, into the folder of UI_PICTURES; each must show its parts.
func TestPanelPictures(t *testing.T) {
	for _, p := range []struct {
		name, theme, language string
		scale, width          float32
		draws                 bool
		do                    func(*desk)
	}{
		{"drawn", "light", "fr", 1, 1100, true, nil},
		{"drawn-dark", "dark", "fr", 1, 1100, true, nil},
		{"large", "light", "en", 2, 900, true, nil},
		{"watching", "light", "fr", 1, 1100, false, nil},
		{"refused", "light", "fr", 1, 700, true, func(d *desk) { d.panel.Refused(board.ErrMalformed) }},
		{"writing", "dark", "fr", 1, 1100, true, func(d *desk) {
			d.panel.Surface.Take(uiboard.Tool(board.Text))
			d.keys(fyne.KeyRight, fyne.KeyReturn)
		}},
		{"keyboard", "light", "fr", 1, 1100, true, func(d *desk) {
			d.panel.Surface.Take(uiboard.Tool(board.Ellipse))
			d.keys(fyne.KeyRight, fyne.KeySpace, fyne.KeyRight, fyne.KeyRight, fyne.KeyRight, fyne.KeyDown, fyne.KeyDown)
		}},
	} {
		d := open(t, call.Settings{Theme: p.theme, TextScale: p.scale}, p.language, p.draws)
		d.window.Resize(fyne.NewSize(p.width, 720))
		other, err := board.New(board.Options{Self: "a", Run: "r", MayDraw: true})
		must(t, err)
		other.Meet("me", true)
		d.b.Meet("a", true)
		must(t, other.Add(board.Rectangle, board.Style{Colour: 2, Width: 2}, board.At{X: 200, Y: 150}, board.At{X: 600, Y: 400}))
		must(t, other.Add(board.Arrow, board.Style{Colour: 1, Width: 1}, board.At{X: 900, Y: 600}, board.At{X: 620, Y: 420}))
		must(t, other.Write(board.Style{Colour: 0, Width: 2}, board.At{X: 920, Y: 580}, "Le genou, vu de face"))
		other.Point(1300, 300, false)
		for range 5 {
			d.now = d.now.Add(time.Second)
			for _, out := range d.b.Take(d.now) {
				must(t, other.Hear("me", out.Data, d.now))
			}
			for _, out := range other.Take(d.now) {
				must(t, d.b.Hear("a", out.Data, d.now))
			}
		}
		other.Point(1300, 300, false)
		for _, out := range other.Take(d.now.Add(time.Second)) {
			must(t, d.b.Hear("a", out.Data, d.now))
		}
		d.panel.Refresh()
		if p.do != nil {
			p.do(d)
		}
		m := d.window.Canvas().Capture()
		colours := map[string]bool{}
		for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
			for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
				r, g, b, _ := m.At(x, y).RGBA()
				colours[fmt.Sprintf("%02x%02x%02x", r>>8, g>>8, b>>8)] = true
			}
		}
		for _, want := range []string{"ffffff", "f26707", "1d2ff7", "0b5563"} { // page, rectangle, arrow, a pointer
			if !colours[want] {
				t.Errorf("%s: nothing is #%s", p.name, want)
			}
		}
		if dir := os.Getenv("UI_PICTURES"); dir != "" {
			write(t, filepath.Join(dir, "board-"+p.name+".png"), m)
		}
	}
}

func write(t *testing.T, path string, m image.Image) {
	t.Helper()
	f, err := os.Create(path)
	must(t, err)
	must(t, errors.Join(png.Encode(f, m), f.Close()))
}
