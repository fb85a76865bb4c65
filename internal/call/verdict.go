package call

import (
	"slices"
	"strings"
	"time"
)

// Verdict is what a diagnosis means for a consultation. The texts file has
// "diag.verdict.CODE" with the sentence and "diag.verdict.CODE_action" with what to do.
type Verdict string

// The verdicts. The page's are the same, from the same table.
const (
	VerdictDirect      Verdict = "direct"
	VerdictDirectSlow  Verdict = "direct_slow"
	VerdictRelayUDP    Verdict = "relay_udp"
	VerdictRelayTLS    Verdict = "relay_tls"
	VerdictBlocked     Verdict = "blocked"
	VerdictWebSocket   Verdict = "websocket"
	VerdictUnreachable Verdict = "unreachable"
	VerdictBusy        Verdict = "busy"
	VerdictOffline     Verdict = "offline"
)

// Tone is how a verdict is to be shown.
type Tone string

// The tones.
const (
	ToneGood    Tone = "good"
	ToneWarning Tone = "warning"
	ToneBad     Tone = "bad"
)

// Tone of a verdict.
func (v Verdict) Tone() Tone {
	switch v {
	case VerdictDirect, VerdictRelayUDP:
		return ToneGood
	case VerdictDirectSlow, VerdictRelayTLS, VerdictBusy:
		return ToneWarning
	}
	return ToneBad
}

// Judge reads the verdict from the results; online is whether the machine has an address.
func Judge(results []Result, online bool) Verdict {
	of := func(k TestKind) Result {
		i := slices.IndexFunc(results, func(r Result) bool { return r.Kind == k })
		if i < 0 {
			return Result{}
		}
		return results[i]
	}
	or := func(v Verdict) Verdict { // what is closed may only be that there is no network
		if !online {
			return VerdictOffline
		}
		return v
	}
	https, wss, direct := of(TestHTTPS), of(TestWSS), of(TestMediaUDP)
	switch {
	case https.State == TestFailed && https.Why == WhyFailing:
		return VerdictBusy
	case https.State == TestFailed:
		return or(VerdictUnreachable)
	case wss.State == TestFailed && wss.Why == WhyBusy:
		return VerdictBusy
	case wss.State == TestFailed:
		return or(VerdictWebSocket)
	case direct.State == TestGood:
		return VerdictDirect
	case direct.State == TestSlow:
		return VerdictDirectSlow
	case of(TestMediaTURN).Works():
		return VerdictRelayUDP
	case of(TestMediaTLS).Works():
		return VerdictRelayTLS
	case direct.Why == WhyBusy:
		return VerdictBusy
	}
	return or(VerdictBlocked)
}

// Judged is good, or slow where a consultation would suffer.
func Judged(kind TestKind, f Figures) TestState {
	late := 2500 * time.Millisecond
	if kind.media() {
		late = 4 * time.Second
	}
	if f.Ready > late || f.Trip > 400*time.Millisecond || f.Echoed && (f.Loss > 3 || f.Rate < 600e3) {
		return TestSlow
	}
	return TestGood
}

func (k TestKind) media() bool { return strings.HasPrefix(string(k), "media") }

// Need is something that IT has to open. The texts file has "diag.it.WHAT".
type Need struct {
	Target
	What string
}

// Needs lists what has to be opened, each once.
func Needs(results []Result) []Need {
	var list []Need
	for _, r := range results {
		if r.State != TestFailed || r.Target == (Target{}) {
			continue
		}
		what := "relay"
		switch r.Kind {
		case TestHTTPS, TestWSS:
			what = "web"
		case TestTURNTLS:
			what = "relay_tls"
		case TestMediaUDP:
			what = "media"
			if r.High() {
				what = "media_high"
			}
		case TestMediaTURN, TestMediaTLS:
			continue // their way is that of the relay's own test
		}
		switch r.Why {
		case WhyBusy, WhyFailing, WhyRefused, WhyRelay, WhyBefore:
			continue // a server in trouble, or one that refuses, is no matter of the network's
		}
		if need := (Need{r.Target, what}); !slices.Contains(list, need) {
			list = append(list, need)
		}
	}
	return list
}

// High tells of a media port of a classic layout, one of a range.
func (r Result) High() bool {
	return r.Kind == TestMediaUDP && r.Target.Over == "udp" && r.Target.Port >= 10000
}
