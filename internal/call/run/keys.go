package run

import (
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/seal"
	"ekermed.example/ekermed/internal/call/wire"
)

// keysTick is how often keys look at the clock.
const keysTick = 250 * time.Millisecond

// certified is the runner's own event: a description of a direct connection was made or
// taken, with this certificate.
type certified struct {
	call.Event
	peer         string
	gen          uint32
	ours, theirs string
}

// newKeys makes fresh keys for a room.
func (d *Desk) newKeys() *seal.Group {
	keys, err := seal.NewGroup(seal.Options{
		Send:     d.whisper,
		Said:     d.said,
		KeyFrame: func() { d.ask(keyFrame) },
		Now:      d.o.Now,
	})
	if err != nil {
		d.o.Log.Error("no keys: nothing will be sent", "error", err)
		return nil
	}
	return keys
}

// hold keeps the keys of a room, or forgets them, and with them what needs them.
func (d *Desk) hold(keys *seal.Group) {
	d.closeFeatures()
	d.keys = keys
	if keys != nil {
		d.features = d.newFeatures()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opener = keys
}

// whisper sends a message of key agreement; one that is lost is repeated.
func (d *Desk) whisper(m wire.Message) {
	if d.room != nil {
		_ = d.room.Send(m)
	}
}

// agree lets the keys follow the room: who is in it, what they say, what time it is.
func (d *Desk) agree(ev call.Event) {
	if d.keys == nil {
		return
	}
	switch ev := ev.(type) {
	case certified:
		d.keys.Certificates(ev.peer, ev.gen, ev.ours, ev.theirs)
	case call.Heard:
		switch m := ev.Message.(type) {
		case wire.Welcome:
			d.keys.Enter(m.Self, time.Duration(m.Rekey*float64(time.Second)), m.Sealed)
			d.features.forgetMet()
			d.features.token.Store(m.Files.Token)
			d.features.files.Allow(d.state.Call.FileLimit) // the server's, unless files are off on this machine
		case wire.Commit, wire.Reveal, wire.Encapsulate, wire.Sealed, wire.Data:
			d.keys.Receive(m)
		}
	}
	var members []seal.Member
	for _, p := range d.state.Call.Others() {
		if p.Ready {
			members = append(members, seal.Member{ID: p.ID, Keys: p.Keys, Seal: p.Seal})
		}
	}
	d.keys.Members(members)
	d.paired()
	d.share()
}

// paired tells the state what the keys have come to.
func (d *Desk) paired() {
	if d.keys == nil || !d.keys.Changed() {
		return
	}
	ev := call.Paired{Sealed: d.keys.Frames()}
	for _, p := range d.keys.Pairings() {
		ev.Pairings = append(ev.Pairings, call.Pairing{Peer: p.Peer, Standing: call.Standing(p.Standing), Code: p.Code, Proven: p.Proven})
	}
	d.step(ev)
}

// step takes what concerns the state alone.
func (d *Desk) step(ev call.Event) {
	d.state, _ = call.Step(d.state, ev, d.o.Now())
	d.o.Changed(d.state)
}

// tick is what keys do by the clock.
func (d *Desk) tick() {
	if d.keys != nil {
		d.keys.Tick()
		d.paired()
		d.features.chat.Tick()
		d.features.photo.Tick()
		d.features.finger.Tick()
		d.share()
	}
}
