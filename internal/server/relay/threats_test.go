package relay

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/edge"
)

// asker is a TURN client of its own making: it sends what no library would.
type asker struct {
	t     *testing.T
	c     net.Conn
	ice   wire.ICEServer
	nonce stun.Nonce
}

func (r *rig) asker(t *testing.T) *asker {
	t.Helper()
	c, err := net.Dial("udp4", r.udp.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &asker{t: t, c: c, ice: r.relay.ICE("p", true)[0]}
}

// exchange sends bytes and gives the answer's.
func (a *asker) exchange(raw []byte) []byte {
	a.t.Helper()
	_ = a.c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := a.c.Write(raw); err != nil {
		a.t.Fatal(err)
	}
	b := make([]byte, 20)
	if _, udp := a.c.(*net.UDPConn); udp {
		b = make([]byte, 2000)
		n, err := a.c.Read(b)
		if err != nil {
			a.t.Fatal(err)
		}
		return b[:n]
	}
	if _, err := io.ReadFull(a.c, b); err != nil {
		a.t.Fatal(err)
	}
	rest := make([]byte, binary.BigEndian.Uint16(b[2:]))
	if _, err := io.ReadFull(a.c, rest); err != nil {
		a.t.Fatal(err)
	}
	return append(b, rest...)
}

func (a *asker) ask(set ...stun.Setter) *stun.Message {
	a.t.Helper()
	answer := &stun.Message{Raw: a.exchange(stun.MustBuild(set...).Raw)}
	if err := answer.Decode(); err != nil {
		a.t.Fatal(err)
	}
	return answer
}

// signed asks with the credential.
func (a *asker) signed(method stun.Method, set ...stun.Setter) *stun.Message {
	a.t.Helper()
	all := append([]stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest)}, set...)
	return a.ask(append(all, stun.NewUsername(a.ice.Username), stun.NewRealm(realm), a.nonce, stun.NewLongTermIntegrity(a.ice.Username, realm, a.ice.Credential))...)
}

func (a *asker) challenged() {
	a.t.Helper()
	if err := a.nonce.GetFrom(a.ask(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), transport(17))); err != nil {
		a.t.Fatal(err)
	}
}

func (a *asker) allocate() {
	a.t.Helper()
	a.challenged()
	if got := a.signed(stun.MethodAllocate, transport(17)); got.Type.Class != stun.ClassSuccessResponse {
		a.t.Fatalf("allocate: %s", got)
	}
}

func transport(protocol byte) stun.RawAttribute {
	return stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{protocol, 0, 0, 0}}
}

func code(m *stun.Message) stun.ErrorCode {
	var c stun.ErrorCodeAttribute
	if m.Type.Class != stun.ClassErrorResponse || c.GetFrom(m) != nil {
		return 0
	}
	return c.Code
}

// peer is XOR-PEER-ADDRESS with a family of the test's choice: libraries fold the
// mapped form into IPv4. It must stand first, with the transaction's id known.
func peer(id [stun.TransactionIDSize]byte, family byte, ip []byte) stun.RawAttribute {
	key := append([]byte{0x21, 0x12, 0xa4, 0x42}, id[:]...)
	value := []byte{0, family, 0x21, 0x12 ^ 80}
	for i, b := range ip {
		value = append(value, b^key[i])
	}
	return stun.RawAttribute{Type: stun.AttrXORPeerAddress, Value: value}
}

func (a *asker) permission(family byte, ip []byte) *stun.Message {
	a.t.Helper()
	id := stun.NewTransactionID()
	return a.signed(stun.MethodCreatePermission, stun.NewTransactionIDSetter(id), peer(id, family, ip))
}

// layouts runs a test on a socket of the relay's own and on one shared with the SFU.
func layouts(t *testing.T, test func(t *testing.T, r *rig)) {
	for name, shared := range map[string]bool{"own socket": false, "shared socket": true} {
		t.Run(name, func(t *testing.T) { test(t, newRigOn(t, shared)) })
	}
}

