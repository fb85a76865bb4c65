package server

import (
	"context"
	"time"

	"ekermed.example/ekermed/internal/server/mail"
)

// purgeEvery is how often what is too old is looked for.
const purgeEvery = 6 * time.Hour

// retain removes what is too old, at the start and four times a day.
func (a *App) retain(ctx context.Context) error {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if err := a.purge(ctx, time.Now()); err != nil && ctx.Err() == nil {
			a.log.Error("removing what is too old: it is tried again", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (a *App) purge(ctx context.Context, now time.Time) error {
	keep := a.cfg.Retention
	n, err := a.store.PurgeAppointments(ctx, now.Add(-time.Duration(keep.Appointments)), now)
	if err != nil {
		return err
	}
	mails, err := mail.PurgeOutbox(a.cfg.Server.Data, now.Add(-time.Duration(keep.Outbox)))
	if err != nil {
		return err
	}
	if n > 0 {
		err = a.store.Scrub(ctx)
	}
	if n > 0 || mails > 0 {
		a.log.Info("removed what was too old", "appointments", n, "mails", mails)
	}
	return err
}
