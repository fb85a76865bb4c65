// Package probe tries the network between this machine and a server: each way that a
// consultation may take, by itself, bounded in time. It needs no sign-in and is no part
// of a call. The page's test (internal/server/web/src/diag) tries the same, and package
// call reads one verdict from either.
package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/proxy"
	"ekermed.example/ekermed/internal/call/wire"
)

// How long a try may take to come to something, and all of them together. What measures
// an open way takes up to 4 s more.
const (
	tryLimit  = 6 * time.Second
	startTill = 25 * time.Second // later tries have least
	least     = time.Second
	allLimit  = 30 * time.Second
)

// Dialer opens what goes over TCP, through a proxy where there is one (package proxy).
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	// DialTLS is for TURN: with TLS when name is that of a server, without when empty.
	DialTLS(ctx context.Context, address, name string) (net.Conn, error)
}

// Options say what is to be tried.
type Options struct {
	Base string // https://host[/prefix], as portal.Parse gives it
	// Socket is the WebSocket's address; empty for the one at Base.
	Socket string
	// Dialer is nil where connections are opened directly.
	Dialer Dialer
	// TLS adds to the system's trust; nil uses the system's.
	TLS *tls.Config
	// Client names the program and its version to the server.
	Client string
}

// prober is one run.
type prober struct {
	o        Options
	base     *url.URL
	socket   *url.URL
	loopback bool
	from     time.Time
	results  map[string]call.Result // the newest, by id; the goroutine of Run alone has it

	mu   sync.Mutex
	tell func(call.Result)
}

// Run tries everything and tells each result, first as running; it returns once all is
// done and closed, or ctx ended. tell is called by one goroutine at a time.
func Run(ctx context.Context, o Options, tell func(call.Result)) {
	ctx, cancel := context.WithTimeout(ctx, allLimit)
	defer cancel()
	if o.Dialer == nil {
		o.Dialer = proxy.New(proxy.Options{TLS: o.TLS})
	}
	p := &prober{o: o, from: time.Now(), results: map[string]call.Result{}, tell: func(r call.Result) {
		if ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
			tell(r)
		}
	}}
	base, err := url.Parse(o.Base)
	if err != nil || base.Host == "" {
		p.fail(call.TestHTTPS, call.WhyUnreachable)
		p.skip(call.WhyBefore, call.TestWSS, call.TestSTUN, call.TestTURNUDP, call.TestTURNTLS, call.TestMediaUDP, call.TestMediaTURN, call.TestMediaTLS)
		return
	}
	if p.o.Socket == "" {
		p.o.Socket = "ws" + strings.TrimPrefix(o.Base, "http") + "/ws"
	}
	if p.socket, err = url.Parse(p.o.Socket); err != nil {
		p.socket = base // dialling says what is wrong
	}
	p.base, p.loopback = base, local(base.Hostname())
	p.all(ctx)
}

func (p *prober) all(ctx context.Context) {
	later := []call.TestKind{call.TestSTUN, call.TestTURNUDP, call.TestTURNTLS, call.TestMediaUDP, call.TestMediaTURN, call.TestMediaTLS}
	https := call.Result{ID: string(call.TestHTTPS), Kind: call.TestHTTPS, Target: aim(p.base)}
	if !p.one(ctx, https, func(ctx context.Context, _ func(call.Target)) (call.Figures, error) { return p.https(ctx) }).Works() {
		p.skip(call.WhyBefore, append([]call.TestKind{call.TestWSS}, later...)...)
		return
	}
	var s *session
	wss := call.Result{ID: string(call.TestWSS), Kind: call.TestWSS, Target: aim(p.socket)}
	p.one(ctx, wss, func(try context.Context, _ func(call.Target)) (f call.Figures, err error) {
		s, f, err = p.open(ctx, try)
		return f, err
	})
	if s == nil {
		p.skip(call.WhyBefore, later...)
		return
	}
	defer s.close()
	servers := p.servers(ctx, s.ice)
	p.media(ctx, s, servers)
}

