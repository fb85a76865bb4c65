package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// target is the name that the certificates of package httptest are for. It is never
// looked up: only proxies know it, as inside a hospital.
const target = "example.com:443"

// testProxy is a CONNECT proxy that knows one server.
type testProxy struct {
	*httptest.Server
	to        string
	challenge string // empty: everybody may pass
	user, pw  string

	mu   sync.Mutex
	said []string // the Proxy-Authorization of each request
	asks []string // and what it asked for
}

func newProxy(t *testing.T, to string, secure bool, challenge string) *testProxy {
	t.Helper()
	p := &testProxy{to: to, challenge: challenge, user: "anne", pw: "pw: é"}
	p.Server = httptest.NewUnstartedServer(p)
	p.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure {
		p.StartTLS()
	} else {
		p.Start()
	}
	t.Cleanup(p.Close)
	return p
}

func (p *testProxy) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	who := r.Header.Get("Proxy-Authorization")
	p.mu.Lock()
	p.said = append(p.said, who)
	p.asks = append(p.asks, r.Method+" "+r.RequestURI+" "+r.Host)
	p.mu.Unlock()
	if p.challenge != "" && who != "Basic "+base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.pw)) {
		rw.Header().Set("Proxy-Authenticate", p.challenge)
		rw.WriteHeader(http.StatusProxyAuthRequired)
		_, _ = io.WriteString(rw, "<html>who are you?</html>")
		return
	}
	out, err := net.Dial("tcp", p.to)
	if err != nil {
		rw.WriteHeader(http.StatusBadGateway)
		return
	}
	defer out.Close()
	in, _, err := rw.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer in.Close()
	_, _ = io.WriteString(in, "HTTP/1.1 200 Connection established\r\nContent-Length: 7\r\n\r\n") // to be ignored
	done := make(chan struct{})
	go func() { // ends with either connection
		defer close(done)
		_, _ = io.Copy(out, in)
		out.Close()
	}()
	_, _ = io.Copy(in, out)
	in.Close()
	<-done
}

func (p *testProxy) heard() (said, asks []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.said...), append([]string(nil), p.asks...)
}

// by finds this proxy for everything.
func by(t *testing.T, address string) func(*url.URL) (*url.URL, error) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return func(*url.URL) (*url.URL, error) { return u, nil }
}

// newServer answers HTTPS and echoes WSS, with TLS that example.com may have.
func newServer(t *testing.T) (address string, trust *tls.Config) {
	t.Helper()
	up := websocket.Upgrader{}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ws" {
			_, _ = fmt.Fprintf(rw, "%s at %s", r.URL.Path, r.Host)
			return
		}
		ws, err := up.Upgrade(rw, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		for {
			kind, b, err := ws.ReadMessage()
			if err != nil || ws.WriteMessage(kind, b) != nil {
				return
			}
		}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s.Listener.Addr().String(), &tls.Config{RootCAs: pool}
}

