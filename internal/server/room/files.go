package room

import "ekermed.example/ekermed/internal/call/wire"

// grip is whose a token of wire.Files is.
type grip struct {
	room   *room
	person string
}

// Sharer is somebody who may send and fetch files now.
type Sharer struct {
	// Room and Person are as in wire.Welcome.
	Room, Person string
}

// MayShare tells whose a token of wire.Files is: nil when its holder is in the call now.
// Who is at the door or on hold gets CodeOrder and may try again; a token that there is not
// gets CodePass.
func (h *Hub) MayShare(token string) (Sharer, *wire.Failure) {
	unknown := &wire.Failure{Code: wire.CodePass, Text: "this right to files is no longer there: take the one of the newest welcome"}
	h.mu.Lock()
	g, ok := h.grips[token]
	h.mu.Unlock()
	if !ok || token == "" {
		return Sharer{}, unknown
	}
	result := make(chan *wire.Failure, 1)
	if !g.room.post(func() { result <- g.room.mayShare(g.person, token) }) {
		return Sharer{}, unknown
	}
	select {
	case failure := <-result:
		return Sharer{g.room.id, g.person}, failure
	case <-g.room.gone:
		return Sharer{}, unknown
	}
}

func (r *room) mayShare(person, token string) *wire.Failure {
	p := r.people[person]
	switch {
	case p == nil || p.files != token:
		return &wire.Failure{Code: wire.CodePass, Text: "this right to files is over"}
	case !shares(p.Role):
		return &wire.Failure{Code: wire.CodeRole, Text: "a " + string(p.Role) + " sends no files and gets none"}
	case p.Place != wire.PlaceCall:
		return &wire.Failure{Code: wire.CodeOrder, Text: "files are for those in the call"}
	}
	return nil
}

// share gives a person a token of their own, once for each program.
func (r *room) share(p *person) {
	if r.hub.o.Files == nil || r.hub.o.FileLimit <= 0 || !shares(p.Role) || p.files != "" {
		return
	}
	p.files = token(24)
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	r.hub.grips[p.files] = grip{r, p.ID}
}

// unshare takes it back. When nobody is left in the call who may fetch, nothing is kept.
func (r *room) unshare(p *person) {
	if r.hub.o.Files == nil {
		return
	}
	r.hub.mu.Lock()
	delete(r.hub.grips, p.files)
	r.hub.mu.Unlock()
	p.files = ""
	r.hub.o.Files.Left(r.id, p.ID)
	for _, other := range r.people {
		if other.Place == wire.PlaceCall && shares(other.Role) {
			return
		}
	}
	r.hub.o.Files.Over(r.id)
}

func (r *room) filesOf(p *person) wire.Files {
	if p.files == "" {
		return wire.Files{}
	}
	return wire.Files{Token: p.files, Limit: r.hub.o.FileLimit}
}
