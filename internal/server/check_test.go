package server

import (
	"context"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"ekermed.example/ekermed/internal/server/config"
)

// states are a check's results by name.
func states(t *testing.T, cfg config.Config) map[string]Result {
	t.Helper()
	byName := map[string]Result{}
	for _, r := range Check(t.Context(), cfg) {
		if r.Detail == "" || strings.Contains(r.Detail, "\n") {
			t.Errorf("%s: the detail is %q", r.Name, r.Detail)
		}
		byName[r.Name] = r
	}
	return byName
}

func TestCheck(t *testing.T) {
	dns(t)
	for name, tt := range map[string]struct {
		cfg    func(*testing.T) config.Config
		change func(*config.Config)
		want   map[string]string
		words  []string
	}{
		"development": {func(t *testing.T) config.Config { return development(t) }, nil,
			map[string]string{"config": Passed, "certificate": Skipped, "addresses": Passed, "sockets": Passed, "relay": Passed, "relay tls": Passed, "mail": Skipped}, nil},
		"production": {production, nil,
			map[string]string{"config": Passed, "certificate": Passed, "addresses": Passed, "sockets": Passed, "relay": Passed, "relay tls": Passed, "mail": Skipped}, []string{"valid until"}},
		"a malformed value": {production, func(c *config.Config) { c.Server.Listen = "here" },
			map[string]string{"config": Failed}, []string{"server.listen", "here"}},
		"no certificate": {production, func(c *config.Config) { c.Server.Certificate = "/none.pem" },
			map[string]string{"config": Passed, "certificate": Failed, "sockets": Failed}, []string{"server.certificate", "/none.pem"}},
		"no relay": {production, func(c *config.Config) { c.Turn.UDP, c.Turn.TLS = "", "" },
			map[string]string{"sockets": Passed, "relay": Skipped, "relay tls": Skipped}, []string{"turn.udp is turned off", "turn.tls is turned off"}},
		"no relay over UDP": {production, func(c *config.Config) { c.Turn.UDP = "" },
			map[string]string{"relay": Skipped, "relay tls": Passed}, []string{"turn.udp is turned off"}},
		"one port": {production, func(c *config.Config) { c.Turn.UDP, c.Turn.TLS = c.Media.UDP, c.Server.Listen },
			map[string]string{"sockets": Passed, "relay": Passed, "relay tls": Passed}, nil},
		"behind a TCP proxy": {production, func(c *config.Config) {
			c.Turn.TLS, c.Server.ProxyProtocol, c.Server.TrustedProxies = c.Server.Listen, true, []string{"127.0.0.0/8"}
		}, map[string]string{"relay": Passed, "relay tls": Passed}, nil},
		"a range of media ports": {production, func(c *config.Config) {
			c.Media.MinPort, c.Media.MaxPort, c.Turn.MinPort = 49152, 57343, 57344
		}, map[string]string{"addresses": Passed, "sockets": Passed, "relay": Passed, "relay tls": Passed}, nil},
		"a certificate of another name": {production, func(c *config.Config) { c.Server.URL = "https://visio.example" },
			map[string]string{"certificate": Failed, "sockets": Failed}, []string{"server.url", "visio.example", "localhost"}},
		"a media address of others": {production, func(c *config.Config) { c.Media.Address = "192.0.2.1" },
			map[string]string{"addresses": Failed, "sockets": Passed}, []string{"media.address", "192.0.2.1", "unreachable public address", "hairpin"}},
		"a relay address of others": {production, func(c *config.Config) { c.Turn.Address = "192.0.2.1" },
			map[string]string{"addresses": Failed, "sockets": Passed, "relay": Failed, "relay tls": Failed}, []string{"turn.address", "unreachable public address"}},
		"mail with SPF": {production, func(c *config.Config) { c.Mail.SMTP, c.Mail.From = "localhost:25", "a@with.example" },
			map[string]string{"mail": Passed}, []string{"SPF is published for with.example"}},
		"mail without SPF": {production, func(c *config.Config) { c.Mail.SMTP, c.Mail.From = "localhost:25", "a@without.example" },
			map[string]string{"mail": Failed}, []string{"no SPF record for without.example"}},
		"mail without DNS": {production, func(c *config.Config) { c.Mail.SMTP, c.Mail.From = "localhost:25", "a@none.example" },
			map[string]string{"mail": Failed}, []string{"none.example", "publish SPF"}},
	} {
		cfg := tt.cfg(t)
		fix(t, &cfg)
		if tt.change != nil {
			tt.change(&cfg)
		}
		got := states(t, cfg)
		all := ""
		for check, state := range tt.want {
			if got[check].State != state {
				t.Errorf("%s: %s is %+v, want %s", name, check, got[check], state)
			}
			all += got[check].Detail + "\n"
		}
		for _, w := range tt.words {
			if !strings.Contains(all, w) {
				t.Errorf("%s: %q does not say %q", name, all, w)
			}
		}
		if cfg.Server.Listen != "here" && cfg.Turn.UDP != "" {
			unused(t, cfg, "") // it was only a trial
		}
	}
}

func TestCheckFindsATakenPort(t *testing.T) {
	cfg := development(t)
	fix(t, &cfg)
	s, _, err := take("turn.udp", cfg.Turn.UDP)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r := states(t, cfg)["sockets"]; r.State != Failed || !strings.Contains(r.Detail, "turn.udp") {
		t.Errorf("%+v", r)
	}
}

// dns is a name server for a few domains, for this process.
func dns(t *testing.T) {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 512)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			answer(&m)
			if packed, err := m.Pack(); err == nil {
				_, _ = c.WriteTo(packed, from)
			}
		}
	}()
	system := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp4", c.LocalAddr().String())
	}}
	t.Cleanup(func() { net.DefaultResolver = system; c.Close(); <-done })
}

func answer(m *dnsmessage.Message) {
	q := m.Questions[0]
	m.Response, m.Additionals = true, nil
	texts := map[string]string{"with.example.": "v=spf1 mx -all", "without.example.": "hello"}
	text, ok := texts[q.Name.String()]
	if !ok {
		m.RCode = dnsmessage.RCodeNameError
		return
	}
	if q.Type == dnsmessage.TypeTXT {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}, Body: &dnsmessage.TXTResource{TXT: []string{text}},
		}}
	}
}
