package board

import (
	"slices"
	"time"
)

// Pace of what goes out.
const (
	// Pace is the shortest time between two payloads to the same person.
	Pace = 40 * time.Millisecond
	// filled is how many bytes a payload has when no more operations are put in.
	filled = 14000
	// patience is how long an answer is waited for before asking again.
	patience = 3 * time.Second
	// While the board changes, everybody says every so often what they have, and seldom
	// while it does not: what a line lost at its very end is noticed so.
	announceBusy  = 5 * time.Second
	announceQuiet = 20 * time.Second
)

// peer is somebody whom we have met.
type peer struct {
	mayDraw bool
	// known is set once they said what they have; have grows with what we send them.
	known bool
	me    string // who they write as
	have  map[string]int
	hear  map[string]bool
	// wants: they ask us for what others drew.
	wants bool
	// tell: we owe them what we have.
	tell bool
	// A long log goes in steps: asked until they answer the last one.
	asked   bool
	askedAt time.Time
	holeAt  time.Time
}

// Out is a payload on its way: to one person, or to everybody when To is empty.
type Out struct {
	To   string
	Data []byte
}

// Meet tells that a channel with somebody is open, or open again. mayDraw is false for
// who only watches: what they write is ignored.
func (b *Board) Meet(id string, mayDraw bool) {
	if !validID(id) || id == b.self || b.peers[id] == nil && len(b.peers) >= maxPeers {
		return
	}
	b.peers[id] = &peer{mayDraw: mayDraw, tell: true}
}

// Part tells that somebody has left. What they drew stays.
func (b *Board) Part(id string) {
	delete(b.peers, id)
	delete(b.pointers, id)
}

// Hear takes a payload of somebody whom we have met. After an error the board is as good
// as before; what the payload held up to there may have been taken.
func (b *Board) Hear(from string, payload []byte, now time.Time) error {
	p := b.peers[from]
	if p == nil {
		return ErrStranger
	}
	m, ok, err := decode(payload)
	if err != nil || !ok {
		return err
	}
	if m.me != "" {
		b.heardHave(from, p, m.message)
	}
	if m.ask {
		p.tell = true
	}
	if !p.mayDraw {
		if len(m.log) > 0 || len(m.point) > 0 {
			return ErrNotAllowed
		}
		return nil
	}
	if len(m.point) > 0 || m.gone {
		b.heardPointer(from, m.message, now)
	}
	return b.heardLog(from, p, m, now)
}

func (b *Board) heardLog(from string, p *peer, m decoded, now time.Time) error {
	var firstErr error
	rebuild := false
	for i, l := range m.log {
		hole, corrected, err := b.learn(from, l, m.ops[i])
		rebuild = rebuild || corrected
		if err != nil && firstErr == nil {
			firstErr = err
		}
		if hole && now.Sub(p.holeAt) >= time.Second {
			p.holeAt, p.tell = now, true
		}
	}
	if rebuild {
		b.correct()
	} else if len(m.log) > 0 {
		b.settle()
	}
	return firstErr
}

// correct makes the picture again, with what we have not logged yet.
func (b *Board) correct() {
	b.flush()
	b.rebuild()
	if b.live != nil {
		b.live.object = b.model.objects[b.live.object.ID]
	}
}

func (b *Board) heardHave(from string, p *peer, m message) {
	p.known, p.asked, p.me = true, false, m.me
	p.wants = m.all == b.self
	p.have, p.hear = map[string]int{}, map[string]bool{}
	for _, s := range m.have {
		p.have[s.author] = s.n
	}
	for _, id := range m.hear {
		p.hear[id] = true
	}
	// Nobody has more of what somebody writes than they themself.
	if a := b.authors[m.me]; a != nil && personOf(m.me) == from && len(a.log) > max(p.have[m.me], a.said) {
		a.cut(max(p.have[m.me], a.said))
		b.correct()
	}
}

// Take gives what is to be sent now; call it about 25 times a second while there are
// others. now must not go backwards.
func (b *Board) Take(now time.Time) []Out {
	if now.Sub(b.took) < Pace {
		return nil
	}
	b.took = now
	b.flush()
	if len(b.peers) == 0 {
		b.pointing = pointing{away: b.pointing.away}
		return nil
	}
	b.announce(now)
	pointing := b.takePointing()
	var outs []Out
	same := true
	for _, id := range sorted(b.peers) {
		p := b.peers[id]
		m := pointing
		if p.asked && now.Sub(p.askedAt) >= patience {
			p.askedAt, m.ask = now, true
		}
		if p.tell {
			p.tell = false
			b.fillHave(&m)
		}
		if b.mayDraw && p.known && !p.asked {
			if b.fillLog(&m, p) {
				p.asked, p.askedAt, m.ask = true, now, true
			}
		}
		data := m.encode()
		if data == (message{}).encode() {
			same = false
			continue
		}
		outs = append(outs, Out{id, []byte(data)})
		same = same && string(outs[0].Data) == data
	}
	if same && len(outs) > 1 {
		return []Out{{"", outs[0].Data}}
	}
	return outs
}

// announce makes us say what we have when it is time, and ask the next person for what
// the absent drew.
func (b *Board) announce(now time.Time) {
	every := announceQuiet
	if b.news {
		every = announceBusy
	}
	if b.speaker != "" && b.peers[b.speaker] != nil && now.Sub(b.told) < every {
		return
	}
	var able []string
	for _, id := range sorted(b.peers) {
		if b.peers[id].mayDraw {
			able = append(able, id)
		}
	}
	next := ""
	if i := slices.IndexFunc(able, func(id string) bool { return id > b.speaker }); i >= 0 {
		next = able[i]
	} else if len(able) > 0 {
		next = able[0]
	}
	if next == "" && now.Sub(b.told) < every {
		return // everybody watches
	}
	b.speaker, b.told, b.news = next, now, false
	for _, p := range b.peers {
		p.tell = true
	}
}

func (b *Board) fillHave(m *message) {
	m.me, m.all, m.hear = b.me, b.speaker, sorted(b.peers)
	for _, name := range sorted(b.authors) {
		a := b.authors[name]
		n := len(a.log)
		if b.peers[personOf(name)] != nil {
			n = a.said
		}
		if n > 0 {
			m.have = append(m.have, seen{name, n})
		}
	}
}

// fillLog adds what a person lacks, as much as fits; more tells that something is left.
// Ours come first: nobody else tells them.
func (b *Board) fillLog(m *message, p *peer) (more bool) {
	start := filled - len(m.encode())
	room := start
	for _, ours := range []bool{true, false} {
		for _, name := range sorted(b.authors) {
			owner := personOf(name)
			if (owner == b.self) != ours || !ours && (!p.wants || p.hear[owner] || name == p.me) {
				continue
			}
			log := b.authors[name].log
			from := p.have[name]
			n := from
			for n < len(log) && (room >= len(log[n]) || room == start) {
				room -= len(log[n]) + 1
				n++
			}
			if n > from {
				m.log = append(m.log, batch{name, from + 1, log[from:n]})
				p.have[name] = n
				room -= len(name) + 20
			}
			if n < len(log) {
				return true
			}
		}
	}
	return false
}
