package kit

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"ekermed.example/ekermed/assets"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// plain is a theme with some size and colour under every name.
type plain struct{ fyne.Theme }

func (p plain) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if strings.HasPrefix(string(n), "token:") {
		return color.NRGBA{R: 0x20, G: 0x40, B: 0x60, A: 0xff}
	}
	return p.Theme.Color(n, v)
}

func (p plain) Size(n fyne.ThemeSizeName) float32 {
	switch {
	case n == Body, n == Caption:
		return 16
	case strings.HasPrefix(string(n), "type:"):
		return 20
	case strings.Contains(string(n), ":"):
		return 10
	}
	return p.Theme.Size(n)
}

func start(t *testing.T) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(plain{theme.DefaultTheme()})
}

// box has a size of its own.
func box(w, h float32) *Panel {
	p := NewPanel(None, None, Zero)
	p.SetMin(w, h)
	return p
}

func TestTextWraps(t *testing.T) {
	start(t)
	text := NewText("Le patient apparaîtra ici dès qu’il aura ouvert son lien.", Body, Ink)
	one := text.HeightFor(2000)
	if text.HeightFor(150) < 3*one {
		t.Errorf("150 wide is %v high, 2000 wide %v", text.HeightFor(150), one)
	}
	for _, width := range []float32{0, 1, 40, 150, 333} {
		lines := text.lines(width)
		if got := strings.Join(lines, " "); width > 100 && got != text.Text() {
			t.Errorf("at %v the text reads %q", width, got)
		}
		for _, l := range lines {
			if width > 100 && text.measure(l).Width > width {
				t.Errorf("%q is wider than %v", l, width)
			}
		}
	}
	word := NewText(strings.Repeat("x", 300), Body, Ink)
	for _, l := range word.lines(100) {
		if word.measure(l).Width > 100 {
			t.Errorf("a long word is not broken: %q", l)
		}
	}
	if got := strings.Join(word.lines(100), ""); got != word.Text() {
		t.Error("letters of a long word are lost")
	}
}

func TestTextElides(t *testing.T) {
	start(t)
	text := NewText("Maximilienne de la Tour d’Auvergne", Body, Ink).Fit(Elided)
	line := text.lines(120)[0]
	if !strings.HasSuffix(line, "…") || text.measure(line).Width > 120 {
		t.Errorf("elided to %q, %v wide", line, text.measure(line).Width)
	}
	if got := text.lines(1000)[0]; got != text.Text() {
		t.Errorf("with enough room %q", got)
	}
}

// What follows the growing object goes below when the line is too narrow, and nothing
// overlaps or reaches outside.
func TestSpreadFolds(t *testing.T) {
	start(t)
	grow, lead, tail := box(50, 20), box(30, 30), box(100, 40)
	c := Spread(S, 10, grow, lead, grow, tail)
	for _, width := range []float32{100, 200, 320, 600} {
		h := HeightFor(c, width)
		c.Resize(fyne.NewSize(width, h))
		below := tail.Position().Y >= lead.Position().Y+lead.Size().Height
		if want := width < 30+10+160+10+100; below != want {
			t.Errorf("at %v the tail is below: %v", width, below)
		}
		for _, o := range c.Objects {
			if o.Position().X < 0 || o.Position().X+o.Size().Width > width+0.5 || o.Position().Y+o.Size().Height > h+0.5 {
				t.Errorf("at %v: %v at %v in a height of %v", width, o.Size(), o.Position(), h)
			}
		}
	}
	tail.Hide()
	c.Resize(fyne.NewSize(400, 40))
	c.Refresh()
	if grow.Size().Width != 400-30-10 {
		t.Errorf("a hidden object keeps its room: %v", grow.Size())
	}
}

func TestRowWraps(t *testing.T) {
	start(t)
	c := RowAligned(fyne.TextAlignTrailing, S, box(60, 20), box(60, 20), box(60, 20))
	if got := HeightFor(c, 200); got != 20 {
		t.Errorf("all fit: %v", got)
	}
	if got := HeightFor(c, 150); got != 50 {
		t.Errorf("two lines: %v", got)
	}
	c.Resize(fyne.NewSize(150, 50))
	if last := c.Objects[2]; last.Position() != fyne.NewPos(90, 30) {
		t.Errorf("the last stands at %v", last.Position())
	}
}

