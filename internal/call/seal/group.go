package seal

import (
	"bytes"
	"crypto/hpke"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// How the group is patient.
const (
	// UsualRekey is how often keys change when the server says nothing.
	UsualRekey  = time.Minute
	leastRekey  = time.Second
	mostRekey   = 10 * time.Minute
	ackLimit    = 2 * time.Second // a new key waits so long for everybody to have it
	againAfter  = time.Second     // what was not acknowledged is sent again
	stuckAfter  = 3 * time.Second // an agreement that goes no further begins anew
	stuckMost   = 12 * time.Second
	membersMost = 16
	// Who makes us reveal a nonce and begins anew before the end has one try at the code for
	// nothing: only so many are suffered.
	mismatchesMost        = 3
	triesMost             = 30
	triesForget           = time.Minute
	provenKept            = 8
	maxKid         uint64 = 1 << 32
)

// Member is another participant who is in the call and agreed to capture.
type Member struct {
	ID string
	// Keys and Seal are what their program can do, see wire.Ready.
	Keys, Seal bool
}

// Standing is how far the agreement with one other participant is.
type Standing string

// The standings.
const (
	// Without: their program knows no key agreement.
	Without Standing = ""
	// Agreeing: under way.
	Agreeing Standing = "agreeing"
	// Agreed: both have shown that they hold the shared key, and the code can be compared.
	Agreed Standing = "agreed"
	// Broken: what came does not fit what was announced; somebody may sit in between.
	Broken Standing = "broken"
)

// Pairing is what the screen may tell of one other participant.
type Pairing struct {
	Peer     string
	Standing Standing
	Code     Code
	// Agreed counts agreements that both have heard of in this stay: what features said under an earlier
	// one may be lost.
	Agreed int
	// Proven is the newest generation of a direct connection whose certificate the other
	// side confirmed under the pair's key; 0 when none.
	Proven uint32
}

// Options configure a Group.
type Options struct {
	// Send sends a message to the server.
	Send func(wire.Message)
	// Said takes what a feature of another participant said, see Say; nil takes nothing.
	Said func(peer string, topic wire.Topic, view bool, said []byte)
	// KeyFrame makes our picture begin anew, for somebody who has just got its key.
	KeyFrame func()
	Now      func() time.Time
}

// Group holds the keys of one participant in one room, from coming to leaving. One
// goroutine uses it; Sender and Stream, and what they return, any may use.
type Group struct {
	o     Options
	self  string
	key   hpke.PrivateKey
	rekey time.Duration

	sender  *Sender
	members []Member
	peers   map[string]*partner
	current epoch
	next    *epoch // told to the others, not used yet
	changed bool
	sealed  bool // no frame may ever leave in clear
	// tries counts agreements in which we revealed and that came to no end, or were begun anew
	// by the other side, with anybody; one is forgotten a minute. alarmed: there were too many.
	tries   int
	triedAt time.Time
	alarmed bool

	mu        sync.Mutex
	receivers map[string]*Receiver
	present   []string // ids of members
}

// epoch is one key of ours.
type epoch struct {
	kid    uint64
	base   []byte
	since  time.Time
	joined bool // for somebody new, who needs a key frame
	told   map[string]time.Time
	have   map[string]bool
}

// partner is what we know of one member.
type partner struct {
	pair     *pair
	revealed bool // our nonce is known to the other side
	agreed   int
	heard    bool // something of theirs was opened: they have the pair's key too
	broken   bool
	// mismatches counts reveals that did not fit: a commitment may be lost with a line.
	mismatches int
	restarted  time.Time
	keyed      bool // a key of theirs came under this agreement
	begun      time.Time
	patience   time.Duration
	// The certificates of direct connections by generation: ours, theirs, and what they
	// say theirs is.
	ours, theirs, said map[uint32]string
	proven             uint32
}

// NewGroup makes fresh keys.
func NewGroup(o Options) (*Group, error) {
	key, err := kem().GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("making a key pair: %w", err)
	}
	g := &Group{o: o, key: key, rekey: UsualRekey, sender: &Sender{}, peers: map[string]*partner{}, receivers: map[string]*Receiver{}}
	g.current = g.epoch(1)
	return g, g.sender.use(g.current.base, g.current.kid)
}

// Sender seals what we send.
func (g *Group) Sender() *Sender { return g.sender }

// Receiver opens what another participant sends.
func (g *Group) Receiver(peer string) *Receiver {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.receivers[peer]
	if r == nil {
		r = newReceiver(g.o.Now)
		if len(g.receivers) >= 2*membersMost {
			for id := range g.receivers { // of those who left
				if !slices.Contains(g.present, id) {
					delete(g.receivers, id)
				}
			}
		}
		if len(g.receivers) < 2*membersMost {
			g.receivers[peer] = r
		}
	}
	return r
}

// Enter takes what the server said at the door: our id, how often keys change (0 for our
// own choice), and whether everything must be sealed.
func (g *Group) Enter(self string, rekey time.Duration, sealed bool) {
	if self != g.self {
		g.self = self
		for id := range g.peers { // they knew us by another name
			delete(g.peers, id)
			g.Receiver(id).forget()
		}
		g.rotate(false)
		g.changed = true
	}
	g.changed = g.changed || sealed != g.sealed
	g.sealed = g.sealed || sealed
	if rekey == 0 {
		rekey = UsualRekey
	}
	g.rekey = min(max(rekey, leastRekey), mostRekey)
	g.Members(g.members)
}

// Frames tells whether frames are sealed: everybody in the call can.
func (g *Group) Frames() bool {
	return g.sealed || !slices.ContainsFunc(g.members, func(m Member) bool { return !m.Seal || !m.Keys })
}

// Members says who is in the call besides us.
func (g *Group) Members(members []Member) {
	if len(members) > membersMost {
		members = members[:membersMost]
	}
	g.changed = g.changed || !slices.Equal(g.members, members)
	g.members = slices.Clone(members)
	g.mu.Lock()
	g.present = nil
	for _, m := range members {
		g.present = append(g.present, m.ID)
	}
	g.mu.Unlock()
	left := false
	for id, p := range g.peers {
		if !slices.ContainsFunc(members, func(m Member) bool { return m.ID == id && m.Keys }) {
			left = left || p.pair.agreed()
			g.tried(p)
			delete(g.peers, id)
			g.Receiver(id).forget()
		}
	}
	for _, m := range members {
		if m.Keys && g.self != "" && !g.alarmed && g.peers[m.ID] == nil {
			g.peers[m.ID] = &partner{patience: stuckAfter, ours: map[uint32]string{}, theirs: map[uint32]string{}, said: map[uint32]string{}}
			g.begin(m.ID)
		}
		g.Receiver(m.ID).open(!g.Frames())
	}
	g.sender.open(!g.Frames())
	if left {
		g.rotate(false) // who left must not hear what comes
	}
}

// begin starts an agreement, or starts it anew.
func (g *Group) begin(id string) {
	p := g.peers[id]
	p.pair = newPair(g.self, id, g.key)
	p.revealed, p.heard, p.keyed, p.begun, p.proven = false, false, false, g.o.Now(), 0
	clear(p.said)
	g.changed = true
	g.o.Send(p.pair.commit())
}

// Receive takes a message of another participant; its Peer is who sent it.
func (g *Group) Receive(m wire.Message) {
	switch m := m.(type) {
	case wire.Commit:
		if p := g.peers[m.Peer]; p != nil {
			g.committed(p, m)
		}
	case wire.Reveal:
		if p := g.peers[m.Peer]; p != nil && p.pair.theirCommit != nil && p.pair.theirKey == nil {
			enc, err := p.pair.revealed(m)
			if err == nil {
				g.changed = true
				g.o.Send(enc)
			}
			g.broke(p, err)
		}
	case wire.Encapsulate:
		if p := g.peers[m.Peer]; p != nil && p.pair.theirKey != nil && !p.pair.agreed() {
			err := p.pair.encapsulated(m)
			g.broke(p, err)
			if err == nil {
				for gen, fingerprint := range p.ours {
					g.tell(m.Peer, inner{Bind: &bind{gen, fingerprint}})
				}
				g.rotate(true)
			}
		}
	case wire.Data:
		if p := g.peers[m.Peer]; p != nil && p.pair.agreed() {
			g.said(p, m)
		}
	case wire.Sealed:
		if p := g.peers[m.Peer]; p != nil && p.pair.agreed() {
			g.unsealed(m.Peer, p, m)
		}
	}
}

// committed takes a commitment; one that differs means that the other side began anew.
func (g *Group) committed(p *partner, m wire.Commit) {
	theirs := decode(m.Commitment)
	if len(theirs) != randomSize || bytes.Equal(theirs, p.pair.theirCommit) {
		return
	}
	if p.revealed {
		if !g.again(p) {
			return
		}
		g.begin(m.Peer) // our nonce is no secret any more
	} else {
		g.o.Send(p.pair.commit()) // theirs may be an answer to none: the first one was lost
	}
	p.pair.theirCommit, p.pair.theirKey, p.pair.transcript = theirs, nil, nil
	p.revealed, p.begun = true, g.o.Now()
	g.o.Send(p.pair.reveal())
}

// again tells whether the other side may begin anew after we revealed: once a second, and
// not too often.
func (g *Group) again(p *partner) bool {
	now := g.o.Now()
	if now.Sub(p.restarted) < againAfter {
		return false
	}
	p.restarted = now
	g.spend()
	return !g.alarmed
}

// tried counts an agreement that is given up before both sides had the key.
func (g *Group) tried(p *partner) {
	if p.revealed && !p.heard {
		g.spend()
	}
}

// spend counts one try at a code.
func (g *Group) spend() {
	now := g.o.Now()
	if forget := int(now.Sub(g.triedAt) / triesForget); forget > 0 {
		g.tries = max(0, g.tries-forget)
		g.triedAt = now
	}
	g.tries++
	if g.tries > triesMost {
		g.alarmed, g.changed = true, true
	}
}

func (g *Group) broke(p *partner, err error) {
	if err != nil {
		p.mismatches++
		p.broken, g.changed = p.mismatches >= mismatchesMost, true
		p.pair.theirCommit, p.pair.theirKey, p.pair.transcript = nil, nil, nil
	}
}

// rotate makes our next key and tells it to all who may have it.
func (g *Group) rotate(joined bool) {
	kid := g.current.kid
	if g.next != nil {
		kid, joined = g.next.kid, joined || g.next.joined
	}
	e := g.epoch(kid + 1)
	e.joined = joined
	if g.next != nil {
		e.since = g.next.since // nobody holds a change back by asking for another
		clear(g.next.base)
	}
	g.next = &e
	g.spread()
	g.settle()
}

func (g *Group) epoch(kid uint64) epoch {
	base := make([]byte, KeySize)
	rand.Read(base)
	return epoch{kid: kid, base: base, since: g.o.Now(), told: map[string]time.Time{}, have: map[string]bool{}}
}

// spread tells the newest key to those who have not confirmed it.
func (g *Group) spread() {
	e := &g.current
	if g.next != nil {
		e = g.next
	}
	now := g.o.Now()
	for id, p := range g.peers {
		if p.pair.agreed() && !e.have[id] && now.Sub(e.told[id]) >= againAfter {
			e.told[id] = now
			g.tell(id, inner{Key: &key{e.kid, e.base}})
			if gen := newest(p.ours); gen > 0 { // the first one may have been lost with a line
				g.tell(id, inner{Bind: &bind{gen, p.ours[gen]}})
			}
		}
	}
}

// settle uses the next key once everybody has it, or had the time.
func (g *Group) settle() {
	if g.next == nil {
		return
	}
	for id, p := range g.peers {
		if p.pair.agreed() && !g.next.have[id] && g.o.Now().Sub(g.next.since) < ackLimit {
			return
		}
	}
	clear(g.current.base)
	g.current, g.next = *g.next, nil
	g.current.since = g.o.Now()
	if g.sender.use(g.current.base, g.current.kid) == nil && g.current.joined {
		g.o.KeyFrame()
	}
}

// Tick does what time asks for; call it a few times a second.
func (g *Group) Tick() {
	now := g.o.Now()
	for id, p := range g.peers {
		if !p.heard && now.Sub(p.begun) >= p.patience {
			p.patience = min(2*p.patience, stuckMost)
			if g.tried(p); !g.alarmed {
				g.begin(id)
			}
		}
	}
	if g.next == nil && now.Sub(g.current.since) >= g.rekey {
		g.rotate(false)
	}
	g.spread()
	g.settle()
}

// Certificates takes the fingerprints in the descriptions of a direct connection: each
// side confirms its own under the pair's key, so that nobody can have put theirs in.
func (g *Group) Certificates(peer string, gen uint32, ours, theirs string) {
	p := g.peers[peer]
	if p == nil {
		return
	}
	if ours != "" && p.ours[gen] == "" {
		p.ours[gen] = ours
		if p.pair.agreed() {
			g.tell(peer, inner{Bind: &bind{gen, ours}})
		}
	}
	if theirs != "" {
		p.theirs[gen] = theirs
	}
	for _, m := range []map[uint32]string{p.ours, p.theirs, p.said} {
		bound(m)
	}
	g.compare(p, gen)
}

// newest is the last generation of a direct connection, 0 when there is none.
func newest(m map[uint32]string) uint32 {
	last := uint32(0)
	for gen := range m {
		last = max(last, gen)
	}
	return last
}

// bound lets the oldest generations go.
func bound(m map[uint32]string) {
	for len(m) > provenKept {
		oldest := ^uint32(0)
		for gen := range m {
			oldest = min(oldest, gen)
		}
		delete(m, oldest)
	}
}

func (g *Group) compare(p *partner, gen uint32) {
	said, seen := p.said[gen], p.theirs[gen]
	switch {
	case said == "" || seen == "":
	case said != seen:
		p.broken, g.changed = true, true
	case gen > p.proven:
		p.proven, g.changed = gen, true
	}
}

// Changed tells, once, that Pairings or Frames may say something new.
func (g *Group) Changed() bool {
	changed := g.changed
	g.changed = false
	return changed
}

// Pairings tells how far we are with each member, in the order of Members.
func (g *Group) Pairings() []Pairing {
	list := make([]Pairing, 0, len(g.members))
	for _, m := range g.members {
		one := Pairing{Peer: m.ID}
		if g.alarmed {
			one.Standing = Broken
		}
		if p := g.peers[m.ID]; p != nil {
			one.Standing, one.Proven = Agreeing, p.proven
			switch {
			case p.broken || g.alarmed:
				one.Standing = Broken
			case p.heard:
				one.Standing, one.Code, one.Agreed = Agreed, p.pair.code(), p.agreed
			}
		}
		list = append(list, one)
	}
	return list
}
