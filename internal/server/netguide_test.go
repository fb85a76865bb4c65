package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/stun/v4"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/guide"
)

// opening is a socket of this process that waits for others.
type opening struct {
	transport string
	port      int
}

// openings are the sockets of this process that wait for others, by inode: those that
// listen, and UDP ones without a peer.
func openings(t *testing.T) map[string]opening {
	t.Helper()
	mine := map[string]bool{}
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(fds) == 0 {
		t.Skip("no /proc here")
	}
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, "socket:[") {
			mine[strings.Trim(to[len("socket:"):], "[]")] = true
		}
	}
	found := map[string]opening{}
	for _, name := range []string{"tcp", "tcp6", "udp", "udp6"} {
		f, err := os.Open("/proc/self/net/" + name)
		if err != nil {
			continue // a kernel without IPv6
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			words := strings.Fields(lines.Text())
			if len(words) < 10 || !mine[words[9]] || (words[3] != "0A" && words[3] != "07") {
				continue
			}
			_, hex, _ := strings.Cut(words[1], ":")
			port, err := strconv.ParseInt(hex, 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			found[words[9]] = opening{name[:3], int(port)}
		}
		f.Close()
	}
	return found
}

// read fetches the guide as others do.
func (s *site) read(t *testing.T) guide.Guide {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: unchecked(), DisableKeepAlives: true}}
	answer, err := client.Get(fmt.Sprintf("https://localhost:%d%s/network-guide.json", s.port.Addr().(*net.TCPAddr).Port, prefix(s.cfg)))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var g guide.Guide
	if err := json.NewDecoder(answer.Body).Decode(&g); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", answer.StatusCode, err)
	}
	return g
}

func prefix(c config.Config) string {
	u, err := url.Parse(c.Server.URL)
	if err != nil {
		return ""
	}
	return u.Path
}

// unchecked takes any certificate: this test is about ports.
func unchecked() *tls.Config { return &tls.Config{InsecureSkipVerify: true} } //nolint:gosec // as said

// layouts are the configurations that the guide has to be right about.
func layouts(t *testing.T) map[string]config.Config {
	const first, last = 40000, 40999
	made := map[string]config.Config{"dev": development(t)}
	for name, change := range map[string]func(*config.Config){
		"one port": func(c *config.Config) {
			c.Media.UDP, c.Turn.UDP, c.Turn.TLS = c.Server.Listen, c.Server.Listen, c.Server.Listen // TCP and UDP of one number
		},
		"a prefix and a socket apart": func(c *config.Config) { c.Server.URL += "/soins" },
		"classic": func(c *config.Config) {
			c.Media.MinPort, c.Media.MaxPort, c.Turn.MinPort, c.Turn.MaxPort = first, last, last+1, last+1000
		},
		"no UDP for TURN":     func(c *config.Config) { c.Turn.UDP = "" },
		"no TLS for TURN":     func(c *config.Config) { c.Turn.TLS = "" },
		"no TURN, no metrics": func(c *config.Config) { c.Turn.UDP, c.Turn.TLS, c.Metrics.Listen = "", "", "" },
		"direct":              func(c *config.Config) { c.Room.Route = config.RouteDirect },
		"relay":               func(c *config.Config) { c.Room.Route = config.RouteRelay },
		"server":              func(c *config.Config) { c.Room.Route = config.RouteServer },
		"server, one port": func(c *config.Config) {
			c.Room.Route, c.Turn.UDP, c.Turn.TLS = config.RouteServer, c.Media.UDP, c.Server.Listen
		},
	} {
		c := production(t)
		fix(t, &c)
		_, port, _ := net.SplitHostPort(c.Server.Listen)
		c.Server.URL = "https://localhost:" + port
		change(&c)
		if strings.HasPrefix(name, "a prefix") {
			c.Server.SocketURL = "wss://localhost:" + port + "/soins"
		}
		made[name] = c
	}
	return made
}

