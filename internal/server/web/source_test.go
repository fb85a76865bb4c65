package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// T24: X-Forwarded-For is believed from our own proxies only, from the right.
func TestSource(t *testing.T) {
	w := &Web{o: Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("2001:db8::/64")}}}
	for _, tt := range []struct {
		peer string
		told []string
		want string
	}{
		{"203.0.113.9:1", nil, "203.0.113.9"},
		{"203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9"},
		{"203.0.113.9:1", []string{"198.51.100.1, 10.0.0.1"}, "203.0.113.9"},
		{"10.0.0.1:1", nil, "10.0.0.1"},
		{"10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"6.6.6.6, 198.51.100.1"}, "198.51.100.1"}, // the client wrote the first one
		{"10.0.0.1:1", []string{"6.6.6.6", "198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"10.0.0.1:1", []string{"6.6.6.6, nonsense"}, "10.0.0.1"},
		{"10.0.0.1:1", []string{"6.6.6.6, "}, "10.0.0.1"},
		{"10.0.0.1:1", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		{"[2001:db8::1]:1", []string{"[2001:db8:1::7]:4711"}, "2001:db8:1::/64"},
		{"[2001:db8::1]:1", []string{"[2001:db8:1::7]"}, "2001:db8:1::/64"},
		{"[2001:db8:1:2:3:4:5:6]:1", nil, "2001:db8:1:2::/64"}, // any one machine has all of it
		{"[2001:db8:1:2:ffff::1]:1", nil, "2001:db8:1:2::/64"},
		{"[fe80::1%eth0]:1", nil, "fe80::/64"},
		{"[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"nobody", []string{"198.51.100.1"}, "nobody"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.peer
		r.Header[http.CanonicalHeaderKey("X-Forwarded-For")] = tt.told
		if got := w.source(r); got != tt.want {
			t.Errorf("%s says %q: %s, want %s", tt.peer, tt.told, got, tt.want)
		}
	}
}

func TestSocketOfItsOwnIsInThePolicy(t *testing.T) {
	for socket, want := range map[string]string{
		"":                          "connect-src 'self' wss://visio.example;",
		"wss://ws.visio.example/ws": "connect-src 'self' wss://visio.example wss://ws.visio.example;",
	} {
		w, err := New(Options{URL: own, Socket: socket})
		if err != nil || !strings.Contains(w.policy, want) {
			t.Errorf("%q: %v %s", socket, err, w.policy)
		}
	}
}
