// Package lens shows a moving picture that can be made larger, moved, and pointed at: the screen
// that somebody shows. The page's side is src/view/zoom.ts and src/view/gestures.ts; both behave
// alike.
package lens

import (
	"image"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"ekermed.example/ekermed/internal/call/pointing"
)

const (
	// A press this long, that does not stray this far, points.
	holdFor = 500 * time.Millisecond
	stray   = 8
	// A finger that rests says again where, this often: dots go by themselves.
	sayEvery = time.Second
	// An arrow key moves the picture by so much, and a finger by this part of the picture.
	step   = 60
	nudges = 40
)

// Dot is a finger on the picture, with what its owner is called.
type Dot struct {
	At   pointing.Place
	Name string
}

// Options are how a Lens reaches its screen. Only Now is needed.
type Options struct {
	Now func() time.Time
	// Point is told where our finger is, or with off that it was lifted.
	Point func(at pointing.Place, off bool)
	// Touched is told of every movement, Key gets the keys that are not used, and Changed that
	// the buttons may look otherwise.
	Touched func()
	Key     func(*fyne.KeyEvent)
	Changed func()
}

// Lens is the widget.
type Lens struct {
	widget.BaseWidget
	// Name is the accessible name.
	Name string

	o       Options
	frame   *image.RGBA
	seq     uint64
	dots    []Dot
	zoom    zoom
	finger  bool
	focused bool
	press   press
	nudged  fyne.Position // where the keyboard's finger is, in parts of the picture
}

// press is the mouse button from down to up.
type press struct {
	down            bool
	panning, points bool
	first, last     fyne.Position
	since, said     time.Time
}

// New is an empty lens.
func New(o Options) *Lens {
	l := &Lens{o: o, zoom: whole()}
	l.ExtendBaseWidget(l)
	return l
}

// Draw puts a frame on the screen: a tight one, as video.View wants it. One with the sequence
// number that is there costs nothing. A lens with another picture than before shows it whole:
// call Clear between.
func (l *Lens) Draw(frame *image.RGBA, seq uint64) {
	if frame == nil {
		l.Clear()
		return
	}
	if l.frame != nil && seq == l.seq || frame.Rect.Min != (image.Point{}) || frame.Rect.Empty() || frame.Stride != 4*frame.Rect.Dx() {
		return
	}
	l.frame, l.seq = frame, seq
	l.Refresh()
}

// Clear takes the picture away, and the finger.
func (l *Lens) Clear() {
	if l.frame == nil && !l.finger && l.zoom == whole() {
		return
	}
	l.lift()
	l.frame, l.seq, l.finger, l.zoom, l.dots = nil, 0, false, whole(), nil
	l.changed()
}

// Mark shows the fingers that there are.
func (l *Lens) Mark(dots []Dot) {
	l.dots = dots
	l.Refresh()
}

// Shown tells whether there is a picture, Larger that it is not seen whole, Finger that a press
// points.
func (l *Lens) Shown() bool { return l.frame != nil }

// Larger is told at Shown.
func (l *Lens) Larger() bool { return l.zoom.scale > 1.01 }

// Finger is told at Shown.
func (l *Lens) Finger() bool { return l.finger }

// Point goes between pointing and moving; the keyboard then begins in the middle of what is seen.
func (l *Lens) Point(on bool) {
	l.lift()
	l.finger = on
	x, y, ok := l.zoom.place(l.middle(), l.Size(), l.picture())
	if !ok {
		x, y = 0.5, 0.5
	}
	l.nudged = fyne.NewPos(x, y)
	l.changed()
}

// Zoom makes the picture so many times larger, about the middle.
func (l *Lens) Zoom(by float32) { l.set(l.zoom.by(by, l.middle(), l.Size(), l.picture())) }

// Turn goes between the whole picture and one pixel for one.
func (l *Lens) Turn() { l.set(l.zoom.turned(l.middle(), l.Size(), l.picture())) }

// Tick does what time asks for; call it at the pace of the screen.
func (l *Lens) Tick() {
	p := &l.press
	if !p.down || l.frame == nil {
		return
	}
	now := l.o.Now()
	switch {
	case p.points && now.Sub(p.said) >= sayEvery:
		l.say(p.last)
	case !p.points && !p.panning && l.o.Point != nil && now.Sub(p.since) >= holdFor:
		p.points = true
		l.say(p.last)
	}
}

func (l *Lens) set(z zoom) {
	l.zoom = z
	l.changed()
}

func (l *Lens) changed() {
	if l.o.Changed != nil {
		l.o.Changed()
	}
	l.Refresh()
}

func (l *Lens) touched() {
	if l.o.Touched != nil {
		l.o.Touched()
	}
}

func (l *Lens) middle() fyne.Position { return fyne.NewPos(l.Size().Width/2, l.Size().Height/2) }

func (l *Lens) picture() fyne.Size {
	if l.frame == nil {
		return fyne.Size{}
	}
	return fyne.NewSize(float32(l.frame.Rect.Dx()), float32(l.frame.Rect.Dy()))
}