// What the guide lists is what the sockets do and what clients are told (R1, R24): no
// socket is missing, and whatever is listed answers.
func TestGuideIsTrue(t *testing.T) {
	for name, cfg := range layouts(t) {
		t.Run(name, func(t *testing.T) {
			before := openings(t)
			s := start(t, cfg)
			after := openings(t)
			g := s.read(t)
			inbound := func(r guide.Rule) bool { return r.Firewall == guide.Server && r.Direction == guide.In }
			open := map[opening]bool{}
			for inode, o := range after {
				if _, old := before[inode]; old {
					continue
				}
				open[o] = true
				if !slices.ContainsFunc(g.Rules, func(r guide.Rule) bool { return inbound(r) && matches(r, o.transport, o.port) }) {
					t.Errorf("%s %d is open and not in the guide", o.transport, o.port)
				}
			}
			if len(open) == 0 {
				t.Fatal("no socket was seen: the test has lost its object")
			}
			for _, r := range g.Rules {
				if inbound(r) && r.First == r.Last && !open[opening{r.Transport, r.First}] {
					t.Errorf("%s lists %s %d, which is not open", r.ID, r.Transport, r.First)
				}
				if r.Firewall == guide.Site && !slices.ContainsFunc(g.Rules, func(o guide.Rule) bool {
					return r.To == guide.Peer || inbound(o) && matches(o, r.Transport, r.First) && matches(o, r.Transport, r.Last)
				}) {
					t.Errorf("%s is let out to where the server lets nothing in", r.ID)
				}
				if r.Firewall == guide.Site && r.First == r.Last && r.To != guide.SFU { // whose candidates are looked at below
					if err := answers(t.Context(), r, prefix(cfg)); err != nil {
						t.Errorf("%s: %v", r.ID, err)
					}
				}
			}
			s.told(t, g)
			s.relayed(t, g)
			if cfg.Room.Route == config.RouteAuto || cfg.Room.Route == config.RouteServer {
				s.candidates(t, g)
			}
		})
	}
}

func matches(r guide.Rule, transport string, port int) bool {
	return r.Transport == transport && port >= r.First && port <= r.Last
}

// answers tries a rule as a client would.
func answers(ctx context.Context, r guide.Rule, prefix string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	at := net.JoinHostPort(r.Host, strconv.Itoa(r.First))
	for _, protocol := range r.Protocols {
		switch protocol {
		case guide.HTTPS:
			c, err := (&tls.Dialer{Config: unchecked()}).DialContext(ctx, "tcp", at)
			if err != nil {
				return err
			}
			defer c.Close()
			if _, err := fmt.Fprintf(c, "GET %s/healthz HTTP/1.0\r\nHost: localhost\r\n\r\n", prefix); err != nil {
				return err
			}
			if b, err := io.ReadAll(c); err != nil || !strings.Contains(string(b), `"ok"`) {
				return fmt.Errorf("%s %w", b, err)
			}
		case guide.WSS:
			d := websocket.Dialer{TLSClientConfig: unchecked()}
			c, _, err := d.DialContext(ctx, "wss://"+at+prefix+"/ws", nil)
			if err != nil {
				return err
			}
			c.Close()
		case guide.STUN, guide.TURN, guide.TURNS:
			if err := binding(ctx, protocol == guide.TURNS, at); err != nil {
				return fmt.Errorf("%s: %w", protocol, err)
			}
		}
	}
	return nil
}

// binding asks for the outside address: a STUN and TURN server answers it.
func binding(ctx context.Context, sealed bool, at string) error {
	var c net.Conn
	var err error
	if sealed {
		c, err = (&tls.Dialer{Config: unchecked()}).DialContext(ctx, "tcp", at)
	} else {
		c, err = (&net.Dialer{}).DialContext(ctx, "udp4", at)
	}
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest)
	if err != nil {
		return err
	}
	if _, err := c.Write(m.Raw); err != nil {
		return err
	}
	b := make([]byte, 1500)
	n, err := c.Read(b)
	if err != nil {
		return err
	}
	back := &stun.Message{Raw: b[:n]}
	if err := back.Decode(); err != nil || back.TransactionID != m.TransactionID {
		return fmt.Errorf("an answer to something else: %w", err)
	}
	return nil
}

