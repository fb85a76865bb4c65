package board

import "slices"

// model is what the logs amount to. It does not depend on the order in which operations of
// different authors are applied; those of one author come in order.
type model struct {
	objects   map[ID]*Object
	order     []*Object // by Object.before
	registers map[ID]*register
	ground    register
	clears    map[ID]*sweep
	waiting   []ID // clears whose author knew more than we do
	clock     int
}

// sweep is a clear.
type sweep struct {
	seen   map[string]int
	known  bool // everything that its author had seen is here
	undone bool
}

func (s *sweep) active() bool { return s.known && !s.undone }

func (s *sweep) takes(o *Object) bool { return o.ID.Seq <= s.seen[o.ID.Author] }

func newModel() model {
	return model{objects: map[ID]*Object{}, registers: map[ID]*register{}, clears: map[ID]*sweep{}}
}

// register holds the last word about one thing: whether it is hidden, or which ground
// there is. The highest count wins, then the author, then the number. A count further
// ahead than window waits for those between: nobody can claim the last word for ever.
type register struct {
	winner  entry
	waiting []entry
}

type entry struct {
	count  int
	by     ID
	hidden bool
	ground *Ground
}

func (e entry) after(f entry) bool {
	switch {
	case e.count != f.count:
		return e.count > f.count
	case e.by.Author != f.by.Author:
		return e.by.Author > f.by.Author
	}
	return e.by.Seq > f.by.Seq
}

// hear takes a word about the thing.
func (r *register) hear(e entry) {
	if e.count > r.winner.count+window {
		r.waiting = append(r.waiting, e)
		return
	}
	for {
		if e.after(r.winner) {
			r.winner = e
		}
		i := slices.IndexFunc(r.waiting, func(w entry) bool { return w.count <= r.winner.count+window })
		if i < 0 {
			return
		}
		e = r.waiting[i]
		r.waiting = slices.Delete(r.waiting, i, i+1)
	}
}

// register of a thing; a new one when nothing was said about it yet.
func (m *model) register(id ID) *register {
	r := m.registers[id]
	if r == nil {
		r = &register{}
		m.registers[id] = r
	}
	return r
}

// count is what the next operation on a thing carries.
func (m *model) count(id ID) int {
	if r := m.registers[id]; r != nil {
		return r.winner.count + 1
	}
	return 1
}

// hidden tells what was last said about a thing.
func (m *model) hidden(id ID) bool {
	r := m.registers[id]
	return r != nil && r.winner.hidden
}

// apply takes one operation of an author, the next in their log, and notes what changed.
func (b *Board) apply(id ID, o op) {
	switch o.verb {
	case verbAdd:
		b.add(id, o)
	case verbMore:
		b.more(id, o)
	case verbHide, verbShow:
		for _, t := range o.targets {
			b.model.register(t.id).hear(entry{count: t.count, by: id, hidden: o.verb == verbHide})
			b.reveal(t.id)
		}
	case verbGround:
		before := b.model.ground.winner.ground
		b.model.ground.hear(entry{count: o.count, by: id, ground: o.ground})
		if after := b.model.ground.winner.ground; before != after {
			b.damage.all()
		}
	case verbClear:
		s := &sweep{seen: map[string]int{}, undone: b.model.hidden(id)}
		for _, n := range o.seen {
			s.seen[n.author] = n.n
		}
		b.model.clears[id] = s
		b.model.waiting = append(b.model.waiting, id)
	}
}

func (b *Board) add(id ID, o op) {
	m := &b.model
	object := &Object{ID: id, Kind: o.kind, Style: o.style, Points: o.points, Text: o.text, Done: !o.kind.freehand(), clock: o.clock, hidden: m.hidden(id)}
	m.objects[id] = object
	m.clock = max(m.clock, o.clock)
	at, _ := slices.BinarySearchFunc(m.order, object, (*Object).before)
	m.order = slices.Insert(m.order, at, object)
	if object.Visible() {
		b.damage.part(object.Box())
	}
}

// more lengthens a stroke. What does not fit it does nothing, on every side alike.
func (b *Board) more(id ID, o op) {
	object := b.model.objects[ID{id.Author, o.of}]
	if object == nil || object.Done || object.Kind != o.kind || len(object.Points)+len(o.points) > MaxPoints {
		return
	}
	points, ok := follow(object.Points[len(object.Points)-1], o.points)
	if !ok {
		return
	}
	b.lengthen(object, points)
	object.Done = o.end
}

func (b *Board) lengthen(object *Object, points []Point) {
	if len(points) == 0 {
		return
	}
	object.Points = append(object.Points, points...)
	// The last curve bends towards the new points, so it is painted again too.
	end := object.boxFrom(max(0, len(object.Points)-len(points)-2))
	object.box = object.Box().Join(end)
	if object.Visible() {
		b.damage.part(end)
	}
}

// reveal fits a thing to what its register says.
func (b *Board) reveal(id ID) {
	hidden := b.model.hidden(id)
	if s := b.model.clears[id]; s != nil && s.undone != hidden {
		was := s.active()
		s.undone = hidden
		b.sweep(s, was)
	}
	if o := b.model.objects[id]; o != nil && o.hidden != hidden {
		was := o.Visible()
		o.hidden = hidden
		if o.Visible() != was {
			b.damage.part(o.Box())
		}
	}
}

// sweep covers or uncovers what a clear takes, when its state has changed.
func (b *Board) sweep(s *sweep, was bool) {
	if s.active() == was {
		return
	}
	for _, o := range b.model.order {
		if !s.takes(o) {
			continue
		}
		if s.active() {
			o.covers++
		} else {
			o.covers--
		}
	}
	b.damage.all()
}

// settle looks whether clears that waited can be carried out.
func (b *Board) settle() {
	b.model.waiting = slices.DeleteFunc(b.model.waiting, func(id ID) bool {
		s := b.model.clears[id]
		for author, n := range s.seen {
			if a := b.authors[author]; a == nil || len(a.log) < n {
				return false
			}
		}
		s.known = true
		b.sweep(s, false)
		return true
	})
}

// rebuild makes the model from the logs again, after one was corrected.
func (b *Board) rebuild() {
	b.model = newModel()
	for _, name := range sorted(b.authors) {
		a := b.authors[name]
		for i, raw := range a.log {
			if o, err := decodeOp([]byte(raw)); err == nil { // it was read before
				b.apply(ID{name, i + 1}, o)
			}
		}
	}
	b.settle()
	b.damage.all()
}
