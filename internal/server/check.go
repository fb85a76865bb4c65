package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/edge"
)

// The states of a Result.
const (
	Passed = "ok"
	Failed = "failed"
	// Skipped: turned off, or not needed with this configuration.
	Skipped = "skipped"
)

// Result is one line of a check.
type Result struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Detail string `json:"detail"`
}

// Check tries what Run would need, without serving anybody.
func Check(ctx context.Context, cfg config.Config) []Result {
	var results []Result
	add := func(name string, err error, detail string) bool {
		if err != nil {
			results = append(results, Result{name, Failed, err.Error()})
			return false
		}
		results = append(results, Result{name, Passed, detail})
		return true
	}
	if !add("config", cfg.Validate(), "every key is well formed") {
		return results
	}
	if cfg.Dev {
		results = append(results, Result{"certificate", Skipped, "serve --dev makes its own"})
	} else {
		pair, err := edge.Load(cfg.Server.Certificate, cfg.Server.Key)
		detail := ""
		if err == nil {
			err = covers(cfg, pair)
			detail = "valid until " + pair.Leaf.NotAfter.Format(time.DateOnly)
		}
		add("certificate", err, detail)
	}
	addresses, err := checkAddresses(cfg)
	add("addresses", err, addresses)
	results = append(results, checkJournal(cfg))
	app, err := New(ctx, cfg, slog.New(silence{}))
	if !add("sockets", err, "every port can be opened, the data folder can be written") {
		return results
	}
	defer app.undo.unwind(app.log) //nolint:errcheck // it was only a trial
	for _, way := range []struct {
		name, key string
		on        bool
		dial      dialer
	}{
		{"relay", "turn.udp", app.relayUDP != nil, app.dialUDP},
		{"relay tls", "turn.tls", app.relayTLS != nil, app.dialTLS},
	} {
		if !way.on {
			results = append(results, Result{way.name, Skipped, way.key + " is turned off"})
			continue
		}
		add(way.name, app.tryRelay(way.key, way.dial), "two clients reach each other through "+way.key+", both ways")
	}
	if len(cfg.Turn.Servers) > 0 {
		add("turn servers", app.tryServers(ctx), "each gives a relay address")
	}
	return append(results, checkMail(ctx, cfg))
}

func checkMail(ctx context.Context, cfg config.Config) Result {
	if cfg.Dev || cfg.Mail.SMTP == "" {
		return Result{"mail", Skipped, "no SMTP server: mails go to the outbox folder"}
	}
	_, domain, _ := strings.Cut(cfg.Mail.From, "@")
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	records, err := net.DefaultResolver.LookupTXT(ctx, domain)
	var missing *net.DNSError
	if err != nil && !(errors.As(err, &missing) && missing.IsNotFound) {
		return Result{"mail", Failed, "the DNS does not answer; check this machine's resolver"}
	}
	if err != nil {
		return Result{"mail", Failed, fmt.Sprintf("the DNS has no TXT record for %s; publish SPF there so that invitations arrive", domain)}
	}
	for _, r := range records {
		if strings.HasPrefix(r, "v=spf1") {
			return Result{"mail", Passed, "SPF is published for " + domain}
		}
	}
	return Result{"mail", Failed, fmt.Sprintf("no SPF record for %s; publish one so that invitations arrive", domain)}
}
