package access

import (
	"errors"

	"ekermed.example/ekermed/internal/call/wire"
)

// Act is something that access grants or refuses.
type Act string

// The acts.
const (
	ActSignIn  Act = "sign_in"
	ActSignOut Act = "sign_out"
	ActInvite  Act = "invite"
	ActCancel  Act = "cancel"
	ActLink    Act = "link"  // a patient's link was opened by its button, or was none
	ActLapse   Act = "lapse" // a session ended because nobody was at the desk
	// ActRecovery: a recovery code was used up.
	ActRecovery Act = "recovery"
	ActPass     Act = "pass" // a pass was shown at a room's door; only refusals are told
)

// Event is one such act. Its texts are for package alias, never to be kept.
type Event struct {
	Act Act
	// Account is the id of who did it, empty when it is not known; Name is what was given as
	// a sign-in name.
	Account, Name string
	Appointment   string // id, when one is concerned
	// Refused is the code of a refusal, empty when it was granted.
	Refused wire.Code
}

// tell passes an event on. Tries that were slowed down are not told, nor failures of the
// machine: the one would be a way to fill the trail, the other is in the log.
func (a *Access) tell(e Event, err error) {
	if a.o.Note == nil {
		return
	}
	var no *Refusal
	switch {
	case errors.As(err, &no) && no.Code == wire.CodeSlowDown:
		return
	case errors.As(err, &no):
		e.Refused = no.Code
	case err != nil:
		return
	}
	a.o.Note(e)
}
