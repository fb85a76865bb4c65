// Package chat is the written conversation of a call: what was written, who has it, and
// who is writing. It lives in memory for the call only.
//
// A Log sends to each participant apart, for nobody else can read it; what was not
// confirmed is said again. One goroutine uses it. docs/protocol.md, 13.2, has the messages;
// internal/server/web/src/chat.ts is its twin.
package chat

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// How a conversation is patient, and how much of it there may be.
const (
	MessagesMost = 2000
	againAfter   = 3 * time.Second // what was not confirmed is said again
	atOnce       = 20              // messages sent to one person at a time
	liveEvery    = 250 * time.Millisecond
	typingEvery  = 3 * time.Second
	typingFor    = 7 * time.Second
	liveFor      = 5 * time.Minute // what nobody goes on writing
	runsMost     = 64
	floodBurst   = 80 // messages taken from one person at once
	floodPer     = 20 // and a second
)

// Message is one that was written.
type Message struct {
	// From is the id of who wrote it.
	From, ID, Text string
	At             time.Time
	Mine           bool
	// Got counts who confirmed it, Missing names those in the call who have not yet; of ours
	// only.
	Got     int
	Missing []string
	by      []string // who confirmed it
}

// Writing is somebody who writes now. Text is what stands in their field, when they show
// it while they type.
type Writing struct{ From, Text string }

// View is what a screen shows: a copy.
type View struct {
	Messages []Message
	Writing  []Writing
	// Full: no more messages are taken in this call.
	Full bool
}

// Out is a payload for one participant.
type Out struct {
	Peer string
	// View as in wire.Data.
	View    bool
	Payload []byte
}

// Log is one participant's side of the conversation.
type Log struct {
	now      func() time.Time
	self     string
	role     wire.Role
	run      string // of this program, in this call
	count    int
	messages []Message
	peers    map[string]*reader
	runs     map[string]string // of the program of each participant, also of those who left
	out      []Out
	changed  bool

	draft     string
	showing   bool // the draft is shown while we type
	told      string
	toldAt    time.Time
	tellDraft bool
}

// reader is another participant.
type reader struct {
	role wire.Role
	// owes are our messages that they have not confirmed, oldest first, and when each was
	// said last.
	owes   []owed
	until  time.Time // is typing
	live   string
	liveAt time.Time
	tokens float64
	filled time.Time
}

type owed struct {
	id string
	at time.Time
}

// New begins a conversation.
func New(now func() time.Time) *Log {
	return &Log{now: now, run: rand.Text()[:12], peers: map[string]*reader{}, runs: map[string]string{}}
}

// Enter says who we are.
func (l *Log) Enter(self string, role wire.Role) { l.self, l.role = self, role }

// past tells whether somebody of a role is told what was written before they came.
func past(role wire.Role) bool {
	switch role {
	case wire.RoleClinician, wire.RoleColleague, wire.RolePatient:
		return true
	}
	return false
}

// Meet: a key is shared with this participant, from now on or anew; or they are back.
func (l *Log) Meet(peer string, role wire.Role) {
	r := l.peers[peer]
	if r == nil {
		r = &reader{role: role, tokens: floodBurst, filled: l.now()}
		l.peers[peer] = r
		if past(role) {
			l.owe(r)
		}
		l.changed = true
	}
	for i := range r.owes {
		r.owes[i].at = time.Time{}
	}
	l.send(peer, said{Met: l.run})
	l.repeat(peer, r)
}

// owe begins anew with somebody who has nothing of ours.
func (l *Log) owe(r *reader) {
	r.owes = nil
	for _, m := range l.messages {
		if m.Mine {
			r.owes = append(r.owes, owed{id: m.ID})
		}
	}
}

// Part: this participant left.
func (l *Log) Part(peer string) {
	if l.peers[peer] != nil {
		delete(l.peers, peer)
		l.changed = true
	}
}

