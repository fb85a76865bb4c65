package room

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// expected says, a second time and by hand, what each role may send: a column each for
// patient, clinician, colleague, interpreter, companion, observer; at the door and in the
// call. "y": it is taken. "o": not now, and the connection lives on (order). "f": first
// messages, which end it (order). ".": it ends the connection (role).
const expected = `
hello        ff ff ff ff ff ff
watch        ff ff ff ff ff ff
probe        ff ff ff ff ff ff
ready        yy yy yy yy yy yy
media        yy yy yy yy yy yy
admit        .. yy oy .. .. ..
refuse       .. yy oy .. .. ..
note         .. yy oy .. .. ..
lock         .. yy .. .. .. ..
handover     .. yy .. .. .. ..
remove       .. yy oy .. .. ..
hold         .. yy oy .. .. ..
offer        yy yy yy yy yy ..
answer       yy yy yy yy yy yy
candidate    yy yy yy yy yy yy
commit       yy yy yy yy yy yy
reveal       yy yy yy yy yy yy
encapsulate  yy yy yy yy yy yy
sealed       yy yy yy yy yy yy
data         yy yy yy yy yy ..
data+view    yy yy yy yy yy yy
hand         oy yy oy oy oy oy
hand+peer    .. yy oy .. .. ..
silence      .. yy oy .. .. ..
share        oy yy oy oy oy ..
up           yy yy yy yy yy yy
renew        yy yy yy yy yy yy
leave        yy yy yy yy yy yy
leave+end    .. yy .. .. .. ..
ping         yy yy yy yy yy yy
`

// deciders is every message there is, and those whose content decides.
func deciders() map[string]wire.Message {
	all := map[string]wire.Message{"leave+end": wire.Leave{End: true}, "data+view": wire.Data{View: true}, "hand+peer": wire.Hand{Peer: "x"}}
	for _, m := range wire.ClientMessages() {
		all[wire.Type(m)] = m
	}
	return all
}

// Threat 14: every role by every message, in the table and through the room. A message
// that nobody decided on fails here, and is refused there.
func TestEveryRoleByEveryMessage(t *testing.T) {
	want := map[string][]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(expected), "\n") {
		f := strings.Fields(line)
		want[f[0]] = f[1:]
	}
	cells := 0
	for name, m := range deciders() {
		if len(want[name]) != len(wire.Roles()) {
			t.Errorf("nobody decided who may send %s", name)
			continue
		}
		for i, role := range wire.Roles() {
			for at, place := range []wire.Place{wire.PlaceWaiting, wire.PlaceCall} {
				if role == wire.RoleClinician && place == wire.PlaceWaiting {
					continue // never
				}
				cells++
				synctest.Test(t, func(t *testing.T) { cell(t, m, role, place, want[name][i][at]) })
			}
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s is no message", name)
	}
	t.Logf("%d cells", cells)
}

