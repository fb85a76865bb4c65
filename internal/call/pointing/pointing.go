// Package pointing is where people point on a screen that somebody shows: each one's finger, for
// a moment, and ours. What is said goes to each participant apart, for nobody else can read it;
// what is lost is not said again. See docs/protocol.md, chapter 17.
//
// One goroutine uses a Pointing.
package pointing

import (
	"slices"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// Whole is the length of each side of the picture: positions are 0 to Whole.
const Whole = 10000

// How often we say where, how long a dot stays, and how many positions are taken from one person
// at once, and a second.
const (
	sayEvery   = time.Second / 15
	dotFor     = 2 * time.Second
	floodBurst = 30
	floodPer   = 20
)

// Place is a position, 0 to Whole from the left and from the top.
type Place struct{ X, Y int }

func (p Place) valid() bool { return p.X >= 0 && p.X <= Whole && p.Y >= 0 && p.Y <= Whole }

// Dot is where somebody points.
type Dot struct {
	Peer string
	At   Place
}

// Out is a payload for one participant.
type Out struct {
	Peer    string
	Payload []byte
}

// Pointing is one participant's side of it.
type Pointing struct {
	now  func() time.Time
	self string
	role wire.Role
	// on is whose screen is shown: a dot is on that one, and on no other.
	on    string
	peers map[string]*finger
	mine  finger
	// due is what is to be said as soon as it may.
	due     *word
	said    time.Time
	out     []Out
	changed bool
}

// finger is somebody's, until it goes.
type finger struct {
	role   wire.Role
	at     Place
	up     bool
	until  time.Time
	tokens float64
	filled time.Time
}

// New makes one; now must not go backwards.
func New(now func() time.Time) *Pointing { return &Pointing{now: now, peers: map[string]*finger{}} }

// Enter says who we are.
func (p *Pointing) Enter(self string, role wire.Role) { p.self, p.role = self, role }

// Follow says whose screen is shown; empty is nobody's.
func (p *Pointing) Follow(presenter string) {
	if presenter == p.on {
		return
	}
	p.on, p.due, p.mine.up, p.changed = presenter, nil, false, true
	for _, f := range p.peers {
		f.up = false
	}
}

// Meet: a key is shared with this participant.
func (p *Pointing) Meet(peer string, role wire.Role) {
	if f := p.peers[peer]; f != nil {
		f.role = role
		return
	}
	p.peers[peer] = &finger{role: role, tokens: floodBurst, filled: p.now()}
}

// Part: this participant left.
func (p *Pointing) Part(peer string) {
	if p.peers[peer] != nil {
		delete(p.peers, peer)
		p.changed = true
	}
}

// Point says where we point. Who only watches, and who shows the screen, points at nothing.
func (p *Pointing) Point(at Place) {
	if at.valid() && p.may() {
		p.mine = finger{at: at, up: true, until: p.now().Add(dotFor)}
		p.say(word{at: at})
	}
}

// Off says that we do not point any more.
func (p *Pointing) Off() {
	if p.may() && p.mine.up {
		p.mine.up = false
		p.say(word{off: true})
	}
}

func (p *Pointing) may() bool { return p.on != "" && p.on != p.self && !p.role.Watches() }

func (p *Pointing) say(w word) {
	p.due, p.changed = &w, true
	p.flush()
}

func (p *Pointing) flush() {
	now := p.now()
	if p.due == nil || now.Sub(p.said) < sayEvery {
		return
	}
	payload := p.due.encode()
	p.due, p.said = nil, now
	for peer := range p.peers {
		p.out = append(p.out, Out{peer, payload})
	}
}

// Hear takes what a participant said under the topic screen, without view. The error is
// ErrMalformed; what may not be said, or is too much, is ignored.
func (p *Pointing) Hear(peer string, payload []byte) error {
	w, err := decode(payload)
	if err != nil {
		return err
	}
	f := p.peers[peer]
	if f == nil || p.on == "" || f.role.Watches() || !f.spend(p.now()) {
		return nil
	}
	f.at, f.up, f.until = w.at, !w.off, p.now().Add(dotFor)
	p.changed = true
	return nil
}

func (f *finger) spend(now time.Time) bool {
	f.tokens = min(floodBurst, f.tokens+floodPer*now.Sub(f.filled).Seconds())
	f.filled = now
	if f.tokens < 1 {
		return false
	}
	f.tokens--
	return true
}

// Take returns what is to be sent, once.
func (p *Pointing) Take() []Out {
	out := p.out
	p.out = nil
	return out
}

// Tick says what had to wait, and lets go of dots that stood long enough; call it a few times a
// second.
func (p *Pointing) Tick() {
	p.flush()
	now := p.now()
	for _, f := range p.peers {
		p.changed = f.fade(now) || p.changed
	}
	p.changed = p.mine.fade(now) || p.changed
}

func (f *finger) fade(now time.Time) bool {
	if !f.up || now.Before(f.until) {
		return false
	}
	f.up = false
	return true
}

// Changed tells, once, that Dots may say something new.
func (p *Pointing) Changed() bool {
	changed := p.changed
	p.changed = false
	return changed
}

// Dots are those that are to be seen now, in the order of ids, ours among them.
func (p *Pointing) Dots() []Dot {
	var all []Dot
	for peer, f := range p.peers {
		if f.up {
			all = append(all, Dot{peer, f.at})
		}
	}
	if p.mine.up {
		all = append(all, Dot{p.self, p.mine.at})
	}
	slices.SortFunc(all, func(a, b Dot) int { return strings.Compare(a.Peer, b.Peer) })
	return all
}
