package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
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

// marker lies in the data folder of a server that was started with --dev, and tells
// commands that are given only --data what that server is called.
const marker = "dev.json"

type devServer struct {
	Local string `json:"local"`
}

func (p *place) markDev(data, local string) error {
	text, err := json.Marshal(devServer{local})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(data, marker), text, 0o600)
}

func (p *place) readDev() (devServer, bool) {
	var d devServer
	text, err := os.ReadFile(filepath.Join(p.data, marker))
	return d, err == nil && json.Unmarshal(text, &d) == nil
}

// load reads the configuration: of the file, of --dev, or of the --dev server that the
// data folder belongs to.
func (p *place) load(e env) (config.Config, error) {
	if d, ok := p.readDev(); p.dev || (ok && p.file == "" && p.data != "") {
		cfg, err := config.LoadDevelopment("", p.data, e.environ)
		if p.data == "" { // --dev alone: the folder is known only now
			p.data = cfg.Server.Data
			d, _ = p.readDev()
		}
		cfg.Server.URL = d.Local
		return cfg, err
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
