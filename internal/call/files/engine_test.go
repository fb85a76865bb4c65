package files

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/files/parcel"
	"ekermed.example/ekermed/internal/call/wire"
)

// hands is Work that does at once what it is asked, when a test says so.
type hands struct {
	engine  *Engine
	stored  map[string]bool // ids of one's own that are at the "server"
	fetches map[string]courier.Sending
	kept    int
	serial  byte
}

func (h *hands) Upload(id string, _ courier.Source) {
	h.serial++
	h.stored[id] = true
	h.engine.Begun(id, courier.Sending{Blob: strings.Repeat("b", 20) + string('A'+h.serial%26), Key: bytes.Repeat([]byte{h.serial}, 16)})
}
func (h *hands) Fetch(id string, what courier.Sending, _ int64, _ Target) { h.fetches[id] = what }
func (h *hands) Keep(id, _ string)                                        { h.kept++; h.engine.Kept(id, Kept{Path: "/x"}) }
func (h *hands) Stop(string)                                              {}
func (h *hands) Drop(id string)                                           { delete(h.stored, id); delete(h.fetches, id) }

type party struct {
	*Engine
	*hands
	id   string
	role wire.Role
}

// table is people who tell each other things, at once or never.
type table struct {
	people map[string]*party
	lose   func() bool
	queue  []func()
}

func (tb *table) add(id string, role wire.Role) *party {
	h := &hands{stored: map[string]bool{}, fetches: map[string]courier.Sending{}}
	p := &party{hands: h, id: id, role: role}
	p.Engine = New(Options{Work: h, Tell: func(to string, payload []byte) {
		if tb.lose != nil && tb.lose() {
			return
		}
		tb.queue = append(tb.queue, func() {
			if other := tb.people[to]; other != nil {
				other.Hear(id, payload)
			}
		})
	}})
	h.engine = p.Engine
	p.Allow(limit)
	if role == wire.RoleObserver {
		p.Allow(0)
	}
	if tb.people == nil {
		tb.people = map[string]*party{}
	}
	for _, other := range tb.people {
		other.Meet(Peer{id, role})
		p.Meet(Peer{other.id, other.role})
	}
	tb.people[id] = p
	tb.deliver()
	return p
}

func (tb *table) deliver() {
	for len(tb.queue) > 0 {
		next := tb.queue[0]
		tb.queue = tb.queue[1:]
		next()
	}
}

func note(name string) File { return File{Name: name, Source: courier.BytesSource([]byte(name))} }