// HTTPS, WSS and bare TLS go through, by plain and by secure proxies, with and without a
// login; the proxy is told once it is known to want one, and never the server's secrets.
func TestThrough(t *testing.T) {
	address, trust := newServer(t)
	for _, secure := range []bool{false, true} {
		for _, challenge := range []string{"", `Basic realm="hospital, Basic"`, `Negotiate, NTLM, Digest realm="x", basic realm="y"`} {
			t.Run(fmt.Sprintf("secure %v, %s", secure, challenge), func(t *testing.T) {
				p := newProxy(t, address, secure, challenge)
				own := trust.Clone()
				if secure {
					own.RootCAs.AddCert(p.Certificate())
				}
				d := New(Options{Find: by(t, p.URL), TLS: own})
				d.Login("127.0.0.1", "anne", "pw: é")
				transport := &http.Transport{DialContext: d.DialContext, TLSClientConfig: own}
				defer transport.CloseIdleConnections()
				answer, err := (&http.Client{Transport: transport}).Get("https://example.com/hello")
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(answer.Body)
				answer.Body.Close()
				if string(body) != "/hello at example.com" {
					t.Errorf("HTTPS: %q", body)
				}
				ws, _, err := (&websocket.Dialer{NetDialContext: d.DialContext, TLSClientConfig: own}).DialContext(t.Context(), "wss://example.com/ws", nil)
				if err != nil {
					t.Fatal(err)
				}
				defer ws.Close()
				if err := ws.WriteMessage(websocket.TextMessage, []byte("ping")); err != nil {
					t.Fatal(err)
				}
				if _, b, err := ws.ReadMessage(); err != nil || string(b) != "ping" {
					t.Errorf("WSS: %q %v", b, err)
				}
				conn, err := d.DialTLS(t.Context(), target, "example.com")
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if _, ok := conn.LocalAddr().(*net.TCPAddr); !ok {
					t.Errorf("ICE wants a TCP address, not %T", conn.LocalAddr())
				}
				if _, err := d.DialTLS(t.Context(), target, "elsewhere.test"); err == nil || !strings.Contains(err.Error(), "elsewhere.test") {
					t.Errorf("another name's certificate: %v", err)
				}
				said, asks := p.heard()
				if len(said) != 4 || asks[0] != "CONNECT example.com:443 example.com:443" {
					t.Errorf("asked %q", asks)
				}
				for _, who := range said {
					if (who == "") == (challenge != "") && challenge != "" {
						t.Errorf("told %q", said)
					}
				}
			})
		}
	}
}

