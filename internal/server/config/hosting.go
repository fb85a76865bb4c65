package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Hosting says where this server stands and who runs it.
type Hosting struct {
	// Country is that of this machine, Hosts those of others as "name=FR".
	Country     string   `toml:"country"`
	Hosts       []string `toml:"hosts"`
	Operator    string   `toml:"operator"`
	Certificate string   `toml:"certificate"`
}

// european tells whether a country (ISO 3166-1, two letters) is in the European Economic
// Area, where the GDPR holds.
func european(country string) bool {
	return slices.Contains(strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"), country)
}

// Countries tells where each host that this configuration names stands, by its name: this
// one, and those that packets or mails are sent to or clients are sent to.
func (c Config) Countries() map[string]string {
	all := map[string]string{}
	for _, h := range c.Hosting.Hosts {
		name, country, _ := strings.Cut(h, "=")
		all[strings.ToLower(name)] = country
	}
	if own := hostOf(c.Server.URL); own != "" {
		all[own] = c.Hosting.Country
	}
	return all
}

// named lists the hosts that the configuration names, each with its key.
func (c Config) named() map[string]string {
	hosts := map[string]string{}
	add := func(key, host string) {
		if host = strings.ToLower(host); host != "" && net.ParseIP(host) == nil {
			hosts[host] = key
		}
	}
	add("server.socket_url", hostOf(c.Server.SocketURL))
	add("turn.host", c.Turn.Host)
	for _, s := range c.Turn.Servers {
		add("turn.servers", turnHost(s))
	}
	if host, _, err := net.SplitHostPort(c.Mail.SMTP); err == nil {
		hosts[strings.ToLower(host)] = "mail.smtp" // an address too: mails hold names
	}
	return hosts
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// turnHost is the host of a TURN or STUN URL (RFC 7064, RFC 7065).
func turnHost(raw string) string {
	_, rest, _ := strings.Cut(raw, ":")
	rest, _, _ = strings.Cut(rest, "?")
	if host, _, err := net.SplitHostPort(rest); err == nil {
		return host
	}
	return strings.Trim(rest, "[]")
}

// hosting checks that everything stays in the European Economic Area.
func (c Config) hosting() error {
	for _, h := range c.Hosting.Hosts {
		name, country, ok := strings.Cut(h, "=")
		if !ok || name == "" || strings.ContainsAny(name, " /:") && net.ParseIP(name) == nil {
			return wrong("hosting.hosts", h, "write a host's name and its country, such as turn2.hospital.example=FR")
		}
		if !european(country) {
			return wrong("hosting.hosts", h, "name a country of the European Economic Area by two letters, such as FR; hosts elsewhere are not taken")
		}
	}
	for _, v := range []struct{ key, value string }{{"hosting.operator", c.Hosting.Operator}, {"hosting.certificate", c.Hosting.Certificate}} {
		if strings.ContainsAny(v.value, "\r\n") || len(v.value) > 200 {
			return wrong(v.key, v.value, "write it on one line of at most 200 bytes")
		}
	}
	if c.Dev {
		return nil
	}
	if !european(c.Hosting.Country) {
		return wrong("hosting.country", c.Hosting.Country, "name the country where this server stands by two letters, such as FR; it must be in the European Economic Area")
	}
	known := c.Countries()
	for host, key := range c.named() {
		if known[host] == "" && !loopbackHost(host) {
			return wrong(key, host, fmt.Sprintf("say where this host stands: add %q to hosting.hosts, with its country", host+"=FR"))
		}
	}
	return nil
}

func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
