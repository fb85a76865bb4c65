package room

import "ekermed.example/ekermed/internal/call/wire"

// may says when somebody of a role may send a message.
type may uint8

const (
	never  may = iota // it ends their connection
	first             // as the first message of a connection, which is before any room
	always            // at the door, in the call and on hold
	inside            // in the call
)

// rights is a row of the table: one message, every role.
type rights struct{ patient, clinician, colleague, interpreter, companion, observer may }

func (r rights) of(role wire.Role) may {
	switch role {
	case wire.RolePatient:
		return r.patient
	case wire.RoleClinician:
		return r.clinician
	case wire.RoleColleague:
		return r.colleague
	case wire.RoleInterpreter:
		return r.interpreter
	case wire.RoleCompanion:
		return r.companion
	case wire.RoleObserver:
		return r.observer
	}
	return never
}

// table is the only place that says which role may send what. A message that is not in it
// nobody may send. It is asked before anything else is looked at; docs/protocol.md shows
// it, and docs/decisions/0018 tells the reasons.
func table(m wire.Message) rights {
	switch m := m.(type) {
	case wire.Hello, wire.Watch, wire.Probe:
		return rights{first, first, first, first, first, first}
	case wire.Ready, wire.Media, wire.Ping,
		wire.Answer, wire.Candidate, wire.Up, wire.Renew,
		wire.Commit, wire.Reveal, wire.Encapsulate, wire.Sealed:
		return rights{always, always, always, always, always, always}
	case wire.Data: // silent on hold: secret hands on between those in the call only
		if m.View {
			return rights{always, always, always, always, always, always}
		}
		return rights{always, always, always, always, always, never}
	case wire.Hand:
		if m.Peer != "" { // somebody else's
			return rights{clinician: inside, colleague: inside}
		}
		return rights{inside, inside, inside, inside, inside, inside}
	case wire.Silence:
		return rights{clinician: inside, colleague: inside}
	case wire.Share: // nothing happens on hold or at the door
		return rights{inside, inside, inside, inside, inside, never}
	case wire.Offer: // of a direct connection, which would be one to publish on
		return rights{always, always, always, always, always, never}
	case wire.Admit, wire.Refuse, wire.Note, wire.Remove, wire.Hold:
		return rights{clinician: inside, colleague: inside}
	case wire.Lock, wire.Handover:
		return rights{clinician: inside}
	case wire.Leave:
		if m.End {
			return rights{clinician: always}
		}
		return rights{always, always, always, always, always, always}
	}
	return rights{}
}

// allowed asks the table; nil is yes.
func (p *person) allowed(m wire.Message) *wire.Failure {
	switch table(m).of(p.Role) {
	case always:
		return nil
	case inside:
		if p.Place == wire.PlaceCall {
			return nil
		}
		return &wire.Failure{Code: wire.CodeOrder, Text: wire.Type(m) + " is for those in the call"}
	case first:
		return &wire.Failure{Code: wire.CodeOrder, Text: wire.Type(m) + " is not for here", Fatal: true}
	}
	return &wire.Failure{Code: wire.CodeRole, Text: "a " + string(p.Role) + " may not send " + wire.Type(m), Fatal: true}
}

// over tells whom somebody may put out, set on hold or silence: a clinician nobody, even once
// they handed their room over, a colleague the clinician alone.
func (p *person) over(target *person) bool { return !target.host() && over(p.Role, target.Role) }

func over(actor, target wire.Role) bool {
	switch target {
	case wire.RoleClinician:
		return false
	case wire.RoleColleague:
		return actor == wire.RoleClinician
	}
	return actor == wire.RoleClinician || actor == wire.RoleColleague
}

// speaks tells whether media of this role are forwarded. Who does not speak gets no line
// to publish on.
func speaks(role wire.Role) bool { return !role.Watches() }

// shares tells whether somebody of this role sends files and gets any. They travel by HTTP,
// so no message says it.
func shares(role wire.Role) bool {
	switch role {
	case wire.RolePatient, wire.RoleClinician, wire.RoleColleague, wire.RoleInterpreter, wire.RoleCompanion:
		return true
	}
	return false
}

// visible tells whether a may know of b. The waiting, and those on hold, see nobody but the
// clinician; colleagues in the call see the door too.
func visible(a, b *person) bool {
	switch {
	case a == b || a.Role == wire.RoleClinician || b.Role == wire.RoleClinician:
		return true
	case a.Place != wire.PlaceCall:
		return false
	}
	return b.Place != wire.PlaceWaiting || a.Role == wire.RoleColleague
}
