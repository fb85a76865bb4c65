package relay

import (
	"net"
	"net/netip"
	"slices"
)

// Policy says which peers the relay may reach. Ours always; then what Allow names;
// never what Deny names, nor anything that is not a public unicast address, nor any
// other port of our own machine.
type Policy struct {
	// Ours are the media ports of our own server.
	Ours []Span
	// Own are the addresses of this machine: of them, and of those of Ours, nothing but
	// Ours and the relay's own ports is reached, whatever Allow says.
	Own []netip.Addr
	// Relay is our own relay address: two clients that are both relayed meet there,
	// within the port range.
	Relay            netip.Addr
	MinPort, MaxPort uint16
	Allow, Deny      []netip.Prefix
}

// Span is an address with a range of ports, both ends included.
type Span struct {
	Addr             netip.Addr
	MinPort, MaxPort uint16
}

func (s Span) holds(ip netip.Addr, port uint16) bool {
	return s.Addr.Unmap() == ip && port >= s.MinPort && port <= s.MaxPort
}

// private are the ranges that IsPrivate and its like do not cover (RFC 6890, RFC
// 6598, RFC 2544, RFC 6052, RFC 3056, RFC 4380).
func private() []netip.Prefix {
	var list []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10", "100::/64",
	} {
		list = append(list, netip.MustParsePrefix(s))
	}
	return list
}

// Allows tells whether the relay may exchange packets with this peer.
func (p Policy) Allows(peer netip.AddrPort) bool {
	ip := peer.Addr().Unmap()
	if !ip.IsValid() {
		return false
	}
	for _, ours := range p.Ours {
		if ours.holds(ip, peer.Port()) {
			return true
		}
	}
	if relay := (Span{p.Relay, p.MinPort, p.MaxPort}); ip == relay.Addr.Unmap() {
		return relay.holds(ip, peer.Port())
	}
	return !p.isOwn(ip) && p.reaches(ip)
}

// isOwn tells whether an address is one of this machine's, or where the world finds it.
func (p Policy) isOwn(ip netip.Addr) bool {
	return slices.ContainsFunc(p.Own, func(own netip.Addr) bool { return own.Unmap() == ip }) ||
		slices.ContainsFunc(p.Ours, func(ours Span) bool { return ours.Addr.Unmap() == ip })
}

// oursOnly reaches the media of our own server and nothing else.
func (p Policy) oursOnly() Policy {
	return Policy{Ours: p.Ours, Deny: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
}

// reaches judges an address alone.
func (p Policy) reaches(ip netip.Addr) bool {
	if !ip.IsValid() || ip.Zone() != "" || within(ip, p.Deny) {
		return false
	}
	if within(ip, p.Allow) {
		return true
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !within(ip, private())
}

func within(ip netip.Addr, list []netip.Prefix) bool {
	for _, prefix := range list {
		if prefix.Contains(ip) {
			return true
		}
	}
	return false
}

// permit is TURN's permission check, which sees no port.
func (p Policy) permit(_ net.Addr, raw net.IP) bool {
	ip, ok := netip.AddrFromSlice(raw)
	if !ok {
		return false
	}
	// An IPv4 address dressed as IPv6 (::ffff:127.0.0.1) is judged as what it is.
	ip = ip.Unmap()
	for _, ours := range p.Ours {
		if ours.Addr.Unmap() == ip {
			return true
		}
	}
	return ip == p.Relay.Unmap() || !p.isOwn(ip) && p.reaches(ip)
}
