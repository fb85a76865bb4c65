package sfu

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call/wire"
)

// T21: a client that floods its seat loses it; nobody else notices.
func TestSeatFlood(t *testing.T) {
	s := newSFU(t)
	a, b := sit(t, s, "a", extras{}), sit(t, s, "b", extras{})
	b.flows(t, "a video", 5)
	box := newInbox()
	seat, err := s.Seat("room", "flooder", numbers(), box.put)
	if err != nil {
		t.Fatal(err)
	}
	defer seat.Close()
	hold := make(chan struct{})
	started := make(chan struct{})
	seat.post(func() { close(started); <-hold })
	<-started
	for range 2 * cap(seat.inbox) {
		seat.Renew(wire.Renew{Gen: 1})
		seat.Answer(wire.Answer{Gen: 1})
		seat.Resend()
	}
	var told []wire.Failure
	for _, m := range box.list() {
		if f, ok := m.(wire.Failure); ok {
			told = append(told, f)
		}
	}
	if len(told) != 1 || told[0].Code != wire.CodeSlow || !told[0].Fatal {
		t.Errorf("told %+v", told)
	}
	close(hold)
	select {
	case <-seat.done:
	default:
		t.Error("the seat was not given up")
	}
	before := len(box.list())
	seat.Renew(wire.Renew{Gen: seat.Gen()}) // talks on after the end
	b.flows(t, "a video", 20)
	a.flows(t, "b video", 20)
	if n := len(box.list()); n > before+1 { // what it was doing when the flood came
		t.Errorf("%d more messages after the end", n-before)
	}
}

// A room of its own, one seat each, none after the end.
func TestSeats(t *testing.T) {
	s := newSFU(t)
	one := sit(t, s, "a", extras{silent: true})
	if _, err := s.Seat("room", "a", numbers(), newInbox().put); err == nil || !strings.Contains(err.Error(), "a already sits in room room") {
		t.Errorf("a second seat for one person: %v", err)
	}
	other := newInbox()
	elsewhere, err := s.Seat("elsewhere", "a", numbers(), other.put)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "an offer", func() bool { _, ok := got[wire.Offer](other); return ok })
	if o, _ := got[wire.Offer](other); strings.Contains(o.SDP, "a=sendonly") || strings.Contains(o.SDP, "a=sendrecv") {
		t.Error("somebody alone in their room is offered media of another room")
	}
	one.leave()
	one.leave() // getting up twice is getting up
	if n := s.Stats().Seats; n != 1 {
		t.Errorf("%d seats", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Seat("room", "b", numbers(), newInbox().put); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	elsewhere.Close()
	if n := s.Stats().Seats; n != 0 {
		t.Errorf("%d seats after the end", n)
	}
}

// talk is a client's answer to a first offer, as SDP that can be bent.
func answerTo(t testing.TB, o wire.Offer) string {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.SDP}); err != nil {
		t.Fatal(err)
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return answer.SDP
}

func offered(t testing.TB, s *SFU, peer string) (*Seat, *inbox, wire.Offer) {
	t.Helper()
	box := newInbox()
	seat, err := s.Seat("room", peer, numbers(), box.put)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "an offer", func() bool { _, ok := got[wire.Offer](box); return ok })
	o, _ := got[wire.Offer](box)
	return seat, box, o
}

// R45: keys are agreed by DTLS or not at all; and what cannot be understood ends in a
// sentence, not in a half-open connection.
func TestBadAnswers(t *testing.T) {
	s := newSFU(t)
	fingerprint := regexp.MustCompile(`a=fingerprint:[^\r]*\r\n`)
	setup := regexp.MustCompile(`a=setup:[^\r]*\r\n`)
	crypto := "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n"
	for name, bend := range map[string]func(string) string{
		"SDES only": func(sdp string) string {
			return strings.ReplaceAll(setup.ReplaceAllString(fingerprint.ReplaceAllString(sdp, ""), crypto), "UDP/TLS/RTP/SAVPF", "RTP/SAVPF")
		},
		"no fingerprint":    func(sdp string) string { return fingerprint.ReplaceAllString(sdp, "") },
		"no password":       func(sdp string) string { return regexp.MustCompile(`a=ice-pwd:[^\r]*\r\n`).ReplaceAllString(sdp, "") },
		"an unknown digest": func(sdp string) string { return strings.ReplaceAll(sdp, "a=fingerprint:sha-256 ", "a=fingerprint:") },
		"nonsense":          func(string) string { return "hello" },
		"nothing":           func(string) string { return "" },
	} {
		seat, box, o := offered(t, s, name)
		seat.Answer(wire.Answer{Gen: o.Gen, Round: o.Round, SDP: bend(answerTo(t, o))})
		eventually(t, name+" is refused", func() bool { _, ok := got[wire.Failure](box); return ok })
		if f, _ := got[wire.Failure](box); f.Code != wire.CodeMedia || !f.Fatal || f.Text == "" {
			t.Errorf("%s: %+v", name, f)
		}
		seat.Close()
	}
}

// Answers to an older offer, or to none, count for nothing.
func TestLateAnswers(t *testing.T) {
	s := newSFU(t)
	seat, box, o := offered(t, s, "a")
	defer seat.Close()
	for _, a := range []wire.Answer{{Gen: o.Gen - 1, Round: o.Round}, {Gen: o.Gen, Round: o.Round + 1}, {Gen: o.Gen, Round: 0}, {}} {
		a.SDP = "nonsense"
		seat.Answer(a)
	}
	seat.Answer(wire.Answer{Gen: o.Gen, Round: o.Round, SDP: answerTo(t, o)})
	seat.Answer(wire.Answer{Gen: o.Gen, Round: o.Round, SDP: "nonsense"}) // answered already
	seat.Resend()                                                         // nothing is out
	settle(t, seat)
	if list := box.list(); len(list) != 1 {
		t.Errorf("told %+v", list)
	}
}

// An offer that nobody answered is sent again to a client that comes back.
func TestResend(t *testing.T) {
	s := newSFU(t)
	seat, box, o := offered(t, s, "a")
	defer seat.Close()
	seat.Resend()
	settle(t, seat)
	again, _ := got[wire.Offer](box)
	if len(box.list()) != 2 || again.SDP != o.SDP || again.Gen != o.Gen || again.Round != o.Round {
		t.Errorf("sent %d messages, the last %+v", len(box.list()), again)
	}
}

// settle waits until the seat has done what it was asked.
func settle(t testing.TB, s *Seat) {
	t.Helper()
	done := make(chan struct{})
	s.post(func() { close(done) })
	select {
	case <-done:
	case <-s.done:
	case <-t.Context().Done():
	}
}
