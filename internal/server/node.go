package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/edge"
	"ekermed.example/ekermed/internal/server/relay"
)

// RelayNode is a server that does nothing but STUN and TURN, for those of another one
// that names it in turn.servers and has the same turn.secret.
type RelayNode struct {
	log  *slog.Logger
	urls []string
	udp  string
	undo stack
}

// NewRelay opens the sockets of a RelayNode. When one fails, what was opened is closed.
// Of the configuration, [turn], [log] and the certificate, key, url and proxies of
// [server] count.
func NewRelay(cfg config.Config, log *slog.Logger) (*RelayNode, error) {
	if err := cfg.ValidateRelay(); err != nil {
		return nil, err
	}
	n := &RelayNode{log: log}
	if err := n.open(cfg); err != nil {
		return nil, errors.Join(err, n.undo.unwind(log))
	}
	return n, nil
}

func (n *RelayNode) open(cfg config.Config) error {
	o := relay.Options{Secret: cfg.Turn.Secret, Now: time.Now, Log: n.log.With("part", "relay")}
	host := turnHost(cfg, cfg.Server.URL)
	if cfg.Turn.UDP != "" {
		udp, err := edge.UDP("turn.udp", cfg.Turn.UDP)
		if err != nil {
			return err
		}
		n.undo.push("turn udp socket", udp.Close)
		o.UDP, n.udp = udp, udp.LocalAddr().String()
		n.urls = append(n.urls, udpURLs(host, udp.LocalAddr())...)
	}
	if cfg.Turn.TLS != "" {
		certificate, err := nodeCertificate(cfg, host)
		if err != nil {
			return err
		}
		port, err := listenTCP(cfg, "turn.tls", cfg.Turn.TLS, certificate, edge.Protocols{TURN: true})
		if err != nil {
			return err
		}
		n.undo.push("turn tls socket", port.Close)
		o.TLS = port.TURN()
		n.urls = append(n.urls, tlsURL(host, port.Addr()))
	}
	// The SFU is on another machine: at a public address, or in turn.allow.
	if err := relaying(&o, cfg, func(netip.Addr) []relay.Span { return nil }); err != nil {
		return err
	}
	r, err := relay.New(o)
	if err != nil {
		return err
	}
	n.undo.push("relay", r.Close)
	return nil
}

func nodeCertificate(cfg config.Config, host string) (tls.Certificate, error) {
	pair, err := edge.Load(cfg.Server.Certificate, cfg.Server.Key)
	if err != nil {
		return pair, err
	}
	key := "server.url"
	if cfg.Turn.Host != "" {
		key = "turn.host"
	}
	return pair, edge.Covers(cfg.Server.Certificate, pair, key, host)
}

// URLs are what the other server's turn.servers should name, and UDP the socket's
// address, empty when off.
func (n *RelayNode) URLs() []string { return n.urls }
func (n *RelayNode) UDP() string    { return n.udp }

// Run relays until ctx ends.
func (n *RelayNode) Run(ctx context.Context) error {
	<-ctx.Done()
	n.log.Info("stopping")
	if err := n.undo.unwind(n.log); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
