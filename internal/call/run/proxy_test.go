package run

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/proxy"
)

// hospital is a network whose only way out is a proxy that wants a login; it leads to
// the server under a name that nobody else knows.
type hospital struct {
	base  string // the server's address
	proxy *httptest.Server
	trust *tls.Config

	mu       sync.Mutex
	password string
	said     map[string]int // how often each login was told
	inside   map[net.Conn]bool
}

func newHospital(t *testing.T, server *testServer) *hospital {
	t.Helper()
	to, err := url.Parse(server.Local)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ErrorLog: log.New(io.Discard, "", 0),
	})
	front.Config.ErrorLog = log.New(io.Discard, "", 0)
	front.StartTLS()
	t.Cleanup(front.Close)
	pool := x509.NewCertPool()
	pool.AddCert(front.Certificate())
	h := &hospital{base: "https://example.com", trust: &tls.Config{RootCAs: pool}, password: "right", said: map[string]int{}, inside: map[net.Conn]bool{}}
	h.proxy = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { h.serve(rw, r, front.Listener.Addr().String()) }))
	t.Cleanup(func() { h.change(""); h.proxy.Close() })
	return h
}

func (h *hospital) serve(rw http.ResponseWriter, r *http.Request, to string) {
	who, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Proxy-Authorization"), "Basic "))
	h.mu.Lock()
	h.said[string(who)]++
	ok := string(who) == "anne:"+h.password && r.Method == http.MethodConnect && r.Host == "example.com:443"
	h.mu.Unlock()
	if !ok {
		rw.Header().Set("Proxy-Authenticate", `Basic realm="hospital"`)
		rw.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	out, err := net.Dial("tcp", to)
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
	h.mu.Lock()
	h.inside[in] = true
	h.mu.Unlock()
	_, _ = io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
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

// change takes another password from now on, and cuts whoever came in by the old one.
func (h *hospital) change(password string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.password = password
	for c := range h.inside {
		c.Close()
	}
	clear(h.inside)
}

func (h *hospital) times(who string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.said[who]
}

func (h *hospital) dialer(t *testing.T, kept *memory) Dialer {
	t.Helper()
	way, err := url.Parse(h.proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	return proxy.New(proxy.Options{
		Find: func(*url.URL) (*url.URL, error) { return way, nil }, TLS: h.trust,
		Kept: func(host string) (string, string, bool) {
			login, _ := kept.secrets.Load("proxy " + host)
			text, _ := login.(string)
			return strings.Cut(text, ":")
		},
	})
}

func asks(code call.ProblemCode) func(call.State) bool {
	return func(s call.State) bool {
		p := s.ProxyProblem()
		return p != nil && p.Code == code && p.Detail == "127.0.0.1"
	}
}

// Signing in, the agenda and a room through a proxy that wants a login: it is asked for,
// a wrong one is told once, the right one is kept, and another run finds it. When the
// proxy changes its mind in the middle, it is asked for again.
func TestBehindAProxy(t *testing.T) {
	server := startServer(t, t.TempDir(), "127.0.0.1:0")
	server.clinician()
	appointment, _ := server.invite()
	h := newHospital(t, server)
	kept := &memory{}
	d := startDeskBy(t, h.dialer(t, kept), h.trust, kept)
	d.Post(call.SignIn{Server: h.base, Email: email, Password: password})
	d.until(t, "the proxy asks", asks(call.ProblemProxyLogin))
	d.Post(call.ProxyLogin{User: "anne", Password: "bad"})
	d.until(t, "the proxy does not take it", asks(call.ProblemProxyWrong))
	d.Post(call.ProxyLogin{User: "anne", Password: "right"})
	s := d.until(t, "signed in", func(s call.State) bool { return s.Account.Phase == call.SignedIn && s.Agenda.Online })
	if s.ProxyProblem() != nil || h.times("anne:bad") != 1 {
		t.Errorf("%+v; the wrong password was told %d times", s.ProxyProblem(), h.times("anne:bad"))
	}
	d.Post(call.OpenRoom{Appointment: appointment})
	d.until(t, "in the room", func(s call.State) bool { return s.Call.Phase == call.Waiting && s.Call.Self != "" })

	h.change("new")
	d.until(t, "the proxy asks again", asks(call.ProblemProxyWrong))
	d.until(t, "everything is down", func(s call.State) bool { return !s.Agenda.Online && s.Call.Phase == call.Reconnecting })
	d.Post(call.ProxyLogin{User: "anne", Password: "new"})
	s = d.until(t, "back", func(s call.State) bool { return s.Agenda.Online && s.Call.Phase == call.Waiting })
	if s.ProxyProblem() != nil {
		t.Errorf("still %+v", s.ProxyProblem())
	}
	d.Post(call.Leave{Stay: true})

	eventually(t, "the login is kept", func() bool { v, _ := kept.secrets.Load("proxy 127.0.0.1"); return v == "anne:new" })
	token, _ := kept.secrets.Load(email)
	again := startDeskBy(t, h.dialer(t, kept), h.trust, kept)
	again.SignedIn(h.base, token.(string))
	again.until(t, "signed in without a question", func(s call.State) bool { return s.Account.Phase == call.SignedIn && s.Agenda.Online })
}

// A session of an earlier run waits for the login, and goes on with it at once.
func TestAnEarlierSessionBehindAProxy(t *testing.T) {
	server := startServer(t, t.TempDir(), "127.0.0.1:0")
	server.clinician()
	first := startDesk(t)
	first.signIn(t, server.Local)
	h, kept := newHospital(t, server), &memory{}
	token := ""
	first.o.Memory.(*memory).secrets.Range(func(_, v any) bool { token = v.(string); return false })
	d := startDeskBy(t, h.dialer(t, kept), h.trust, kept)
	d.SignedIn(h.base, token)
	d.until(t, "the proxy asks", asks(call.ProblemProxyLogin))
	d.Post(call.ProxyLogin{User: "anne", Password: "right"})
	d.until(t, "signed in", func(s call.State) bool { return s.Account.Phase == call.SignedIn && s.Agenda.Online })
}
