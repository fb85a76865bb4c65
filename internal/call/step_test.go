package call

import (
	"math/rand/v2"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

func person(id string, role wire.Role, place wire.Place) wire.Person {
	return wire.Person{ID: id, Name: "name of " + id, Role: role, Place: place}
}

func play(t *testing.T, evs ...Event) (State, []Effect) {
	t.Helper()
	var s State
	var all []Effect
	now := time.Unix(1000, 0)
	for _, ev := range evs {
		var effects []Effect
		s, effects = Step(s, ev, now)
		all = append(all, effects...)
		now = now.Add(time.Second)
	}
	return s, all
}

func has[T Effect](effects []Effect, want func(T) bool) bool {
	for _, e := range effects {
		if v, ok := e.(T); ok && want(v) {
			return true
		}
	}
	return false
}

var (
	signedIn = SessionOpened{Session: wire.Session{Name: "Dr Anne", Email: "anne@h.example"}, Server: "https://h.example"}
	me       = person("me", wire.RoleClinician, wire.PlaceCall)
	atDoor   = person("p", wire.RolePatient, wire.PlaceWaiting)
	inCall   = person("p", wire.RolePatient, wire.PlaceCall)
	welcomed = Heard{wire.Welcome{Self: "me", Room: "r", People: []wire.Person{me, atDoor}}}
)

// One click on the agenda opens the room, says ready and admits, in this order.
func TestLetInFromTheAgenda(t *testing.T) {
	s, effects := play(t, signedIn, LetIn{"a1", "p"}, welcomed)
	var told []wire.Message
	for _, e := range effects {
		if tell, ok := e.(Tell); ok {
			told = append(told, tell.Message)
		}
	}
	if len(told) != 2 || wire.Type(told[0]) != "ready" || told[1] != (wire.Admit{Peer: "p"}) {
		t.Errorf("told %#v", told)
	}
	if s.Call.Phase != Waiting {
		t.Errorf("phase %s", s.Call.Phase)
	}
}

func TestACallFromStartToEnd(t *testing.T) {
	evs := []Event{signedIn, OpenRoom{"a1"}, welcomed, LetIn{"a1", "p"}, Heard{wire.Presence{Person: inCall}},
		Heard{wire.Offer{Gen: 1, Round: 1, SDP: "v=0"}}, MediaUp{1, wire.Audio}, MediaUp{1, wire.Video}}
	s, effects := play(t, evs...)
	if s.Call.Phase != Talking || !s.Call.Seen || s.Call.Route != "sfu" || s.Call.Began.IsZero() {
		t.Errorf("%+v", s.Call)
	}
	if !has(effects, func(c Connect) bool { o, ok := c.Message.(wire.Offer); return ok && o.Gen == 1 }) {
		t.Error("the offer was not taken")
	}
	s, _ = play(t, append(evs, Heard{wire.Gone{ID: "p", Reason: wire.ReasonLeft}})...)
	if s.Call.Phase != Waiting || s.Call.Left != "name of p" {
		t.Errorf("after the patient left: %s, %q", s.Call.Phase, s.Call.Left)
	}
	s, effects = play(t, append(evs, Leave{})...)
	if s.Call.Phase != Ended || s.Call.Reason != wire.ReasonLeft || s.Call.EndedAt.IsZero() {
		t.Errorf("%+v", s.Call)
	}
	if !has(effects, func(m Tell) bool { return m.Message == wire.Message(wire.Leave{End: true}) }) || !has(effects, func(HangUp) bool { return true }) || !has(effects, func(CloseDevices) bool { return true }) {
		t.Errorf("leaving: %#v", effects)
	}
}

// What the clinician muted stays muted when the connection comes back.
func TestMuteSurvivesReconnecting(t *testing.T) {
	s, effects := play(t, signedIn, OpenRoom{"a1"}, welcomed, SetVideo{false},
		LinkDown{Problem: Problem{Code: ProblemOffline}}, welcomed)
	if s.Call.Video || !s.Call.Audio {
		t.Errorf("audio %v video %v", s.Call.Audio, s.Call.Video)
	}
	last, _ := effects[len(effects)-1].(Tell)
	if last.Message != wire.Message(wire.Ready{Audio: true, Video: false, Direct: true, Chooses: true, Keys: true, Seal: true}) {
		t.Errorf("told %#v", last.Message)
	}
}

func TestMediaIsRenewed(t *testing.T) {
	s, effects := play(t, signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Presence{Person: inCall}},
		Heard{wire.Offer{Gen: 1}}, MediaUp{1, wire.Audio}, MediaDown{1})
	if s.Call.Phase != Reconnecting || !has(effects, func(m Tell) bool { return m.Message == wire.Message(wire.Renew{Gen: 1}) }) {
		t.Errorf("%s %#v", s.Call.Phase, effects)
	}
	s, _ = play(t, signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Presence{Person: inCall}},
		Heard{wire.Offer{Gen: 1}}, MediaUp{1, wire.Audio}, MediaDown{1}, Heard{wire.Offer{Gen: 2}}, MediaUp{7, wire.Audio})
	if s.Call.Phase != Reconnecting {
		t.Error("media of a connection that there is not counted")
	}
	s, _ = Step(s, MediaUp{2, wire.Audio}, time.Now())
	if s.Call.Phase != Talking {
		t.Errorf("after the renewal: %s", s.Call.Phase)
	}
}