// told compares the ICE servers that clients are told with the rules, both ways.
func (s *site) told(t *testing.T, g guide.Guide) {
	t.Helper()
	type way struct{ scheme, host, transport, port string }
	listed, told := map[way]bool{}, map[way]bool{}
	for _, r := range g.Rules {
		for _, p := range r.Protocols {
			if r.Firewall == guide.Site && (r.To == guide.Turn || r.To == guide.Further) {
				listed[way{strings.ToLower(p), r.Host, r.Transport, strconv.Itoa(r.First)}] = true
			}
		}
	}
	ways := []bool{false}
	if s.cfg.Room.Route != config.RouteServer {
		ways = append(ways, true)
	}
	for _, direct := range ways {
		for _, server := range (tickets{s.relay}).ICE("p", direct) {
			for _, u := range server.URLs {
				uri, err := stun.ParseURI(u)
				if err != nil {
					t.Fatal(err)
				}
				name := uri.Scheme.String()
				told[way{name, uri.Host, uri.Proto.String(), strconv.Itoa(uri.Port)}] = true
			}
		}
	}
	for w := range told {
		if !listed[w] {
			t.Errorf("clients are told %v, and the guide does not say so", w)
		}
	}
	for w := range listed {
		if !told[w] {
			t.Errorf("the guide lists %v, and clients are not told", w)
		}
	}
}

// relayed lets a client relay, and looks where the relay opens a socket.
func (s *site) relayed(t *testing.T, g guide.Guide) {
	t.Helper()
	i := slices.IndexFunc(g.Rules, func(r guide.Rule) bool { return r.ID == "in-relay" })
	for _, way := range []struct {
		key  string
		on   bool
		dial dialer
	}{{"turn.udp", s.relayUDP != nil, s.dialUDP}, {"turn.tls", s.relayTLS != nil, s.dialTLS}} {
		if !way.on {
			continue
		}
		a, err := s.allocate("p", way.key, way.dial)
		if err != nil {
			t.Fatal(err)
		}
		at := a.relay.LocalAddr().(*net.UDPAddr)
		if i < 0 || !matches(g.Rules[i], guide.UDP, at.Port) || !slices.Contains(g.Rules[i].Addresses, at.IP.String()) {
			t.Errorf("relayed from %s, which the guide does not list", at)
		}
		a.close()
	}
}

// candidates seats two people and compares the SFU's candidates with the guide.
func (s *site) candidates(t *testing.T, g guide.Guide) {
	t.Helper()
	i := slices.IndexFunc(g.Rules, func(r guide.Rule) bool { return r.ID == "media" })
	if i < 0 {
		t.Fatal("no rule for media")
	}
	offers := make(chan wire.Offer, 8)
	seat, err := s.sfu.Seat("r", "p", func() uint32 { return 1 }, func(m wire.Message) {
		if o, ok := m.(wire.Offer); ok {
			select {
			case offers <- o:
			default:
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer seat.Close()
	select {
	case o := <-offers:
		seen := 0
		for line := range strings.Lines(o.SDP) {
			if f := strings.Fields(line); strings.HasPrefix(line, "a=candidate:") {
				seen++
				if port, err := strconv.Atoi(f[5]); err != nil || !matches(g.Rules[i], guide.UDP, port) || !slices.Contains(g.Rules[i].Addresses, f[4]) {
					t.Errorf("candidate %s %s is not in the guide: %+v", f[4], f[5], g.Rules[i])
				}
			}
		}
		if seen == 0 {
			t.Errorf("no candidate in %s", o.SDP)
		}
	case <-time.After(10 * time.Second):
		t.Error("no offer came")
	}
}

// A second TURN node is listed as clients are told it, and answers there.
func TestGuideListsTheSecondNode(t *testing.T) {
	cfg := production(t)
	cfg.Turn.Secret = "0123456789abcdef"
	node, err := NewRelay(cfg, discard())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- node.Run(ctx) }()
	cfg.Turn.Servers = node.URLs()
	cfg.Turn.UDP, cfg.Turn.TLS = "", ""
	s := start(t, cfg)
	g := s.read(t)
	s.told(t, g)
	further := 0
	for _, r := range g.Rules {
		if r.To == guide.Further {
			further++
			if err := answers(t.Context(), r, ""); err != nil {
				t.Errorf("%s: %v", r.ID, err)
			}
		}
	}
	if further != 2 {
		t.Errorf("%d rules for the second node, want one over UDP and one over TLS", further)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
