package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Meter shows how loud the microphone hears, in steps that light up.
type Meter struct {
	widget.BaseWidget
	// Name is the accessible name.
	Name  string
	steps int
	lit   int
}

// NewMeter is dark at first.
func NewMeter(name string) *Meter {
	m := &Meter{Name: name, steps: 24}
	m.ExtendBaseWidget(m)
	return m
}

// SetLevel lights the meter, 0 to 1.
func (m *Meter) SetLevel(level float64) {
	lit := int(max(0, min(1, level))*float64(m.steps) + 0.5)
	if lit != m.lit {
		m.lit = lit
		m.Refresh()
	}
}

// MinSize implements fyne.CanvasObject.
func (m *Meter) MinSize() fyne.Size { return fyne.NewSize(120, Em(0.9)) }

// AccessibilityLabel implements fyne.Accessible.
func (m *Meter) AccessibilityLabel() string { return m.Name }

// AccessibilityRole implements fyne.Accessible.
func (m *Meter) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	r := &meterRenderer{m: m}
	for range m.steps {
		r.bars = append(r.bars, canvas.NewRectangle(nil))
	}
	r.Refresh()
	return r
}

type meterRenderer struct {
	m    *Meter
	bars []fyne.CanvasObject
}

func (r *meterRenderer) Destroy()                     {}
func (r *meterRenderer) MinSize() fyne.Size           { return r.m.MinSize() }
func (r *meterRenderer) Objects() []fyne.CanvasObject { return r.bars }

func (r *meterRenderer) Layout(size fyne.Size) {
	step := size.Width / float32(len(r.bars))
	for i, bar := range r.bars {
		bar.Move(fyne.NewPos(float32(i)*step, 0))
		bar.Resize(fyne.NewSize(fyne.Max(1, step-3), size.Height))
	}
}

func (r *meterRenderer) Refresh() {
	for i, bar := range r.bars {
		rect := bar.(*canvas.Rectangle)
		rect.CornerRadius = 2
		rect.FillColor = Color(Border)
		if i < r.m.lit {
			rect.FillColor = Color(Success)
			if i > r.m.steps*5/6 {
				rect.FillColor = Color(Waiting)
			}
		}
	}
	canvas.Refresh(r.m)
}

// Avatar stands for a person without a picture: initials in a circle.
type Avatar struct {
	widget.BaseWidget
	initials  string
	fill, ink fyne.ThemeColorName
	size      fyne.ThemeSizeName
	grow      float32
}

// NewAvatar draws initials in a circle grow times as wide as the text size.
func NewAvatar(initials string, size fyne.ThemeSizeName, grow float32, fill, ink fyne.ThemeColorName) *Avatar {
	a := &Avatar{initials: initials, size: size, grow: grow, fill: fill, ink: ink}
	a.ExtendBaseWidget(a)
	return a
}

// Set changes the initials.
func (a *Avatar) Set(initials string) {
	if a.initials != initials {
		a.initials = initials
		a.Refresh()
	}
}

// MinSize implements fyne.CanvasObject.
func (a *Avatar) MinSize() fyne.Size { return fyne.NewSquareSize(Size(a.size) * a.grow) }

// CreateRenderer implements fyne.Widget.
func (a *Avatar) CreateRenderer() fyne.WidgetRenderer {
	r := &avatarRenderer{a, canvas.NewCircle(color.Transparent), canvas.NewText("", nil)}
	r.Refresh()
	return r
}

type avatarRenderer struct {
	a      *Avatar
	circle *canvas.Circle
	text   *canvas.Text
}

func (r *avatarRenderer) Destroy()           {}
func (r *avatarRenderer) MinSize() fyne.Size { return r.a.MinSize() }
func (r *avatarRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.circle, r.text}
}

func (r *avatarRenderer) Layout(size fyne.Size) {
	side := fyne.Min(size.Width, size.Height)
	at := fyne.NewPos((size.Width-side)/2, (size.Height-side)/2)
	r.circle.Move(at)
	r.circle.Resize(fyne.NewSquareSize(side))
	h := r.text.MinSize().Height
	r.text.Move(at.AddXY(0, (side-h)/2))
	r.text.Resize(fyne.NewSize(side, h))
}

func (r *avatarRenderer) Refresh() {
	r.circle.FillColor = Color(r.a.fill)
	r.text.Text, r.text.Color, r.text.TextSize = r.a.initials, Color(r.a.ink), Size(r.a.size)
	r.text.Alignment, r.text.TextStyle = fyne.TextAlignCenter, fyne.TextStyle{Bold: true}
	r.Layout(r.a.Size())
	canvas.Refresh(r.a)
}
