package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

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
			detail = "valid until " + pair.Leaf.NotAfter.Format(time.DateOnly)
		}
		add("certificate", err, detail)
	}
	app, err := New(ctx, cfg, slog.New(silence{}))
	if !add("sockets", err, "every port can be opened, the data folder can be written") {
		return results
	}
	defer app.undo.unwind(app.log) //nolint:errcheck // it was only a trial
	switch {
	case app.relay == nil:
		results = append(results, Result{"relay", Skipped, "turned off"})
	case app.relayUDP == nil:
		results = append(results, Result{"relay", Skipped, "not tried: turn.udp is turned off"})
	default:
		add("relay", app.tryRelay(), "two clients reach each other through it, both ways")
	}
	return append(results, checkMail(ctx, cfg))
}

// tryRelay lets two clients allocate a relay address each and talk to each other.
func (a *App) tryRelay() error {
	one, err := a.allocate("check-1")
	if err != nil {
		return err
	}
	defer one.close()
	two, err := a.allocate("check-2")
	if err != nil {
		return err
	}
	defer two.close()
	for range 2 { // the first packet of each side opens its permission
		for _, way := range []struct{ from, to *allocation }{{one, two}, {two, one}} {
			if _, err := way.from.relay.WriteTo([]byte("check"), way.to.relay.LocalAddr()); err != nil {
				return fmt.Errorf("sending through the relay: %w", err)
			}
		}
	}
	for _, side := range []*allocation{one, two} {
		b := make([]byte, 64)
		if err := side.relay.SetReadDeadline(time.Now().Add(3 * time.Second)); err != nil {
			return err
		}
		if n, _, err := side.relay.ReadFrom(b); err != nil || string(b[:n]) != "check" {
			return errors.New("nothing came through the relay: turn.address must be an address of this machine, or be forwarded to it with turn.min_port to turn.max_port")
		}
	}
	return nil
}

type allocation struct {
	client *turn.Client
	relay  net.PacketConn
	socket net.PacketConn
}

func (a *allocation) close() {
	_ = a.relay.Close()
	a.client.Close()
	_ = a.socket.Close()
}

func (a *App) allocate(peer string) (*allocation, error) {
	ice := a.relay.ICE(peer)[0]
	server := a.relayUDP.LocalAddr().(*net.UDPAddr)
	if server.IP.IsUnspecified() {
		server = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: server.Port}
	}
	socket, err := net.ListenPacket("udp4", "0.0.0.0:0")
	if err != nil {
		return nil, err
	}
	log := logging.NewDefaultLoggerFactory()
	log.Writer = io.Discard
	client, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: server.String(), TURNServerAddr: server.String(), Conn: socket,
		Username: ice.Username, Password: ice.Credential, LoggerFactory: log,
	})
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	if err := client.Listen(); err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	relay, err := client.Allocate()
	if err != nil {
		client.Close()
		return nil, errors.Join(fmt.Errorf("allocating a relay address: %w", err), socket.Close())
	}
	return &allocation{client, relay, socket}, nil
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
