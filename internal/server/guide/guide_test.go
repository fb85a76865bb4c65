package guide

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/server/config"
)

// book is a DNS that knows a few names.
type book map[string][]netip.Addr

func (b book) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if host == "silent.example" {
		return nil, errors.New("no answer")
	}
	if list, ok := b[host]; ok {
		return slices.Clone(list), nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func source(change func(*config.Config)) Source {
	c := config.Default()
	c.Server.URL = "https://visio.hospital.example"
	c.Mail.From = "votre-teleconsultation@visio.hospital.example"
	c.Media.Address, c.Turn.Address = "203.0.113.7", "203.0.113.7"
	change(&c)
	return Source{
		Config: c, Version: "1.2.3", Made: time.Date(2026, 3, 1, 9, 5, 0, 0, time.UTC),
		DNS: book{
			"visio.hospital.example": {netip.MustParseAddr("2001:db8::7"), netip.MustParseAddr("203.0.113.7")},
			"turn.hospital.example":  {netip.MustParseAddr("203.0.113.8")},
			"turn2.hospital.example": {netip.MustParseAddr("198.51.100.4"), netip.MustParseAddr("198.51.100.3")},
		},
		Carried: []netip.Addr{netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("2001:db8::9")}, Outward: netip.MustParseAddr("10.1.2.3"),
	}
}

func onePort(c *config.Config) { c.Mail.SMTP = "smtp.hospital.example:587" }

func classic(c *config.Config) {
	c.Server.URL = "https://visio.hospital.example/soins"
	c.Server.SocketURL = "wss://ws.hospital.example"
	c.Media.MinPort, c.Media.MaxPort = 49152, 57343
	c.Turn.UDP, c.Turn.TLS, c.Turn.Host, c.Turn.Address, c.Turn.MinPort = ":3478", ":5349", "turn.hospital.example", "203.0.113.8", 57344
	c.Turn.Servers = []string{"stun:turn2.hospital.example:443", "turn:turn2.hospital.example:443?transport=udp", "turns:turn2.hospital.example:443?transport=tcp"}
	c.Turn.Secret = "0123456789abcdef"
	c.Server.TrustedProxies = []string{"203.0.113.20"}
}

func texts(t testing.TB, language string) assets.Texts {
	t.Helper()
	words, err := assets.LoadTexts(language)
	if err != nil {
		t.Fatal(err)
	}
	return words
}

func written(t testing.TB, g Guide, format, language string) string {
	t.Helper()
	var b bytes.Buffer
	if err := g.Write(&b, format, texts(t, language)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The guide as people read it (R1). UPDATE=1 writes the files anew.
func TestGolden(t *testing.T) {
	for name, change := range map[string]func(*config.Config){"one-port": onePort, "classic": classic} {
		for _, language := range assets.Languages() {
			got := written(t, New(t.Context(), source(change)), "md", language)
			path := filepath.Join("testdata", name+"."+language+".md")
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; run with UPDATE=1 and look at the difference. It is now:\n%s", path, got)
			}
		}
	}
}

func find(g Guide, id string) (Rule, bool) {
	i := slices.IndexFunc(g.Rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return g.Rules[i], true
}

// What depends on room.route and on what is turned off.
func TestRules(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*config.Config)
		needs  map[string]string // rule to its need; empty: not there
	}{
		{"auto", onePort, map[string]string{"https": Required, "wss": Required, "media": Recommended, "turn-udp": Recommended, "turn-tls": Fallback, "relay-range": Optional, "direct": Optional, "wss-apart": "", "in-turn-udp": "", "in-turn-tls": "", "out-smtp": Required}},
		{"direct", func(c *config.Config) { c.Room.Route = config.RouteDirect }, map[string]string{"media": "", "turn-udp": Recommended, "direct": Optional, "out-smtp": "", "in-media": Recommended}},
		{"direct, apart", func(c *config.Config) { c.Room.Route, c.Turn.UDP = config.RouteDirect, ":3478" }, map[string]string{"media": "", "in-media": Unused, "in-turn-udp": Recommended}},
		{"relay", func(c *config.Config) { c.Room.Route = config.RouteRelay }, map[string]string{"media": Recommended, "turn-udp": Recommended, "direct": "", "relay-range": "", "in-relay": Optional}},
		{"server", func(c *config.Config) { c.Room.Route = config.RouteServer }, map[string]string{"media": Recommended, "turn-udp": "", "turn-tls": Fallback, "direct": "", "relay-range": ""}},
		{"server, apart", func(c *config.Config) { c.Room.Route, c.Turn.UDP = config.RouteServer, ":3478" }, map[string]string{"turn-udp": Fallback}},
		{"no TLS", func(c *config.Config) { c.Turn.TLS = "" }, map[string]string{"media": Required, "turn-udp": Required, "turn-tls": ""}},
		{"no TURN", func(c *config.Config) { c.Turn.TLS, c.Turn.UDP = "", "" }, map[string]string{"media": Required, "turn-udp": "", "in-relay": "", "out-relay": "", "relay-range": ""}},
		{"no TURN, direct", func(c *config.Config) { c.Turn.TLS, c.Turn.UDP, c.Room.Route = "", "", config.RouteDirect }, map[string]string{"in-media": Unused, "direct": Optional}},
		{"no metrics", func(c *config.Config) { c.Metrics.Listen = "" }, map[string]string{"in-metrics": ""}},
		{"classic", classic, map[string]string{"further-1": Fallback, "further-2": Fallback, "further-3": "", "wss-apart": Required, "in-relay": Recommended, "in-turn-tls": Recommended}},
	} {
		g := New(t.Context(), source(tt.change))
		for id, want := range tt.needs {
			if r, ok := find(g, id); ok != (want != "") || r.Need != want {
				t.Errorf("%s: %s is %q, want %q", tt.name, id, r.Need, want)
			}
		}
		for _, language := range assets.Languages() { // every sentence that is asked for is there
			for _, format := range Formats() {
				if missing := regexp.MustCompile(`guide\.[a-z_.]+|\{[a-z]+\}`).FindString(strip(written(t, g, format, language))); missing != "" {
					t.Errorf("%s: %s in %s has %q", tt.name, format, language, missing)
				}
			}
		}
	}
}

// strip takes out what is no sentence: styles, and addresses of the guide itself.
func strip(s string) string {
	s = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAllString(s, "")
	return regexp.MustCompile(`network-guide\.[a-z]+`).ReplaceAllString(s, "")
}

// A name that leads nowhere is said, in words that differ from those for a DNS that is
// silent; a private address too.
func TestAddresses(t *testing.T) {
	g := New(t.Context(), source(func(c *config.Config) {
		c.Turn.Host, c.Server.SocketURL, c.Media.Address, c.Turn.Address = "gone.example", "wss://silent.example", "", ""
	}))
	for i, want := range []Host{
		{Name: "visio.hospital.example", Roles: []Party{Page}, Addresses: []string{"203.0.113.7", "2001:db8::7"}},
		{Name: "silent.example", Roles: []Party{Socket}, Addresses: []string{}, Problem: NoAnswer},
		{Name: "gone.example", Roles: []Party{Turn}, Addresses: []string{}, Problem: NotFound},
		{Roles: []Party{SFU}, Addresses: []string{"10.1.2.3"}, Private: true},
		{Roles: []Party{Relay}, Addresses: []string{"10.1.2.3"}, Private: true},
	} {
		got, _ := json.Marshal(g.Hosts[i])
		wanted, _ := json.Marshal(want)
		if string(got) != string(wanted) {
			t.Errorf("%s, want %s", got, wanted)
		}
	}
	page := written(t, g, "md", "en")
	for _, words := range []string{"not in the DNS", "did not answer", "set `media.address`", "set `turn.address`"} {
		if !strings.Contains(page, words) {
			t.Errorf("the guide does not say %q", words)
		}
	}
}

// Nothing of the configuration becomes markup, in any format.
func TestEscapes(t *testing.T) {
	evil := "<script>alert(1)</script>|`x`\n[a](b)\"'&"
	s := source(func(c *config.Config) {
		c.Mail.From, c.Mail.ReplyTo, c.Mail.SMTP = evil+"@"+evil, evil, evil+":25"
		c.Turn.Host = evil
		c.Metrics.Listen = evil + ":1"
	})
	s.URL = "https://a.example/" + evil
	s.Version = evil
	g := New(t.Context(), s)
	for _, format := range []string{"html", "svg"} {
		page := written(t, g, format, "fr")
		if strings.Contains(page, "<script") || strings.Contains(page, "alert(1)</") {
			t.Errorf("%s has a script in it", format)
		}
	}
	outside := regexp.MustCompile("(?s)```.*?```|`[^`\n]*`").ReplaceAllString(written(t, g, "md", "fr"), "")
	if strings.Contains(outside, "<script") {
		t.Errorf("the text has markup outside code: %s", outside)
	}
	for line := range strings.Lines(outside) {
		if cells := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); strings.HasPrefix(line, "|") && cells != 3 && cells != 4 && cells != 6 && cells != 7 {
			t.Errorf("a broken row: %q", line)
		}
	}
	var back Guide
	if err := json.Unmarshal([]byte(written(t, g, "json", "fr")), &back); err != nil || back.Mail.ReplyTo != evil {
		t.Errorf("%v %q", err, back.Mail.ReplyTo)
	}
}

