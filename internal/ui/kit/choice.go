package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Option is one of the answers of a Choice.
type Option struct{ Value, Label string }

// Choice is a segmented choice: all answers are seen, one is chosen. The arrow keys
// go from one to the next. Where the width is short the answers stand one below
// another.
type Choice struct {
	widget.BaseWidget
	// Changed is called with the value that was chosen by hand.
	Changed func(value string)
	// Name is the accessible name: the question.
	Name string

	host    *Host
	options []Option
	value   string
	focused bool
	hover   int
}

// NewChoice asks for one of options.
func NewChoice(host *Host, name string, options []Option, value string, changed func(string)) *Choice {
	c := &Choice{host: host, Name: name, options: options, value: value, Changed: changed, hover: -1}
	c.ExtendBaseWidget(c)
	return c
}

// Value is the value chosen now.
func (c *Choice) Value() string { return c.value }

// Focused tells whether the choice has the keyboard.
func (c *Choice) Focused() bool { return c.focused }

// Set chooses without calling Changed.
func (c *Choice) Set(value string) {
	if c.value != value {
		c.value = value
		c.Refresh()
	}
}

func (c *Choice) pick(i int) {
	if i < 0 || i >= len(c.options) || c.options[i].Value == c.value {
		return
	}
	c.value = c.options[i].Value
	c.Refresh()
	if c.Changed != nil {
		c.Changed(c.value)
	}
}

func (c *Choice) index() int {
	for i, o := range c.options {
		if o.Value == c.value {
			return i
		}
	}
	return -1
}

// at is the answer under a point, -1 for none.
func (c *Choice) at(p fyne.Position) int {
	n := float32(len(c.options))
	if n == 0 || p.X < 0 || p.Y < 0 {
		return -1
	}
	if c.stands(c.Size().Width) {
		return int(p.Y / (c.Size().Height / n))
	}
	return int(p.X / (c.Size().Width / n))
}

// Tapped implements fyne.Tappable.
func (c *Choice) Tapped(e *fyne.PointEvent) { c.pick(c.at(e.Position)) }

// FocusGained implements fyne.Focusable.
func (c *Choice) FocusGained() { c.focused = true; c.Refresh(); c.host.focused(c) }

// FocusLost implements fyne.Focusable.
func (c *Choice) FocusLost() { c.focused = false; c.Refresh() }

// TypedRune implements fyne.Focusable.
func (c *Choice) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (c *Choice) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyUp:
		c.pick(c.index() - 1)
	case fyne.KeyRight, fyne.KeyDown:
		c.pick(c.index() + 1)
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		c.pick((c.index() + 1) % len(c.options))
	default:
		c.host.key(e)
	}
}

// MouseIn implements desktop.Hoverable.
func (c *Choice) MouseIn(e *desktop.MouseEvent) { c.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (c *Choice) MouseMoved(e *desktop.MouseEvent) {
	if at := c.at(e.Position); at != c.hover {
		c.hover = at
		c.Refresh()
	}
}

// MouseOut implements desktop.Hoverable.
func (c *Choice) MouseOut() { c.hover = -1; c.Refresh() }

// Cursor implements desktop.Cursorable.
func (c *Choice) Cursor() desktop.Cursor { return desktop.PointerCursor }

// AccessibilityLabel implements fyne.Accessible.
func (c *Choice) AccessibilityLabel() string {
	if i := c.index(); i >= 0 {
		return c.Name + ", " + c.options[i].Label
	}
	return c.Name
}

// AccessibilityRole implements fyne.Accessible.
func (c *Choice) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// cell is the size of one answer.
func (c *Choice) cell() fyne.Size {
	w, h := float32(0), float32(0)
	for _, o := range c.options {
		m := fyne.MeasureText(o.Label, Size(Body), fyne.TextStyle{Bold: true})
		w, h = fyne.Max(w, m.Width), fyne.Max(h, m.Height)
	}
	return fyne.NewSize(w+28, fyne.Max(44, h+18))
}

// stands tells whether the answers stand one below another at this width.
func (c *Choice) stands(width float32) bool {
	return width > 0 && c.cell().Width*float32(len(c.options)) > width+0.5
}

// HeightFor is the height at this width.
func (c *Choice) HeightFor(width float32) float32 {
	if c.stands(width) {
		return c.cell().Height * float32(len(c.options))
	}
	return c.cell().Height
}

// MinSize implements fyne.CanvasObject.
func (c *Choice) MinSize() fyne.Size {
	cell := c.cell()
	return fyne.NewSize(cell.Width*float32(len(c.options)), c.HeightFor(c.Size().Width))
}

// CreateRenderer implements fyne.Widget.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	r := &choiceRenderer{c: c,
		ring: canvas.NewRectangle(color.Transparent), track: canvas.NewRectangle(color.Transparent),
		thumb: canvas.NewRectangle(color.Transparent), hover: canvas.NewRectangle(color.Transparent)}
	r.Refresh()
	return r
}

