package call

import (
	"slices"
	"strings"
	"testing"

	"ekermed.example/ekermed/internal/call/wire"
)

// The screen claims no more than is known (docs/protocol.md, 12.5).
func TestSecrecy(t *testing.T) {
	agreed := Pairing{Peer: "p", Standing: StandingAgreed, Code: [4]byte{1, 2, 3, 4}}
	but := func(change func(*Pairing)) Pairing {
		p := agreed
		change(&p)
		return p
	}
	proven := but(func(p *Pairing) { p.Proven = 5 })
	for name, c := range map[string]struct {
		route    string
		sealed   bool
		pairings []Pairing
		want     Secrecy
	}{
		"no media":                            {"", true, []Pairing{agreed}, SecrecyNone},
		"nobody known":                        {RouteServer, true, nil, SecrecyServer},
		"server, sealed":                      {RouteServer, true, []Pairing{agreed}, SecrecyEnd},
		"direct, sealed":                      {RouteDirect, true, []Pairing{agreed}, SecrecyEnd},
		"compared":                            {RouteServer, true, []Pairing{but(func(p *Pairing) { p.Compared = true })}, SecrecyVerified},
		"one of two compared":                 {RouteServer, true, []Pairing{but(func(p *Pairing) { p.Compared = true }), agreed}, SecrecyEnd},
		"agreeing":                            {RouteServer, true, []Pairing{{Peer: "p", Standing: StandingAgreeing}}, SecrecyAgreeing},
		"one still agreeing":                  {RouteServer, true, []Pairing{agreed, {Peer: "q", Standing: StandingAgreeing}}, SecrecyAgreeing},
		"without keys":                        {RouteServer, false, []Pairing{{Peer: "p"}}, SecrecyServer},
		"without keys, directly":              {RouteDirect, false, []Pairing{{Peer: "p"}}, SecrecyServer},
		"in clear through the server":         {RouteServer, false, []Pairing{proven}, SecrecyServer},
		"in clear, directly":                  {RouteDirect, false, []Pairing{proven}, SecrecyServer},
		"in clear, through TURN":              {RouteRelay, false, []Pairing{proven}, SecrecyServer},
		"in clear, directly, not proven":      {RouteDirect, false, []Pairing{agreed}, SecrecyServer},
		"in clear, another connection proven": {RouteDirect, false, []Pairing{but(func(p *Pairing) { p.Proven = 4 })}, SecrecyServer},
		"in clear, two ways at once":          {RouteDirect, false, []Pairing{proven}, SecrecyServer},
		"broken":                              {RouteServer, true, []Pairing{agreed, {Peer: "q", Standing: StandingBroken}}, SecrecyBroken},
		"broken, with somebody without keys":  {RouteServer, false, []Pairing{{Peer: "p"}, {Peer: "q", Standing: StandingBroken}}, SecrecyBroken},
		"found different":                     {RouteServer, true, []Pairing{but(func(p *Pairing) { p.Differs = true })}, SecrecyBroken},
	} {
		s := Consultation{Route: c.route, Sealed: c.sealed, Pairings: c.pairings, connections: []connection{{gen: 5, direct: c.route != RouteServer, up: true, ready: true}}}
		if strings.Contains(name, "two ways") {
			s.connections = append(s.connections, connection{gen: 4, up: true, ready: true})
		}
		if got := s.Secrecy(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What was said of a code holds for that code alone.
func TestCompare(t *testing.T) {
	code := [4]byte{1, 2, 3, 4}
	agreed := Paired{Sealed: true, Pairings: []Pairing{{Peer: "p", Standing: StandingAgreed, Code: code}}}
	up := []Event{signedIn, OpenRoom{"a"}, welcomed, Heard{wire.Presence{Person: inCall}}, Heard{wire.Direct{Gen: 5, Peer: "p"}}, MediaUp{5, wire.Video}, MediaReady{5}, agreed}
	s, _ := play(t, append(up, Compare{"p", code, true}, agreed)...)
	if s.Call.Secrecy() != SecrecyVerified {
		t.Errorf("compared, and the same news again: %q", s.Call.Secrecy())
	}
	s, _ = play(t, append(up, Compare{"p", [4]byte{9}, true})...)
	if s.Call.Secrecy() != SecrecyEnd {
		t.Errorf("another code was compared: %q", s.Call.Secrecy())
	}
	other := Paired{Sealed: true, Pairings: []Pairing{{Peer: "p", Standing: StandingAgreed, Code: [4]byte{9}}}}
	s, _ = play(t, append(up, Compare{"p", code, true}, other)...)
	if s.Call.Secrecy() != SecrecyEnd {
		t.Errorf("the code changed after it was compared: %q", s.Call.Secrecy())
	}
	s, _ = play(t, append(up, Compare{"p", code, false}, other)...)
	if s.Call.Secrecy() != SecrecyBroken {
		t.Errorf("the warning goes with a new code: %q", s.Call.Secrecy())
	}
	s, _ = play(t, append(up, Compare{"p", code, false}, other, Compare{"p", [4]byte{9}, true})...)
	if s.Call.Secrecy() != SecrecyVerified {
		t.Errorf("compared anew: %q", s.Call.Secrecy())
	}
	gone := []Event{Heard{wire.Gone{ID: "p"}}, Paired{}, Heard{wire.Presence{Person: inCall}}, agreed}
	for name, evs := range map[string][]Event{
		"found different": append([]Event{Compare{"p", code, false}}, gone...),
		"broken once":     append([]Event{Paired{Pairings: []Pairing{{Peer: "p", Standing: StandingBroken}}}}, gone...),
	} {
		if s, _ = play(t, append(slices.Clone(up), evs...)...); s.Call.Secrecy() != SecrecyBroken {
			t.Errorf("%s: the warning goes when somebody leaves and comes back: %q", name, s.Call.Secrecy())
		}
	}
	s, _ = play(t, append(up, Compare{"p", code, false})...)
	if s.Call.Secrecy() != SecrecyBroken {
		t.Errorf("found different: %q", s.Call.Secrecy())
	}
}
