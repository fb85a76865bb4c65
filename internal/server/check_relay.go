package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
	"github.com/pires/go-proxyproto"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/edge"
)

// patience is how long a check waits for a packet.
const patience = 3 * time.Second

// checkAddresses finds the public addresses that clients are told and that lead nowhere.
func checkAddresses(cfg config.Config) (string, error) {
	told := []struct {
		key, address string
		port         int
	}{
		{"media.address", cfg.Media.Address, 0},
		{"turn.address", cfg.Turn.Address, 0},
	}
	if cfg.MediaRange() {
		told[0].port = cfg.Media.MinPort
	} else if _, port, err := net.SplitHostPort(cfg.Media.UDP); err == nil {
		told[0].port, _ = strconv.Atoi(port) // Validate has seen it
	}
	told[1].port = cfg.Turn.MinPort
	if !cfg.Relays() {
		told[1].address = ""
	}
	detail := "none is set: clients are told those of this machine"
	for _, t := range told {
		if t.address == "" {
			continue
		}
		if err := reachable(t.address, t.port); err != nil {
			return "", fmt.Errorf("%s = %q: unreachable public address: this machine does not carry it, and a packet sent to it did not come back (%w); "+
				"correct it, empty it, or have the router forward UDP for it to this machine, from inside too (hairpin NAT)", t.key, t.address, err)
		}
		detail = "the public addresses lead here"
	}
	return detail, nil
}

// Unreachable names a public address that clients are told and that leads nowhere, as far
// as this machine can see; nil when all is well. It is asked before the sockets are open,
// and takes 3 s at most when something is wrong.
func Unreachable(cfg config.Config) error {
	if cfg.Validate() != nil {
		return nil // New says what is wrong
	}
	_, err := checkAddresses(cfg)
	return err
}

// reachable sends a packet to a public address and waits for it on this machine.
func reachable(address string, port int) error {
	own, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	public, err := netip.ParseAddr(address)
	if err != nil {
		return err
	}
	public = public.Unmap()
	if public.IsLoopback() || slices.ContainsFunc(own, func(a net.Addr) bool { return strings.HasPrefix(a.String(), public.String()+"/") }) {
		return nil
	}
	here, err := edge.UDP("port", net.JoinHostPort("", strconv.Itoa(port)))
	if err != nil {
		return nil // the port is taken: that is said where the sockets are tried
	}
	defer here.Close()
	to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(public, uint16(here.LocalAddr().(*net.UDPAddr).Port)))
	from, err := net.DialUDP("udp", nil, to)
	if err != nil {
		return errors.New("no route to it")
	}
	defer from.Close()
	if _, err := from.Write([]byte("check")); err != nil {
		return errors.New("it cannot be sent to")
	}
	if err := here.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	for b := make([]byte, 64); ; {
		n, _, err := here.ReadFrom(b)
		if err != nil {
			return errors.New("nothing came")
		}
		if string(b[:n]) == "check" {
			return nil
		}
	}
}

// dialer opens a client's way to the relay and names the relay's address.
type dialer func() (net.PacketConn, string, error)

// tryRelay lets two clients allocate a relay address each and talk to each other.
func (a *App) tryRelay(key string, dial dialer) error {
	one, err := a.allocate("check-1", key, dial)
	if err != nil {
		return err
	}
	defer one.close()
	two, err := a.allocate("check-2", key, dial)
	if err != nil {
		return err
	}
	defer two.close()
	for range 2 { // the first packet of each side opens its permission
		for _, way := range []struct{ from, to *allocation }{{one, two}, {two, one}} {
			if _, err := way.from.relay.WriteTo([]byte("check"), way.to.relay.LocalAddr()); err != nil {
				return fmt.Errorf("%s: sending through the relay: %w; turn.deny must not name turn.address", key, err)
			}
		}
	}
	for _, side := range []*allocation{one, two} {
		b := make([]byte, 64)
		if err := side.relay.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		if n, _, err := side.relay.ReadFrom(b); err != nil || string(b[:n]) != "check" {
			return fmt.Errorf("%s: nothing came through the relay: turn.address must be an address of this machine, or be forwarded to it with turn.min_port to turn.max_port", key)
		}
	}
	return nil
}

type allocation struct {
	client *turn.Client
	relay  net.PacketConn
	socket net.PacketConn
}

func (a *allocation) close() {
	_ = a.relay.Close()
	a.client.Close()
	_ = a.socket.Close()
}

// here is where this machine reaches a socket of its own.
func here(at netip.AddrPort) string {
	ip := at.Addr().Unmap()
	if ip.IsUnspecified() {
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.AddrPortFrom(ip, at.Port()).String()
}

func (a *App) dialUDP() (net.PacketConn, string, error) {
	c, err := net.ListenPacket("udp4", ":0")
	return c, here(a.relayUDP.LocalAddr().(*net.UDPAddr).AddrPort()), err
}

// dialTLS checks the name as a browser does. The chain is not its business: whom
// clients trust is not known here.
func (a *App) dialTLS() (net.PacketConn, string, error) {
	at := here(a.relayTLS.(*net.TCPAddr).AddrPort())
	raw, err := net.DialTimeout("tcp", at, patience)
	if err != nil {
		return nil, "", err
	}
	if err := a.introduce(raw); err != nil {
		return nil, "", errors.Join(err, raw.Close())
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.leaf)
	c := tls.Client(raw, &tls.Config{ServerName: turnHost(a.cfg, a.url), RootCAs: roots, MinVersion: tls.VersionTLS12})
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, "", errors.Join(err, raw.Close())
	}
	if err := c.Handshake(); err != nil {
		return nil, "", errors.Join(err, raw.Close())
	}
	return turn.NewSTUNConn(c), at, c.SetDeadline(time.Time{})
}

// introduce sends the PROXY header when this machine is a trusted proxy itself.
func (a *App) introduce(c net.Conn) error {
	trusted, err := config.Prefixes(a.cfg.Server.TrustedProxies)
	if err != nil {
		return err
	}
	from := c.LocalAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
	if !a.cfg.Server.ProxyProtocol || !slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(from) }) {
		return nil
	}
	_, err = proxyproto.HeaderProxyFromAddrs(2, c.LocalAddr(), c.RemoteAddr()).WriteTo(c)
	return err
}

func (a *App) allocate(peer, key string, dial dialer) (*allocation, error) {
	ice := a.relay.ICE(peer, true)[0]
	socket, server, err := dial()
	if err != nil {
		return nil, fmt.Errorf("%s: reaching the relay on this machine: %w; check that no firewall of this machine closes the port", key, err)
	}
	client, err := turnClient(socket, server, ice)
	if err != nil {
		return nil, err
	}
	relay, err := client.Allocate()
	if err != nil {
		client.Close()
		_ = socket.Close()
		return nil, fmt.Errorf("%s: allocating a relay address: %w; check that turn.min_port to turn.max_port are free on this machine", key, err)
	}
	return &allocation{client, relay, socket}, nil
}

// turnClient is a client of the TURN server at an address, listening. With an error,
// socket is closed.
func turnClient(socket net.PacketConn, at string, ice wire.ICEServer) (*turn.Client, error) {
	client, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: at, TURNServerAddr: at, Conn: socket, Username: ice.Username, Password: ice.Credential,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	if err := client.Listen(); err != nil {
		client.Close()
		return nil, errors.Join(err, socket.Close())
	}
	return client, nil
}
