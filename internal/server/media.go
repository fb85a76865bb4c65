package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/edge"
	"ekermed.example/ekermed/internal/server/relay"
	"ekermed.example/ekermed/internal/server/sfu"
)

// openMedia opens the sockets of SFU and relay and starts both.
func (a *App) openMedia(certificate tls.Certificate) error {
	o := sfu.Options{Public: net.ParseIP(a.cfg.Media.Address), Log: a.log.With("part", "sfu")}
	var turn net.PacketConn // the relay's side of a shared socket
	if a.cfg.MediaRange() {
		o.MinPort, o.MaxPort = uint16(a.cfg.Media.MinPort), uint16(a.cfg.Media.MaxPort)
		host, _, err := net.SplitHostPort(a.cfg.Media.UDP)
		if err != nil {
			return err // Validate has seen it
		}
		o.Host = net.ParseIP(host)
		if err := a.probeRange(); err != nil {
			return err
		}
	} else {
		var err error
		if a.udp, err = edge.UDP("media.udp", a.cfg.Media.UDP); err != nil {
			return err
		}
		o.UDP = a.udp
		if a.cfg.SharesUDP() {
			o.UDP, turn = edge.Split(a.udp)
			a.undo.push("turn side of the media socket", turn.Close)
		}
	}
	var err error
	if a.sfu, err = sfu.New(o); err != nil {
		return fmt.Errorf("starting the SFU: %w", err) // it has closed its socket
	}
	a.undo.push("sfu", a.sfu.Close)
	return a.openRelay(certificate, turn)
}

// probeRange finds out at the start whether the range can be used at all.
func (a *App) probeRange() error {
	at := a.mediaAddress(a.cfg.Media.MinPort)
	c, err := edge.UDP("media.min_port", at)
	if err != nil {
		return err
	}
	return c.Close()
}

func (a *App) mediaAddress(port int) string {
	host, _, _ := net.SplitHostPort(a.cfg.Media.UDP) // Validate has seen it
	return net.JoinHostPort(host, strconv.Itoa(port))
}

// openRelay starts the relay; turn is its side of the media socket, or nil.
func (a *App) openRelay(certificate tls.Certificate, turn net.PacketConn) error {
	if !a.cfg.Relays() && len(a.cfg.Turn.Servers) == 0 {
		return nil
	}
	o := relay.Options{
		Servers: a.cfg.Turn.Servers, Secret: a.cfg.Turn.Secret, Shared: turn != nil, UDP: turn,
		Now: time.Now, Log: a.log.With("part", "relay"),
	}
	host := turnHost(a.cfg, a.url)
	switch {
	case turn != nil:
		a.relayUDP = a.udp
	case a.cfg.Turn.UDP != "":
		udp, err := edge.UDP("turn.udp", a.cfg.Turn.UDP)
		if err != nil {
			return err
		}
		a.undo.push("turn udp socket", udp.Close)
		o.UDP, a.relayUDP = udp, udp
	}
	if a.relayUDP != nil {
		o.URLs = append(o.URLs, udpURLs(host, a.relayUDP.LocalAddr())...)
	}
	switch {
	case a.cfg.SharesTCP():
		o.TLS = a.port.TURN()
	case a.cfg.Turn.TLS != "":
		port, err := listenTCP(a.cfg, "turn.tls", a.cfg.Turn.TLS, certificate, edge.Protocols{TURN: true})
		if err != nil {
			return err
		}
		a.undo.push("turn tls socket", port.Close)
		o.TLS = port.TURN()
	}
	if o.TLS != nil {
		o.URLs = append(o.URLs, tlsURL(host, o.TLS.Addr()))
		a.relayTLS = o.TLS.Addr()
	}
	if a.cfg.Relays() {
		if err := relaying(&o, a.cfg, a.ours); err != nil {
			return err
		}
	}
	var err error
	if a.relay, err = relay.New(o); err != nil {
		return err
	}
	a.undo.push("relay", a.relay.Close)
	return nil
}

