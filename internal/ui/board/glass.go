package board

import (
	"image"
	"image/color"

	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// CreateRenderer implements fyne.Widget.
func (s *Surface) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{s: s, picture: &canvas.Image{FillMode: canvas.ImageFillStretch, ScaleMode: canvas.ImageScaleFastest}, ring: canvas.NewRectangle(color.Transparent)}
	r.ring.StrokeWidth = 3
	r.Refresh()
	return r
}

// renderer shows the painter's picture, and on top of it what is not on the board: the
// others' pointers and the keyboard's cursor.
type renderer struct {
	s       *Surface
	picture *canvas.Image
	ring    *canvas.Rectangle
	glass   []fyne.CanvasObject
}

func (r *renderer) Destroy()           {}
func (r *renderer) MinSize() fyne.Size { return r.s.MinSize() }

func (r *renderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.picture, r.ring}, r.glass...)
}

func (r *renderer) Layout(size fyne.Size) {
	r.picture.Resize(size)
	r.ring.Move(fyne.NewSquareOffsetPos(2)) // within, or half of it would be cut
	r.ring.Resize(size.SubtractWidthHeight(4, 4))
	r.Refresh()
}

func (r *renderer) Refresh() {
	s := r.s
	size := s.Size()
	scale := float32(1)
	if app := fyne.CurrentApp(); app != nil {
		if c := app.Driver().CanvasForObject(s); c != nil {
			scale = c.Scale()
		}
	}
	s.pixels = image.Pt(int(size.Width*scale), int(size.Height*scale))
	r.picture.Hidden = s.pixels.X < 1 || s.pixels.Y < 1 // the toolkit cannot paint nothing
	if r.picture.Hidden {
		return
	}
	s.painter.Show(s.pixels, s.view())
	picture, changed := s.painter.Paint(s.b)
	if r.picture.Image != picture || !changed.Empty() {
		r.picture.Image = picture
		r.picture.Refresh()
	}
	r.ring.StrokeColor = color.Transparent
	if s.focused {
		r.ring.StrokeColor = kit.Color(kit.FocusRing)
	}
	r.ring.Refresh()
	r.glass = r.glass[:0]
	for _, p := range s.b.Pointers(s.now()) {
		r.pointer(p)
	}
	if s.keyed {
		r.cross(s.place(s.cursor.X, s.cursor.Y))
	}
}

func (r *renderer) put(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
	r.glass = append(r.glass, o)
}

func (r *renderer) line(from, to fyne.Position, width float32, c color.Color) {
	l := canvas.NewLine(c)
	l.StrokeWidth, l.Position1, l.Position2 = width, from, to
	r.glass = append(r.glass, l)
}

func (r *renderer) disc(at fyne.Position, radius float32, c color.Color) {
	for _, ring := range []struct {
		width float32
		c     color.Color
	}{{5, color.White}, {3, c}} {
		o := canvas.NewCircle(color.Transparent)
		o.StrokeColor, o.StrokeWidth = ring.c, ring.width
		r.put(o, at.X-radius, at.Y-radius, 2*radius, 2*radius)
	}
}

// pointer shows where somebody points, with their name on the side where it is seen.
func (r *renderer) pointer(p board.Pointer) {
	where := func(at board.Point) fyne.Position {
		return r.s.place(float64(at.X)/board.Tenths, float64(at.Y)/board.Tenths)
	}
	teal, red := color.NRGBA{0x0b, 0x55, 0x63, 0xff}, color.NRGBA{0xd4, 0x00, 0x2b, 0xff}
	at, c := where(p.At), teal
	if p.Laser {
		c = red
		for i := 1; i < len(p.Trail); i++ {
			r.line(where(p.Trail[i-1]), where(p.Trail[i]), 5, color.NRGBA{0xd4, 0x00, 0x2b, 0x99})
		}
	}
	r.disc(at, 8, c)
	name := ""
	if r.s.NameOf != nil {
		name = r.s.NameOf(p.Peer)
	}
	if name == "" {
		return
	}
	text := canvas.NewText(name, color.White)
	text.TextSize = kit.Size(kit.Caption)
	size := text.MinSize()
	x := at.X + 12
	if x+size.Width+16 > r.s.Size().Width {
		x = at.X - 28 - size.Width
	}
	r.put(canvas.NewRectangle(teal), x, at.Y+8, size.Width+16, size.Height+6)
	r.put(text, x+8, at.Y+11, size.Width, size.Height)
}

// cross is the keyboard's place: dark on white, so that it is seen on anything.
func (r *renderer) cross(at fyne.Position) {
	dark := color.NRGBA{0x14, 0x26, 0x2c, 0xff}
	for _, arm := range []struct {
		width float32
		c     color.Color
	}{{6, color.White}, {3, dark}} {
		for _, d := range []fyne.Position{{X: 1}, {X: -1}, {Y: 1}, {Y: -1}} {
			r.line(at.AddXY(d.X*5, d.Y*5), at.AddXY(d.X*18, d.Y*18), arm.width, arm.c)
		}
	}
	if r.s.held {
		r.disc(at, 12, dark)
	}
}
