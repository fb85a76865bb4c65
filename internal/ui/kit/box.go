package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Panel is a filled, rounded rectangle of theme colours.
type Panel struct {
	widget.BaseWidget
	fill, stroke fyne.ThemeColorName
	radius       fyne.ThemeSizeName
	width        float32
	min          fyne.Size
}

// NewPanel draws fill with a border of one pixel in stroke; either may be None.
func NewPanel(fill, stroke fyne.ThemeColorName, radius fyne.ThemeSizeName) *Panel {
	p := &Panel{fill: fill, stroke: stroke, radius: radius, width: 1}
	p.ExtendBaseWidget(p)
	return p
}

// Set changes the colours.
func (p *Panel) Set(fill, stroke fyne.ThemeColorName) {
	if p.fill != fill || p.stroke != stroke {
		p.fill, p.stroke = fill, stroke
		p.Refresh()
	}
}

// SetMin gives the panel a least size, for bars and rules.
func (p *Panel) SetMin(w, h float32) { p.min = fyne.NewSize(w, h) }

// MinSize is what SetMin said.
func (p *Panel) MinSize() fyne.Size { return p.min }

// CreateRenderer implements fyne.Widget.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	r := &panelRenderer{p: p, rect: canvas.NewRectangle(nil)}
	r.Refresh()
	return r
}

type panelRenderer struct {
	p    *Panel
	rect *canvas.Rectangle
}

func (r *panelRenderer) Destroy()                     {}
func (r *panelRenderer) MinSize() fyne.Size           { return r.p.min }
func (r *panelRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.rect} }

func (r *panelRenderer) Layout(size fyne.Size) {
	r.rect.Resize(size)
	r.rect.CornerRadius = fyne.Min(Size(r.p.radius), fyne.Min(size.Width, size.Height)/2)
}

func (r *panelRenderer) Refresh() {
	r.rect.FillColor = Color(r.p.fill)
	r.rect.StrokeColor, r.rect.StrokeWidth = Color(r.p.stroke), 0
	if r.p.stroke != None {
		r.rect.StrokeWidth = r.p.width
	}
	r.Layout(r.p.Size())
	r.rect.Refresh()
}

// inset keeps a distance to each side.
type inset struct {
	v, h  fyne.ThemeSizeName
	width float32
}

// Inset puts v above and below o, and h at its sides.
func Inset(v, h fyne.ThemeSizeName, o fyne.CanvasObject) *fyne.Container {
	return container.New(&inset{v: v, h: h}, o)
}

func (l *inset) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	for _, o := range objects {
		o.Move(fyne.NewPos(Size(l.h), Size(l.v)))
		o.Resize(fyne.NewSize(fyne.Max(0, size.Width-2*Size(l.h)), fyne.Max(0, size.Height-2*Size(l.v))))
	}
}

func (l *inset) heightFor(objects []fyne.CanvasObject, width float32) (h float32) {
	for _, o := range objects {
		h = fyne.Max(h, HeightFor(o, width-2*Size(l.h)))
	}
	return h + 2*Size(l.v)
}

func (l *inset) MinSize(objects []fyne.CanvasObject) fyne.Size {
	w := float32(0)
	for _, o := range objects {
		w = fyne.Max(w, o.MinSize().Width)
	}
	w += 2 * Size(l.h)
	return fyne.NewSize(w, l.heightFor(objects, fyne.Max(w, l.width)))
}

// layers puts objects on top of each other; the last one decides the height.
type layers struct{ width float32 }

// Layers puts objects on top of each other, all of the size of the last.
func Layers(objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&layers{}, objects...)
}

func (l *layers) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	for _, o := range objects {
		o.Move(fyne.Position{})
		o.Resize(size)
	}
}

func (l *layers) heightFor(objects []fyne.CanvasObject, width float32) float32 {
	if len(objects) == 0 {
		return 0
	}
	return HeightFor(objects[len(objects)-1], width)
}

func (l *layers) MinSize(objects []fyne.CanvasObject) fyne.Size {
	if len(objects) == 0 {
		return fyne.Size{}
	}
	w := objects[len(objects)-1].MinSize().Width
	return fyne.NewSize(w, l.heightFor(objects, fyne.Max(w, l.width)))
}

// Card frames o as a piece of content that stands for itself.
func Card(o fyne.CanvasObject) *fyne.Container {
	return Layers(NewPanel(Surface, Border, RadiusL), Inset(L, L, o))
}

// measured centres its child and keeps it readable: never wider than max ems.
type measured struct {
	max   float32
	width float32
}

// Measured centres o and keeps it at most max ems wide.
func Measured(max float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(&measured{max: max}, o)
}

func (l *measured) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	w := fyne.Min(size.Width, Em(l.max))
	for _, o := range objects {
		o.Move(fyne.NewPos((size.Width-w)/2, 0))
		o.Resize(fyne.NewSize(w, size.Height))
	}
}

func (l *measured) heightFor(objects []fyne.CanvasObject, width float32) (h float32) {
	for _, o := range objects {
		h = fyne.Max(h, HeightFor(o, fyne.Min(width, Em(l.max))))
	}
	return h
}

func (l *measured) MinSize(objects []fyne.CanvasObject) fyne.Size {
	w := float32(0)
	for _, o := range objects {
		w = fyne.Max(w, o.MinSize().Width)
	}
	w = fyne.Min(w, Em(l.max))
	return fyne.NewSize(w, l.heightFor(objects, fyne.Max(w, l.width)))
}
