package web

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/store"
)

// Post sends invitations (package mail); the answer is "sent", "queued" or "outbox FILE".
type Post interface {
	Invite(ctx context.Context, a store.Appointment, link string) (string, error)
	Cancel(ctx context.Context, a store.Appointment) (string, error)
	// Guest and Uninvite are the same for somebody invited beside the patient.
	Guest(ctx context.Context, a store.Appointment, l store.Link, link string) (string, error)
	Uninvite(ctx context.Context, a store.Appointment, l store.Link) (string, error)
}

// answer turns a function of a request into a handler: what it returns goes out as
// JSON, and an error as a Failure with the right status.
func answer[T any](w *Web, do func(*http.Request) (T, error)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		body, err := do(r)
		var no *access.Refusal
		switch {
		case err == nil:
			reply(rw, http.StatusOK, body)
		case errors.As(err, &no):
			if no.Wait > 0 {
				rw.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(no.Wait.Seconds()))))
			}
			fail(rw, status(no.Code), wire.Failure{Code: no.Code, Text: no.Text})
		case errors.Is(err, context.Canceled):
			// The client went away.
		default:
			w.o.Log.Error("request failed", "path", pattern(r), "error", err)
			fail(rw, http.StatusInternalServerError, wire.Failure{Code: wire.CodeInternal, Text: "the server could not do this; try again later"})
		}
	}
}

// pattern names a request in the log without the codes that a path may carry.
func pattern(r *http.Request) string { return r.Pattern }

func status(code wire.Code) int {
	switch code {
	case wire.CodeSession, wire.CodeIdle, wire.CodeCredentials, wire.CodePass, wire.CodeSecondFactor, wire.CodeSecondFactorWrong:
		return http.StatusUnauthorized
	case wire.CodeSlowDown:
		return http.StatusTooManyRequests
	case wire.CodeUnknownLink, wire.CodeNotFound:
		return http.StatusNotFound
	case wire.CodeExpired, wire.CodeCancelled:
		return http.StatusGone
	case wire.CodeEarly, wire.CodeSecondFactorMissing, wire.CodeRole, wire.CodeOrder:
		return http.StatusForbidden
	case wire.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case wire.CodeOffset:
		return http.StatusConflict
	case wire.CodeQuota, wire.CodeStorage:
		return http.StatusInsufficientStorage
	}
	return http.StatusBadRequest
}

func decode[T any](r *http.Request) (T, error) {
	var v T
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" {
		return v, &access.Refusal{Code: wire.CodeMalformed, Text: "the body must be application/json"}
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return v, &access.Refusal{Code: wire.CodeTooLarge, Text: "the body is too large"}
	}
	if err := wire.DecodeBody(raw, &v); err != nil {
		return v, &access.Refusal{Code: wire.CodeMalformed, Text: err.Error()}
	}
	return v, nil
}

func bearer(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || len(token) > wire.MaxToken {
		return ""
	}
	return token
}

// account is who asks. A request is something that a person does, so it keeps the session
// from lapsing; the connections that stay open by themselves do not.
func (w *Web) account(r *http.Request) (store.Account, time.Time, error) {
	return w.o.Access.Active(r.Context(), bearer(r))
}

// active tells that somebody is at the desk, when there is nothing else to ask for.
func (w *Web) active(r *http.Request) (struct{}, error) {
	_, _, err := w.account(r)
	return struct{}{}, err
}

func (w *Web) signIn(r *http.Request) (wire.Session, error) {
	in, err := decode[wire.SignIn](r)
	if err != nil {
		return wire.Session{}, err
	}
	session, err := w.o.Access.SignIn(r.Context(), in, w.source(r))
	session.Socket = w.o.Socket
	return session, err
}

// session tells who a token belongs to; the token itself is not repeated.
func (w *Web) session(r *http.Request) (wire.Session, error) {
	a, expires, err := w.account(r)
	return wire.Session{Name: a.Name, Email: a.Email, Role: wire.RoleClinician, Expires: float64(expires.Unix()), Socket: w.o.Socket}, err
}

func (w *Web) signOut(r *http.Request) (struct{}, error) {
	return struct{}{}, w.o.Access.SignOut(r.Context(), bearer(r))
}

func (w *Web) agenda(r *http.Request) (wire.Agenda, error) {
	a, _, err := w.account(r)
	if err != nil {
		return wire.Agenda{}, err
	}
	return w.o.Agenda.read(r.Context(), a.ID)
}

