package journal

import "time"

// Line is an entry as it is printed. The names of its fields and values are stable.
type Line struct {
	// At is the minute, UTC.
	At      time.Time `json:"at"`
	Event   string    `json:"event"`
	Part    string    `json:"part,omitempty"`
	Route   string    `json:"route,omitempty"`
	Account string    `json:"account,omitempty"`
	Minutes uint16    `json:"minutes,omitempty"`
}

// Shown writes an entry for reading.
func Shown(e Entry) Line {
	l := Line{At: e.At}
	switch v := e.Event.(type) {
	case Started:
		l.Event = "server_started"
	case Stopped:
		l.Event = "server_stopped"
	case Outage:
		l.Event, l.Part = "outage_began", v.Part.String()
		if v.Over {
			l.Event = "outage_over"
		}
	case Connected:
		l.Event, l.Route = "call_connected", v.Route.String()
	case Failed:
		l.Event, l.Route = "call_failed", v.Route.String()
	case Began:
		l.Event, l.Route, l.Account = "call_began", v.Route.String(), v.Account.String()
	case Ended:
		l.Event, l.Route, l.Account, l.Minutes = "call_ended", v.Route.String(), v.Account.String(), v.Minutes
	}
	return l
}