// T1: nothing private is reached. An allocation is of one address family, so peers of
// the other are refused with 443 (RFC 8656 section 10.2) before who they are counts;
// TestPrivateIPv6Peers asks in their own.
func TestPrivatePeersOnTheWire(t *testing.T) {
	layouts(t, func(t *testing.T, r *rig) {
		a := r.asker(t)
		a.allocate()
		for _, ip := range []string{
			"127.9.9.9", "0.0.0.0", "169.254.169.254", "10.0.0.1", "10.255.255.254", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.254",
			"100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
		} {
			if got := a.permission(1, net.ParseIP(ip).To4()); code(got) != stun.CodeForbidden {
				t.Errorf("%s: %s", ip, got)
			}
		}
		for _, ip := range []string{"::1", "fe80::1", "febf::1", "fd00::1"} {
			if got := a.permission(2, net.ParseIP(ip)); code(got) != stun.CodePeerAddrFamilyMismatch {
				t.Errorf("%s: %s", ip, got)
			}
		}
		// T2: the mapped form, family 2.
		for _, ip := range []string{"::ffff:127.0.0.1", "::ffff:127.9.9.9", "::ffff:10.0.0.1", "::ffff:169.254.169.254"} {
			got := a.permission(2, net.ParseIP(ip).To16())
			if c := code(got); c != stun.CodeForbidden && c != stun.CodePeerAddrFamilyMismatch && !(strings.Contains(ip, "127.0.0.1") && c == 0) {
				t.Errorf("%s: %s", ip, got)
			}
		}
	})
}