// Who comes later gets what stands, as their role has it.
func TestLateJoiners(t *testing.T) {
	for role, want := range map[wire.Role]string{
		wire.RolePatient: "before after", wire.RoleColleague: "before after", wire.RoleInterpreter: "after", wire.RoleCompanion: "after", wire.RoleObserver: "",
	} {
		tb := &table{}
		c := tb.add("c", wire.RoleClinician)
		c.Send(note("before"))
		taken := c.Send(note("taken back"))
		c.Cancel(taken)
		late := tb.add("late", role)
		c.Send(note("after"))
		for range 2 { // said twice, it is the same
			c.Meet(Peer{"late", role})
			tb.deliver()
		}
		var got []string
		for _, it := range late.View() {
			got = append(got, it.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("a %s sees %q", role, got)
		}
	}
}

// A person who leaves takes what they had not sent whole; what is whole can be fetched on.
func TestSenderLeaves(t *testing.T) {
	tb := &table{}
	c, p := tb.add("c", wire.RoleClinician), tb.add("p", wire.RolePatient)
	whole, half := p.Send(note("whole")), p.Send(note("half"))
	p.Sent(whole, make([]byte, 32))
	tb.deliver()
	c.Take(theirs("p", whole), Target{})
	c.Take(theirs("p", half), Target{})
	c.Part("p")
	for _, it := range c.View() {
		if it.Name == "half" && (it.State != Failed || it.Problem != ProblemLeft) || it.Name == "whole" && it.State != Fetching {
			t.Errorf("%+v", it)
		}
	}
	c.Fetched(theirs("p", whole), make([]byte, 32))
	if c.kept != 1 {
		t.Error("what was whole is lost")
	}
	// Back, as after a hold, with the file still under way: it can be taken again.
	c.Meet(Peer{"p", wire.RolePatient})
	p.Meet(Peer{"c", wire.RoleClinician})
	tb.deliver()
	it := c.find(theirs("p", half))
	if it.State != Ready || it.Problem != "" {
		t.Fatalf("after they came back: %+v", it.Item)
	}
	c.Take(it.ID, Target{})
	p.Sent(half, make([]byte, 32))
	tb.deliver()
	c.Fetched(it.ID, make([]byte, 32))
	tb.deliver()
	if it.State != Done || p.find(half).Replies["c"] != Received {
		t.Errorf("%+v", it.Item)
	}
}

// Messages that nobody honest sends change nothing that is there.
func TestForeignMessages(t *testing.T) {
	tb := &table{}
	c, p := tb.add("c", wire.RoleClinician), tb.add("p", wire.RolePatient)
	k := tb.add("k", wire.RoleColleague)
	id := p.Send(note("a"))
	p.Sent(id, make([]byte, 32))
	tb.deliver()
	mine := theirs("p", id)
	say := func(from *party, m control) {
		b, err := encode(m)
		if err != nil {
			t.Fatal(err)
		}
		c.Hear(from.id, b)
	}
	var genuine offer
	for _, it := range p.items {
		genuine = it.said
	}
	say(k, withdrawn{id}) // not theirs
	otherKey := genuine
	otherKey.Key = make([]byte, 16)
	say(p, otherKey)
	otherSize := genuine
	otherSize.Size, otherSize.Blob = 1<<20, strings.Repeat("z", 22)
	say(p, otherSize)
	otherSum := genuine
	otherSum.Sum = bytes.Repeat([]byte{7}, 32)
	say(p, otherSum)
	say(p, answer{id, Received, ""}) // about a file that is not ours
	if it := c.find(mine); it == nil || it.State != Ready || !bytes.Equal(it.said.Key, genuine.Key) || it.Size != 1 || !bytes.Equal(it.said.Sum, genuine.Sum) {
		t.Errorf("%+v", it)
	}
	huge := genuine
	huge.ID, huge.Size = random(), limit+1
	say(p, huge)
	if n := len(c.View()); n != 1 {
		t.Errorf("one over the limit is in view: %d", n)
	}
	for range 2 * itemsOfPeer {
		o := genuine
		o.ID = random()
		say(p, o)
	}
	if n := len(c.View()); n != itemsOfPeer {
		t.Errorf("%d files of one person", n)
	}
	tb.deliver()
	if it := p.View()[0]; it.Replies["c"] != "" {
		t.Errorf("the sender: %+v", it)
	}
}

// However many messages are lost, once the two meet again both say the same.
func TestLossIsMended(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		tb := &table{lose: func() bool { return r.IntN(2) == 0 }}
		c, p := tb.add("c", wire.RoleClinician), tb.add("p", wire.RolePatient)
		people := []*party{c, p}
		for range 60 {
			me, you := people[0], people[1]
			if r.IntN(2) == 0 {
				me, you = you, me
			}
			all := me.View()
			if len(all) < 4 || r.IntN(8) == 0 {
				me.Send(note(string('a' + rune(len(all)))))
				tb.deliver()
				continue
			}
			it := all[r.IntN(len(all))]
			switch r.IntN(8) {
			case 0:
				me.Cancel(it.ID)
			case 1, 2:
				if it.Mine && it.State == Uploading {
					me.Sent(it.ID, bytes.Repeat([]byte{1}, 32))
				}
			case 3, 4:
				me.Take(it.ID, Target{})
			case 5:
				if it.State == Fetching {
					me.Fetched(it.ID, bytes.Repeat([]byte{1}, 32))
				}
			case 6:
				me.Decline(it.ID)
			case 7:
				you.Meet(Peer{me.id, me.role})
			}
			tb.deliver()
		}
		tb.lose = nil
		for range 3 { // a meeting may lead to one more message, which may lead to another
			c.Meet(Peer{"p", p.role})
			p.Meet(Peer{"c", c.role})
			tb.deliver()
		}
		for _, pair := range [][2]*party{{c, p}, {p, c}} {
			agree(t, seed, pair[0], pair[1])
		}
	}
}

