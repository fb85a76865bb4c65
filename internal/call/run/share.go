package run

import (
	"io"
	"net/http"
	"path/filepath"
	"sync/atomic"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/chat"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/photo"
	"ekermed.example/ekermed/internal/call/pointing"
	"ekermed.example/ekermed/internal/call/seal"
	"ekermed.example/ekermed/internal/call/wire"
)

// features are what people do together in a room beside talking. Each says what it has to
// say to every participant apart, under the key that only those two have.
type features struct {
	chat   *chat.Log
	photo  *photo.Asker
	finger *pointing.Pointing
	files  *files.Engine
	porter *files.Porter
	token  *atomic.Value   // string: of the newest wire.Files
	filed  bool            // the files are others now
	ground string          // the file under the whiteboard, as it travels
	took   map[string]bool // photographs that were taken by themselves
	// met counts the agreements with each participant that features know of; somebody who is
	// away is not in it.
	met map[string]int
}

// posted is the runner's own event: something that belongs to the desk's goroutine, while
// we are in the room that it is of.
type posted struct {
	call.Event
	do    func()
	entry uint64
}

func (d *Desk) newFeatures() *features {
	f := &features{chat: chat.New(d.o.Now), photo: photo.New(d.o.Now), finger: pointing.New(d.o.Now), met: map[string]int{}, took: map[string]bool{}, token: &atomic.Value{}}
	f.token.Store("")
	entry, token := d.entry, f.token
	f.porter = files.NewPorter(files.PorterOptions{
		Server:  courier.Server{Base: d.portal.Base, Token: func() string { return token.Load().(string) }, Client: &http.Client{Transport: d.portal.Transport()}},
		Scanner: d.o.Scanner,
		Post:    func(do func()) { d.Post(posted{do: do, entry: entry}) },
	})
	f.files = files.New(files.Options{
		Tell:    func(peer string, payload []byte) { d.keys.Say(peer, wire.TopicFiles, false, payload) },
		Work:    f.porter,
		Changed: func() { f.filed = true },
	})
	f.porter.Bind(f.files)
	return f
}

// closeFeatures ends transfers; what they still report is let go.
func (d *Desk) closeFeatures() {
	f := d.features
	d.features = nil
	if f != nil {
		if d.o.Board != nil {
			d.o.Board.Close()
		}
		f.files.Close()
		d.wg.Go(f.porter.Close)
	}
}

// drawn sends what our whiteboard says.
func (d *Desk) drawn(m call.Drawn) {
	if d.features == nil {
		return
	}
	to := []string{m.To}
	if m.To == "" {
		to = d.features.chat.Readers()
	}
	for _, id := range to {
		d.keys.Say(id, wire.TopicBoard, false, m.Payload)
	}
}

// handle does what the clinician wants with files.
func (d *Desk) handle(wish call.Event) {
	if d.features == nil {
		return
	}
	e := d.features.files
	switch w := wish.(type) {
	case call.SendFiles:
		for _, path := range w.Paths[:min(len(w.Paths), filesAtOnce)] {
			from, err := courier.FileSource(path)
			if err != nil {
				from = courier.Source{Size: unreadable, Open: func() (io.ReadCloser, error) { return nil, err }}
			}
			e.Send(files.File{Name: filepath.Base(path), Source: from})
		}
	case call.TakeFile:
		e.Take(w.ID, d.features.target(w))
	case call.PauseFile:
		if w.On {
			e.Pause(w.ID)
		} else {
			e.Resume(w.ID)
		}
	case call.CancelFile:
		e.Cancel(w.ID)
	case call.AskPhoto:
		if w.On {
			d.features.photo.Ask(w.Peer, w.Swap)
		} else {
			d.features.photo.Cancel(w.Peer)
		}
	case call.PointAt:
		if w.Off {
			d.features.finger.Off()
		} else {
			d.features.finger.Point(w.At)
		}
	case call.DeclineFile:
		e.Decline(w.ID)
	case call.EraseFile:
		e.Erase(w.ID)
	case call.LayPicture:
		d.lay(w)
	case call.WantGround:
		d.features.ground, d.features.filed = w.File, true
	}
}

