package relay

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
	"go.uber.org/goleak"

	"ekermed.example/ekermed/internal/server/edge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type rig struct {
	relay *Relay
	udp   *net.UDPConn
	ours  *net.UDPConn // a media socket of the server
	late  atomic.Int64 // how far the clock has been put on
	held  atomic.Int64 // where the clock stands still, when not zero
}

func newRig(t *testing.T) *rig { return newRigOn(t, false) }

// newRigOn has a socket of its own or shares that of the SFU.
func newRigOn(t *testing.T, shared bool) *rig {
	t.Helper()
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	r := &rig{udp: listen(), ours: listen()}
	var socket net.PacketConn = r.udp
	if shared {
		media, turn := edge.Split(r.udp)
		socket = turn
		var reading sync.WaitGroup
		reading.Go(func() { // the SFU
			for b := make([]byte, 2000); ; {
				if _, _, err := media.ReadFrom(b); err != nil {
					return
				}
			}
		})
		t.Cleanup(func() { media.Close(); reading.Wait() })
	}
	var err error
	r.relay, err = New(Options{
		UDP: socket, URLs: []string{"turn:localhost:1?transport=udp"}, Address: net.IPv4(127, 0, 0, 1), Listen: "127.0.0.1",
		MinPort: 49152, MaxPort: 65535, Log: slog.New(slog.DiscardHandler), Now: r.now,
		Policy: Policy{Ours: []Span{span(r.ours.LocalAddr().(*net.UDPAddr).AddrPort())}, Relay: netip.MustParseAddr("127.0.0.1"), MinPort: 65500, MaxPort: 65535},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.relay.Close() })
	return r
}

func (r *rig) now() time.Time {
	if at := r.held.Load(); at != 0 {
		return time.Unix(at, 0)
	}
	return time.Now().Add(time.Duration(r.late.Load()))
}

func span(at netip.AddrPort) Span { return Span{at.Addr(), at.Port(), at.Port()} }

func (r *rig) client(t *testing.T, user, password string) *turn.Client {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := logging.NewDefaultLoggerFactory()
	log.Writer = io.Discard
	client, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: r.udp.LocalAddr().String(), TURNServerAddr: r.udp.LocalAddr().String(), Conn: c,
		Username: user, Password: password, LoggerFactory: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); c.Close() })
	return client
}

