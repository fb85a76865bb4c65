// Package room keeps the doors: who waits, who is in, who may do what, and when
// media may begin. It knows neither HTTP nor WebRTC; seats and tickets are reached
// through two small interfaces.
//
// One goroutine owns each room; connections post to it and never touch its state.
package room

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"ekermed.example/ekermed/internal/call/wire"
)

// MaxPeople is how many may be in one room, waiting ones included.
const MaxPeople = 12

// Seat is a person's place in the media of a room.
type Seat interface {
	// Gen is the generation of the present media connection.
	Gen() uint32
	Answer(wire.Answer)
	Renew(wire.Renew)
	// Share begins or ends the forwarding of this person's screen.
	Share(on bool)
	// Resend sends an unanswered offer again.
	Resend()
	Close()
}

// Seater seats people (package sfu). out must not block.
type Seater interface {
	// next gives the generation of each new media connection of the seat. Of who does not
	// speak nothing is taken, and nothing forwarded.
	Seat(room, peer string, speaks bool, next func() uint32, out func(wire.Message)) (Seat, error)
}

// Tickets hands out ICE servers with short-lived credentials (package relay): for a
// direct connection, or for one to the SFU.
type Tickets interface {
	ICE(peer string, direct bool) []wire.ICEServer
	// Admit lets a participant have tickets; Revoke ends them, and what they opened.
	Admit(peer string)
	Revoke(peer string)
}

// Files keeps sealed files for the length of a call (package drop). Neither method blocks.
type Files interface {
	// Left: somebody is gone, so what they had not sent whole never will be.
	Left(room, person string)
	// Over: nobody is left who could fetch anything.
	Over(room string)
}

// Entry is a checked right to enter one room.
type Entry struct {
	Appointment string
	// Person is the id of the participant: the same id replaces an older connection.
	Person string
	Name   string
	Role   wire.Role
	Owner  string // the account whose appointment it is
	// Link names the link that they hold, empty for a clinician. Again: it has brought
	// somebody else before.
	Link     string
	Again    bool
	Relation string // of a guest, see wire.Person
}

// Conn is one participant's connection, as the room sees it. Neither method blocks.
type Conn interface {
	Send(wire.Message)
	// Close sends what is queued and closes.
	Close()
}

type person struct {
	wire.Person
	entry   Entry
	resume  string
	files   string // token of wire.Files, empty where there is no such right
	conn    *pipe
	leave   *time.Timer // runs while away
	direct  bool        // the client understands wire.Direct
	chooses bool        // as in wire.Ready

	seat Seat
	// The generations on which this person said that media arrives.
	upDirect, upServer uint32
	renews, secrets    *rate.Limiter
	data               allowance
}

type room struct {
	hub         *Hub
	id          string // random, for logs and support
	appointment string
	owner       string
	log         *slog.Logger
	inbox       chan func()
	gone        chan struct{} // closed when the room is no more
	people      map[string]*person
	route       route
	gens        generations
	meets       *rate.Limiter
	spell       spell
	locked      bool
	ending      bool // it is being ended for everybody
}

func newRoom(h *Hub, e Entry) *room {
	id := token(8)
	return &room{
		hub: h, id: id, appointment: e.Appointment, owner: e.Owner, log: h.o.Log.With("room", id),
		inbox: make(chan func(), 256), gone: make(chan struct{}), people: map[string]*person{},
		meets: rate.NewLimiter(rate.Every(meetEvery), meetBurst),
	}
}

// run owns the room until it has been empty for a while or ctx ends.
func (r *room) run(ctx context.Context) {
	defer func() {
		for _, p := range r.people {
			r.drop(p, nil, wire.ReasonShutdown, "")
		}
		r.hub.publish(r, nil, false)
		close(r.gone)
	}()
	idle := time.NewTimer(r.hub.o.Linger)
	defer idle.Stop()
	for {
		select {
		case do := <-r.inbox:
			do()
			r.watch()
			r.hub.publish(r, r.all(), r.hosted())
			idle.Reset(r.hub.o.Linger)
		case <-idle.C:
			if len(r.people) == 0 && r.hub.retire(r) {
				return
			}
			idle.Reset(r.hub.o.Linger)
		case <-ctx.Done():
			return
		}
	}
}

