package config

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/pion/stun/v4"
)

// leastSecret is how long turn.secret must be: whoever guesses it relays for nothing.
const leastSecret = 16

func (c Config) media() error {
	if !c.MediaRange() {
		return nil
	}
	if c.Media.MinPort < 1024 || c.Media.MaxPort > 65535 || c.Media.MaxPort-c.Media.MinPort < 15 {
		return wrong("media.min_port", strconv.Itoa(c.Media.MinPort), "the range up to media.max_port must lie within 1024 to 65535 and hold at least 16 ports; 0 for both uses the one socket of media.udp")
	}
	if c.Relays() && c.Media.MinPort <= c.Turn.MaxPort && c.Turn.MinPort <= c.Media.MaxPort {
		return fmt.Errorf("configuration: media.min_port to media.max_port = %d to %d: the range overlaps turn.min_port to turn.max_port = %d to %d; give each its own part, such as 49152 to 57343 for media and 57344 to 65535 for turn",
			c.Media.MinPort, c.Media.MaxPort, c.Turn.MinPort, c.Turn.MaxPort)
	}
	return nil
}

func (c Config) turn() error {
	if c.Turn.MinPort < 1024 || c.Turn.MaxPort > 65535 || c.Turn.MaxPort-c.Turn.MinPort < 15 {
		return wrong("turn.min_port", strconv.Itoa(c.Turn.MinPort), "the range up to turn.max_port must lie within 1024 to 65535 and hold at least 16 ports")
	}
	if _, err := Prefixes(c.Turn.Allow); err != nil {
		return fmt.Errorf("configuration: turn.allow: %w", err)
	}
	if _, err := Prefixes(c.Turn.Deny); err != nil {
		return fmt.Errorf("configuration: turn.deny: %w", err)
	}
	if c.Turn.Secret != "" && len(c.Turn.Secret) < leastSecret {
		return fmt.Errorf("configuration: turn.secret has %d characters: use a random one of at least %d, such as from `openssl rand -base64 32`", len(c.Turn.Secret), leastSecret)
	}
	for _, server := range c.Turn.Servers {
		if err := turnServer(server); err != nil {
			return err
		}
	}
	if len(c.Turn.Servers) > 0 && c.Turn.Secret == "" {
		return wrong("turn.servers", strings.Join(c.Turn.Servers, ", "), "set turn.secret, which all of these servers must know, or empty the list")
	}
	return nil
}

func (c Config) sharing() error {
	if !c.MediaRange() {
		if err := apart("turn.udp", c.Turn.UDP, "media.udp", c.Media.UDP); err != nil {
			return err
		}
	}
	return apart("turn.tls", c.Turn.TLS, "server.listen", c.Server.Listen)
}

// apart refuses two addresses that mean the same port without being written alike: only
// those that are share a socket, and the second to be opened would find the port taken.
func apart(key, value, other, with string) error {
	host, port, err := net.SplitHostPort(value)
	if err != nil || port == "0" || value == with {
		return nil
	}
	every := func(host string) bool { return host == "" || host == "0.0.0.0" || host == "::" }
	if h, p, err := net.SplitHostPort(with); err == nil && p == port && (h == host || every(h) || every(host)) {
		return wrong(key, value, fmt.Sprintf("it is the port of %s = %q; write both alike to share it, or choose another port", other, with))
	}
	return nil
}

// turnServer takes a URL of RFC 7064 or RFC 7065 in the forms that browsers know:
// turns: means TLS over TCP, and none of them speaks DTLS to a TURN server.
func turnServer(value string) error {
	u, err := stun.ParseURI(value)
	if err == nil && u.Port > 0 && u.Port < 65536 && !strings.ContainsAny(value, " @/#") {
		switch u.Scheme {
		case stun.SchemeTypeSTUN, stun.SchemeTypeTURN:
			return nil
		case stun.SchemeTypeTURNS:
			if u.Proto == stun.ProtoTypeTCP {
				return nil
			}
		}
	}
	return wrong("turn.servers", value, "write each as turn:HOST:PORT?transport=udp, turns:HOST:PORT?transport=tcp or stun:HOST:PORT")
}

// ValidateRelay checks what a server needs that only relays.
func (c Config) ValidateRelay() error {
	for _, check := range []func() error{
		func() error { return optionalAddress("turn.udp", c.Turn.UDP) },
		func() error { return optionalAddress("turn.tls", c.Turn.TLS) },
		func() error { return optionalIP("turn.address", c.Turn.Address) },
		func() error { return origin("server.url", c.Server.URL) },
		c.proxies, c.turn, c.log,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	switch {
	case !c.Relays():
		return wrong("turn.udp", "", "set turn.udp or turn.tls: with both turned off there is nothing to do")
	case c.Turn.Secret == "":
		return wrong("turn.secret", "", "set it to what the main server has; without it no credential of its is good here")
	case c.Turn.TLS != "" && (c.Server.Certificate == "" || c.Server.Key == ""):
		return wrong("server.certificate", c.Server.Certificate, "name the files of the certificate chain and, in server.key, of its key (PEM), or empty turn.tls")
	}
	return nil
}

// routable refuses a route that nothing serves.
func (c Config) routable() error {
	if c.Room.Route == RouteRelay && !c.Relays() && len(c.Turn.Servers) == 0 {
		return wrong("room.route", c.Room.Route, "turn on turn.udp or turn.tls or name turn.servers: this route leads through TURN only")
	}
	return nil
}
