package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"ekermed.example/ekermed/internal/server"
)

func check(ctx context.Context, e env, args []string) error {
	f := flags(e, "check [--config FILE] [--json]",
		"Checks what serve would need: configuration, certificate, data folder, ports, the relay both\nways over UDP and TLS, and the mail domain's DNS. Run it before the first start, or while the server is stopped.")
	var p place
	p.flags(f)
	asJSON := f.Bool("json", false, "answer as JSON")
	if err := parse(e, f, args); err != nil {
		return err
	}
	cfg, err := p.load(e)
	if err != nil {
		return err
	}
	results := server.Check(ctx, cfg)
	bad := 0
	for _, r := range results {
		if r.State == server.Failed {
			bad++
		}
		if !*asJSON {
			fmt.Fprintf(e.stdout, "%-8s %-12s %s\n", r.State, r.Name, r.Detail)
		}
	}
	if *asJSON {
		if err := json.NewEncoder(e.stdout).Encode(results); err != nil {
			return err
		}
	}
	if bad > 0 {
		return errors.New("something is not in order; see above")
	}
	return nil
}