// say tells where a point of the box is on the picture; beside it nothing is pointed at.
func (l *Lens) say(at fyne.Position) {
	l.press.said = l.o.Now()
	x, y, ok := l.zoom.place(at, l.Size(), l.picture())
	l.tell(x, y, !ok)
}

func (l *Lens) tell(x, y float32, off bool) {
	if l.o.Point == nil {
		return
	}
	part := func(v float32) int { return int(math.Round(float64(v) * pointing.Whole)) }
	at := pointing.Place{}
	if !off {
		at = pointing.Place{X: part(x), Y: part(y)}
	}
	l.o.Point(at, off)
}

// lift ends a press.
func (l *Lens) lift() {
	if l.press.points {
		l.tell(0, 0, true)
	}
	l.press = press{}
}

// MouseDown implements desktop.Mouseable.
func (l *Lens) MouseDown(e *desktop.MouseEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(l); c != nil {
		c.Focus(l)
	}
	l.touched()
	if e.Button != desktop.MouseButtonPrimary || l.frame == nil {
		return
	}
	l.lift()
	l.press = press{down: true, first: e.Position, last: e.Position, since: l.o.Now()}
	if l.finger {
		l.press.points = true
		l.say(e.Position)
	}
}

// MouseUp implements desktop.Mouseable.
func (l *Lens) MouseUp(*desktop.MouseEvent) { l.lift() }

// Dragged implements fyne.Draggable.
func (l *Lens) Dragged(e *fyne.DragEvent) {
	l.touched()
	p := &l.press
	if !p.down {
		return
	}
	from := p.last
	p.last = e.Position
	if !p.points && !p.panning {
		away := e.Position.Subtract(p.first)
		p.panning = away.X*away.X+away.Y*away.Y > stray*stray
	}
	switch {
	case p.points:
		l.say(e.Position)
	case p.panning:
		l.set(l.zoom.moved(e.Position.X-from.X, e.Position.Y-from.Y, l.Size(), l.picture()))
	}
}

// DragEnd implements fyne.Draggable.
func (l *Lens) DragEnd() { l.lift() }

// Tapped implements fyne.Tappable, so that a double tap is one of this widget.
func (l *Lens) Tapped(*fyne.PointEvent) { l.touched() }

// DoubleTapped implements fyne.DoubleTappable.
func (l *Lens) DoubleTapped(e *fyne.PointEvent) {
	if !l.finger {
		l.set(l.zoom.turned(e.Position, l.Size(), l.picture()))
	}
}

// Scrolled implements fyne.Scrollable: the wheel enlarges about the pointer, with the control
// key or without.
func (l *Lens) Scrolled(e *fyne.ScrollEvent) {
	l.touched()
	by := math.Exp(min(max(float64(e.Scrolled.DY)/100, -0.5), 0.5))
	l.set(l.zoom.by(float32(by), e.Position, l.Size(), l.picture()))
}

// MouseIn implements desktop.Hoverable.
func (l *Lens) MouseIn(*desktop.MouseEvent) { l.touched() }

// MouseMoved implements desktop.Hoverable.
func (l *Lens) MouseMoved(*desktop.MouseEvent) { l.touched() }

// MouseOut implements desktop.Hoverable.
func (l *Lens) MouseOut() {}

// Cursor implements desktop.Cursorable.
func (l *Lens) Cursor() desktop.Cursor {
	switch {
	case l.finger:
		return desktop.CrosshairCursor
	case l.Larger():
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// FocusGained implements fyne.Focusable.
func (l *Lens) FocusGained() { l.focused = true; l.Refresh() }

// FocusLost implements fyne.Focusable.
func (l *Lens) FocusLost() { l.focused = false; l.lift(); l.Refresh() }

// TypedRune implements fyne.Focusable.
func (l *Lens) TypedRune(r rune) {
	switch r {
	case '+', '=':
		l.Zoom(1.25)
	case '-':
		l.Zoom(0.8)
	case '0':
		l.set(whole())
	}
}

// TypedKey implements fyne.Focusable.
func (l *Lens) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		l.arrow(-1, 0)
	case fyne.KeyRight:
		l.arrow(1, 0)
	case fyne.KeyUp:
		l.arrow(0, -1)
	case fyne.KeyDown:
		l.arrow(0, 1)
	default:
		if l.o.Key != nil {
			l.o.Key(e)
		}
	}
}

// arrow moves the finger, or what is seen.
func (l *Lens) arrow(dx, dy float32) {
	if l.frame == nil {
		return
	}
	if !l.finger {
		l.set(l.zoom.moved(-dx*step, -dy*step, l.Size(), l.picture()))
		return
	}
	inside := func(v float32) float32 { return fyne.Min(fyne.Max(v, 0), 1) }
	l.nudged = fyne.NewPos(inside(l.nudged.X+dx/nudges), inside(l.nudged.Y+dy/nudges))
	l.tell(l.nudged.X, l.nudged.Y, false)
}

// MinSize is small: pictures scale.
func (l *Lens) MinSize() fyne.Size { return fyne.NewSize(32, 18) }

// AccessibilityLabel implements fyne.Accessible.
func (l *Lens) AccessibilityLabel() string { return l.Name }

// AccessibilityRole implements fyne.Accessible.
func (l *Lens) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }
