package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// flow is a layout whose height depends on the width it gets. Fyne's own layouts
// ask for a minimum size before they know the width, which breaks wrapped text.
type flow interface {
	heightFor(objects []fyne.CanvasObject, width float32) float32
}

// HeightFor is the height o needs at this width.
func HeightFor(o fyne.CanvasObject, width float32) float32 {
	if w, ok := o.(interface{ HeightFor(float32) float32 }); ok {
		return w.HeightFor(width)
	}
	if c, ok := o.(*fyne.Container); ok {
		if f, ok := c.Layout.(flow); ok {
			return f.heightFor(c.Objects, width)
		}
	}
	return o.MinSize().Height
}

// place is where one child goes.
type place struct {
	object fyne.CanvasObject
	pos    fyne.Position
	size   fyne.Size
}

func (p place) apply() {
	p.object.Move(p.pos)
	p.object.Resize(p.size)
}

// column stacks its children, each as wide as the column.
type column struct {
	gap   fyne.ThemeSizeName
	width float32
}

// Column stacks objects with a gap between the visible ones.
func Column(gap fyne.ThemeSizeName, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&column{gap: gap}, objects...)
}

func (c *column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	c.width = size.Width
	y := float32(0)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		h := HeightFor(o, size.Width)
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, h))
		y += h + Size(c.gap)
	}
}

func (c *column) heightFor(objects []fyne.CanvasObject, width float32) float32 {
	y := float32(0)
	for _, o := range objects {
		if o.Visible() {
			if y > 0 {
				y += Size(c.gap)
			}
			y += HeightFor(o, width)
		}
	}
	return y
}

func (c *column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	w := float32(0)
	for _, o := range objects {
		if o.Visible() {
			w = fyne.Max(w, o.MinSize().Width)
		}
	}
	return fyne.NewSize(w, c.heightFor(objects, fyne.Max(w, c.width)))
}

// row sets its children side by side. With a growing child, what stands after it
// goes below when the line is too narrow. Without one, children wrap.
type row struct {
	gap  fyne.ThemeSizeName
	grow fyne.CanvasObject
	// min is the least width of the growing child in ems before the row folds; below
	// zero it is what a text needs to be whole, up to so many ems.
	min   float32
	top   bool
	align fyne.TextAlign
	width float32
}

// Row sets objects side by side and wraps them when they do not fit.
func Row(gap fyne.ThemeSizeName, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&row{gap: gap}, objects...)
}

// RowAligned is Row with another alignment of its lines.
func RowAligned(align fyne.TextAlign, gap fyne.ThemeSizeName, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&row{gap: gap, align: align}, objects...)
}

// Spread is a row in which grow takes the free width. When grow would get less than
// min ems, the objects after it go below.
func Spread(gap fyne.ThemeSizeName, min float32, grow fyne.CanvasObject, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&row{gap: gap, grow: grow, min: min}, objects...)
}

// SpreadTop is Spread with its objects set at the top instead of the middle.
func SpreadTop(gap fyne.ThemeSizeName, min float32, grow fyne.CanvasObject, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&row{gap: gap, grow: grow, min: min, top: true}, objects...)
}

func (r *row) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	r.width = size.Width
	places, _ := r.places(objects, size.Width)
	for _, p := range places {
		p.apply()
	}
}

func (r *row) heightFor(objects []fyne.CanvasObject, width float32) float32 {
	_, h := r.places(objects, width)
	return h
}

func (r *row) MinSize(objects []fyne.CanvasObject) fyne.Size {
	w, sum := float32(0), float32(0)
	for _, o := range objects {
		if o.Visible() {
			m := o.MinSize().Width
			if o == r.grow {
				m = fyne.Min(m, r.least())
			}
			w = fyne.Max(w, m)
			sum += m + Size(r.gap)
		}
	}
	if r.grow == nil {
		w = fyne.Max(0, sum-Size(r.gap))
	}
	at := r.width
	if at == 0 {
		at = w
	}
	return fyne.NewSize(w, r.heightFor(objects, at))
}

// least is the width below which the row folds.
func (r *row) least() float32 {
	if t, ok := r.grow.(*Text); ok && r.min < 0 {
		return fyne.Min(t.measure(t.text).Width, Em(-r.min))
	}
	return Em(r.min)
}

// places lays the lines out and returns their total height.
func (r *row) places(objects []fyne.CanvasObject, width float32) ([]place, float32) {
	gap := Size(r.gap)
	if r.grow == nil || !r.grow.Visible() {
		return r.wrapped(objects, width, gap)
	}
	lead, tail := split(objects, r.grow)
	free := width - taken(lead, gap)
	all := free - taken(tail, gap)
	if all >= r.least() || len(tail) == 0 {
		line := append(append(places(lead), place{object: r.grow, size: fyne.NewSize(all, HeightFor(r.grow, all))}), places(tail)...)
		h := r.line(line, 0, gap)
		return line, h
	}
	line := append(places(lead), place{object: r.grow, size: fyne.NewSize(free, HeightFor(r.grow, free))})
	y := r.line(line, 0, gap)
	indent := taken(lead, gap)
	if indent > width/3 {
		indent = 0
	}
	below, h := r.wrapped(tail, width-indent, gap)
	for i := range below {
		below[i].pos = below[i].pos.AddXY(indent, y+gap)
	}
	return append(line, below...), y + gap + h
}

// line sets one line at y and returns its height.
func (r *row) line(line []place, y, gap float32) float32 {
	h, x := float32(0), float32(0)
	for _, p := range line {
		h = fyne.Max(h, p.size.Height)
	}
	for i, p := range line {
		at := y
		if !r.top {
			at += (h - p.size.Height) / 2
		}
		line[i].pos = fyne.NewPos(x, at)
		x += p.size.Width + gap
	}
	return h
}

func (r *row) wrapped(objects []fyne.CanvasObject, width, gap float32) (all []place, y float32) {
	var line []place
	x := float32(0)
	flush := func() {
		if len(line) == 0 {
			return
		}
		if y > 0 {
			y += gap
		}
		h := r.line(line, y, gap)
		shift := width - (x - gap)
		for i := range line {
			switch {
			case shift <= 0:
			case r.align == fyne.TextAlignCenter:
				line[i].pos.X += shift / 2
			case r.align == fyne.TextAlignTrailing:
				line[i].pos.X += shift
			}
		}
		all, line, x, y = append(all, line...), nil, 0, y+h
	}
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		w := fyne.Min(o.MinSize().Width, width)
		if x > 0 && x+w > width+0.5 {
			flush()
		}
		line = append(line, place{object: o, size: fyne.NewSize(w, HeightFor(o, w))})
		x += w + gap
	}
	flush()
	return all, y
}

func split(objects []fyne.CanvasObject, at fyne.CanvasObject) (lead, tail []fyne.CanvasObject) {
	seen := false
	for _, o := range objects {
		switch {
		case o == at:
			seen = true
		case !o.Visible():
		case seen:
			tail = append(tail, o)
		default:
			lead = append(lead, o)
		}
	}
	return lead, tail
}

func taken(objects []fyne.CanvasObject, gap float32) (w float32) {
	for _, o := range objects {
		w += o.MinSize().Width + gap
	}
	return w
}

func places(objects []fyne.CanvasObject) []place {
	var all []place
	for _, o := range objects {
		w := o.MinSize().Width
		all = append(all, place{object: o, size: fyne.NewSize(w, HeightFor(o, w))})
	}
	return all
}