// cell sends one message as one role in one place.
func cell(t *testing.T, m wire.Message, role wire.Role, place wire.Place, want byte) {
	t.Helper()
	h, c := hub(t)
	d := h.Enter(doctor, &line{})
	h.Enter(second, &line{}) // somebody to speak of, at the door
	third := second
	third.Person = "three"
	h.Enter(third, &line{}) // and in the call
	d.Handle(wire.Admit{Peer: "three"})
	l := &line{}
	e := Entry{Appointment: "a", Person: "me", Name: "Me", Role: role, Owner: "acc", Link: "l"}
	if role == wire.RoleClinician {
		e = doctor
	}
	p := h.Enter(e, l)
	if place == wire.PlaceCall && role != wire.RoleClinician {
		d.Handle(wire.Admit{Peer: "me"})
	}
	switch m.(type) {
	case wire.Admit:
		m = wire.Admit{Peer: "two"}
	case wire.Refuse:
		m = wire.Refuse{Peer: "two"}
	case wire.Note:
		m = wire.Note{Peer: "two", Text: "?"}
	case wire.Remove:
		m = wire.Remove{Peer: "three"}
	case wire.Hold:
		m = wire.Hold{Peer: "three", On: true}
	case wire.Lock:
		m = wire.Lock{On: true}
	case wire.Handover:
		h.Enter(colleague, &line{}).Handle(wire.Ready{Audio: true})
		d.Handle(wire.Admit{Peer: "col"})
		m = wire.Handover{Peer: "col"}
	}
	synctest.Wait() // what a room publishes comes after its answer
	before := len(h.People("a"))
	stays := p.Handle(m)
	synctest.Wait()
	f, failed := last[wire.Failure](l)
	name := wire.Type(m)
	switch want {
	case 'y':
		if !stays || failed && f.Code == wire.CodeRole {
			t.Errorf("a %s, %s, sends %s: %+v", role, place, name, f)
		}
	case 'o':
		if !stays || f.Code != wire.CodeOrder || f.Fatal {
			t.Errorf("a %s, %s, sends %s: stays %v, %+v", role, place, name, stays, f)
		}
	case 'f', '.':
		code := wire.CodeRole
		if want == 'f' {
			code = wire.CodeOrder
		}
		if stays || f.Code != code || !f.Fatal {
			t.Errorf("a %s, %s, sends %s: stays %v, %+v", role, place, name, stays, f)
		}
	default:
		t.Errorf("%q is no decision", want)
	}
	if want != 'y' {
		if len(h.People("a")) != before {
			t.Errorf("a %s, %s, sends %s, and somebody is gone", role, place, name)
		}
		for _, person := range h.People("a") {
			if person.ID == "two" && person.Place != wire.PlaceWaiting || person.ID == "three" && person.Place != wire.PlaceCall {
				t.Errorf("a %s, %s, sends %s, and %s is at %s", role, place, name, person.ID, person.Place)
			}
		}
	}
	if c.has("me") {
		t.Errorf("a %s, %s, sends %s and is seated before consent", role, place, name)
	}
}

// A role that there is not may do nothing.
func TestNoOtherRole(t *testing.T) {
	for name, m := range deciders() {
		if table(m).of("root") != never {
			t.Errorf("root may send %s", name)
		}
	}
}

// Whom one may put out or set on hold.
func TestOverWhom(t *testing.T) {
	for _, actor := range wire.Roles() {
		for _, target := range wire.Roles() {
			want := target != wire.RoleClinician &&
				(actor == wire.RoleClinician || actor == wire.RoleColleague && target != wire.RoleColleague)
			if over(actor, target) != want {
				t.Errorf("%s over %s: %v", actor, target, !want)
			}
		}
	}
}

// model is what the room should have come to, kept apart from it.
type model struct {
	id    string
	role  map[string]wire.Role
	host  string                // whose appointment it is
	place map[string]wire.Place // absent: not in the room
	ready map[string]bool
	lock  bool
	away  map[string]bool
}

// over tells whom one may put out: never whose appointment it is.
func (m *model) over(actor, target string) bool {
	return target != m.host && over(m.role[actor], m.role[target])
}

// gone gives the room back when who held it by handover goes, and they become what their
// link says.
func (m *model) gone(person string) {
	if person == m.host || m.role[person] != wire.RoleClinician {
		return
	}
	m.role[person], m.role[m.host] = wire.RoleColleague, wire.RoleClinician
}

// came: whose appointment it is comes back to hold the room, unless somebody else does.
func (m *model) came() {
	m.role[m.host] = wire.RoleClinician
	for person, role := range m.role {
		if person != m.host && role == wire.RoleClinician {
			m.role[m.host] = wire.RoleColleague
		}
	}
}

func (m *model) may(actor string) bool {
	r := m.role[actor]
	return m.place[actor] == wire.PlaceCall && (r == wire.RoleClinician || r == wire.RoleColleague)
}

// open tells whether media of a person may move at all.
func (m *model) open(person string) bool {
	clinician := false
	voices := 0
	for p, at := range m.place {
		if at == wire.PlaceCall && m.ready[p] {
			clinician = clinician || m.role[p] == wire.RoleClinician
			if m.role[p] != wire.RoleObserver {
				voices++
			}
		}
	}
	return clinician && voices >= 2 && m.place[person] == wire.PlaceCall && m.ready[person]
}

// seated may be longer than open, for who is left alone in the call; never elsewhere.
func (m *model) mayKeep(person string) bool {
	return m.place[person] == wire.PlaceCall && m.ready[person]
}

// rounds is how many orders of messages are tried: ROOM_ROUNDS sets it.
func rounds(t *testing.T) int {
	if s := os.Getenv("ROOM_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("ROOM_ROUNDS=%s: %v", s, err)
		}
		return n
	}
	return 3000
}

