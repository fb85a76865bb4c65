package room

import "ekermed.example/ekermed/internal/call/wire"

// lock closes the room to newcomers, or opens it. Who is there stays, at the door too.
func (r *room) lock(by *person, on bool) {
	if r.locked == on {
		by.conn.Send(wire.Locked{On: on}) // it may have been lost
		return
	}
	r.locked = on
	r.log.Info("lock", "on", on)
	act := Locked
	if !on {
		act = Unlocked
	}
	r.door(act, by, by, "")
	for _, p := range r.people {
		p.conn.Send(wire.Locked{On: on})
	}
}

// subject is whom a wish about somebody in the call, or on hold, is about.
func (r *room) subject(by *person, id string) (*person, *wire.Failure) {
	p := r.people[id]
	if p == nil || p.Place == wire.PlaceWaiting {
		return nil, noPeer()
	}
	if !by.over(p) {
		return nil, &wire.Failure{Code: wire.CodeRole, Text: "a " + string(by.Role) + " may not do this to a " + string(p.Role)}
	}
	return p, nil
}

// remove puts a person out. Their resume token and their tickets go with them: the link,
// when they hold one and the room is open, leads to the door.
func (r *room) remove(by *person, m wire.Remove) *wire.Failure {
	p, failure := r.subject(by, m.Peer)
	if failure != nil {
		return failure
	}
	r.log.Info("removed", "peer", p.ID)
	r.drop(p, by, wire.ReasonRemoved, m.Text)
	r.steer()
	return nil
}

// hold sets a person aside, or takes them back. Their media are cut here and not asked to
// stop: the seat is closed, what they relay is ended, the other side of a direct connection
// is told to close it, and messages of keys go no further (talks).
func (r *room) hold(by *person, m wire.Hold) *wire.Failure {
	p, failure := r.subject(by, m.Peer)
	if failure != nil {
		return failure
	}
	if on := p.Place == wire.PlaceHold; on == m.On {
		return nil
	}
	r.log.Info("hold", "peer", p.ID, "on", m.On)
	if m.On {
		r.parting(p, "")
		p.Place = wire.PlaceHold
		r.cut(p)
		p.conn.Send(wire.Settle{Gen: r.gens.next()}) // no connection has it: none is left
		r.hub.o.Tickets.Revoke(p.ID)
		r.door(Held, p, by, "")
		r.tell(p)
	} else {
		if failure := r.noRoom(p); failure != nil {
			return failure
		}
		r.hub.o.Tickets.Admit(p.ID)
		r.door(Unheld, p, by, "")
		r.bring(p)
	}
	r.steer()
	return nil
}

// bring lets somebody into the call, from the door or from hold.
func (r *room) bring(p *person) {
	p.Place = wire.PlaceCall
	p.conn.Send(wire.Admitted{ICE: r.hub.o.Tickets.ICE(p.ID, false)})
	for _, other := range r.people {
		if other != p && visible(p, other) {
			p.conn.Send(wire.Presence{Person: other.Person})
		}
	}
	r.tell(p)
}

// noRoom tells why p cannot be let in now; nil when they can.
func (r *room) noRoom(p *person) *wire.Failure {
	if r.hub.o.Policy != DirectOnly {
		return nil
	}
	if !speaks(p.Role) || len(r.inCall()) >= 2 {
		return &wire.Failure{Code: wire.CodeFull, Text: "this server lets two people talk, directly; nobody else can be admitted"}
	}
	return nil
}

// hand raises or lowers a hand: one's own, or as who runs the call that of somebody, down.
func (r *room) hand(by *person, m wire.Hand) *wire.Failure {
	p := by
	if m.Peer != "" {
		if p = r.people[m.Peer]; p == nil || m.Up {
			return noPeer()
		}
	}
	if p.Hand != m.Up {
		p.Hand = m.Up
		r.tell(p)
	}
	return nil
}

// silence asks people to mute: clinicians are never asked, and nobody who is not in the call.
func (r *room) silence(by *person, id string) *wire.Failure {
	if id != "" {
		p, failure := r.subject(by, id)
		if failure != nil {
			return failure
		}
		p.conn.Send(wire.Silenced{By: by.ID})
		return nil
	}
	for _, p := range r.people {
		if p != by && p.Place == wire.PlaceCall && by.over(p) {
			p.conn.Send(wire.Silenced{By: by.ID})
		}
	}
	return nil
}
