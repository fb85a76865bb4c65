// Package access decides who may do what: it signs clinicians in, tells what a
// patient's link is good for, and mints and redeems the passes that open a room.
//
// Tokens and codes are random and opaque; the store holds only their hashes. There
// is nothing in them to forge (no signature, no algorithm), and each can be taken
// back.
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/factor"
	"ekermed.example/ekermed/internal/server/store"
)

// passLife is how long a minted pass waits to be used.
const passLife = time.Minute

// Refusal is a no with a stable code. Text is for logs and developers.
type Refusal struct {
	Code wire.Code
	Text string
	// Wait is set with CodeSlowDown: try again after this long.
	Wait time.Duration
}

func (r *Refusal) Error() string { return r.Text }

func refuse(code wire.Code, text string) error { return &Refusal{Code: code, Text: text} }

// Accounts is what signing in needs of the store.
type Accounts interface {
	AccountByEmail(ctx context.Context, email string) (store.Account, error)
	AddSession(ctx context.Context, token []byte, account string, expires time.Time) error
	Session(ctx context.Context, token []byte, now time.Time) (store.Session, error)
	TouchSession(ctx context.Context, token []byte, now time.Time) error
	EndSession(ctx context.Context, token []byte) error
}

// Appointments is what links and the agenda need of the store.
type Appointments interface {
	AddAppointment(ctx context.Context, a store.Appointment, guests ...store.Link) error
	Appointment(ctx context.Context, id string) (store.Appointment, error)
	AppointmentsBetween(ctx context.Context, account string, from, to time.Time) ([]store.Appointment, error)
	SetStatus(ctx context.Context, id, status string) error
	Guests(ctx context.Context, appointment string) ([]store.Link, error)
}

// Passes is what links and passes need of the store.
type Passes interface {
	LinkByCode(ctx context.Context, code []byte) (store.Link, store.Appointment, error)
	UseLink(ctx context.Context, id string) (l store.Link, before int, err error)
	AddPass(ctx context.Context, token []byte, p store.Pass) error
	UsePass(ctx context.Context, token []byte, now time.Time) (store.Pass, error)
}

// Options configure Access.
type Options struct {
	Accounts     Accounts
	Appointments Appointments
	Passes       Passes
	// OpensBefore and ClosesAfter bound the time around an appointment in which its
	// link opens the waiting room.
	OpensBefore, ClosesAfter time.Duration
	Session                  time.Duration
	// Idle is how long a session may do nothing; 0 is as long as it lasts. Busy tells
	// whether the clinician of an account is in a room; it may be nil.
	Idle time.Duration
	Busy func(account string) bool
	// Factors may be nil: there are no second factors then. Key opens their secrets.
	// FactorRequired lets nobody in without one.
	Factors        Factors
	Key            factor.Key
	FactorRequired bool

	Practice, Phone string
	Zone            *time.Location
	Now             func() time.Time
	// Note, when set, is told of what was granted and refused. It must not block.
	Note func(Event)
}

// Access is safe for concurrent use.
type Access struct {
	o        Options
	sources  *throttle // by network source
	accounts *throttle // by account name
	codes    *throttle // unknown link codes, by source
	probes   *throttle // tries of the network, by source
	factors  *throttle // codes of a second factor, by account id
	hashing  chan struct{}

	mu   sync.Mutex
	left map[string]time.Time // when the clinician of an account last left a room
}

// New makes an Access.
func New(o Options) *Access {
	return &Access{
		o:        o,
		sources:  newThrottle(30, 10*time.Second, o.Now),
		accounts: newThrottle(5, 30*time.Second, o.Now),
		codes:    newThrottle(20, 15*time.Second, o.Now),
		probes:   newThrottle(10, 10*time.Second, o.Now), // a hospital is one source
		factors:  newThrottle(5, 5*time.Minute, o.Now),
		hashing:  make(chan struct{}, 2),
		left:     map[string]time.Time{},
	}
}

