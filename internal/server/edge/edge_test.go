package edge

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPorts(t *testing.T) {
	tcp, err := TCP("server.listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	udp, err := UDP("media.udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	for _, tt := range []struct {
		name, key, address string
		udp                bool
		words              []string
	}{
		{"TCP in use", "server.listen", tcp.Addr().String(), false, []string{"another program uses this port", "choose another"}},
		{"UDP in use", "media.udp", udp.LocalAddr().String(), true, []string{"another program uses this port", "choose another"}},
		{"TCP address of others", "turn.tls", "192.0.2.1:0", false, []string{"does not have the address", "leave the host empty"}},
		{"UDP address of others", "turn.udp", "192.0.2.1:0", true, []string{"does not have the address", "leave the host empty"}},
		{"no TCP address", "metrics.listen", "nonsense", false, nil},
		{"no UDP address", "media.udp", "nonsense", true, nil},
		{"a port too high", "media.udp", "127.0.0.1:99999", true, nil},
	} {
		var err error
		var c io.Closer
		if tt.udp {
			c, err = UDP(tt.key, tt.address)
		} else {
			c, err = TCP(tt.key, tt.address)
		}
		says(t, tt.name, err, append(tt.words, tt.key, tt.address)...)
		if err == nil {
			c.Close()
		}
	}
}

// both and sealed are ports as serve --dev and as serve have them.
func both(l net.Listener, c tls.Certificate) net.Listener {
	return NewPort(l, c, Protocols{Web: true, TURN: true, Plain: true}).Web()
}

func sealed(l net.Listener, c tls.Certificate) net.Listener {
	return NewPort(l, c, Protocols{Web: true}).Web()
}

// closing closes the port behind a listener too.
func closing(t *testing.T, l net.Listener) {
	t.Helper()
	t.Cleanup(func() {
		if err := l.(*arrivals).port.Close(); err != nil {
			t.Error(err)
		}
	})
}

// server is both or sealed on a real port, answering every request.
func server(t *testing.T, wrap func(net.Listener, tls.Certificate) net.Listener) (address string, trust *x509.CertPool) {
	t.Helper()
	certificate, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := TCP("server.listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := wrap(raw, certificate)
	closing(t, l)
	s := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.TLS != nil {
			_, _ = io.WriteString(rw, "sealed")
			return
		}
		_, _ = io.WriteString(rw, "plain")
	})}
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Serve(l) }) // until Close
	t.Cleanup(func() { s.Close(); wg.Wait() })
	trust = x509.NewCertPool()
	trust.AddCert(certificate.Leaf)
	return raw.Addr().String(), trust
}

func get(t *testing.T, url string, config *tls.Config) (string, error) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	return string(b), err
}

func TestBothOnOnePort(t *testing.T) {
	address, trust := server(t, both)
	if got, err := get(t, "http://"+address, nil); got != "plain" || err != nil {
		t.Errorf("http: %q %v", got, err)
	}
	if got, err := get(t, "https://"+address, &tls.Config{RootCAs: trust}); got != "sealed" || err != nil {
		t.Errorf("https: %q %v", got, err)
	}
	silent, err := net.Dial("tcp", address) // who says nothing holds nobody up
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if got, err := get(t, "http://"+address, nil); got != "plain" || err != nil {
		t.Errorf("beside a silent one: %q %v", got, err)
	}
}

// R46: TLS 1.2 at least, with forward secrecy and authenticated encryption; plain
// HTTP is not served beside it.
func TestPolicy(t *testing.T) {
	for name, wrap := range map[string]func(net.Listener, tls.Certificate) net.Listener{"TLS": sealed, "both": both} {
		address, trust := server(t, wrap)
		for _, tt := range []struct {
			what   string
			config *tls.Config
			taken  bool
		}{
			{"TLS 1.3", &tls.Config{MinVersion: tls.VersionTLS13}, true},
			{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, true},
			{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
			{"TLS 1.0", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, false},
			{"CBC", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}}, false},
			{"no forward secrecy", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}}, false},
		} {
			tt.config.RootCAs = trust
			if got, err := get(t, "https://"+address, tt.config); (err == nil && got == "sealed") != tt.taken {
				t.Errorf("%s, %s: %q %v", name, tt.what, got, err)
			}
		}
	}
	if v := Config(tls.Certificate{}).MinVersion; v < tls.VersionTLS12 {
		t.Errorf("the policy itself says %s", tls.VersionName(v))
	}
	address, _ := server(t, sealed)
	if got, err := get(t, "http://"+address, nil); got == "plain" {
		t.Errorf("plain HTTP was answered: %v", err)
	}
}

// pipes is a listener in a bubble where time passes at once.
type pipes struct {
	queue chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes {
	return &pipes{queue: make(chan net.Conn), done: make(chan struct{})}
}

func (p *pipes) dial() net.Conn {
	near, far := net.Pipe()
	p.queue <- near
	return far
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.queue:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func TestASilentConnectionIsCut(t *testing.T) {
	certificate, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		l := both(p, certificate)
		defer l.(*arrivals).port.Close()
		silent := p.dial()
		start := time.Now()
		if _, err := silent.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("ended with %v", err)
		}
		if waited := time.Since(start); waited != helloLimit {
			t.Errorf("cut after %s", waited)
		}
		// One that speaks in time is handed on, and has no limit from us any more.
		talker := p.dial()
		go func() { _, _ = talker.Write([]byte("G")) }()
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 2)
		if n, err := c.Read(b); err != nil || string(b[:n]) != "G" {
			t.Errorf("read %q %v", b[:n], err)
		}
		go func() { time.Sleep(time.Hour); _, _ = talker.Write([]byte("E")) }()
		if n, err := c.Read(b); err != nil || string(b[:n]) != "E" {
			t.Errorf("an hour later: %q %v", b[:n], err)
		}
		c.Close()
		l.Close()
	})
}

// Close ends Accept, whoever waits there, and what is sorted but not yet taken.
func TestCloseUnblocks(t *testing.T) {
	certificate, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		l := both(p, certificate)
		defer l.(*arrivals).port.Close()
		untaken := p.dial()
		go func() { _, _ = untaken.Write([]byte("G")) }()
		synctest.Wait()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, err := untaken.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("a connection nobody takes: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("twice: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		l := both(p, certificate)
		defer l.(*arrivals).port.Close()
		ended := make(chan error)
		go func() { _, err := l.Accept(); ended <- err }()
		synctest.Wait()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept: %v", err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept afterwards: %v", err)
		}
	})
}
