package run

import (
	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/chat"
	"ekermed.example/ekermed/internal/call/seal"
	"ekermed.example/ekermed/internal/call/wire"
)

// features are what people do together in a room beside talking. Each says what it has to
// say to every participant apart, under the key that only those two have.
type features struct {
	chat *chat.Log
	// met counts the agreements with each participant that features know of; somebody who is
	// away is not in it.
	met map[string]int
}

func (d *Desk) newFeatures() *features {
	return &features{chat: chat.New(d.o.Now), met: map[string]int{}}
}

// said takes what a feature of another participant said. What makes no sense is dropped:
// only they can have written it.
func (d *Desk) said(peer string, topic wire.Topic, view bool, payload []byte) {
	if d.features == nil {
		return
	}
	d.features.follow(d.state.Call, d.keys.Pairings()) // they may have agreed just now
	var err error
	switch topic {
	case wire.TopicChat:
		err = d.features.chat.Hear(peer, view, payload)
	}
	if err != nil {
		d.o.Log.Warn("not understood", "topic", topic, "peer", peer, "error", err)
	}
}

// share lets features follow the room: who is there with a key, what was said, what time
// it is; and the state follow them.
func (d *Desk) share() {
	f := d.features
	if f == nil || d.keys == nil {
		return
	}
	f.follow(d.state.Call, d.keys.Pairings())
	for _, out := range f.chat.Take() {
		d.keys.Say(out.Peer, wire.TopicChat, out.View, out.Payload)
	}
	if f.chat.Changed() {
		d.step(call.Chatted{View: f.chat.View()})
	}
}

// follow tells features who came, came back, and left.
func (f *features) follow(c call.Consultation, pairings []seal.Pairing) {
	self, ok := c.Find(c.Self)
	if !ok {
		return
	}
	f.chat.Enter(c.Self, self.Role)
	there := map[string]bool{}
	for _, pairing := range pairings {
		p, ok := c.Find(pairing.Peer)
		if !ok || p.Place != wire.PlaceCall {
			continue
		}
		there[p.ID] = true
		switch {
		case p.Away:
			delete(f.met, p.ID) // what is said now is lost
		case pairing.Agreed > f.met[p.ID]:
			f.met[p.ID] = pairing.Agreed
			f.chat.Meet(p.ID, p.Role)
		}
	}
	for _, id := range f.chat.Readers() {
		if !there[id] {
			delete(f.met, id)
			f.chat.Part(id)
		}
	}
}

// forgetMet: our own line was down, and what was said meanwhile is lost.
func (f *features) forgetMet() { clear(f.met) }