// The media connection fails while the server is away: when it is back, and still
// holds the connection that failed, a new one is asked for.
func TestRenewIsOwedOverAnOutage(t *testing.T) {
	back := Heard{wire.Welcome{Self: "me", Room: "r", People: []wire.Person{me, inCall}, Gen: 7}}
	_, effects := play(t, signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Presence{Person: inCall}},
		Heard{wire.Offer{Gen: 7}}, MediaUp{7, wire.Audio}, LinkDown{Problem: Problem{Code: ProblemOffline}}, MediaDown{7}, back)
	last := effects[len(effects)-1]
	if tell, ok := last.(Tell); !ok || tell.Message != wire.Message(wire.Renew{Gen: 7}) {
		t.Errorf("the last effect is %#v", last)
	}
}

// A server that restarts says so and closes: the call comes back by itself.
func TestAShutdownIsNoEnd(t *testing.T) {
	s, _ := play(t, signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Ended{Reason: wire.ReasonShutdown}}, LinkDown{Problem: Problem{Code: ProblemOffline}})
	if s.Call.Phase != Reconnecting {
		t.Errorf("phase %s", s.Call.Phase)
	}
}

// What kept us out is no problem any more once we are in; that the session cannot be
// kept still is.
func TestSigningInClearsWhatWasWrong(t *testing.T) {
	s, _ := play(t, Warned{Problem{Code: ProblemOffline}}, signedIn)
	if s.Account.Problem != nil {
		t.Errorf("still %+v", s.Account.Problem)
	}
	s, _ = play(t, Warned{Problem{Code: ProblemKeyring}}, signedIn)
	if s.Account.Problem == nil {
		t.Error("the keyring's failure is forgotten")
	}
}

// While an earlier session is asked about in vain, one may sign in; while it is being
// asked about for the first time, one may not.
func TestAStuckSessionHoldsNobodyUp(t *testing.T) {
	in := SignIn{"https://h.example", "anne@h.example", "secret", ""}
	if _, effects := play(t, SessionResuming{}, in); has(effects, func(OpenSession) bool { return true }) {
		t.Error("two sign-ins at once")
	}
	if _, effects := play(t, SessionResuming{}, Warned{Problem{Code: ProblemOffline}}, in); !has(effects, func(OpenSession) bool { return true }) {
		t.Error("held up by a server that is away")
	}
}

// Waiting times go by the server's clock, for the desk's may be wrong.
func TestTheServersClock(t *testing.T) {
	s, _ := Step(State{}, AgendaCame{wire.Agenda{Now: 1000}}, time.Unix(400, 0))
	if s.Agenda.Skew != 10*time.Minute {
		t.Errorf("skew %s", s.Agenda.Skew)
	}
}