// agree compares what a sender and its receiver believe of each file.
func agree(t *testing.T, seed uint64, sender, receiver *party) {
	t.Helper()
	for _, own := range sender.View() {
		if !own.Mine {
			continue
		}
		it := receiver.find(theirs(sender.id, own.ID))
		switch {
		case it == nil && own.State != Withdrawn && own.State != Failed:
			t.Errorf("seed %d: %s is not known", seed, own.Name)
		case it == nil:
		case own.State == Withdrawn && it.State != Withdrawn && it.State != Done:
			t.Errorf("seed %d: %s is withdrawn, and %s", seed, own.Name, it.State)
		case it.State == Done && own.State != Withdrawn && (own.State != Done || own.Replies[receiver.id] != Received):
			t.Errorf("seed %d: %s is here, and the sender has %+v", seed, own.Name, own)
		case it.State == Failed && own.State != Withdrawn && own.Replies[receiver.id] != Refused:
			t.Errorf("seed %d: %s is refused, and the sender has %+v", seed, own.Name, own)
		case own.Whole && own.State != Withdrawn && it.said.Sum == nil:
			t.Errorf("seed %d: that %s is whole is not known", seed, own.Name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range []control{
		offer{ID: random(), Use: Plain, Name: "a", Size: 7, Kind: "image/png", Blob: random(), Key: make([]byte, 16), Sum: make([]byte, 32)},
		withdrawn{random()}, answer{random(), Refused, ProblemDisk},
	} {
		b, err := encode(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"type":"offer","data":{"size":1e99}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decode(b)
		if err != nil || c == nil {
			return
		}
		again, err := encode(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(again); err != nil && len(again) <= MaxPayload {
			t.Fatalf("%s became %s: %v", b, again, err)
		}
		tb := &table{}
		p := tb.add("p", wire.RolePatient)
		p.Hear("c", b)
		for _, it := range p.View() {
			if strings.ContainsAny(it.Name, "/\\\x00\u202e") || it.Name == "" || it.Size <= 0 || it.Size > limit {
				t.Fatalf("%+v", it)
			}
		}
	})
}

// What is out of bounds is no message.
func TestDecodeIsStrict(t *testing.T) {
	good := `{"type":"offer","data":{"id":"abcdefghijklmnopqrst","use":"file","name":"a","size":1,"blob":"abcdefghijklmnopqrst","key":"AAAAAAAAAAAAAAAAAAAAAA=="}}`
	if c, err := decode([]byte(good)); err != nil || c == nil {
		t.Fatalf("%v %v", c, err)
	}
	for name, change := range map[string][2]string{
		"empty":         {`"size":1`, `"size":0`},
		"negative":      {`"size":1`, `"size":-1`},
		"too large":     {`"size":1`, `"size":2000000000000000`},
		"no whole size": {`"size":1`, `"size":1.5`},
		"id with slash": {`"id":"abcd`, `"id":"ab/d`},
		"blob a path":   {`"blob":"abcd`, `"blob":"../d`},
		"short key":     {`AAAAAAAAAAAAAAAAAAAAAA==`, `AAAA`},
		"no base64":     {`AAAAAAAAAAAAAAAAAAAAAA==`, `!`},
		"short hash":    {`"key"`, `"sum":"AAAA","key"`},
		"use":           {`"use":"file"`, `"use":"<b>"`},
		"kind":          {`"key"`, `"kind":"text/html; x","key"`},
		"long name":     {`"name":"a"`, `"name":"` + strings.Repeat("a", maxSaid+1) + `"`},
		"too long":      {`"name":"a"`, `"name":"` + strings.Repeat(" ", MaxPayload) + `"`},
		"no JSON":       {`{"type"`, `"type"`},
	} {
		if c, err := decode([]byte(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c, err := decode([]byte(`{"type":"fireworks","data":{}}`)); c != nil || err != nil {
		t.Errorf("an unknown type: %v %v", c, err)
	}
}

// Where no files are taken the sender is told, and nothing is kept in view. Of somebody who was
// never met nothing is answered.
func TestOffersWhereFilesAreOff(t *testing.T) {
	tb := &table{}
	c, p := tb.add("c", wire.RoleClinician), tb.add("p", wire.RolePatient)
	c.Allow(0)
	id := p.Send(File{Name: "a", Source: courier.BytesSource([]byte("a"))})
	p.Begun(id, courier.Sending{Blob: random(), Key: make([]byte, parcel.KeySize)})
	tb.deliver()
	mine := p.View()[0]
	if len(c.View()) != 0 || mine.Replies["c"] != Refused || mine.Reasons["c"] != ProblemOff {
		t.Errorf("%+v, %+v", c.View(), mine)
	}
	answered := 0
	lone := New(Options{Work: &hands{}, Tell: func(string, []byte) { answered++ }})
	b, err := encode(offer{ID: random(), Use: Plain, Name: "a", Size: 1, Blob: random(), Key: make([]byte, parcel.KeySize)})
	if err != nil {
		t.Fatal(err)
	}
	lone.Hear("stranger", b)
	lone.Meet(Peer{ID: "friend", Role: wire.RolePatient})
	lone.Hear("friend", b)
	if answered != 1 {
		t.Errorf("%d answers", answered)
	}
}
