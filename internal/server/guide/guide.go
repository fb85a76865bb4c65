// Package guide makes the firewall and antispam document of a server from its
// configuration: first a typed Guide that knows no language, then its writers.
package guide

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/server/config"
)

// Guide is what has to be opened and allowed, before it has words. The JSON format is
// this struct; Text is filled in by JSON.
type Guide struct {
	Version string    `json:"version"`
	Made    time.Time `json:"made"`
	// URL is the public base address, without a slash at its end.
	URL string `json:"url"`
	// Dev says that the server is for one machine.
	Dev   bool   `json:"dev,omitempty"`
	Route string `json:"route"`
	Hosts []Host `json:"hosts"`
	Rules []Rule `json:"rules"`
	Mail  Mail   `json:"mail"`
	// Proxies says that trusted proxies stand in front of the server.
	Proxies bool `json:"proxies,omitempty"`
}

// Party is who a packet comes from or goes to.
type Party string

// The parties. The first three begin connections.
const (
	Clinician Party = "clinician" // the clinician's workstation
	Patient   Party = "patient"   // the patient's browser
	Self      Party = "self"      // the server's own machine
	Everybody Party = "everybody" // any address on the Internet
	Page      Party = "page"      // pages and interface
	Socket    Party = "socket"    // a WebSocket with a host of its own
	Turn      Party = "turn"      // STUN and TURN of this server
	Further   Party = "further"   // STUN and TURN of another server
	SFU       Party = "sfu"       // media through the server
	Relay     Party = "relay"     // the addresses that TURN relays from
	Peer      Party = "peer"      // the other person's network
	Post      Party = "smtp"      // the mail server
	Names     Party = "dns"
	Metrics   Party = "metrics"
)

// Host is a machine that clients are told of.
type Host struct {
	// Name is empty for one that is told by its addresses only.
	Name      string   `json:"name,omitempty"`
	Roles     []Party  `json:"roles"`
	Addresses []string `json:"addresses"`
	// Problem is why there is no address: NotFound, or NoAnswer of the DNS.
	Problem string `json:"problem,omitempty"`
	// Private says that an address is not a public one.
	Private bool `json:"private,omitempty"`
}

// The values of Host.Problem.
const (
	NotFound = "not_found"
	NoAnswer = "no_answer"
)

// Rule is one line of a firewall.
type Rule struct {
	ID string `json:"id"`
	// Firewall is whose: Site (hospital, practice, home) or Server.
	Firewall string `json:"firewall"`
	// Direction is In or Out as that firewall sees it.
	Direction string   `json:"direction"`
	Case      string   `json:"case,omitempty"`
	Need      string   `json:"need"`
	From      []Party  `json:"from"`
	To        Party    `json:"to"`
	Host      string   `json:"host,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	Protocols []string `json:"protocols"`
	Transport string   `json:"transport"`
	// First and Last bound the ports, both included. 0: chosen when the server starts.
	First int `json:"port"`
	Last  int `json:"last_port"`
	// Keys are where the configuration says so.
	Keys []string `json:"keys,omitempty"`
	// Use names the sentence that says what for; Text is the sentence.
	Use  string `json:"use"`
	Text string `json:"text,omitempty"`
}

// What the fields of a Rule say.
const (
	Site, Server = "site", "server"
	In, Out      = "in", "out"

	Always, UDPOpen, UDPClosed = "always", "udp", "no_udp"

	Required    = "required"
	Recommended = "recommended"
	Fallback    = "fallback" // required where the better way is closed
	Optional    = "optional" // shortens the way, nothing depends on it
	Unused      = "unused"   // open, and not used with this configuration
	Internal    = "internal" // not for the outside

	HTTPS, WSS, STUN, TURN, TURNS = "HTTPS", "WSS", "STUN", "TURN", "TURNS"
	SRTP, DTLS, SMTP, DNS, HTTP   = "SRTP", "DTLS", "SMTP", "DNS", "HTTP"

	UDP, TCP = "udp", "tcp"

	// firstFree to lastPort stand for any port of somebody else's choice.
	firstFree, lastPort = 1024, 65535
)

// Mail is what an antispam filter should know.
type Mail struct {
	From    string `json:"from"`
	ReplyTo string `json:"reply_to,omitempty"`
	// Domain is what to allow-list; From, envelope and message IDs are in it.
	Domain string `json:"domain"`
	// Link is how the link in a mail begins.
	Link string `json:"link"`
	// SMTP is the relay that sends; empty when mails stay in a folder.
	SMTP string `json:"smtp,omitempty"`
}

// Resolver asks the DNS; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Source is what a Guide is made from.
type Source struct {
	// Config has the ports that are really open, where the server runs.
	Config config.Config
	// URL is the public base address; empty takes Config's.
	URL     string
	Version string
	Made    time.Time
	DNS     Resolver
	// Carried are the addresses of this machine's interfaces, which clients are told when
	// media.address is empty; Outward is the one it reaches others from.
	Carried []netip.Addr
	Outward netip.Addr
}

// New makes the guide. It fails for nothing: what cannot be found out is said in it.
func New(ctx context.Context, s Source) Guide {
	c := s.Config
	base := strings.TrimSuffix(s.URL, "/")
	if base == "" {
		base = strings.TrimSuffix(c.Server.URL, "/")
	}
	if base == "" {
		base = "https://" + c.Server.Listen
	}
	g := Guide{Version: s.Version, Made: s.Made.UTC(), URL: base, Dev: c.Dev, Route: c.Room.Route, Proxies: len(c.Server.TrustedProxies) > 0}
	m := maker{Source: s, base: parse(base), guide: &g}
	m.hosts(ctx)
	m.site()
	m.server()
	_, domain, _ := strings.Cut(c.Mail.From, "@")
	g.Mail = Mail{From: c.Mail.From, ReplyTo: c.Mail.ReplyTo, Domain: domain, Link: base + "/r/", SMTP: c.Mail.SMTP}
	return g
}

// maker fills a guide.
type maker struct {
	Source
	base  *url.URL
	guide *Guide
}

func (m *maker) add(r Rule) {
	if r.Last == 0 {
		r.Last = r.First
	}
	if r.Addresses == nil {
		r.Addresses = m.guide.addresses(r.To, r.Host)
	}
	m.guide.Rules = append(m.guide.Rules, r)
}

// addresses are those of a host that plays a role.
func (g *Guide) addresses(role Party, name string) []string {
	for _, h := range g.Hosts {
		if h.Name == name && h.is(role) {
			return h.Addresses
		}
	}
	return nil
}

func (h Host) is(role Party) bool {
	for _, r := range h.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// parse gives an empty URL for what is none: Validate has seen it, where it counts.
func parse(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		return &url.URL{}
	}
	return u
}

// portOf is the port that a URL leads to.
func portOf(u *url.URL) int {
	if n, err := strconv.Atoi(u.Port()); err == nil {
		return n
	}
	if u.Scheme == "http" {
		return 80
	}
	return 443
}

// listenPort is the port of an address such as 0.0.0.0:443.
func listenPort(address string) int {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return n
}
