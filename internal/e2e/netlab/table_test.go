//go:build linux

package netlab

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// row is one network and what must hold in it.
type row struct {
	number int
	name   string
	plan   Plan
	config Config
	// front is the program before the server: nginx or haproxy.
	front string
	// proxy is the HTTP proxy of both sides, when there is one.
	proxy *proxy
	// crowd lets sound have no pause, so that every gap is the network's.
	crowd bool
	// grain makes Chromium's picture hard to compress.
	grain int
	limit limit
	// before and after are what happens in the waiting room and in the call.
	before, after func(*consultation)
}

type proxy struct{ user, password string }

func (p *proxy) url() string {
	address := url.URL{Scheme: "http", Host: fmt.Sprintf("%s:%d", ProxyName, TinyproxyPort)}
	if p.user != "" {
		address.User = url.UserPassword(p.user, p.password)
	}
	return address.String()
}

// limit is what must hold. A zero value is not asked.
type limit struct {
	desk, page []string // how the chosen pair may begin at each end, such as relay/tls
	route      []string
	picture    time.Duration // from "Faire entrer" to the first picture
	back       time.Duration // from the network's return to a moving picture
	fps        float64
	gap        time.Duration // the longest silence in sound that has none
}

// rows are the networks of the product's promise. Here, and nowhere else, are the limits.
func rows(ports Ports) []row {
	anyRoute := []string{"direct", "relay", "sfu"}
	straight := []string{"host/udp", "srflx/udp", "prflx/udp"}
	through := []string{"relay/tls"}
	relay, sfu := []string{"relay"}, []string{"sfu"}
	server := Config{Route: "server"}
	nat := Side{NAT: PlainNAT}
	closed := Side{NAT: PlainNAT, Out: Out{NoUDP: true}}
	proxyOnly := Side{NAT: PlainNAT, Out: Out{Only: ProxyAddress}}
	symmetric := Side{NAT: SymmetricNAT}
	only443 := Side{NAT: PlainNAT, Out: Out{TCP: []int{ports.HTTPS}}}
	dead := Config{Secret: secret, Servers: []string{
		"turn:" + DeadAddress + ":443?transport=udp", "turns:" + DeadAddress + ":443?transport=tcp",
		"turn:" + SpareName + ":443?transport=udp", "turns:" + SpareName + ":443?transport=tcp",
	}}
	ranges := Config{Route: "server", Socket: "wss://ws." + ServerName + "/ws", Media: Range{50200, 50300}, Relay: Range{50000, 50100}}
	return []row{
		{number: 1, name: "open", limit: limit{desk: straight, page: straight, route: []string{"direct"}}},
		{number: 2, name: "patient without UDP, direct", plan: Plan{Home: closed}, limit: limit{page: through, route: relay}},
		{number: 2, name: "patient without UDP, SFU", plan: Plan{Home: closed}, config: server, limit: limit{page: through, route: sfu}},
		{number: 3, name: "nobody has UDP, direct", plan: Plan{Hospital: closed, Home: closed}, limit: limit{desk: through, page: through, route: relay}},
		{number: 3, name: "nobody has UDP, SFU", plan: Plan{Hospital: closed, Home: closed}, config: server, limit: limit{desk: through, page: through, route: sfu}},
		{number: 4, name: "HTTP proxy only, direct", plan: Plan{Hospital: proxyOnly, Home: proxyOnly}, proxy: &proxy{}, limit: limit{desk: through, page: through, route: relay}},
		{number: 4, name: "HTTP proxy with password, SFU", plan: Plan{Hospital: proxyOnly}, config: server, proxy: &proxy{"anne", "mot-de-passe"}, limit: limit{desk: through, route: sfu}},
		{number: 5, name: "symmetric NAT on both sides", plan: Plan{Hospital: symmetric, Home: symmetric}, limit: limit{desk: []string{"relay/udp", "prflx/udp", "host/udp"}, page: []string{"relay/udp", "prflx/udp", "host/udp"}, route: relay}},
		{number: 6, name: "first TURN server dead", plan: Plan{Hospital: symmetric, Home: symmetric}, config: dead, limit: limit{route: relay, picture: 5 * time.Second}},
		{number: 7, name: "cable out, address changes", plan: Plan{Hospital: nat, Home: nat}, limit: limit{route: anyRoute, back: 3 * time.Second}, after: cables},
		{number: 8, name: "60 ms and 3 % loss", plan: Plan{Home: Side{NAT: PlainNAT, Line: Line{Delay: 60 * time.Millisecond, Loss: 0.03}}}, crowd: true,
			limit: limit{route: anyRoute, fps: 20, gap: 200 * time.Millisecond}, after: listen},
		{number: 9, name: "300 kbit/s", plan: Plan{Home: Side{NAT: PlainNAT, Line: Line{Delay: 10 * time.Millisecond, Rate: 300}}}, crowd: true, grain: 12,
			limit: limit{route: anyRoute, gap: 200 * time.Millisecond}, after: narrow},
		{number: 10, name: "nginx, silent for 90 s", plan: Plan{Front: true}, front: "nginx", config: Config{Prefix: "/visio"}, limit: limit{route: anyRoute}, before: silence},
		{number: 10, name: "HAProxy, silent for 90 s", plan: Plan{Front: true}, front: "haproxy", limit: limit{route: anyRoute}, before: silence},
		{number: 11, name: "TCP 443 alone", plan: Plan{Hospital: only443, Home: only443}, limit: limit{desk: through, page: through, route: anyRoute}},
		{number: 12, name: "classic layout with ranges", plan: Plan{Home: closed}, config: ranges, limit: limit{page: through, route: sfu}, before: watchPorts, after: withinRanges},
	}
}

