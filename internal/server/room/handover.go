package room

import "ekermed.example/ekermed/internal/call/wire"

// handover exchanges the roles of who holds the room and of a colleague. Nothing else moves:
// places, seats, connections, keys and tokens stay, so that media go on without a break.
func (r *room) handover(by *person, id string) *wire.Failure {
	p := r.people[id]
	switch {
	case p == nil || p.Place != wire.PlaceCall:
		return noPeer()
	case p.Role != wire.RoleColleague:
		return &wire.Failure{Code: wire.CodeRole, Text: "a consultation is handed over to a colleague, not to a " + string(p.Role)}
	case p.Away || !p.talks(): // the media of all hang on who holds the room
		return &wire.Failure{Code: wire.CodeOrder, Text: "this colleague cannot take over now: their line is down, or they have not agreed to capture"}
	}
	r.pass(by, p)
	return nil
}

// inherit gives a room that somebody holds by handover, and who goes, back to the clinician
// whose appointment it is, if they are here.
func (r *room) inherit(p *person, why wire.Reason) {
	if r.ending || why != wire.ReasonLeft && why != wire.ReasonLost {
		return // it ends for everybody
	}
	for _, host := range r.people {
		if host != p && host.host() {
			r.pass(p, host)
			return
		}
	}
}

// pass makes a clinician of to and a colleague of from, and tells both of them to everybody
// who sees them. From who does not any more, as those at the door, they are taken away.
func (r *room) pass(from, to *person) {
	two := []*person{to, from} // in this order nobody is without a clinician in between
	before := map[*person][]bool{}
	for _, other := range r.people {
		before[other] = []bool{visible(other, to), visible(other, from)}
	}
	from.Role, to.Role = wire.RoleColleague, wire.RoleClinician
	r.log.Info("handed over", "peer", to.ID)
	r.door(HandedOver, to, from, "")
	for other, saw := range before {
		for i, p := range two {
			if visible(other, p) {
				other.conn.Send(wire.Presence{Person: p.Person})
			} else if saw[i] {
				other.conn.Send(wire.Gone{ID: p.ID, Reason: wire.ReasonLeft})
			}
		}
	}
}

// host tells whether the appointment is this person's own, whoever holds the room now.
func (p *person) host() bool { return p.entry.Role == wire.RoleClinician }

// hosted tells whether that person is here.
func (r *room) hosted() bool {
	for _, p := range r.people {
		if p.host() {
			return true
		}
	}
	return false
}

// role is what somebody who comes anew is: while another holds the room, its host is a
// colleague in it.
func (r *room) role(e Entry) wire.Role {
	for _, p := range r.people {
		if e.Role == wire.RoleClinician && p.Role == wire.RoleClinician {
			return wire.RoleColleague
		}
	}
	return e.Role
}
