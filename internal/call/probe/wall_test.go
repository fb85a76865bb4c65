package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/proxy"
	"ekermed.example/ekermed/internal/call/wire"
)

// Networks that let ever less through. What is dropped is given up in time, what is left
// carries media, and what has to be opened is listed once.
func TestWalls(t *testing.T) {
	for name, c := range map[string]struct {
		closed  []call.TestKind
		verdict call.Verdict
		want    map[string]string
		needs   string
	}{
		"relay": {nil, call.VerdictRelayUDP, map[string]string{
			"stun": "good", "turn_udp": "good", "turn_tls": "good", "media_udp": "failed timeout", "media_turn": "good", "media_tls": "good",
		}, "media_high"},
		"tls": {[]call.TestKind{call.TestSTUN, call.TestTURNUDP}, call.VerdictRelayTLS, map[string]string{
			"stun": "failed timeout", "turn_udp": "failed timeout", "turn_tls": "good", "media_udp": "failed timeout", "media_turn": "failed relay", "media_tls": "good",
		}, "media_high relay"},
		"nothing": {[]call.TestKind{call.TestSTUN, call.TestTURNUDP, call.TestTURNTLS}, call.VerdictBlocked, map[string]string{
			"https": "good", "wss": "good", "stun": "failed timeout", "turn_udp": "failed timeout", "turn_tls": "failed unreachable",
			"media_udp": "failed timeout", "media_turn": "failed relay", "media_tls": "failed relay",
		}, "media_high relay relay_tls"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startServer(t)
			results, _ := try(t, t.Context(), Options{Base: newWall(t, server.Local, c.closed...), TLS: server.trust(t)})
			expect(t, results, c.verdict, c.want)
			var what []string
			for _, n := range call.Needs(results) {
				what = append(what, n.What)
			}
			if slices.Sort(what); strings.Join(what, " ") != c.needs {
				t.Errorf("to be opened: %q", what)
			}
		})
	}
}

// stubborn fails to dial.
type stubborn struct{ err error }

func (s stubborn) DialContext(context.Context, string, string) (net.Conn, error) { return nil, s.err }
func (s stubborn) DialTLS(context.Context, string, string) (net.Conn, error)     { return nil, s.err }

// What a proxy says is the reason.
func TestProxies(t *testing.T) {
	for want, err := range map[call.Why]error{
		call.WhyLogin:       &proxy.LoginError{Host: "p"},
		call.WhyProxy:       fmt.Errorf("dialling: %w", &proxy.RefusedError{Host: "p", Status: 403}),
		call.WhyUnreachable: &proxy.RefusedError{Host: "p", Status: 502},
		call.WhyCertificate: &tls.CertificateVerificationError{Err: fmt.Errorf("no")},
		call.WhyTimeout:     context.DeadlineExceeded,
	} {
		results, _ := try(t, t.Context(), Options{Base: "https://h.example", Dialer: stubborn{err}})
		expect(t, results, call.VerdictUnreachable, map[string]string{"https": "failed " + string(want)})
	}
}

// wall is a network that lets only some through: the server's web with other addresses
// in what it says, which lead to where nobody answers.
type wall struct {
	t    *testing.T
	dead string // a port that never answers
	// closed are the kinds of servers that are not let through, and direct the media.
	closed []call.TestKind
	offers int // so far; the first one is for the direct way
}

func newWall(t *testing.T, local string, closed ...call.TestKind) string {
	t.Helper()
	dead, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dead.Close() })
	w := &wall{t: t, dead: dead.LocalAddr().String(), closed: closed}
	to, err := url.Parse(local)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			_, _ = rw.Write([]byte(`{"status":"ok"}`))
			return
		}
		in, err := (&websocket.Upgrader{}).Upgrade(rw, r, nil)
		if err != nil {
			return
		}
		defer in.Close()
		out, _, err := websocket.DefaultDialer.DialContext(r.Context(), "ws://"+to.Host+"/ws", nil)
		if err != nil {
			return
		}
		defer out.Close()
		go func() { // ends with the connection
			defer out.Close()
			for {
				kind, b, err := in.ReadMessage()
				if err != nil || out.WriteMessage(kind, b) != nil {
					return
				}
			}
		}()
		for {
			_, b, err := out.ReadMessage()
			if err != nil || in.WriteMessage(websocket.TextMessage, w.bend(b)) != nil {
				return
			}
		}
	}))
	t.Cleanup(web.Close)
	return web.URL
}

// bend changes one message of the server's.
func (w *wall) bend(b []byte) []byte {
	m, err := wire.DecodeServer(b)
	if err != nil {
		w.t.Error(err)
	}
	switch m := m.(type) {
	case wire.Probed:
		for i, s := range read(m.ICE) {
			if !slices.Contains(w.closed, s.kind) {
				continue
			}
			m.ICE[i].URLs = []string{map[call.TestKind]string{
				call.TestSTUN: "stun:" + w.dead, call.TestTURNUDP: "turn:" + w.dead + "?transport=udp", call.TestTURNTLS: "turns:127.0.0.1:1?transport=tcp",
			}[s.kind]}
		}
		b, err = wire.Encode(m)
	case wire.Offer:
		if w.offers++; w.offers > 1 {
			break
		}
		host, port, _ := net.SplitHostPort(w.dead)
		lines := strings.Split(m.SDP, "\r\n")
		for i, line := range lines {
			if f := strings.Fields(line); strings.HasPrefix(line, "a=candidate:") && len(f) > 5 {
				f[4], f[5] = host, port
				lines[i] = strings.Join(f, " ")
			}
		}
		m.SDP = strings.Join(lines, "\r\n")
		b, err = wire.Encode(m)
	}
	if err != nil {
		w.t.Error(err)
	}
	return b
}