// Threat 8: in whatever order messages come, of whatever role, no media moves for anybody
// who is at the door, on hold, put out, or has not agreed to capture, nor before a clinician
// is there; those who only watch get no line to publish on; and each is where the model says.
func TestAnyOrderNeverMovesMedia(t *testing.T) {
	n := rounds(t)
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		h, c := hub(t)
		random := rand.New(rand.NewPCG(3, 4))
		for round := range n {
			play(t, h, c, random, "r"+strconv.Itoa(round))
			if t.Failed() {
				t.Fatalf("in round %d", round)
			}
		}
	})
	t.Logf("%d orders in %s", n, time.Since(began))
}

// FuzzOrders looks for an order of roles and messages that breaks what
// TestAnyOrderNeverMovesMedia checks.
func FuzzOrders(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		synctest.Test(t, func(t *testing.T) {
			h, c := hub(t)
			play(t, h, c, rand.New(rand.NewPCG(a, b)), "r")
		})
	})
}

// play is one random order in a room of its own.
func play(t *testing.T, h *Hub, c *chairs, random *rand.Rand, id string) {
	t.Helper()
	m := &model{id: id, role: map[string]wire.Role{}, place: map[string]wire.Place{}, ready: map[string]bool{}, away: map[string]bool{}}
	var entries []Entry
	for i, role := range []wire.Role{wire.RoleClinician, wire.RolePatient, wire.RolePatient, wire.RoleColleague, wire.RoleColleague, wire.RoleObserver, wire.RoleInterpreter, wire.RoleCompanion} {
		person := string(role[:2]) + strconv.Itoa(i) + id
		entries = append(entries, Entry{Appointment: id, Person: person, Role: role, Owner: "acc", Link: "l" + strconv.Itoa(i)})
		m.role[person] = role
		if role == wire.RoleClinician {
			m.host = person
		}
	}
	c.mu.Lock()
	c.seat = func(peer string) {
		if !m.open(peer) {
			t.Errorf("%s was seated at %q, ready %v", peer, m.place[peer], m.ready[peer])
		}
		if c.silent[peer] != (m.role[peer] == wire.RoleObserver) {
			t.Errorf("%s got a line to publish on", peer)
		}
	}
	c.mu.Unlock()
	places, lines, heard := map[string]*Place{}, map[string]*line{}, map[string]int{}
	for range 24 {
		e := entries[random.IntN(len(entries))]
		p, l := places[e.Person], lines[e.Person]
		if m.place[e.Person] == "" || p == nil {
			// Whoever is put out comes back by the link, as a person who waits.
			l = &line{}
			p = h.Enter(e, l)
			if barred := m.lock && e.Role != wire.RoleClinician; barred != (p == nil) {
				t.Errorf("%s came in: %v, locked %v", e.Person, p != nil, m.lock)
			}
			if p != nil {
				m.place[e.Person], m.ready[e.Person], m.away[e.Person] = wire.PlaceWaiting, false, false
				if e.Person == m.host {
					m.place[e.Person] = wire.PlaceCall
					m.came()
				}
				places[e.Person], lines[e.Person], heard[e.Person] = p, l, 0
			}
		} else if m.away[e.Person] {
			w, _ := last[wire.Welcome](l)
			l = &line{}
			if p = h.Resume(w.Resume, l); p == nil {
				t.Errorf("%s was not taken back, locked %v", e.Person, m.lock)
			}
			m.away[e.Person] = false
			places[e.Person], lines[e.Person], heard[e.Person] = p, l, 0
		} else {
			act(h, m, p, l, e, entries, random)
		}
		judge(t, h, c, m, lines, heard)
	}
	h.Cancel(id)
}

