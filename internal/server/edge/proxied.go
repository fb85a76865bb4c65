package edge

import (
	"errors"
	"net"
	"net/netip"
	"slices"

	"github.com/pires/go-proxyproto"
)

var errNotTCP = errors.New("the PROXY header is not about a TCP connection")

// Proxied takes the true source of connections from the PROXY header (versions 1 and
// 2) that trusted proxies must send. Nobody else's is read: what begins with one is
// neither TLS nor HTTP, so the connection ends.
func Proxied(l net.Listener, trusted []netip.Prefix) net.Listener {
	return &proxyproto.Listener{
		Listener: l, ReadHeaderTimeout: helloLimit,
		ConnPolicy: func(o proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) {
			if tcp, ok := o.Upstream.(*net.TCPAddr); ok {
				ip := tcp.AddrPort().Addr().Unmap()
				if slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(ip) }) {
					return proxyproto.REQUIRE, nil
				}
			}
			return proxyproto.SKIP, nil
		},
		ValidateHeader: func(h *proxyproto.Header) error {
			if h.Command.IsLocal() || h.TransportProtocol.IsUnspec() || h.TransportProtocol.IsStream() && !h.TransportProtocol.IsUnix() {
				return nil
			}
			return errNotTCP
		},
	}
}