func TestColumnAndPairs(t *testing.T) {
	start(t)
	hidden := box(10, 500)
	hidden.Hide()
	c := Column(M, box(10, 20), hidden, Inset(S, S, box(10, 20)), Sides(1, 5, box(10, 30), box(10, 40)))
	if got := HeightFor(c, 400); got != 20+10+40+10+40 {
		t.Errorf("wide: %v", got)
	}
	if got := HeightFor(c, 100); got != 20+10+40+10+80 {
		t.Errorf("narrow: %v", got)
	}
	if got := HeightFor(Ratio(2, box(1, 1)), 300); got != 150 {
		t.Errorf("ratio: %v", got)
	}
}

func TestPageReveals(t *testing.T) {
	start(t)
	host := &Host{}
	var buttons []fyne.CanvasObject
	for range 30 {
		buttons = append(buttons, NewButton(host, Primary, "", "Bouton", nil))
	}
	p := NewPage(Column(M, buttons...), false)
	host.Focused = p.Reveal
	w := test.NewTempWindow(t, p)
	w.Resize(fyne.NewSize(300, 200))
	for range 30 {
		w.Canvas().FocusNext()
		b := w.Canvas().Focused().(*Button)
		y := fyne.CurrentApp().Driver().AbsolutePositionForObject(b).Y
		if y < -1 || y+b.Size().Height > 201 {
			t.Fatalf("a focused button stands at %v", y)
		}
	}
}

func TestButton(t *testing.T) {
	start(t)
	pressed := 0
	var handed []fyne.KeyName
	host := &Host{Key: func(e *fyne.KeyEvent) { handed = append(handed, e.Name) }}
	b := NewButton(host, Primary, "door-open", "Faire entrer", func() { pressed++ }).Hint("Ctrl+Entrée")
	test.NewTempWindow(t, b)
	for _, k := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace, fyne.KeyF1, fyne.KeyEscape} {
		b.TypedKey(&fyne.KeyEvent{Name: k})
	}
	test.Tap(b)
	b.Disable()
	test.Tap(b)
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if pressed != 4 || len(handed) != 2 {
		t.Errorf("pressed %d times, handed on %v", pressed, handed)
	}
	if m := b.MinSize(); m.Height < 44 {
		t.Errorf("the button is %v", m)
	}
	if b.AccessibilityLabel() != "Faire entrer" || b.Named("Faire entrer A").AccessibilityLabel() != "Faire entrer A" {
		t.Errorf("accessible name %q", b.AccessibilityLabel())
	}
}

func TestChoice(t *testing.T) {
	start(t)
	var chosen []string
	c := NewChoice(&Host{}, "Durée", []Option{{"15", "15 min"}, {"30", "30 min"}, {"60", "60 min"}}, "30", func(v string) { chosen = append(chosen, v) })
	c.Resize(fyne.NewSize(600, c.HeightFor(600)))
	for _, k := range []fyne.KeyName{fyne.KeyRight, fyne.KeyRight, fyne.KeyLeft, fyne.KeyLeft, fyne.KeyLeft} {
		c.TypedKey(&fyne.KeyEvent{Name: k})
	}
	c.Tapped(&fyne.PointEvent{Position: fyne.NewPos(590, 10)})
	c.Set("15")
	if got := strings.Join(chosen, " "); got != "60 30 15 60" {
		t.Errorf("chosen %s", got)
	}
	if narrow := c.HeightFor(100); narrow != 3*c.HeightFor(600) {
		t.Errorf("narrow it is %v high", narrow)
	}
	c.Resize(fyne.NewSize(100, c.HeightFor(100)))
	c.Tapped(&fyne.PointEvent{Position: fyne.NewPos(50, c.Size().Height*0.5)})
	if c.Value() != "30" {
		t.Errorf("tapping the middle of a standing choice gives %s", c.Value())
	}
}