// MayProbe counts a try of the network, which anybody may make now and then.
func (a *Access) MayProbe(source string) error {
	if wait := a.probes.take(source); wait > 0 {
		return &Refusal{Code: wire.CodeSlowDown, Text: "too many tries of the network", Wait: wait}
	}
	return nil
}

// ProbeID names a try of the network.
func (a *Access) ProbeID() string { return newID() }

// Entry is a redeemed pass.
type Entry struct {
	Appointment, Person, Name string
	Role                      wire.Role
	Owner                     string // account of the appointment's clinician
	// Link is the id of the link that brought them, empty for a clinician; Again: it has
	// brought somebody before. Relation is a guest's.
	Link     string
	Again    bool
	Relation string
}

// Link tells what a link is good for now. It changes nothing.
func (a *Access) Link(ctx context.Context, code, source string) (wire.LinkInfo, error) {
	l, ap, err := a.byCode(ctx, code, source)
	if err != nil {
		a.tell(Event{Act: ActLink}, err)
		return wire.LinkInfo{}, err
	}
	now := a.o.Now()
	opens, closes := a.window(ap)
	name := l.Name
	if wire.Role(l.Role) == wire.RolePatient {
		name = ""
	}
	return wire.LinkInfo{
		Role: wire.Role(l.Role), Name: name,
		Status: a.status(ap, now), Clinician: ap.Clinician, Practice: a.o.Practice, Phone: a.o.Phone,
		Start: unix(ap.Start), Opens: unix(opens), Closes: unix(closes), Minutes: ap.Minutes, Language: ap.Language,
		Now: float64(now.UnixMilli()) / 1000,
	}, nil
}

// Join mints a pass for the holder of a link. Each holder is a person of their own,
// so that a forwarded link shows as a second person at the door.
func (a *Access) Join(ctx context.Context, code, source string) (wire.Pass, error) {
	l, ap, err := a.byCode(ctx, code, source)
	var pass wire.Pass
	if err == nil {
		pass, err = a.join(ctx, l, ap)
	}
	a.tell(Event{Act: ActLink, Appointment: ap.ID}, err)
	return pass, err
}

func (a *Access) join(ctx context.Context, l store.Link, ap store.Appointment) (wire.Pass, error) {
	switch a.status(ap, a.o.Now()) {
	case wire.LinkEarly:
		return wire.Pass{}, refuse(wire.CodeEarly, "the appointment has not opened yet")
	case wire.LinkExpired:
		return wire.Pass{}, refuse(wire.CodeExpired, "the appointment is over")
	case wire.LinkCancelled:
		return wire.Pass{}, refuse(wire.CodeCancelled, "the appointment was cancelled")
	}
	return a.mint(ctx, store.Pass{Appointment: ap.ID, Person: newID(), Role: l.Role, Link: l.ID})
}

// ClinicianPass mints a pass for an appointment's own clinician.
func (a *Access) ClinicianPass(ctx context.Context, account store.Account, appointment string) (wire.Pass, error) {
	ap, err := a.own(ctx, account, appointment)
	if err != nil {
		return wire.Pass{}, err
	}
	if wire.AppointmentStatus(ap.Status) == wire.StatusCancelled {
		return wire.Pass{}, refuse(wire.CodeCancelled, "the appointment was cancelled")
	}
	// One clinician, one place: coming from another machine replaces the first.
	return a.mint(ctx, store.Pass{Appointment: ap.ID, Person: "c-" + short(account.ID+ap.ID), Role: string(wire.RoleClinician)})
}

// Redeem takes a pass. It works once.
func (a *Access) Redeem(ctx context.Context, token string) (Entry, error) {
	e, err := a.redeem(ctx, token)
	if err != nil {
		a.tell(Event{Act: ActPass, Appointment: e.Appointment}, err)
		return Entry{}, err
	}
	return e, nil
}