func (r *room) all() []wire.Person {
	list := make([]wire.Person, 0, len(r.people))
	for _, p := range r.people {
		list = append(list, p.Person)
	}
	slices.SortFunc(list, func(a, b wire.Person) int {
		if a.Since != b.Since {
			if a.Since < b.Since {
				return -1
			}
			return 1
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return list
}

func (r *room) seenBy(p *person) []wire.Person {
	var seen []wire.Person
	for _, other := range r.all() {
		if visible(p, r.people[other.ID]) {
			seen = append(seen, other)
		}
	}
	return seen
}

// tell sends the presence of p to everybody who may see it.
func (r *room) tell(p *person) {
	for _, other := range r.people {
		if visible(other, p) {
			other.conn.Send(wire.Presence{Person: p.Person})
		}
	}
}

// enter lets a connection take its place: a new person, or an old one coming back.
func (r *room) enter(e Entry, resume string, conn Conn) *person {
	now := r.hub.o.Now()
	p := r.people[e.Person]
	switch {
	case p != nil:
		p.conn.swap(conn, wire.Ended{Reason: wire.ReasonReplaced})
		if p.leave != nil {
			p.leave.Stop()
			p.leave = nil
		}
	case r.locked && e.Role != wire.RoleClinician:
		r.door(Barred, nobody(e), nil, "")
		conn.Send(wire.Failure{Code: wire.CodeLocked, Text: "the clinician has closed this room", Fatal: true})
		conn.Close()
		return nil
	case len(r.people) >= MaxPeople && e.Role != wire.RoleClinician: // who holds the link keeps no clinician out
		conn.Send(wire.Failure{Code: wire.CodeFull, Text: "this room is full", Fatal: true})
		conn.Close()
		return nil
	default:
		p = &person{entry: e, resume: resume, conn: &pipe{}, renews: rate.NewLimiter(rate.Every(renewEvery), renewBurst), secrets: secrets(), data: data(), Person: wire.Person{
			ID: e.Person, Name: e.Name, Role: r.role(e), Place: wire.PlaceWaiting, Relation: e.Relation,
			Since: float64(now.UnixMilli()) / 1000,
		}}
		if p.host() {
			p.Place = wire.PlaceCall
		}
		p.conn.swap(conn, nil)
		r.people[p.ID] = p
		r.log.Info("came", "peer", p.ID, "role", p.Role)
		r.door(Came, p, nil, "")
		r.recognise(p)
	}
	if p.resume != resume {
		r.hub.forget(p.resume)
		r.cut(p) // a new program: the media of the old one is dead
		r.unshare(p)
		p.Ready = false
	}
	r.share(p)
	p.Away, p.resume = false, resume
	ice := []wire.ICEServer(nil)
	if p.Place != wire.PlaceHold {
		r.hub.o.Tickets.Admit(p.ID)
		ice = r.hub.o.Tickets.ICE(p.ID, false)
	}
	p.conn.Send(wire.Welcome{
		Version: wire.Version, Self: p.ID, Role: p.Role, Room: r.id, Resume: p.resume,
		People: r.seenBy(p), ICE: ice, Gen: r.held(p),
		Rekey: r.hub.o.Rekey.Seconds(), Sealed: r.hub.o.Sealed, Locked: r.locked,
		Files: r.filesOf(p),
	})
	r.tell(p)
	r.back(p)
	return p
}

// recognise marks everybody whose link has brought more than one person (threat 13): it
// was forwarded, or its holder came twice. Only asking tells, so the clinician is told.
func (r *room) recognise(p *person) {
	p.Again = p.entry.Again
	for _, other := range r.people {
		if other == p || p.entry.Link == "" || other.entry.Link != p.entry.Link {
			continue
		}
		p.Again = true
		if !other.Again {
			other.Again = true
			r.tell(other)
		}
	}
	if p.Again {
		r.door(Again, p, nil, "")
	}
}

// nobody is who was kept out, for the witness.
func nobody(e Entry) *person {
	return &person{entry: e, Person: wire.Person{ID: e.Person, Role: e.Role}}
}

// handle does what a participant asks. An error ends their connection.
func (r *room) handle(p *person, m wire.Message) *wire.Failure {
	if failure := p.allowed(m); failure != nil {
		return failure
	}
	switch m := m.(type) {
	case wire.Ready:
		if r.hub.o.Policy == DirectOnly && !m.Direct {
			return &wire.Failure{Code: wire.CodeVersion, Text: "this server wants programs that can talk directly", Fatal: true}
		}
		if r.hub.o.Sealed && !(m.Keys && m.Seal) {
			return &wire.Failure{Code: wire.CodeSeal, Text: "this server wants programs that can seal frames", Fatal: true}
		}
		if !p.Ready { // of this program; it does not change
			p.direct, p.chooses, p.Keys, p.Seal = m.Direct, m.Chooses, m.Keys, m.Seal
		}
		p.Ready, p.Audio, p.Video = true, m.Audio && speaks(p.Role), m.Video && speaks(p.Role)
		r.tell(p)
		r.steer()
	case wire.Media:
		p.Audio, p.Video = m.Audio && speaks(p.Role), m.Video && speaks(p.Role)
		r.tell(p)
	case wire.Admit:
		return r.admit(p, m.Peer)
	case wire.Refuse:
		return r.refuse(p, m)
	case wire.Note:
		return r.note(p, m)
	case wire.Lock:
		r.lock(p, m.On)
	case wire.Remove:
		return r.remove(p, m)
	case wire.Hold:
		return r.hold(p, m)
	case wire.Handover:
		return r.handover(p, m.Peer)
	case wire.Offer, wire.Answer, wire.Candidate, wire.Up, wire.Renew:
		return r.media(p, m)
	case wire.Commit, wire.Reveal, wire.Encapsulate, wire.Sealed, wire.Data:
		r.secret(p, m)
	case wire.Hand:
		return r.hand(p, m)
	case wire.Silence:
		return r.silence(p, m.Peer)
	case wire.Share:
		return r.present(p, m.On)
	case wire.Leave:
		r.leave(p, m.End)
	case wire.Ping:
		p.conn.Send(wire.Pong(m))
	default:
		return &wire.Failure{Code: wire.CodeOrder, Text: wire.Type(m) + " is not for here", Fatal: true}
	}
	return nil
}

func noPeer() *wire.Failure {
	return &wire.Failure{Code: wire.CodeNoPeer, Text: "nobody with this id waits here"}
}

func (r *room) waiting(id string) *person {
	if p := r.people[id]; p != nil && p.Place == wire.PlaceWaiting {
		return p
	}
	return nil
}

func (r *room) admit(by *person, id string) *wire.Failure {
	p := r.waiting(id)
	if p == nil {
		return noPeer()
	}
	if failure := r.noRoom(p); failure != nil {
		return failure
	}
	r.log.Info("admitted", "peer", p.ID)
	r.door(Admitted, p, by, "")
	r.bring(p)
	r.steer()
	return nil
}

func (r *room) refuse(by *person, m wire.Refuse) *wire.Failure {
	p := r.waiting(m.Peer)
	if p == nil {
		return noPeer()
	}
	r.log.Info("refused", "peer", p.ID)
	r.drop(p, by, wire.ReasonRefused, m.Text)
	return nil
}

func (r *room) note(from *person, m wire.Note) *wire.Failure {
	p := r.waiting(m.Peer)
	if p == nil {
		return noPeer()
	}
	p.conn.Send(wire.Said{From: from.ID, Text: m.Text})
	return nil
}

func (r *room) inCall() []*person {
	var in []*person
	for _, p := range r.people {
		if p.Place == wire.PlaceCall {
			in = append(in, p)
		}
	}
	return in
}

// leave is goodbye by one's own button. Who holds the room may end it for everybody.
func (r *room) leave(p *person, end bool) {
	r.log.Info("left", "peer", p.ID, "end", end)
	if end {
		r.ending = true
		defer func() { r.ending = false }()
		r.door(Closed, p, p, "")
	}
	r.drop(p, p, wire.ReasonLeft, "")
	if !end {
		r.steer() // two who are left may talk directly
		return
	}
	for _, other := range r.people {
		r.drop(other, p, wire.ReasonEnded, "")
	}
	r.hub.o.Done(r.appointment)
}

// drop takes a person out of the room and tells them and the others why.
func (r *room) drop(p, by *person, why wire.Reason, text string) {
	if p.Role == wire.RoleClinician && !p.host() {
		r.inherit(p, why)
	}
	r.door(Went, p, by, why)
	r.parting(p, why)
	delete(r.people, p.ID)
	if p.leave != nil {
		p.leave.Stop()
	}
	r.cut(p)
	r.unshare(p)
	r.hub.forget(p.resume)
	r.hub.o.Tickets.Revoke(p.ID)
	p.conn.swap(nil, wire.Ended{Reason: why, Text: text})
	for _, other := range r.people {
		if visible(other, p) || other.Place == wire.PlaceHold { // who may have known them
			other.conn.Send(wire.Gone{ID: p.ID, Reason: why})
		}
	}
	if p.Role == wire.RoleClinician {
		r.unseat()
	}
}

// unseat stops all media when no clinician is left. Places are kept: steer begins
// again when one is back.
func (r *room) unseat() {
	for _, p := range r.people {
		if p.Role == wire.RoleClinician && p.Place == wire.PlaceCall {
			return
		}
	}
	for _, p := range r.people {
		r.cut(p)
	}
	r.route.way = noWay
}

// away notes that a connection broke; the person may come back within Grace.
func (r *room) away(p *person, conn Conn) {
	if r.people[p.ID] != p || !p.conn.is(conn) {
		return // gone, or back already on a newer connection
	}
	p.conn.swap(nil, nil)
	p.Away = true
	r.log.Info("away", "peer", p.ID)
	r.tell(p)
	p.leave = time.AfterFunc(r.hub.o.Grace, func() {
		r.post(func() {
			if r.people[p.ID] == p && p.Away {
				r.log.Info("lost", "peer", p.ID)
				r.drop(p, nil, wire.ReasonLost, "")
				r.steer()
			}
		})
	})
}

// post queues work for the room's goroutine; it waits when the room is busy.
func (r *room) post(do func()) bool {
	select {
	case r.inbox <- do:
		return true
	case <-r.gone:
		return false
	}
}
