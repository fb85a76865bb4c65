package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v5"
	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call/wire"
)

// Names of TURN servers over TCP are for our dialer alone; the rest is as it was.
func TestTunnelTargets(t *testing.T) {
	given := []wire.ICEServer{
		{URLs: []string{"stun:visio.test:3478", "turn:visio.test:3478?transport=udp", "turn:visio.test:3478"}},
		{URLs: []string{"turns:visio.test:443?transport=tcp", "turns:other.test", "turn:visio.test:80?transport=tcp", "turns:visio.test:443?transport=udp"}, Username: "u", Credential: "c"},
	}
	kept := slices.Clone(given[1].URLs)
	var dialled []string
	tun, known := NewTunnel(t.Context(), given, func(_ context.Context, address, secure string) (net.Conn, error) {
		dialled = append(dialled, address+" "+secure)
		return nil, errors.New("no")
	})
	if !slices.Equal(known[0].URLs, given[0].URLs) || known[1].Username != "u" || known[1].Credential != "c" || !slices.Equal(given[1].URLs, kept) {
		t.Errorf("%+v from %+v", known, given)
	}
	want := []string{"turns:192.0.2.1:443?transport=tcp", "turns:192.0.2.2:5349?transport=tcp", "turn:192.0.2.3:80?transport=tcp", "turns:visio.test:443?transport=udp"}
	if !slices.Equal(known[1].URLs, want) {
		t.Errorf("ICE knows %q", known[1].URLs)
	}
	for _, address := range []string{"192.0.2.1:443", "192.0.2.2:5349", "192.0.2.3:80", "192.0.2.9:443"} {
		if _, err := tun.Dial("tcp4", address); err == nil {
			t.Errorf("%s was dialled", address)
		}
	}
	if !slices.Equal(dialled, []string{"visio.test:443 visio.test", "other.test:5349 other.test", "visio.test:80 "}) {
		t.Errorf("dialled %q", dialled)
	}
}

func pool(s *httptest.Server) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(s.Certificate())
	return p
}

// A relay over TLS is reached by our dialer, by a name that no DNS knows.
func TestRelayByOurDialer(t *testing.T) {
	certificate := httptest.NewTLSServer(nil) // for example.com
	defer certificate.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificate.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	server, err := turn.NewServer(turn.ServerConfig{
		Realm: "test", LoggerFactory: quiet(),
		AuthHandler: func(r *turn.RequestAttributes) (string, []byte, bool) {
			return r.Username, turn.GenerateAuthKey("u", "test", "c"), true
		},
		ListenerConfigs: []turn.ListenerConfig{{Listener: listener, RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	found := make(chan string, 16)
	p, err := New(Options{
		Media: nothing{}, Peer: "p", RelayOnly: true, Loopback: true,
		ICE: []wire.ICEServer{{URLs: []string{"turns:example.com:5349?transport=tcp"}, Username: "u", Credential: "c"}},
		Dial: func(ctx context.Context, address, secure string) (net.Conn, error) {
			if address != "example.com:5349" || secure != "example.com" {
				t.Errorf("dialled %s for %q", address, secure)
			}
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
			if err != nil {
				return nil, err
			}
			return tls.Client(conn, &tls.Config{ServerName: secure, RootCAs: pool(certificate)}), nil
		},
		Candidate: func(c webrtc.ICECandidateInit) { found <- c.Candidate },
		Up:        func(string, wire.Kind) {}, Ready: func() {}, Down: func() {},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.pc.CreateDataChannel("x", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Call(1); err != nil {
		t.Fatal(err)
	}
	select {
	case c := <-found:
		if !strings.Contains(c, "typ relay") {
			t.Errorf("candidate %s", c)
		}
	case <-time.After(10 * time.Second):
		t.Error("no relay")
	}
}

// Closing does not wait for a dialer that hangs.
func TestCloseWhileDialling(t *testing.T) {
	dialling := make(chan struct{})
	p, err := New(Options{
		Media: nothing{}, Peer: "p", RelayOnly: true, ICE: []wire.ICEServer{{URLs: []string{"turns:visio.test:443?transport=tcp"}, Username: "u", Credential: "c"}},
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			close(dialling)
			<-ctx.Done()
			return nil, ctx.Err()
		},
		Up: func(string, wire.Kind) {}, Ready: func() {}, Down: func() {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.pc.CreateDataChannel("x", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Call(1); err != nil {
		t.Fatal(err)
	}
	<-dialling
	start := time.Now()
	p.Close()
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("closing took %s", took)
	}
}
