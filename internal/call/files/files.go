// Package files is the transfer of files between the people of a call: what was offered to
// whom, and how far each is. The Engine holds that and decides; it does no I/O. What it wants
// done it asks of Work (a Porter), which answers by the methods of Engine.
//
// A file is sealed under a key of its own and put down at the server; the key goes to its
// addressees over the sealed channel between two people. docs/protocol.md, chapter 14, is the
// specification, docs/decisions/0021 has the reasons.
package files

import (
	"crypto/rand"
	"encoding/base64"
	"maps"
	"slices"

	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/files/safe"
	"ekermed.example/ekermed/internal/call/picture"
	"ekermed.example/ekermed/internal/call/wire"
)

// How many files are kept in view.
const (
	itemsMost   = 256
	itemsOfPeer = 64
)

// Target is where a file is to be kept.
type Target struct {
	// Dir is a folder that is there.
	Dir string
	// Name is the wanted name; empty: the one that it was sent under.
	Name string
	// Memory keeps it there and not on the disk; only what is no larger than picture.MaxBytes.
	// Ground is the same for what lies under a whiteboard: the picture is kept, not its file.
	Memory, Ground bool
}

// memory: nothing of it goes on the disk.
func (t Target) memory() bool { return t.Memory || t.Ground }

// Work carries files, see Porter. None of it blocks.
type Work interface {
	// Upload sends a file, or goes on with it.
	Upload(id string, from courier.Source)
	// Fetch brings one, or goes on with it.
	Fetch(id string, what courier.Sending, size int64, to Target)
	// Keep checks what was fetched and gives it its name.
	Keep(id, name string)
	// Stop halts a transfer; what there is of it stays.
	Stop(id string)
	// Drop ends it, and removes what there is of it here and at the server.
	Drop(id string)
}

// Options configure an Engine.
type Options struct {
	// Tell sends a control message to one person over the sealed channel with them. It may be
	// lost when a line drops; then Meet comes again.
	Tell func(peer string, payload []byte)
	Work Work
	// Changed may be nil: the view is another one now.
	Changed func()
}

// Peer is another participant.
type Peer struct {
	ID   string
	Role wire.Role
}

// File is one to be sent.
type File struct {
	// Name is made safe.
	Name   string
	Kind   string // MIME type, may be empty
	Use    Use    // empty: Plain
	Source courier.Source
	// Picture is what is seen of a Backdrop; nil of anything else.
	Picture *picture.Picture
	// To are its addressees' ids. Empty: everybody, later ones too as their role has it.
	To []string
}

// Engine is the files of one participant in one call. One goroutine uses it.
type Engine struct {
	o     Options
	limit int64
	items []*item // in the order of their coming
	met   map[string]met
	order int
}

// met is somebody who can be told something.
type met struct {
	role wire.Role
	came int // before this item
}

// item is one file.
type item struct {
	Item
	said  offer // as it travels
	order int

	// Of one's own.
	to     []string
	source courier.Source

	// Of somebody else's.
	target  Target
	fetched []byte // its SHA-256, once it is here
	taking  bool   // somebody wants it
}

// New makes an Engine that sends nothing until Allow.
func New(o Options) *Engine { return &Engine{o: o, met: map[string]met{}} }

// Allow sets how large a file may be, in bytes, as wire.Files tells it; 0: none is sent and
// none taken.
func (e *Engine) Allow(limit int64) { e.limit = limit }

// Meet tells that somebody can be told something: for the first time, or again after a line
// was down. Everything that they may have missed is said again.
func (e *Engine) Meet(p Peer) {
	before, known := e.met[p.ID]
	if !known {
		before = met{p.Role, e.order}
	}
	before.role = p.Role
	e.met[p.ID] = before
	for _, it := range slices.Clone(e.items) {
		switch {
		case it.Mine && e.addresses(it, p.ID):
			e.say(p.ID, it)
			e.settle(it)
		case !it.Mine && it.From == p.ID && !shares(p.Role):
			e.remove(it)
		case !it.Mine && it.From == p.ID:
			e.reply(it)
		}
	}
	e.changed()
}

