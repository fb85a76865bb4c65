package lens

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"ekermed.example/ekermed/internal/call/pointing"
	"ekermed.example/ekermed/internal/ui/kit"
)

// CreateRenderer implements fyne.Widget.
func (l *Lens) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{l: l, stage: canvas.NewRectangle(nil), picture: &canvas.Image{FillMode: canvas.ImageFillStretch, ScaleMode: canvas.ImageScaleFastest},
		glass: container.NewWithoutLayout(), ring: canvas.NewRectangle(color.Transparent)}
	r.ring.StrokeWidth = 3
	r.clip = container.NewClip(container.NewWithoutLayout(r.picture, r.glass))
	r.Refresh()
	return r
}

// renderer draws the part of the picture that is seen, and the fingers on top of it.
type renderer struct {
	l       *Lens
	stage   *canvas.Rectangle
	picture *canvas.Image
	glass   *fyne.Container
	clip    *container.Clip
	ring    *canvas.Rectangle
}

func (r *renderer) Destroy()           {}
func (r *renderer) MinSize() fyne.Size { return r.l.MinSize() }

func (r *renderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.stage, r.clip, r.ring}
}

func (r *renderer) Layout(size fyne.Size) {
	r.stage.Resize(size)
	r.clip.Resize(size)
	r.ring.Move(fyne.NewSquareOffsetPos(2)) // within, or half of it would be cut
	r.ring.Resize(size.SubtractWidthHeight(4, 4))
	r.Refresh()
}

func (r *renderer) Refresh() {
	l := r.l
	if fill := kit.Color(kit.Stage); r.stage.FillColor != fill {
		r.stage.FillColor = fill
		r.stage.Refresh()
	}
	r.ring.StrokeColor = color.Transparent
	if l.focused {
		r.ring.StrokeColor = kit.Color(kit.FocusRing)
	}
	r.ring.Refresh()
	l.zoom = l.zoom.within(l.Size(), l.picture()) // the box may be another
	at, size := l.zoom.lie(l.Size(), l.picture())
	r.picture.Hidden, r.glass.Hidden = l.frame == nil, l.frame == nil
	if l.frame != nil {
		r.picture.Image = l.frame
		r.picture.Move(at)
		r.picture.Resize(size)
		r.picture.Refresh()
	}
	r.glass.Objects = nil
	for _, d := range l.dots {
		r.dot(d, at, size)
	}
	r.glass.Refresh()
}

// dot is one finger: a ring that is seen on anything, with a name on the side where it has room.
func (r *renderer) dot(d Dot, at fyne.Position, size fyne.Size) {
	deep := color.NRGBA{0xb0, 0x00, 0x24, 0xff}
	x, y := at.X+size.Width*float32(d.At.X)/pointing.Whole, at.Y+size.Height*float32(d.At.Y)/pointing.Whole
	const radius = 11
	for _, ring := range []struct {
		width float32
		c     color.Color
	}{{7, color.White}, {4, deep}} {
		o := canvas.NewCircle(color.Transparent)
		o.StrokeColor, o.StrokeWidth = ring.c, ring.width
		r.put(o, x-radius, y-radius, 2*radius, 2*radius)
	}
	text := canvas.NewText(d.Name, color.White)
	text.TextSize, text.TextStyle.Bold = kit.Size(kit.Caption), true
	label := text.MinSize()
	box := fyne.NewSize(label.Width+16, label.Height+6)
	left, top := x+radius+6, y+radius
	if left+box.Width > r.l.Size().Width {
		left = x - radius - 6 - box.Width
	}
	if top+box.Height > r.l.Size().Height {
		top = y - radius - box.Height
	}
	back := canvas.NewRectangle(deep)
	back.CornerRadius = kit.Size(kit.RadiusM)
	r.put(back, left, top, box.Width, box.Height)
	r.put(text, left+8, top+3, label.Width, label.Height)
}

func (r *renderer) put(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
	r.glass.Objects = append(r.glass.Objects, o)
}