func TestAnEndedSessionSignsOut(t *testing.T) {
	s, effects := play(t, signedIn, AgendaLost{Problem{Code: ProblemCode(wire.CodeSession)}})
	if s.Account.Phase != SignedOut || s.Account.Problem == nil || !has(effects, func(CloseSession) bool { return true }) {
		t.Errorf("%+v %#v", s.Account, effects)
	}
	// Never during a call.
	s, _ = play(t, signedIn, OpenRoom{"a1"}, welcomed, AgendaLost{Problem{Code: ProblemCode(wire.CodeSession)}})
	if s.Account.Phase != SignedIn || !s.Call.Live() {
		t.Error("signed out in the middle of a call")
	}
}

// Whatever happens in whatever order: leaving ends it, ended sends nothing, nobody is
// admitted unasked, and devices are closed at the end.
func TestAnyOrder(t *testing.T) {
	all := []Event{
		signedIn, SignOut{}, OpenRoom{"a1"}, LetIn{"a1", "p"}, LetIn{"a2", "q"}, TurnAway{"a1", "p", ""}, SetAudio{false}, SetVideo{true},
		welcomed, Heard{wire.Presence{Person: inCall}}, Heard{wire.Presence{Person: atDoor}}, Heard{wire.Gone{ID: "p"}},
		Heard{wire.Offer{Gen: 1}}, Heard{wire.Offer{Gen: 2}}, Heard{wire.Direct{Gen: 3, Peer: "p"}}, Heard{wire.Settle{Gen: 3}}, Heard{wire.Settle{Gen: 9}}, NetworkChanged{}, MediaReady{3}, MediaPath{3, Path{Local: "relay", Remote: "host", Protocol: "tls"}}, MediaUp{3, wire.Video}, MediaDown{3}, Heard{wire.Ended{Reason: wire.ReasonEnded}}, Heard{wire.Failure{Code: wire.CodeNoPeer}},
		MediaUp{1, wire.Video}, MediaUp{2, wire.Audio}, MediaDown{1}, LinkDown{}, LinkDown{Final: true}, Preview{true}, Preview{false},
		DevicesOpened{Open: true}, CloseEnd{}, AgendaLost{}, AgendaCame{}, Choose{}, ProxyLogin{}, AgendaLost{Problem{Code: ProblemProxyLogin}}, SendInvite{Email: "a@b.c"}, InviteDone{},
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var s State
		asked := false
		for range random.IntN(30) {
			ev := all[random.IntN(len(all))]
			was := s
			var effects []Effect
			s, effects = Step(s, ev, time.Unix(1, 0))
			if let, ok := ev.(LetIn); ok && (s.Call.Live() && let.Appointment == s.Call.Appointment) {
				asked = true
			}
			if was.Call.Phase != Idle && s.Call.Phase == Idle {
				asked = false
			}
			if has(effects, func(m Tell) bool { _, ok := m.Message.(wire.Admit); return ok }) && !asked {
				t.Fatalf("admitted unasked by %#v", ev)
			}
			if !was.Call.Live() && has(effects, func(m Tell) bool { return true }) {
				t.Fatalf("%#v spoke outside a call", ev)
			}
			if was.Call.Live() && s.Call.Phase == Ended && !has(effects, func(CloseDevices) bool { return true }) {
				t.Fatalf("%#v ended the call and left the camera open", ev)
			}
		}
		if s, _ = Step(s, Leave{}, time.Unix(2, 0)); s.Call.Live() {
			t.Fatalf("left, yet %+v", s.Call)
		}
	}
}