// T1, T2: nothing private can be reached through the relay, however it is written;
// the media sockets of our own server can.
func TestPrivatePeersAreRefused(t *testing.T) {
	r := newRig(t)
	ice := r.relay.ICE("p", true)[0]
	conn, err := r.client(t, ice.Username, ice.Credential).Allocate()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.WriteTo([]byte("media"), r.ours.LocalAddr()); err != nil {
		t.Errorf("our own media socket: %v", err)
	}
	b := make([]byte, 16)
	_ = r.ours.SetReadDeadline(time.Now().Add(3 * time.Second))
	if n, _, err := r.ours.ReadFrom(b); err != nil || string(b[:n]) != "media" {
		t.Errorf("nothing came to our own media socket: %v", err)
	}
	for _, ip := range []string{"127.9.9.9", "0.0.0.0", "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"} {
		if _, err := conn.WriteTo([]byte("x"), &net.UDPAddr{IP: net.ParseIP(ip), Port: 80}); err == nil {
			t.Errorf("%s was permitted", ip)
		} else if !strings.Contains(err.Error(), "403") && !strings.Contains(err.Error(), "Forbidden") {
			t.Errorf("%s: %v is no 403", ip, err)
		}
	}
	// The address is permitted for media; another port of it is not served.
	victim, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer victim.Close()
	if _, err := conn.WriteTo([]byte("x"), victim.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	_ = victim.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	if n, _, err := victim.ReadFrom(b); err == nil {
		t.Errorf("a service on loopback was reached: %q", b[:n])
	}
}

func TestPolicy(t *testing.T) {
	p := Policy{
		Ours:  []Span{span(netip.MustParseAddrPort("203.0.113.5:8443")), {netip.MustParseAddr("203.0.113.6"), 40000, 40100}},
		Relay: netip.MustParseAddr("203.0.113.5"), MinPort: 50000, MaxPort: 50100,
		Own:   []netip.Addr{netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("10.1.2.9"), netip.MustParseAddr("203.0.113.5")},
		Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, Deny: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("10.1.9.0/24")},
	}
	for peer, want := range map[string]bool{
		"203.0.113.5:8443": true, "203.0.113.6:40000": true, "203.0.113.6:40100": true, "[::ffff:203.0.113.6]:40050": true, "203.0.113.5:22": false, "203.0.113.5:50050": true, "[::ffff:203.0.113.5]:8443": true,
		"8.8.8.8:1000": true, "198.51.100.7:1000": false, "10.1.2.3:1000": true, "10.1.9.3:1000": false, "10.2.2.3:1000": false,
		"[::1]:80": false, "[::]:80": false, "[fe80::1]:80": false, "[fe80::1%eth0]:80": false, "[fd00::1]:80": false, "[2001:db8::1]:80": true,
		"[::ffff:127.0.0.1]:80": false, "[::ffff:10.0.0.1]:80": false, "[64:ff9b::7f00:1]:80": false, "[2002:7f00:1::]:80": false, "[ff02::1]:80": false,
		// Of our own machine only what is listed, whatever turn.allow says.
		"203.0.113.6:22": false, "203.0.113.6:39999": false, "192.0.2.10:53": false, "[::ffff:192.0.2.10]:53": false, "192.0.2.11:53": true, "10.1.2.9:53": false,
		"0.0.0.0:80": false, "127.0.0.1:80": false, "240.0.0.1:80": false,
	} {
		if got := p.Allows(netip.MustParseAddrPort(peer)); got != want {
			t.Errorf("%s: %v", peer, got)
		}
	}
	for peer, want := range map[string]bool{"203.0.113.6:40000": true, "203.0.113.5:8443": true, "203.0.113.5:50050": false, "8.8.8.8:1000": false, "10.1.2.3:1000": false, "0.0.0.0:0": false} {
		if got := p.oursOnly().Allows(netip.MustParseAddrPort(peer)); got != want {
			t.Errorf("a try of the network, %s: %v", peer, got)
		}
	}
	if p.oursOnly().Allows(netip.AddrPort{}) {
		t.Error("an address that is none")
	}
	if !p.permit(nil, net.IPv4(203, 0, 113, 6)) || !p.permit(nil, net.IPv4(203, 0, 113, 5)) {
		t.Error("our own media and relay are not permitted")
	}
	for _, raw := range []net.IP{nil, {1, 2}, {192, 0, 2, 10}, {10, 1, 2, 9}, net.ParseIP("::ffff:127.0.0.1"), net.ParseIP("127.0.0.1").To4(), net.ParseIP("::1")} {
		if p.permit(nil, raw) {
			t.Errorf("%v is permitted", raw)
		}
	}
}

// T4: a credential is good for a few minutes, for its participant, and dead afterwards.
func TestCredentials(t *testing.T) {
	r := newRig(t)
	ice := r.relay.ICE("p", true)[0]
	if _, err := r.client(t, ice.Username, "wrong").Allocate(); err == nil {
		t.Error("a wrong password was taken")
	}
	expiry, _, _ := strings.Cut(ice.Username, ":")
	if _, err := r.client(t, expiry+":other", ice.Credential).Allocate(); err == nil {
		t.Error("a credential served another participant")
	}
	conn, err := r.client(t, ice.Username, ice.Credential).Allocate()
	if err != nil {
		t.Fatal(err)
	}
	r.late.Store(int64(Lifetime + time.Minute))
	if _, err := r.client(t, ice.Username, ice.Credential).Allocate(); err == nil {
		t.Error("an expired credential opened a new allocation")
	}
	// What it opened goes on: a permission is a request with the same credential.
	if _, err := conn.WriteTo([]byte("x"), r.ours.LocalAddr()); err != nil {
		t.Errorf("a long call was cut: %v", err)
	}
	conn.Close()
	fresh := r.relay.ICE("q", true)[0]
	r.relay.Revoke("q")
	if _, err := r.client(t, fresh.Username, fresh.Credential).Allocate(); err == nil {
		t.Error("a credential outlived its participant's leaving")
	}
}

func TestQuota(t *testing.T) {
	r := newRig(t)
	ice := r.relay.ICE("p", true)[0]
	for i := range quota {
		conn, err := r.client(t, ice.Username, ice.Credential).Allocate()
		if err != nil {
			t.Fatalf("allocation %d: %v", i+1, err)
		}
		t.Cleanup(func() { conn.Close() })
	}
	if _, err := r.client(t, ice.Username, ice.Credential).Allocate(); err == nil {
		t.Error("one allocation too many")
	}
}
