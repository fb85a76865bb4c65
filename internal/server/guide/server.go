package guide

import (
	"net"
	"net/netip"

	"ekermed.example/ekermed/internal/server/config"
)

// server lists what the server's own firewall lets through: one rule for each socket
// and range that is opened, and for each connection that the server begins.
func (m *maker) server() {
	c := m.Config
	arrive := func(r Rule) {
		r.Firewall, r.Direction = Server, In
		if r.From == nil {
			r.From = []Party{Everybody}
		}
		m.add(r)
	}
	web := Rule{ID: "in-web", Use: "in_web", Need: Required, To: Page, Host: m.base.Hostname(), Protocols: []string{HTTPS, WSS}, Transport: TCP, First: listenPort(c.Server.Listen), Keys: []string{"server.listen"}}
	if c.SharesTCP() {
		web.Protocols, web.Keys, web.Use = append(web.Protocols, TURNS), append(web.Keys, "turn.tls"), "in_web_turn"
	}
	arrive(web)
	m.media(arrive)
	if c.Turn.UDP != "" && !c.SharesUDP() {
		arrive(Rule{ID: "in-turn-udp", Use: "in_turn_udp", Need: Recommended, To: Turn, Host: m.turnHost(), Protocols: []string{STUN, TURN}, Transport: UDP, First: listenPort(c.Turn.UDP), Keys: []string{"turn.udp"}})
	}
	if c.Turn.TLS != "" && !c.SharesTCP() {
		arrive(Rule{ID: "in-turn-tls", Use: "in_turn_tls", Need: Recommended, To: Turn, Host: m.turnHost(), Protocols: []string{TURNS}, Transport: TCP, First: listenPort(c.Turn.TLS), Keys: []string{"turn.tls"}})
	}
	if c.Relays() {
		r := Rule{ID: "in-relay", Use: "in_relay", Need: Recommended, To: Relay, Protocols: []string{SRTP, DTLS, STUN}, Transport: UDP, First: c.Turn.MinPort, Last: c.Turn.MaxPort, Keys: []string{"turn.min_port", "turn.max_port"}}
		if !m.meets() && len(c.Turn.Servers) == 0 {
			r.Use, r.Need = "in_relay_own", Optional // only sockets of this machine meet there
		}
		arrive(r)
	}
	if c.Metrics.Listen != "" {
		from := []Party{Metrics}
		if host, _, err := net.SplitHostPort(c.Metrics.Listen); err == nil {
			if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
				from = []Party{Self}
			}
		}
		arrive(Rule{ID: "in-metrics", Use: "in_metrics", Need: Internal, From: from, To: Metrics, Addresses: []string{}, Protocols: []string{HTTP}, Transport: TCP, First: listenPort(c.Metrics.Listen), Keys: []string{"metrics.listen"}})
	}
	m.outgoing()
}

// media is the SFU's socket or range, which may be STUN's and TURN's too.
func (m *maker) media(arrive func(Rule)) {
	c := m.Config
	first, last := m.mediaPorts()
	r := Rule{ID: "in-media", Use: "in_media", Need: Recommended, To: SFU, Protocols: []string{SRTP, DTLS, STUN}, Transport: UDP, First: first, Last: last, Keys: []string{"media.udp"}}
	if c.MediaRange() {
		r.Keys = []string{"media.min_port", "media.max_port"}
	}
	if c.SharesUDP() {
		r.Use, r.Keys, r.Protocols = "in_media_turn", append(r.Keys, "turn.udp"), append(r.Protocols, TURN)
	}
	if c.Room.Route == config.RouteDirect {
		r.Addresses = []string{}
		if c.SharesUDP() {
			r.To, r.Use, r.Protocols = Turn, "in_turn_udp", []string{STUN, TURN}
			r.Host, r.Addresses = m.turnHost(), nil
		} else {
			r.Use, r.Need = "in_media_unused", Unused
		}
	}
	arrive(r)
}

// outgoing lists what the server begins itself. No third party is among it.
func (m *maker) outgoing() {
	c := m.Config
	leave := func(r Rule) {
		r.Firewall, r.Direction, r.From, r.Addresses = Server, Out, []Party{Self}, []string{}
		m.add(r)
	}
	if host, _, err := net.SplitHostPort(c.Mail.SMTP); err == nil {
		leave(Rule{ID: "out-smtp", Use: "out_smtp", Need: Required, To: Post, Host: host, Protocols: []string{SMTP}, Transport: TCP, First: listenPort(c.Mail.SMTP), Keys: []string{"mail.smtp"}})
	}
	for _, transport := range []string{UDP, TCP} {
		leave(Rule{ID: "out-dns-" + transport, Use: "out_dns", Need: Required, To: Names, Protocols: []string{DNS}, Transport: transport, First: 53})
	}
	if c.Relays() {
		leave(Rule{ID: "out-relay", Use: "out_relay", Need: Recommended, To: Peer, Protocols: []string{SRTP, DTLS, STUN}, Transport: UDP, First: firstFree, Last: lastPort, Keys: []string{"turn.allow", "turn.deny"}})
	}
}
