package room

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"sync"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// Options configure a Hub.
type Options struct {
	Seater  Seater
	Tickets Tickets
	// Policy is the way media may take.
	Policy Policy
	// Grace is how long a dropped connection may come back; Linger how long an empty
	// room is kept.
	Grace, Linger time.Duration
	// Rekey is how often clients change the keys of frames, Recertify how often a direct
	// connection is made anew with other certificates; 0 is never for the latter, and the
	// clients' own choice for the former.
	Rekey, Recertify time.Duration
	// Sealed lets nobody in whose program cannot seal frames.
	Sealed bool
	// Changed is told when the people of an appointment's room changed; Done when its
	// clinician ended it. Neither may block.
	Changed func(owner, appointment string)
	Done    func(appointment string)
	// Files may be nil: then nobody sends any. FileLimit is how large one may be, in bytes.
	Files     Files
	FileLimit int
	// Witness may be nil.
	Witness Witness
	Now     func() time.Time
	Log     *slog.Logger
}

// Hub holds all rooms.
type Hub struct {
	o  Options
	wg sync.WaitGroup

	mu      sync.Mutex
	ctx     context.Context // of Run; nil before and after
	rooms   map[string]*room
	resumes map[string]Entry
	grips   map[string]grip          // by token of wire.Files
	people  map[string][]wire.Person // by appointment, as last published
	hosted  map[string]bool          // as people: its own clinician is there
}

// NewHub makes a hub; it takes people once Run runs.
func NewHub(o Options) *Hub {
	return &Hub{o: o, rooms: map[string]*room{}, resumes: map[string]Entry{}, grips: map[string]grip{}, people: map[string][]wire.Person{}, hosted: map[string]bool{}}
}

// Run keeps the rooms until ctx ends, then tells everybody and closes them.
func (h *Hub) Run(ctx context.Context) error {
	h.mu.Lock()
	h.ctx = ctx
	h.mu.Unlock()
	<-ctx.Done()
	h.mu.Lock()
	h.ctx = nil
	h.mu.Unlock()
	h.wg.Wait()
	return nil
}

// Place is a participant's hold on a room, for one connection.
type Place struct {
	room   *room
	person *person
	conn   Conn
}

// Enter takes a checked entry into its room. conn gets Welcome, or a fatal Failure,
// in which case Place is nil.
func (h *Hub) Enter(e Entry, conn Conn) *Place {
	return h.enter(e, token(24), conn)
}

// Resume brings a person back by the token of their Welcome.
func (h *Hub) Resume(resume string, conn Conn) *Place {
	h.mu.Lock()
	e, ok := h.resumes[resume]
	h.mu.Unlock()
	if !ok {
		conn.Send(wire.Failure{Code: wire.CodePass, Text: "this place is no longer kept: join again", Fatal: true})
		conn.Close()
		return nil
	}
	return h.enter(e, resume, conn)
}

func (h *Hub) enter(e Entry, resume string, conn Conn) *Place {
	for {
		r := h.open(e)
		if r == nil {
			conn.Send(wire.Failure{Code: wire.CodeInternal, Text: "the server is stopping", Fatal: true})
			conn.Close()
			return nil
		}
		result := make(chan *person, 1)
		if !r.post(func() {
			p := r.enter(e, resume, conn)
			if p != nil {
				h.remember(resume, e)
			}
			result <- p
		}) {
			continue
		}
		select {
		case p := <-result:
			if p == nil {
				return nil
			}
			return &Place{r, p, conn}
		case <-r.gone: // it closed under our hands: open a new one
		}
	}
}

func (h *Hub) open(e Entry) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx == nil || h.ctx.Err() != nil {
		return nil
	}
	if r := h.rooms[e.Appointment]; r != nil {
		return r
	}
	r := newRoom(h, e)
	h.rooms[e.Appointment] = r
	ctx := h.ctx
	h.wg.Go(func() { r.run(ctx) })
	return r
}

// retire takes an idle room off the list unless something is queued for it.
func (h *Hub) retire(r *room) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(r.inbox) > 0 {
		return false
	}
	delete(h.rooms, r.appointment)
	return true
}

// Handle passes on what the participant sent. It answers false when the connection
// must close; conn has been told why.
func (p *Place) Handle(m wire.Message) bool {
	ok := make(chan bool, 1)
	if !p.room.post(func() {
		if p.room.people[p.person.ID] != p.person || !p.person.conn.is(p.conn) {
			ok <- false // replaced or gone: a late message counts for nothing
			return
		}
		f := p.room.handle(p.person, m)
		if f != nil {
			p.conn.Send(*f)
		}
		ok <- f == nil || !f.Fatal
	}) {
		return false
	}
	select {
	case good := <-ok:
		return good
	case <-p.room.gone:
		return false
	}
}

// Broken tells that the connection is gone without a goodbye.
func (p *Place) Broken() {
	p.room.post(func() { p.room.away(p.person, p.conn) })
}

// People lists who is in an appointment's room.
func (h *Hub) People(appointment string) []wire.Person {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.people[appointment]
}

// Cancel ends an appointment's room: everybody is told.
func (h *Hub) Cancel(appointment string) {
	h.mu.Lock()
	r := h.rooms[appointment]
	h.mu.Unlock()
	if r != nil {
		r.post(func() {
			for _, p := range r.people {
				r.drop(p, nil, wire.ReasonCancelled, "")
			}
		})
	}
}

// Rooms counts the rooms there are, and the people in them.
func (h *Hub) Rooms() (rooms, people int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, list := range h.people {
		people += len(list)
	}
	return len(h.rooms), people
}

// Busy tells whether the clinician of an account is in a room now, or has just dropped out
// of one and may come back.
func (h *Hub) Busy(account string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for appointment := range h.hosted {
		if r := h.rooms[appointment]; r != nil && r.owner == account {
			return true
		}
	}
	return false
}

func (h *Hub) publish(r *room, people []wire.Person, hosted bool) {
	h.mu.Lock()
	old := h.people[r.appointment]
	if len(people) == 0 {
		delete(h.people, r.appointment)
	} else {
		h.people[r.appointment] = people
	}
	if hosted {
		h.hosted[r.appointment] = true
	} else {
		delete(h.hosted, r.appointment)
	}
	changed := len(old) != len(people)
	for i := 0; !changed && i < len(old); i++ {
		changed = old[i] != people[i]
	}
	h.mu.Unlock()
	if changed {
		h.o.Changed(r.owner, r.appointment)
	}
}

func (h *Hub) remember(resume string, e Entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.resumes[resume] = e
}

func (h *Hub) forget(resume string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.resumes, resume)
}

// token returns n random bytes as text.
func token(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