func (a *Access) redeem(ctx context.Context, token string) (Entry, error) {
	pass, err := a.o.Passes.UsePass(ctx, hash(token), a.o.Now())
	if errors.Is(err, store.ErrNotFound) {
		return Entry{}, refuse(wire.CodePass, "the pass is unknown, used or expired")
	}
	if err != nil {
		return Entry{}, err
	}
	ap, err := a.o.Appointments.Appointment(ctx, pass.Appointment)
	if err != nil {
		return Entry{}, fmt.Errorf("appointment of a pass: %w", err)
	}
	if wire.AppointmentStatus(ap.Status) == wire.StatusCancelled {
		return Entry{Appointment: ap.ID}, refuse(wire.CodeCancelled, "the appointment was cancelled")
	}
	e := Entry{Appointment: ap.ID, Person: pass.Person, Name: ap.Clinician, Role: wire.Role(pass.Role), Owner: ap.Account}
	if e.Role == wire.RoleClinician && pass.Link == "" {
		return e, nil
	}
	// A pass is for what its link says now: one that was changed or taken back meanwhile
	// opens nothing.
	l, before, err := a.o.Passes.UseLink(ctx, pass.Link)
	if errors.Is(err, store.ErrNotFound) || err == nil && (l.Role != pass.Role || l.Appointment != pass.Appointment) {
		return Entry{Appointment: ap.ID}, refuse(wire.CodePass, "the link of this pass is not what it was")
	}
	if err != nil {
		return Entry{}, err
	}
	e.Name, e.Link, e.Again, e.Relation = l.Name, l.ID, before > 0, l.Relation
	return e, nil
}

// mint makes a pass: bound to one room, one person, one role and one link, for a minute.
func (a *Access) mint(ctx context.Context, p store.Pass) (wire.Pass, error) {
	token := newToken()
	p.Expires = a.o.Now().Add(passLife)
	return wire.Pass{Pass: token, Expires: unix(p.Expires)}, a.o.Passes.AddPass(ctx, hash(token), p)
}

// byCode finds a link's appointment. Guessing is slowed down by source; a known code
// is never held up by other people's guesses.
func (a *Access) byCode(ctx context.Context, code, source string) (store.Link, store.Appointment, error) {
	l, ap, err := a.o.Passes.LinkByCode(ctx, hash(strings.ToLower(code)))
	if !errors.Is(err, store.ErrNotFound) {
		return l, ap, err
	}
	if wait := a.codes.take(source); wait > 0 {
		return l, ap, &Refusal{Code: wire.CodeSlowDown, Text: "too many unknown links", Wait: wait}
	}
	return l, ap, refuse(wire.CodeUnknownLink, "no such link")
}

func (a *Access) window(ap store.Appointment) (opens, closes time.Time) {
	return ap.Start.Add(-a.o.OpensBefore), ap.Start.Add(time.Duration(ap.Minutes)*time.Minute + a.o.ClosesAfter)
}

func (a *Access) status(ap store.Appointment, now time.Time) wire.LinkStatus {
	opens, closes := a.window(ap)
	switch {
	case wire.AppointmentStatus(ap.Status) == wire.StatusCancelled:
		return wire.LinkCancelled
	case now.Before(opens):
		return wire.LinkEarly
	case !now.Before(closes):
		return wire.LinkExpired
	case now.After(ap.Start.Add(time.Minute)):
		return wire.LinkLate
	}
	return wire.LinkOpen
}

func unix(t time.Time) float64 { return float64(t.Unix()) }

// newToken makes 192 random bits; newID 96, for ids that open nothing.
func newToken() string { return random(24) }
func newID() string    { return random(12) }

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// newCode makes a link code of 100 random bits in letters and digits that are read
// aloud without mistakes.
func newCode() string {
	b := make([]byte, 13)
	rand.Read(b)
	return base32.NewEncoding("abcdefghjkmnpqrstuvwxyz023456789").WithPadding(base32.NoPadding).EncodeToString(b)[:20]
}

func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func short(s string) string {
	return base64.RawURLEncoding.EncodeToString(hash(s)[:12])
}
