package board

import (
	"fmt"
	"math"
	"slices"
)

// At is where a tool is: units of the page, and a pressure from 0 to 1.
type At struct{ X, Y, Pressure float64 }

// MousePressure is the pressure of what has none.
const MousePressure = float64(MiddlePressure) / (Pressures - 1)

func position(at At) (Point, error) {
	for _, v := range []float64{at.X, at.Y, at.Pressure} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Point{}, ErrNotFinite
		}
	}
	tenths := func(v float64) int { return int(math.Floor(clamp(v*Tenths, maxPosition) + 0.5)) }
	pressure := math.Floor(at.Pressure*(Pressures-1) + 0.5)
	return Point{tenths(at.X), tenths(at.Y), int(min(max(pressure, 0), Pressures-1))}, nil
}

func clamp(v, limit float64) float64 { return min(max(v, -limit), limit) }

// closest is how near, in tenths, two points of a stroke may lie; nearer ones are left out.
const closest = 8

// stroke is one that we are drawing.
type stroke struct {
	object  *Object
	logged  int // of its points
	pending *Point
}

// Begin starts a stroke of a Pen or a Highlighter.
func (b *Board) Begin(kind Kind, style Style, at At) error {
	b.End()
	if !kind.freehand() {
		return fmt.Errorf("a stroke of kind %q: %w", kind, ErrMalformed)
	}
	p, err := position(at)
	if err != nil {
		return err
	}
	id, err := b.place(op{verb: verbAdd, kind: kind, style: style, points: []Point{fit(kind, p)}})
	if err != nil {
		return err
	}
	b.live = &stroke{object: b.model.objects[id], logged: 1}
	b.did(deed{ids: []ID{id}})
	return nil
}

func fit(kind Kind, p Point) Point {
	if kind != Pen {
		p.Pressure = 0
	}
	return p
}

