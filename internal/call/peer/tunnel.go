package peer

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/pion/stun/v4"

	"ekermed.example/ekermed/internal/call/wire"
)

// dialLimit bounds opening a connection to a TURN server: ICE waits for it, but nobody
// else, and a proxy on the way may be slow.
const dialLimit = 8 * time.Second

// Tunnel opens the TCP connections of ICE by a dialer of ours. ICE speaks no TLS on what
// a dialer gives it, so it is done here, for the servers named by turns: (RFC 7065).
type Tunnel struct {
	ctx  context.Context // of the media connection
	dial func(ctx context.Context, address, secure string) (net.Conn, error)
	// targets, by the address that ICE knows.
	targets map[string]target
}

// target is a server that ICE reaches over TCP.
type target struct {
	address string
	secure  string // its name when it is to speak TLS
}

// NewTunnel also gives the servers as ICE is to know them: those over TCP by addresses
// that stand for their names. ICE would look the names up, and inside a network with a
// proxy they often mean nothing: only the proxy can.
func NewTunnel(ctx context.Context, servers []wire.ICEServer, dial func(ctx context.Context, address, secure string) (net.Conn, error)) (*Tunnel, []wire.ICEServer) {
	t := &Tunnel{ctx: ctx, dial: dial, targets: map[string]target{}}
	known := make([]wire.ICEServer, 0, len(servers))
	for _, s := range servers {
		urls := make([]string, 0, len(s.URLs))
		for _, url := range s.URLs {
			urls = append(urls, t.stand(url))
		}
		s.URLs = urls
		known = append(known, s)
	}
	return t, known
}

// stand makes a server's URL one with an address, and notes what that stands for.
func (t *Tunnel) stand(url string) string {
	u, err := stun.ParseURI(url)
	if err != nil || u.Proto != stun.ProtoTypeTCP || (u.Scheme != stun.SchemeTypeTURN && u.Scheme != stun.SchemeTypeTURNS) {
		return url
	}
	port := strconv.Itoa(u.Port)
	to := target{address: net.JoinHostPort(u.Host, port)}
	if u.Scheme == stun.SchemeTypeTURNS {
		to.secure = u.Host
	}
	u.Host = fmt.Sprintf("192.0.2.%d", len(t.targets)%254+1) // for documentation only (RFC 5737)
	t.targets[net.JoinHostPort(u.Host, port)] = to
	return u.String()
}

// Dial implements golang.org/x/net/proxy's Dialer.
func (t *Tunnel) Dial(_, address string) (net.Conn, error) {
	to, ok := t.targets[address]
	if !ok {
		return nil, fmt.Errorf("dialling for ICE: %s is none of its servers", address)
	}
	ctx, cancel := context.WithTimeout(t.ctx, dialLimit)
	defer cancel()
	return t.dial(ctx, to.address, to.secure)
}
