package call

import (
	"slices"
	"time"
)

// TestKind is one way to the server, or through it.
type TestKind string

// The tests, in the order in which they are shown. The page's are the same.
const (
	TestHTTPS     TestKind = "https"
	TestWSS       TestKind = "wss"
	TestSTUN      TestKind = "stun"
	TestTURNUDP   TestKind = "turn_udp"
	TestTURNTCP   TestKind = "turn_tcp"
	TestTURNTLS   TestKind = "turn_tls"
	TestMediaUDP  TestKind = "media_udp"
	TestMediaTURN TestKind = "media_turn"
	TestMediaTLS  TestKind = "media_tls"
)

// tests lists the kinds in order; plain TCP is shown only where a server offers it.
func tests() []TestKind {
	return []TestKind{TestHTTPS, TestWSS, TestSTUN, TestTURNUDP, TestTURNTCP, TestTURNTLS, TestMediaUDP, TestMediaTURN, TestMediaTLS}
}

// TestState is where one test stands.
type TestState string

// The states of a test.
const (
	TestWaiting TestState = "waiting"
	TestRunning TestState = "running"
	TestGood    TestState = "good"
	TestSlow    TestState = "slow" // it works, and a consultation would suffer
	TestFailed  TestState = "failed"
	TestSkipped TestState = "skipped"
)

// Why is the reason that a test is not simply good. The texts file has "diag.why.CODE",
// or "desktop.diag.why.CODE" for what a page cannot tell.
type Why string

// The reasons.
const (
	WhyTimeout     Why = "timeout"
	WhyUnreachable Why = "unreachable"
	WhyRefused     Why = "refused"
	WhyBusy        Why = "busy"
	WhyFailing     Why = "failing"
	WhyProxy       Why = "proxy"
	WhyClosed      Why = "closed"
	WhySilent      Why = "silent"
	WhyAbsent      Why = "absent"
	WhyEnough      Why = "enough"
	WhySame        Why = "same"
	WhyRelay       Why = "relay"
	WhyBefore      Why = "before"
	WhyOther       Why = "other"
	WhyCertificate Why = "certificate"
	WhyLogin       Why = "login"
)

// Target is where packets go to.
type Target struct {
	Host string
	Port int
	// Over is "tcp" or "udp".
	Over string
}

// Figures are what was measured; zero is what was not.
type Figures struct {
	// Ready is the time until the first answer, Trip the median round trip after that.
	Ready, Trip time.Duration
	// Echoed: messages were counted there and back. Loss is in percent, Rate in bit/s;
	// Capped tells that no more than that was sent.
	Echoed bool
	Loss   float64
	Rate   float64
	Capped bool
}

// Result is one test, as far as it has come.
type Result struct {
	// ID is the kind, with -2 and so on where a kind is tried several times.
	ID      string
	Kind    TestKind
	State   TestState
	Why     Why
	Figures Figures
	// Target is the zero value where it is not known.
	Target Target
}

// Works tells whether this way is open.
func (r Result) Works() bool { return r.State == TestGood || r.State == TestSlow }

// DiagnosisPhase is where the trying of the network stands.
type DiagnosisPhase string

// The phases of a diagnosis.
const (
	DiagnosisIdle    DiagnosisPhase = ""
	DiagnosisRunning DiagnosisPhase = "running"
	DiagnosisOver    DiagnosisPhase = "done"
)

// Diagnosis is what the newest try of the network found.
type Diagnosis struct {
	Phase DiagnosisPhase
	// Server is the base URL that was tried, as it was known.
	Server  string
	Results []Result
	// Verdict and At, when it was reached, stand once Phase is DiagnosisOver.
	Verdict Verdict
	At      time.Time
	// Try numbers the tries, so that late news of an old one is dropped.
	Try uint32
}

func stepDiagnosis(s State, ev Event, now time.Time) (State, []Effect) {
	switch ev := ev.(type) {
	case RunDiagnosis:
		// A call would share the line with it, and both would suffer.
		if s.Call.Live() || s.Diagnosis.Phase == DiagnosisRunning || s.Account.Server == "" {
			return s, nil
		}
		s.Diagnosis = Diagnosis{Phase: DiagnosisRunning, Server: s.Account.Server, Results: untried(), Try: s.Diagnosis.Try + 1}
		return s, []Effect{Diagnose{Server: s.Diagnosis.Server, Try: s.Diagnosis.Try}}
	case StopDiagnosis:
		return stopDiagnosis(s)
	case DiagnosisTold:
		if s.Diagnosis.current(ev.Try) {
			s.Diagnosis.Results = told(s.Diagnosis.Results, ev.Result)
		}
	case DiagnosisDone:
		if s.Diagnosis.current(ev.Try) {
			s.Diagnosis.Phase, s.Diagnosis.At = DiagnosisOver, now
			s.Diagnosis.Verdict = Judge(s.Diagnosis.Results, ev.Online)
		}
	}
	return s, nil
}

func (d Diagnosis) current(try uint32) bool { return d.Phase == DiagnosisRunning && d.Try == try }

// stopDiagnosis gives up what runs; what is done stays.
func stopDiagnosis(s State) (State, []Effect) {
	if s.Diagnosis.Phase != DiagnosisRunning {
		return s, nil
	}
	s.Diagnosis = Diagnosis{Try: s.Diagnosis.Try}
	return s, []Effect{EndDiagnosis{}}
}

// untried is the list before the server has told its STUN and TURN servers.
func untried() []Result {
	var list []Result
	for _, kind := range tests() {
		if kind != TestTURNTCP {
			list = append(list, Result{ID: string(kind), Kind: kind, State: TestWaiting})
		}
	}
	return list
}

// told puts a result in its place, in a list of its own.
func told(list []Result, r Result) []Result {
	list = slices.Clone(list)
	if i := slices.IndexFunc(list, func(o Result) bool { return o.ID == r.ID }); i >= 0 {
		list[i] = r
		return list
	}
	rank := func(k TestKind) int { return slices.Index(tests(), k) }
	after := 0
	for i, o := range list {
		if rank(o.Kind) <= rank(r.Kind) {
			after = i + 1
		}
	}
	return slices.Insert(list, after, r)
}
