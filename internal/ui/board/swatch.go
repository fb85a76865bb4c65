package board

import (
	"image/color"

	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// swatch is a button that shows a line in its colour and width on paper. The chosen one has
// a frame, not only another colour.
type swatch struct {
	widget.BaseWidget
	name    string
	ink     func() color.Color
	width   float32
	tap     func()
	key     func(*fyne.KeyEvent)
	chosen  bool
	focused bool
}

func newSwatch(name string, width float32, ink func() color.Color, tap func()) *swatch {
	s := &swatch{name: name, ink: ink, width: width, tap: tap}
	s.ExtendBaseWidget(s)
	return s
}

func (s *swatch) choose(chosen bool) {
	if s.chosen != chosen {
		s.chosen = chosen
		s.Refresh()
	}
}

// MinSize is that of a target.
func (s *swatch) MinSize() fyne.Size { return fyne.NewSquareSize(44) }

// Tapped implements fyne.Tappable.
func (s *swatch) Tapped(*fyne.PointEvent) { s.tap() }

// FocusGained implements fyne.Focusable.
func (s *swatch) FocusGained() { s.focused = true; s.Refresh() }

// FocusLost implements fyne.Focusable.
func (s *swatch) FocusLost() { s.focused = false; s.Refresh() }

// TypedRune implements fyne.Focusable.
func (s *swatch) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (s *swatch) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		s.tap()
	default:
		if s.key != nil {
			s.key(e)
		}
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (s *swatch) AccessibilityLabel() string { return s.name }

// AccessibilityRole implements fyne.Accessible.
func (s *swatch) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// CreateRenderer implements fyne.Widget.
func (s *swatch) CreateRenderer() fyne.WidgetRenderer {
	r := &swatchRenderer{s: s, frame: canvas.NewRectangle(color.Transparent), paper: canvas.NewRectangle(color.White), line: canvas.NewRectangle(nil)}
	r.Refresh()
	return r
}

type swatchRenderer struct {
	s                  *swatch
	frame, paper, line *canvas.Rectangle
}

func (r *swatchRenderer) Destroy()           {}
func (r *swatchRenderer) MinSize() fyne.Size { return r.s.MinSize() }

func (r *swatchRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.frame, r.paper, r.line}
}

func (r *swatchRenderer) Layout(size fyne.Size) {
	r.frame.Resize(size)
	r.frame.CornerRadius, r.paper.CornerRadius = kit.Size(kit.RadiusM), kit.Size(kit.RadiusS)
	inner := fyne.NewSize(size.Width-14, size.Height-14)
	r.paper.Move(fyne.NewPos(7, 7))
	r.paper.Resize(inner)
	r.line.CornerRadius = r.s.width / 2
	r.line.Move(fyne.NewPos(12, (size.Height-r.s.width)/2))
	r.line.Resize(fyne.NewSize(size.Width-24, r.s.width))
}

func (r *swatchRenderer) Refresh() {
	r.line.FillColor = r.s.ink()
	r.frame.StrokeColor, r.frame.StrokeWidth = color.Transparent, 0
	switch {
	case r.s.focused:
		r.frame.StrokeColor, r.frame.StrokeWidth = kit.Color(kit.CallWaiting), 3
	case r.s.chosen:
		r.frame.StrokeColor, r.frame.StrokeWidth = kit.Color(kit.CallInk), 3
	}
	r.frame.Refresh()
	r.line.Refresh()
}
