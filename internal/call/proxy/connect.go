package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	// answerLimit bounds the head of a proxy's answer, in bytes.
	answerLimit = 16 << 10
	// interim bounds the 1xx answers before the one that counts.
	interim = 4
)

// through opens a connection to address by way of a proxy.
func (d *Dialer) through(ctx context.Context, proxy *url.URL, address string) (net.Conn, error) {
	host := hostID(proxy.Hostname())
	who := d.logins.atOnce(proxy)
	for {
		conn, answer, err := d.ask(ctx, proxy, address, who)
		switch {
		case err != nil:
			return nil, &UnreachableError{host, err}
		case answer.StatusCode/100 == 2:
			return conn, nil
		case answer.StatusCode != http.StatusProxyAuthRequired:
			return nil, &RefusedError{host, answer.StatusCode, "it does not let us through to this server"}
		case !basic(answer.Header.Values("Proxy-Authenticate")):
			return nil, &RefusedError{host, answer.StatusCode, "it takes no user name and password, but other proofs that e-KerMed does not have"}
		case who != nil:
			d.logins.refuse(who)
			return nil, &LoginError{host, true}
		}
		var wrong bool
		if who, wrong = d.logins.answer(proxy); who == nil {
			return nil, &LoginError{host, wrong}
		}
	}
}

// ask sends one CONNECT on a connection of its own, which is closed unless the answer is
// 2xx: a proxy that asked who we are may close it anyway.
func (d *Dialer) ask(ctx context.Context, proxy *url.URL, address string, who *login) (net.Conn, *http.Response, error) {
	conn, err := d.reach(ctx, proxy)
	if err != nil {
		return nil, nil, err
	}
	if limit, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(limit)
	}
	given := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // wakes the reader
	in := newInput(conn)
	var answer *http.Response
	if err == nil {
		if err = request(address, who).Write(conn); err == nil {
			answer, err = in.answer()
		}
	}
	if !given() {
		err = context.Cause(ctx)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("it does not answer in time: %w", context.DeadlineExceeded)
	}
	if err == nil && answer.StatusCode/100 == 2 {
		if err = conn.SetDeadline(time.Time{}); err == nil {
			return in.rest(conn), answer, nil
		}
	}
	_ = conn.Close() // it is given up either way
	return nil, answer, err
}

// reach opens the connection to the proxy itself.
func (d *Dialer) reach(ctx context.Context, proxy *url.URL) (net.Conn, error) {
	if proxy.Scheme != "http" && proxy.Scheme != "https" {
		return nil, fmt.Errorf("%s proxies are not supported, only http and https", proxy.Scheme)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(proxy.Hostname(), portOf(proxy)))
	if err != nil || proxy.Scheme == "http" {
		return conn, err
	}
	return d.secure(ctx, conn, proxy.Hostname())
}

func portOf(proxy *url.URL) string {
	switch {
	case proxy.Port() != "":
		return proxy.Port()
	case proxy.Scheme == "https":
		return "443"
	}
	return "80"
}

func request(address string, who *login) *http.Request {
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Host: address}, Host: address, Header: http.Header{"User-Agent": {"e-KerMed"}}}
	if who != nil {
		r.Header.Set("Proxy-Authorization", who.basic())
	}
	return r
}

// input reads a proxy's answer, and keeps what the server behind it said right after.
type input struct {
	line   *line
	limit  *io.LimitedReader
	buffer *bufio.Reader
}

func newInput(r io.Reader) *input {
	line := &line{r: r}
	limit := &io.LimitedReader{R: line, N: answerLimit}
	return &input{line, limit, bufio.NewReader(limit)}
}

// line remembers how a connection broke, which the parser of HTTP forgets.
type line struct {
	r   io.Reader
	err error
}

func (l *line) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if err != nil && err != io.EOF {
		l.err = err
	}
	return n, err
}

// answer reads up to the end of the answer's head. A body, which no 2xx to CONNECT has,
// is left.
func (in *input) answer() (*http.Response, error) {
	for range interim {
		answer, err := http.ReadResponse(in.buffer, &http.Request{Method: http.MethodConnect})
		switch {
		case err != nil && in.limit.N <= 0:
			return nil, errTooLong()
		case err != nil && in.line.err != nil:
			return nil, in.line.err
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errors.New("it closed the connection")
		case err != nil:
			return nil, errors.New("its answer is not HTTP") // which may hold anything
		case answer.StatusCode/100 != 1:
			return answer, nil
		}
	}
	return nil, errTooLong()
}

func errTooLong() error { return errors.New("its answer is longer than an answer may be") }

// rest is the connection from where the answer ended.
func (in *input) rest(conn net.Conn) net.Conn {
	in.limit.N = math.MaxInt64
	if in.buffer.Buffered() == 0 {
		return conn
	}
	return &resumed{conn, in.buffer}
}

// resumed is a connection that was read a little too far.
type resumed struct {
	net.Conn
	from *bufio.Reader
}

func (c *resumed) Read(b []byte) (int, error) { return c.from.Read(b) }

// basic tells whether a proxy takes Basic among the challenges of its answer
// (RFC 9110 section 11.7.1). One that names none is given the benefit of the doubt.
func basic(challenges []string) bool {
	for _, value := range challenges {
		for part := range strings.SplitSeq(unquoted(value), ",") {
			scheme, _, _ := strings.Cut(strings.TrimSpace(part), " ")
			if strings.EqualFold(scheme, "basic") {
				return true
			}
		}
	}
	return len(challenges) == 0
}

// unquoted leaves quoted strings out (RFC 9110 section 5.6.4).
func unquoted(s string) string {
	var b strings.Builder
	quoted, escaped := false, false
	for _, r := range s {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case !quoted:
			b.WriteRune(r)
		}
	}
	return b.String()
}
