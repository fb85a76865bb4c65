package portal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/proxy"
	"ekermed.example/ekermed/internal/call/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestParse(t *testing.T) {
	for in, want := range map[string]string{ // empty: refused
		"visio.hospital.example":           "https://visio.hospital.example",
		"  https://visio.hospital.example": "https://visio.hospital.example",
		"https://visio.hospital.example/":  "https://visio.hospital.example",
		"visio.hospital.example:8443":      "https://visio.hospital.example:8443",
		"https://hospital.example/visio/":  "https://hospital.example/visio",
		"hospital.example/visio":           "https://hospital.example/visio",
		"http://localhost:8443":            "http://localhost:8443",
		"http://127.0.0.1:8443":            "http://127.0.0.1:8443",
		"http://127.9.9.9":                 "http://127.9.9.9",
		"http://[::1]:8443":                "http://[::1]:8443",
		"https://[2001:db8::1]:8443":       "https://[2001:db8::1]:8443",
		"http://visio.hospital.example":    "",
		"http://192.168.1.7":               "",
		"http://localhost.evil.example":    "",
		"http://127.0.0.1.nip.io":          "",
		"http://0.0.0.0:8443":              "",
		"http://[::]:8443":                 "",
		"ftp://visio.hospital.example":     "",
		"file:///etc/passwd":               "",
		"javascript://alert(1)":            "",
		"https://user@visio.example":       "",
		"https://user:pass@visio.example":  "",
		"https://visio.example@evil.ex":    "",
		"https://visio.example/?q=1":       "",
		"https://visio.example/#top":       "",
		"https://":                         "",
		"https:///path":                    "",
		"":                                 "",
		"   ":                              "",
		"two words":                        "",
		"https://visio.example:port":       "",
		"https://visio.example/\r\nX: y":   "",
	} {
		got, err := Parse(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "address") {
			t.Errorf("%q: %q is no help", in, err)
		}
		if again, err := Parse(got); want != "" && (again != got || err != nil) {
			t.Errorf("%q again: %q %v", got, again, err)
		}
	}
}

func TestSocket(t *testing.T) {
	for base, want := range map[string]string{
		"https://visio.example": "wss://visio.example/ws", "http://localhost:1": "ws://localhost:1/ws", "https://h.example/visio": "wss://h.example/visio/ws",
	} {
		if got := (Portal{Base: base}).Socket(); got != want {
			t.Errorf("%s: %s", base, got)
		}
	}
}

// Every call is the right request.
func TestCalls(t *testing.T) {
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = fmt.Sprintf("%s %s %s %s", r.Method, r.URL.EscapedPath(), r.Header.Get("Authorization"), body)
		if r.Header.Get("Content-Type") != "application/json" || r.URL.RawQuery != "" {
			t.Errorf("%s: %v", got, r.Header)
		}
		_, _ = io.WriteString(rw, `{"token":"t2","name":"Dr Anne","pass":"p","link":"l","new_field":1}`)
	}))
	defer s.Close()
	ctx, p := t.Context(), Portal{Base: s.URL, Token: "t1"}
	for _, tt := range []struct {
		want string
		do   func() error
	}{
		{`POST /api/v1/session  {"email":"a@b.c","password":"pw"}`, func() error {
			in, err := Portal{Base: s.URL}.SignIn(ctx, wire.SignIn{Email: "a@b.c", Password: "pw"})
			if in.Token != "t2" {
				t.Errorf("%+v", in)
			}
			return err
		}},
		{`GET /api/v1/session Bearer t1 `, func() error {
			in, err := p.Session(ctx)
			if in.Token != "t1" || in.Name != "Dr Anne" {
				t.Errorf("%+v", in)
			}
			return err
		}},
		{`DELETE /api/v1/session Bearer t1 `, func() error { return p.SignOut(ctx) }},
		{`POST /api/v1/appointments Bearer t1 {"patient_email":"p@x.example"}`, func() error {
			_, err := p.Invite(ctx, wire.Invite{PatientEmail: "p@x.example"})
			return err
		}},
		{`POST /api/v1/appointments/a%2F..%2Fb/cancel Bearer t1 {}`, func() error { return p.Cancel(ctx, "a/../b") }},
		{`POST /api/v1/appointments/a1/pass Bearer t1 {}`, func() error { _, err := p.Pass(ctx, "a1"); return err }},
		{`POST /api/v1/join Bearer t1 {"code":"c"}`, func() error { _, err := p.Join(ctx, "c"); return err }},
	} {
		if err := tt.do(); err != nil || got != tt.want {
			t.Errorf("%q %v, want %q", got, err, tt.want)
		}
	}
}

// A refusal keeps its code, its sentence and its wait; anything else is told as what
// it is.
func TestRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		status     int
		wait, body string
		want       Refusal // empty: no refusal
	}{
		"refused":        {401, "", `{"code":"credentials","text":"wrong","fatal":false}`, Refusal{Failure: wire.Failure{Code: "credentials", Text: "wrong"}}},
		"slowed down":    {429, "30", `{"code":"slow_down","text":"later"}`, Refusal{Failure: wire.Failure{Code: "slow_down", Text: "later"}, Wait: 30 * time.Second}},
		"a strange wait": {429, "Wed, 21 Oct 2026 07:28:00 GMT", `{"code":"slow_down","text":"later"}`, Refusal{Failure: wire.Failure{Code: "slow_down", Text: "later"}}},
		"a code of 2030": {418, "", `{"code":"tea","text":"short and stout","cup":1}`, Refusal{Failure: wire.Failure{Code: "tea", Text: "short and stout"}}},
		"a proxy's page": {502, "", `<html>Bad gateway</html>`, Refusal{}},
		"no code":        {500, "", `{}`, Refusal{}},
		"empty":          {404, "", ``, Refusal{}},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			if tt.wait != "" {
				rw.Header().Set("Retry-After", tt.wait)
			}
			rw.WriteHeader(tt.status)
			_, _ = io.WriteString(rw, tt.body)
		}))
		_, err := Portal{Base: s.URL}.Join(t.Context(), "c")
		var no *Refusal
		switch {
		case err == nil:
			t.Errorf("%s: no error", name)
		case tt.want.Code == "" && (errors.As(err, &no) || !strings.Contains(err.Error(), fmt.Sprint(tt.status))):
			t.Errorf("%s: %v", name, err)
		case tt.want.Code != "" && (!errors.As(err, &no) || *no != tt.want):
			t.Errorf("%s: %#v", name, err)
		}
		s.Close()
	}
}

