package board

import (
	"image"
	"image/color"
	"math"

	"ekermed.example/ekermed/internal/call/board"
	"golang.org/x/image/vector"
)

// outline fills lines of a width with round ends and joins, within a part of a picture.
// Each straight piece adds a box and a circle at its end, all turning the same way, so that
// where they overlap they count once.
type outline struct {
	raster vector.Rasterizer
	mask   image.Alpha
	view   View
	in     image.Rectangle
	used   bool
}

// precise is the width from which the rasteriser computes with floating point. Below, it
// rounds slopes, and a long line that is seen in parts would not fit together.
const (
	precise = 513
	long    = 64
)

// begin starts an object that takes up size pixels, of which those within in are painted.
func (o *outline) begin(v View, in image.Rectangle, size image.Point) {
	width := in.Dx()
	if max(size.X, size.Y) > long {
		width = max(width, precise)
	}
	o.raster.Reset(width, in.Dy())
	o.view, o.in, o.used = v, in, false
}

func (o *outline) stroke(s board.Stroke) {
	radius := math.Max(float64(s.Width)/board.Hundredths*o.view.Scale/2, 0.35)
	var x, y float64
	for _, piece := range s.Path {
		var to [3][2]float64
		for i, p := range piece.To {
			to[i][0], to[i][1] = o.view.pixel(p)
		}
		end := to[len(piece.To)-1]
		switch piece.Verb {
		case 'M':
			o.circle(end[0], end[1], radius)
		case 'L':
			o.line(x, y, end[0], end[1], radius)
		case 'Q', 'C':
			o.curve(x, y, to, piece.Verb == 'C', radius)
		}
		x, y = end[0], end[1]
	}
}

// curve draws a Bézier curve as straight pieces, finer the longer it is.
func (o *outline) curve(x, y float64, to [3][2]float64, cubic bool, radius float64) {
	last := 1
	if cubic {
		last = 2
	}
	length, px, py := 0.0, x, y
	for _, p := range to[:last+1] {
		length += math.Hypot(p[0]-px, p[1]-py)
		px, py = p[0], p[1]
	}
	n := min(max(int(math.Sqrt(length)*1.2), 1), 64)
	px, py = x, y
	for i := 1; i <= n; i++ {
		t := float64(i) / float64(n)
		u := 1 - t
		var qx, qy float64
		if cubic {
			qx = u*u*u*x + 3*u*u*t*to[0][0] + 3*u*t*t*to[1][0] + t*t*t*to[2][0]
			qy = u*u*u*y + 3*u*u*t*to[0][1] + 3*u*t*t*to[1][1] + t*t*t*to[2][1]
		} else {
			qx = u*u*x + 2*u*t*to[0][0] + t*t*to[1][0]
			qy = u*u*y + 2*u*t*to[0][1] + t*t*to[1][1]
		}
		o.line(px, py, qx, qy, radius)
		px, py = qx, qy
	}
}

// line adds a piece and the circle at its end.
func (o *outline) line(x0, y0, x1, y1, radius float64) {
	if o.outside(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), radius) {
		return
	}
	if dx, dy := x1-x0, y1-y0; dx != 0 || dy != 0 {
		k := radius / math.Hypot(dx, dy)
		nx, ny := dy*k, -dx*k
		o.move(x0+nx, y0+ny)
		o.to(x1+nx, y1+ny)
		o.to(x1-nx, y1-ny)
		o.to(x0-nx, y0-ny)
		o.raster.ClosePath()
	}
	o.circle(x1, y1, radius)
}

// circle turns the way of line's boxes: clockwise on the screen.
func (o *outline) circle(x, y, r float64) {
	if o.outside(x, y, x, y, r) {
		return
	}
	k := r * 0.5522847498
	o.move(x+r, y)
	o.cube(x+r, y+k, x+k, y+r, x, y+r)
	o.cube(x-k, y+r, x-r, y+k, x-r, y)
	o.cube(x-r, y-k, x-k, y-r, x, y-r)
	o.cube(x+k, y-r, x+r, y-k, x+r, y)
	o.raster.ClosePath()
}

func (o *outline) outside(x0, y0, x1, y1, r float64) bool {
	in := o.in
	return x1+r < float64(in.Min.X) || x0-r > float64(in.Max.X) || y1+r < float64(in.Min.Y) || y0-r > float64(in.Max.Y)
}

func (o *outline) local(x, y float64) (float32, float32) {
	return float32(x - float64(o.in.Min.X)), float32(y - float64(o.in.Min.Y))
}

func (o *outline) move(x, y float64) {
	o.used = true
	o.raster.MoveTo(o.local(x, y))
}

func (o *outline) to(x, y float64) { o.raster.LineTo(o.local(x, y)) }

func (o *outline) cube(ax, ay, bx, by, cx, cy float64) {
	a, b := o.local(ax, ay)
	c, d := o.local(bx, by)
	e, f := o.local(cx, cy)
	o.raster.CubeTo(a, b, c, d, e, f)
}

// fill paints what was drawn in a colour.
func (o *outline) fill(dst *image.RGBA, c color.RGBA) {
	if o.used {
		o.raster.Draw(dst, o.in, image.NewUniform(c), image.Point{})
	}
}

// multiply darkens what is beneath, as ink of a highlighter does: overlapping lines of one
// stroke count once, and those of two strokes in any order give the same.
func (o *outline) multiply(dst *image.RGBA, c color.RGBA) {
	if !o.used {
		return
	}
	if n := o.in.Dx() * o.in.Dy(); cap(o.mask.Pix) < n {
		o.mask.Pix = make([]uint8, n)
	} else {
		o.mask.Pix = o.mask.Pix[:n]
		clear(o.mask.Pix)
	}
	o.mask.Stride, o.mask.Rect = o.in.Dx(), image.Rectangle{Max: o.in.Size()}
	o.raster.Draw(&o.mask, o.mask.Rect, image.Opaque, image.Point{})
	tint := [3]uint32{uint32(c.R), uint32(c.G), uint32(c.B)}
	for y := range o.in.Dy() {
		row := dst.Pix[dst.PixOffset(o.in.Min.X, o.in.Min.Y+y):]
		for x, a := range o.mask.Pix[y*o.mask.Stride : (y+1)*o.mask.Stride] {
			if a == 0 {
				continue
			}
			for i, t := range tint {
				// 255 where there is no ink, the tint where there is all.
				factor := 255 - uint32(a)*(255-t)/255
				row[4*x+i] = uint8((uint32(row[4*x+i])*factor + 127) / 255)
			}
		}
	}
}
