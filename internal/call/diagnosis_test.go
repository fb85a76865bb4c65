package call

import (
	"slices"
	"testing"
	"time"
)

// Lines of results, for the table: state and reason.
func ended(kind TestKind, state TestState, why Why) Result {
	return Result{ID: string(kind), Kind: kind, State: state, Why: why}
}

// The same table as the page's (internal/server/web/test/diag.test.ts).
func TestVerdict(t *testing.T) {
	up := []Result{ended(TestHTTPS, TestGood, ""), ended(TestWSS, TestGood, "")}
	media := func(udp, turn, tls TestState) []Result {
		return append(slices.Clone(up), ended(TestMediaUDP, udp, ""), ended(TestMediaTURN, turn, ""), ended(TestMediaTLS, tls, ""))
	}
	for name, c := range map[string]struct {
		results []Result
		offline bool
		want    Verdict
		tone    Tone
	}{
		"direct":                     {media(TestGood, TestSkipped, TestGood), false, VerdictDirect, ToneGood},
		"direct, no relay":           {media(TestGood, TestSkipped, TestFailed), false, VerdictDirect, ToneGood},
		"direct, offline says":       {media(TestGood, TestSkipped, TestFailed), true, VerdictDirect, ToneGood},
		"direct slow":                {media(TestSlow, TestSkipped, TestGood), false, VerdictDirectSlow, ToneWarning},
		"relay udp":                  {media(TestFailed, TestGood, TestGood), false, VerdictRelayUDP, ToneGood},
		"relay udp slow":             {media(TestFailed, TestSlow, TestGood), false, VerdictRelayUDP, ToneGood},
		"relay tls":                  {media(TestFailed, TestFailed, TestGood), false, VerdictRelayTLS, ToneWarning},
		"relay tls slow":             {media(TestFailed, TestSkipped, TestSlow), false, VerdictRelayTLS, ToneWarning},
		"blocked":                    {media(TestFailed, TestFailed, TestFailed), false, VerdictBlocked, ToneBad},
		"blocked, nothing but media": {media(TestFailed, TestSkipped, TestSkipped), false, VerdictBlocked, ToneBad},
		"the network went":           {media(TestFailed, TestFailed, TestFailed), true, VerdictOffline, ToneBad},
		"busy echo":                  {append(slices.Clone(up), ended(TestMediaUDP, TestFailed, WhyBusy)), false, VerdictBusy, ToneWarning},
		"websocket":                  {[]Result{up[0], ended(TestWSS, TestFailed, WhyProxy)}, false, VerdictWebSocket, ToneBad},
		"websocket, offline":         {[]Result{up[0], ended(TestWSS, TestFailed, WhyClosed)}, true, VerdictOffline, ToneBad},
		"busy":                       {[]Result{up[0], ended(TestWSS, TestFailed, WhyBusy)}, false, VerdictBusy, ToneWarning},
		"failing":                    {[]Result{ended(TestHTTPS, TestFailed, WhyFailing)}, false, VerdictBusy, ToneWarning},
		"unreachable":                {[]Result{ended(TestHTTPS, TestFailed, WhyTimeout)}, false, VerdictUnreachable, ToneBad},
		"offline":                    {[]Result{ended(TestHTTPS, TestFailed, WhyUnreachable)}, true, VerdictOffline, ToneBad},
	} {
		if got := Judge(c.results, !c.offline); got != c.want || got.Tone() != c.tone {
			t.Errorf("%s: %s (%s), want %s (%s)", name, got, got.Tone(), c.want, c.tone)
		}
	}
}

func TestJudged(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		kind TestKind
		f    Figures
		want TestState
	}{
		{TestHTTPS, Figures{Ready: 2500 * ms}, TestGood},
		{TestHTTPS, Figures{Ready: 2501 * ms}, TestSlow},
		{TestWSS, Figures{Ready: 90 * ms, Trip: 401 * ms}, TestSlow},
		{TestMediaUDP, Figures{Ready: 4000 * ms, Trip: 400 * ms, Echoed: true, Loss: 3, Rate: 600e3}, TestGood},
		{TestMediaUDP, Figures{Ready: 4001 * ms, Echoed: true, Rate: 1e6}, TestSlow},
		{TestMediaTLS, Figures{Echoed: true, Loss: 3.1, Rate: 1e6}, TestSlow},
		{TestMediaTLS, Figures{Echoed: true, Rate: 599e3}, TestSlow},
		{TestMediaTLS, Figures{Echoed: true}, TestSlow},
	} {
		if got := Judged(c.kind, c.f); got != c.want {
			t.Errorf("%s %+v is %s", c.kind, c.f, got)
		}
	}
}

