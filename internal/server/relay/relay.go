// Package relay is the STUN and TURN server (RFC 8489, RFC 8656): it tells clients
// their outside address and relays media for those whose network lets nothing else
// through. Its credentials live minutes and belong to one participant; peers in
// private address space are refused.
package relay

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
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

// quota is how many allocations a participant may hold at once, with whatever
// credentials: two media connections over UDP and TLS are four, and those of a network
// that a phone has left stay up to ten minutes, through three changes of network.
const quota = 16

// A try of the network (package web) needs no account, so what it gets is worth nothing
// to anybody else: the echo of our own SFU, a little of it, for a little time.
const (
	trialPrefix = "probe-"
	trialLife   = 90 * time.Second
	trialBytes  = 8 << 20 // each way
)

// Options configure a Relay.
type Options struct {
	// UDP and TLS are open sockets; either may be nil, or both when only Servers relay.
	// TLS must already speak TLS.
	UDP net.PacketConn
	TLS net.Listener
	// URLs are ours, as clients are told them, such as turns:host:443?transport=tcp.
	URLs []string
	// Shared says that the SFU has the address and port of UDP too.
	Shared bool
	// Servers are the URLs of further servers that know Secret.
	Servers []string
	// Secret is what credentials are made from; empty takes a random one, and they die
	// with this run.
	Secret string
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
	key    []byte
	server *turn.Server // nil when only Servers relay

	mu      sync.Mutex
	revoked map[string]time.Time          // participant → when the last credential has lapsed anyway
	live    map[string]int                // allocations by user name
	open    map[string]map[*filtered]bool // relay sockets by participant
	trial   struct {                      // what an allocation for a try of the network gets
		life  time.Duration
		bytes int64
	}
}

// New starts the relay on its sockets.
func New(o Options) (*Relay, error) {
	r := &Relay{o: o, key: []byte(o.Secret), revoked: map[string]time.Time{}, live: map[string]int{}, open: map[string]map[*filtered]bool{}}
	r.trial.life, r.trial.bytes = trialLife, trialBytes
	if o.Secret == "" {
		r.key = make([]byte, 32)
		rand.Read(r.key)
	}
	if o.UDP == nil && o.TLS == nil {
		return r, nil
	}
	cfg := turn.ServerConfig{
		Realm: realm, AuthHandler: r.authenticate, QuotaHandler: r.mayAllocate,
		LoggerFactory: silent(),
		EventHandler:  turn.EventHandler{OnAllocationCreated: r.created, OnAllocationDeleted: r.deleted},
	}
	if o.UDP != nil {
		p := newPorts(r)
		cfg.PacketConnConfigs = []turn.PacketConnConfig{{PacketConn: &packets{throttle(o.UDP, o.Now), p}, RelayAddressGenerator: p, PermissionHandler: o.Policy.permit}}
	}
	if o.TLS != nil {
		p := newPorts(r)
		cfg.ListenerConfigs = []turn.ListenerConfig{{Listener: &streams{o.TLS, p}, RelayAddressGenerator: p, PermissionHandler: o.Policy.permit}}
	}
	var err error
	if r.server, err = turn.NewServer(cfg); err != nil {
		return nil, fmt.Errorf("starting TURN: %w", err)
	}
	return r, nil
}

// Close ends all allocations and closes the sockets.
func (r *Relay) Close() error {
	if r.server == nil {
		return nil
	}
	return r.server.Close()
}

// ICE returns the servers and fresh credentials for a participant. direct is for a
// route between two participants. Without it the other end is the SFU, which needs no
// server to learn its own address, and whose packets Chromium's STUN and TURN ports
// would take for their own when they come from the address and port of one of these:
// then it would never find the way to the SFU itself. So there is no stun: then, and
// turn: over UDP only when it has a port for itself. Who was revoked gets nothing: what
// still goes on for somebody who has left may ask after Revoke.
func (r *Relay) ICE(peer string, direct bool) []wire.ICEServer {
	r.mu.Lock()
	_, revoked := r.revoked[peer]
	r.mu.Unlock()
	if revoked {
		return nil
	}
	var urls []string
	for _, u := range r.o.URLs {
		if direct || strings.HasPrefix(u, "turns:") || strings.HasPrefix(u, "turn:") && !r.o.Shared {
			urls = append(urls, u)
		}
	}
	for _, u := range r.o.Servers {
		if direct || !strings.HasPrefix(u, "stun:") {
			urls = append(urls, u)
		}
	}
	if len(urls) == 0 {
		return nil
	}
	user := strconv.FormatInt(r.o.Now().Add(Lifetime).Unix(), 10) + ":" + peer
	return []wire.ICEServer{{URLs: urls, Username: user, Credential: r.password(user)}}
}

// Admit lifts the ban of a participant who left and is back: a clinician has the same
// name each time.
func (r *Relay) Admit(peer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.revoked, peer)
}

// Revoke makes a participant's credentials worthless and ends what is relayed with them.
func (r *Relay) Revoke(peer string) {
	for _, socket := range r.ban(peer) {
		_ = socket.Close() // TURN forgets the allocation when it next reads from it
	}
}

// ban gives the relay sockets that are to be closed, which is not done under mu: closing
// takes it.
func (r *Relay) ban(peer string) []*filtered {
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
	return slices.Collect(maps.Keys(r.open[peer]))
}

// Allocations counts what is relayed now.
func (r *Relay) Allocations() int {
	if r.server == nil {
		return 0
	}
	return r.server.AllocationCount()
}

// Carried is how many bytes a participant's present allocations have relayed, both ways.
func (r *Relay) Carried(peer string) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n int64
	for f := range r.open[peer] {
		n += f.passed.Load()
	}
	return n
}

// password is that of draft-uberti-behave-turn-rest-00 section 2.2, which coturn knows
// as static-auth-secret. It fixes SHA-1, which HMAC may still use (RFC 6151, NIST SP
// 800-107).
func (r *Relay) password(user string) string {
	mac := hmac.New(sha1.New, r.key)
	mac.Write([]byte(user))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
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
	stamp, peer, _ := strings.Cut(user, ":")
	expires, _ := strconv.ParseInt(stamp, 10, 64)
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.open[peer]) < quota && r.o.Now().Unix() <= expires
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

// silent drops pion's own log lines: they name addresses, which no log may hold.
func silent() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}
