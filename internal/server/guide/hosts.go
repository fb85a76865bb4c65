package guide

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/stun/v4"

	"ekermed.example/ekermed/internal/server/config"
)

// patience is how long all names together may take.
const patience = 4 * time.Second

// hosts lists who clients are told of, each with its addresses.
func (m *maker) hosts(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := m.Config
	m.host(ctx, m.base.Hostname(), Page)
	if c.Server.SocketURL != "" {
		m.host(ctx, parse(c.Server.SocketURL).Hostname(), Socket)
	}
	if c.Relays() {
		m.host(ctx, m.turnHost(), Turn)
	}
	for _, u := range m.servers() {
		m.host(ctx, u.Host, Further)
	}
	if c.Room.Route != config.RouteDirect {
		m.known(SFU, m.mediaAddresses())
	}
	if c.Relays() {
		relay := []netip.Addr{m.Outward}
		if ip, err := netip.ParseAddr(c.Turn.Address); err == nil {
			relay[0] = ip
		}
		m.known(Relay, relay)
	}
}

// host adds a name, or a role to one that is known.
func (m *maker) host(ctx context.Context, name string, role Party) {
	for i, h := range m.guide.Hosts {
		if h.Name == name {
			if !h.is(role) {
				m.guide.Hosts[i].Roles = append(h.Roles, role)
			}
			return
		}
	}
	h := Host{Name: name, Roles: []Party{role}, Addresses: []string{}}
	addresses, err := m.resolve(ctx, name)
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound, err == nil && len(addresses) == 0:
		h.Problem = NotFound
	case err != nil:
		h.Problem = NoAnswer
	}
	h.fill(addresses)
	m.guide.Hosts = append(m.guide.Hosts, h)
}

func (m *maker) resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{ip}, nil
	}
	return m.DNS.LookupNetIP(ctx, "ip", name)
}

// known adds a host that clients know by its addresses.
func (m *maker) known(role Party, addresses []netip.Addr) {
	h := Host{Roles: []Party{role}, Addresses: []string{}}
	h.fill(addresses)
	m.guide.Hosts = append(m.guide.Hosts, h)
}

func (h *Host) fill(addresses []netip.Addr) {
	slices.SortFunc(addresses, func(a, b netip.Addr) int { // IPv4 first, as firewalls list them
		return cmp.Or(cmp.Compare(a.Unmap().BitLen(), b.Unmap().BitLen()), a.Unmap().Compare(b.Unmap()))
	})
	for _, a := range addresses {
		if a = a.Unmap(); a.IsValid() && !slices.Contains(h.Addresses, a.String()) {
			h.Addresses = append(h.Addresses, a.String())
			h.Private = h.Private || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast()
		}
	}
}

// mediaAddresses are those in the SFU's candidates.
func (m *maker) mediaAddresses() []netip.Addr {
	if ip, err := netip.ParseAddr(m.Config.Media.Address); err == nil {
		return []netip.Addr{ip}
	}
	host, _, err := net.SplitHostPort(m.Config.Media.UDP)
	if err != nil {
		return nil
	}
	ip, err := netip.ParseAddr(host)
	if err == nil && !ip.IsUnspecified() {
		return []netip.Addr{ip}
	}
	six := err == nil && ip.Is6()
	var list []netip.Addr
	for _, a := range m.Carried {
		if six || a.Unmap().Is4() {
			list = append(list, a)
		}
	}
	return list
}

func (m *maker) turnHost() string {
	return cmp.Or(m.Config.Turn.Host, m.base.Hostname())
}

// servers are the further TURN servers.
func (m *maker) servers() []stun.URI {
	var list []stun.URI
	for _, s := range m.Config.Turn.Servers {
		if u, err := stun.ParseURI(s); err == nil { // Validate has seen it
			list = append(list, *u)
		}
	}
	return list
}
