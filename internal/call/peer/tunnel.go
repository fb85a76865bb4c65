package peer

import (
	"context"
	"net"
	"strings"
	"time"
)

// dialLimit bounds opening a connection to a TURN server.
const dialLimit = 5 * time.Second

// tunnel opens the TCP connections of ICE by Options.Dial. ICE speaks no TLS on what a
// dialer of ours gives it, so it is done here, for the servers named by turns: (RFC 7065).
type tunnel struct{ o Options }

// Dial implements golang.org/x/net/proxy's Dialer.
func (t tunnel) Dial(_, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialLimit)
	defer cancel()
	return t.o.Dial(ctx, address, t.secure(address))
}

// secure is the server's name when an address is that of a turns: server, else empty.
func (t tunnel) secure(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	for _, s := range t.o.ICE {
		for _, url := range s.URLs {
			at, ok := strings.CutPrefix(url, "turns:")
			at, _, _ = strings.Cut(at, "?")
			if h, p, err := net.SplitHostPort(at); ok && (at == host && port == "5349" || err == nil && h == host && p == port) {
				return host
			}
		}
	}
	return ""
}
