package ui

import (
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// input is how the clinician works now: the bar of a call steps back only from a
// pointer at rest, never from the keyboard.
type input struct {
	keyboard bool
	moved    time.Time
}

// Register gives the desk its canvas: shortcuts, keys and dialogs.
func (u *UI) Register(c fyne.Canvas) {
	u.canvas = c
	for _, key := range []fyne.KeyName{fyne.KeyN, fyne.KeyReturn, fyne.KeyEnter, fyne.KeyD, fyne.KeyE, fyne.KeyL, fyne.KeyP, fyne.KeyK, fyne.KeyJ, fyne.KeyS, fyne.KeyB, fyne.KeyComma} {
		c.AddShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierControl}, u.shortcut)
		if fyne.KeyModifierShortcutDefault != fyne.KeyModifierControl {
			c.AddShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}, u.shortcut)
		}
	}
	c.SetOnTypedKey(u.typed)
	if u.screen != nil {
		u.focus(u.screen.first())
	}
}

// shortcut serves the canvas, and widgets that keep shortcuts from the canvas.
func (u *UI) shortcut(s fyne.Shortcut) {
	custom, ok := s.(*desktop.CustomShortcut)
	if !ok || custom.Modifier != fyne.KeyModifierControl && custom.Modifier != fyne.KeyModifierShortcutDefault {
		return
	}
	u.byKeyboard()
	signedIn := u.state.Account.Phase == call.SignedIn
	c := u.state.Call
	switch custom.KeyName {
	case fyne.KeyN:
		if signedIn && c.Phase == call.Idle {
			u.openInvite()
		}
	case fyne.KeyReturn, fyne.KeyEnter:
		u.letInFirst()
	case fyne.KeyD:
		if inRoom(c.Phase) {
			u.emit(call.SetAudio{On: !c.Audio})
		}
	case fyne.KeyE:
		if inRoom(c.Phase) {
			u.emit(call.SetVideo{On: !c.Video})
		}
	case fyne.KeyB:
		u.toggleBoard() // in a call only
	case fyne.KeyS:
		u.openSharing() // in a call only
	case fyne.KeyK:
		u.toggle(chatPart) // in a call only
	case fyne.KeyJ:
		u.toggle(filesPart) // in a call only
	case fyne.KeyP:
		u.openPeople() // in a call only
	case fyne.KeyL:
		u.leaveRoom()
	case fyne.KeyComma:
		if signedIn {
			u.openSettings()
		}
	}
}

// typed gets the keys that no focused widget used.
func (u *UI) typed(e *fyne.KeyEvent) {
	u.byKeyboard()
	switch e.Name {
	case fyne.KeyF1:
		u.openHelp()
	case fyne.KeyEscape:
		switch {
		case u.dialog != nil:
			u.closeDialog()
		case u.at == atCall && u.beside.open == noPart && u.drawing.open:
			u.toggleBoard()
		case u.at == atCall:
			u.turnTo(noPart)
		case u.at == atDevices || u.at == atSettings:
			u.visit(atToday)
		case u.at == atDiagnosis || u.at == atDiagnosisAlone:
			u.leaveDiagnosis()
		}
	}
}

func (u *UI) byKeyboard() {
	u.touched()
	u.input.keyboard = true
	if c, ok := u.screen.(*callScreen); ok {
		c.stepForward()
	}
}

func (u *UI) byPointer() {
	u.touched()
	u.input.keyboard, u.input.moved = false, u.o.Now()
}

func inRoom(p call.Phase) bool { return p != call.Idle && p != call.Ended }

// leaveRoom ends the call, or goes back from a waiting room whose visitor keeps
// waiting.
func (u *UI) leaveRoom() {
	switch {
	case u.at == atWaiting:
		u.emit(call.Leave{Stay: true})
	case u.at == atCall:
		u.emit(call.Leave{})
	}
}

// letInFirst admits who has waited longest: at the door of this room, or of any.
func (u *UI) letInFirst() {
	if u.state.Account.Phase != call.SignedIn {
		return
	}
	c := u.state.Call
	if inRoom(c.Phase) {
		door := c.AtTheDoor()
		if len(door) == 0 { // the agenda may know before the room does
			door = u.waitingFor(c.Appointment)
		}
		if len(door) > 0 {
			u.letIn(c.Appointment, longest(door).ID)
		}
		return
	}
	if !u.state.Agenda.Online {
		return
	}
	if appointment, peer := u.firstWaiting(); appointment != "" {
		u.letIn(appointment, peer)
	} else if appointment := u.underway(); appointment != "" {
		u.closeDialog()
		u.emit(call.OpenRoom{Appointment: appointment})
	}
}

// waitingFor lists who waits for an appointment.
func (u *UI) waitingFor(appointment string) []wire.Person {
	for _, a := range u.state.Agenda.Appointments {
		if a.ID == appointment {
			return waitingIn(a)
		}
	}
	return nil
}

// underway is an appointment whose patient is in the call, or on hold, without us, as after this
// program died; empty when there is none.
func (u *UI) underway() string {
	for _, a := range u.state.Agenda.Appointments {
		for _, p := range a.People {
			if p.Place != wire.PlaceWaiting && p.Role != wire.RoleClinician {
				return a.ID
			}
		}
	}
	return ""
}

// firstWaiting is who has waited longest on the agenda; both empty when nobody does.
func (u *UI) firstWaiting() (appointment, peer string) {
	var first wire.Person
	for _, a := range u.state.Agenda.Appointments {
		for _, p := range waitingIn(a) {
			if appointment == "" || p.Since < first.Since {
				first, appointment = p, a.ID
			}
		}
	}
	return appointment, first.ID
}

func (u *UI) letIn(appointment, peer string) {
	u.closeDialog()
	u.emit(call.LetIn{Appointment: appointment, Peer: peer})
}

func longest(people []wire.Person) wire.Person {
	first := people[0]
	for _, p := range people {
		if p.Since < first.Since {
			first = p
		}
	}
	return first
}

// waitingIn lists who waits for an appointment.
func waitingIn(a wire.Appointment) []wire.Person {
	var door []wire.Person
	for _, p := range a.People {
		if p.Place == wire.PlaceWaiting && p.Role != wire.RoleClinician {
			door = append(door, p)
		}
	}
	return door
}
