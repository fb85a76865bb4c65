package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/store"
)

// GuestLink is a guest's link and its code, which is told this once.
type GuestLink struct {
	store.Link
	Plain string
}

// Book makes an appointment and its link codes, which are told this once: the patient's,
// and one for each guest.
func (a *Access) Book(ctx context.Context, account store.Account, in wire.Invite) (store.Appointment, string, []GuestLink, error) {
	guests, err := newGuests(in.Guests)
	if err != nil {
		return store.Appointment{}, "", nil, err
	}
	links := make([]store.Link, len(guests))
	for i := range guests {
		links[i] = guests[i].Link
	}
	ap, code, err := a.book(ctx, account, in, links)
	if err == nil {
		a.tell(Event{Act: ActInvite, Account: account.ID, Appointment: ap.ID}, nil)
	}
	return ap, code, guests, err
}

// newGuests checks who is invited beside the patient, and makes their links.
func newGuests(list []wire.Guest) ([]GuestLink, error) {
	if len(list) > wire.MaxGuests {
		return nil, refuse(wire.CodeMalformed, fmt.Sprintf("at most %d people may be invited beside the patient", wire.MaxGuests))
	}
	guests := make([]GuestLink, len(list))
	for i, g := range list {
		email, name, relation := strings.TrimSpace(g.Email), Clean(g.Name), Clean(g.Relation)
		switch {
		case !g.Role.Guest():
			return nil, refuse(wire.CodeMalformed, "the role of a guest must be colleague, interpreter, companion or observer")
		case name == "" || utf8.RuneCountInString(name) > wire.MaxName || utf8.RuneCountInString(relation) > wire.MaxName:
			return nil, refuse(wire.CodeMalformed, fmt.Sprintf("the name of a guest must have 1 to %d characters, their relation at most as many", wire.MaxName))
		}
		if err := CheckEmail(email); err != nil {
			return nil, refuse(wire.CodeMalformed, err.Error())
		}
		plain := newCode()
		guests[i] = GuestLink{store.Link{ID: newID(), Role: string(g.Role), Name: name, Email: email, Relation: relation, Code: hash(plain)}, plain}
	}
	return guests, nil
}

func (a *Access) book(ctx context.Context, account store.Account, in wire.Invite, guests []store.Link) (store.Appointment, string, error) {
	bad := func(text string) (store.Appointment, string, error) {
		return store.Appointment{}, "", refuse(wire.CodeMalformed, text)
	}
	email := strings.TrimSpace(in.PatientEmail)
	if err := CheckEmail(email); err != nil {
		return bad(err.Error())
	}
	now := a.o.Now()
	start := now.Truncate(time.Minute)
	if in.At != "" && in.At != "now" {
		t, err := time.Parse(time.RFC3339, in.At)
		if err != nil {
			return bad("the time must be RFC 3339, such as 2026-06-03T10:30:00+02:00, or now")
		}
		if t.Before(now.Add(-24*time.Hour)) || t.After(now.AddDate(2, 0, 0)) {
			return bad("the time must lie between yesterday and two years from now")
		}
		start = t
	}
	minutes := in.Minutes
	if minutes == 0 {
		minutes = 30
	}
	if minutes < 5 || minutes > 240 {
		return bad("the length must be 5 to 240 minutes")
	}
	language := in.Language
	if language == "" {
		language = "fr"
	}
	if language != "fr" && language != "en" {
		return bad("the language must be fr or en")
	}
	name := Clean(in.PatientName)
	if utf8.RuneCountInString(name) > wire.MaxName {
		return bad("the name is too long")
	}
	code := newCode()
	ap := store.Appointment{
		ID: newID(), Account: account.ID, Clinician: account.Name, PatientEmail: email, PatientName: name,
		Start: start, Minutes: minutes, Language: language, Status: string(wire.StatusPlanned),
		Link: hash(code), Created: now,
	}
	return ap, code, a.o.Appointments.AddAppointment(ctx, ap, guests...)
}

// Agenda lists the appointments of the clinician's today, and what is still running
// from before midnight.
func (a *Access) Agenda(ctx context.Context, account string) ([]store.Appointment, error) {
	now := a.o.Now().In(a.o.Zone)
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, a.o.Zone)
	list, err := a.o.Appointments.AppointmentsBetween(ctx, account, day.Add(-6*time.Hour), day.AddDate(0, 0, 1))
	if err != nil {
		return nil, err
	}
	kept := list[:0]
	for _, ap := range list {
		if _, closes := a.window(ap); !ap.Start.Before(day) || closes.After(now) {
			kept = append(kept, ap)
		}
	}
	return kept, nil
}

// Cancel takes an appointment back.
func (a *Access) Cancel(ctx context.Context, account store.Account, id string) (store.Appointment, error) {
	ap, err := a.own(ctx, account, id)
	if err != nil {
		return ap, err
	}
	if wire.AppointmentStatus(ap.Status) != wire.StatusPlanned {
		return ap, refuse(wire.CodeOrder, "only a planned appointment can be cancelled")
	}
	err = a.o.Appointments.SetStatus(ctx, id, string(wire.StatusCancelled))
	a.tell(Event{Act: ActCancel, Account: account.ID, Appointment: id}, err)
	return ap, err
}

// Guests lists who was invited to an appointment beside the patient.
func (a *Access) Guests(ctx context.Context, ap store.Appointment) ([]store.Link, error) {
	return a.o.Appointments.Guests(ctx, ap.ID)
}

func (a *Access) own(ctx context.Context, account store.Account, id string) (store.Appointment, error) {
	ap, err := a.o.Appointments.Appointment(ctx, id)
	if errors.Is(err, store.ErrNotFound) || (err == nil && ap.Account != account.ID) {
		return store.Appointment{}, refuse(wire.CodeNotFound, "no such appointment")
	}
	return ap, err
}

// Clean takes control characters and bidirectional overrides out of a name that
// people typed (Unicode TR 36, section 2).
func Clean(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, name))
}