// A relay whose own address is 203.0.113.5, on loopback: here 127.0.0.1 is a stranger.
func elsewhere(t *testing.T, listen string, address net.IP) (*Relay, *net.UDPConn) {
	t.Helper()
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(listen)})
	if err != nil {
		t.Skipf("no %s here: %v", listen, err)
	}
	own, _ := netip.AddrFromSlice(address)
	r, err := New(Options{
		UDP: udp, URLs: []string{"turn:localhost:1?transport=udp"}, Address: address, Listen: listen, MinPort: 49152, MaxPort: 65535,
		Policy: Policy{Relay: own.Unmap(), MinPort: 49152, MaxPort: 65535, Ours: []Span{{netip.MustParseAddr("203.0.113.6"), 443, 443}}},
		Now:    time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, udp
}

func TestLoopbackIsAStranger(t *testing.T) {
	r, udp := elsewhere(t, "127.0.0.1", net.IPv4(203, 0, 113, 5))
	a := (&rig{relay: r, udp: udp}).asker(t)
	a.allocate()
	if got := a.permission(1, []byte{127, 0, 0, 1}); code(got) != stun.CodeForbidden {
		t.Errorf("127.0.0.1: %s", got)
	}
	if got := a.permission(2, net.ParseIP("::ffff:127.0.0.1").To16()); code(got) != stun.CodeForbidden && code(got) != stun.CodePeerAddrFamilyMismatch {
		t.Errorf("::ffff:127.0.0.1: %s", got)
	}
	if got := a.permission(1, []byte{203, 0, 113, 6}); got.Type.Class != stun.ClassSuccessResponse {
		t.Errorf("our own media: %s", got)
	}
}

func TestPrivateIPv6Peers(t *testing.T) {
	r, udp := elsewhere(t, "::1", net.ParseIP("2001:db8::5"))
	c, err := net.Dial("udp6", udp.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a := &asker{t: t, c: c, ice: r.ICE("p", true)[0]}
	a.challenged()
	six := stun.RawAttribute{Type: stun.AttrRequestedAddressFamily, Value: []byte{2, 0, 0, 0}}
	if got := a.signed(stun.MethodAllocate, transport(17), six); got.Type.Class != stun.ClassSuccessResponse {
		t.Fatalf("allocate: %s", got)
	}
	for _, ip := range []string{"::1", "::", "fe80::1", "febf::1", "fd00::1", "ff02::1", "64:ff9b::7f00:1"} {
		if got := a.permission(2, net.ParseIP(ip).To16()); code(got) != stun.CodeForbidden {
			t.Errorf("%s: %s", ip, got)
		}
	}
	for _, ip := range []string{"::ffff:127.0.0.1", "::ffff:10.0.0.1"} { // T2
		if got := a.permission(2, net.ParseIP(ip).To16()); code(got) != stun.CodeForbidden && code(got) != stun.CodePeerAddrFamilyMismatch {
			t.Errorf("%s: %s", ip, got)
		}
	}
}

// T3: TCP allocations (RFC 6062) are refused by their name, over UDP and over TLS.
func TestNoTCP(t *testing.T) {
	layouts(t, func(t *testing.T, r *rig) {
		a := r.asker(t)
		a.challenged()
		for range 3 {
			if got := a.signed(stun.MethodAllocate, transport(6)); code(got) != stun.CodeUnsupportedTransProto {
				t.Errorf("%s", got)
			}
		}
		if got := a.signed(stun.MethodAllocate, transport(17)); got.Type.Class != stun.ClassSuccessResponse {
			t.Errorf("UDP afterwards: %s", got)
		}
	})
	r, at, trust := overTLS(t)
	c, err := tls.Dial("tcp", at, trust)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a := &asker{t: t, c: c, ice: r.ICE("p", true)[0]}
	a.challenged()
	if got := a.signed(stun.MethodAllocate, transport(6)); code(got) != stun.CodeUnsupportedTransProto {
		t.Errorf("over TLS: %s", got)
	}
	p := &ports{}
	if _, err := p.AllocateConn(turn.AllocateConnConfig{}); err == nil {
		t.Error("a TCP connection was allocated")
	}
}

// overTLS is a relay behind one port with HTTPS.
func overTLS(t *testing.T) (*Relay, string, *tls.Config) {
	t.Helper()
	certificate, err := edge.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	l, err := edge.TCP("turn.tls", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := edge.NewPort(l, certificate, edge.Protocols{Web: true, TURN: true})
	r, err := New(Options{
		TLS: port.TURN(), URLs: []string{"turns:localhost:1?transport=tcp"}, Address: net.IPv4(127, 0, 0, 1), Listen: "127.0.0.1", MinPort: 49152, MaxPort: 65535,
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); port.Close() })
	pool := x509.NewCertPool()
	pool.AddCert(certificate.Leaf)
	return r, l.Addr().String(), &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

// ratio is what was agreed for threat 5: an answer to somebody who proved nothing is at
// most this many times as long as the question, headers of IP and UDP not counted.
const ratio = 6

// T5: nothing that is sent without a credential is worth reflecting: neither by its
// length, nor by how often it is answered.
func TestNoAmplification(t *testing.T) {
	forged := stun.RawAttribute{Type: stun.AttrMessageIntegrity, Value: make([]byte, 20)}
	questions := map[string]*stun.Message{
		"binding":            stun.MustBuild(stun.TransactionID, stun.BindingRequest),
		"allocate":           stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest)),
		"allocate, UDP":      stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), transport(17)),
		"refresh":            stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodRefresh, stun.ClassRequest)),
		"a forged signature": stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), stun.NewNonce("none"), forged),
		"an unknown one":     stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), stun.RawAttribute{Type: 0x7abc}),
	}
	layouts(t, func(t *testing.T, r *rig) {
		for name, m := range questions {
			if got := r.asker(t).exchange(m.Raw); len(got) > ratio*len(m.Raw) {
				t.Errorf("%s: %d bytes for %d", name, len(got), len(m.Raw))
			}
		}
	})
	for name, m := range questions {
		layouts(t, func(t *testing.T, r *rig) {
			r.held.Store(time.Now().Unix()) // no allowance comes back
			a := r.asker(t)
			answered := 0
			for range answersAtOnce + 200 {
				if _, err := a.c.Write(m.Raw); err != nil {
					t.Fatal(err)
				}
			}
			b := make([]byte, 2000)
			for ; ; answered++ {
				_ = a.c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
				if _, err := a.c.Read(b); err != nil {
					break
				}
			}
			if answered == 0 || answered > answersAtOnce {
				t.Errorf("%s: %d answers to %d questions", name, answered, answersAtOnce+200)
			}
		})
	}
}

// What a participant with a credential sends is not counted.
func TestMediaIsNotThrottled(t *testing.T) {
	for _, b := range [][]byte{
		{64, 0, 0, 0}, {79, 255, 0, 0},
		stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassSuccessResponse)).Raw,
		stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodRefresh, stun.ClassSuccessResponse)).Raw,
		stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodData, stun.ClassIndication)).Raw,
	} {
		if unproven(b) {
			t.Errorf("%x is counted", b)
		}
	}
}

