package ui

import (
	"fmt"

	"ekermed.example/ekermed/internal/call"
)

// arrivals remembers who waits, so that each newcomer is announced once.
type arrivals struct {
	known map[string]bool
	title string
}

// announce notices who has come to a door since the last state: a notification, a
// chime and the window's title, once each. Names stay off the notification, which a
// locked screen may show.
func (u *UI) announce() {
	waiting, fresh := map[string]bool{}, ""
	if u.state.Account.Phase == call.SignedIn {
		for _, a := range u.state.Agenda.Appointments {
			for _, p := range waitingIn(a) {
				key := a.ID + "/" + p.ID
				waiting[key] = true
				if !u.door.known[key] {
					fresh = u.words.T("desktop.notify.body", "time", u.words.clock(at(a.Start)))
				}
			}
		}
		c := u.state.Call
		for _, p := range c.AtTheDoor() {
			key := c.Appointment + "/" + p.ID
			if !waiting[key] && !u.door.known[key] {
				fresh = u.words.T("desktop.notify.room")
			}
			waiting[key] = true
		}
	}
	u.door.known = waiting
	if fresh != "" {
		if u.o.Notify != nil {
			u.o.Notify(u.words.T("desktop.notify.title"), fresh)
		}
		if u.o.Chime != nil {
			u.o.Chime()
		}
	}
	title := u.words.T("common.product")
	if n := len(waiting); n > 0 {
		title = fmt.Sprintf("(%d) %s — %s", n, u.words.N("desktop.notify.window", n), title)
	}
	if title != u.door.title {
		u.door.title = title
		if u.o.Title != nil {
			u.o.Title(title)
		}
	}
}
