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
		wire.Invite{PatientEmail: *patient, PatientName: *name, At: *at, Minutes: *minutes, Language: *language},
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
		return json.NewEncoder(e.stdout).Encode(invited{out.Appointment.ID, out.Link, out.Mail})
	}
	_, err = fmt.Fprintf(e.stdout, "appointment %s\nlink %s\nmail %s\n", out.Appointment.ID, out.Link, out.Mail)
	return err
}
