package board

import "time"

const (
	maxTrail = 24 // places of a pointer in one payload
	// A pointer that is not heard of any more goes, and a laser's trail fades sooner.
	pointerLife = 4 * time.Second
	trailLife   = 900 * time.Millisecond
	keptTrail   = 48
)

// Pointer is where somebody else points.
type Pointer struct {
	Peer string
	// At is the newest place, in tenths.
	At Point
	// Laser: they want it to be seen. Trail are its last places, the oldest first.
	Laser bool
	Trail []Point
}

type pointer struct {
	at    Point
	laser bool
	trail []Point
	times []time.Time
	heard time.Time
}

// pointing is what we have to tell of our own pointer.
type pointing struct {
	points []Point
	press  bool
	gone   bool
	away   bool // nobody sees it now
}

// Point tells the others where our pointer is; laser leaves a trail. Positions are in
// units. What is no position is left out.
func (b *Board) Point(x, y float64, laser bool) {
	at, err := position(At{X: x, Y: y})
	if err != nil || !b.mayDraw {
		return
	}
	p := &b.pointing
	if laser != p.press || !laser {
		p.points = nil
	}
	p.press, p.gone, p.away = laser, false, false
	at.Pressure = 0
	if p.points = append(p.points, at); len(p.points) > maxTrail {
		p.points = p.points[1:]
	}
}

// Away tells the others that our pointer left the board.
func (b *Board) Away() {
	if !b.pointing.away {
		b.pointing = pointing{gone: true, away: true}
	}
}

func (b *Board) takePointing() message {
	p := b.pointing
	b.pointing = pointing{press: p.press, away: p.away}
	return message{point: p.points, press: p.press && len(p.points) > 0, gone: p.gone}
}

func (b *Board) heardPointer(from string, m message, now time.Time) {
	if m.gone {
		delete(b.pointers, from)
		return
	}
	p := b.pointers[from]
	if p == nil {
		p = &pointer{}
		b.pointers[from] = p
	}
	p.heard, p.laser = now, m.press
	for _, at := range m.point {
		p.at = Point{X: min(max(at.X, -maxPosition), maxPosition), Y: min(max(at.Y, -maxPosition), maxPosition)}
		if m.press {
			p.trail, p.times = append(p.trail, p.at), append(p.times, now)
		}
	}
	if n := len(p.trail) - keptTrail; n > 0 {
		p.trail, p.times = p.trail[n:], p.times[n:]
	}
}

// Pointers are those of the others, by id, as they are to be shown now.
func (b *Board) Pointers(now time.Time) []Pointer {
	var list []Pointer
	for _, id := range sorted(b.pointers) {
		p := b.pointers[id]
		if now.Sub(p.heard) >= pointerLife {
			delete(b.pointers, id)
			continue
		}
		for len(p.times) > 0 && now.Sub(p.times[0]) >= trailLife {
			p.trail, p.times = p.trail[1:], p.times[1:]
		}
		list = append(list, Pointer{Peer: id, At: p.at, Laser: p.laser, Trail: p.trail})
	}
	return list
}