// Part tells that somebody left the call for good.
func (e *Engine) Part(peer string) {
	delete(e.met, peer)
	for _, it := range e.items {
		if it.Mine {
			if it.Replies[peer] != Received {
				delete(it.Replies, peer)
				delete(it.Reasons, peer)
			}
			e.settle(it)
			continue
		}
		if it.From == peer && it.said.Sum == nil && it.State != Withdrawn && it.State != Failed {
			e.fail(it, ProblemLeft)
		}
	}
	e.changed()
}

// addresses tells whether a file is for somebody. Who interprets or keeps company gets what
// came after them; an observer nothing.
func (e *Engine) addresses(it *item, peer string) bool {
	m, ok := e.met[peer]
	if !ok || !shares(m.role) {
		return false
	}
	if len(it.to) > 0 {
		return slices.Contains(it.to, peer)
	}
	if it.Use == Backdrop {
		return true // the board itself is for everybody who comes
	}
	switch m.role {
	case wire.RoleInterpreter, wire.RoleCompanion:
		return it.order > m.came
	}
	return true
}

// shares is the server's rule, see internal/server/room/roles.go.
func shares(role wire.Role) bool { return role != wire.RoleObserver }

// Send offers a file, and answers its id here. What cannot be sent is in the view too, with
// its problem, so that each of several files has its sentence.
func (e *Engine) Send(f File) string {
	e.order++
	if f.Use == "" {
		f.Use = Plain
	}
	id := random()
	name := safe.Name(f.Name)
	it := &item{order: e.order, to: slices.Clone(f.To), source: f.Source}
	it.said = offer{ID: id, Use: f.Use, Name: name, Size: f.Source.Size, Kind: f.Kind}
	it.Item = Item{ID: id, Offer: id, Picture: f.Picture, Mine: true, Use: f.Use, Name: name, Size: f.Source.Size, Kind: f.Kind, State: Uploading,
		Warning: string(safe.WarningOf(name)), Replies: map[string]Reply{}, Reasons: map[string]Problem{}}
	if !it.said.kindIsGood() {
		it.said.Kind = ""
	}
	switch {
	case len(e.items) >= itemsMost && !e.makeRoom():
		return "" // a screen with so many has said so many times what is wrong
	case e.limit <= 0:
		it.State, it.Problem = Failed, ProblemOff
	case it.Size <= 0:
		it.State, it.Problem = Failed, ProblemEmpty
	case it.Size > e.limit:
		it.State, it.Problem = Failed, ProblemTooLarge
	}
	e.items = append(e.items, it)
	if it.State == Uploading {
		e.o.Work.Upload(id, f.Source)
	}
	e.changed()
	return id
}

// makeRoom forgets the oldest file that nobody waits for any more.
func (e *Engine) makeRoom() bool {
	for _, it := range e.items {
		if it.State == Failed || it.State == Withdrawn || it.State == Erased || !it.Mine && it.State == Done {
			e.remove(it)
			return true
		}
	}
	return false
}

func (e *Engine) remove(it *item) {
	e.o.Work.Drop(it.ID)
	e.items = slices.DeleteFunc(e.items, func(other *item) bool { return other == it })
	e.changed()
}

// Pause halts a transfer until Resume.
func (e *Engine) Pause(id string) {
	if it := e.find(id); it != nil && (it.State == Uploading || it.State == Fetching || it.State == Paused) {
		it.State, it.Problem = Paused, ProblemByHand
		e.o.Work.Stop(id)
		e.changed()
	}
}

// Resume goes on.
func (e *Engine) Resume(id string) {
	it := e.find(id)
	if it == nil || it.State != Paused || it.Problem != ProblemByHand {
		return
	}
	it.Problem = ""
	if it.Mine {
		it.State = Uploading
		e.o.Work.Upload(id, it.source)
	} else {
		e.fetch(it)
	}
	e.changed()
}

