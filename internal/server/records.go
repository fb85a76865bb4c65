package server

import (
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/alias"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/journal"
	"ekermed.example/ekermed/internal/server/room"
	"ekermed.example/ekermed/internal/server/store"
	"ekermed.example/ekermed/internal/server/trail"
)

// records takes what access and the rooms tell, and hands each of the three kinds of
// record (docs/decisions/0017) what belongs to it and no more: the figures get kinds and
// counts, the journal routes and minutes, the trail aliases. Nothing in it waits.
type records struct {
	names   alias.Secret
	figures *figures
	journal *journal.Journal
	trail   *trail.Trail
	log     *slog.Logger
	// carried is how many bytes TURN relays for a participant; nil without TURN.
	carried   func(peer string) int64
	relayOnly bool
	// left is told when a clinician goes out of a room; it must not block.
	left func(account string)

	mu  sync.Mutex
	out map[journal.Part]bool // what is out of order now
}

// journalOptions is the journal as configured.
func journalOptions(cfg config.Config, log *slog.Logger) journal.Options {
	return journal.Options{Data: cfg.Server.Data, Vault: cfg.Vault(), Recipients: cfg.Journal.Recipients, Log: log.With("part", "journal")}
}

func newRecords(cfg config.Config, s *store.Store, log *slog.Logger) (*records, error) {
	r := &records{figures: newFigures(), log: log, relayOnly: cfg.Room.Route == config.RouteRelay, out: map[journal.Part]bool{}}
	var err error
	if r.names, err = alias.Load(cfg.Server.Data); err != nil {
		return nil, err
	}
	r.trail = trail.New(s, cfg.Journal.TrailMonths, log.With("part", "trail"))
	o := journalOptions(cfg, log)
	o.Shredded = func(string) { r.trail.Note(trail.Record{What: trail.JournalDue, Result: trail.OK}) }
	r.journal, err = journal.New(o)
	return r, err
}

// say tells at the start what is kept.
func (r *records) say(cfg config.Config) {
	if r.journal.On() {
		r.log.Info("the journal is on: outages and minutes of calls, sealed for three people, for seven days", "vault", cfg.Vault())
		return
	}
	r.log.Info("the journal is off: journal.recipients is empty")
}

// Door takes what happens at the door of a room.
func (r *records) Door(d room.Door) {
	owner := r.names.Of(alias.Account, d.Owner)
	named := func(id string, role wire.Role) alias.Alias {
		if role == wire.RoleClinician {
			return owner
		}
		return r.names.Of(alias.Person, id)
	}
	who, by := named(d.Person, d.Role), named(d.By, d.ByRole)
	if d.Role == wire.RoleClinician && (d.Act == room.Went || d.Act == room.Closed) && r.left != nil {
		r.left(d.Owner)
	}
	rec := trail.Record{Who: who, Room: r.names.Of(alias.Room, d.Appointment), Result: trail.OK}
	switch d.Act {
	case room.Came:
		rec.What = trail.Joined
	case room.Barred:
		rec.What, rec.Result = trail.Joined, trail.Result(wire.CodeLocked)
	case room.Again:
		rec.What = trail.LinkShared
	case room.Admitted:
		rec.What, rec.Who, rec.Whom = trail.Admitted, by, who
	case room.Held:
		rec.What, rec.Who, rec.Whom = trail.Held, by, who
	case room.Unheld:
		rec.What, rec.Who, rec.Whom = trail.Unheld, by, who
	case room.HandedOver:
		rec.What, rec.Who, rec.Whom = trail.HandedOver, by, who
	case room.Locked:
		rec.What = trail.RoomLocked
	case room.Unlocked:
		rec.What = trail.RoomUnlocked
	case room.Closed:
		rec.What = trail.SessionEnded
	case room.Went:
		rec.What, rec.Result = trail.Left, trail.Result(d.Why)
		switch d.Why {
		case wire.ReasonLeft:
			rec.Result = trail.OK
		case wire.ReasonRefused:
			rec.What, rec.Who, rec.Whom = trail.Refused, by, who
		case wire.ReasonRemoved:
			rec.What, rec.Who, rec.Whom = trail.Removed, by, who
		case wire.ReasonCancelled:
			rec.What, rec.Who, rec.Whom = trail.Removed, owner, who
		}
	}
	r.trail.Note(rec)
}

