package board

import (
	"image"
	"image/color"
	"math"
	"time"

	"ekermed.example/ekermed/internal/call/board"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Tool is what the pointer does on the board: a kind of object, or one of those below.
type Tool string

// The tools that add no object.
const (
	Eraser Tool = "eraser"
	Laser  Tool = "laser"
	Hand   Tool = "hand"
)

const (
	eraserRadius = 12 // units
	nearest      = 6  // how many times larger than the whole page
	stride       = 20 // units that an arrow key moves the cursor
)

// Surface is the board itself: it shows what is there and takes pointer and keys. The one
// who shows it calls Refresh at the pace of the screen, and after hearing from others.
type Surface struct {
	widget.BaseWidget
	// Name is the accessible name.
	Name string
	// NameOf is what a person is called beside their pointer.
	NameOf func(peer string) string
	// Write is called to ask for a text that goes to a place.
	Write func(at board.At, where fyne.Position)
	// Clear is called when the person wants everything gone: ask, then do it.
	Clear func()
	// Refused is told why something could not be done.
	Refused func(error)
	// Changed is told when the person did something, Key gets what no tool uses.
	Changed func()
	Key     func(*fyne.KeyEvent)

	b       *board.Board
	painter *Painter
	now     func() time.Time
	tool    Tool
	style   board.Style

	zoom   float64
	middle [2]float64 // of what is seen, in units
	pixels image.Point
	picked fyne.Position // where a drag of the view was last

	from, at *board.At // of what is being drawn
	held     bool
	cursor   board.At // the keyboard's place
	keyed    bool
	focused  bool
}

// NewSurface shows b with a font. around is the colour beside the page, now the clock.
func NewSurface(b *board.Board, ttf []byte, around color.Color, now func() time.Time) (*Surface, error) {
	p, err := NewPainter(ttf)
	if err != nil {
		return nil, err
	}
	p.Around = around
	s := &Surface{b: b, painter: p, now: now, tool: Tool(board.Pen), style: board.Style{Width: 1}, zoom: 1,
		middle: [2]float64{board.Width / 2, board.Height / 2}, cursor: board.At{X: board.Width / 2, Y: board.Height / 2, Pressure: board.MousePressure}}
	if !b.MayDraw() {
		s.tool = Hand
	}
	s.ExtendBaseWidget(s)
	return s, nil
}

// Tool is the tool in hand, Style its colour and width.
func (s *Surface) Tool() Tool { return s.tool }

// Style is told at Tool.
func (s *Surface) Style() board.Style { return s.style }

// Take takes another tool.
func (s *Surface) Take(t Tool) { s.cancel(); s.tool = t }

// Dress changes colour and width of what is drawn from now on.
func (s *Surface) Dress(style board.Style) { s.style = style }

// SetGround gives the content of the board's ground, once it is here.
func (s *Surface) SetGround(m image.Image) { s.painter.SetGround(m); s.Refresh() }

// MinSize is small: the page scales.
func (s *Surface) MinSize() fyne.Size { return fyne.NewSize(160, 90) }

// view is the page in pixels, with what is seen kept within it.
func (s *Surface) view() View {
	v := Fit(s.pixels)
	v.Scale *= s.zoom
	along := func(middle *float64, page, room float64) float64 {
		if length := page * v.Scale; length <= room {
			*middle = page / 2
		} else {
			half := room / 2 / v.Scale
			*middle = min(max(*middle, half), page-half)
		}
		return room/2 - *middle*v.Scale
	}
	v.X = along(&s.middle[0], board.Width, float64(s.pixels.X))
	v.Y = along(&s.middle[1], board.Height, float64(s.pixels.Y))
	return v
}

// ratio is pixels over Fyne's units.
func (s *Surface) ratio() float64 {
	if w := s.Size().Width; w > 0 {
		return float64(s.pixels.X) / float64(w)
	}
	return 1
}

// page is a position in units of the page.
func (s *Surface) page(p fyne.Position) board.At {
	k := s.ratio()
	x, y := s.view().Page(float64(p.X)*k, float64(p.Y)*k)
	return board.At{X: x, Y: y, Pressure: board.MousePressure}
}

// place is the contrary of page.
func (s *Surface) place(x, y float64) fyne.Position {
	v, k := s.view(), s.ratio()
	if k == 0 {
		return fyne.Position{}
	}
	return fyne.NewPos(float32((x*v.Scale+v.X)/k), float32((y*v.Scale+v.Y)/k))
}

// Zoom enlarges what is seen by a factor, about the middle.
func (s *Surface) Zoom(by float64) {
	s.zoom = min(max(s.zoom*by, 1), nearest)
	s.Refresh()
}

// Whole shows the whole page.
func (s *Surface) Whole() {
	s.zoom = 1
	s.Refresh()
}

// pan moves what is seen by Fyne's units.
func (s *Surface) pan(dx, dy float32) {
	k := s.ratio() / s.view().Scale
	s.middle[0] -= float64(dx) * k
	s.middle[1] -= float64(dy) * k
	s.Refresh()
}

// MouseDown implements desktop.Mouseable.
func (s *Surface) MouseDown(e *desktop.MouseEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil {
		c.Focus(s)
	}
	s.keyed = false
	if e.Button == desktop.MouseButtonPrimary {
		s.picked = e.Position
		s.down(s.page(e.Position))
	}
}

// MouseUp implements desktop.Mouseable.
func (s *Surface) MouseUp(*desktop.MouseEvent) { s.up() }

// Dragged implements fyne.Draggable.
func (s *Surface) Dragged(e *fyne.DragEvent) {
	if s.tool == Hand {
		s.pan(e.Position.X-s.picked.X, e.Position.Y-s.picked.Y)
		s.picked = e.Position
		return
	}
	s.move(s.page(e.Position))
}

// DragEnd implements fyne.Draggable.
func (s *Surface) DragEnd() { s.up() }

// MouseIn implements desktop.Hoverable.
func (s *Surface) MouseIn(e *desktop.MouseEvent) { s.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (s *Surface) MouseMoved(e *desktop.MouseEvent) {
	if at := s.page(e.Position); !s.held {
		s.b.Point(at.X, at.Y, false)
	}
}

// MouseOut implements desktop.Hoverable.
func (s *Surface) MouseOut() { s.b.Away() }

// Scrolled implements fyne.Scrollable: the wheel enlarges about the pointer.
func (s *Surface) Scrolled(e *fyne.ScrollEvent) {
	before := s.page(e.Position)
	s.zoom = min(max(s.zoom*math.Exp(float64(min(max(e.Scrolled.DY, -60), 60))/200), 1), nearest)
	after := s.page(e.Position)
	s.middle[0] += before.X - after.X
	s.middle[1] += before.Y - after.Y
	s.Refresh()
}

// Cursor implements desktop.Cursorable.
func (s *Surface) Cursor() desktop.Cursor {
	if s.tool == Hand {
		return desktop.PointerCursor
	}
	return desktop.CrosshairCursor
}

// AccessibilityLabel implements fyne.Accessible.
func (s *Surface) AccessibilityLabel() string { return s.Name }

// AccessibilityRole implements fyne.Accessible.
func (s *Surface) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleContainer }
