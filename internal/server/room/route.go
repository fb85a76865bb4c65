package room

import (
	"sync/atomic"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// Policy says which way the media of a room may take.
type Policy string

// The policies (configuration key room.route).
const (
	// Auto: two people talk directly, more of them through the server, which also serves
	// two when they cannot reach each other.
	Auto Policy = "auto"
	// DirectOnly: never through the server, so a room is for two.
	DirectOnly Policy = "direct"
	// RelayOnly: as Auto, but directly through TURN only; nobody learns an address of
	// anybody else.
	RelayOnly Policy = "relay"
	// ServerOnly: always through the server.
	ServerOnly Policy = "server"
)

// directLimit is how long a direct connection may take to come up before the server's
// way is taken: a relayed one over a slow line takes about three seconds.
const directLimit = 6 * time.Second

// way is how media travels in a room now, for the operator's numbers.
type way string

const (
	noWay     way = ""
	directWay way = "direct"
	serverWay way = "server"
)

// route is the media of one room. Every change makes a connection of a higher
// generation beside the present one, which is closed when the new one carries media for
// all who had it (make before break). A connection that failed is replaced the same way.
type route struct {
	way way // the newest; the one before may still stand
	// gen is the generation of the direct connection, and pair who hold it: the caller
	// first. They stay set while a change to the server's way is under way.
	gen  uint32
	pair [2]*person
	// settled: both have media on gen. before is the generation that settled last.
	settled bool
	before  uint32
	// failed: these two cannot reach each other; the server serves them.
	failed bool
	limit  *time.Timer
	// handed counts what was handed on in this generation.
	handed struct {
		offer, answer bool
		candidates    [2]int
	}
}

// candidatesAtMost is how many of one side are handed on in a generation: a machine with
// many networks has some dozens.
const candidatesAtMost = 64

// How often one room may begin a direct connection, and one person may ask for another:
// each costs the other side work.
const (
	meetEvery, meetBurst   = 2 * time.Second, 5
	renewEvery, renewBurst = time.Second, 4
)

// generations counts media connections of a room. They follow the clock, so that they
// grow even over a restart of the server: a client that comes back must not take a new
// connection for the old one.
type generations struct{ last atomic.Uint32 }

func (g *generations) next() uint32 {
	for {
		last := g.last.Load()
		next := max(last+1, uint32(time.Now().Unix()))
		if g.last.CompareAndSwap(last, next) {
			return next
		}
	}
}

// steer begins or changes the room's media, as soon as the clinician and one more are
// in and have agreed to capture. Nothing else in the product starts media.
func (r *room) steer() {
	in := r.talkers()
	switch {
	case in == nil:
		r.blind()
	case r.directly(in):
		if r.route.way != directWay || !r.route.with(in) {
			r.meet(in[0], in[1])
		}
	case r.hub.o.Policy != DirectOnly:
		r.viaServer(in)
	}
}

// blind takes the picture from those who only watch, while there is nothing to watch: who
// is left thinks to be alone.
func (r *room) blind() {
	for _, p := range r.people {
		if !speaks(p.Role) && p.seat != nil {
			r.cut(p)
			p.conn.Send(wire.Settle{Gen: r.gens.next()})
		}
	}
}

// talkers are those who were let in and agreed to capture; nil without a clinician or
// without somebody else who speaks.
func (r *room) talkers() []*person {
	var in []*person
	clinician, voices := false, 0
	for _, p := range r.people {
		if p.talks() {
			in = append(in, p)
			if speaks(p.Role) {
				voices++
			}
			clinician = clinician || p.Role == wire.RoleClinician
		}
	}
	if !clinician || voices < 2 {
		return nil
	}
	return in
}

// directly tells whether these people talk to each other without the server.
func (r *room) directly(in []*person) bool {
	if len(in) != 2 || !in[0].direct || !in[1].direct || in[0].Screen || in[1].Screen { // both speak, or they would be no talkers
		return false
	}
	switch r.hub.o.Policy {
	case DirectOnly:
		return true
	case ServerOnly:
		return false
	}
	return !r.route.failed
}

func (t *route) with(in []*person) bool {
	return len(in) == 2 && (t.pair == [2]*person{in[0], in[1]} || t.pair == [2]*person{in[1], in[0]})
}

// meet opens a direct connection between two people, beside what they have.
func (r *room) meet(a, b *person) {
	// The patient's side calls: most browsers, which control ICE then, go on looking for a
	// better path during the call. One that does not is called.
	caller, callee := a, b
	if a.Role == wire.RoleClinician && b.Role != wire.RoleClinician {
		caller, callee = b, a
	}
	if callee.chooses && !caller.chooses {
		caller, callee = callee, caller
	}
	r.route.stop()
	if !r.meets.AllowN(r.hub.o.Now(), 1) {
		r.route.limit = time.AfterFunc(meetEvery, func() {
			r.post(func() {
				if in := r.talkers(); r.directly(in) { // others may talk now
					r.meet(in[0], in[1])
				}
			})
		})
		return
	}
	r.route.way, r.route.settled = directWay, false
	r.route.handed.offer, r.route.handed.answer, r.route.handed.candidates = false, false, [2]int{}
	r.route.gen, r.route.pair = r.gens.next(), [2]*person{caller, callee}
	gen := r.route.gen
	relay := r.hub.o.Policy == RelayOnly
	for _, side := range []struct{ self, other *person }{{callee, caller}, {caller, callee}} {
		side.self.conn.Send(wire.Direct{
			Gen: gen, Peer: side.other.ID, Call: side.self == caller, Relay: relay, ICE: r.hub.o.Tickets.ICE(side.self.ID, true),
		})
	}
	r.log.Info("direct", "gen", gen)
	r.route.limit = time.AfterFunc(directLimit, func() {
		r.post(func() {
			if r.route.gen == gen && r.route.way == directWay && !r.route.settled {
				r.unreachable()
			}
		})
	})
}

// unreachable takes the server's way, or tries once more where that is not allowed or
// somebody's line is down: they may have another network when they come back.
func (r *room) unreachable() {
	pair := r.route.pair
	for _, p := range pair {
		if r.people[p.ID] != p || p.Away {
			r.route.way = noWay // tried anew when they are back
			return
		}
	}
	r.log.Info("direct connection failed", "gen", r.route.gen)
	r.astray(pair[:])
	r.route.failed = true
	if r.hub.o.Policy == DirectOnly {
		r.meet(pair[0], pair[1])
		return
	}
	r.steer()
}

// viaServer seats everybody at the SFU.
func (r *room) viaServer(in []*person) {
	r.route.stop()
	r.route.way, r.route.settled = serverWay, false
	for _, p := range in {
		if p.seat == nil {
			r.sit(p)
		} else {
			r.arrived(p, p.upServer) // who has had media here all along is not told again
		}
	}
}

func (r *room) sit(p *person) {
	seat, err := r.hub.o.Seater.Seat(r.id, p.ID, speaks(p.Role), r.gens.next, func(m wire.Message) {
		if offer, ok := m.(wire.Offer); ok && offer.Round == 1 {
			offer.ICE = r.hub.o.Tickets.ICE(p.ID, false)
			m = offer
		}
		p.conn.Send(m)
	})
	if err != nil {
		r.log.Error("seating", "peer", p.ID, "error", err)
		p.conn.Send(wire.Failure{Code: wire.CodeInternal, Text: "no place for media: try again later", Fatal: true})
		return
	}
	p.seat = seat
	seat.Share(p.Screen)
}

// present begins or ends the showing of a screen. Its line is one to the server, so a direct
// call goes there first, and comes back afterwards.
func (r *room) present(p *person, on bool) *wire.Failure {
	if p.Screen == on {
		return nil
	}
	if on {
		for _, other := range r.people {
			if other.Screen {
				return &wire.Failure{Code: wire.CodeSharing, Text: "somebody shares a screen already"}
			}
		}
		if r.hub.o.Policy == DirectOnly {
			return &wire.Failure{Code: wire.CodeSharing, Text: "this server forwards no media, so no screen"}
		}
	}
	p.Screen = on
	if p.seat != nil {
		p.seat.Share(on)
	}
	r.tell(p)
	r.steer()
	return nil
}

// arrived notes that a person has media on a connection, and closes the others when
// nobody needs them any more.
func (r *room) arrived(p *person, gen uint32) {
	switch {
	case r.route.way == directWay && gen == r.route.gen && r.direct(p):
		p.upDirect = gen
		if r.route.settled {
			p.conn.Send(wire.Settle{Gen: gen}) // it may have been lost
			return
		}
		if r.other(p).upDirect != gen {
			return
		}
		r.route.stop()
		r.route.settled, r.route.failed, r.route.before = true, false, gen
		r.recertify(gen)
		for _, one := range r.route.pair {
			one.conn.Send(wire.Settle{Gen: gen})
			if one.seat != nil {
				one.seat.Close()
				one.seat = nil
			}
		}
	case p.seat != nil && gen == p.seat.Gen():
		p.upServer = gen
		if r.route.way != serverWay {
			return
		}
		if !r.direct(p) {
			p.conn.Send(wire.Settle{Gen: gen})
			return
		}
		if other := r.other(p); other.seat == nil || other.upServer != other.seat.Gen() {
			return
		}
		for _, one := range r.route.pair {
			one.conn.Send(wire.Settle{Gen: one.upServer})
		}
		r.route.gen, r.route.before, r.route.pair = 0, 0, [2]*person{}
	}
}

// direct tells whether p has, or had until the present change, a direct connection.
func (r *room) direct(p *person) bool { return p == r.route.pair[0] || p == r.route.pair[1] }

func (r *room) other(p *person) *person {
	if p == r.route.pair[0] {
		return r.route.pair[1]
	}
	return r.route.pair[0]
}

// gen is the generation of the connection that p should hold.
func (r *room) gen(p *person) uint32 {
	switch {
	case r.route.way == serverWay && p.seat != nil:
		return p.seat.Gen()
	case r.route.way == directWay && r.direct(p):
		return r.route.gen
	}
	return 0
}

// held is the generation that somebody who comes back should hold: a connection that is
// still being made is made anew.
func (r *room) held(p *person) uint32 {
	switch {
	case r.route.way == serverWay || !r.direct(p) || r.route.settled:
		return r.gen(p)
	case r.route.before == 0 && p.seat != nil:
		return p.seat.Gen()
	}
	return r.route.before
}

// back goes on with the media of somebody whose line was down.
func (r *room) back(p *person) {
	if p.seat != nil {
		p.seat.Resend()
	}
	p.upServer = 0 // they say again what they have
	if r.route.way == directWay && r.direct(p) && !r.route.settled {
		r.meet(r.route.pair[0], r.route.pair[1])
		return
	}
	r.steer()
}

// media takes what concerns the media connection of one generation.
func (r *room) media(p *person, m wire.Message) *wire.Failure {
	if r.gen(p) == 0 && p.Place != wire.PlaceWaiting {
		return nil // it was on its way when the other left, or when they were set on hold
	}
	if r.gen(p) == 0 {
		return &wire.Failure{Code: wire.CodeOrder, Text: wire.Type(m) + " before the first connection"}
	}
	switch m := m.(type) {
	case wire.Up:
		r.arrived(p, m.Gen)
	case wire.Renew:
		r.renew(p, m)
	case wire.Offer:
		if r.route.way == directWay && m.Gen == r.route.gen && p == r.route.pair[0] && !r.route.handed.offer {
			r.route.handed.offer = true
			m.SDP = r.shown(m.SDP)
			r.route.pair[1].conn.Send(m)
		}
	case wire.Answer:
		if r.route.way == directWay && m.Gen == r.route.gen && p == r.route.pair[1] {
			if r.route.handed.answer {
				return nil
			}
			r.route.handed.answer = true
			m.SDP = r.shown(m.SDP)
			r.route.pair[0].conn.Send(m)
			return nil
		}
		if p.seat != nil {
			p.seat.Answer(m)
		}
	case wire.Candidate:
		// The SFU is ICE lite: it learns addresses from connectivity checks that carry the
		// right password, and sends nothing to an address that is merely named.
		if r.route.way != directWay || m.Gen != r.route.gen || !r.direct(p) {
			return nil
		}
		if r.hub.o.Policy == RelayOnly {
			if m.Candidate = relayed(m.Candidate); m.Candidate == "" {
				return nil
			}
		}
		side := 0
		if p == r.route.pair[1] {
			side = 1
		}
		if r.route.handed.candidates[side]++; r.route.handed.candidates[side] <= candidatesAtMost {
			r.other(p).conn.Send(m)
		}
	}
	return nil
}

// renew replaces a connection that failed.
func (r *room) renew(p *person, m wire.Renew) {
	if !p.renews.AllowN(r.hub.o.Now(), 1) {
		return // it is asked for again while it lasts
	}
	if p.seat != nil && m.Gen == p.seat.Gen() {
		p.upServer = 0
		p.seat.Renew(m) // also while a direct connection is tried beside it
		return
	}
	if r.route.way != directWay || m.Gen != r.gen(p) {
		return // it was replaced meanwhile
	}
	if !r.route.settled {
		r.unreachable()
		return
	}
	r.meet(r.route.pair[0], r.route.pair[1])
}

// shown is an SDP as the other side may see it.
func (r *room) shown(sdp string) string {
	if r.hub.o.Policy == RelayOnly {
		return hideAddresses(sdp)
	}
	return sdp
}

// cut ends all media of a person who leaves or whose program is a new one.
func (r *room) cut(p *person) {
	if p.seat != nil {
		p.seat.Close()
		p.seat = nil
	}
	p.upDirect, p.upServer, p.Screen, p.Hand = 0, 0, false, false
	r.route.failed = false // the next two may reach each other
	if !r.direct(p) {
		return
	}
	other := r.other(p)
	switch {
	case r.route.way != serverWay:
		other.conn.Send(wire.Settle{Gen: r.gens.next()}) // no connection has it: none is left
	case other.seat != nil:
		other.conn.Send(wire.Settle{Gen: other.seat.Gen()})
	}
	r.route.stop()
	if r.route.way != serverWay {
		r.route.way = noWay
	}
	r.route.gen, r.route.before, r.route.settled, r.route.pair = 0, 0, false, [2]*person{}
}

// stop ends the wait for a direct connection.
func (t *route) stop() {
	if t.limit != nil {
		t.limit.Stop()
		t.limit = nil
	}
}