// Readers are the participants who are met.
func (l *Log) Readers() []string {
	ids := make([]string, 0, len(l.peers))
	for id := range l.peers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Write says something to all; false when there is nothing to say, or no room.
func (l *Log) Write(text string) bool {
	text = Clean(text)
	if text == "" || len(l.messages) >= MessagesMost || l.role.Watches() {
		return false
	}
	l.count++
	m := Message{From: l.self, ID: fmt.Sprintf("%s.%d", l.run, l.count), Text: text, At: l.now(), Mine: true}
	l.messages = append(l.messages, m)
	l.draft, l.told, l.tellDraft = "", "", false
	for _, id := range l.Readers() {
		r := l.peers[id]
		r.owes = append(r.owes, owed{id: m.ID})
		l.repeat(id, r)
	}
	l.changed = true
	return true
}

// Draft says what stands in our field; with show others see it while we type (real-time
// text, EN 301 549, 6.2), else only that we type.
func (l *Log) Draft(text string, show bool) {
	text = Clean(text)
	if text == l.draft && show == l.showing || l.role.Watches() {
		return
	}
	l.draft, l.showing, l.tellDraft = text, show, true
	l.tell()
}

// tell sends the draft, not too often.
func (l *Log) tell() {
	if !l.tellDraft {
		return
	}
	now, every := l.now(), liveEvery
	if !l.showing && l.told == "" {
		every = typingEvery
	}
	if now.Sub(l.toldAt) < every {
		return
	}
	l.tellDraft = false
	m := said{Typing: true}
	switch {
	case l.showing && l.draft != l.told:
		l.told, m = l.draft, said{Live: &live{l.draft}}
	case !l.showing && l.told != "":
		l.told, m = "", said{Live: &live{}}
	case l.draft == "":
		return
	}
	l.toldAt = now
	for id := range l.peers {
		l.send(id, m)
	}
}

// Tick does what time asks for; call it a few times a second.
func (l *Log) Tick() {
	now := l.now()
	for id, r := range l.peers {
		l.repeat(id, r)
		if !r.until.IsZero() && !now.Before(r.until) {
			r.until, l.changed = time.Time{}, true
		}
		if r.live != "" && now.Sub(r.liveAt) > liveFor {
			r.live, l.changed = "", true
		}
	}
	l.tell()
}

// repeat says what somebody has not confirmed, oldest first.
func (l *Log) repeat(peer string, r *reader) {
	now := l.now()
	for i := range r.owes[:min(len(r.owes), atOnce)] {
		o := &r.owes[i]
		if !o.at.IsZero() && now.Sub(o.at) < againAfter {
			continue
		}
		if at := l.find(l.self, o.id); at >= 0 {
			o.at = now
			m := l.messages[at]
			l.send(peer, said{Say: &say{ID: m.ID, Text: m.Text, Ago: now.Sub(m.At).Milliseconds()}})
		}
	}
}

func (l *Log) find(from, id string) int {
	return slices.IndexFunc(l.messages, func(m Message) bool { return m.From == from && m.ID == id })
}

func (l *Log) send(peer string, m said) {
	payload, err := json.Marshal(m)
	if err != nil {
		return // strings and numbers can always be written
	}
	l.out = append(l.out, Out{peer, m.receipt(), payload})
}

// Take returns what is to be sent, once.
func (l *Log) Take() []Out {
	out := l.out
	l.out = nil
	return out
}

// Hear takes what a participant said under the topic chat; view as in wire.Data.
func (l *Log) Hear(peer string, view bool, payload []byte) error {
	m, err := decode(payload)
	if err != nil {
		return err
	}
	r := l.peers[peer]
	if r == nil || m.receipt() != view {
		return nil
	}
	switch {
	case m.Got != nil:
		r.owes = slices.DeleteFunc(r.owes, func(o owed) bool {
			got := slices.Contains(m.Got, o.id)
			if at := l.find(l.self, o.id); got && at >= 0 {
				l.messages[at].confirm(peer)
			}
			return got
		})
		l.changed = true
	case m.Met != "":
		if run := l.runs[peer]; run != "" && run != m.Met { // they have begun anew, with nothing
			if past(r.role) {
				l.owe(r)
			}
			l.giveBack(peer)
			l.repeat(peer, r)
		}
		if len(l.runs) < runsMost || l.runs[peer] != "" {
			l.runs[peer] = m.Met
		}
	case m.Say != nil:
		l.heard(peer, r, *m.Say)
	case m.Back != nil:
		if r.role == wire.RoleClinician && l.find(l.self, m.Back.ID) < 0 && r.take(l.now()) {
			l.add(Message{From: l.self, ID: m.Back.ID, Text: m.Back.Text, Mine: true, Got: 1, by: []string{peer}}, m.Back.Ago)
		}
	case m.Live != nil:
		r.live, r.liveAt, r.until = m.Live.Text, l.now(), time.Time{}
		l.changed = true
	case m.Typing:
		r.until, l.changed = l.now().Add(typingFor), true
	}
	return nil
}

// confirm notes who has a message: once, also when it was said to them again.
func (m *Message) confirm(peer string) {
	if !slices.Contains(m.by, peer) {
		m.by = append(slices.Clone(m.by), peer)
		m.Got = len(m.by)
	}
}

// heard takes a message, and confirms it; also one that is here already.
func (l *Log) heard(peer string, r *reader, m say) {
	if l.find(peer, m.ID) < 0 {
		if !r.take(l.now()) || r.role.Watches() {
			return // too many at once: it is said again
		}
		if !l.add(Message{From: peer, ID: m.ID, Text: m.Text}, m.Ago) {
			return
		}
		r.live, r.until = "", time.Time{}
	}
	l.send(peer, said{Got: []string{m.ID}})
}

// add puts a message where it belongs in time.
func (l *Log) add(m Message, ago int64) bool {
	l.changed = true
	if len(l.messages) >= MessagesMost {
		return false
	}
	m.At = l.now().Add(-time.Duration(ago) * time.Millisecond)
	at := len(l.messages)
	for at > 0 && l.messages[at-1].At.After(m.At) {
		at--
	}
	l.messages = slices.Insert(l.messages, at, m)
	return true
}

// giveBack returns to somebody who begins anew what they wrote: their clinician does.
func (l *Log) giveBack(peer string) {
	if l.role != wire.RoleClinician {
		return
	}
	for _, m := range l.messages {
		if m.From == peer {
			l.send(peer, said{Back: &say{ID: m.ID, Text: m.Text, Ago: l.now().Sub(m.At).Milliseconds()}})
		}
	}
}

// take spends one of what a person may say.
func (r *reader) take(now time.Time) bool {
	r.tokens = min(floodBurst, r.tokens+floodPer*now.Sub(r.filled).Seconds())
	r.filled = now
	if r.tokens < 1 {
		return false
	}
	r.tokens--
	return true
}

// Changed tells, once, that View may say something new.
func (l *Log) Changed() bool {
	changed := l.changed
	l.changed = false
	return changed
}

// View is what a screen shows.
func (l *Log) View() View {
	v := View{Messages: slices.Clone(l.messages), Full: len(l.messages) >= MessagesMost}
	for i := range v.Messages {
		m := &v.Messages[i]
		if !m.Mine {
			continue
		}
		for _, id := range l.Readers() {
			if slices.ContainsFunc(l.peers[id].owes, func(o owed) bool { return o.id == m.ID }) {
				m.Missing = append(m.Missing, id)
			}
		}
	}
	for _, id := range l.Readers() {
		r := l.peers[id]
		if r.live != "" || l.now().Before(r.until) {
			v.Writing = append(v.Writing, Writing{id, r.live})
		}
	}
	return v
}