// chosen reads NETLAB_ROWS: all, or numbers with commas between. Empty: none.
func chosen(t *testing.T, list []row) []row {
	t.Helper()
	text := os.Getenv("NETLAB_ROWS")
	if text == "all" {
		return list
	}
	var some []row
	for word := range strings.SplitSeq(text, ",") {
		if word == "" || word == "tap" || word == "seal" { // tests of their own
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > 12 {
			t.Fatalf("NETLAB_ROWS=%q: %q is no row; take numbers from 1 to 12 with commas between, or all", text, word)
		}
		for _, r := range list {
			if r.number == n {
				some = append(some, r)
			}
		}
	}
	return some
}

// engines reads NETLAB_ENGINES; the default is both.
func engines() []string {
	if text := os.Getenv("NETLAB_ENGINES"); text != "" {
		return strings.Split(text, ",")
	}
	return []string{"chromium", "firefox"}
}

// TestNetworks holds a consultation in each network and prints what came of it.
// NETLAB_ROWS says in which.
func TestNetworks(t *testing.T) {
	list := chosen(t, rows(DefaultPorts()))
	if len(list) == 0 {
		t.Skip("no network is asked for: run make netlab")
	}
	need(t)
	must(t, lab.Need("certutil", "tinyproxy", "nginx", "haproxy", "node", "chromium", "firefox-esr"))
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var results []*result
	defer func() { fmt.Print(table(results)) }()
	for _, r := range list {
		for _, engine := range engines() {
			t.Run(fmt.Sprintf("%d/%s/%s", r.number, strings.ReplaceAll(r.name, " ", "_"), engine), func(t *testing.T) {
				res := &result{row: r, engine: engine}
				results = append(results, res)
				if ctx.Err() != nil {
					res.skipped = "interrupted"
					t.Skip("interrupted")
				}
				defer func() { res.failed = t.Failed() }()
				hold(t, ctx, res)
			})
		}
	}
}

// hold sets everything up, lets the two meet and measures.
func hold(t *testing.T, ctx context.Context, res *result) {
	c := arrange(t, ctx, res)
	link := c.open()
	must(t, c.Join(ctx, c.browser, link))
	if res.before != nil {
		res.before(c)
	}
	var err error
	res.deskAfter, res.pageAfter, err = c.Admit(ctx, c.browser)
	must(t, err)
	c.meet()
	if res.after != nil {
		res.after(c)
	}
	c.judge()
}

// root is the project's folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../..")
	must(t, err)
	return dir
}

func startsWithAny(text string, list []string) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(text, s) })
}

// result is a line of the table.
type result struct {
	row
	engine                 string
	desk                   lab.Status
	page                   lab.Path
	deskFrames, pageFrames int64
	deskAfter, pageAfter   time.Duration
	notes                  []string
	skipped                string
	failed                 bool
}

func (r *result) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// table prints all results: one line a network and engine, notes below it.
func table(results []*result) string {
	var b strings.Builder
	const line = "%-2s  %-34s %-9s %-6s  %-22s %-22s %-11s %-15s %s\n"
	fmt.Fprintf(&b, "\n"+line, "#", "network", "engine", "route", "desktop's pair", "page's pair", "frames 5 s", "picture after", "")
	for _, r := range results {
		number := fmt.Sprint(r.number)
		switch {
		case r.skipped != "":
			fmt.Fprintf(&b, line, number, r.name, r.engine, "", "", "", "", "", r.skipped)
			continue
		case r.page.Local.Type == "":
			fmt.Fprintf(&b, line, number, r.name, r.engine, "", "", "", "", "", "FAILED before the call")
			continue
		}
		verdict := "holds"
		if r.failed {
			verdict = "FAILED"
		}
		desk := "not told yet"
		if p := r.desk.Path; p != nil {
			desk = p.Local + "/" + p.Protocol + " - " + p.Remote
		}
		fmt.Fprintf(&b, line, number, r.name, r.engine, r.desk.Route, desk, r.page.Local.Way()+" - "+r.page.Remote.Type,
			fmt.Sprintf("%d / %d", r.deskFrames, r.pageFrames),
			fmt.Sprintf("%.1f s / %.1f s", r.deskAfter.Seconds(), r.pageAfter.Seconds()), verdict)
		for _, n := range r.notes {
			fmt.Fprintf(&b, "    %s\n", n)
		}
	}
	b.WriteString("Frames and times: desktop / page.\n")
	return b.String()
}
