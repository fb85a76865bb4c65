package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"ekermed.example/ekermed/internal/server"
	"ekermed.example/ekermed/internal/server/config"
)

// ready is the line printed on stdout when every socket is open.
type ready struct {
	Event string `json:"event"`
	URL   string `json:"url"`
	// Local is the plain address of --dev, for browsers on this machine.
	Local   string `json:"local,omitempty"`
	UDP     string `json:"udp"`
	Metrics string `json:"metrics,omitempty"`
	PID     int    `json:"pid"`
}

func serve(ctx context.Context, e env, args []string) error {
	f := flags(e, "serve --config FILE | --dev [--listen ADDR] [--data DIR]",
		"Runs the server until SIGTERM. With --dev it needs no configuration and answers this machine only,\n"+
			"also on http://localhost. --sample prints the commented configuration file that is the manual.")
	var p place
	p.flags(f)
	listen := f.String("listen", "", "with --dev: `ADDR` for HTTPS (default "+config.DevListen+")")
	sample := f.Bool("sample", false, "print the commented sample configuration and stop")
	if err := parse(e, f, args); err != nil {
		return err
	}
	if *sample {
		_, err := fmt.Fprint(e.stdout, config.Sample)
		return err
	}
	cfg, err := p.serving(e, *listen)
	if err != nil {
		return err
	}
	cfg.Version = version
	log := logger(cfg.Log, e.stderr)
	if err := server.Unreachable(cfg); err != nil {
		log.Warn("media will not reach everybody", "error", err) // a router may let only others in by it
	}
	app, err := server.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	if p.dev {
		if err := p.markDev(cfg.Server.Data, app.Local()); err != nil {
			log.Warn("commands given --data will not know this server's address", "error", err)
		}
	}
	line, err := json.Marshal(ready{"ready", app.URL(), app.Local(), app.UDP(), app.Metrics(), os.Getpid()})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(e.stdout, string(line)); err != nil {
		log.Warn("nobody reads stdout", "error", err)
	}
	return app.Run(ctx)
}

func (p *place) serving(e env, listen string) (config.Config, error) {
	switch {
	case p.dev && p.file != "":
		return config.Config{}, usageError{"--dev needs no --config; give one of them"}
	case p.dev:
		return config.LoadDevelopment(listen, p.data, e.environ)
	case p.file == "":
		return config.Config{}, usageError{"give --config FILE, or --dev on a single machine; see --help"}
	}
	return p.load(e)
}
