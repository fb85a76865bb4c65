package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"ekermed.example/ekermed/internal/server"
	"ekermed.example/ekermed/internal/server/config"
)

// relayReady is the line printed on stdout when the relay's sockets are open.
type relayReady struct {
	Event string `json:"event"`
	// URLs are what the main server's turn.servers should name.
	URLs []string `json:"urls"`
	UDP  string   `json:"udp,omitempty"`
	PID  int      `json:"pid"`
}

func relay(ctx context.Context, e env, args []string) error {
	f := flags(e, "relay --config FILE",
		"Runs a STUN and TURN server alone, as a second one beside the main server: that one names it in\n"+
			"turn.servers, and both have the same turn.secret. Of the configuration, [turn], [log] and the\n"+
			"certificate, key and url of [server] count.")
	file := f.String("config", "", "configuration `FILE` (TOML)")
	if err := parse(e, f, args); err != nil {
		return err
	}
	if *file == "" {
		return usageError{"give --config FILE; see --help"}
	}
	cfg, err := config.Load(*file, e.environ)
	if err != nil {
		return err
	}
	log := logger(cfg.Log, e.stderr)
	node, err := server.NewRelay(cfg, log)
	if err != nil {
		return err
	}
	line, err := json.Marshal(relayReady{"ready", node.URLs(), node.UDP(), os.Getpid()})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(e.stdout, string(line)); err != nil {
		log.Warn("nobody reads stdout", "error", err)
	}
	return node.Run(ctx)
}
