package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
)

// try runs everything and gives the newest of each result, with what was told in order.
func try(t *testing.T, ctx context.Context, o Options) (results []call.Result, told []call.Result) {
	t.Helper()
	from := time.Now()
	Run(ctx, o, func(r call.Result) {
		told = append(told, r)
		if i := slices.IndexFunc(results, func(o call.Result) bool { return o.ID == r.ID }); i >= 0 {
			results[i] = r
		} else {
			results = append(results, r)
		}
	})
	if took := time.Since(from); took > allLimit+time.Second {
		t.Errorf("it took %s", took)
	} else {
		t.Logf("%.1f s, verdict %s", took.Seconds(), call.Judge(results, true))
	}
	for _, r := range results {
		if r.State == call.TestSkipped {
			continue
		}
		t.Logf("%-11s %-8s %-12s %s:%d %s ready %s trip %s loss %.1f%% rate %.0f kbit/s capped %v", r.ID, r.State, r.Why, r.Target.Host, r.Target.Port, r.Target.Over,
			r.Figures.Ready.Round(100*time.Microsecond), r.Figures.Trip.Round(10*time.Microsecond), r.Figures.Loss, r.Figures.Rate/1000, r.Figures.Capped)
	}
	return results, told
}

func states(results []call.Result) map[string]string {
	got := map[string]string{}
	for _, r := range results {
		got[r.ID] = strings.TrimSpace(string(r.State) + " " + string(r.Why))
	}
	return got
}

func expect(t *testing.T, results []call.Result, verdict call.Verdict, want map[string]string) {
	t.Helper()
	got := states(results)
	for id, state := range want {
		if got[id] != state {
			t.Errorf("%s is %q, not %q", id, got[id], state)
		}
	}
	if v := call.Judge(results, true); v != verdict {
		t.Errorf("the verdict is %s, not %s", v, verdict)
	}
}

// A server on this machine: everything works but TURN over TLS, whose certificate nobody
// vouches for.
func TestRealServer(t *testing.T) {
	server := startServer(t)
	results, told := try(t, t.Context(), Options{Base: server.Local, Client: "test"})
	expect(t, results, call.VerdictDirect, map[string]string{
		"https": "good", "wss": "good", "stun": "good", "turn_udp": "good", "turn_tls": "failed certificate",
		"media_udp": "good", "media_turn": "skipped enough", "media_tls": "failed relay",
	})
	if told[0].ID != "https" || told[0].State != call.TestRunning {
		t.Errorf("first of all was told %+v", told[0])
	}
	for _, r := range results {
		switch r.ID {
		case "wss":
			if r.Figures.Trip == 0 {
				t.Error("no round trip of the WebSocket")
			}
		case "media_udp":
			if f := r.Figures; !f.Echoed || f.Trip == 0 || f.Rate < 1e6 || f.Loss > 3 || r.Target.Over != "udp" || r.Target.Port == 0 {
				t.Errorf("the media's figures are %+v to %+v", f, r.Target)
			}
		}
	}
	if needs := call.Needs(results); len(needs) != 1 || needs[0].What != "relay_tls" {
		t.Errorf("to be opened: %+v", needs)
	}
}

// With trust in its certificate, TURN over TLS works too, and HTTPS and WSS by it.
func TestTrusted(t *testing.T) {
	server := startServer(t)
	results, _ := try(t, t.Context(), Options{Base: server.URL, TLS: server.trust(t), Client: "test"})
	expect(t, results, call.VerdictDirect, map[string]string{
		"https": "good", "wss": "good", "stun": "good", "turn_udp": "good", "turn_tls": "good",
		"media_udp": "good", "media_turn": "skipped enough", "media_tls": "good",
	})
}

// Without trust, the certificate is the reason.
func TestCertificate(t *testing.T) {
	server := startServer(t)
	results, _ := try(t, t.Context(), Options{Base: server.URL})
	expect(t, results, call.VerdictUnreachable, map[string]string{"https": "failed certificate", "wss": "skipped before", "media_tls": "skipped before"})
}

func TestServerAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	results, _ := try(t, t.Context(), Options{Base: "http://" + l.Addr().String()})
	expect(t, results, call.VerdictUnreachable, map[string]string{"https": "failed unreachable", "wss": "skipped before", "media_udp": "skipped before"})
	results, _ = try(t, t.Context(), Options{Base: ""})
	expect(t, results, call.VerdictUnreachable, map[string]string{"https": "failed unreachable"})
}