// Who is asked for, in which order, and how often: never twice with what is wrong.
func TestLogins(t *testing.T) {
	address, trust := newServer(t)
	basic := `Basic realm="hospital"`
	dial := func(d *Dialer) error {
		conn, err := d.DialTLS(t.Context(), target, "example.com")
		if err == nil {
			conn.Close()
		}
		return err
	}
	asked := func(t *testing.T, err error, wrong bool) {
		t.Helper()
		var login *LoginError
		if !errors.As(err, &login) || login.Wrong != wrong || login.Host != "127.0.0.1" {
			t.Errorf("%v (%+v), want wrong %v", err, login, wrong)
		}
		if err != nil && (strings.Contains(err.Error(), "bad") || strings.Contains(err.Error(), "pw")) {
			t.Errorf("%q tells the password", err)
		}
	}
	t.Run("typed", func(t *testing.T) {
		p := newProxy(t, address, false, basic)
		d := New(Options{Find: by(t, p.URL), TLS: trust})
		asked(t, dial(d), false)
		d.Login("127.0.0.1", "anne", "bad")
		asked(t, dial(d), true)
		asked(t, dial(d), true)
		asked(t, dial(d), true)
		d.Login("127.0.0.1", "anne", "pw: é")
		for range 2 {
			if err := dial(d); err != nil {
				t.Error(err)
			}
		}
		said, _ := p.heard()
		told := 0
		for _, who := range said {
			if strings.HasPrefix(who, "Basic ") && who == (&login{user: "anne", password: "bad"}).basic() {
				told++
			}
		}
		if told != 1 {
			t.Errorf("the wrong password was told %d times: a directory would lock the account", told)
		}
	})
	t.Run("kept", func(t *testing.T) {
		p := newProxy(t, address, false, basic)
		looked := 0
		d := New(Options{Find: by(t, p.URL), TLS: trust, Kept: func(host string) (string, string, bool) {
			looked++
			return "anne", "pw: é", host == "127.0.0.1"
		}})
		for range 3 {
			if err := dial(d); err != nil {
				t.Error(err)
			}
		}
		said, _ := p.heard()
		if looked != 1 || len(said) != 4 || said[0] != "" {
			t.Errorf("looked up %d times, told %d times: nothing is told unasked at first", looked, len(said))
		}
	})
	t.Run("set", func(t *testing.T) {
		p := newProxy(t, address, false, basic)
		with := strings.Replace(p.URL, "http://", "http://anne:pw%3A%20%C3%A9@", 1)
		if err := dial(New(Options{Find: by(t, with), TLS: trust})); err != nil {
			t.Error(err)
		}
		wrong := New(Options{Find: by(t, strings.Replace(p.URL, "http://", "http://anne:bad@", 1)), TLS: trust})
		asked(t, dial(wrong), true)
		asked(t, dial(wrong), true)
		wrong.Login("127.0.0.1", "anne", "pw: é")
		if err := dial(wrong); err != nil {
			t.Errorf("what is typed comes before what is set: %v", err)
		}
	})
	t.Run("an http proxy of the same name", func(t *testing.T) {
		safe, open := newProxy(t, address, true, basic), newProxy(t, address, false, basic)
		own := trust.Clone()
		own.RootCAs = own.RootCAs.Clone()
		own.RootCAs.AddCert(safe.Certificate())
		var at atomic.Pointer[testProxy]
		at.Store(safe)
		kept := false
		d := New(Options{TLS: own, Find: func(target *url.URL) (*url.URL, error) { return by(t, at.Load().URL)(target) }, Kept: func(string) (string, string, bool) {
			return "anne", "pw: é", kept // by the program, once it was typed
		}})
		asked(t, dial(d), false)
		d.Login("127.0.0.1", "anne", "pw: é")
		kept = true
		if err := dial(d); err != nil {
			t.Error(err)
		}
		at.Store(open)
		clear(d.finder.seen)
		asked(t, dial(d), false)
		if said, _ := open.heard(); len(said) != 1 || said[0] != "" {
			t.Errorf("it was told %q in clear", said)
		}
		d.Login("127.0.0.1", "anne", "pw: é") // which was asked for, for this one
		if err := dial(d); err != nil {
			t.Error(err)
		}
	})
	t.Run("only other proofs", func(t *testing.T) {
		p := newProxy(t, address, false, "Negotiate")
		d := New(Options{Find: by(t, p.URL), TLS: trust})
		var refused *RefusedError
		if err := dial(d); !errors.As(err, &refused) || refused.Status != 407 {
			t.Errorf("%v", err)
		}
	})
	t.Run("many at once", func(t *testing.T) {
		p := newProxy(t, address, false, basic)
		d := New(Options{Find: by(t, p.URL), TLS: trust, Kept: func(string) (string, string, bool) { return "anne", "pw: é", true }})
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if err := dial(d); err != nil {
					t.Error(err)
				}
			})
			d.Login("other.example", "x", "y")
		}
		wg.Wait()
	})
}

// strange is a proxy that says one thing to everybody.
func strange(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				b := make([]byte, 4096)
				if _, err := c.Read(b); err == nil {
					serve(c)
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return "http://" + l.Addr().String()
}

func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, text)
		_, _ = io.Copy(io.Discard, c)
	}
}