// Cancel takes one's own file back; of somebody else's it stops the fetching, and what came
// is removed: it can be taken anew.
func (e *Engine) Cancel(id string) {
	it := e.find(id)
	switch {
	case it == nil:
	case it.Mine && (it.State == Uploading || it.State == Paused || it.State == Ready || it.State == Done):
		e.withdraw(it)
		it.State, it.Problem = Withdrawn, ""
	case !it.Mine && (it.State == Fetching || it.State == Paused || it.State == Checking):
		e.o.Work.Drop(id)
		it.back("")
	}
	e.changed()
}

// withdraw tells everybody that a file is no longer offered.
func (e *Engine) withdraw(it *item) {
	e.o.Work.Drop(it.ID)
	for peer := range e.met {
		if e.addresses(it, peer) {
			e.tell(peer, withdrawn{it.said.ID})
		}
	}
}

// Decline tells the sender of a file that it is not wanted.
func (e *Engine) Decline(id string) {
	if it := e.find(id); it != nil && !it.Mine && it.State == Ready {
		e.fail(it, ProblemDeclined)
		e.changed()
	}
}

// Take fetches somebody else's file into a folder. It does nothing for one that is not Ready,
// nor Failed in a way that another try may mend.
func (e *Engine) Take(id string, to Target) {
	it := e.find(id)
	if it == nil || it.Mine || it.State != Ready && !(it.State == Failed && it.again()) {
		return
	}
	if to.memory() && it.Size > picture.MaxBytes {
		return
	}
	it.target, it.taking = to, true
	it.Problem = ""
	e.fetch(it)
	e.reply(it)
	e.changed()
}

// Erase forgets somebody else's file that was kept in memory; it cannot be taken again.
func (e *Engine) Erase(id string) {
	if it := e.find(id); it != nil && !it.Mine && it.State == Done && it.target.memory() {
		e.o.Work.Drop(id)
		it.State, it.Content, it.Picture, it.Thumbnail = Erased, nil, nil, nil
		e.changed()
	}
}

// Release forgets it for now: it can be taken again as long as its sender offers it.
func (e *Engine) Release(id string) {
	if it := e.find(id); it != nil && !it.Mine && it.State == Done && it.target.memory() {
		e.o.Work.Drop(id)
		it.Content, it.Picture, it.Thumbnail = nil, nil, nil
		it.back("")
		e.changed()
	}
}

// again tells whether another try may end better.
func (it *item) again() bool {
	switch it.Problem {
	case ProblemDisk, ProblemFolder, ProblemUnchecked, ProblemDeclined, ProblemRefused:
		return true
	}
	return false
}

func (e *Engine) fetch(it *item) {
	it.State = Fetching
	e.o.Work.Fetch(it.ID, courier.Sending{Blob: it.said.Blob, Key: it.said.Key}, it.Size, it.target)
}

// View is every file, in the order of their coming.
func (e *Engine) View() []Item {
	all := make([]Item, 0, len(e.items))
	for _, it := range e.items {
		v := it.Item
		v.Replies, v.Reasons = maps.Clone(v.Replies), maps.Clone(v.Reasons)
		v.Whole = it.said.Sum != nil
		all = append(all, v)
	}
	return all
}

// Close ends everything: the call is over. What was kept stays.
func (e *Engine) Close() {
	for _, it := range slices.Clone(e.items) {
		e.o.Work.Drop(it.ID)
	}
	e.items, e.limit = nil, 0
	e.met = map[string]met{}
}

func (e *Engine) find(id string) *item {
	for _, it := range e.items {
		if it.ID == id {
			return it
		}
	}
	return nil
}

func (e *Engine) changed() {
	if e.o.Changed != nil {
		e.o.Changed()
	}
}

func random() string {
	b := make([]byte, 16)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
