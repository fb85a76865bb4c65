package web

import (
	"context"
	"sync"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/room"
)

// Agenda joins what is planned (access) with who is there (room), and tells desks
// when either changes.
type Agenda struct {
	access *access.Access
	rooms  func() *room.Hub

	mu      sync.Mutex
	watches map[string]map[chan struct{}]bool // by account
}

// NewAgenda makes an Agenda. rooms is asked late, because rooms report to the agenda.
func NewAgenda(a *access.Access, rooms func() *room.Hub) *Agenda {
	return &Agenda{access: a, rooms: rooms, watches: map[string]map[chan struct{}]bool{}}
}

// Changed tells the desks of an account that something about an appointment changed.
func (a *Agenda) Changed(account, _ string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for watch := range a.watches[account] {
		select {
		case watch <- struct{}{}:
		default: // told already, and not read yet
		}
	}
}

// watch gives a channel that gets a value after each change, and its end.
func (a *Agenda) watch(account string) (<-chan struct{}, func()) {
	watch := make(chan struct{}, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.watches[account] == nil {
		a.watches[account] = map[chan struct{}]bool{}
	}
	a.watches[account][watch] = true
	return watch, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.watches[account], watch)
		if len(a.watches[account]) == 0 {
			delete(a.watches, account)
		}
	}
}

func (a *Agenda) read(ctx context.Context, account string) (wire.Agenda, error) {
	list, err := a.access.Agenda(ctx, account)
	if err != nil {
		return wire.Agenda{}, err
	}
	out := wire.Agenda{Now: float64(time.Now().UnixMilli()) / 1000}
	for _, ap := range list {
		entry := appointment(ap)
		entry.People = a.rooms().People(ap.ID)
		out.Appointments = append(out.Appointments, entry)
	}
	return out, nil
}
