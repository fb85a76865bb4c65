package server

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"time"

	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/guide"
)

// NetworkGuide is the firewall and antispam guide of a configuration. url is the public
// base address; empty takes the configuration's.
func NetworkGuide(ctx context.Context, cfg config.Config, url string) guide.Guide {
	s := guide.Source{Config: cfg, URL: url, Version: cfg.Version, Made: time.Now(), DNS: net.DefaultResolver, Carried: carried()}
	if cfg.Relays() && cfg.Turn.Address == "" {
		if own, err := ownAddress(); err == nil {
			s.Outward, _ = netip.AddrFromSlice(own)
		}
	}
	return guide.New(ctx, s)
}

// guide serves the guide of this server, with the ports that it really has.
func (a *App) guide(base string) (http.Handler, error) {
	cfg := a.opened()
	return guide.Handler("s/", func(ctx context.Context) guide.Guide { return NetworkGuide(ctx, cfg, base) })
}

// opened is the configuration with the addresses of the open sockets in place of those
// that were asked for: where port 0 was, the one that was given.
func (a *App) opened() config.Config {
	cfg := a.cfg
	cfg.Server.Listen = a.port.Addr().String()
	if a.udp != nil {
		cfg.Media.UDP = a.udp.LocalAddr().String()
	}
	if a.relayUDP != nil {
		cfg.Turn.UDP = a.relayUDP.LocalAddr().String()
	}
	if a.relayTLS != nil {
		cfg.Turn.TLS = a.relayTLS.String()
	}
	if a.metered != nil {
		cfg.Metrics.Listen = a.metered.Addr().String()
	}
	return cfg
}

// carried are the addresses that clients on other machines can be told.
func carried() []netip.Addr {
	own, err := net.InterfaceAddrs()
	if err != nil {
		return nil // the guide says that it knows none
	}
	var list []netip.Addr
	for _, a := range own {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().IsGlobalUnicast() {
			list = append(list, prefix.Addr())
		}
	}
	return list
}
