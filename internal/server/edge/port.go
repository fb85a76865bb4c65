package edge

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// helloLimit is how long a new connection may take to its first byte of HTTP or TURN,
// the TLS handshake included.
const helloLimit = 10 * time.Second

// TURN over TLS ends when it falls silent: who stops before a second message, which
// carries the credential, soon; anybody else after longer than a client leaves between
// two refreshes of a permission, which lasts five minutes (RFC 8656 section 9).
const (
	turnHelloLimit = 30 * time.Second
	turnIdleLimit  = 10 * time.Minute
)

// tlsRecord is the first byte of every TLS handshake (RFC 8446 section 5.1).
const tlsRecord = 0x16

// Protocols are what a Port serves.
type Protocols struct {
	// Web and TURN are told apart by the first byte inside TLS. Browsers send neither
	// ALPN nor a name of their own for TURN, so nothing earlier tells.
	Web, TURN bool
	// Plain serves HTTP without TLS too. It is for serve --dev: browsers treat
	// http://localhost as secure and show no warning.
	Plain bool
}

// Port is one TCP port on which HTTPS and TURN over TLS arrive.
type Port struct {
	listener  net.Listener
	config    *tls.Config
	plain     bool
	web, turn *arrivals // nil when not served
	working   sync.WaitGroup
	done      chan struct{}
	once      sync.Once

	mu      sync.Mutex
	pending map[net.Conn]bool // not sorted yet; nil once the port is closed
	left    int               // arrivals that are still open
}

// NewPort serves protocols on an open listener.
func NewPort(l net.Listener, certificate tls.Certificate, serve Protocols) *Port {
	p := &Port{listener: l, config: Config(certificate), plain: serve.Plain, done: make(chan struct{}), pending: map[net.Conn]bool{}}
	arrive := func(wanted bool) *arrivals {
		if !wanted {
			return nil
		}
		p.left++
		return &arrivals{port: p, ready: make(chan net.Conn), done: make(chan struct{})}
	}
	p.web, p.turn = arrive(serve.Web), arrive(serve.TURN)
	p.working.Go(p.accept)
	return p
}

// Web gives the connections that speak HTTP. Those over TLS have ConnectionState, so
// that net/http fills Request.TLS. Only for a port that serves the web.
func (p *Port) Web() net.Listener { return p.web }

// TURN gives the connections that speak STUN or TURN over TLS. Only for a port that
// serves it.
func (p *Port) TURN() net.Listener { return p.turn }

// Addr is the address that the port listens on.
func (p *Port) Addr() net.Addr { return p.listener.Addr() }

// Close closes the port and what has arrived and was not taken. Connections that were
// taken live on.
func (p *Port) Close() error {
	p.once.Do(func() { close(p.done) })
	for _, a := range []*arrivals{p.web, p.turn} {
		if a != nil {
			a.once.Do(func() { close(a.done) })
		}
	}
	err := p.listener.Close()
	p.mu.Lock()
	pending := p.pending
	p.pending = nil
	p.mu.Unlock()
	for c := range pending {
		_ = c.Close() // nobody was told of it
	}
	p.working.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// accept goes on after an error that passes, such as too many open files: a port must
// not end because of a bad minute.
func (p *Port) accept() {
	for wait := time.Duration(0); ; {
		c, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			select {
			case <-time.After(wait):
			case <-p.done:
				return
			}
			continue
		}
		wait = 0
		p.working.Go(func() { p.sort(c) })
	}
}

// sort reads a connection's first bytes and hands it on.
func (p *Port) sort(raw net.Conn) {
	p.mu.Lock()
	if p.pending == nil {
		p.mu.Unlock()
		_ = raw.Close() // closed meanwhile
		return
	}
	p.pending[raw] = true
	p.mu.Unlock()
	c, to := p.greet(raw)
	p.mu.Lock()
	delete(p.pending, raw) // of a nil map too
	p.mu.Unlock()
	if to == nil || !to.put(c) {
		_ = raw.Close() // it said nothing that is served here
	}
}

// greet tells what a connection speaks: nil when nothing that is served.
func (p *Port) greet(raw net.Conn) (net.Conn, *arrivals) {
	if err := raw.SetDeadline(time.Now().Add(helloLimit)); err != nil {
		return nil, nil
	}
	c := raw
	if p.plain {
		first, err := firstByte(raw)
		if err != nil {
			return nil, nil
		}
		c = &begun{Conn: raw, first: first}
		if first != tlsRecord {
			return c, p.heard(raw, p.web)
		}
	}
	sealed := tls.Server(c, p.config)
	if err := sealed.Handshake(); err != nil {
		return nil, nil
	}
	first, err := firstByte(sealed)
	if err != nil {
		return nil, nil
	}
	read := &secured{begun{Conn: sealed, first: first}, sealed}
	if speaksTURN(first) {
		return &timed{Conn: read}, p.heard(raw, p.turn)
	}
	return read, p.heard(raw, p.web)
}

// heard ends the limit for the first words.
func (p *Port) heard(raw net.Conn, to *arrivals) *arrivals {
	if raw.SetDeadline(time.Time{}) != nil {
		return nil
	}
	return to
}

func firstByte(c net.Conn) (byte, error) {
	var b [1]byte
	for {
		if n, err := c.Read(b[:]); n == 1 || err != nil {
			return b[0], err
		}
	}
}

// begun is a connection whose first byte was read already.
type begun struct {
	net.Conn
	first byte
	given bool
}

// Read gives the first byte alone: one more Read might wait.
func (c *begun) Read(b []byte) (int, error) {
	if c.given || len(b) == 0 {
		return c.Conn.Read(b)
	}
	b[0], c.given = c.first, true
	return 1, nil
}

// secured has ConnectionState, by which net/http knows TLS.
type secured struct {
	begun
	tls *tls.Conn
}

func (c *secured) ConnectionState() tls.ConnectionState { return c.tls.ConnectionState() }

// CloseWrite lets net/http end an answer so that the client still reads it.
func (c *secured) CloseWrite() error { return c.tls.CloseWrite() }

// timed gives each Read of a TURN connection its limit.
type timed struct {
	net.Conn
	reads int
}

// Read has one reader, as every connection here.
func (c *timed) Read(b []byte) (int, error) {
	limit := turnIdleLimit
	if c.reads < 3 { // the first byte, what follows it, and the second message
		c.reads++
		limit = turnHelloLimit
	}
	if err := c.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// arrivals are the connections of one protocol.
type arrivals struct {
	port  *Port
	ready chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (a *arrivals) put(c net.Conn) bool {
	select {
	case a.ready <- c:
		return true
	case <-a.done:
		return false
	}
}

func (a *arrivals) Accept() (net.Conn, error) {
	select {
	case <-a.done: // rather than what also waits
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-a.ready:
		return c, nil
	case <-a.done:
		return nil, net.ErrClosed
	}
}

// Close ends this protocol, and the port with the last one.
func (a *arrivals) Close() error {
	last := false
	a.once.Do(func() {
		close(a.done)
		a.port.mu.Lock()
		a.port.left--
		last = a.port.left == 0
		a.port.mu.Unlock()
	})
	if last {
		return a.port.Close()
	}
	return nil
}

func (a *arrivals) Addr() net.Addr { return a.port.Addr() }
