package kit

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// roundless rewrites the arcs in an icon's paths as Bézier curves, because the SVG
// painter in Fyne draws many arcs as blobs. Everything else stays as it is.
func roundless(svg string) string {
	return pathData().ReplaceAllStringFunc(svg, func(attribute string) string {
		return ` d="` + curves(attribute[4:len(attribute)-1]) + `"`
	})
}

func pathData() *regexp.Regexp { return regexp.MustCompile(` d="[^"]*"`) }

// pathReader reads path data (SVG 1.1, section 8.3).
type pathReader struct {
	s string
	i int
}

func (r *pathReader) skip() {
	for r.i < len(r.s) && strings.IndexByte(" ,\n\t\r", r.s[r.i]) >= 0 {
		r.i++
	}
}

// command returns the next command letter, or 0 when a number follows.
func (r *pathReader) command() byte {
	r.skip()
	if r.i < len(r.s) && strings.IndexByte("MmZzLlHhVvCcSsQqTtAa", r.s[r.i]) >= 0 {
		r.i++
		return r.s[r.i-1]
	}
	return 0
}

// more tells whether a number follows.
func (r *pathReader) more() bool {
	r.skip()
	return r.i < len(r.s) && strings.IndexByte("+-.0123456789", r.s[r.i]) >= 0
}

func (r *pathReader) number() float64 {
	r.skip()
	start, dot := r.i, false
	for ; r.i < len(r.s); r.i++ {
		c := r.s[r.i]
		switch {
		case c >= '0' && c <= '9':
		case (c == '-' || c == '+') && r.i == start:
		case c == '.' && !dot:
			dot = true
		default:
			v, _ := strconv.ParseFloat(r.s[start:r.i], 64)
			return v
		}
	}
	v, _ := strconv.ParseFloat(r.s[start:], 64)
	return v
}

// flag reads one digit: flags may stand without anything between them.
func (r *pathReader) flag() bool {
	r.skip()
	if r.i < len(r.s) {
		r.i++
		return r.s[r.i-1] == '1'
	}
	return false
}

// operands tells how many numbers a command takes.
func operands(command byte) int {
	switch command {
	case 'M', 'L', 'T':
		return 2
	case 'H', 'V':
		return 1
	case 'S', 'Q':
		return 4
	case 'C':
		return 6
	}
	return 0
}

// curves writes path data without arcs. Positions are absolute in the result where
// an arc stood, and unchanged elsewhere.
func curves(d string) string {
	r := &pathReader{s: d}
	var out strings.Builder
	var x, y, startX, startY float64
	command := byte(0)
	for {
		if c := r.command(); c != 0 {
			command = c
		} else if command == 0 || !r.more() {
			return out.String()
		}
		upper, relative := command&^0x20, command >= 'a'
		fromX, fromY := 0.0, 0.0
		if relative {
			fromX, fromY = x, y
		}
		switch upper {
		case 'Z':
			out.WriteByte('Z')
			x, y = startX, startY
			command = 'L'
			continue
		case 'A':
			rx, ry, turn := r.number(), r.number(), r.number()
			large, sweep := r.flag(), r.flag()
			toX, toY := r.number()+fromX, r.number()+fromY
			arc(&out, x, y, rx, ry, turn, large, sweep, toX, toY)
			x, y = toX, toY
			continue
		}
		n := operands(upper)
		out.WriteByte(command)
		var v [6]float64
		for i := range n {
			v[i] = r.number()
			write(&out, v[i])
		}
		switch upper {
		case 'H':
			x = v[0] + fromX
		case 'V':
			y = v[0] + fromY
		default:
			x, y = v[n-2]+fromX, v[n-1]+fromY
		}
		if upper == 'M' {
			startX, startY = x, y
			command = 'L' | command&0x20
		}
	}
}

func write(out *strings.Builder, v float64) {
	out.WriteByte(' ')
	out.WriteString(strconv.FormatFloat(v, 'f', 3, 64))
}

// arc writes an elliptical arc as Bézier curves of at most a quarter turn (SVG 1.1,
// appendix F.6).
func arc(out *strings.Builder, x0, y0, rx, ry, degrees float64, large, sweep bool, x1, y1 float64) {
	rx, ry = math.Abs(rx), math.Abs(ry)
	if rx == 0 || ry == 0 || x0 == x1 && y0 == y1 {
		out.WriteByte('L')
		write(out, x1)
		write(out, y1)
		return
	}
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	dx, dy := (x0-x1)/2, (y0-y1)/2
	px, py := cos*dx+sin*dy, -sin*dx+cos*dy
	if grow := px*px/(rx*rx) + py*py/(ry*ry); grow > 1 {
		rx, ry = rx*math.Sqrt(grow), ry*math.Sqrt(grow)
	}
	q := math.Sqrt(math.Max(0, (rx*rx*ry*ry-rx*rx*py*py-ry*ry*px*px)/(rx*rx*py*py+ry*ry*px*px)))
	if large == sweep {
		q = -q
	}
	cx, cy := q*rx*py/ry, -q*ry*px/rx
	mx, my := cos*cx-sin*cy+(x0+x1)/2, sin*cx+cos*cy+(y0+y1)/2
	from := math.Atan2((py-cy)/ry, (px-cx)/rx)
	turn := math.Atan2((-py-cy)/ry, (-px-cx)/rx) - from
	if sweep && turn < 0 {
		turn += 2 * math.Pi
	} else if !sweep && turn > 0 {
		turn -= 2 * math.Pi
	}
	n := int(math.Ceil(math.Abs(turn)/(math.Pi/2) - 1e-9))
	n = max(n, 1)
	step := turn / float64(n)
	k := 4.0 / 3 * math.Tan(step/4)
	point := func(a, b float64) (float64, float64) {
		return mx + cos*rx*a - sin*ry*b, my + sin*rx*a + cos*ry*b
	}
	for i := range n {
		s0, c0 := math.Sincos(from + step*float64(i))
		s1, c1 := math.Sincos(from + step*float64(i+1))
		ax, ay := point(c0-k*s0, s0+k*c0)
		bx, by := point(c1+k*s1, s1-k*c1)
		ex, ey := point(c1, s1)
		out.WriteByte('C')
		for _, v := range []float64{ax, ay, bx, by, ex, ey} {
			write(out, v)
		}
	}
}
