package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server"
	"ekermed.example/ekermed/internal/server/alias"
	"ekermed.example/ekermed/internal/server/store"
	"ekermed.example/ekermed/internal/server/trail"
	"ekermed.example/ekermed/internal/server/web"
)

// invited is the answer of invite --json.
type invited struct {
	Appointment string `json:"appointment"`
	Link        string `json:"link"`
	Mail        string `json:"mail"`
	// Guests are those of --also, in their order.
	Guests []wire.GuestLink `json:"guests,omitempty"`
}

// guests collects --also, which may be given more than once.
type guests struct{ list []wire.Guest }

func (g *guests) String() string { return "" }

// Set reads role:name:email. A name may hold a colon.
func (g *guests) Set(text string) error {
	role, rest, ok := strings.Cut(text, ":")
	last := strings.LastIndex(rest, ":")
	if !ok || last < 0 || !wire.Role(role).Guest() {
		return errors.New("write ROLE:NAME:EMAIL, with the role colleague, interpreter, companion or observer")
	}
	g.list = append(g.list, wire.Guest{Role: wire.Role(role), Name: rest[:last], Email: rest[last+1:]})
	return nil
}

func invite(ctx context.Context, e env, args []string) error {
	f := flags(e, "invite --clinician E --patient-email P --at RFC3339|now [flags]", "Makes an appointment and sends its invitation, as the desktop does.")
	var p place
	p.flags(f)
	clinician := f.String("clinician", "", "mail address of the clinician's account")
	patient := f.String("patient-email", "", "mail address of the patient")
	name := f.String("patient-name", "", "name to show the clinician")
	at := f.String("at", "now", "start: RFC 3339, or now")
	minutes := f.Int("minutes", 30, "planned length, 5 to 240")
	language := f.String("language", "fr", "fr or en")
	var also guests
	f.Var(&also, "also", "somebody else to invite, with a link of their own: `ROLE:NAME:EMAIL`, the role colleague, interpreter, companion or observer; may be repeated")
	base := f.String("url", "", "base `URL` of the link, over server.url")
	asJSON := f.Bool("json", false, "answer as JSON")
	if err := parse(e, f, args); err != nil {
		return err
	}
	if *clinician == "" || *patient == "" {
		return usageError{"invite needs --clinician and --patient-email"}
	}
	s, cfg, zone, err := p.open(ctx, e)
	if err != nil {
		return err
	}
	defer s.Close()
	account, err := s.AccountByEmail(ctx, *clinician)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("no account for %s; add one with `user add`", *clinician)
	}
	if err != nil {
		return err
	}
	link := strings.TrimSuffix(*base, "/")
	if link == "" {
		link = strings.TrimSuffix(cfg.Server.URL, "/")
	}
	if link == "" || cfg.Mail.From == "" {
		return errors.New("server.url and mail.from are not known here; give --config FILE, or the --data folder of a server started with --dev")
	}
	out, err := web.Invite(ctx, server.NewAccess(cfg, s, zone), server.Post{Mailer: server.NewMailer(cfg, zone, logger(cfg.Log, e.stderr)), Base: link}, link, account,
		wire.Invite{PatientEmail: *patient, PatientName: *name, At: *at, Minutes: *minutes, Language: *language, Guests: also.list},
		func(string, string) {}) // a running server notices within seconds
	if err != nil {
		return err
	}
	names, err := alias.Load(cfg.Server.Data)
	if err == nil {
		err = note(ctx, cfg, s, trail.Record{What: trail.Invited, Who: names.Of(alias.Account, account.ID), Room: names.Of(alias.Room, out.Appointment.ID), Result: trail.OK}, e)
	}
	if err != nil {
		return fmt.Errorf("the invitation was made, and the access trail cannot tell of it: %w", err)
	}
	if *asJSON {
		return json.NewEncoder(e.stdout).Encode(invited{out.Appointment.ID, out.Link, out.Mail, out.Guests})
	}
	_, err = fmt.Fprintf(e.stdout, "appointment %s\nlink %s\nmail %s\n", out.Appointment.ID, out.Link, out.Mail)
	for _, g := range out.Guests {
		if err == nil {
			_, err = fmt.Fprintf(e.stdout, "%s %s\nlink %s\nmail %s\n", g.Role, g.Name, g.Link, g.Mail)
		}
	}
	return err
}
