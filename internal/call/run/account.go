package run

import (
	"context"
	"errors"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/link"
	"ekermed.example/ekermed/internal/call/portal"
	"ekermed.example/ekermed/internal/call/wire"
)

func (d *Desk) signIn(e call.OpenSession) {
	d.giveUp() // an earlier session is of no interest any more
	base, err := portal.Parse(e.Server)
	if err != nil {
		d.work(func(context.Context) call.Event {
			return call.SessionClosed{Problem: &call.Problem{Code: call.ProblemAddress, Detail: e.Server}}
		})
		return
	}
	p := d.portal
	p.Base, p.Token = base, ""
	d.again = func() { d.signIn(e) }
	d.work(func(ctx context.Context) call.Event {
		session, err := p.SignIn(ctx, wire.SignIn{Email: e.Email, Password: e.Password, Code: e.Code})
		if err != nil {
			problem := p.Explain(err)
			return call.SessionClosed{Problem: &problem}
		}
		if err := d.o.Memory.SaveSecret(base, session.Email, session.Token); err != nil {
			d.o.Log.Warn("the session is kept for this run only", "error", err)
			d.Post(call.Warned{Problem: call.Problem{Code: call.ProblemKeyring}})
		}
		return call.SessionOpened{Session: session, Server: base}
	})
}

// stir tells the server that somebody is here. What it says of the session is told on the
// agenda's connection too, so an answer counts for nothing.
func (d *Desk) stir() {
	p := d.portal
	d.work(func(ctx context.Context) call.Event {
		if err := p.Active(ctx); err != nil {
			d.o.Log.Debug("telling of activity", "error", err)
		}
		return nil
	})
}

// restore asks the server about a session from an earlier run. While the server is
// away it asks again: a clinician who was signed in stays so.
func (d *Desk) restore(r restored) {
	p := d.portal
	p.Base, p.Token = r.server, r.token
	d.take(call.SessionResuming{})
	ctx, cancel := context.WithCancel(d.ctx)
	again := make(chan struct{}, 1)
	d.giveUp = cancel
	d.again = func() {
		select {
		case again <- struct{}{}:
		default: // asked for already
		}
	}
	d.work(func(context.Context) call.Event {
		defer cancel()
		for {
			session, err := p.Session(ctx)
			if err == nil {
				return call.SessionOpened{Session: session, Server: r.server}
			}
			if ctx.Err() != nil {
				return nil
			}
			problem := p.Explain(err)
			var no *portal.Refusal
			if errors.As(err, &no) {
				return call.SessionClosed{Problem: &problem}
			}
			d.Post(call.Warned{Problem: problem})
			select {
			case <-time.After(3 * time.Second):
			case <-again:
			case <-ctx.Done():
				return nil
			}
		}
	})
}

// tellProxy says who we are to a proxy. Its errors name no secret.
func (d *Desk) tellProxy(e call.TellProxy) {
	if d.o.Dialer == nil {
		return
	}
	d.o.Dialer.Login(e.Host, e.User, e.Password)
	d.work(func(context.Context) call.Event {
		if err := d.o.Memory.SaveProxy(e.Host, e.User, e.Password); err != nil {
			d.o.Log.Warn("the login of the proxy is kept for this run only", "error", err)
		}
		return nil
	})
}

func (d *Desk) signOut() {
	p, email := d.portal, d.state.Account.Email
	d.portal.Token = ""
	d.work(func(ctx context.Context) call.Event {
		if err := d.o.Memory.DropSecret(p.Base, email); err != nil {
			d.o.Log.Warn("forgetting the session", "error", err)
		}
		if err := p.SignOut(ctx); err != nil {
			d.o.Log.Warn("the server was not told of the sign-out", "error", err)
		}
		return nil
	})
}

func (d *Desk) followAgenda() {
	d.stopAgenda()
	p := d.portal
	d.agenda = link.Open(d.ctx, link.Options{
		URL: p.Socket(), TLS: p.TLS, Dial: p.Dial,
		First: func(context.Context) (wire.Message, error) {
			return wire.Watch{Version: wire.Version, Session: p.Token, Client: d.o.Client}, nil
		},
		Fatal: func(error) bool { return false },
		Heard: func(m wire.Message) {
			switch m := m.(type) {
			case wire.Agenda:
				d.Post(call.AgendaCame{Agenda: m})
			case wire.Failure:
				d.Post(call.AgendaLost{Problem: call.Problem{Code: call.ProblemCode(m.Code), Detail: m.Text}})
			}
		},
		Down: func(err error, _ bool) { d.Post(call.AgendaLost{Problem: p.Explain(err)}) },
	})
}

func (d *Desk) stopAgenda() {
	if d.agenda == nil {
		return
	}
	old := d.agenda
	d.agenda = nil
	d.wg.Go(func() { old.Close(closing) })
}

func (d *Desk) book(e call.Book) {
	p := d.portal
	at := ""
	if !e.At.IsZero() {
		at = e.At.Format(time.RFC3339)
	}
	d.work(func(ctx context.Context) call.Event {
		invited, err := p.Invite(ctx, wire.Invite{PatientEmail: strings.TrimSpace(e.Email), PatientName: e.Name, At: at, Minutes: e.Minutes, Language: e.Language})
		if err != nil {
			problem := p.Explain(err)
			if problem.Code == call.ProblemCode(wire.CodeMalformed) {
				problem.Code = call.ProblemBadEmail
			}
			return call.InviteDone{Problem: &problem}
		}
		return call.InviteDone{Invited: invited}
	})
}

func (d *Desk) cancel(e call.Cancel) {
	p := d.portal
	d.work(func(ctx context.Context) call.Event {
		if err := p.Cancel(ctx, e.ID); err != nil {
			return call.AgendaLost{Problem: p.Explain(err)}
		}
		return nil
	})
}

func (d *Desk) save(e call.Save) {
	if err := d.o.Memory.Save(e.Remembered); err != nil {
		d.o.Log.Warn("settings are not kept", "error", err)
	}
}