// Proxies that refuse, lie, stall or break: the right error, soon, and nothing left open.
func TestStrangeProxies(t *testing.T) {
	huge := "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 2*answerLimit) + "\r\n\r\n"
	many := "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: a\r\n", answerLimit) + "\r\n"
	for name, tt := range map[string]struct {
		serve  func(net.Conn)
		status int    // of a RefusedError; 0 for an UnreachableError
		why    string // in the error
	}{
		"forbids":           {says("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope"), 403, "answered 403"},
		"cannot reach it":   {says("HTTP/1.0 504 Gateway Timeout\r\n\r\n"), 504, "answered 504"},
		"redirects":         {says("HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n"), 302, "302"},
		"garbage":           {says("SSH-2.0-OpenSSH_9.6\r\n\r\n"), 0, "not HTTP"},
		"binary":            {says(string([]byte{0x15, 3, 1, 0, 2, 2, 22, '\n'})), 0, "not HTTP"},
		"closes":            {func(net.Conn) {}, 0, "closed the connection"},
		"closes half way":   {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX: ") }, 0, "closed the connection"},
		"a huge header":     {says(huge), 0, "longer"},
		"many headers":      {says(many), 0, "longer"},
		"endless 1xx":       {says(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100)), 0, "longer"},
		"says nothing":      {says(""), 0, "in time"},
		"says little":       {says("HTTP/1.1 2"), 0, "in time"},
		"asks with no name": {says("HTTP/1.1 407 Who\r\nConnection: close\r\n\r\n"), -1, "wants a login"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := New(Options{Find: by(t, strange(t, tt.serve))})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			conn, err := d.DialContext(ctx, "tcp", target)
			if err == nil {
				conn.Close()
				t.Fatal("let through")
			}
			var refused *RefusedError
			var unreachable *UnreachableError
			switch {
			case tt.status > 0 && (!errors.As(err, &refused) || refused.Status != tt.status):
				t.Errorf("%v", err)
			case tt.status == 0 && !errors.As(err, &unreachable):
				t.Errorf("%v", err)
			}
			if !strings.Contains(err.Error(), tt.why) || len(err.Error()) > 300 {
				t.Errorf("%q, want %q", err, tt.why)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// What a server says right behind the proxy's answer is not lost.
func TestEarlyWords(t *testing.T) {
	d := New(Options{Find: by(t, strange(t, says("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello"+strings.Repeat(".", 3*answerLimit)+"end")))})
	conn, err := d.DialContext(t.Context(), "tcp", target)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	b := make([]byte, 5+3*answerLimit+3)
	if _, err := io.ReadFull(conn, b); err != nil || !strings.HasPrefix(string(b), "hello.") || !strings.HasSuffix(string(b), ".end") {
		t.Errorf("%q… %v", b[:8], err)
	}
}

// Giving up ends a connection that hangs, at once.
func TestGivingUp(t *testing.T) {
	d := New(Options{Find: by(t, strange(t, says("")))})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	if _, err := d.DialContext(ctx, "tcp", target); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestNoProxyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := "http://" + l.Addr().String()
	l.Close()
	secure := newProxy(t, "", true, "")
	for name, address := range map[string]string{"nobody listens": gone, "not trusted": secure.URL, "SOCKS": "socks5://127.0.0.1:1080"} {
		var unreachable *UnreachableError
		_, err := New(Options{Find: by(t, address)}).DialContext(t.Context(), "tcp", target)
		if !errors.As(err, &unreachable) || unreachable.Host != "127.0.0.1" {
			t.Errorf("%s: %v", name, err)
		}
	}
	broken := func(*url.URL) (*url.URL, error) { return nil, errors.New("no address") }
	var unreachable *UnreachableError
	if _, err := New(Options{Find: broken}).DialContext(t.Context(), "tcp", target); !errors.As(err, &unreachable) {
		t.Errorf("broken settings: %v", err)
	}
}

// This machine is never behind a proxy, whatever the settings say.
func TestLoopbackIsDirect(t *testing.T) {
	address, trust := newServer(t)
	asked := func(u *url.URL) (*url.URL, error) {
		t.Errorf("a proxy for %s", u)
		return nil, nil
	}
	d := New(Options{Find: asked, TLS: trust})
	conn, err := d.DialTLS(t.Context(), address, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST.": true, "a.localhost": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"localhost.evil.example": false, "notlocalhost": false, "10.0.0.1": false, "0.0.0.0": false, "127.0.0.1.nip.io": false, "": false,
	} {
		if loopback(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}

// Without a proxy connections are direct; with or without TLS.
func TestDirect(t *testing.T) {
	address, trust := newServer(t)
	d := New(Options{TLS: trust})
	for _, name := range []string{"", "127.0.0.1"} {
		conn, err := d.DialTLS(t.Context(), address, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, sealed := conn.(*tls.Conn); sealed != (name != "") {
			t.Errorf("%q: %T", name, conn)
		}
		conn.Close()
	}
	if _, err := d.DialContext(t.Context(), "tcp", "no port"); err == nil {
		t.Error("an address without a port")
	}
}
