package board

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// wireOp is an operation as JSON.
type wireOp struct {
	O verb              `json:"o"`
	C int               `json:"c"`
	K Kind              `json:"k"`
	I int               `json:"i"`
	W int               `json:"w"`
	P []int             `json:"p"`
	T string            `json:"t"`
	N int               `json:"n"`
	E int               `json:"e"`
	X []json.RawMessage `json:"x"`
	F string            `json:"f"`
	B int               `json:"b"`
	H int               `json:"h"`
	S json.RawMessage   `json:"s"`
}

// decodeOp reads an operation and checks all that can be checked without the board. Only
// the very bytes that encode would write are taken: so both sides of the wire, and any
// relay, agree about what an operation is.
func decodeOp(raw []byte) (op, error) {
	if len(raw) > maxRaw {
		return op{}, fmt.Errorf("an operation of %d bytes: %w", len(raw), ErrTooLarge)
	}
	var w wireOp
	if err := json.Unmarshal(raw, &w); err != nil {
		return op{}, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	o := op{verb: w.O}
	var err error
	switch w.O {
	case verbAdd:
		err = o.readAdd(w)
	case verbMore:
		err = o.readMore(w)
	case verbHide, verbShow:
		err = o.readTargets(w)
	case verbGround:
		err = o.readGround(w)
	case verbClear:
		o.seen, err = readSeen(w.S)
	default:
		err = fmt.Errorf("%w: unknown operation", ErrMalformed)
	}
	if err == nil && !bytes.Equal(o.append(nil), raw) {
		err = fmt.Errorf("%w: not in the one form that it has", ErrMalformed)
	}
	return o, err
}

func (o *op) readAdd(w wireOp) error {
	o.clock, o.kind, o.style, o.text = w.C, w.K, Style{w.I, w.W}, w.T
	least, most := o.kind.corners()
	widths := len(Widths())
	if o.kind == Text {
		widths = len(Sizes())
	}
	var err error
	if o.points, err = readPoints(w.P, o.kind == Pen, least, most); err != nil {
		return err
	}
	switch {
	case w.C < 1 || w.C > maxClock:
		return fmt.Errorf("%w: clock", ErrMalformed)
	case w.I < 0 || w.I >= len(Palette()) || w.W < 0 || w.W >= widths:
		return fmt.Errorf("%w: style", ErrMalformed)
	case o.kind == Text && (o.text == "" || o.text != Clean(o.text) || !utf8.ValidString(o.text)):
		return fmt.Errorf("%w: text", ErrMalformed)
	}
	var ok bool
	if o.points, ok = follow(Point{}, o.points); !ok {
		return fmt.Errorf("%w: position", ErrMalformed)
	}
	return nil
}

func (o *op) readMore(w wireOp) error {
	o.of, o.end, o.kind = w.N, w.E == 1, Pen
	if w.H == 1 {
		o.kind = Highlighter
	}
	least := 1
	if o.end {
		least = 0
	}
	var err error
	if o.points, err = readPoints(w.P, o.kind == Pen, least, maxBatch); err != nil {
		return err
	}
	if w.N < 1 || w.N > maxCount {
		return fmt.Errorf("%w: number", ErrMalformed)
	}
	return nil
}

func readPoints(flat []int, pressed bool, least, most int) ([]Point, error) {
	size := 2
	if pressed {
		size = 3
	}
	n := len(flat) / size
	if len(flat)%size != 0 || n < least || n > most {
		return nil, fmt.Errorf("%w: points", ErrMalformed)
	}
	points := make([]Point, n)
	for i := range points {
		at := flat[i*size:]
		points[i] = Point{X: at[0], Y: at[1]}
		if pressed {
			points[i].Pressure = at[2]
		}
		for _, v := range at[:size] {
			if v < -2*maxPosition || v > 2*maxPosition {
				return nil, fmt.Errorf("%w: position", ErrMalformed)
			}
		}
	}
	return points, nil
}

// follow makes relative points absolute; ok is false when one leaves its range.
func follow(from Point, points []Point) (out []Point, ok bool) {
	out = make([]Point, len(points))
	for i, p := range points {
		from = Point{from.X + p.X, from.Y + p.Y, from.Pressure + p.Pressure}
		if max(from.X, -from.X, from.Y, -from.Y) > maxPosition || from.Pressure < 0 || from.Pressure >= Pressures {
			return nil, false
		}
		out[i] = from
	}
	return out, true
}

func (o *op) readTargets(w wireOp) error {
	if len(w.X) < 1 || len(w.X) > maxTargets {
		return fmt.Errorf("%w: objects", ErrMalformed)
	}
	for _, raw := range w.X {
		var t target
		if err := tuple(raw, &t.id.Author, &t.id.Seq, &t.count); err != nil {
			return err
		}
		if !validAuthor(t.id.Author) || !validCount(t.id.Seq) || !validCount(t.count) {
			return fmt.Errorf("%w: object", ErrMalformed)
		}
		o.targets = append(o.targets, t)
	}
	return nil
}

func (o *op) readGround(w wireOp) error {
	o.count = w.C
	if !validCount(w.C) {
		return fmt.Errorf("%w: count", ErrMalformed)
	}
	if w.F == "" && w.B == 0 && w.H == 0 && w.S == nil {
		return nil
	}
	g := Ground{File: w.F, Width: w.B, Height: w.H}
	if json.Unmarshal(w.S, &g.SHA) != nil || !g.valid() {
		return fmt.Errorf("%w: ground", ErrMalformed)
	}
	o.ground = &g
	return nil
}

func validCount(n int) bool { return n >= 1 && n <= maxCount }

// readSeen reads [[author,n],…], sorted and each author once.
func readSeen(raw json.RawMessage) ([]seen, error) {
	var rows []json.RawMessage
	if raw == nil || json.Unmarshal(raw, &rows) != nil || len(rows) > MaxAuthors {
		return nil, fmt.Errorf("%w: list of authors", ErrMalformed)
	}
	list := make([]seen, len(rows))
	for i, row := range rows {
		s := &list[i]
		if err := tuple(row, &s.author, &s.n); err != nil {
			return nil, err
		}
		if !validAuthor(s.author) || !validCount(s.n) || i > 0 && list[i-1].author >= s.author {
			return nil, fmt.Errorf("%w: list of authors", ErrMalformed)
		}
	}
	return list, nil
}

// tuple reads a JSON list of one text and numbers.
func tuple(raw json.RawMessage, text *string, numbers ...*int) error {
	var parts []json.RawMessage
	if json.Unmarshal(raw, &parts) != nil || len(parts) != 1+len(numbers) || json.Unmarshal(parts[0], text) != nil {
		return fmt.Errorf("%w: list", ErrMalformed)
	}
	for i, n := range numbers {
		if json.Unmarshal(parts[i+1], n) != nil {
			return fmt.Errorf("%w: number", ErrMalformed)
		}
	}
	return nil
}
