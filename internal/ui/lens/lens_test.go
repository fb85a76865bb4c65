package lens

import (
	"image"
	"math"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"ekermed.example/ekermed/internal/call/pointing"
)

// said is what a lens told: where the finger is, or that it was lifted.
type said struct {
	at  pointing.Place
	off bool
}

// desk is a lens of 800 by 450 with a picture of 1600 by 900, in a window.
type desk struct {
	*Lens
	t       *testing.T
	window  fyne.Window
	now     time.Time
	said    []said
	keys    []fyne.KeyName
	touched int
}

func open(t *testing.T) *desk {
	t.Helper()
	test.NewTempApp(t)
	d := &desk{t: t, now: time.Unix(1000, 0)}
	d.Lens = New(Options{Now: func() time.Time { return d.now }, Touched: func() { d.touched++ },
		Point: func(at pointing.Place, off bool) { d.said = append(d.said, said{at, off}) },
		Key:   func(e *fyne.KeyEvent) { d.keys = append(d.keys, e.Name) }})
	d.window = test.NewTempWindow(t, d.Lens)
	d.window.SetPadded(false)
	d.window.Resize(fyne.NewSize(800, 450))
	m := image.NewRGBA(image.Rect(0, 0, 1600, 900))
	d.Draw(m, 1)
	return d
}

func (d *desk) down(x, y float32) {
	d.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}, Button: desktop.MouseButtonPrimary})
}

func (d *desk) drag(x, y float32) {
	d.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}})
}

func (d *desk) key(names ...fyne.KeyName) {
	for _, name := range names {
		d.TypedKey(&fyne.KeyEvent{Name: name})
	}
}

// under is the place of the picture that lies under a point of the box, in parts of it.
func (d *desk) under(x, y float32) fyne.Position {
	px, py, _ := d.zoom.place(fyne.NewPos(x, y), d.Size(), d.picture())
	return fyne.NewPos(px, py)
}

func (d *desk) expect(what string, want ...said) {
	d.t.Helper()
	if len(d.said) != len(want) {
		d.t.Fatalf("%s: said %v, not %v", what, d.said, want)
	}
	for i := range want {
		if d.said[i] != want[i] {
			d.t.Errorf("%s: said %v, not %v", what, d.said, want)
		}
	}
	d.said = nil
}

func near(a, b float32) bool { return math.Abs(float64(a-b)) < 0.002 }

// Wheel, buttons and keys enlarge; what is under the pointer stays there, and the picture stays
// over the box.
func TestZoom(t *testing.T) {
	d := open(t)
	before := d.under(200, 100)
	for range 5 {
		d.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(200, 100)}, Scrolled: fyne.NewDelta(0, 30)})
	}
	after := d.under(200, 100)
	if !d.Larger() || !near(before.X, after.X) || !near(before.Y, after.Y) {
		t.Errorf("the wheel moved what is under the pointer from %v to %v", before, after)
	}
	for range 200 {
		d.Zoom(2)
	}
	if d.zoom.scale != most*2 { // one pixel for one is twice
		t.Errorf("it grows to %v", d.zoom.scale)
	}
	for range 100 {
		d.key(fyne.KeyLeft)
	}
	if left := d.under(0, 0); !near(left.X, 0) || left.Y <= 0 {
		t.Errorf("moved beside the picture: %v", left)
	}
	d.TypedRune('0')
	if d.Larger() {
		t.Error("zero does not show everything")
	}
	d.TypedRune('+')
	larger := d.Larger()
	d.TypedRune('-')
	if !larger || d.Larger() {
		t.Error("plus and minus")
	}
	d.DoubleTapped(&fyne.PointEvent{Position: fyne.NewPos(0, 0)})
	if d.zoom.scale != 2 || d.under(0, 0) != (fyne.Position{}) {
		t.Errorf("a double tap leads to %+v", d.zoom)
	}
	d.Turn()
	if d.Larger() {
		t.Error("and back")
	}
	d.down(400, 200)
	d.drag(395, 200)
	d.drag(300, 200)
	d.MouseUp(nil)
	if d.Larger() || len(d.said) != 0 {
		t.Error("a whole picture is not moved, and nobody points")
	}
	d.Zoom(2)
	at := d.under(400, 225)
	d.down(400, 225)
	d.drag(300, 225)
	d.DragEnd()
	if now := d.under(300, 225); !near(now.X, at.X) {
		t.Errorf("dragged from %v to %v", at, now)
	}
	if d.touched == 0 {
		t.Error("nobody is at the desk")
	}
	d.Clear()
	if d.Larger() || d.Shown() {
		t.Error("the next one begins whole")
	}
}

// With the switch on a press points, without it a long one does; a finger that rests says so
// again, and one beside the picture points at nothing.
func TestFinger(t *testing.T) {
	d := open(t)
	d.Point(true)
	d.down(400, 225)
	d.drag(200, 225)
	d.expect("pressed and moved", said{pointing.Place{X: 5000, Y: 5000}, false}, said{pointing.Place{X: 2500, Y: 5000}, false})
	d.now = d.now.Add(999 * time.Millisecond)
	d.Tick()
	d.expect("not yet again")
	d.now = d.now.Add(time.Millisecond)
	d.Tick()
	d.Tick()
	d.expect("again", said{pointing.Place{X: 2500, Y: 5000}, false})
	d.MouseUp(nil)
	d.DragEnd()
	d.now = d.now.Add(time.Minute)
	d.Tick()
	d.expect("lifted", said{off: true})
	d.key(fyne.KeyRight, fyne.KeyUp)
	d.expect("by the keyboard", said{pointing.Place{X: 5250, Y: 5000}, false}, said{pointing.Place{X: 5250, Y: 4750}, false})
	if d.Larger() {
		t.Error("the arrows move the picture")
	}
	d.Point(false)
	d.down(10, 10)
	d.MouseUp(nil)
	d.expect("a short press")
	d.down(80, 45)
	d.now = d.now.Add(holdFor)
	d.Tick()
	d.FocusLost()
	d.expect("a long press, until the keyboard goes elsewhere", said{pointing.Place{X: 1000, Y: 1000}, false}, said{off: true})
	d.window.Resize(fyne.NewSize(1000, 450)) // 100 beside it at each side
	d.Point(true)
	d.down(50, 200)
	d.drag(100, 0)
	d.MouseUp(nil)
	d.expect("beside the picture", said{off: true}, said{pointing.Place{}, false}, said{off: true})
	d.Zoom(2)
	d.down(500, 225)
	d.Clear()
	d.expect("the screen is gone", said{pointing.Place{X: 5000, Y: 5000}, false}, said{off: true})
	d.down(500, 225)
	d.key(fyne.KeyRight, fyne.KeyEscape)
	d.expect("nothing to point at")
	if len(d.keys) != 1 || d.keys[0] != fyne.KeyEscape {
		t.Errorf("keys %v", d.keys)
	}
}
