// Package link keeps one WebSocket to the server alive: it dials, says hello, comes
// back by itself after a drop, and hands over messages in order.
package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"ekermed.example/ekermed/internal/call/wire"
)

// The pace of a connection. The server pings every 4 s, so silence means a dead line.
const (
	dialLimit  = 6 * time.Second
	writeLimit = 5 * time.Second
	silence    = 12 * time.Second
	queued     = 64
	// readLimit bounds one message of the server, in bytes: an agenda of a long day.
	readLimit = 1 << 20
)

// pauses are the waits between tries; the last one repeats.
func pauses() []time.Duration {
	return []time.Duration{300 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second}
}

// Options configure a Link.
type Options struct {
	URL string // ws:// or wss://
	TLS *tls.Config
	// Dial opens connections, through a proxy where there is one. Nil dials directly.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// First makes the first message of each connection. An error that Fatal calls
	// final ends the link; any other is tried again.
	First func(ctx context.Context) (wire.Message, error)
	Fatal func(error) bool
	// Heard gets every message, Down every drop (final when the link has ended). Both
	// are called from one goroutine, one after the other.
	Heard func(wire.Message)
	Down  func(err error, final bool)
}

// Link is a connection that comes back. Its methods may be called from anywhere.
type Link struct {
	o      Options
	out    chan wire.Message
	cancel context.CancelFunc
	done   chan struct{}

	redial chan struct{} // room for one
	heard  atomic.Int64  // how often the server was heard

	mu     sync.Mutex
	ending bool
	flush  chan struct{}
}

// Open starts a link; it dials in the background.
func Open(ctx context.Context, o Options) *Link {
	ctx, cancel := context.WithCancel(ctx)
	l := &Link{o: o, out: make(chan wire.Message, queued), cancel: cancel, done: make(chan struct{}), flush: make(chan struct{}), redial: make(chan struct{}, 1)}
	go func() { // Close waits for it
		defer close(l.done)
		l.run(ctx)
	}()
	return l
}

// ErrFull is returned by Send when the connection does not take messages.
var ErrFull = errors.New("the connection to the server does not keep up")

// Send queues a message for the present connection. What is queued when a connection
// drops is lost: the snapshot after coming back is what counts.
func (l *Link) Send(m wire.Message) error {
	select {
	case l.out <- m:
		return nil
	default:
		return ErrFull
	}
}

// Redial leaves the present connection for a new one, at once: the network is another.
// Down is not called unless the new one fails too.
func (l *Link) Redial() {
	select {
	case l.redial <- struct{}{}:
	default: // asked for already
	}
}

// doubt is how long the answer to a question may take before the line counts as dead.
const doubt = 1200 * time.Millisecond

// Doubt asks whether the line is alive, and redials when nothing answers: there is a
// reason to think that the network is another.
func (l *Link) Doubt() {
	before := l.heard.Load()
	if l.Send(wire.Ping{}) != nil {
		return
	}
	time.AfterFunc(doubt, func() {
		if l.heard.Load() == before {
			l.Redial()
		}
	})
}

// errRedial ends a connection that Redial left.
var errRedial = errors.New("another network")

// Close sends what is queued, says goodbye and waits for the end, at most limit.
func (l *Link) Close(limit time.Duration) {
	l.mu.Lock()
	if !l.ending {
		l.ending = true
		close(l.flush)
	}
	l.mu.Unlock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-l.done:
	case <-timer.C:
	}
	l.cancel()
	<-l.done
}

// errFinal wraps what must not be tried again.
type errFinal struct{ error }

func (e errFinal) Unwrap() error { return e.error }