// Whoever answers in the server's place is found out.
func TestGarbage(t *testing.T) {
	healthy := func(rw http.ResponseWriter) { _, _ = rw.Write([]byte(`{"status":"ok"}`)) }
	upgrade := func(rw http.ResponseWriter, r *http.Request, answers ...string) {
		up := websocket.Upgrader{}
		c, err := up.Upgrade(rw, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		for _, a := range answers {
			if _, _, err := c.ReadMessage(); err != nil {
				return
			}
			if err := c.WriteMessage(websocket.TextMessage, []byte(a)); err != nil {
				return
			}
		}
		_, _, _ = c.ReadMessage()
	}
	no := func(code wire.Code) string {
		b, err := wire.Encode(wire.Failure{Code: code, Text: "no", Fatal: true})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, c := range map[string]struct {
		serve   http.HandlerFunc
		id, why string
		verdict call.Verdict
	}{
		"a portal":      {func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("<html>Welcome")) }, "https", "failed proxy", call.VerdictUnreachable},
		"a redirection": {func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/login", http.StatusFound) }, "https", "failed proxy", call.VerdictUnreachable},
		"ill": {func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(http.StatusServiceUnavailable)
			_, _ = rw.Write([]byte(`{"status":"failing"}`))
		}, "https", "failed failing", call.VerdictBusy},
		"no WebSocket": {func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/healthz" {
				healthy(rw)
			} else {
				http.Error(rw, "blocked", http.StatusForbidden)
			}
		}, "wss", "failed proxy", call.VerdictWebSocket},
		"garbage": {func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/healthz" {
				healthy(rw)
			} else {
				upgrade(rw, r, "<html>")
			}
		}, "wss", "failed proxy", call.VerdictWebSocket},
		"full": {func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/healthz" {
				healthy(rw)
			} else {
				upgrade(rw, r, no(wire.CodeSlowDown))
			}
		}, "wss", "failed busy", call.VerdictBusy},
		"older": {func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/healthz" {
				healthy(rw)
			} else {
				upgrade(rw, r, no(wire.CodeMalformed))
			}
		}, "wss", "failed refused", call.VerdictWebSocket},
		"cut": {func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/healthz" {
				healthy(rw)
			} else if h, ok := rw.(http.Hijacker); ok {
				c, _, err := h.Hijack()
				if err == nil {
					c.Close()
				}
			}
		}, "wss", "failed unreachable", call.VerdictWebSocket},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(c.serve)
			defer s.Close()
			results, _ := try(t, t.Context(), Options{Base: s.URL})
			expect(t, results, c.verdict, map[string]string{c.id: c.why, "media_udp": "skipped before"})
		})
	}
}

// The WebSocket may have a host of its own.
func TestSocketApart(t *testing.T) {
	server := startServer(t)
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(`{"status":"ok"}`)) }))
	defer web.Close()
	results, _ := try(t, t.Context(), Options{Base: web.URL, Socket: "ws" + strings.TrimPrefix(server.Local, "http") + "/ws"})
	expect(t, results, call.VerdictDirect, map[string]string{"https": "good", "wss": "good", "media_udp": "good"})
	for _, r := range results {
		if r.ID == "wss" && r.Target.Host != "localhost" {
			t.Errorf("the WebSocket is aimed at %+v", r.Target)
		}
	}
}

// A cancelled run ends soon, and tells nothing more.
func TestCancelled(t *testing.T) {
	server := startServer(t)
	for _, after := range []string{"https", "wss", "turn_udp", "media_udp"} {
		t.Run(after, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			var cut time.Time
			late := 0
			Run(ctx, Options{Base: server.Local}, func(r call.Result) {
				if !cut.IsZero() {
					late++
				}
				if r.ID == after && cut.IsZero() {
					cancel()
					cut = time.Now()
				}
			})
			if cut.IsZero() || time.Since(cut) > time.Second || late > 0 {
				t.Errorf("it ended %s after, with %d results told", time.Since(cut), late)
			}
			cancel()
		})
	}
}

// What is listed is what can be tried, each URL with its credentials.
func TestRead(t *testing.T) {
	list := read([]wire.ICEServer{
		{URLs: []string{"stun:a.test", "stun:[::1]:99", "nonsense"}},
		{URLs: []string{"turn:a.test:3478", "turn:a.test?transport=tcp", "turns:a.test?transport=tcp", "turns:b.test:443?transport=tcp"}, Username: "u", Credential: "c"},
	})
	var got []string
	for _, s := range list {
		b, err := json.Marshal(s.target)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s.id+" "+string(b))
		if len(s.ice.URLs) != 1 || s.kind != call.TestSTUN && (s.ice.Username != "u" || s.ice.Credential != "c") {
			t.Errorf("%s has %+v", s.id, s.ice)
		}
	}
	want := []string{
		`stun {"Host":"a.test","Port":3478,"Over":"udp"}`, `stun-2 {"Host":"::1","Port":99,"Over":"udp"}`,
		`turn_udp {"Host":"a.test","Port":3478,"Over":"udp"}`, `turn_tcp {"Host":"a.test","Port":3478,"Over":"tcp"}`,
		`turn_tls {"Host":"a.test","Port":5349,"Over":"tcp"}`, `turn_tls-2 {"Host":"b.test","Port":443,"Over":"tcp"}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// trust takes the certificate that the server shows.
func (s *testServer) trust(t *testing.T) *tls.Config {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", u.Host, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	pool := x509.NewCertPool()
	for _, cert := range c.ConnectionState().PeerCertificates {
		pool.AddCert(cert)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}