// filesAtOnce bounds what is dropped on the window. unreadable is a size that lets the
// sending begin and meet the error.
const (
	filesAtOnce = 50
	unreadable  = 1
)

// said takes what a feature of another participant said. What makes no sense is dropped:
// only they can have written it.
func (d *Desk) said(peer string, topic wire.Topic, view bool, payload []byte) {
	if d.features == nil {
		return
	}
	d.features.follow(d.state.Call, d.keys.Pairings(), d.o.Board) // they may have agreed just now
	var err error
	switch topic {
	case wire.TopicChat:
		err = d.features.chat.Hear(peer, view, payload)
	case wire.TopicBoard:
		// Who may draw says it without view, and only then is it taken: the server lets those
		// who watch send views alone.
		p, ok := d.state.Call.Find(peer)
		if ok && d.o.Board != nil && view == p.Role.Watches() {
			d.o.Board.Hear(peer, payload)
		}
	case wire.TopicSnapshot:
		if !view {
			err = d.features.photo.Hear(peer, payload)
		}
	case wire.TopicScreen:
		if !view {
			err = d.features.finger.Hear(peer, payload)
		}
	case wire.TopicFiles:
		d.features.files.Hear(peer, payload)
	}
	if err != nil {
		d.o.Log.Debug("not understood", "topic", topic, "peer", peer, "error", err)
	}
}

// share lets features follow the room: who is there with a key, what was said, what time
// it is; and the state follow them.
func (d *Desk) share() {
	f := d.features
	if f == nil || d.keys == nil {
		return
	}
	f.follow(d.state.Call, d.keys.Pairings(), d.o.Board)
	for _, out := range f.chat.Take() {
		d.keys.Say(out.Peer, wire.TopicChat, out.View, out.Payload)
	}
	for _, out := range f.photo.Take() {
		d.keys.Say(out.Peer, wire.TopicSnapshot, false, out.Payload)
	}
	for _, out := range f.finger.Take() {
		d.keys.Say(out.Peer, wire.TopicScreen, false, out.Payload)
	}
	if f.finger.Changed() {
		d.step(call.Pointed{Dots: f.finger.Dots()})
	}
	if f.photo.Changed() {
		d.step(call.Photographed{Asks: f.photo.View()})
	}
	if f.filed {
		f.collect()
		f.filed = false
		d.step(call.Filed{Files: f.files.View()})
	}
	if f.chat.Changed() {
		d.step(call.Chatted{View: f.chat.View()})
	}
}

// follow tells features who came, came back, and left.
func (f *features) follow(c call.Consultation, pairings []seal.Pairing, board Board) {
	self, ok := c.Find(c.Self)
	if !ok {
		return
	}
	f.chat.Enter(c.Self, self.Role)
	f.finger.Enter(c.Self, self.Role)
	shown := ""
	if who, ok := c.Presenter(); ok && who.Place == wire.PlaceCall {
		shown = who.ID
	}
	f.finger.Follow(shown)
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
			f.photo.Meet(p.ID)
			f.finger.Meet(p.ID, p.Role)
			f.files.Meet(files.Peer{ID: p.ID, Role: p.Role})
			if board != nil {
				board.Meet(c.Self, p.ID, !p.Role.Watches())
			}
		}
	}
	for _, id := range f.chat.Readers() {
		if !there[id] {
			delete(f.met, id)
			f.chat.Part(id)
			f.photo.Part(id)
			f.finger.Part(id)
			f.files.Part(id)
			if board != nil {
				board.Part(id)
			}
		}
	}
}

// forgetMet: our own line was down, and what was said meanwhile is lost.
func (f *features) forgetMet() { clear(f.met) }