// A new connection is made beside the old one: the screen does not flicker, and only the
// server's word closes the old one.
func TestMakeBeforeBreak(t *testing.T) {
	evs := []Event{signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Presence{Person: inCall}},
		Heard{wire.Direct{Gen: 5, Peer: "p"}}, MediaUp{5, wire.Video}, MediaReady{5}, MediaPath{5, Path{Local: "host", Remote: "srflx", Protocol: "udp"}}, Heard{wire.Settle{Gen: 5}}}
	s, effects := play(t, evs...)
	if s.Call.Phase != Talking || s.Call.Route != RouteDirect {
		t.Fatalf("%s by %q", s.Call.Phase, s.Call.Route)
	}
	if !has(effects, func(m Tell) bool { return m.Message == wire.Message(wire.Up{Gen: 5}) }) {
		t.Error("the server was not told that media is up")
	}
	evs = append(evs, Heard{wire.Offer{Gen: 6, Round: 1}})
	s, _ = play(t, evs...)
	if s.Call.Phase != Talking || s.Call.Route != RouteDirect || s.Call.Gen != 6 {
		t.Errorf("while the new one is made: %s by %q, generation %d", s.Call.Phase, s.Call.Route, s.Call.Gen)
	}
	broken, effects := play(t, append(evs, MediaDown{6})...)
	if broken.Call.Phase != Talking || !has(effects, func(m Tell) bool { return m.Message == wire.Message(wire.Renew{Gen: 6}) }) {
		t.Errorf("the new one failed: %s", broken.Call.Phase)
	}
	s, _ = play(t, append(evs, MediaUp{6, wire.Video}, MediaReady{6}, Heard{wire.Settle{Gen: 6}})...)
	if s.Call.Phase != Talking || s.Call.Route != RouteServer {
		t.Errorf("on the new one: %s by %q", s.Call.Phase, s.Call.Route)
	}
	s, _ = play(t, append(evs, Heard{wire.Settle{Gen: 99}})...)
	if s.Call.Phase != Connecting || s.Call.Route != "" || s.Call.Gen != 0 {
		t.Errorf("with none left: %s by %q, generation %d", s.Call.Phase, s.Call.Route, s.Call.Gen)
	}
}

// Relays and TCP are told, for the screen must say so.
func TestThePath(t *testing.T) {
	up := []Event{signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Presence{Person: inCall}}, Heard{wire.Direct{Gen: 5, Peer: "p"}}, MediaUp{5, wire.Video}}
	for _, tt := range []struct {
		path  Path
		route string
		slow  bool
	}{
		{Path{Local: "host", Remote: "host", Protocol: "udp"}, RouteDirect, false}, {Path{Local: "host", Remote: "relay", Protocol: "udp"}, RouteRelay, false},
		{Path{Local: "relay", Remote: "srflx", Protocol: "udp"}, RouteRelay, false}, {Path{Local: "relay", Remote: "relay", Protocol: "tls"}, RouteRelay, true},
	} {
		s, _ := play(t, append(up, MediaPath{5, tt.path})...)
		if s.Call.Route != tt.route || s.Call.Path.Slow() != tt.slow {
			t.Errorf("%+v: route %q slow %v", tt.path, s.Call.Route, s.Call.Path.Slow())
		}
	}
}

// Another network: new connections at once, and new media as soon as the server hears us.
func TestTheNetworkChanges(t *testing.T) {
	evs := []Event{signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Presence{Person: inCall}}, Heard{wire.Direct{Gen: 5, Peer: "p"}}, MediaUp{5, wire.Video}, MediaReady{5}}
	s, effects := play(t, append(evs, NetworkChanged{})...)
	if !has(effects, func(Redial) bool { return true }) || s.Call.Phase != Talking {
		t.Errorf("%s %#v", s.Call.Phase, effects)
	}
	_, effects = play(t, append(evs, NetworkChanged{}, Heard{wire.Welcome{Self: "me", Room: "r", People: []wire.Person{me, inCall}, Gen: 5}})...)
	if !has(effects, func(m Tell) bool { return m.Message == wire.Message(wire.Renew{Gen: 5}) }) {
		t.Errorf("media of the old address is kept: %#v", effects)
	}
}

