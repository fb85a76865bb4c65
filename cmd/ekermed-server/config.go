package main

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"time"

	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/store"
)

// place is where a command finds the configuration and the data.
type place struct {
	file, data string
	dev        bool
}

func (p *place) flags(f *flag.FlagSet) {
	f.StringVar(&p.file, "config", "", "configuration `FILE` (TOML)")
	f.StringVar(&p.data, "data", "", "data `DIR`, over server.data")
	f.BoolVar(&p.dev, "dev", false, "the settings of serve --dev")
}

// load reads the configuration. A command given only --data uses the settings of a
// development server for what a configuration file would say.
func (p *place) load(e env) (config.Config, error) {
	if p.dev || (p.file == "" && p.data != "") {
		data := p.data
		if data == "" {
			data = "ekermed-data"
		}
		return config.LoadDevelopment("127.0.0.1:8443", data, e.environ)
	}
	cfg, err := config.Load(p.file, e.environ)
	if p.data != "" {
		cfg.Server.Data = p.data
	}
	return cfg, err
}

// open opens the store for a command; the server may be running beside it.
func (p *place) open(ctx context.Context, e env) (*store.Store, config.Config, *time.Location, error) {
	cfg, err := p.load(e)
	if err != nil {
		return nil, cfg, nil, err
	}
	zone, err := time.LoadLocation(cfg.Practice.TimeZone)
	if err != nil {
		return nil, cfg, nil, err
	}
	s, err := store.Open(ctx, cfg.Server.Data)
	return s, cfg, zone, err
}

func logger(cfg config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Level)) // Validate has checked it
	o := &slog.HandlerOptions{Level: level}
	if cfg.Format == "text" {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}
