package edge

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pires/go-proxyproto"
)

// onePort serves all protocols and tells what arrives: HTTP answers with the client's
// address, TURN with the first bytes and the address.
func onePort(t *testing.T, plain bool, trusted ...netip.Prefix) (address string, trust *tls.Config) {
	t.Helper()
	certificate, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	l, err := TCP("server.listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if trusted != nil {
		l = Proxied(l, trusted)
	}
	p := NewPort(l, certificate, Protocols{Web: true, TURN: true, Plain: plain})
	s := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(rw, map[bool]string{true: "https ", false: "http "}[r.TLS != nil]+r.RemoteAddr)
	})}
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Serve(p.Web()) })
	wg.Go(func() {
		for {
			c, err := p.TURN().Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				b := make([]byte, 20)
				if _, err := io.ReadFull(c, b); err == nil {
					_, _ = c.Write(append(b, c.RemoteAddr().String()...))
				}
			})
		}
	})
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), p.TURN().Close(), p.Close()); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
	pool := x509.NewCertPool()
	pool.AddCert(certificate.Leaf)
	return p.Addr().String(), &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

// turns speaks STUN over TLS and gives the whole answer.
func turns(t *testing.T, raw net.Conn, trust *tls.Config) (string, error) {
	t.Helper()
	c := tls.Client(raw, trust)
	defer c.Close()
	question := request(t, stun.NewType(stun.MethodAllocate, stun.ClassRequest))
	if _, err := c.Write(question); err != nil {
		return "", err
	}
	b, err := io.ReadAll(c)
	if err == nil && (len(b) < 20 || string(b[:20]) != string(question)) {
		t.Errorf("what arrived is not what was sent: %x", b)
	}
	return string(b[min(20, len(b)):]), err
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// R27: HTTPS and TURN over TLS, and plain HTTP with --dev, on one port.
func TestOnePort(t *testing.T) {
	for _, plain := range []bool{false, true} {
		address, trust := onePort(t, plain)
		if got, err := get(t, "https://"+address, trust); err != nil || got[:5] != "https" {
			t.Errorf("https: %q %v", got, err)
		}
		c := dial(t, address)
		if got, err := turns(t, c, trust); err != nil || got != c.LocalAddr().String() {
			t.Errorf("turn: %q %v", got, err)
		}
		got, err := get(t, "http://"+address, nil)
		if plain != (err == nil) || plain && got[:5] != "http " {
			t.Errorf("http: %q %v", got, err)
		}
		offered := trust.Clone()
		offered.NextProtos = []string{"h2", "http/1.1"}
		tc := tls.Client(dial(t, address), offered)
		if err := tc.Handshake(); err != nil || tc.ConnectionState().NegotiatedProtocol != "http/1.1" {
			t.Errorf("ALPN: %q %v", tc.ConnectionState().NegotiatedProtocol, err)
		}
	}
}

// What a port does not serve is cut.
func TestWhatIsNotServed(t *testing.T) {
	certificate, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate.Leaf)
	trust := &tls.Config{RootCAs: pool, ServerName: "localhost"}
	for name, serve := range map[string]Protocols{"TURN": {Web: true}, "HTTP": {TURN: true}} {
		l, err := TCP("turn.tls", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p := NewPort(l, certificate, serve)
		c := tls.Client(dial(t, p.Addr().String()), trust)
		first := []byte("GET / HTTP/1.1\r\n\r\n")
		if name == "TURN" {
			first = request(t, stun.BindingRequest)
		}
		if _, err := c.Write(first); err != nil {
			t.Error(err)
		}
		if n, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("%s was answered with %d bytes", name, n)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// One who finishes the handshake and then says nothing is cut as well.
func TestSilenceInsideTLSIsCut(t *testing.T) {
	certificate, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		port := NewPort(p, certificate, Protocols{Web: true, TURN: true})
		start := time.Now()
		c := tls.Client(p.dial(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // not about trust
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("read %d", n)
		}
		if waited := time.Since(start); waited != helloLimit {
			t.Errorf("cut after %s", waited)
		}
		waiting := p.dial() // and a close does not wait for the silent
		closed := time.Now()
		if err := port.Close(); err != nil || !time.Now().Equal(closed) {
			t.Errorf("closing took %s: %v", time.Since(closed), err)
		}
		waiting.Close()
	})
}

// TURN over TLS that falls silent is cut: soon before a second message, later after it.
func TestSilentTURNIsCut(t *testing.T) {
	certificate, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	question := request(t, stun.BindingRequest)
	for messages, want := range map[int]time.Duration{1: turnHelloLimit, 2: turnIdleLimit, 5: turnIdleLimit} {
		synctest.Test(t, func(t *testing.T) {
			p := newPipes()
			port := NewPort(p, certificate, Protocols{Web: true, TURN: true})
			c := tls.Client(p.dial(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // not about trust
			go func() {
				for range messages {
					_, _ = c.Write(question)
				}
			}()
			turn, err := port.TURN().Accept()
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			got := 0
			for b := make([]byte, 100); err == nil && time.Since(start) <= 2*turnIdleLimit; {
				var n int
				n, err = turn.Read(b)
				got += n
			}
			if waited := time.Since(start); waited != want || got != messages*len(question) {
				t.Errorf("%d messages: %d bytes, cut after %s: %v", messages, got, waited, err)
			}
			turn.Close()
			if err := port.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// fussy fails once before it accepts, as when files run out.
type fussy struct {
	net.Listener
	failed bool
}

func (f *fussy) Accept() (net.Conn, error) {
	if !f.failed {
		f.failed = true
		return nil, errors.New("too many open files")
	}
	return f.Listener.Accept()
}

func TestAPortOutlivesABadMinute(t *testing.T) {
	certificate, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		port := NewPort(&fussy{Listener: p}, certificate, Protocols{Web: true, Plain: true})
		talker := p.dial()
		go func() { _, _ = talker.Write([]byte("G")) }()
		if _, err := port.Web().Accept(); err != nil {
			t.Error(err)
		}
		talker.Close()
		if err := port.Close(); err != nil {
			t.Error(err)
		}
	})
}

// T24: the PROXY header of a trusted proxy is required and believed, in both versions,
// for HTTPS and for TURN; anybody else's ends the connection.
func TestProxyHeader(t *testing.T) {
	client := &net.TCPAddr{IP: net.IPv4(203, 0, 113, 9), Port: 4711}
	introduce := func(c net.Conn, version byte) {
		h := proxyproto.HeaderProxyFromAddrs(version, client, c.RemoteAddr())
		if _, err := h.WriteTo(c); err != nil {
			t.Fatal(err)
		}
	}
	address, trust := onePort(t, false, netip.MustParsePrefix("127.0.0.0/8"))
	for _, version := range []byte{1, 2} {
		c := dial(t, address)
		introduce(c, version)
		if got, err := turns(t, c, trust); err != nil || got != client.String() {
			t.Errorf("version %d, TURN: %q %v", version, got, err)
		}
		c = dial(t, address)
		introduce(c, version)
		tc := tls.Client(c, trust)
		if _, err := io.WriteString(tc, "GET / HTTP/1.0\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(tc)
		if end := "https " + client.String(); err != nil || len(b) < len(end) || string(b[len(b)-len(end):]) != end {
			t.Errorf("version %d, HTTPS: %q %v", version, b, err)
		}
	}
	if got, err := turns(t, dial(t, address), trust); err == nil {
		t.Errorf("a trusted proxy without a header: %q", got)
	}
	for name, h := range map[string]*proxyproto.Header{
		"datagrams": {Version: 2, Command: proxyproto.PROXY, TransportProtocol: proxyproto.UDPv4, SourceAddr: &net.UDPAddr{IP: client.IP, Port: 1}, DestinationAddr: &net.UDPAddr{IP: client.IP, Port: 2}},
		"files":     {Version: 2, Command: proxyproto.PROXY, TransportProtocol: proxyproto.UnixStream, SourceAddr: &net.UnixAddr{Name: "a"}, DestinationAddr: &net.UnixAddr{Name: "b"}},
	} {
		c := dial(t, address)
		if _, err := h.WriteTo(c); err != nil {
			t.Fatal(err)
		}
		if got, err := turns(t, c, trust); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	address, trust = onePort(t, false, netip.MustParsePrefix("192.0.2.0/24"))
	c := dial(t, address)
	introduce(c, 1)
	if got, err := turns(t, c, trust); err == nil {
		t.Errorf("a stranger's header was taken: %q", got)
	}
	c = dial(t, address)
	if got, err := turns(t, c, trust); err != nil || got != c.LocalAddr().String() {
		t.Errorf("a stranger without a header: %q %v", got, err)
	}
}
