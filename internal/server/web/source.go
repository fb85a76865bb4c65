package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// source is who asks, for throttling and for nothing else. A proxy of ours tells in
// X-Forwarded-For; what anybody else writes there is not read (threat 24). Of the list,
// each proxy has added who spoke to it at the right, so the rightmost address that is no
// proxy of ours is the last one that somebody we trust has seen.
//
// This is our own because the module that does it, realclientip-go, could not be had
// from the module proxy.
func (w *Web) source(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	at, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	told := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(told) {
		if !w.trusts(at) {
			break
		}
		next, ok := address(hop)
		if !ok {
			break // our own proxy wrote nothing that we know: it is all one source
		}
		at = next
	}
	return network(at)
}

// network is what counts as one source: an IPv4 address, or the /64 of an IPv6 address,
// of which any one machine has as many as it likes (RFC 4862).
func network(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}

func (w *Web) trusts(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return slices.ContainsFunc(w.o.Proxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// address reads one entry: an address, which some proxies write with a port.
func address(hop string) (netip.Addr, bool) {
	hop = strings.TrimSpace(hop)
	if ip, err := netip.ParseAddr(strings.Trim(hop, "[]")); err == nil {
		return ip, true
	}
	at, err := netip.ParseAddrPort(hop)
	return at.Addr(), err == nil
}