func TestMeter(t *testing.T) {
	start(t)
	m := NewMeter("Niveau")
	for level, want := range map[float64]int{-1: 0, 0: 0, 0.5: 12, 1: 24, 7: 24, math.NaN(): 0} {
		m.SetLevel(0)
		if m.SetLevel(level); m.lit != want && !math.IsNaN(level) {
			t.Errorf("level %v lights %d", level, m.lit)
		}
	}
}

func TestBannerTellsChanges(t *testing.T) {
	start(t)
	b := NewBanner()
	if b.Say(Bad, "warning", "", "") || b.Text() != "" {
		t.Error("nothing to say is a change")
	}
	if !b.Say(Bad, "warning", "A", "B") || b.Say(Bad, "warning", "A", "B") || !b.Say(Amber, "warning", "A", "B") {
		t.Error("changes are not told apart")
	}
	if !b.Say(Bad, "", "", "") || b.Box.Visible() {
		t.Error("the banner does not go")
	}
}

// Arcs become curves that end where the arcs ended and bulge as far.
func TestRoundless(t *testing.T) {
	got := roundless(`<svg fill="currentColor"><path d="M128,24A104,104,0,1,0,232,128,104.11,104.11,0,0,0,128,24Zm0,192a88,88,0,1,1,88-88A88.1,88.1,0,0,1,128,216Z"/></svg>`)
	if strings.ContainsAny(got[strings.Index(got, ` d="`)+4:strings.Index(got, `"/>`)], "Aa") {
		t.Errorf("arcs are left: %s", got)
	}
	if !strings.Contains(got, "232.000 128.000") || !strings.Contains(got, "24.000 128.000") || !strings.HasPrefix(got, `<svg fill="currentColor"><path d="M 128`) {
		t.Errorf("the circle misses its ends: %s", got)
	}
	for in, want := range map[string]string{
		"M1 2l3-4.5.5z":              "M 1.000 2.000l 3.000 -4.500l 0.500 0.000Z",
		"M0,0A0,5,0,0,1,3,4":         "M 0.000 0.000L 3.000 4.000",
		"M8 8a8 8 0 01-8 8":          "",
		"m1,1,2,2H9v-3q1,1,2,2t3,3Z": "m 1.000 1.000l 2.000 2.000H 9.000v -3.000q 1.000 1.000 2.000 2.000t 3.000 3.000Z",
	} {
		if got := curves(in); want != "" && got != want {
			t.Errorf("curves(%q) = %q, want %q", in, got, want)
		}
	}
	if got := curves("M8 8a8 8 0 01-8 8"); !strings.HasSuffix(got, " 0.000 16.000") {
		t.Errorf("flags that stand together: %q", got)
	}
}

func FuzzRoundless(f *testing.F) {
	f.Add("M128,24A104,104,0,1,0,232,128Z")
	f.Add("a1 1 0 01")
	f.Fuzz(func(t *testing.T, d string) {
		if len(d) < 1000 {
			curves(d)
		}
	})
}

// Every icon is drawn as thin lines, not as a blob.
func TestIconsAreLines(t *testing.T) {
	start(t)
	for _, name := range []string{"clock", "microphone", "microphone-slash", "phone-disconnect", "wifi-slash", "user-circle", "warning-circle", "gear-six", "translate"} {
		if _, err := assets.File("icons/" + name + ".svg"); err != nil {
			t.Fatal(err)
		}
		image := canvas.NewImageFromResource(resource(name, Ink))
		image.FillMode = canvas.ImageFillContain
		w := test.NewTempWindow(t, container.NewStack(canvas.NewRectangle(color.White), image))
		w.SetPadded(false)
		w.Resize(fyne.NewSize(64, 64))
		shot := w.Canvas().Capture()
		dark := 0
		for y := range 64 {
			for x := range 64 {
				if r, _, _, _ := shot.At(x, y).RGBA(); r < 0x8000 {
					dark++
				}
			}
		}
		if dark < 150 || dark > 1100 {
			t.Errorf("%s covers %d of 4096 pixels", name, dark)
		}
	}
}
