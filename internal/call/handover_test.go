package call

import (
	"testing"

	"ekermed.example/ekermed/internal/call/wire"
)

// led is a call with a colleague: we are "me", and lead it.
func led() []Event {
	col := person("col", wire.RoleColleague, wire.PlaceCall)
	col.Ready = true
	return []Event{signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Presence{Person: inCall}}, Heard{wire.Presence{Person: col}}}
}

// handed is what the server says of a handover.
func handed() []Event {
	col := person("col", wire.RoleClinician, wire.PlaceCall)
	col.Ready = true
	me, _ := Consultation{People: welcomed.Message.(wire.Welcome).People}.Find(welcomed.Message.(wire.Welcome).Self)
	me.Role = wire.RoleColleague
	return []Event{Heard{wire.Presence{Person: col}}, Heard{wire.Presence{Person: me}}}
}

// It goes to a colleague who is there and talks, to nobody else, and only while we lead.
func TestHandOver(t *testing.T) {
	told := func(e Tell) bool { _, is := e.Message.(wire.Handover); return is }
	gone, door, mute := person("col", wire.RoleColleague, wire.PlaceCall), person("col", wire.RoleColleague, wire.PlaceWaiting), person("col", wire.RoleColleague, wire.PlaceCall)
	gone.Ready, gone.Away, door.Ready = true, true, true
	for name, tt := range map[string]struct {
		evs  []Event
		peer string
		want bool
	}{
		"a colleague":          {led(), "col", true},
		"a patient":            {led(), "p", false},
		"ourselves":            {led(), "me", false},
		"nobody":               {led(), "x", false},
		"whose line is down":   {append(led(), Heard{wire.Presence{Person: gone}}), "col", false},
		"at the door":          {append(led(), Heard{wire.Presence{Person: door}}), "col", false},
		"who has not agreed":   {append(led(), Heard{wire.Presence{Person: mute}}), "col", false},
		"once it is theirs":    {append(led(), handed()...), "col", false},
		"with our line down":   {append(led(), LinkDown{Problem: Problem{Code: ProblemOffline}}), "col", false},
		"in no room":           {[]Event{signedIn}, "col", false},
		"after the call ended": {append(led(), Leave{}), "col", false},
	} {
		if _, effects := play(t, append(tt.evs, HandOver{tt.peer})...); has(effects, told) != tt.want {
			t.Errorf("%s: told %v", name, !tt.want)
		}
	}
}

// Who no longer leads sends nothing that ends their connection: they leave alone, and lock
// nothing. They still admit.
func TestAfterAHandover(t *testing.T) {
	evs := append(led(), handed()...)
	s, _ := play(t, evs...)
	if s.Call.Leads() || s.Call.Took != "col" || s.Call.TookAt.IsZero() || s.Call.Phase != Connecting {
		t.Errorf("%+v", s.Call)
	}
	if s.Call.Over(person("c2", wire.RoleColleague, wire.PlaceCall)) || !s.Call.Over(inCall) {
		t.Error("over whom")
	}
	if _, effects := play(t, append(evs, Leave{})...); !has(effects, func(e Tell) bool { return e.Message == wire.Leave{} }) {
		t.Error("ends it for all")
	}
	if _, effects := play(t, append(led(), Leave{})...); !has(effects, func(e Tell) bool { return e.Message == wire.Leave{End: true} }) {
		t.Error("does not end it while we lead")
	}
	if _, effects := play(t, append(evs, Lock{true})...); has(effects, func(e Tell) bool { return e.Message == wire.Lock{On: true} }) {
		t.Error("locks")
	}
	if _, effects := play(t, append(evs, LetIn{"a1", "w"})...); !has(effects, func(e Tell) bool { return e.Message == wire.Admit{Peer: "w"} }) {
		t.Error("does not admit")
	}
	// And it comes back.
	me, _ := s.Call.Find(s.Call.Self)
	me.Role = wire.RoleClinician
	if s, _ := play(t, append(evs, Heard{wire.Presence{Person: me}})...); !s.Call.Leads() || s.Call.Took != s.Call.Self {
		t.Errorf("back: %+v", s.Call)
	}
}
