package call

import (
	"slices"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// stepHeard takes what the server says in the room.
func stepHeard(s State, m wire.Message, now time.Time) (State, []Effect) {
	if !s.Call.Live() {
		return s, nil
	}
	c := &s.Call
	switch m := m.(type) {
	case wire.Welcome:
		return welcome(s, m)
	case wire.Presence:
		if before, ok := c.Find(m.Person.ID); ok && before.Role != m.Person.Role && m.Person.Role == wire.RoleClinician {
			c.Took, c.TookAt = m.Person.ID, now
		}
		c.People = with(c.People, m.Person)
		c.settle()
	case wire.Gone:
		if p, ok := c.Find(m.ID); ok && p.Place == wire.PlaceCall {
			c.Left = p.Name
		}
		c.People = slices.DeleteFunc(slices.Clone(c.People), func(p wire.Person) bool { return p.ID == m.ID })
		c.settle()
	case wire.Locked:
		c.Locked = m.On
	case wire.Direct:
		if m.Gen <= c.Gen {
			return s, nil
		}
		c.open(m.Gen, true)
		return s, []Effect{Connect{m, m.ICE}}
	case wire.Offer:
		if _, known := c.connection(m.Gen); !known {
			if m.Gen < c.Gen {
				return s, nil
			}
			c.open(m.Gen, false)
		}
		if len(m.ICE) > 0 {
			c.ice = m.ICE
		}
		return s, []Effect{Connect{m, c.ice}}
	case wire.Answer, wire.Candidate:
		return s, []Effect{Connect{Message: m}}
	case wire.Settle:
		c.keep(m.Gen)
		effects := []Effect{Connect{Message: m}}
		if kept, ok := c.connection(m.Gen); ok && kept.ready && !kept.up {
			effects = append(effects, Tell{wire.Renew(m)}) // it died while another was tried
		}
		return s, effects
	case wire.Admitted:
		c.ice = m.ICE
	case wire.Ended:
		if m.Reason == wire.ReasonShutdown {
			return s, nil // the connection closes now, and comes back with the server
		}
		return finish(s, now, m.Reason, nil)
	case wire.Failure:
		problem := &Problem{Code: ProblemCode(m.Code), Detail: m.Text}
		if m.Fatal {
			return finish(s, now, wire.ReasonLost, problem)
		}
		if m.Code == wire.CodeSharing {
			return hide(s, problem)
		}
		c.Problem = problem
	}
	return s, nil
}

// welcome is the snapshot: it replaces what we knew, and nothing of what we chose.
func welcome(s State, m wire.Welcome) (State, []Effect) {
	c := &s.Call
	c.Self, c.Room, c.People, c.ice = m.Self, m.Room, m.People, m.ICE
	c.Problem, c.away, c.Locked, c.FileLimit = nil, false, m.Locked, int64(m.Files.Limit)
	if s.Managed.NoFiles {
		c.FileLimit = 0
	}
	var effects []Effect
	if m.Gen == 0 && len(c.connections) > 0 {
		c.keep(0)
		effects = append(effects, Connect{Message: wire.Settle{}})
	}
	switch {
	case c.alone():
		c.Phase = Waiting
	case c.flowing():
		c.Phase = Talking
	default:
		c.Phase = Connecting
	}
	effects = append(effects, Tell{s.ready()})
	effects = append(effects, c.repeatShare()...)
	for _, pending := range c.pending {
		effects = append(effects, Tell{pending})
	}
	c.pending = nil
	// What failed meanwhile, and what the server holds and we do not, is asked anew.
	held, known := c.connection(m.Gen)
	switch {
	case m.Gen == 0:
	case !known || c.owed == m.Gen:
		effects = append(effects, Tell{wire.Renew{Gen: m.Gen}})
	case held.ready:
		effects = append(effects, Tell{wire.Up{Gen: m.Gen}}) // may have been lost
	}
	c.owed = 0
	return s, effects
}

// settle fits the phase to who is in the call.
func (c *Consultation) settle() {
	alone := c.alone()
	switch {
	case alone && (c.Phase == Connecting || c.Phase == Talking):
		c.Phase = Waiting
	case !alone && c.Phase == Waiting:
		c.Phase, c.Left = Connecting, ""
	}
	if c.Phase == Reconnecting && alone {
		c.Phase = Waiting
	}
}

// with replaces or adds a person, in a list of its own.
func with(people []wire.Person, p wire.Person) []wire.Person {
	people = slices.Clone(people)
	for i := range people {
		if people[i].ID == p.ID {
			people[i] = p
			return people
		}
	}
	return append(people, p)
}
