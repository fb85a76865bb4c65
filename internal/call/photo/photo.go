// Package photo asks other participants for a photograph in full resolution, or to turn to
// their other camera. The photograph comes as a file; see docs/protocol.md, chapter 16.
//
// One goroutine uses an Asker.
package photo

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// How an Asker is patient, and how much it remembers.
const (
	payloadMost = 512
	againAfter  = 3 * time.Second
	keptMost    = 64
)

// ErrMalformed: what came is no message about photographs.
var ErrMalformed = errors.New("malformed message about a photograph")

// State is where an ask stands.
type State string

// The states. Asked: nothing was heard yet. The last three are ends.
const (
	Asked   State = "asked"
	Shown   State = "shown"
	Taken   State = "taken"
	Refused State = "refused"
	Failed  State = "failed"
)

// over tells whether nothing more is to come.
func (s State) over() bool { return s == Taken || s == Refused || s == Failed }

// Ask is what somebody was asked.
type Ask struct {
	ID, Peer string
	// Swap: to turn to the other camera, instead of a photograph.
	Swap  bool
	State State
}

// Out is a payload for one participant.
type Out struct {
	Peer    string
	Payload []byte
}

// Asker asks. At most one ask of a kind stands with a person.
type Asker struct {
	now     func() time.Time
	asks    []*standing // oldest first
	out     []Out
	changed bool
}

type standing struct {
	Ask
	said time.Time
	gone bool // taken back
}

type message struct {
	Ask    *wish   `json:"ask,omitempty"`
	Swap   *wish   `json:"swap,omitempty"`
	Cancel *wish   `json:"cancel,omitempty"`
	Answer *answer `json:"answer,omitempty"`
}

type wish struct {
	ID string `json:"id"`
}

type answer struct {
	ID    string `json:"id"`
	State State  `json:"state"`
}

// New makes an Asker.
func New(now func() time.Time) *Asker { return &Asker{now: now} }

// Ask asks for a photograph, or with swap for the other camera. One of this kind that
// stands already is taken back first.
func (a *Asker) Ask(peer string, swap bool) {
	for _, s := range a.asks {
		if s.Peer == peer && s.Swap == swap && !s.State.over() && !s.gone {
			a.cancel(s)
		}
	}
	a.asks = append(a.asks, &standing{Ask: Ask{ID: rand.Text(), Peer: peer, Swap: swap, State: Asked}})
	if len(a.asks) > keptMost {
		a.asks = a.asks[len(a.asks)-keptMost:]
	}
	a.changed = true
	a.Tick()
}

// Cancel takes back what a person was asked.
func (a *Asker) Cancel(peer string) {
	for _, s := range a.asks {
		if s.Peer == peer && !s.State.over() && !s.gone {
			a.cancel(s)
		}
	}
}

func (a *Asker) cancel(s *standing) {
	s.gone, a.changed = true, true
	a.send(s.Peer, message{Cancel: &wish{s.ID}})
}

// Meet: a key is shared with this participant, from now on or anew; or they are back.
func (a *Asker) Meet(peer string) {
	for _, s := range a.asks {
		if s.Peer == peer {
			s.said = time.Time{}
		}
	}
	a.Tick()
}

// Part: this participant left, and what they were asked goes.
func (a *Asker) Part(peer string) {
	n := len(a.asks)
	a.asks = slices.DeleteFunc(a.asks, func(s *standing) bool { return s.Peer == peer })
	a.changed = a.changed || len(a.asks) != n
}

// Tick repeats what was not answered to its end; call it a few times a second.
func (a *Asker) Tick() {
	now := a.now()
	for _, s := range a.asks {
		if s.gone || s.State.over() || now.Sub(s.said) < againAfter {
			continue
		}
		s.said = now
		if s.Swap {
			a.send(s.Peer, message{Swap: &wish{s.ID}})
		} else {
			a.send(s.Peer, message{Ask: &wish{s.ID}})
		}
	}
}

func id() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9-]{1,40}$`) }

func decode(payload []byte) (message, error) {
	var m message
	if len(payload) > payloadMost {
		return m, fmt.Errorf("%w: %d bytes", ErrMalformed, len(payload))
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		return m, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	n := 0
	for _, w := range []*wish{m.Ask, m.Swap, m.Cancel} {
		if w != nil {
			n++
			if !id().MatchString(w.ID) {
				return m, fmt.Errorf("%w: no id", ErrMalformed)
			}
		}
	}
	if m.Answer != nil {
		n++
		if !id().MatchString(m.Answer.ID) || m.Answer.State != Shown && !m.Answer.State.over() {
			return m, fmt.Errorf("%w: no answer", ErrMalformed)
		}
	}
	if n != 1 {
		return m, fmt.Errorf("%w: %d members", ErrMalformed, n)
	}
	return m, nil
}

// Hear takes what a participant said under the topic snapshot. This program gives no
// photographs of its own: who asks for one is told that it cannot be.
func (a *Asker) Hear(peer string, payload []byte) error {
	m, err := decode(payload)
	if err != nil {
		return err
	}
	for _, w := range []*wish{m.Ask, m.Swap} {
		if w != nil {
			a.send(peer, message{Answer: &answer{w.ID, Failed}})
		}
	}
	if m.Answer == nil {
		return nil
	}
	at := slices.IndexFunc(a.asks, func(s *standing) bool { return s.ID == m.Answer.ID && s.Peer == peer })
	switch {
	case at < 0 || a.asks[at].gone:
		if m.Answer.State == Shown {
			a.send(peer, message{Cancel: &wish{m.Answer.ID}}) // it stands there still
		}
	case !a.asks[at].State.over():
		a.asks[at].State, a.changed = m.Answer.State, true
	}
	return nil
}

func (a *Asker) send(peer string, m message) {
	payload, err := json.Marshal(m)
	if err == nil { // strings can always be written
		a.out = append(a.out, Out{peer, payload})
	}
}

// Take returns what is to be sent, once.
func (a *Asker) Take() []Out {
	out := a.out
	a.out = nil
	return out
}

// Changed tells, once, that View may say something new.
func (a *Asker) Changed() bool {
	changed := a.changed
	a.changed = false
	return changed
}

// View is the newest ask of each kind with each person, but those taken back.
func (a *Asker) View() []Ask {
	var all []Ask
	for _, s := range a.asks {
		if s.gone {
			continue
		}
		all = slices.DeleteFunc(all, func(before Ask) bool { return before.Peer == s.Peer && before.Swap == s.Swap })
		all = append(all, s.Ask)
	}
	return all
}
