// Package portal is the client of the server's HTTP interface (/api/v1).
package portal

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/proxy"
	"ekermed.example/ekermed/internal/call/wire"
)

// answerLimit bounds what is read of an answer, in bytes.
const answerLimit = 1 << 20

// Portal speaks for one server, as one session once Token is set. It is a value.
type Portal struct {
	Base  string // https://host[/prefix], without a slash at its end
	Token string
	// Apart is the WebSocket's address where it has a host of its own, as Session tells.
	Apart string
	// TLS adds to the system's trust; nil uses the system's.
	TLS *tls.Config
	// Dial opens connections, through a proxy where there is one. Nil dials directly.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Parse checks a server's address as people type it: https is added when no scheme is
// given; http is taken for this machine only.
func Parse(address string) (string, error) {
	address = strings.TrimSpace(address)
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("not an address such as https://visio.hospital.example")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())) {
		return "", errors.New("the address must begin with https://")
	}
	return u.Scheme + "://" + u.Host + strings.TrimSuffix(u.Path, "/"), nil
}

// Loopback tells whether a host is this machine.
func Loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// Socket is the WebSocket's address.
func (p Portal) Socket() string {
	if strings.HasPrefix(p.Apart, "wss://") {
		return p.Apart
	}
	return "ws" + strings.TrimPrefix(p.Base, "http") + "/ws"
}

// Refusal is a no from the server.
type Refusal struct {
	wire.Failure
	// Wait is how long to wait before trying again, 0 when not told.
	Wait time.Duration
}

func (r *Refusal) Error() string { return r.Text }

// SignIn opens a session.
func (p Portal) SignIn(ctx context.Context, in wire.SignIn) (wire.Session, error) {
	return ask[wire.Session](ctx, p, http.MethodPost, "/session", in)
}

// Active tells that somebody is at the desk.
func (p Portal) Active(ctx context.Context) error {
	_, err := ask[struct{}](ctx, p, http.MethodPost, "/session/activity", struct{}{})
	return err
}

// Session tells who the token belongs to.
func (p Portal) Session(ctx context.Context) (wire.Session, error) {
	s, err := ask[wire.Session](ctx, p, http.MethodGet, "/session", nil)
	s.Token = p.Token
	return s, err
}

// SignOut ends the session at the server.
func (p Portal) SignOut(ctx context.Context) error {
	_, err := ask[struct{}](ctx, p, http.MethodDelete, "/session", nil)
	return err
}

// Invite books an appointment.
func (p Portal) Invite(ctx context.Context, in wire.Invite) (wire.Invited, error) {
	return ask[wire.Invited](ctx, p, http.MethodPost, "/appointments", in)
}

// Cancel takes an appointment back.
func (p Portal) Cancel(ctx context.Context, appointment string) error {
	_, err := ask[struct{}](ctx, p, http.MethodPost, "/appointments/"+url.PathEscape(appointment)+"/cancel", struct{}{})
	return err
}

// Pass opens an appointment's room as its clinician.
func (p Portal) Pass(ctx context.Context, appointment string) (wire.Pass, error) {
	return ask[wire.Pass](ctx, p, http.MethodPost, "/appointments/"+url.PathEscape(appointment)+"/pass", struct{}{})
}

// Join opens a room as the holder of a link.
func (p Portal) Join(ctx context.Context, code string) (wire.Pass, error) {
	return ask[wire.Pass](ctx, p, http.MethodPost, "/join", wire.LinkCode{Code: code})
}

func ask[T any](ctx context.Context, p Portal, method, path string, body any) (T, error) {
	var out T
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return out, err
		}
		in = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, p.Base+"/api/v1"+path, in)
	if err != nil {
		return out, err
	}
	r.Header.Set("Content-Type", "application/json")
	if p.Token != "" {
		r.Header.Set("Authorization", "Bearer "+p.Token)
	}
	client := http.Client{Timeout: 15 * time.Second, Transport: p.Transport()}
	defer client.CloseIdleConnections()
	answer, err := client.Do(r)
	if err != nil {
		return out, err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, answerLimit))
	if err != nil {
		return out, err
	}
	if answer.StatusCode != http.StatusOK {
		no := &Refusal{}
		if err := json.Unmarshal(raw, &no.Failure); err != nil || no.Code == "" {
			return out, fmt.Errorf("the server answered %s", answer.Status)
		}
		if wait, err := time.ParseDuration(answer.Header.Get("Retry-After") + "s"); err == nil {
			no.Wait = wait
		}
		return out, no
	}
	return out, json.Unmarshal(raw, &out)
}

// Transport makes requests as this portal does: with its certificates, and through its proxy.
func (p Portal) Transport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = p.TLS
	t.Proxy = nil // proxies are for Dial
	if p.Dial != nil {
		t.DialContext = p.Dial
	}
	t.TLSHandshakeTimeout = 8 * time.Second
	return t
}

// Explain names what went wrong, for a screen.
func (p Portal) Explain(err error) call.Problem {
	host := p.Base
	if u, err := url.Parse(p.Base); err == nil {
		host = u.Host
	}
	if problem, ok := explainProxy(err); ok {
		return problem
	}
	var no *Refusal
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &no) && no.Wait > 0:
		return call.Problem{Code: call.ProblemCode(no.Code), Detail: fmt.Sprintf("%.0f", no.Wait.Seconds())}
	case errors.As(err, &no):
		return call.Problem{Code: call.ProblemCode(no.Code), Detail: no.Text}
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid):
		return call.Problem{Code: call.ProblemCertificate, Detail: host}
	}
	return call.Problem{Code: call.ProblemOffline, Detail: host}
}

// explainProxy names what a proxy on the way said. That it does not reach the server
// either is not its fault.
func explainProxy(err error) (call.Problem, bool) {
	var login *proxy.LoginError
	var refused *proxy.RefusedError
	var unreachable *proxy.UnreachableError
	switch {
	case errors.As(err, &login) && login.Wrong:
		return call.Problem{Code: call.ProblemProxyWrong, Detail: login.Host}, true
	case errors.As(err, &login):
		return call.Problem{Code: call.ProblemProxyLogin, Detail: login.Host}, true
	case errors.As(err, &refused) && refused.Status < 500:
		return call.Problem{Code: call.ProblemProxy, Detail: fmt.Sprintf("%s (%d)", refused.Host, refused.Status)}, true
	case errors.As(err, &unreachable):
		return call.Problem{Code: call.ProblemProxy, Detail: unreachable.Host}, true
	}
	return call.Problem{}, false
}