func (l *Link) run(ctx context.Context) {
	for try := 0; ; try++ {
		spoke, err := l.once(ctx)
		var final errFinal
		switch {
		case err == nil, ctx.Err() != nil:
			return // closed by us
		case errors.As(err, &final):
			l.o.Down(final.error, true)
			return
		case errors.Is(err, errRedial):
			try = -1
			continue
		}
		l.o.Down(err, false)
		if spoke {
			try = 0
		}
		pause := pauses()[min(try, len(pauses())-1)]
		select {
		case <-time.After(pause):
		case <-l.redial:
		case <-ctx.Done():
			return
		case <-l.flush:
			return
		}
		l.drop()
	}
}

// drop forgets what was queued for a connection that is gone.
func (l *Link) drop() {
	for {
		select {
		case <-l.out:
		default:
			return
		}
	}
}

// once runs one connection. It answers whether the server spoke, and nil when we
// closed it.
func (l *Link) once(ctx context.Context) (bool, error) {
	here, leave := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() { // ends with the connection, waited for below
		defer close(watched)
		select {
		case <-l.redial:
			leave(errRedial)
		case <-here.Done():
		}
	}()
	spoke, err := l.talk(here)
	if errors.Is(context.Cause(here), errRedial) {
		err = errRedial
	}
	leave(nil)
	<-watched
	return spoke, err
}

func (l *Link) talk(ctx context.Context) (bool, error) {
	first, err := l.o.First(ctx)
	if err != nil {
		if l.o.Fatal(err) {
			return false, errFinal{err}
		}
		return false, err
	}
	dialer := websocket.Dialer{HandshakeTimeout: dialLimit, TLSClientConfig: l.o.TLS, NetDialContext: l.o.Dial}
	ws, answer, err := dialer.DialContext(ctx, l.o.URL, nil)
	if err != nil {
		if answer != nil {
			return false, fmt.Errorf("the server answered %s: %w", answer.Status, err)
		}
		return false, err
	}
	ws.SetReadLimit(readLimit)
	alive := func() error { return ws.SetReadDeadline(time.Now().Add(silence)) }
	ws.SetPingHandler(func(data string) error {
		if err := ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeLimit)); err != nil {
			return err
		}
		return alive()
	})
	// A write that nobody takes must not outlast us.
	cut := context.AfterFunc(ctx, func() { _ = ws.Close() })
	defer cut()
	broken := make(chan struct{})
	wrote := make(chan struct{})
	closed := false
	go func() { // ends with the connection, waited for below
		defer close(wrote)
		closed = l.write(ctx, ws, first, broken)
		_ = ws.Close() // unblocks the reader
	}()
	spoke, err := l.read(ws, alive)
	close(broken)
	<-wrote
	if closed {
		return spoke, nil
	}
	return spoke, err
}

func (l *Link) read(ws *websocket.Conn, alive func() error) (bool, error) {
	spoke := false
	for {
		if err := alive(); err != nil {
			return spoke, err
		}
		_, b, err := ws.ReadMessage()
		if err != nil {
			return spoke, fmt.Errorf("connection lost: %w", err)
		}
		m, err := wire.DecodeServer(b)
		if err != nil {
			return spoke, err
		}
		if m == nil {
			continue // newer than we are
		}
		spoke = true
		l.heard.Add(1)
		l.o.Heard(m)
	}
}

// write sends until the connection breaks or Close asks to end it; it answers true
// in the latter case.
func (l *Link) write(ctx context.Context, ws *websocket.Conn, first wire.Message, broken <-chan struct{}) bool {
	put := func(m wire.Message) bool {
		b, err := wire.Encode(m)
		if err != nil || ws.SetWriteDeadline(time.Now().Add(writeLimit)) != nil {
			return false
		}
		return ws.WriteMessage(websocket.TextMessage, b) == nil
	}
	if !put(first) {
		return false
	}
	for {
		select {
		case m := <-l.out:
			if !put(m) {
				return false
			}
		case <-broken:
			return false
		case <-ctx.Done():
			return true
		case <-l.flush:
			for {
				select {
				case m := <-l.out:
					if !put(m) {
						return true
					}
				default:
					_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(writeLimit))
					return true
				}
			}
		}
	}
}