// relaying sets where relayed packets come from and go to. ours gives the media ports
// that the relay must reach, when its own address is own.
func relaying(o *relay.Options, cfg config.Config, ours func(own netip.Addr) []relay.Span) error {
	o.MinPort, o.MaxPort = uint16(cfg.Turn.MinPort), uint16(cfg.Turn.MaxPort)
	o.Listen = "0.0.0.0"
	if cfg.Dev {
		o.Listen = "127.0.0.1"
	}
	o.Address = net.ParseIP(cfg.Turn.Address)
	if o.Address == nil {
		own, err := ownAddress()
		if err != nil {
			return err
		}
		o.Address = own
	}
	allow, err := config.Prefixes(cfg.Turn.Allow)
	if err != nil {
		return fmt.Errorf("turn.allow: %w", err)
	}
	deny, err := config.Prefixes(cfg.Turn.Deny)
	if err != nil {
		return fmt.Errorf("turn.deny: %w", err)
	}
	own, _ := netip.AddrFromSlice(o.Address)
	own = own.Unmap()
	carried, err := carriedAddresses()
	if err != nil {
		return err
	}
	o.Policy = relay.Policy{Ours: ours(own), Own: carried, Relay: own, MinPort: o.MinPort, MaxPort: o.MaxPort, Allow: allow, Deny: deny}
	return nil
}

// ours are the SFU's ports, which clients behind TURN need, and no other port of this
// machine.
func (a *App) ours(own netip.Addr) []relay.Span {
	span := relay.Span{MinPort: uint16(a.cfg.Media.MinPort), MaxPort: uint16(a.cfg.Media.MaxPort)}
	media := own
	if a.udp != nil {
		at := a.udp.LocalAddr().(*net.UDPAddr).AddrPort()
		span.MinPort, span.MaxPort = at.Port(), at.Port()
		media = at.Addr().Unmap()
	} else if host, err := netip.ParseAddrPort(a.mediaAddress(0)); err == nil {
		media = host.Addr().Unmap()
	}
	if media.IsUnspecified() {
		media = own
	}
	var list []relay.Span
	for _, ip := range []string{a.cfg.Media.Address, media.String()} {
		if at, err := netip.ParseAddr(ip); err == nil {
			span.Addr = at.Unmap()
			list = append(list, span)
		}
	}
	return list
}

// listenTCP opens a TCP port of ours, behind the proxies that are configured.
func listenTCP(cfg config.Config, key, address string, certificate tls.Certificate, serve edge.Protocols) (*edge.Port, error) {
	l, err := edge.TCP(key, address)
	if err != nil {
		return nil, err
	}
	if cfg.Server.ProxyProtocol {
		trusted, err := config.Prefixes(cfg.Server.TrustedProxies)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("server.trusted_proxies: %w", err), l.Close())
		}
		l = edge.Proxied(l, trusted)
	}
	return edge.NewPort(l, certificate, serve), nil
}

// turnHost is the name that clients are told for TURN.
func turnHost(cfg config.Config, base string) string {
	if cfg.Turn.Host != "" {
		return cfg.Turn.Host
	}
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func udpURLs(host string, at net.Addr) []string {
	hostPort := net.JoinHostPort(host, strconv.Itoa(at.(*net.UDPAddr).Port))
	return []string{"stun:" + hostPort, "turn:" + hostPort + "?transport=udp"}
}

func tlsURL(host string, at net.Addr) string {
	return "turns:" + net.JoinHostPort(host, strconv.Itoa(at.(*net.TCPAddr).Port)) + "?transport=tcp"
}

// ownAddress is the address this machine would use to reach others. Nothing is sent.
func ownAddress() (net.IP, error) {
	c, err := net.Dial("udp4", "192.0.2.1:9")
	if err != nil {
		return nil, fmt.Errorf("turn.address: this machine's own address is unknown; set it: %w", err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).IP, nil
}

// carriedAddresses are those of this machine's interfaces. What an interface gets later is
// not among them; turn.deny can name it.
func carriedAddresses() ([]netip.Addr, error) {
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("this machine's own addresses, which TURN must not reach, are unknown: %w", err)
	}
	var list []netip.Addr
	for _, a := range interfaces {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, prefix.Addr().Unmap().WithZone(""))
		}
	}
	return list, nil
}

// tickets gives out ICE servers, or none when there is no relay.
type tickets struct{ relay *relay.Relay }

func (t tickets) ICE(peer string, direct bool) []wire.ICEServer {
	if t.relay == nil {
		return nil
	}
	return t.relay.ICE(peer, direct)
}

// Admit is for a participant who comes in: they may have left before.
func (t tickets) Admit(peer string) {
	if t.relay != nil {
		t.relay.Admit(peer)
	}
}

func (t tickets) Revoke(peer string) {
	if t.relay != nil {
		t.relay.Revoke(peer)
	}
}