type choiceRenderer struct {
	c                         *Choice
	ring, track, thumb, hover *canvas.Rectangle
	labels                    []*canvas.Text
}

func (r *choiceRenderer) Destroy()           {}
func (r *choiceRenderer) MinSize() fyne.Size { return r.c.MinSize() }

func (r *choiceRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{r.ring, r.track, r.hover, r.thumb}
	for _, l := range r.labels {
		all = append(all, l)
	}
	return all
}

func (r *choiceRenderer) Layout(size fyne.Size) {
	r.track.Resize(size)
	r.ring.Move(fyne.NewPos(-4, -4))
	r.ring.Resize(size.AddWidthHeight(8, 8))
	for i := range r.c.options {
		pos, cell := r.box(i, size)
		if i < len(r.labels) {
			h := r.labels[i].MinSize().Height
			r.labels[i].Move(pos.AddXY(0, (cell.Height-h)/2))
			r.labels[i].Resize(fyne.NewSize(cell.Width, h))
		}
		if i == r.c.index() {
			r.thumb.Move(pos.AddXY(3, 3))
			r.thumb.Resize(cell.SubtractWidthHeight(6, 6))
		}
		if i == r.c.hover {
			r.hover.Move(pos.AddXY(3, 3))
			r.hover.Resize(cell.SubtractWidthHeight(6, 6))
		}
	}
}

func (r *choiceRenderer) box(i int, size fyne.Size) (fyne.Position, fyne.Size) {
	n := float32(len(r.c.options))
	if r.c.stands(size.Width) {
		return fyne.NewPos(0, float32(i)*size.Height/n), fyne.NewSize(size.Width, size.Height/n)
	}
	return fyne.NewPos(float32(i)*size.Width/n, 0), fyne.NewSize(size.Width/n, size.Height)
}

func (r *choiceRenderer) Refresh() {
	radius := Size(RadiusM)
	r.track.FillColor, r.track.CornerRadius = Color(Sunken), radius
	r.track.StrokeColor, r.track.StrokeWidth = Color(Border), 1
	r.thumb.FillColor, r.thumb.CornerRadius = Color(Surface), radius-3
	r.thumb.StrokeColor, r.thumb.StrokeWidth = Color(Accent), 2
	r.thumb.Hidden = r.c.index() < 0
	r.hover.FillColor, r.hover.CornerRadius = tint(Ink, 0x14), radius-3
	r.hover.Hidden = r.c.hover < 0 || r.c.hover == r.c.index()
	r.ring.CornerRadius, r.ring.StrokeWidth, r.ring.StrokeColor = radius+4, 0, color.Transparent
	if r.c.focused {
		r.ring.StrokeWidth, r.ring.StrokeColor = 2.5, Color(FocusRing)
	}
	r.labels = r.labels[:0]
	for i, o := range r.c.options {
		t := canvas.NewText(o.Label, Color(Ink))
		t.TextSize, t.Alignment = Size(Body), fyne.TextAlignCenter
		if i == r.c.index() {
			t.Color, t.TextStyle.Bold = Color(Accent), true
		}
		r.labels = append(r.labels, t)
	}
	r.Layout(r.c.Size())
	canvas.Refresh(r.c)
}
