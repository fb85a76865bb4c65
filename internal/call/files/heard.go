package files

import (
	"bytes"
	"image"

	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/files/safe"
	"ekermed.example/ekermed/internal/call/picture"
)

// Hear takes a control message of another participant. What is malformed, unknown or none of
// theirs changes nothing.
func (e *Engine) Hear(from string, payload []byte) {
	c, err := decode(payload)
	if err != nil {
		return
	}
	if e.limit <= 0 {
		e.decline(from, c)
		return
	}
	switch c := c.(type) {
	case offer:
		e.offered(from, c.named())
	case withdrawn:
		if it := e.find(theirs(from, c.ID)); it != nil && it.State != Done && it.State != Erased && it.State != Withdrawn {
			e.o.Work.Drop(it.ID)
			it.State, it.Problem, it.taking = Withdrawn, "", false
		}
	case answer:
		if it := e.find(c.ID); it != nil && it.Mine && e.addresses(it, from) {
			it.Replies[from] = c.Reply
			delete(it.Reasons, from)
			if c.Reply == Refused {
				it.Reasons[from] = c.Why
			}
			e.settle(it)
			if c.Reply == Refused && c.Why == ProblemGone && it.State == Ready {
				// The server was restarted, or kept it no longer: it is looked at, and sent again.
				it.State = Uploading
				e.o.Work.Upload(it.ID, it.source)
			}
		}
	}
	e.changed()
}

// decline answers offers where no files are taken: their sender would wait otherwise.
func (e *Engine) decline(from string, c control) {
	o, ok := c.(offer)
	if _, known := e.met[from]; ok && known {
		e.tell(from, answer{o.ID, Refused, ProblemOff})
	}
}

// theirs is our id of somebody else's file: two people may choose the same.
func theirs(from, id string) string { return from + "/" + id }

func (e *Engine) offered(from string, o offer) {
	it := e.find(theirs(from, o.ID))
	if it == nil {
		e.discover(from, o)
		return
	}
	if it.State == Withdrawn || it.State == Done || it.State == Erased || o.Size != it.Size || o.Use != it.Use {
		e.reply(it)
		return // it is another file under the same id, or comes too late
	}
	anew := o.Blob != it.said.Blob
	if !anew && (!bytes.Equal(o.Key, it.said.Key) || it.said.Sum != nil && !bytes.Equal(o.Sum, it.said.Sum)) {
		return // an older message, or one that cannot be true
	}
	it.said.Blob, it.said.Key, it.said.Sum = o.Blob, o.Key, o.Sum
	if it.State == Failed && it.Problem == ProblemLeft {
		it.back("") // they are back, as after a hold, and have it still
	}
	if anew {
		// The server lost it and its sender begins anew: so do we.
		e.o.Work.Drop(it.ID)
		it.taking = it.taking && !(it.State == Paused && it.Problem == ProblemByHand)
		it.back("")
		if it.taking {
			e.fetch(it)
		}
	}
	e.check(it)
	e.reply(it)
}

// discover takes note of a new file.
func (e *Engine) discover(from string, o offer) {
	if m, ok := e.met[from]; ok && !shares(m.role) {
		return
	}
	count := 0
	for _, other := range e.items {
		if !other.Mine && other.From == from {
			count++
		}
	}
	if count >= itemsOfPeer || len(e.items) >= itemsMost && !e.makeRoom() {
		e.tell(from, answer{o.ID, Refused, ProblemTooMany})
		return
	}
	if o.Size > e.limit {
		e.tell(from, answer{o.ID, Refused, ProblemTooLarge}) // it would not have come through the server
		return
	}
	e.order++
	it := &item{said: o, order: e.order}
	it.Item = Item{ID: theirs(from, o.ID), Offer: o.ID, From: from, Use: o.Use, Name: o.Name, Size: o.Size, Kind: o.Kind, State: Ready, Warning: string(safe.WarningOf(o.Name))}
	e.items = append(e.items, it)
}

// back makes somebody else's file one that can be taken.
func (it *item) back(why Problem) {
	it.State, it.Problem, it.Done, it.fetched = Ready, why, 0, nil
}

// say tells one addressee how a file of ours stands.
func (e *Engine) say(peer string, it *item) {
	switch {
	case it.State == Withdrawn || it.State == Failed && it.said.Blob != "":
		e.tell(peer, withdrawn{it.said.ID})
	case it.said.Blob != "" && it.State != Failed:
		e.tell(peer, it.said)
	}
}

// reply tells the sender of a file how it stands here.
func (e *Engine) reply(it *item) {
	switch {
	case it.State == Done, it.State == Erased:
		e.tell(it.From, answer{it.said.ID, Received, ""})
	case it.State == Failed, it.State == Ready && it.Problem == ProblemGone:
		e.tell(it.From, answer{it.said.ID, Refused, it.Problem})
	case it.taking:
		e.tell(it.From, answer{it.said.ID, Accepted, ""})
	}
}

