package server

import (
	"context"
	"log/slog"
	"time"

	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/mail"
	"ekermed.example/ekermed/internal/server/store"
)

// NewMailer is the mailer as the configuration wants it.
func NewMailer(cfg config.Config, zone *time.Location, log *slog.Logger) *mail.Mailer {
	return mail.New(mail.Options{
		Sender: mail.Sender{From: cfg.Mail.From, ReplyTo: cfg.Mail.ReplyTo, Practice: cfg.Practice.Name, Phone: cfg.Practice.Phone, Zone: zone},
		SMTP:   cfg.Mail.SMTP, Security: cfg.Mail.Security, Username: cfg.Mail.Username, Password: cfg.Mail.Password,
		Dir: cfg.Server.Data, Log: log, Now: time.Now,
	})
}

// Post writes to patients about appointments.
type Post struct {
	Mailer *mail.Mailer
	Base   string
}

// Invite sends the invitation with its link.
func (p Post) Invite(ctx context.Context, a store.Appointment, link string) (string, error) {
	in := letter(a)
	in.Link = link
	return p.Mailer.Send(ctx, in)
}

// Cancel tells that the appointment is off.
func (p Post) Cancel(ctx context.Context, a store.Appointment) (string, error) {
	in := letter(a)
	in.Cancelled = true
	return p.Mailer.Send(ctx, in)
}

// Guest sends a guest's invitation with their link.
func (p Post) Guest(ctx context.Context, a store.Appointment, l store.Link, link string) (string, error) {
	in := letter(a)
	in.To, in.Guest, in.Link = l.Email, l.Role, link
	return p.Mailer.Send(ctx, in)
}

// Uninvite tells a guest that the appointment is off.
func (p Post) Uninvite(ctx context.Context, a store.Appointment, l store.Link) (string, error) {
	in := letter(a)
	in.To, in.Guest, in.Cancelled = l.Email, l.Role, true
	return p.Mailer.Send(ctx, in)
}

func letter(a store.Appointment) mail.Invitation {
	return mail.Invitation{
		ID: a.ID, To: a.PatientEmail, Clinician: a.Clinician, Start: a.Start,
		Length: time.Duration(a.Minutes) * time.Minute, Language: a.Language,
	}
}

// silence is a slog handler that drops everything.
type silence struct{}

func (silence) Enabled(context.Context, slog.Level) bool  { return false }
func (silence) Handle(context.Context, slog.Record) error { return nil }
func (s silence) WithAttrs([]slog.Attr) slog.Handler      { return s }
func (s silence) WithGroup(string) slog.Handler           { return s }
