package call

import (
	"testing"

	"ekermed.example/ekermed/internal/call/wire"
)

// The code is asked for once the server wants it, and until the password is wrong.
func TestTheSecondFactorIsAskedFor(t *testing.T) {
	in := SignIn{"https://h.example", "anne@h.example", "secret", ""}
	with := SignIn{"https://h.example", "anne@h.example", "secret", "123456"}
	no := func(code wire.Code) SessionClosed { return SessionClosed{&Problem{Code: ProblemCode(code)}} }
	for name, tt := range map[string]struct {
		evs     []Event
		factor  bool
		problem wire.Code
	}{
		"not asked":         {[]Event{in, no(wire.CodeCredentials)}, false, wire.CodeCredentials},
		"asked":             {[]Event{in, no(wire.CodeSecondFactor)}, true, ""},
		"wrong":             {[]Event{in, no(wire.CodeSecondFactor), with, no(wire.CodeSecondFactorWrong)}, true, wire.CodeSecondFactorWrong},
		"slowed down":       {[]Event{in, no(wire.CodeSecondFactor), with, no(wire.CodeSlowDown)}, true, wire.CodeSlowDown},
		"offline":           {[]Event{in, no(wire.CodeSecondFactor), with, SessionClosed{&Problem{Code: ProblemOffline}}}, true, wire.Code(ProblemOffline)},
		"password wrong":    {[]Event{in, no(wire.CodeSecondFactor), with, no(wire.CodeCredentials)}, false, wire.CodeCredentials},
		"none, and needed":  {[]Event{in, no(wire.CodeSecondFactorMissing)}, false, wire.CodeSecondFactorMissing},
		"in":                {[]Event{in, no(wire.CodeSecondFactor), with, signedIn}, false, ""},
		"without, from now": {[]Event{in, no(wire.CodeSecondFactor), in}, false, ""},
	} {
		s, effects := play(t, tt.evs...)
		got := wire.Code("")
		if s.Account.Problem != nil {
			got = wire.Code(s.Account.Problem.Code)
		}
		if s.Account.Factor != tt.factor || got != tt.problem {
			t.Errorf("%s: factor %v, problem %q", name, s.Account.Factor, got)
		}
		if len(tt.evs) > 2 && tt.evs[2] == Event(with) && !has(effects, func(e OpenSession) bool { return e.Code == "123456" }) {
			t.Errorf("%s: the code was not sent", name)
		}
	}
}

// A session that lapsed leads to the sign-in with the reason, but not out of a call.
func TestALapsedSession(t *testing.T) {
	idle := AgendaLost{Problem{Code: ProblemCode(wire.CodeIdle)}}
	s, effects := play(t, signedIn, idle)
	if s.Account.Phase != SignedOut || s.Account.Problem == nil || s.Account.Problem.Code != ProblemCode(wire.CodeIdle) || s.Account.Email != "anne@h.example" {
		t.Errorf("%+v", s.Account)
	}
	if !has(effects, func(CloseSession) bool { return true }) {
		t.Error("the token is kept")
	}
	if s, _ := play(t, signedIn, OpenRoom{"a1"}, welcomed, idle); s.Account.Phase != SignedIn || !s.Call.Live() {
		t.Errorf("out of the call: %+v", s.Account)
	}
}

func TestActivity(t *testing.T) {
	stirs := func(Stir) bool { return true }
	if _, effects := play(t, signedIn, Active{}); !has(effects, stirs) {
		t.Error("the server is not told")
	}
	if _, effects := play(t, Active{}); has(effects, stirs) {
		t.Error("told before there is a session")
	}
}

// Lock, hold and remove go out while we are in the call, and nowhere else.
func TestRoomControl(t *testing.T) {
	for _, tt := range []struct {
		ev   Event
		want wire.Message
	}{
		{Lock{true}, wire.Lock{On: true}}, {Lock{false}, wire.Lock{}},
		{SetAside{"p", true}, wire.Hold{Peer: "p", On: true}}, {SetAside{"p", false}, wire.Hold{Peer: "p"}},
		{PutOut{"p"}, wire.Remove{Peer: "p"}},
	} {
		told := func(e Tell) bool { return e.Message == tt.want }
		if _, effects := play(t, signedIn, OpenRoom{"a1"}, welcomed, tt.ev); !has(effects, told) {
			t.Errorf("%#v was not told", tt.ev)
		}
		for name, evs := range map[string][]Event{
			"signed out": {tt.ev}, "in no room": {signedIn, tt.ev}, "before the room": {signedIn, OpenRoom{"a1"}, tt.ev},
			"while the line is down": {signedIn, OpenRoom{"a1"}, welcomed, LinkDown{Problem: Problem{Code: ProblemOffline}}, tt.ev},
			"after the end":          {signedIn, OpenRoom{"a1"}, welcomed, Leave{}, tt.ev},
		} {
			if _, effects := play(t, evs...); has(effects, told) {
				t.Errorf("%s: %#v was told", name, tt.ev)
			}
		}
	}
	if s, _ := play(t, signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Locked{On: true}}); !s.Call.Locked {
		t.Error("not known to be locked")
	}
	if s, _ := play(t, signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Locked{On: true}}, welcomed); s.Call.Locked {
		t.Error("the snapshot does not replace it")
	}
}

// A hold is no end: the call stays on screen. Somebody who only watches is no company.
func TestHoldAndObservers(t *testing.T) {
	held := person("p", wire.RolePatient, wire.PlaceHold)
	talk := []Event{signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Presence{Person: inCall}}, Heard{wire.Direct{Gen: 5, Peer: "p"}}, MediaReady{5}}
	s, _ := play(t, append(talk, Heard{wire.Settle{Gen: 6}}, Heard{wire.Presence{Person: held}})...)
	if s.Call.Phase != Connecting || len(s.Call.OnHold()) != 1 || len(s.Call.Voices()) != 0 || len(s.Call.AtTheDoor()) != 0 {
		t.Errorf("on hold: %s, %+v", s.Call.Phase, s.Call.People)
	}
	s, _ = play(t, append(talk, Heard{wire.Settle{Gen: 6}}, Heard{wire.Presence{Person: held}}, Heard{wire.Gone{ID: "p", Reason: wire.ReasonRemoved}})...)
	if s.Call.Phase != Waiting {
		t.Errorf("put out from hold: %s", s.Call.Phase)
	}
	s, _ = play(t, append(talk, Heard{wire.Settle{Gen: 6}}, Heard{wire.Presence{Person: held}}, Heard{wire.Presence{Person: inCall}},
		Heard{wire.Direct{Gen: 7, Peer: "p"}}, MediaReady{7})...)
	if s.Call.Phase != Talking {
		t.Errorf("taken back: %s", s.Call.Phase)
	}
	watcher := person("o", wire.RoleObserver, wire.PlaceCall)
	s, _ = play(t, signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Presence{Person: watcher}})
	if s.Call.Phase != Waiting || len(s.Call.Others()) != 1 {
		t.Errorf("alone with an observer: %s", s.Call.Phase)
	}
}
