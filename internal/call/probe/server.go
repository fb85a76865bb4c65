package probe

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
)

// server is one STUN or TURN URL.
type server struct {
	id     string
	kind   call.TestKind
	target call.Target
	secure bool
	ice    wire.ICEServer // with that URL alone
}

// read lists the URLs that we know how to try (RFC 7064 and 7065).
func read(ice []wire.ICEServer) []server {
	var list []server
	counts := map[call.TestKind]int{}
	for _, one := range ice {
		for _, url := range one.URLs {
			u, err := stun.ParseURI(url)
			if err != nil || u.IsSecure() && u.Proto == stun.ProtoTypeUDP { // DTLS: nobody offers it
				continue
			}
			s := server{kind: call.TestSTUN, secure: u.IsSecure(), ice: wire.ICEServer{URLs: []string{url}, Username: one.Username, Credential: one.Credential}}
			s.target = call.Target{Host: u.Host, Port: u.Port, Over: "udp"}
			if u.Proto == stun.ProtoTypeTCP {
				s.target.Over = "tcp"
			}
			relays := u.Scheme == stun.SchemeTypeTURN || u.Scheme == stun.SchemeTypeTURNS
			switch {
			case relays && s.secure:
				s.kind = call.TestTURNTLS
			case relays && s.target.Over == "tcp":
				s.kind = call.TestTURNTCP
			case relays:
				s.kind = call.TestTURNUDP
			}
			s.id = string(s.kind)
			if counts[s.kind]++; counts[s.kind] > 1 {
				s.id += "-" + strconv.Itoa(counts[s.kind])
			}
			list = append(list, s)
		}
	}
	return list
}

// reach asks one server for what it is there for: our address as it sees it (STUN, RFC
// 8489), or a relay (TURN, RFC 8656), which is given back at once.
func (p *prober) reach(ctx context.Context, s server) (call.Figures, error) {
	from := time.Now()
	conn, to, err := p.way(ctx, s)
	if err != nil {
		return call.Figures{}, err
	}
	defer conn.Close()
	client, err := turn.NewClient(&turn.ClientConfig{
		Conn: conn, STUNServerAddr: to, TURNServerAddr: to, Username: s.ice.Username, Password: s.ice.Credential, LoggerFactory: quiet(),
	})
	if err != nil {
		return call.Figures{}, err
	}
	defer client.Close()
	// Closing ends what waits: the client itself knows no context.
	over := context.AfterFunc(ctx, func() {
		_ = conn.Close()
		client.Close()
	})
	defer over()
	if err := client.Listen(); err != nil {
		return call.Figures{}, err
	}
	if s.kind == call.TestSTUN {
		if _, err := client.SendBindingRequest(); err != nil {
			return call.Figures{}, err
		}
		return call.Figures{Ready: time.Since(from)}, nil
	}
	relay, err := client.Allocate()
	if err != nil {
		return call.Figures{}, err
	}
	figures := call.Figures{Ready: time.Since(from)}
	_ = relay.Close() // the server forgets it in any case when the session ends
	return figures, nil
}

// way opens what carries packets to a server, and gives its address.
func (p *prober) way(ctx context.Context, s server) (net.PacketConn, string, error) {
	address := net.JoinHostPort(s.target.Host, strconv.Itoa(s.target.Port))
	if s.target.Over == "tcp" {
		name := ""
		if s.secure {
			name = s.target.Host
		}
		conn, err := p.o.Dialer.DialTLS(ctx, address, name)
		if err != nil {
			return nil, "", err
		}
		return turn.NewSTUNConn(conn), conn.RemoteAddr().String(), nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", s.target.Host)
	if err != nil {
		return nil, "", err
	}
	if len(found) == 0 {
		return nil, "", fmt.Errorf("no address of %s", s.target.Host)
	}
	at := found[0].Unmap()
	for _, a := range found {
		if a.Unmap().Is4() { // where there are both, IPv4 is the likelier to be let through
			at = a.Unmap()
			break
		}
	}
	network := "udp4"
	if at.Is6() {
		network = "udp6"
	}
	conn, err := net.ListenPacket(network, ":0")
	if err != nil {
		return nil, "", err
	}
	return conn, net.JoinHostPort(at.String(), strconv.Itoa(s.target.Port)), nil
}

// quiet drops pion's own log lines: they name addresses, which no log may hold.
func quiet() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}