// A proxy that wants a login is told, wherever it asked, and what it held up is tried
// again.
func TestProxyLogin(t *testing.T) {
	in := SignIn{"https://h.example", "anne@h.example", "secret", ""}
	asks := Problem{Code: ProblemProxyLogin, Detail: "proxy.test"}
	wrong := Problem{Code: ProblemProxyWrong, Detail: "proxy.test"}
	login := ProxyLogin{"anne", "pw"}
	for name, tt := range map[string]struct {
		evs   []Event
		phase AccountPhase
		told  int
		again int
		dials int
	}{
		"nobody asks":             {[]Event{login}, "", 0, 0, 0},
		"another problem":         {[]Event{in, SessionClosed{&Problem{Code: ProblemOffline}}, login}, SignedOut, 0, 0, 0},
		"signing in":              {[]Event{in, SessionClosed{&asks}, login}, SigningIn, 1, 1, 0},
		"pressed twice":           {[]Event{in, SessionClosed{&asks}, login, login}, SigningIn, 1, 1, 0},
		"wrong, then right":       {[]Event{in, SessionClosed{&asks}, login, SessionClosed{&wrong}, login}, SigningIn, 2, 2, 0},
		"an earlier session":      {[]Event{SessionResuming{}, Warned{asks}, login}, SigningIn, 1, 1, 0},
		"the agenda":              {[]Event{signedIn, AgendaLost{asks}, login}, SignedIn, 1, 0, 1},
		"the room":                {[]Event{signedIn, OpenRoom{"a1"}, LinkDown{Problem: asks}, login}, SignedIn, 1, 0, 1},
		"an invitation":           {[]Event{signedIn, SendInvite{Email: "p@x.example"}, InviteDone{Problem: &asks}, login, login}, SignedIn, 1, 0, 1},
		"a call's, once outside":  {[]Event{signedIn, OpenRoom{"a1"}, LinkDown{Problem: asks}, Leave{}, SignOut{}, login}, SignedOut, 0, 0, 0},
		"the agenda's, once gone": {[]Event{signedIn, AgendaLost{asks}, SignOut{}, login}, SignedOut, 0, 0, 0},
	} {
		s, effects := play(t, tt.evs...)
		told, again, dials := 0, 0, 0
		for _, e := range effects {
			switch e := e.(type) {
			case TellProxy:
				told++
				if e != (TellProxy{"proxy.test", "anne", "pw"}) {
					t.Errorf("%s: told %+v", name, e)
				}
			case TryAgain:
				again++
			case Redial:
				dials++
			}
		}
		if s.Account.Phase != tt.phase || told != tt.told || again != tt.again || dials != tt.dials {
			t.Errorf("%s: %s, told %d, again %d, redialled %d", name, s.Account.Phase, told, again, dials)
		}
		if s.Account.Phase == SigningIn && s.ProxyProblem() != nil {
			t.Errorf("%s: still asks", name)
		}
	}
}

// The connection that carried the call dies while another is tried in vain: when the
// server goes back to it, a new one is asked for.
func TestADeadConnectionIsNotKept(t *testing.T) {
	s, effects := play(t, signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Presence{Person: inCall}},
		Heard{wire.Offer{Gen: 5, Round: 1}}, MediaUp{5, wire.Video}, MediaReady{5}, Heard{wire.Direct{Gen: 6, Peer: "p"}}, MediaDown{5}, Heard{wire.Settle{Gen: 5}})
	if !has(effects, func(m Tell) bool { return m.Message == wire.Message(wire.Renew{Gen: 5}) }) {
		t.Errorf("%s: %#v", s.Call.Phase, effects)
	}
}

// A patient with neither camera nor microphone is in the call all the same.
func TestNothingComes(t *testing.T) {
	s, effects := play(t, signedIn, OpenRoom{"a1"}, welcomed, Heard{wire.Presence{Person: inCall}}, Heard{wire.Direct{Gen: 5, Peer: "p"}}, MediaReady{5})
	if s.Call.Phase != Talking || s.Call.Seen || !has(effects, func(m Tell) bool { return m.Message == wire.Message(wire.Up{Gen: 5}) }) {
		t.Errorf("%s %#v", s.Call.Phase, effects)
	}
}
