package call

import (
	"reflect"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// The others learn of a screen once it is taken, and that it is over at every end.
func TestSharing(t *testing.T) {
	one := Surface{ID: "screen:0", Number: 1, Width: 1920, Height: 1080}
	s := State{Account: Account{Phase: SignedIn}, Call: Consultation{Phase: Talking, Self: "me", People: []wire.Person{
		{ID: "me", Role: wire.RoleClinician, Place: wire.PlaceCall}, {ID: "p", Role: wire.RolePatient, Place: wire.PlaceCall}}}}
	step := func(ev Event, want ...Effect) {
		t.Helper()
		var got []Effect
		s, got = Step(s, ev, time.Unix(1e9, 0))
		if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%T: %+v, want %+v", ev, got, want)
		}
	}
	on, off := Tell{wire.Share{On: true}}, Tell{wire.Share{}}
	step(AskScreen{On: true}, ListSurfaces{})
	step(SurfacesFound{Surfaces: []Surface{one}})
	if !s.Call.Sharing.Listed || len(s.Call.Sharing.Surfaces) != 1 {
		t.Errorf("%+v", s.Call.Sharing)
	}
	step(ShowScreen{one}, StartSharing{one})
	if s.Call.Sharing.On() || s.Call.Sharing.Asking {
		t.Error("shown before it is taken")
	}
	step(SharingStarted{Surface: one}, on)
	step(HoldScreen{On: true}, PauseSharing{On: true})
	step(HideScreen{}, StopSharing{}, off)
	step(SharingEnded{Problem: &Problem{Code: ProblemScreenGone}}) // late
	if s.Call.Sharing.Problem != nil {
		t.Error("a problem of what is over")
	}
	// It cannot be started.
	step(ShowScreen{one}, StartSharing{one})
	step(SharingEnded{Problem: &Problem{Code: ProblemScreen}}, StopSharing{})
	if s.Call.Sharing.Starting || s.Call.Sharing.Problem == nil {
		t.Errorf("%+v", s.Call.Sharing)
	}
	// The window goes away.
	step(ShowScreen{one}, StartSharing{one})
	step(SharingStarted{Surface: one}, on)
	step(SharingEnded{Problem: &Problem{Code: ProblemScreenGone}}, StopSharing{}, off)
	if s.Call.Sharing.On() || s.Call.Sharing.Problem == nil {
		t.Errorf("%+v", s.Call.Sharing)
	}
	// Somebody was quicker, which the server knows first.
	step(ShowScreen{one}, StartSharing{one})
	step(SharingStarted{Surface: one}, on)
	step(Heard{wire.Failure{Code: wire.CodeSharing}}, StopSharing{}, off)
	// A program that does not know of the sharing that its server remembers.
	me := s.Call.People[0]
	me.Screen = true
	step(Heard{wire.Presence{Person: me}})
	if p, ok := s.Call.Presenter(); !ok || p.ID != "me" {
		t.Error("nobody presents")
	}
	_, effects := Step(s, Heard{wire.Welcome{Self: "me", People: s.Call.People}}, time.Unix(1e9, 0))
	found := false
	for _, e := range effects {
		found = found || e == Effect(off)
	}
	if !found {
		t.Errorf("after a welcome: %+v", effects)
	}
	me.Screen = false
	step(Heard{wire.Presence{Person: me}})
	other := s.Call.People[1]
	other.Screen = true
	step(Heard{wire.Presence{Person: other}})
	step(ShowScreen{one})
	step(AskScreen{}) // the dialog closes
	if s.Call.Sharing.Problem == nil {
		t.Error("nobody says that somebody shares already")
	}
	// It ends with the call, and what starts too late is stopped.
	step(HideScreen{}, StopSharing{})
	step(Leave{}, Tell{wire.Leave{End: true}}, HangUp{}, CloseDevices{})
	step(SharingStarted{Surface: one}, StopSharing{})
}

// Where the system asks what to show, it does so in place of our question, and goes with it.
func TestSystemAsks(t *testing.T) {
	theirs := Surface{ID: "portal", Asks: true}
	talking := State{Account: Account{Phase: SignedIn}, Call: Consultation{Phase: Talking, Self: "me", People: []wire.Person{
		{ID: "me", Role: wire.RoleClinician, Place: wire.PlaceCall}, {ID: "p", Role: wire.RolePatient, Place: wire.PlaceCall}}}}
	busy := talking
	busy.Call.People = []wire.Person{talking.Call.People[0], {ID: "p", Place: wire.PlaceCall, Screen: true}}
	on, off := Tell{wire.Share{On: true}}, Tell{wire.Share{}}
	begin := []Event{AskScreen{On: true}, SurfacesFound{Surfaces: []Surface{theirs}}}
	for name, c := range map[string]struct {
		from   State
		events []Event
		want   []Effect // of the last event
		end    Sharing
	}{
		"asked":      {talking, nil, []Effect{StartSharing{theirs}}, Sharing{Asking: true, Listed: true, Surfaces: []Surface{theirs}, Starting: true}},
		"chosen":     {talking, []Event{SharingStarted{theirs}}, []Effect{on}, Sharing{Surface: theirs}},
		"refused":    {talking, []Event{SharingEnded{}}, []Effect{StopSharing{}}, Sharing{}},
		"put away":   {talking, []Event{AskScreen{}}, []Effect{StopSharing{}}, Sharing{}},
		"too late":   {talking, []Event{AskScreen{}, SharingStarted{theirs}}, []Effect{StopSharing{}}, Sharing{}},
		"ended":      {talking, []Event{SharingStarted{theirs}, SharingEnded{&Problem{Code: ProblemScreenGone}}}, []Effect{StopSharing{}, off}, Sharing{Problem: &Problem{Code: ProblemScreenGone}}},
		"asked anew": {talking, []Event{AskScreen{On: true}}, []Effect{StopSharing{}, ListSurfaces{}}, Sharing{Asking: true}},
		"busy":       {busy, nil, nil, Sharing{Asking: true, Listed: true, Surfaces: []Surface{theirs}, Problem: &Problem{Code: ProblemCode(wire.CodeSharing)}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.from
			var got []Effect
			for _, ev := range append(begin[:len(begin):len(begin)], c.events...) {
				s, got = Step(s, ev, time.Unix(1e9, 0))
			}
			if len(got)+len(c.want) > 0 && !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			if !reflect.DeepEqual(s.Call.Sharing, c.end) {
				t.Errorf("%+v, want %+v", s.Call.Sharing, c.end)
			}
		})
	}
}
