package board

// under are the visible objects that a round eraser touches, the highest first.
func (b *Board) under(at Point, radius float64) []ID {
	var ids []ID
	r := int(clamp(radius, maxPosition))
	around := Box{at.X - r, at.Y - r, at.X + r, at.Y + r}
	for i := len(b.model.order) - 1; i >= 0; i-- {
		o := b.model.order[i]
		if o.Visible() && o.Box().Meets(around) && o.touches(at, float64(r)) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// touches tells whether an object paints within a distance of a point, both in tenths.
func (o *Object) touches(at Point, within float64) bool {
	if o.Kind == Text {
		lines, longest := measure(o.Text)
		size := Sizes()[o.Style.Width]
		p, r := o.Points[0], int(within)
		return at.X >= p.X-r && at.X <= p.X+longest*size*11/20+r && at.Y >= p.Y-r && at.Y <= p.Y+lines*lineHeight(size)+r
	}
	within += float64(o.thickness()) / 2
	points := o.outline()
	if len(points) == 1 {
		return apart(at, points[0], points[0]) <= within*within
	}
	for i := 1; i < len(points); i++ {
		if apart(at, points[i-1], points[i]) <= within*within {
			return true
		}
	}
	return false
}

// thickness is the width of a line at middle pressure, in tenths.
func (o *Object) thickness() int {
	w := Widths()[o.Style.Width]
	if o.Kind == Highlighter {
		return w * HighWidth
	}
	return w
}

// outline is the object as a line from point to point.
func (o *Object) outline() []Point {
	if o.Kind != Rectangle && o.Kind != Ellipse {
		return o.Points
	}
	a, c := o.Points[0], o.Points[1]
	if o.Kind == Rectangle {
		return []Point{a, {X: c.X, Y: a.Y}, c, {X: a.X, Y: c.Y}, a}
	}
	// Twelve points of the ellipse: cos and sin of 30° steps, in thousandths.
	cos := []int{1000, 866, 500, 0, -500, -866, -1000, -866, -500, 0, 500, 866, 1000}
	points := make([]Point, len(cos))
	for i := range cos {
		sin := cos[(i+9)%12]
		points[i] = Point{X: half(a.X+c.X) + half((c.X-a.X)*cos[i])/1000, Y: half(a.Y+c.Y) + half((c.Y-a.Y)*sin)/1000}
	}
	return points
}

// half rounds towards zero, as division does in both languages.
func half(n int) int { return n / 2 }

// apart is the square of the distance from p to the line from a to b.
func apart(p, a, b Point) float64 {
	dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
	px, py := float64(p.X-a.X), float64(p.Y-a.Y)
	if length := dx*dx + dy*dy; length > 0 {
		t := clamp01((px*dx + py*dy) / length)
		px, py = px-t*dx, py-t*dy
	}
	return px*px + py*py
}

func clamp01(v float64) float64 { return min(max(v, 0), 1) }
