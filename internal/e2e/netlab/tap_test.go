//go:build linux

package netlab

import (
	"bytes"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// What travels in a consultation of two through TURN, and through the SFU: TLS, DTLS, SRTP
// and STUN, nothing else, between the laboratory's own hosts alone; no name, address or
// link is readable; and no name of a third party is ever looked up by server or desk
// (R2, R48, R62, threats 16 and 25).
func TestWhatTravels(t *testing.T) {
	if !wanted("tap") {
		t.Skip("not asked for: run make netlab, or NETLAB_ROWS=tap")
	}
	need(t)
	must(t, lab.Need("certutil", "node", "chromium"))
	symmetric := Side{NAT: SymmetricNAT}
	for name, r := range map[string]row{
		"relayed": {plan: Plan{Hospital: symmetric, Home: symmetric}, config: Config{Route: "relay"}, limit: limit{route: []string{"relay"}}},
		"sfu":     {config: Config{Route: "server"}, limit: limit{route: []string{"sfu"}}},
	} {
		t.Run(name, func(t *testing.T) {
			res := &result{row: r, engine: "chromium"}
			c := arrange(t, t.Context(), res)
			taps := map[string]*Tap{}
			end := make(chan struct{})
			for host, node := range map[string]*Node{"server": c.net.Server, "hospital": c.net.Hospital.Host, "home": c.net.Home.Host} {
				tap, err := NewTap(node)
				must(t, err)
				tap.Run(end)
				taps[host] = tap
			}
			link := c.open()
			must(t, c.Join(c.ctx, c.browser, link))
			_, _, err := c.Admit(c.ctx, c.browser)
			must(t, err)
			c.meet()
			if s := c.Desktop.Status(); s.Route != r.limit.route[0] {
				t.Errorf("the call goes by %q", s.Route)
			}
			close(end)
			for host, tap := range taps {
				must(t, tap.Close())
				t.Logf("%s: %s", host, tap.Told())
				for _, odd := range tap.odd {
					t.Errorf("%s: %s", host, odd)
				}
				tap.judge(t, host, link)
			}
			for _, asked := range c.net.names[0].asked() {
				if !ours(asked) {
					t.Errorf("the desk's machine looks up %q", asked)
				}
			}
		})
	}
}

// wanted tells whether NETLAB_ROWS asks for a test that is no row of the table.
func wanted(name string) bool {
	rows := os.Getenv("NETLAB_ROWS")
	return rows == "all" || slices.Contains(strings.Split(rows, ","), name)
}

// judge checks what a tap has kept.
func (t *Tap) judge(test *testing.T, host, link string) {
	test.Helper()
	code := link[strings.LastIndex(link, "/")+1:]
	for _, canary := range []string{"Yann", "Kermadec", "patient@example.org", lab.Email, "Le Goff", code, "teleconsultation@"} {
		if bytes.Contains(bytes.ToLower(t.all), bytes.ToLower([]byte(canary))) {
			test.Errorf("%s: %q can be read on the cable", host, canary)
		}
	}
	if t.kinds["TLS"] == 0 || t.kinds["SRTP"]+t.kinds["relayed SRTP"] < 500 {
		test.Errorf("%s: the tap saw too little: %s", host, t.Told())
	}
	// Sealed bytes are even; a codec's are not.
	sum := 0
	for _, n := range t.bytes {
		sum += n
	}
	for v, n := range t.bytes {
		if mean := float64(sum) / 256; float64(n) < 0.85*mean || float64(n) > 1.15*mean {
			test.Errorf("%s: byte %#x comes %d times in %d bytes of SRTP: that is not encrypted", host, v, n, sum)
			break
		}
	}
	for end := range t.ends {
		if !slices.ContainsFunc([]string{"198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/16", "10.1.0.0/24", "192.168.7.0/24"}, func(p string) bool {
			return netip.MustParsePrefix(p).Contains(end)
		}) && !end.IsMulticast() && !end.IsLoopback() {
			test.Errorf("%s: a packet to or from %s", host, end)
		}
	}
}

func ours(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	return slices.Contains(append(ServerNames(), ProxyName), name)
}