func TestStrangeAnswers(t *testing.T) {
	for name, body := range map[string]string{"no JSON": "<html>", "endless": `{"pass":"` + strings.Repeat("a", 2*answerLimit), "empty": ""} {
		s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, body) }))
		if _, err := (Portal{Base: s.URL}).Join(t.Context(), "c"); err == nil {
			t.Errorf("%s was taken", name)
		}
		s.Close()
	}
}

// The screen is told which of three things it is: refused, not trusted, not reached.
func TestExplain(t *testing.T) {
	sealed := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, `{}`) }))
	sealed.Config.ErrorLog = log.New(io.Discard, "", 0)
	sealed.StartTLS()
	defer sealed.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	pool := x509.NewCertPool()
	pool.AddCert(sealed.Certificate())
	ask := func(base string, trust *tls.Config) func(Portal) error {
		return func(Portal) error {
			_, err := Portal{Base: base, TLS: trust}.Join(t.Context(), "c")
			return err
		}
	}
	host := "visio.example:8443"
	through := func(err error) func(Portal) error {
		return func(p Portal) error {
			p.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
				if address != host {
					t.Errorf("dialled %s", address)
				}
				return nil, err
			}
			_, err := p.Join(t.Context(), "c")
			return err
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		err    func(Portal) error
		code   call.ProblemCode
		detail string
	}{
		"refused": {func(Portal) error {
			return &Refusal{Failure: wire.Failure{Code: wire.CodeEarly, Text: "not yet"}}
		}, call.ProblemCode(wire.CodeEarly), "not yet"},
		"wrapped": {func(Portal) error {
			return fmt.Errorf("joining: %w", &Refusal{Failure: wire.Failure{Code: wire.CodeSession, Text: "gone"}})
		}, call.ProblemCode(wire.CodeSession), "gone"},
		"slowed down": {func(Portal) error {
			return &Refusal{Failure: wire.Failure{Code: wire.CodeSlowDown, Text: "later"}, Wait: 30 * time.Second}
		}, call.ProblemCode(wire.CodeSlowDown), "30"},
		"an unknown authority": {ask(sealed.URL, nil), call.ProblemCertificate, host},
		"another name":         {ask(strings.Replace(sealed.URL, "127.0.0.1", "localhost", 1), &tls.Config{RootCAs: pool}), call.ProblemCertificate, host},
		"expired": {ask(sealed.URL, &tls.Config{RootCAs: pool, Time: func() time.Time { return time.Now().AddDate(200, 0, 0) }}),
			call.ProblemCertificate, host},
		"nobody there": {ask(gone.URL, nil), call.ProblemOffline, host},
		"no such name": {func(Portal) error { return &url.Error{Op: "Post", URL: "x", Err: errors.New("no such host")} }, call.ProblemOffline, host},
		"given up": {func(p Portal) error {
			_, err := Portal{Base: gone.URL}.Join(stopped, "c")
			return err
		}, call.ProblemOffline, host},
		"no JSON":               {func(Portal) error { return json.Unmarshal([]byte("<"), &struct{}{}) }, call.ProblemOffline, host},
		"a proxy wants a login": {through(&proxy.LoginError{Host: "proxy.test"}), call.ProblemProxyLogin, "proxy.test"},
		"and does not take it":  {through(&proxy.LoginError{Host: "proxy.test", Wrong: true}), call.ProblemProxyWrong, "proxy.test"},
		"a proxy refuses":       {through(&proxy.RefusedError{Host: "proxy.test", Status: 403}), call.ProblemProxy, "proxy.test (403)"},
		"a proxy finds nobody":  {through(&proxy.RefusedError{Host: "proxy.test", Status: 503}), call.ProblemOffline, host},
		"a proxy is away":       {through(&proxy.UnreachableError{Host: "proxy.test", Err: x509.HostnameError{Certificate: sealed.Certificate(), Host: "proxy.test"}}), call.ProblemProxy, "proxy.test"},
	} {
		p := Portal{Base: "https://" + host}
		err := tt.err(p)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if got := p.Explain(err); got != (call.Problem{Code: tt.code, Detail: tt.detail}) {
			t.Errorf("%s: %v is told as %+v", name, err, got)
		}
	}
	if _, err := (Portal{Base: sealed.URL, TLS: &tls.Config{RootCAs: pool}}).Join(t.Context(), "c"); err != nil {
		t.Errorf("a trusted one: %v", err)
	}
}

func TestASocketApart(t *testing.T) {
	for _, tt := range []struct{ base, apart, want string }{
		{"https://h.example/visio", "", "wss://h.example/visio/ws"}, {"http://localhost:1", "", "ws://localhost:1/ws"},
		{"https://h.example", "wss://ws.h.example/ws", "wss://ws.h.example/ws"}, {"https://h.example", "ws://plain.example/ws", "wss://h.example/ws"},
	} {
		if got := (Portal{Base: tt.base, Apart: tt.apart}).Socket(); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}
