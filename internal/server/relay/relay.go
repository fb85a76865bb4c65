// Package relay is the STUN and TURN server (RFC 8489, RFC 8656): it tells clients
// their outside address and relays media for those whose network lets nothing else
// through. Its credentials live minutes and belong to one participant; peers in
// private address space are refused.
package relay

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"ekermed.example/ekermed/internal/call/wire"
)

// Lifetime is how long a credential is good for a new allocation.
const Lifetime = 5 * time.Minute

// realm is the TURN realm (RFC 8656 section 9.2); it names no host on purpose.
const realm = "e-kermed"

// quota is how many allocations a participant may hold at once: one per candidate
// of two media connections, during a change-over, from two networks.
const quota = 8

// Options configure a Relay.
type Options struct {
	// UDP and TLS are open sockets; either may be nil. TLS must already speak TLS.
	UDP net.PacketConn
	TLS net.Listener
	// URLs are what clients are told, such as turns:host:443?transport=tcp.
	URLs []string
	// Address is the IP that relayed packets come from, as clients see it; Listen is
	// the local address to open relay sockets on.
	Address net.IP
	Listen  string
	// MinPort and MaxPort bound the relay's ports, inclusive.
	MinPort, MaxPort uint16
	// Policy decides which peers may be reached.
	Policy Policy
	Now    func() time.Time
	Log    *slog.Logger
}

// Relay is a running STUN and TURN server.
type Relay struct {
	o      Options
	key    []byte // of this run; credentials die with it
	server *turn.Server

	mu      sync.Mutex
	revoked map[string]time.Time // participant → when the last credential has lapsed anyway
	live    map[string]int       // allocations by user name
}

// New starts the relay on its sockets.
func New(o Options) (*Relay, error) {
	r := &Relay{o: o, key: make([]byte, 32), revoked: map[string]time.Time{}, live: map[string]int{}}
	rand.Read(r.key)
	cfg := turn.ServerConfig{
		Realm: realm, AuthHandler: r.authenticate, QuotaHandler: r.mayAllocate,
		LoggerFactory: silent(),
		EventHandler:  turn.EventHandler{OnAllocationCreated: r.created, OnAllocationDeleted: r.deleted},
	}
	gen := func() turn.RelayAddressGenerator {
		return &ports{RelayAddressGeneratorPortRange: turn.RelayAddressGeneratorPortRange{
			RelayAddress: o.Address, Address: o.Listen, MinPort: o.MinPort, MaxPort: o.MaxPort, MaxRetries: 32,
		}, policy: o.Policy}
	}
	if o.UDP != nil {
		cfg.PacketConnConfigs = []turn.PacketConnConfig{{PacketConn: o.UDP, RelayAddressGenerator: gen(), PermissionHandler: o.Policy.permit}}
	}
	if o.TLS != nil {
		cfg.ListenerConfigs = []turn.ListenerConfig{{Listener: o.TLS, RelayAddressGenerator: gen(), PermissionHandler: o.Policy.permit}}
	}
	var err error
	if r.server, err = turn.NewServer(cfg); err != nil {
		return nil, fmt.Errorf("starting TURN: %w", err)
	}
	return r, nil
}

// Close ends all allocations and closes the sockets.
func (r *Relay) Close() error { return r.server.Close() }

// ICE returns the servers and fresh credentials for a participant.
func (r *Relay) ICE(peer string) []wire.ICEServer {
	r.mu.Lock()
	delete(r.revoked, peer)
	r.mu.Unlock()
	if len(r.o.URLs) == 0 {
		return nil
	}
	user := strconv.FormatInt(r.o.Now().Add(Lifetime).Unix(), 10) + ":" + peer
	return []wire.ICEServer{{URLs: r.o.URLs, Username: user, Credential: r.password(user)}}
}

// Revoke makes a participant's credentials worthless.
func (r *Relay) Revoke(peer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.o.Now()
	for p, until := range r.revoked {
		if now.After(until) {
			delete(r.revoked, p)
		}
	}
	// An allocation refreshes itself with the credential it began with, so the ban
	// outlasts the allocation too.
	r.revoked[peer] = now.Add(24 * time.Hour)
}

// Allocations counts what is relayed now.
func (r *Relay) Allocations() int { return r.server.AllocationCount() }

func (r *Relay) password(user string) string {
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(user))
	return base64.RawStdEncoding.EncodeToString(mac.Sum(nil))
}

// authenticate checks a credential. An expired one still serves an allocation that
// it opened, so that a long call goes on.
func (r *Relay) authenticate(a *turn.RequestAttributes) (string, []byte, bool) {
	stamp, peer, ok := strings.Cut(a.Username, ":")
	expires, err := strconv.ParseInt(stamp, 10, 64)
	if !ok || err != nil {
		return "", nil, false
	}
	r.mu.Lock()
	_, revoked := r.revoked[peer]
	holds := r.live[a.Username] > 0
	r.mu.Unlock()
	if revoked || (!holds && r.o.Now().Unix() > expires) {
		return "", nil, false
	}
	return a.Username, turn.GenerateAuthKey(a.Username, realm, r.password(a.Username)), true
}

func (r *Relay) mayAllocate(user, _ string, _ net.Addr) bool {
	stamp, _, _ := strings.Cut(user, ":")
	expires, _ := strconv.ParseInt(stamp, 10, 64)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.live[user] < quota && r.o.Now().Unix() <= expires
}

func (r *Relay) created(_, _ net.Addr, _, user, _ string, _ net.Addr, _ int) { r.count(user, 1) }
func (r *Relay) deleted(_, _ net.Addr, _, user, _ string)                    { r.count(user, -1) }

func (r *Relay) count(user string, by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live[user] += by; r.live[user] <= 0 {
		delete(r.live, user)
	}
}

// ports opens relay sockets within the range, and nothing over TCP (RFC 6062).
type ports struct {
	turn.RelayAddressGeneratorPortRange
	policy Policy
}

var errNoTCP = errors.New("TCP allocations are not offered")

func (p *ports) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	conn, addr, err := p.RelayAddressGeneratorPortRange.AllocatePacketConn(c)
	if err != nil {
		return nil, nil, err
	}
	return filtered{conn, p.policy}, addr, nil
}

func (p *ports) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNoTCP
}

func (p *ports) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errNoTCP }

// filtered drops what goes to or comes from a peer that the policy refuses. TURN
// permissions know only IP addresses; this knows ports too.
type filtered struct {
	net.PacketConn
	policy Policy
}

func (f filtered) WriteTo(b []byte, to net.Addr) (int, error) {
	if !f.policy.Allows(addrPort(to)) {
		return len(b), nil
	}
	return f.PacketConn.WriteTo(b, to)
}

func (f filtered) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := f.PacketConn.ReadFrom(b)
		if err != nil || f.policy.Allows(addrPort(from)) {
			return n, from, err
		}
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	if u, ok := a.(*net.UDPAddr); ok {
		return u.AddrPort()
	}
	return netip.AddrPort{}
}

// silent drops pion's own log lines: they name addresses, which no log may hold.
func silent() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}
