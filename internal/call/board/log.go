package board

import "fmt"

// author is the log of one author, without holes.
type author struct {
	log []string // encoded operations; number n is log[n-1]
	// said is how many of them the author told us in person. Later ones came from others,
	// and give way to what the author says.
	said int

	bytes, objects, clears int
}

// overhead is what an operation costs beside its bytes.
const overhead = 32

func cost(raw string) int { return len(raw) + overhead }

// need is what an operation takes from the room of an author.
type need int

const (
	drawing  need = iota // an object, or points
	tidying              // anything else; an eighth of the room is kept for it
	sweeping             // a clear
)

func (o op) need() need {
	switch o.verb {
	case verbAdd, verbMore:
		return drawing
	case verbClear:
		return sweeping
	}
	return tidying
}

// fits tells whether a log takes one more operation. It depends on the log alone, so that
// every log ends at the same place for everybody.
func (a *author) fits(o op, raw string) bool {
	return a.bytes+cost(raw) <= MaxLog && len(a.log) < MaxOperations &&
		(o.verb != verbAdd || a.objects < MaxObjects) && (o.verb != verbClear || a.clears < maxClears)
}

// full tells whether we should write no more of a kind: a little before fits says no, so
// that a person whose board is full can still undo.
func (a *author) full(n need) bool {
	switch n {
	case drawing:
		return a.bytes >= MaxLog*7/8 || len(a.log) >= MaxOperations*7/8 || a.objects >= MaxObjects
	case sweeping:
		return a.clears >= maxClears || a.full(tidying)
	}
	return a.bytes >= MaxLog-maxRaw || len(a.log) >= MaxOperations
}

func (a *author) push(o op, raw string) {
	a.log = append(a.log, raw)
	a.tally(o, raw, 1)
}

func (a *author) tally(o op, raw string, n int) {
	a.bytes += n * cost(raw)
	switch o.verb {
	case verbAdd:
		a.objects += n
	case verbClear:
		a.clears += n
	}
}

// cut takes away what others said in an author's name.
func (a *author) cut(n int) {
	for _, raw := range a.log[n:] {
		if o, err := decodeOp([]byte(raw)); err == nil { // it was read before
			a.tally(o, raw, -1)
		}
	}
	a.log = a.log[:n]
	a.said = min(a.said, n)
}

// authorOf gives an author's log, a new one when there is room for another author.
func (b *Board) authorOf(name string) (*author, error) {
	if a := b.authors[name]; a != nil {
		return a, nil
	}
	others := 0
	for known := range b.authors {
		if !b.present(known) {
			others++
		}
	}
	if len(b.authors) >= MaxAuthors || !b.present(name) && others >= maxRelayed {
		return nil, fmt.Errorf("more than %d authors: %w", MaxAuthors, ErrFull)
	}
	a := &author{}
	b.authors[name] = a
	return a, nil
}

// present tells whether the person behind an author is us or somebody whom we hear.
func (b *Board) present(name string) bool {
	id := personOf(name)
	return id == b.self || b.peers[id] != nil
}

// write logs an operation of our own and carries it out.
func (b *Board) write(o op) (ID, error) {
	id, err := b.log(o)
	if err == nil {
		b.apply(id, o)
		b.settle()
	}
	return id, err
}

// log only logs it.
func (b *Board) log(o op) (ID, error) {
	if !b.mayDraw {
		return ID{}, ErrNotAllowed
	}
	a, err := b.authorOf(b.me)
	if err != nil {
		return ID{}, err
	}
	raw := o.encode()
	if a.full(o.need()) || !a.fits(o, raw) {
		return ID{}, ErrFull
	}
	a.push(o, raw)
	b.news = true
	return ID{b.me, len(a.log)}, nil
}

// learn takes a part of somebody's log from a person whom we have met. hole: something
// between is missing. corrected: the model must be made again.
func (b *Board) learn(from string, l batch, ops []op) (hole, corrected bool, err error) {
	owner := personOf(l.author)
	switch {
	case l.author == b.me:
		return false, false, nil // we know better
	case owner != from && owner != b.self && b.peers[owner] != nil:
		return false, false, nil // they tell us in person
	}
	a, err := b.authorOf(l.author)
	if err != nil {
		return false, false, err
	}
	inPerson := owner == from
	for i, o := range ops {
		n, raw := l.from+i, l.ops[i]
		known := len(a.log)
		if inPerson {
			known = a.said
		}
		if n <= known {
			continue
		}
		if n > known+1 {
			return true, corrected, nil
		}
		if n <= len(a.log) {
			if a.log[n-1] == raw {
				a.said = n
				continue
			}
			a.cut(n - 1)
			corrected = true
		}
		if !a.fits(o, raw) {
			return false, corrected, fmt.Errorf("more than one person may draw: %w", ErrFull)
		}
		a.push(o, raw)
		b.news = true
		if inPerson {
			a.said = n
		}
		if !corrected {
			b.apply(ID{l.author, n}, o)
		}
	}
	return false, corrected, nil
}