func TestNeeds(t *testing.T) {
	aimed := func(kind TestKind, why Why, over string, port int) Result {
		r := ended(kind, TestFailed, why)
		r.Target = Target{"h", port, over}
		return r
	}
	got := Needs([]Result{
		aimed(TestHTTPS, WhyProxy, "tcp", 443), aimed(TestWSS, WhyProxy, "tcp", 443), // once
		aimed(TestSTUN, WhyTimeout, "udp", 3478), aimed(TestTURNUDP, WhyTimeout, "udp", 3478), // once
		aimed(TestTURNTLS, WhyCertificate, "tcp", 443), aimed(TestMediaUDP, WhyTimeout, "udp", 50000),
		aimed(TestMediaTURN, WhyTimeout, "udp", 3478), aimed(TestTURNTCP, WhyRefused, "tcp", 80), // no matter of the network's
		ended(TestMediaTLS, TestFailed, WhyTimeout),
	})
	want := []Need{{Target{"h", 443, "tcp"}, "web"}, {Target{"h", 3478, "udp"}, "relay"}, {Target{"h", 443, "tcp"}, "relay_tls"}, {Target{"h", 50000, "udp"}, "media_high"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// A run fills the list, in order, and ends in a verdict.
func TestDiagnosis(t *testing.T) {
	s, effects := play(t, signedIn, RunDiagnosis{}, RunDiagnosis{})
	begun := 0
	for _, e := range effects {
		if e == (Diagnose{Server: "https://h.example", Try: 1}) {
			begun++
		}
	}
	if begun != 1 || s.Diagnosis.Phase != DiagnosisRunning || len(s.Diagnosis.Results) != 8 {
		t.Fatalf("begun %d times: %+v", begun, s.Diagnosis)
	}
	before := s.Diagnosis.Results
	for _, r := range []Result{
		ended(TestHTTPS, TestGood, ""), ended(TestWSS, TestGood, ""), {ID: "turn_tls-2", Kind: TestTURNTLS, State: TestRunning},
		ended(TestTURNTCP, TestGood, ""), {ID: "stun-2", Kind: TestSTUN, State: TestGood}, ended(TestMediaUDP, TestSlow, ""),
	} {
		s, _ = Step(s, DiagnosisTold{1, r}, time.Unix(1, 0))
	}
	if before[0].State != TestWaiting {
		t.Error("an older state was changed")
	}
	var ids []string
	for _, r := range s.Diagnosis.Results {
		ids = append(ids, r.ID)
	}
	want := []string{"https", "wss", "stun", "stun-2", "turn_udp", "turn_tcp", "turn_tls", "turn_tls-2", "media_udp", "media_turn", "media_tls"}
	if !slices.Equal(ids, want) {
		t.Errorf("the list is %q", ids)
	}
	now := time.Unix(99, 0)
	s, _ = Step(s, DiagnosisDone{Try: 1, Online: true}, now)
	if s.Diagnosis.Phase != DiagnosisOver || s.Diagnosis.Verdict != VerdictDirectSlow || s.Diagnosis.At != now {
		t.Errorf("it ended as %+v", s.Diagnosis)
	}
	// What is done stays when stopped, and a new run begins anew.
	stopped, effects := Step(s, StopDiagnosis{}, now)
	if stopped.Diagnosis.Verdict != VerdictDirectSlow || len(effects) > 0 {
		t.Error("a result was lost")
	}
	s, _ = Step(s, RunDiagnosis{}, now)
	if s.Diagnosis.Try != 2 || s.Diagnosis.Verdict != "" || len(s.Diagnosis.Results) != 8 {
		t.Errorf("again: %+v", s.Diagnosis)
	}
}

// News of a try that was given up is dropped.
func TestDiagnosisStopped(t *testing.T) {
	s, effects := play(t, signedIn, RunDiagnosis{}, StopDiagnosis{},
		DiagnosisTold{1, ended(TestHTTPS, TestFailed, WhyClosed)}, DiagnosisDone{Try: 1, Online: true})
	if s.Diagnosis.Phase != DiagnosisIdle || len(s.Diagnosis.Results) > 0 || !has(effects, func(EndDiagnosis) bool { return true }) {
		t.Errorf("%+v after %v", s.Diagnosis, effects)
	}
	s, _ = play(t, signedIn, RunDiagnosis{}, StopDiagnosis{}, RunDiagnosis{}, DiagnosisDone{Try: 1, Online: true})
	if s.Diagnosis.Phase != DiagnosisRunning {
		t.Error("an old end ended a new try")
	}
}

// It does not share the line with a call, and needs a server, not a session.
func TestDiagnosisKeepsOutOfCalls(t *testing.T) {
	begins := func(effects []Effect) bool { return has(effects, func(Diagnose) bool { return true }) }
	if _, effects := play(t, signedIn, OpenRoom{"a"}, RunDiagnosis{}); begins(effects) {
		t.Error("it runs during a call")
	}
	s, effects := play(t, signedIn, RunDiagnosis{}, LetIn{"a", "p"})
	if s.Diagnosis.Phase != DiagnosisIdle || !has(effects, func(EndDiagnosis) bool { return true }) || !has(effects, func(Enter) bool { return true }) {
		t.Errorf("a call leaves it %+v, with %v", s.Diagnosis, effects)
	}
	if _, effects := play(t, RunDiagnosis{}); begins(effects) {
		t.Error("it runs without a server")
	}
	if _, effects := play(t, Remembered{Server: "https://h.example"}, RunDiagnosis{}); !begins(effects) {
		t.Error("it needs a session")
	}
}
