package board

import (
	"math"
	"strconv"
)

// Stroke is a line of one width. Positions and widths are hundredths of a unit.
type Stroke struct {
	Width int
	Path  []Piece
}

// Piece is one step of a path: M moves, L draws a line, Q a quadratic and C a cubic
// Bézier curve. The last of its points is where it ends.
type Piece struct {
	Verb byte
	To   []Place
}

// Place is a position in hundredths of a unit.
type Place struct{ X, Y int }

// Hundredths are in a unit.
const Hundredths = 100

const scale = Hundredths / Tenths

// Strokes are the lines of an object with round ends and joins; none for a text. Every
// painter and the SVG draw exactly these.
func (o *Object) Strokes() []Stroke {
	w := o.thickness() * scale
	switch o.Kind {
	case Pen, Highlighter:
		return o.freehand()
	case Line:
		return []Stroke{{w, straight(place(o.Points[0]), place(o.Points[1]))}}
	case Arrow:
		return o.arrow(w)
	case Rectangle:
		a, c := place(o.Points[0]), place(o.Points[1])
		return []Stroke{{w, straight(a, Place{c.X, a.Y}, c, Place{a.X, c.Y}, a)}}
	case Ellipse:
		return []Stroke{{w, oval(place(o.Points[0]), place(o.Points[1]))}}
	}
	return nil
}

func place(p Point) Place { return Place{p.X * scale, p.Y * scale} }

func straight(points ...Place) []Piece {
	path := []Piece{{'M', points[:1]}}
	for i := range points[1:] {
		path = append(path, Piece{'L', points[i+1 : i+2]})
	}
	return path
}

// freehand smooths a stroke: a curve from the middle of each step to the middle of the
// next, drawn towards the point between. Curves of one width make one line.
func (o *Object) freehand() []Stroke {
	points := o.Points
	if len(points) == 1 {
		p := place(points[0])
		return []Stroke{{o.pressed(points[0]), straight(p, p)}}
	}
	middle := func(i int) Place {
		a, b := points[i], points[i+1]
		return Place{(a.X + b.X) * scale / 2, (a.Y + b.Y) * scale / 2}
	}
	list := []Stroke{{o.pressed(points[0]), straight(place(points[0]), middle(0))}}
	for i := 1; i < len(points); i++ {
		last := &list[len(list)-1]
		if w := o.pressed(points[i]); w != last.Width {
			list = append(list, Stroke{w, []Piece{{'M', []Place{middle(i - 1)}}}})
			last = &list[len(list)-1]
		}
		if i == len(points)-1 {
			last.Path = append(last.Path, Piece{'L', []Place{place(points[i])}})
		} else {
			last.Path = append(last.Path, Piece{'Q', []Place{place(points[i]), middle(i)}})
		}
	}
	return list
}

// pressed is the width of a pen at a point: half of its own with no pressure, one and a
// half times with all.
func (o *Object) pressed(p Point) int {
	w := o.thickness() * scale
	if o.Kind != Pen {
		return w
	}
	return w * (Pressures/2 + p.Pressure) / Pressures
}

// headSize is the length of an arrow's head for a width, both in any unit.
func headSize(w int) int { return 3*w + 10*Tenths }

func (o *Object) arrow(w int) []Stroke {
	a, b := place(o.Points[0]), place(o.Points[1])
	list := []Stroke{{w, straight(a, b)}}
	dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
	length := math.Sqrt(float64(dx*dx) + float64(dy*dy))
	if length == 0 {
		return list
	}
	size := float64(headSize(Widths()[o.Style.Width]) * scale)
	ux, uy := dx/length*size, dy/length*size
	// Two barbs at about 30°: 0.87 back and 0.5 to the side.
	barb := func(side float64) Place {
		return Place{b.X - nearest(float64(ux*0.87)-float64(uy*side)), b.Y - nearest(float64(uy*0.87)+float64(ux*side))}
	}
	return append(list, Stroke{w, straight(barb(0.5), b, barb(-0.5))})
}

func nearest(v float64) int { return int(math.Floor(v + 0.5)) }

// oval is an ellipse in the box between two corners, as four curves.
func oval(a, c Place) []Piece {
	cx, cy := float64(a.X+c.X)/2, float64(a.Y+c.Y)/2
	rx, ry := float64(c.X-a.X)/2, float64(c.Y-a.Y)/2
	const k = 0.5522847498 // a quarter of a circle as a cubic curve
	at := func(x, y float64) Place { return Place{nearest(cx + float64(x*rx)), nearest(cy + float64(y*ry))} }
	return []Piece{
		{'M', []Place{at(1, 0)}},
		{'C', []Place{at(1, k), at(k, 1), at(0, 1)}},
		{'C', []Place{at(-k, 1), at(-1, k), at(-1, 0)}},
		{'C', []Place{at(-1, -k), at(-k, -1), at(0, -1)}},
		{'C', []Place{at(k, -1), at(1, -k), at(1, 0)}},
	}
}

// Data is the stroke's path as SVG writes it (SVG 1.1, section 8.3), in units.
func (s Stroke) Data() string {
	var b []byte
	for i, piece := range s.Path {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, piece.Verb)
		for j, p := range piece.To {
			if j > 0 {
				b = append(b, ' ')
			}
			b = AppendUnits(append(AppendUnits(b, p.X), ' '), p.Y)
		}
	}
	return string(b)
}

// AppendUnits writes hundredths as units: 1250 as 12.5.
func AppendUnits(b []byte, n int) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, int64(n/Hundredths), 10)
	switch rest := n % Hundredths; {
	case rest == 0:
		return b
	case rest%10 == 0:
		return append(b, '.', byte('0'+rest/10))
	default:
		return append(b, '.', byte('0'+rest/10), byte('0'+rest%10))
	}
}

// lineHeight is the distance between the lines of a text of a size.
func lineHeight(size int) int { return size * 13 / 10 }

// Row is one line of a text: where its base line begins, in hundredths.
type Row struct {
	Place Place
	Text  string
}

// Rows are the lines of a text, and Letters its size in hundredths.
func (o *Object) Rows() (rows []Row, letters int) {
	if o.Kind != Text {
		return nil, 0
	}
	size := Sizes()[o.Style.Width]
	at := place(o.Points[0])
	// The base line lies about four fifths of the letters' height below the corner.
	y := at.Y + size*scale*8/10
	for _, line := range splitLines(o.Text) {
		rows = append(rows, Row{Place{at.X, y}, line})
		y += lineHeight(size) * scale
	}
	return rows, size * scale
}
