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
	if s.Call.Sharing.Problem == nil {
		t.Error("nobody says that somebody shares already")
	}
	// It ends with the call, and what starts too late is stopped.
	step(HideScreen{}, StopSharing{})
	step(Leave{}, Tell{wire.Leave{End: true}}, HangUp{}, CloseDevices{})
	step(SharingStarted{Surface: one}, StopSharing{})
}
