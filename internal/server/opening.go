package server

import (
	"context"
	"log/slog"

	"ekermed.example/ekermed/internal/server/alias"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/journal"
	"ekermed.example/ekermed/internal/server/store"
	"ekermed.example/ekermed/internal/server/trail"
)

// readings puts attempts to open the journal into the access trail: who is the one who
// opens, whom the manager who asks.
type readings struct {
	names alias.Secret
	trail *trail.Trail
}

func (r readings) RecordReading(ctx context.Context, one journal.Reading) error {
	rec := trail.Record{
		What: trail.JournalRefused, Result: trail.Result(one.Result),
		Who: r.names.Of(alias.Key, one.Reader), Whom: r.names.Of(alias.Key, one.Manager),
	}
	if one.Result == journal.Opened {
		rec.What = trail.JournalOpened
	}
	return r.trail.Append(ctx, rec)
}

// NewOpening is what opening the journal takes, as the configuration has it.
func NewOpening(cfg config.Config, s *store.Store, log *slog.Logger) (journal.Opening, error) {
	names, err := alias.Load(cfg.Server.Data)
	return journal.Opening{
		Data: cfg.Server.Data, Vault: cfg.Vault(), Recipients: cfg.Journal.Recipients, Managers: cfg.Journal.Managers,
		Nonces: s, Recorder: readings{names, trail.New(s, cfg.Journal.TrailMonths, log)},
	}, err
}