// media is tried one way after the other, so that they do not share the line.
func (p *prober) media(ctx context.Context, s *session, servers []server) {
	direct := p.one(ctx, call.Result{ID: string(call.TestMediaUDP), Kind: call.TestMediaUDP}, func(ctx context.Context, aim func(call.Target)) (call.Figures, error) {
		return p.echo(ctx, s, nil, aim)
	})
	if direct.Works() {
		p.skip(call.WhyEnough, call.TestMediaTURN)
	} else {
		p.relayed(ctx, s, servers, call.TestMediaTURN, call.TestTURNUDP)
	}
	p.relayed(ctx, s, servers, call.TestMediaTLS, call.TestTURNTLS)
}

// relayed tries media through the first relay of a kind that answers, and nothing else.
func (p *prober) relayed(ctx context.Context, s *session, servers []server, kind, through call.TestKind) {
	found := false
	for _, one := range servers {
		if one.kind != through {
			continue
		}
		found = true
		if !p.results[one.id].Works() {
			continue
		}
		p.one(ctx, call.Result{ID: string(kind), Kind: kind, Target: one.target}, func(ctx context.Context, _ func(call.Target)) (call.Figures, error) {
			return p.echo(ctx, s, &one.ice, nil)
		})
		return
	}
	if found {
		p.fail(kind, call.WhyRelay)
	} else {
		p.skip(call.WhyAbsent, kind)
	}
}

// servers tries every URL by itself, all at the same time: little is sent.
func (p *prober) servers(ctx context.Context, ice []wire.ICEServer) []server {
	list := read(ice)
	has := map[call.TestKind]bool{}
	for _, s := range list {
		has[s.kind] = true
	}
	for _, kind := range []call.TestKind{call.TestSTUN, call.TestTURNUDP, call.TestTURNTLS} {
		if !has[kind] {
			p.skip(call.WhyAbsent, kind)
		}
	}
	results := make([]call.Result, len(list))
	var wg sync.WaitGroup
	for i, s := range list {
		wg.Go(func() {
			results[i] = p.try(ctx, call.Result{ID: s.id, Kind: s.kind, Target: s.target}, func(ctx context.Context, _ func(call.Target)) (call.Figures, error) {
				return p.reach(ctx, s)
			})
		})
	}
	wg.Wait()
	for i, s := range list {
		p.results[s.id] = results[i]
	}
	// What relays at the same place shows that the way there is open.
	for _, r := range results {
		same := func(o call.Result) bool { return o.Kind == call.TestTURNUDP && o.Works() && o.Target == r.Target }
		if r.Kind == call.TestSTUN && r.Why == call.WhyTimeout && slices.ContainsFunc(results, same) {
			r.State, r.Why = call.TestSkipped, call.WhySame
			p.say(r)
		}
	}
	return list
}

// one is try for the goroutine of Run.
func (p *prober) one(ctx context.Context, r call.Result, work work) call.Result {
	r = p.try(ctx, r, work)
	p.results[r.ID] = r
	return r
}

// work is one try: it gives up when its context ends, and may name its target late.
type work func(ctx context.Context, aim func(call.Target)) (call.Figures, error)

// try runs one work within its time and tells what came of it.
func (p *prober) try(ctx context.Context, r call.Result, work work) call.Result {
	r.State = call.TestRunning
	p.say(r)
	short, cancel := context.WithTimeout(ctx, max(least, min(tryLimit, startTill-time.Since(p.from))))
	defer cancel()
	figures, err := work(short, func(t call.Target) {
		r.Target = t
		p.say(r)
	})
	if err != nil {
		r.State, r.Why = call.TestFailed, why(short, err)
	} else {
		r.State, r.Figures = call.Judged(r.Kind, figures), figures
	}
	p.say(r)
	return r
}

func (p *prober) say(r call.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(r)
}

func (p *prober) skip(why call.Why, kinds ...call.TestKind) {
	for _, kind := range kinds {
		p.say(call.Result{ID: string(kind), Kind: kind, State: call.TestSkipped, Why: why})
	}
}

func (p *prober) fail(kind call.TestKind, why call.Why) {
	p.say(call.Result{ID: string(kind), Kind: kind, State: call.TestFailed, Why: why})
}

// aim reads where a URL's packets go.
func aim(u *url.URL) call.Target {
	to := call.Target{Host: u.Hostname(), Port: 443, Over: "tcp"}
	if n, err := strconv.Atoi(u.Port()); err == nil {
		to.Port = n
	} else if u.Scheme == "http" || u.Scheme == "ws" {
		to.Port = 80
	}
	return to
}

// local tells whether a host is this machine.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