func (e *Engine) tell(peer string, c control) {
	b, err := encode(c)
	if err != nil {
		return // our own types always encode
	}
	e.o.Tell(peer, b)
}

func (e *Engine) tellAll(it *item) {
	for peer := range e.met {
		if e.addresses(it, peer) {
			e.say(peer, it)
		}
	}
}

// fail ends a file, and tells those who wait for it.
func (e *Engine) fail(it *item, why Problem) {
	e.o.Work.Drop(it.ID)
	it.State, it.Problem, it.taking, it.fetched = Failed, why, false, nil
	if it.Mine {
		e.tellAll(it)
	} else {
		e.reply(it)
	}
}

// settle makes a file of ours Done when all have it. One that was for some people only is
// then removed from the server: nobody else may want it.
func (e *Engine) settle(it *item) {
	if it.State != Ready && it.State != Done {
		return
	}
	waiting, has := 0, 0
	for peer := range e.met {
		if e.addresses(it, peer) && it.Replies[peer] != Received {
			waiting++
		}
	}
	for _, r := range it.Replies {
		if r == Received {
			has++
		}
	}
	if waiting > 0 || has == 0 {
		it.State = Ready
		return
	}
	it.State = Done
	if len(it.to) > 0 && has >= len(it.to) {
		e.o.Work.Drop(it.ID)
	}
}

// What follows are the answers of Work.

// Begun tells where an upload goes, and under which key; again when it began anew.
func (e *Engine) Begun(id string, s courier.Sending) {
	if it := e.find(id); it != nil && it.Mine && it.State != Withdrawn && it.State != Failed {
		it.said.Blob, it.said.Key, it.said.Sum = s.Blob, s.Key, nil
		e.tellAll(it)
	}
}

// Moved tells how many bytes of a file are through.
func (e *Engine) Moved(id string, done int64) {
	it := e.find(id)
	if it == nil || it.State != Uploading && it.State != Fetching && !(it.State == Paused && it.Problem == ProblemOffline) {
		return
	}
	if it.State == Paused && done > it.Done {
		it.Problem = ""
		if it.State = Fetching; it.Mine {
			it.State = Uploading
		}
	}
	it.Done = done
	e.changed()
}

// Waits tells that the line is down, or the server not ready.
func (e *Engine) Waits(id string) {
	if it := e.find(id); it != nil && (it.State == Uploading || it.State == Fetching) {
		it.State, it.Problem = Paused, ProblemOffline
		e.changed()
	}
}

// Sent tells that all of a file is at the server.
func (e *Engine) Sent(id string, sum []byte) {
	it := e.find(id)
	if it == nil || !it.Mine || it.State != Uploading && it.State != Paused {
		return
	}
	it.said.Sum, it.Done, it.State, it.Problem = sum, it.Size, Ready, ""
	e.tellAll(it)
	e.settle(it)
	e.changed()
}

// Fetched tells that all of a file is here, as it was sealed.
func (e *Engine) Fetched(id string, sum []byte) {
	it := e.find(id)
	if it == nil || it.Mine || it.State != Fetching && it.State != Paused {
		return
	}
	it.fetched, it.Done, it.State, it.Problem = sum, it.Size, Checking, ""
	e.check(it)
	e.changed()
}

// check compares what came with what its sender says it is, once both are known.
func (e *Engine) check(it *item) {
	if it.fetched == nil || it.said.Sum == nil || it.State != Checking {
		return
	}
	if !bytes.Equal(it.fetched, it.said.Sum) {
		e.fail(it, ProblemForged)
		return
	}
	name := it.target.Name
	if name == "" {
		name = it.Name
	}
	e.o.Work.Keep(it.ID, name)
}

// Kept is what became of a file that was fetched.
type Kept struct {
	Path      string
	Kind      safe.Kind
	Thumbnail *image.RGBA
	// Content and Picture are as in Item.
	Content []byte
	Picture *picture.Picture
}

// Kept tells that a file passed and has its place.
func (e *Engine) Kept(id string, k Kept) {
	it := e.find(id)
	if it == nil || it.State != Checking {
		return
	}
	it.State, it.taking = Done, false
	it.Path, it.Kind, it.Warning, it.Thumbnail = k.Path, k.Kind.MIME, string(k.Kind.Warning), k.Thumbnail
	it.Content, it.Picture = k.Content, k.Picture
	e.reply(it)
	e.changed()
}

// Broke tells that a transfer is at its end.
func (e *Engine) Broke(id string, why Problem) {
	it := e.find(id)
	if it == nil || it.State == Withdrawn || it.State == Done || it.State == Erased {
		return
	}
	if why == ProblemGone && !it.Mine && it.taking {
		// Its sender may begin anew: an offer of another blob follows then.
		e.o.Work.Drop(id)
		it.back(why)
		e.reply(it)
		e.changed()
		return
	}
	e.fail(it, why)
	e.changed()
}
