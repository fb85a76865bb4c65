package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/relay"
)

// A consultation in each layout of ports: everything on one, each with its own, and a
// range for media (R23).
func TestLayouts(t *testing.T) {
	const first, last = 49152, 57343
	for name, change := range map[string]func(*config.Config){
		"one port": func(*config.Config) {},
		"apart":    func(c *config.Config) { fix(t, c) },
		"a range": func(c *config.Config) {
			c.Media.MinPort, c.Media.MaxPort, c.Turn.MinPort = first, last, last+1
		},
	} {
		cfg := development(t)
		change(&cfg)
		s := start(t, cfg)
		a := s.clinician(t)
		id, code := s.book(t, a)
		pass, err := s.access.ClinicianPass(t.Context(), a, id)
		doctor := s.enter(t, pass, err, nil)
		pass, err = s.access.Join(t.Context(), code, "s")
		patient := s.enter(t, pass, err, nil)
		var self wire.Welcome
		eventually(t, "a welcome", func() (ok bool) { self, ok = heard[wire.Welcome](patient); return ok })
		doctor.gets(t, self.Self)
		offer, _ := heard[wire.Offer](doctor)
		candidates := 0
		for line := range strings.Lines(offer.SDP) {
			if f := strings.Fields(line); strings.HasPrefix(line, "a=candidate:") {
				port, err := strconv.Atoi(f[5])
				if err != nil || name == "a range" && (port < first || port > last) {
					t.Errorf("%s: candidate on port %s", name, f[5])
				}
				at := netip.AddrPortFrom(netip.MustParseAddr(f[4]), uint16(port))
				if !(relay.Policy{Ours: s.ours(netip.MustParseAddr("127.0.0.1"))}).Allows(at) {
					t.Errorf("%s: the relay may not reach %s", name, at)
				}
				candidates++
			}
		}
		if candidates == 0 {
			t.Errorf("%s: no candidate in %s", name, offer.SDP)
		}
		if shared := s.relayUDP == s.udp; shared != (name == "one port") {
			t.Errorf("%s: shared %v", name, shared)
		}
		if want := "127.0.0.1:49152-57343"; (s.UDP() == want) != (name == "a range") {
			t.Errorf("%s: %s", name, s.UDP())
		}
		doctor.leave()
		patient.leave()
		if err := s.stop(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// R27: on the one port, TURN and HTTPS both answer while a server runs, and the
// addresses that clients are told lead there.
func TestWhatClientsAreTold(t *testing.T) {
	s := start(t, development(t))
	port := strconv.Itoa(s.port.Addr().(*net.TCPAddr).Port)
	told := tickets{s.relay}.ICE("p", false)
	if len(told) != 1 || len(told[0].URLs) != 1 || told[0].URLs[0] != "turns:localhost:"+port+"?transport=tcp" {
		t.Errorf("for the SFU: %+v", told)
	}
	udp := strconv.Itoa(s.udp.LocalAddr().(*net.UDPAddr).Port)
	want := "stun:localhost:" + udp + " turn:localhost:" + udp + "?transport=udp turns:localhost:" + port + "?transport=tcp"
	if got := strings.Join(s.relay.ICE("p", true)[0].URLs, " "); got != want {
		t.Errorf("directly: %s, want %s", got, want)
	}
	for key, dial := range map[string]dialer{"turn.udp": s.dialUDP, "turn.tls": s.dialTLS} {
		if err := s.tryRelay(key, dial); err != nil {
			t.Error(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.leaf)
	c, err := tls.Dial("tcp", s.port.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil || !strings.Contains(string(answer), "Strict-Transport-Security") || !strings.Contains(string(answer), `{"status":"ok"}`) {
		t.Errorf("%s %v", answer, err)
	}
}

// R22: a second TURN server takes the credentials of the main one.
func TestRelayNode(t *testing.T) {
	cfg := production(t)
	cfg.Turn.Secret = "0123456789abcdef"
	node, err := NewRelay(cfg, discard())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- node.Run(ctx) }()
	if got := node.URLs(); len(got) != 3 || !strings.HasPrefix(got[0], "stun:localhost:") || !strings.HasPrefix(got[2], "turns:localhost:") {
		t.Errorf("%v", got)
	}
	cfg.Turn.Servers = node.URLs()
	s := start(t, cfg)
	try := func(ice wire.ICEServer) error {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer c.Close()
		client, err := turn.NewClient(&turn.ClientConfig{
			TURNServerAddr: node.UDP(), Conn: c, Username: ice.Username, Password: ice.Credential,
			LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
		})
		if err != nil {
			return err
		}
		defer client.Close()
		if err := client.Listen(); err != nil {
			return err
		}
		conn, err := client.Allocate()
		if err != nil {
			return err
		}
		return conn.Close()
	}
	ice := s.relay.ICE("p", true)[0]
	if len(ice.URLs) != 6 {
		t.Errorf("%v", ice.URLs)
	}
	if err := try(ice); err != nil {
		t.Error(err)
	}
	ice.Username = strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10) + ":p"
	if err := try(ice); err == nil {
		t.Error("a forged user name was taken")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	cfg.Turn.Servers, cfg.Turn.Secret = nil, ""
	_, err = NewRelay(cfg, discard())
	says(t, err, "turn.secret", "main server")
	cfg = production(t)
	cfg.Turn.Secret, cfg.Server.URL = "0123456789abcdef", "https://turn2.example"
	cfg.Turn.Host = ""
	_, err = NewRelay(cfg, discard())
	says(t, err, "server.certificate", "turn2.example", "localhost")
	taken, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg.Server.URL, cfg.Turn.UDP = "https://localhost", taken.LocalAddr().String()
	_, err = NewRelay(cfg, discard())
	says(t, err, "turn.udp", "another program")
}

// With only others' TURN servers there are credentials and no relay of our own.
func TestServersOfOthersOnly(t *testing.T) {
	cfg := development(t)
	cfg.Turn.UDP, cfg.Turn.TLS = "", ""
	cfg.Turn.Servers, cfg.Turn.Secret = []string{"turns:turn2.example:443?transport=tcp"}, "0123456789abcdef"
	s := start(t, cfg)
	if got := (tickets{s.relay}).ICE("p", false); len(got) != 1 || len(got[0].URLs) != 1 || got[0].Credential == "" {
		t.Errorf("%+v", got)
	}
	if err := errors.Join(s.stop()); err != nil {
		t.Error(err)
	}
}

// The relay knows this machine's addresses, and reaches nothing of them but what is named.
func TestRelayKnowsItsMachine(t *testing.T) {
	cfg := development(t)
	cfg.Turn.Allow = []string{"0.0.0.0/0", "::/0"}
	cfg.Turn.Address, cfg.Turn.MinPort, cfg.Turn.MaxPort = "203.0.113.5", 50000, 50100
	media := relay.Span{Addr: netip.MustParseAddr("203.0.113.6"), MinPort: 443, MaxPort: 443}
	var o relay.Options
	if err := relaying(&o, cfg, func(netip.Addr) []relay.Span { return []relay.Span{media} }); err != nil {
		t.Fatal(err)
	}
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	peers := map[string]bool{"203.0.113.6:443": true, "203.0.113.6:53": false, "203.0.113.5:50001": true, "203.0.113.5:53": false, "198.51.100.1:53": true}
	for _, a := range interfaces {
		peers[net.JoinHostPort(a.(*net.IPNet).IP.String(), "53")] = false
	}
	for peer, want := range peers {
		if got := o.Policy.Allows(netip.MustParseAddrPort(peer)); got != want {
			t.Errorf("%s: %v", peer, got)
		}
	}
}

// Who left gets no servers until they come in again.
func TestTicketsOfWhoLeft(t *testing.T) {
	r, err := relay.New(relay.Options{URLs: []string{"turn:h:1?transport=udp"}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	given := tickets{r}
	given.Revoke("p")
	if got := given.ICE("p", true); got != nil {
		t.Errorf("after leaving: %v", got)
	}
	given.Admit("p")
	if got := given.ICE("p", true); len(got) != 1 {
		t.Errorf("back again: %v", got)
	}
	none := tickets{} // without a relay
	none.Revoke("p")
	none.Admit("p")
}