// act sends a random message, and does in the model what it should do.
func act(h *Hub, m *model, p *Place, l *line, e Entry, entries []Entry, random *rand.Rand) {
	target := entries[random.IntN(len(entries))].Person
	gen := uint32(1)
	if d, ok := last[wire.Direct](l); ok && random.IntN(2) == 0 {
		gen = d.Gen
	}
	handle := func(msg wire.Message) {
		if !p.Handle(msg) { // put out of line: what a connection does then
			p.Broken()
			m.away[e.Person] = m.place[e.Person] != ""
		}
	}
	waits, in := m.place[target] == wire.PlaceWaiting, m.place[target] == wire.PlaceCall || m.place[target] == wire.PlaceHold
	switch random.IntN(19) {
	case 0, 1, 2:
		m.ready[e.Person] = true
		handle(wire.Ready{Audio: true, Video: true, Direct: random.IntN(4) > 0})
	case 3, 4:
		if m.may(e.Person) && waits {
			m.place[target] = wire.PlaceCall
		}
		handle(wire.Admit{Peer: target})
	case 5:
		if m.may(e.Person) && waits {
			delete(m.place, target)
		}
		handle(wire.Refuse{Peer: target})
	case 6, 7:
		on := random.IntN(2) == 0
		if m.may(e.Person) && in && m.over(e.Person, target) {
			m.place[target] = wire.PlaceCall
			if on {
				m.place[target] = wire.PlaceHold
			}
		}
		handle(wire.Hold{Peer: target, On: on})
	case 8:
		if m.may(e.Person) && in && m.over(e.Person, target) {
			delete(m.place, target)
		}
		handle(wire.Remove{Peer: target})
	case 9:
		on := random.IntN(3) == 0
		if m.role[e.Person] == wire.RoleClinician {
			m.lock = on
		}
		handle(wire.Lock{On: on})
	case 10:
		p.Broken()
		m.away[e.Person] = true
	case 11:
		handle(wire.Up{Gen: gen})
	case 12:
		handle(wire.Renew{Gen: gen})
	case 13:
		handle([]wire.Message{wire.Offer{Gen: gen, Round: 1}, wire.Answer{Gen: gen, Round: 1}, wire.Candidate{Gen: gen}}[random.IntN(3)])
	case 14:
		handle([]wire.Message{wire.Commit{Peer: target}, wire.Reveal{Peer: target}, wire.Sealed{Peer: target}}[random.IntN(3)])
	case 17, 18:
		from := e.Person
		if m.place[from] == wire.PlaceCall && m.role[from] == wire.RoleClinician && m.role[target] == wire.RoleColleague && m.place[target] == wire.PlaceCall && m.ready[target] && !m.away[target] {
			m.role[from], m.role[target] = wire.RoleColleague, wire.RoleClinician
		}
		handle(wire.Handover{Peer: target})
	case 16:
		time.Sleep(1400 * time.Millisecond) // 24 of them are within Grace
	case 15:
		if random.IntN(3) == 0 {
			delete(m.place, e.Person)
			p.Handle(wire.Leave{})
			m.gone(e.Person)
		}
	}
}

// judge compares the room with the model.
func judge(t *testing.T, h *Hub, c *chairs, m *model, lines map[string]*line, heard map[string]int) {
	t.Helper()
	synctest.Wait() // what a room publishes comes after its answer
	present := map[string]wire.Place{}
	for _, p := range h.People(m.id) {
		present[p.ID] = p.Place
		if p.Role != m.role[p.ID] {
			t.Errorf("%s is a %s, should be a %s", p.ID, p.Role, m.role[p.ID])
		}
		if p.Role == wire.RoleObserver && (p.Audio || p.Video) {
			t.Errorf("%s, who only watches, lets something out", p.ID)
		}
	}
	for person := range m.role {
		if present[person] != m.place[person] {
			t.Errorf("%s is at %q, should be at %q", person, present[person], m.place[person])
		}
		if c.has(person) && !m.mayKeep(person) {
			t.Errorf("%s sits, at %q, ready %v", person, m.place[person], m.ready[person])
		}
		l := lines[person]
		if l == nil {
			continue
		}
		all := l.all()
		for _, msg := range all[heard[person]:] {
			switch msg := msg.(type) {
			case wire.Direct:
				if !m.open(person) || !m.open(msg.Peer) || m.role[person] == wire.RoleObserver || m.role[msg.Peer] == wire.RoleObserver {
					t.Errorf("%s (%s, ready %v) was connected with %s (%s)", person, m.place[person], m.ready[person], msg.Peer, m.place[msg.Peer])
				}
			case wire.Commit, wire.Reveal, wire.Sealed, wire.Answer, wire.Candidate:
				if !m.mayKeep(person) {
					t.Errorf("%s, at %q, was handed %s", person, m.place[person], wire.Type(msg))
				}
			}
		}
		heard[person] = len(all)
	}
}