func (w *Web) invite(r *http.Request) (wire.Invited, error) {
	a, _, err := w.account(r)
	if err != nil {
		return wire.Invited{}, err
	}
	in, err := decode[wire.Invite](r)
	if err != nil {
		return wire.Invited{}, err
	}
	invited, err := Invite(r.Context(), w.o.Access, w.o.Post, w.o.URL, a, in, w.o.Agenda.Changed)
	if invited.Mail == MailFailed {
		w.o.Log.Error("an invitation could not be written", "appointment", invited.Appointment.ID)
	}
	// Where the outbox lies is the operator's business.
	invited.Mail, _, _ = strings.Cut(invited.Mail, " ")
	for i := range invited.Guests {
		if invited.Guests[i].Mail == MailFailed {
			w.o.Log.Error("an invitation of a guest could not be written", "appointment", invited.Appointment.ID)
		}
		invited.Guests[i].Mail, _, _ = strings.Cut(invited.Guests[i].Mail, " ")
	}
	return invited, err
}

// MailFailed stands in wire.Invited when the mail could neither be sent nor kept.
const MailFailed = "failed"

// Invite books an appointment and has the mail sent; the command line does the same.
func Invite(ctx context.Context, ac *access.Access, post Post, base string, a store.Account, in wire.Invite, changed func(account, appointment string)) (wire.Invited, error) {
	ap, code, guests, err := ac.Book(ctx, a, in)
	if err != nil {
		return wire.Invited{}, err
	}
	link := base + "/r/" + code
	changed(ap.Account, ap.ID)
	how, err := post.Invite(ctx, ap, link)
	if err != nil {
		// The appointment stands and its link works: telling both beats an error.
		how = MailFailed
	}
	invited := wire.Invited{Appointment: appointment(ap), Link: link, Mail: how}
	for _, g := range guests {
		link := base + "/r/" + g.Plain
		how, err := post.Guest(ctx, ap, g.Link, link)
		if err != nil {
			how = MailFailed
		}
		invited.Guests = append(invited.Guests, wire.GuestLink{Role: wire.Role(g.Role), Name: g.Name, Link: link, Mail: how})
	}
	return invited, nil
}

func (w *Web) cancel(r *http.Request) (struct{}, error) {
	a, _, err := w.account(r)
	if err != nil {
		return struct{}{}, err
	}
	ap, err := w.o.Access.Cancel(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return struct{}{}, err
	}
	guests, err := w.o.Access.Guests(r.Context(), ap)
	if err != nil {
		w.o.Log.Error("the guests of a cancelled appointment", "appointment", ap.ID, "error", err) // it is cancelled all the same
	}
	w.o.Rooms.Cancel(ap.ID)
	w.o.Agenda.Changed(ap.Account, ap.ID)
	if _, err := w.o.Post.Cancel(r.Context(), ap); err != nil {
		w.o.Log.Error("a cancellation could not be written", "appointment", ap.ID) // the link is dead all the same
	}
	for _, g := range guests {
		if _, err := w.o.Post.Uninvite(r.Context(), ap, g); err != nil {
			w.o.Log.Error("a cancellation could not be written to a guest", "appointment", ap.ID)
		}
	}
	return struct{}{}, nil
}

func (w *Web) clinicianPass(r *http.Request) (wire.Pass, error) {
	a, _, err := w.account(r)
	if err != nil {
		return wire.Pass{}, err
	}
	pass, err := w.o.Access.ClinicianPass(r.Context(), a, r.PathValue("id"))
	pass.Socket = w.o.Socket
	return pass, err
}

func (w *Web) link(r *http.Request) (wire.LinkInfo, error) {
	in, err := decode[wire.LinkCode](r)
	if err != nil {
		return wire.LinkInfo{}, err
	}
	return w.o.Access.Link(r.Context(), in.Code, w.source(r))
}

func (w *Web) join(r *http.Request) (wire.Pass, error) {
	in, err := decode[wire.LinkCode](r)
	if err != nil {
		return wire.Pass{}, err
	}
	pass, err := w.o.Access.Join(r.Context(), in.Code, w.source(r))
	pass.Socket = w.o.Socket
	return pass, err
}

func appointment(a store.Appointment) wire.Appointment {
	return wire.Appointment{
		ID: a.ID, PatientName: a.PatientName, PatientEmail: a.PatientEmail,
		Status: wire.AppointmentStatus(a.Status), Start: float64(a.Start.Unix()), Minutes: a.Minutes,
	}
}
