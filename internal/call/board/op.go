package board

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// verb is what an operation does.
type verb string

const (
	verbAdd    verb = "add"    // an object
	verbMore   verb = "more"   // points of a stroke of the author's own
	verbHide   verb = "hide"   // objects, or a clear
	verbShow   verb = "show"   // them again
	verbGround verb = "ground" // the picture beneath; without a file: none
	verbClear  verb = "clear"  // hide everything that the author has seen
)

// op is one operation. Which fields count depends on the verb.
type op struct {
	verb verb

	// add. Points are absolute here, and relative to the one before on the wire.
	clock  int
	kind   Kind
	style  Style
	points []Point
	text   string

	// more: of the operation that added the stroke. Points are relative, the first one to
	// the last one of the stroke. end: the stroke is done.
	of  int
	end bool

	targets []target // hide, show
	count   int      // ground: as of a target
	ground  *Ground  // ground
	seen    []seen   // clear, sorted by author
}

// target is an object to hide or to show. count is one more than the highest count among
// the operations on it that the author knew.
type target struct {
	id    ID
	count int
}

// seen says that the operations of an author are known up to a number.
type seen struct {
	author string
	n      int
}

// encode writes the one form that an operation has.
func (o op) encode() string { return string(o.append(nil)) }

func (o op) append(b []byte) []byte {
	b = append(append(append(b, `{"o":"`...), o.verb...), '"')
	number := func(key string, n int) {
		b = append(append(append(b, `,"`...), key...), `":`...)
		b = strconv.AppendInt(b, int64(n), 10)
	}
	word := func(key, s string) {
		b = append(append(append(b, `,"`...), key...), `":`...)
		b = appendText(b, s)
	}
	switch o.verb {
	case verbAdd:
		number("c", o.clock)
		word("k", string(o.kind))
		number("i", o.style.Colour)
		number("w", o.style.Width)
		b = append(b, `,"p":`...)
		b = appendPoints(b, deltas(o.points), o.kind == Pen)
		if o.kind == Text {
			word("t", o.text)
		}
	case verbMore:
		number("n", o.of)
		b = append(b, `,"p":`...)
		b = appendPoints(b, o.points, o.kind == Pen)
		if o.kind == Highlighter {
			number("h", 1)
		}
		if o.end {
			number("e", 1)
		}
	case verbHide, verbShow:
		b = append(b, `,"x":[`...)
		for i, t := range o.targets {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(append(b, '['), t.id.Author), ',')
			b = append(strconv.AppendInt(b, int64(t.id.Seq), 10), ',')
			b = append(strconv.AppendInt(b, int64(t.count), 10), ']')
		}
		b = append(b, ']')
	case verbGround:
		number("c", o.count)
		if g := o.ground; g != nil {
			word("f", g.File)
			number("b", g.Width)
			number("h", g.Height)
			word("s", g.SHA)
		}
	case verbClear:
		b = append(b, `,"s":`...)
		b = appendSeen(b, o.seen)
	}
	return append(b, '}')
}

func appendSeen(b []byte, list []seen) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(append(b, '['), s.author), ',')
		b = append(strconv.AppendInt(b, int64(s.n), 10), ']')
	}
	return append(b, ']')
}

// appendText writes a JSON text without the escapes that only HTML needs, as browsers do.
func appendText(b []byte, s string) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return append(b, `""`...) // a text can always be written
	}
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}

func appendPoints(b []byte, points []Point, pressed bool) []byte {
	b = append(b, '[')
	for i, p := range points {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendInt(b, int64(p.X), 10), ',')
		b = strconv.AppendInt(b, int64(p.Y), 10)
		if pressed {
			b = strconv.AppendInt(append(b, ','), int64(p.Pressure), 10)
		}
	}
	return append(b, ']')
}

// deltas are points with each one but the first relative to the one before.
func deltas(points []Point) []Point {
	out := make([]Point, len(points))
	var last Point
	for i, p := range points {
		out[i] = Point{p.X - last.X, p.Y - last.Y, p.Pressure - last.Pressure}
		last = p
	}
	return out
}
