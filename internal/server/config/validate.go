package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Validate checks what can be checked without touching the machine. Each error names
// the key, the value and the remedy.
func (c Config) Validate() error {
	checks := []func() error{
		func() error { return address("server.listen", c.Server.Listen) },
		func() error { return address("media.udp", c.Media.UDP) },
		func() error { return optionalAddress("turn.udp", c.Turn.UDP) },
		func() error { return optionalAddress("turn.tls", c.Turn.TLS) },
		func() error { return optionalAddress("metrics.listen", c.Metrics.Listen) },
		func() error { return optionalIP("media.address", c.Media.Address) },
		func() error { return optionalIP("turn.address", c.Turn.Address) },
		c.server, c.proxies, c.media, c.sharing, c.turn, c.mail, c.practice, c.room, c.files, c.journal, c.log, c.hosting,
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func wrong(key, value, remedy string) error {
	return fmt.Errorf("configuration: %s = %q: %s", key, value, remedy)
}

func address(key, value string) error {
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		return wrong(key, value, "write an address and a port, such as 0.0.0.0:443 or :443")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return wrong(key, value, "the port must be a number from 0 to 65535")
	}
	return nil
}

func optionalAddress(key, value string) error {
	if value == "" {
		return nil
	}
	return address(key, value)
}

func optionalIP(key, value string) error {
	if value != "" && net.ParseIP(value) == nil {
		return wrong(key, value, "write the public IP address, such as 203.0.113.7, or leave it empty")
	}
	return nil
}

func (c Config) server() error {
	if c.Server.Data == "" {
		return wrong("server.data", "", "name the folder where the server keeps its data")
	}
	if c.Dev {
		return nil
	}
	if err := origin("server.url", c.Server.URL); err != nil {
		return err
	}
	if c.Server.Certificate == "" {
		return wrong("server.certificate", "", "name the file of the TLS certificate chain (PEM), or start with --dev on a single machine")
	}
	if c.Server.Key == "" {
		return wrong("server.key", "", "name the file of the certificate's private key (PEM)")
	}
	for _, o := range c.Server.Origins {
		if err := origin("server.origins", o); err != nil {
			return err
		}
	}
	return c.socketURL()
}

func (c Config) socketURL() error {
	if c.Server.SocketURL == "" {
		return nil
	}
	u, err := url.Parse(c.Server.SocketURL)
	// What is in it goes into a header, where a semicolon or a comma would end the rule.
	if err != nil || u.Scheme != "wss" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(u.Host, ";, '\"") {
		return wrong("server.socket_url", c.Server.SocketURL, "write the address of the WebSocket with wss, such as wss://ws.hospital.example, or leave it empty")
	}
	return nil
}

func (c Config) proxies() error {
	if _, err := Prefixes(c.Server.TrustedProxies); err != nil {
		return fmt.Errorf("configuration: server.trusted_proxies: %w", err)
	}
	if c.Server.ProxyProtocol && len(c.Server.TrustedProxies) == 0 {
		return wrong("server.proxy_protocol", "true", "name the proxies that send the header in server.trusted_proxies, or set it to false")
	}
	return nil
}

func origin(key, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return wrong(key, value, "write the public address with https, such as https://visio.hospital.example")
	}
	return nil
}

func (c Config) mail() error {
	if !slices.Contains([]string{"starttls", "tls", "none"}, c.Mail.Security) {
		return wrong("mail.security", c.Mail.Security, "choose starttls, tls or none")
	}
	if c.Mail.SMTP != "" {
		if err := address("mail.smtp", c.Mail.SMTP); err != nil {
			return err
		}
	}
	for _, f := range []struct{ key, value string }{{"mail.from", c.Mail.From}, {"mail.reply_to", c.Mail.ReplyTo}} {
		if f.value == "" && (f.key == "mail.reply_to" || c.Dev) {
			continue
		}
		if a, err := mail.ParseAddress(f.value); err != nil || a.Address != f.value {
			return wrong(f.key, f.value, "write a plain mail address, such as votre-teleconsultation@visio.hospital.example")
		}
	}
	return nil
}

func (c Config) practice() error {
	if _, err := time.LoadLocation(c.Practice.TimeZone); err != nil {
		return wrong("practice.time_zone", c.Practice.TimeZone, "write a zone such as Europe/Paris")
	}
	return nil
}

func (c Config) room() error {
	for _, d := range []struct {
		key      string
		value    Duration
		min, max time.Duration
	}{
		{"room.opens_before", c.Room.OpensBefore, 0, 24 * time.Hour},
		{"room.closes_after", c.Room.ClosesAfter, time.Minute, 48 * time.Hour},
		{"room.grace", c.Room.Grace, 5 * time.Second, 10 * time.Minute},
		{"room.session", c.Room.Session, 5 * time.Minute, 7 * 24 * time.Hour},
		{"access.idle", c.Access.Idle, time.Minute, 24 * time.Hour},
		{"room.rekey", c.Room.Rekey, time.Second, 10 * time.Minute},
		{"room.recertify", c.Room.Recertify, 10 * time.Second, 24 * time.Hour},
		{"retention.appointments", c.Retention.Appointments, 24 * time.Hour, 366 * 24 * time.Hour},
		{"retention.outbox", c.Retention.Outbox, time.Hour, 90 * 24 * time.Hour},
	} {
		if v := time.Duration(d.value); v < d.min || v > d.max {
			return wrong(d.key, v.String(), fmt.Sprintf("choose between %s and %s", d.min, d.max))
		}
	}
	if !slices.Contains([]string{RouteAuto, RouteDirect, RouteRelay, RouteServer}, c.Room.Route) {
		return wrong("room.route", c.Room.Route, "choose auto, direct, relay or server")
	}
	if !slices.Contains([]string{SealingAuto, SealingRequired}, c.Room.Sealing) {
		return wrong("room.sealing", c.Room.Sealing, "choose auto or required")
	}
	if !slices.Contains([]string{FactorOptional, FactorRequired}, c.Access.SecondFactor) {
		return wrong("access.second_factor", c.Access.SecondFactor, "choose optional or required")
	}
	return c.routable()
}

// files checks that each bound holds the one before it: a file that may be sent must fit.
func (c Config) files() error {
	f := c.Files
	const most = 1_000_000
	if f.Largest < 0 || f.Largest > 2000 {
		return wrong("files.largest", strconv.Itoa(f.Largest), "write megabytes, 2000 at most, or 0: nobody sends files")
	}
	least, key := f.Largest, "files.largest"
	for _, bound := range []struct {
		key   string
		value int
	}{{"files.person", f.Person}, {"files.room", f.Room}, {"files.all", f.All}} {
		if bound.value < least || bound.value > most {
			return wrong(bound.key, strconv.Itoa(bound.value), fmt.Sprintf("write megabytes, at least as many as %s (%d) and %d at most", key, least, most))
		}
		least, key = bound.value, bound.key
	}
	if life := time.Duration(f.Life); life < 10*time.Minute || life > 24*time.Hour {
		return wrong("files.life", life.String(), "choose between 10m0s and 24h0m0s")
	}
	return nil
}

func (c Config) log() error {
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		return wrong("log.level", c.Log.Level, "choose debug, info, warn or error")
	}
	if !slices.Contains([]string{"json", "text"}, c.Log.Format) {
		return wrong("log.format", c.Log.Format, "choose json or text")
	}
	if strings.ContainsAny(c.Practice.Phone, "\r\n") {
		return wrong("practice.phone", c.Practice.Phone, "write it on one line")
	}
	return nil
}