// relayedLeast tells media through TURN from the checks by which ICE tries it.
const relayedLeast = 32 << 10 // bytes

func (r *records) route(c room.Call) journal.Route {
	if c.Server {
		return journal.Server
	}
	if r.relayOnly {
		return journal.Relay
	}
	for _, peer := range c.People {
		if r.carried != nil && r.carried(peer) >= relayedLeast {
			return journal.Relay
		}
	}
	return journal.Direct
}

// Call takes where the call of a room stands.
func (r *records) Call(c room.Call) {
	route := r.route(c)
	account := journal.Account(r.names.Of(alias.Billing, c.Owner))
	switch c.Phase {
	case room.Began:
		r.journal.Note(journal.Connected{Route: route})
		r.journal.Note(journal.Began{Account: account, Route: route})
	case room.Failed:
		r.journal.Note(journal.Failed{Route: route})
		r.figures.failed(route)
	case room.Ended:
		begun := (c.Length + time.Minute - 1) / time.Minute // each that was begun
		minutes := uint16(min(max(begun, 1), math.MaxUint16))
		r.journal.Note(journal.Ended{Account: account, Route: route, Minutes: minutes})
		r.figures.ended(route, c.Video, c.Length)
	}
}

// access takes what was granted and refused.
func (r *records) access(e access.Event) {
	rec := trail.Record{Who: r.names.Of(alias.Account, e.Account), Room: r.names.Of(alias.Room, e.Appointment), Result: trail.OK}
	if e.Refused != "" {
		rec.Result = trail.Result(e.Refused)
	}
	switch e.Act {
	case access.ActSignIn:
		rec.What = trail.SignIn
		if e.Refused != "" {
			rec.What = trail.SignInFailed
		}
		if e.Account == "" {
			rec.Who = r.names.Of(alias.Name, e.Name)
		}
		if e.Refused == wire.CodeSecondFactor {
			rec.What, rec.Result = trail.CodeAsked, trail.OK
		}
	case access.ActLapse:
		rec.What, rec.Result = trail.SessionLapsed, trail.OK
	case access.ActRecovery:
		rec.What = trail.RecoveryUsed
	case access.ActSignOut:
		rec.What = trail.SignOut
	case access.ActInvite:
		rec.What = trail.Invited
	case access.ActCancel:
		rec.What = trail.Cancelled
	case access.ActLink:
		rec.What = trail.LinkOpened
		if e.Refused != "" {
			rec.What = trail.LinkRefused
		}
	case access.ActPass:
		rec.What = trail.PassRefused
	}
	r.trail.Note(rec)
}

// state takes whether a part of the datacentre works; only a change is told.
func (r *records) state(part journal.Part, err error) {
	r.mu.Lock()
	was := r.out[part]
	r.out[part] = err != nil
	r.mu.Unlock()
	switch {
	case err != nil && !was:
		r.log.Error("an outage began", "outage", part, "error", err)
		r.journal.Note(journal.Outage{Part: part})
	case err == nil && was:
		r.log.Warn("an outage is over", "outage", part)
		r.journal.Note(journal.Outage{Part: part, Over: true})
	}
}

// ailing tells whether a part is out of order now.
func (r *records) ailing(part journal.Part) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out[part]
}

// checkJournal is the line of a check about the journal.
func checkJournal(cfg config.Config) Result {
	j, err := journal.New(journalOptions(cfg, slog.New(silence{})))
	switch {
	case err != nil:
		return Result{"journal", Failed, err.Error()}
	case !j.On():
		return Result{"journal", Skipped, "journal.recipients is empty: no journal is kept"}
	}
	return Result{"journal", Passed, fmt.Sprintf("three people may open it; its keys lie in %s for %d days, which no backup may take", cfg.Vault(), journal.Kept)}
}
