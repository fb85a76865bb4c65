package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/alias"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/mail"
	"ekermed.example/ekermed/internal/server/store"
	"ekermed.example/ekermed/internal/server/trail"
)

// exported is everything that is held about a patient (GDPR, articles 15 and 20).
type exported struct {
	Subject      string                `json:"subject"`
	At           time.Time             `json:"at"`
	Appointments []exportedAppointment `json:"appointments"`
	// Guest are links to other people's appointments.
	Guest []exportedLink `json:"guest"`
	Mails []mail.Kept    `json:"mails"`
	// Trail are the entries of the access trail about those appointments. They hold no
	// name, and stand in the trail until their time is over.
	Trail []trail.Line `json:"trail"`
	// NotKept says what is never written down.
	NotKept []string `json:"not_kept"`
	Receipt receipt  `json:"receipt"`
}

type exportedLink struct {
	Appointment string `json:"appointment"`
	Role        string `json:"role"`
	Name        string `json:"name"`
	Email       string `json:"email"`
	Relation    string `json:"relation,omitempty"`
}

type exportedAppointment struct {
	ID        string    `json:"id"`
	Clinician string    `json:"clinician"`
	Name      string    `json:"name"`
	Email     string    `json:"email"`
	Start     time.Time `json:"start"`
	Minutes   int       `json:"minutes"`
	Language  string    `json:"language"`
	Status    string    `json:"status"`
	Created   time.Time `json:"created"`
}

// receipt shows that it was done, and holds nothing of the person: the subject is the
// alias that stands in the access trail.
type receipt struct {
	What         string    `json:"what"`
	At           time.Time `json:"at"`
	Subject      string    `json:"subject"`
	Appointments int       `json:"appointments"`
	Links        int       `json:"links"`
	Mails        int       `json:"mails"`
	// Kept says what stays, and why.
	Kept []string `json:"kept"`
}

func export(ctx context.Context, e env, args []string) error {
	return subject(ctx, e, args, "export", "Writes all that is held about a patient as JSON, with a receipt. The access trail records it.",
		func(ctx context.Context, cfg config.Config, s *store.Store, email string, r receipt, rooms []string, list []store.Appointment) (any, error) {
			out := exported{Subject: email, At: r.At, Appointments: []exportedAppointment{}, Guest: []exportedLink{}, Trail: []trail.Line{},
				NotKept: []string{"sound and picture of a consultation", "what was written or shown in it", "IP addresses, beyond the connection"}}
			for _, a := range list {
				out.Appointments = append(out.Appointments, exportedAppointment{a.ID, a.Clinician, a.PatientName, a.PatientEmail, a.Start.UTC(), a.Minutes, a.Language, a.Status, a.Created.UTC()})
			}
			guest, err := s.GuestLinksOf(ctx, email)
			if err != nil {
				return nil, err
			}
			for _, l := range guest {
				out.Guest = append(out.Guest, exportedLink{l.Appointment, l.Role, l.Name, l.Email, l.Relation})
			}
			if out.Mails, err = mail.KeptFor(cfg.Server.Data, email); err != nil {
				return nil, err
			}
			if err := trail.Each(ctx, s, time.Time{}, func(l trail.Line) error {
				for _, room := range rooms {
					if l.Room == room {
						out.Trail = append(out.Trail, l)
					}
				}
				return nil
			}); err != nil {
				return nil, err
			}
			r.Appointments, r.Links, r.Mails = len(list), len(guest), len(out.Mails)
			out.Receipt = r
			return out, nil
		})
}

func erase(ctx context.Context, e env, args []string) error {
	return subject(ctx, e, args, "erase", "Removes all that is held about a patient: appointments, links, passes, mails. Answers with a receipt that\nholds nothing of the person. The access trail records it.",
		func(ctx context.Context, cfg config.Config, s *store.Store, email string, r receipt, _ []string, _ []store.Appointment) (any, error) {
			appointments, links, err := s.EraseOf(ctx, email)
			if err != nil {
				return nil, err
			}
			r.Appointments, r.Links = int(appointments), int(links)
			if r.Mails, err = mail.EraseFor(cfg.Server.Data, email); err != nil {
				return nil, err
			}
			r.Kept = []string{
				fmt.Sprintf("the access trail, in pseudonyms, for %d months: who did what and when must stay provable", cfg.Journal.TrailMonths),
				"backups, until their own time is over: keep them no longer than retention.appointments",
				"a consultation that is under way, until it ends",
			}
			return r, s.Scrub(ctx)
		})
}

// subject finds what is held about a patient, lets do act on it, and records it.
func subject(ctx context.Context, e env, args []string, name, about string,
	do func(context.Context, config.Config, *store.Store, string, receipt, []string, []store.Appointment) (any, error)) error {
	f := flags(e, name+" --patient-email P", about)
	var p place
	p.flags(f)
	email := f.String("patient-email", "", "the patient's mail address")
	if err := parse(e, f, args); err != nil {
		return err
	}
	if *email == "" {
		return usageError{name + " needs --patient-email"}
	}
	address := strings.ToLower(strings.TrimSpace(*email))
	if err := access.CheckEmail(address); err != nil {
		return err
	}
	s, cfg, _, err := p.open(ctx, e)
	if err != nil {
		return err
	}
	defer s.Close()
	names, err := alias.Load(cfg.Server.Data)
	if err != nil {
		return err
	}
	list, err := s.AppointmentsOf(ctx, address)
	if err != nil {
		return err
	}
	var rooms []string
	for _, a := range list {
		rooms = append(rooms, names.Of(alias.Room, a.ID).String())
	}
	who := names.Of(alias.Name, address)
	out, err := do(ctx, cfg, s, address, receipt{What: name, At: time.Now().UTC().Truncate(time.Second), Subject: who.String()}, rooms, list)
	result := trail.OK
	if err != nil {
		result = "internal"
	}
	what := trail.Exported
	if name == "erase" {
		what = trail.Erased
	}
	err = errors.Join(err, note(ctx, cfg, s, trail.Record{What: what, Whom: who, Result: result}, e))
	if err != nil {
		return err
	}
	enc := json.NewEncoder(e.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