// The picture is well-formed XML and says its flows to those who do not see it.
func TestDiagram(t *testing.T) {
	for _, change := range []func(*config.Config){onePort, classic} {
		g := New(t.Context(), source(change))
		svg := written(t, g, "svg", "en")
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in %s", err, svg)
			}
		}
		if !strings.Contains(svg, `role="img"`) || !strings.Contains(svg, "<desc") || !strings.Contains(svg, "UDP closed: TURN/TLS on TCP") {
			t.Error(svg)
		}
		page := written(t, g, "html", "en")
		for _, id := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			if strings.Count(page, id[0]) != 1 {
				t.Errorf("%s stands more than once", id[0])
			}
		}
		if strings.Contains(page, "<script") || strings.Contains(page, " style=") {
			t.Error("the page has what its policy forbids")
		}
	}
}

func TestHandler(t *testing.T) {
	var made atomic.Int32
	h, err := Handler("s/", func(ctx context.Context) Guide {
		made.Add(1)
		return New(ctx, source(onePort))
	})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, url, accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, url, nil)
		r.Header.Set("Accept-Language", accept)
		rw := httptest.NewRecorder()
		h.ServeHTTP(rw, r)
		return rw
	}
	for _, tt := range []struct{ url, accept, kind, language string }{
		{Path, "", "text/html", "fr"}, {Path, "en-GB,en;q=0.9,fr;q=0.8", "text/html", "en"}, {Path, "de,fr;q=0.3,en;q=0.2", "text/html", "fr"},
		{Path, "fr;q=0,en;q=x", "text/html", "fr"}, {Path + "?language=en", "fr", "text/html", "en"}, {Path + "?language=../en", "en", "text/html", "en"},
		{Path + ".md", "en", "text/markdown", "en"}, {Path + ".json", "", "application/json", "fr"}, {Path + ".svg", "", "image/svg+xml", "fr"}, {Path + ".html", "", "text/html", "fr"},
	} {
		rw := ask(http.MethodGet, tt.url, tt.accept)
		head := rw.Header()
		if rw.Code != http.StatusOK || head.Get("Content-Type") != tt.kind+"; charset=utf-8" || head.Get("Content-Language") != tt.language || head.Get("Cache-Control") == "" || head.Get("Vary") != "Accept-Language" {
			t.Errorf("%s, %q: %d %v", tt.url, tt.accept, rw.Code, head)
		}
		style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(rw.Body.String())
		if style != nil && !strings.Contains(head.Get("Content-Security-Policy"), hash(style[1])) {
			t.Errorf("%s: the policy forbids the page's style", tt.url)
		}
		if none := ask(http.MethodHead, tt.url, tt.accept); none.Body.Len() != 0 || none.Code != http.StatusOK {
			t.Errorf("HEAD %s: %d", tt.url, none.Code)
		}
	}
	if rw := ask(http.MethodPost, Path, ""); rw.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", rw.Code)
	}
	if made.Load() != 1 {
		t.Errorf("made %d times", made.Load())
	}
}
