package guide

import (
	"fmt"
	"slices"

	"github.com/pion/stun/v4"

	"ekermed.example/ekermed/internal/server/config"
)

// site lists what the network of a clinician or a patient lets out. Nothing comes in.
func (m *maker) site() {
	c := m.Config
	open := func(r Rule) {
		r.Firewall, r.Direction, r.From = Site, Out, []Party{Clinician, Patient}
		m.add(r)
	}
	page := Rule{Case: Always, Need: Required, To: Page, Host: m.base.Hostname(), Transport: TCP, First: portOf(m.base)}
	https, wss := page, page
	https.ID, https.Use, https.Protocols = "https", "https", []string{HTTPS}
	wss.ID, wss.Use, wss.Protocols = "wss", "wss", []string{WSS}
	open(https)
	open(wss)
	if c.Server.SocketURL != "" {
		u := parse(c.Server.SocketURL)
		open(Rule{ID: "wss-apart", Use: "wss_apart", Case: Always, Need: Required, To: Socket, Host: u.Hostname(), Protocols: []string{WSS}, Transport: TCP, First: portOf(u)})
	}
	// Where nothing else leads to the other side, the better way is the only one.
	best := Recommended
	if !m.overTCP() {
		best = Required
	}
	if c.Room.Route != config.RouteDirect {
		first, last := m.mediaPorts()
		open(Rule{ID: "media", Use: "media", Case: UDPOpen, Need: best, To: SFU, Protocols: []string{SRTP, DTLS, STUN}, Transport: UDP, First: first, Last: last})
	}
	m.ownTurn(open, best)
	m.further(open)
	if m.meets() {
		if c.Relays() {
			open(Rule{ID: "relay-range", Use: "relay_range", Case: UDPOpen, Need: Optional, To: Relay, Protocols: []string{SRTP, DTLS, STUN}, Transport: UDP, First: c.Turn.MinPort, Last: c.Turn.MaxPort})
		}
		open(Rule{ID: "direct", Use: "direct", Case: UDPOpen, Need: Optional, To: Peer, Protocols: []string{SRTP, DTLS, STUN}, Transport: UDP, First: firstFree, Last: lastPort})
	}
}

func (m *maker) ownTurn(open func(Rule), best string) {
	c := m.Config
	if c.Turn.UDP != "" && (c.Room.Route != config.RouteServer || !c.SharesUDP()) {
		r := Rule{ID: "turn-udp", Use: "turn_udp", Case: UDPOpen, Need: best, To: Turn, Host: m.turnHost(), Protocols: []string{STUN, TURN}, Transport: UDP, First: listenPort(c.Turn.UDP)}
		switch c.Room.Route {
		case config.RouteServer: // clients are told no stun: then
			r.Use, r.Need, r.Protocols = "turn_udp_server", Fallback, []string{TURN}
		case config.RouteRelay:
			r.Use = "turn_udp_relay"
		}
		open(r)
	}
	if c.Turn.TLS != "" {
		open(Rule{ID: "turn-tls", Use: "turn_tls", Case: UDPClosed, Need: Fallback, To: Turn, Host: m.turnHost(), Protocols: []string{TURNS}, Transport: TCP, First: listenPort(c.Turn.TLS)})
	}
}

// further lists the other TURN servers, one rule for each port.
func (m *maker) further(open func(Rule)) {
	var list []Rule
	for _, u := range m.servers() {
		r := Rule{Use: "further", Case: UDPOpen, Need: Fallback, To: Further, Host: u.Host, Transport: UDP, First: u.Port}
		switch {
		case u.Scheme == stun.SchemeTypeSTUN && m.Config.Room.Route == config.RouteServer:
			continue // clients are not told
		case u.Scheme == stun.SchemeTypeSTUN:
			r.Protocols = []string{STUN}
		case u.Scheme == stun.SchemeTypeTURNS:
			r.Protocols, r.Transport, r.Case = []string{TURNS}, TCP, UDPClosed
		default:
			r.Protocols = []string{TURN}
			if u.Proto == stun.ProtoTypeTCP {
				r.Transport, r.Case = TCP, UDPClosed
			}
		}
		at := slices.IndexFunc(list, func(o Rule) bool {
			return o.Host == r.Host && o.First == r.First && o.Transport == r.Transport
		})
		if at < 0 {
			r.ID = fmt.Sprintf("further-%d", len(list)+1)
			list = append(list, r)
		} else if !slices.Contains(list[at].Protocols, r.Protocols[0]) {
			list[at].Protocols = append(list[at].Protocols, r.Protocols[0])
		}
	}
	for _, r := range list {
		open(r)
	}
}

// overTCP tells whether a network without UDP is served.
func (m *maker) overTCP() bool {
	return m.Config.Turn.TLS != "" || slices.ContainsFunc(m.servers(), func(u stun.URI) bool {
		return u.Scheme != stun.SchemeTypeSTUN && u.Proto == stun.ProtoTypeTCP
	})
}

// meets tells whether two people may talk without the server and see each other's
// addresses.
func (m *maker) meets() bool {
	return m.Config.Room.Route == config.RouteAuto || m.Config.Room.Route == config.RouteDirect
}

func (m *maker) mediaPorts() (first, last int) {
	if m.Config.MediaRange() {
		return m.Config.Media.MinPort, m.Config.Media.MaxPort
	}
	port := listenPort(m.Config.Media.UDP)
	return port, port
}
