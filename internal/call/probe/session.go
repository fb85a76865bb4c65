package probe

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
)

const (
	// pulse keeps the server from taking us for gone.
	pulse      = 4 * time.Second
	writeLimit = 5 * time.Second
	readLimit  = 1 << 20 // bytes of one message
	pings      = 5
)

// session is the connection on which the tries of STUN, TURN and media rest.
type session struct {
	ice []wire.ICEServer

	ws    *websocket.Conn
	heard chan wire.Message // nobody waits: the message is dropped
	end   context.CancelFunc
	ctx   context.Context // ends with the connection, for the reason that is its cause
	wg    sync.WaitGroup

	mu sync.Mutex // writes, one at a time
}

// open connects and waits for the list of servers to try, within try; the session lives
// until close or the end of ctx.
func (p *prober) open(ctx, try context.Context) (*session, call.Figures, error) {
	from := time.Now()
	dialer := websocket.Dialer{TLSClientConfig: p.o.TLS.Clone(), NetDialContext: p.o.Dialer.DialContext}
	ws, answer, err := dialer.DialContext(try, p.o.Socket, nil)
	if err != nil {
		if answer != nil {
			return nil, call.Figures{}, failed(call.WhyProxy) // it is none of our server's answers
		}
		return nil, call.Figures{}, err
	}
	ws.SetReadLimit(readLimit)
	s := &session{ws: ws, heard: make(chan wire.Message, 16)}
	here, lose := context.WithCancelCause(ctx)
	s.ctx, s.end = here, func() { lose(failed(call.WhyClosed)) }
	context.AfterFunc(here, func() { _ = ws.Close() })
	s.wg.Go(func() { lose(s.read()) })
	s.wg.Go(s.beat)
	figures, err := s.begin(try, p.o.Client, from)
	if err != nil {
		s.close()
		return nil, call.Figures{}, err
	}
	return s, figures, nil
}

func (s *session) begin(ctx context.Context, client string, from time.Time) (call.Figures, error) {
	probed, err := answer(ctx, s, wire.Probe{Version: wire.Version, Client: client}, func(wire.Probed) bool { return true })
	if err != nil {
		return call.Figures{}, err
	}
	s.ice = probed.ICE
	figures := call.Figures{Ready: time.Since(from)}
	var trips []time.Duration
	for i := range pings {
		sent, at := time.Now(), float64(i+1)
		if _, err := answer(ctx, s, wire.Ping{At: at}, func(m wire.Pong) bool { return m.At == at }); err != nil {
			return call.Figures{}, err
		}
		trips = append(trips, time.Since(sent))
	}
	figures.Trip = median(trips)
	return figures, nil
}

// answer sends a message and waits for the one that answers it.
func answer[T wire.Message](ctx context.Context, s *session, m wire.Message, is func(T) bool) (T, error) {
	var none T
	if err := s.send(m); err != nil {
		return none, s.reason(err)
	}
	for {
		select {
		case got := <-s.heard:
			if found, ok := got.(T); ok && is(found) {
				return found, nil
			}
		case <-s.ctx.Done():
			return none, context.Cause(s.ctx)
		case <-ctx.Done():
			return none, ctx.Err()
		}
	}
}

// reason is why the connection ended, or err while it stands.
func (s *session) reason(err error) error {
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	return err
}

func (s *session) send(m wire.Message) error {
	b, err := wire.Encode(m)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ws.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	return s.ws.WriteMessage(websocket.TextMessage, b)
}

// read hears the server until the connection ends, and answers why it did.
func (s *session) read() error {
	for {
		_, b, err := s.ws.ReadMessage()
		if err != nil {
			return failed(call.WhyClosed)
		}
		m, err := wire.DecodeServer(b)
		if err != nil {
			return failed(call.WhyProxy)
		}
		if no, ok := m.(wire.Failure); ok {
			return whyRefused(no)
		}
		select {
		case s.heard <- m:
		default:
		}
	}
}

func (s *session) beat() {
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = s.send(wire.Ping{}) // read hears of a broken line
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *session) close() {
	s.end()
	s.wg.Wait()
}

// median of what was measured; 0 of nothing.
func median(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