// Extend lengthens the stroke by the points, which are sent with the next Take. When the
// board is full the stroke ends, with ErrFull.
func (b *Board) Extend(points ...At) error {
	for _, at := range points {
		p, err := position(at)
		if err != nil {
			return err
		}
		if b.live == nil {
			return nil
		}
		s := b.live
		p = fit(s.object.Kind, p)
		last := s.object.Points[len(s.object.Points)-1]
		if dx, dy := p.X-last.X, p.Y-last.Y; dx*dx+dy*dy < closest*closest {
			s.pending = &p // its end may be needed
			continue
		}
		s.pending = nil
		b.lengthen(s.object, []Point{p})
		if len(s.object.Points) >= MaxPoints {
			if err := b.continued(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// continued ends the stroke and begins another where it ended, as one deed.
func (b *Board) continued(p Point) error {
	kind, style := b.live.object.Kind, b.live.object.Style
	b.End()
	id, err := b.place(op{verb: verbAdd, kind: kind, style: style, points: []Point{p}})
	if err != nil {
		return err
	}
	b.live = &stroke{object: b.model.objects[id], logged: 1}
	if n := len(b.undo); n > 0 {
		b.undo[n-1].ids = append(b.undo[n-1].ids, id)
	}
	return nil
}

// End ends the stroke, or what the eraser takes at once.
func (b *Board) End() {
	if s := b.live; s != nil {
		if last := s.object.Points[len(s.object.Points)-1]; s.pending != nil && *s.pending != last {
			b.lengthen(s.object, []Point{*s.pending})
		}
		b.flush()
		if b.live != nil {
			s.object.Done = true
			_, _ = b.log(op{verb: verbMore, kind: s.object.Kind, of: s.object.ID.Seq, end: true}) // a full log leaves it open, which harms nobody
		}
		b.live = nil
	}
	b.erasing = false
}

// flush logs the points that were drawn since the last time.
func (b *Board) flush() {
	s := b.live
	if s == nil {
		return
	}
	for s.logged < len(s.object.Points) {
		n := min(len(s.object.Points), s.logged+maxStep)
		list := deltas(s.object.Points[s.logged-1 : n])[1:]
		if _, err := b.log(op{verb: verbMore, kind: s.object.Kind, of: s.object.ID.Seq, points: list}); err != nil {
			// Nobody else will see what found no room: take it away here too.
			b.damage.part(s.object.Box())
			s.object.Points, s.object.box = s.object.Points[:s.logged], Box{}
			b.live = nil
			return
		}
		s.logged = n
	}
}

// maxStep is how many points of ours go into one operation.
const maxStep = 200

// Add puts a Line, an Arrow, a Rectangle or an Ellipse between two corners.
func (b *Board) Add(kind Kind, style Style, from, to At) error {
	b.End()
	if kind.freehand() || kind == Text {
		return fmt.Errorf("a shape of kind %q: %w", kind, ErrMalformed)
	}
	p, err := position(from)
	if err != nil {
		return err
	}
	q, err := position(to)
	if err != nil {
		return err
	}
	return b.put(op{verb: verbAdd, kind: kind, style: style, points: []Point{fit(kind, p), fit(kind, q)}})
}

// Draft is what Add would put on the board, to be shown while it is being drawn.
func Draft(kind Kind, style Style, from, to At) (*Object, error) {
	p, err := position(from)
	if err != nil {
		return nil, err
	}
	q, err := position(to)
	return &Object{Kind: kind, Style: style, Points: []Point{fit(kind, p), fit(kind, q)}}, err
}

// Write puts a text with its upper left corner at a place. An empty one does nothing.
func (b *Board) Write(style Style, at At, text string) error {
	b.End()
	p, err := position(at)
	if err != nil {
		return err
	}
	if text = Clean(text); text == "" {
		return nil
	}
	return b.put(op{verb: verbAdd, kind: Text, style: style, points: []Point{fit(Text, p)}, text: text})
}

func (b *Board) put(o op) error {
	id, err := b.place(o)
	if err == nil {
		b.did(deed{ids: []ID{id}})
	}
	return err
}

// place adds an object above all others.
func (b *Board) place(o op) (ID, error) {
	o.clock = min(b.model.clock+1, maxClock)
	if _, err := decodeOp([]byte(o.encode())); err != nil {
		return ID{}, err // a style that does not exist
	}
	id, err := b.write(o)
	if err == nil && b.model.hidden(id) {
		// Somebody hid it before it was there: say otherwise.
		_ = b.hide([]ID{id}, false) // with a full log it stays hidden
	}
	return id, err
}

// Erase hides what lies under a round eraser, both in units, and tells how many objects
// went. What it takes until End is one deed.
func (b *Board) Erase(at At, radius float64) (int, error) {
	p, err := position(at)
	if err != nil || math.IsNaN(radius) {
		return 0, ErrNotFinite
	}
	if b.live != nil {
		b.End()
	}
	ids := b.under(p, radius*Tenths)
	if len(ids) == 0 {
		return 0, nil
	}
	if err := b.hide(ids, true); err != nil {
		return 0, err
	}
	if !b.erasing {
		b.did(deed{hid: true})
		b.erasing = true
	}
	last := &b.undo[len(b.undo)-1]
	last.ids = append(last.ids, ids...)
	return len(ids), nil
}

// hide hides or shows things.
func (b *Board) hide(ids []ID, hidden bool) error {
	for part := range slices.Chunk(ids, maxTargets) {
		o := op{verb: verbShow}
		if hidden {
			o.verb = verbHide
		}
		for _, id := range part {
			o.targets = append(o.targets, target{id, min(b.model.count(id), maxCount)})
		}
		if _, err := b.write(o); err != nil {
			return err
		}
	}
	return nil
}

// Clear takes away everything that we see but the ground. It can be undone.
func (b *Board) Clear() error {
	b.End()
	if !slices.ContainsFunc(b.model.order, (*Object).Visible) {
		return nil
	}
	o := op{verb: verbClear}
	for _, name := range sorted(b.authors) {
		if n := len(b.authors[name].log); n > 0 {
			o.seen = append(o.seen, seen{name, n})
		}
	}
	id, err := b.write(o)
	if err == nil {
		b.did(deed{ids: []ID{id}})
	}
	return err
}

// SetGround puts a picture beneath the drawing; nil takes it away.
func (b *Board) SetGround(g *Ground) error {
	b.End()
	if g != nil && !g.valid() {
		return fmt.Errorf("%w: ground", ErrMalformed)
	}
	before := b.Ground()
	if err := b.lay(g); err != nil {
		return err
	}
	b.did(deed{swapped: true, before: before, after: b.Ground()})
	return nil
}

func (b *Board) lay(g *Ground) error {
	_, err := b.write(op{verb: verbGround, count: min(b.model.ground.winner.count+1, maxCount), ground: g})
	return err
}