// The allowance is one network's, comes back with time, and its table does not grow.
func TestAllowance(t *testing.T) {
	now := time.Now()
	th := throttle(nil, func() time.Time { return now })
	drain := func(ip string) (n int) {
		for th.allows(netip.MustParseAddr(ip)) {
			n++
		}
		return n
	}
	if n := drain("192.0.2.1"); n != answersAtOnce {
		t.Errorf("%d at once", n)
	}
	if n := drain("192.0.2.200"); n != 0 {
		t.Errorf("a neighbour in the same network got %d", n)
	}
	if n := drain("2001:db8::1"); n != answersAtOnce {
		t.Errorf("IPv6: %d at once", n)
	}
	now = now.Add(time.Second)
	if n := drain("192.0.2.7"); n != answersPerSecond {
		t.Errorf("%d in a second", n)
	}
	now = now.Add(-time.Hour) // a clock that is put back gives nothing
	if n := drain("192.0.2.7"); n != 0 {
		t.Errorf("%d for a clock that was put back", n)
	}
	if th.allows(netip.Addr{}) {
		t.Error("an address that is none")
	}
}

// Credentials are those of draft-uberti-behave-turn-rest-00, so that another server
// with the same secret takes them.
func TestSharedSecret(t *testing.T) {
	const secret = "0123456789abcdef"
	now := time.Unix(1700000000, 0)
	r, err := New(Options{
		Secret: secret, Servers: []string{"stun:turn2.example:443", "turn:turn2.example:443?transport=udp", "turns:turn2.example:443?transport=tcp"},
		URLs: []string{"stun:h:443", "turn:h:443?transport=udp", "turns:h:443?transport=tcp"}, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil || r.Allocations() != 0 {
		t.Errorf("without a socket: %v", err)
	}
	got := r.ICE("peer", true)[0]
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte("1700000300:peer"))
	if want := base64.StdEncoding.EncodeToString(mac.Sum(nil)); got.Username != "1700000300:peer" || got.Credential != want {
		t.Errorf("%+v, want %s", got, want)
	}
	other, err := New(Options{Now: r.o.Now, URLs: r.o.URLs})
	if err != nil {
		t.Fatal(err)
	}
	if len(other.key) != 32 || bytes.Equal(other.key, make([]byte, 32)) || other.ICE("peer", true)[0].Credential == got.Credential {
		t.Error("a run without a secret has none of its own")
	}
}

// Which servers a route may use.
func TestICE(t *testing.T) {
	o := Options{
		URLs:    []string{"stun:h:443", "turn:h:443?transport=udp", "turns:h:443?transport=tcp"},
		Servers: []string{"stun:i:1", "turn:i:1?transport=udp", "turns:i:1?transport=tcp"}, Now: time.Now,
	}
	for _, tt := range []struct {
		shared, direct bool
		want           string
	}{
		{true, true, "stun:h:443 turn:h:443?transport=udp turns:h:443?transport=tcp stun:i:1 turn:i:1?transport=udp turns:i:1?transport=tcp"},
		{false, true, "stun:h:443 turn:h:443?transport=udp turns:h:443?transport=tcp stun:i:1 turn:i:1?transport=udp turns:i:1?transport=tcp"},
		{true, false, "turns:h:443?transport=tcp turn:i:1?transport=udp turns:i:1?transport=tcp"},
		{false, false, "turn:h:443?transport=udp turns:h:443?transport=tcp turn:i:1?transport=udp turns:i:1?transport=tcp"},
	} {
		o.Shared = tt.shared
		r, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(r.ICE("p", tt.direct)[0].URLs, " "); got != tt.want {
			t.Errorf("shared %v, direct %v: %s", tt.shared, tt.direct, got)
		}
	}
	r, err := New(Options{URLs: []string{"stun:h:443", "turn:h:443?transport=udp"}, Shared: true, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.ICE("p", false); got != nil {
		t.Errorf("nothing is left, but: %v", got)
	}
}
