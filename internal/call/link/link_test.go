package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"ekermed.example/ekermed/internal/call/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server takes WebSockets and hands them to the test.
type server struct {
	*httptest.Server
	conns chan *websocket.Conn
	mu    sync.Mutex
	sick  bool // answers 503
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{conns: make(chan *websocket.Conn, 16)}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	s.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		sick := s.sick
		s.mu.Unlock()
		if sick {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		ws, err := up.Upgrade(rw, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		s.conns <- ws
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) url() string { return "ws" + strings.TrimPrefix(s.URL, "http") }

// next waits for a connection and reads its first message.
func (s *server) next(t *testing.T) (*websocket.Conn, wire.Message) {
	t.Helper()
	select {
	case ws := <-s.conns:
		t.Cleanup(func() { ws.Close() })
		return ws, read(t, ws)
	case <-time.After(20 * time.Second):
		t.Fatal("nobody comes")
		return nil, nil
	}
}

func read(t *testing.T, ws *websocket.Conn) wire.Message {
	t.Helper()
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	_, b, err := ws.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.DecodeClient(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func send(t *testing.T, ws *websocket.Conn, m wire.Message) {
	t.Helper()
	b, err := wire.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.WriteMessage(websocket.TextMessage, b); err != nil {
		t.Fatal(err)
	}
}

// ear remembers what a link says.
type ear struct {
	mu     sync.Mutex
	heard  []wire.Message
	downs  []error
	finals int
	firsts int
}

func (e *ear) options(url string) Options {
	return Options{
		URL: url,
		First: func(context.Context) (wire.Message, error) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.firsts++
			return wire.Hello{Version: wire.Version, Resume: fmt.Sprint(e.firsts)}, nil
		},
		Fatal: func(error) bool { return false },
		Heard: func(m wire.Message) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.heard = append(e.heard, m)
		},
		Down: func(err error, final bool) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.downs = append(e.downs, err)
			if final {
				e.finals++
			}
		},
	}
}

func (e *ear) told() (heard []wire.Message, downs []error, finals int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard), slices.Clone(e.downs), e.finals
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%s: never", what)
		}
	}
}

// A drop is told and mended: a new connection with a new first message, and what was
// meant for the old one is not sent to the new.
func TestComesBack(t *testing.T) {
	s, e := newServer(t), &ear{}
	l := Open(t.Context(), e.options(s.url()))
	defer l.Close(time.Second)
	ws, first := s.next(t)
	if first != (wire.Hello{Version: wire.Version, Resume: "1"}) {
		t.Errorf("first %+v", first)
	}
	send(t, ws, wire.Pong{At: 1})
	send(t, ws, wire.Pong{At: 2})
	eventually(t, "two messages", func() bool { h, _, _ := e.told(); return len(h) == 2 })
	s.mu.Lock()
	s.sick = true
	s.mu.Unlock()
	ws.Close()
	eventually(t, "a drop and a refusal", func() bool { _, d, _ := e.told(); return len(d) >= 2 })
	for range 3 {
		if err := l.Send(wire.Ping{At: 99}); err != nil {
			t.Error(err)
		}
	}
	s.mu.Lock()
	s.sick = false
	s.mu.Unlock()
	ws, first = s.next(t)
	if h := first.(wire.Hello); h.Resume == "1" {
		t.Errorf("the first message was not made anew: %+v", h)
	}
	if err := l.Send(wire.Media{Audio: true}); err != nil {
		t.Error(err)
	}
	if m := read(t, ws); m != (wire.Media{Audio: true}) {
		t.Errorf("a message of before the drop: %+v", m)
	}
	send(t, ws, wire.Pong{At: 3})
	eventually(t, "the third", func() bool { h, _, _ := e.told(); return len(h) == 3 && h[2] == wire.Pong{At: 3} })
	_, downs, finals := e.told()
	if finals > 0 || !strings.Contains(downs[0].Error(), "connection lost") || !strings.Contains(downs[1].Error(), "503") {
		t.Errorf("downs %v, %d final", downs, finals)
	}
}

// The waits between tries grow to five seconds and stay there.
func TestBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &ear{}
		var at []time.Duration
		start := time.Now()
		o := e.options("ws://127.0.0.1:0")
		o.First = func(context.Context) (wire.Message, error) {
			at = append(at, time.Since(start))
			return nil, errors.New("no network")
		}
		l := Open(t.Context(), o)
		time.Sleep(20 * time.Second)
		l.Close(time.Second)
		want := []time.Duration{0, 300 * time.Millisecond, 1300 * time.Millisecond, 3300 * time.Millisecond, 7300 * time.Millisecond, 12300 * time.Millisecond, 17300 * time.Millisecond}
		if !slices.Equal(at, want) {
			t.Errorf("tries at %v", at)
		}
		if waited := time.Since(start); waited != 20*time.Second {
			t.Errorf("Close in a pause waited until %s", waited)
		}
	})
}

// What can only fail again ends the link.
func TestFinalErrorsStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &ear{}
		refused := errors.New("the pass is unknown")
		tries := 0
		o := e.options("ws://127.0.0.1:0")
		o.First = func(context.Context) (wire.Message, error) { tries++; return nil, fmt.Errorf("entering: %w", refused) }
		o.Fatal = func(err error) bool { return errors.Is(err, refused) }
		l := Open(t.Context(), o)
		time.Sleep(time.Minute)
		_, downs, finals := e.told()
		if tries != 1 || len(downs) != 1 || finals != 1 || !errors.Is(downs[0], refused) {
			t.Errorf("%d tries, downs %v, %d final", tries, downs, finals)
		}
		if err := l.Send(wire.Ping{}); err != nil {
			t.Errorf("a late message: %v", err)
		}
		l.Close(time.Second)
		l.Close(time.Second)
	})
}

// Close sends what is queued, whenever it comes, and says goodbye.
func TestCloseFlushes(t *testing.T) {
	s := newServer(t)
	for round := range 30 {
		e := &ear{}
		l := Open(t.Context(), e.options(s.url()))
		if round%2 == 0 { // else it is still dialling
			eventually(t, "a connection", func() bool { return len(s.conns) > 0 })
		}
		for i := range queued {
			if err := l.Send(wire.Ping{At: float64(i)}); err != nil && round%2 == 1 {
				t.Fatal(err)
			}
		}
		got := make(chan error, 1)
		go func() { // the server's side
			ws := <-s.conns
			defer ws.Close()
			for i := -1; ; i++ {
				_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
				_, b, err := ws.ReadMessage()
				if err != nil {
					if i != queued || !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
						got <- fmt.Errorf("%d messages, then %w", i, err)
					}
					close(got)
					return
				}
				if m, err := wire.DecodeClient(b); err != nil || i >= 0 && m != (wire.Ping{At: float64(i)}) {
					got <- fmt.Errorf("%d was %+v, %w", i, m, err)
				}
			}
		}()
		l.Close(20 * time.Second)
		if err := <-got; err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if _, downs, _ := e.told(); len(downs) != 0 {
			t.Errorf("closing was told as %v", downs)
		}
	}
}

// Close keeps to its limit even when nobody reads at the other end.
func TestCloseOfADeafServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{conns: make(chan *websocket.Conn, 1)}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if ws, err := up.Upgrade(rw, r, nil); err == nil {
			s.conns <- ws // never read
		}
	}))
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	e := &ear{}
	k := Open(t.Context(), e.options(s.url()))
	ws := <-s.conns
	defer ws.Close()
	big := wire.Answer{SDP: strings.Repeat("a", wire.MaxSDP)}
	for stuck := 0; stuck < 50; { // the writer waits for the network
		if errors.Is(k.Send(big), ErrFull) {
			stuck++
			time.Sleep(time.Millisecond)
		} else {
			stuck = 0
		}
	}
	closed := make(chan struct{})
	go func() { defer close(closed); k.Close(10 * time.Millisecond) }()
	select {
	case <-closed:
	case <-time.After(writeLimit - 2*time.Second):
		t.Error("Close waits for a write that nobody takes")
		<-closed
	}
}

func TestSendIsBounded(t *testing.T) {
	e := &ear{}
	o := e.options("ws://127.0.0.1:0")
	hold := make(chan struct{})
	o.First = func(ctx context.Context) (wire.Message, error) {
		select {
		case <-hold:
		case <-ctx.Done():
		}
		return nil, context.Canceled
	}
	l := Open(t.Context(), o)
	defer l.Close(time.Millisecond)
	for i := range queued {
		if err := l.Send(wire.Ping{}); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	if err := l.Send(wire.Ping{}); !errors.Is(err, ErrFull) {
		t.Errorf("one too many: %v", err)
	}
	close(hold)
}

// A newer server may say what we do not know; what is not the protocol at all is a
// broken line.
func TestWhatTheServerSays(t *testing.T) {
	s, e := newServer(t), &ear{}
	l := Open(t.Context(), e.options(s.url()))
	defer l.Close(time.Second)
	ws, _ := s.next(t)
	for _, text := range []string{`{"type":"fireworks","data":{"x":1}}`, `{"type":"pong","data":{"at":4,"new":true}}`} {
		if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the known one", func() bool { h, _, _ := e.told(); return len(h) == 1 && h[0] == wire.Pong{At: 4} })
	if err := ws.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	s.next(t)
	if _, downs, finals := e.told(); len(downs) != 1 || finals != 0 || !errors.Is(downs[0], wire.ErrMalformed) {
		t.Errorf("downs %v", downs)
	}
}

// The context ends a link like Close does, with nothing left running (TestMain).
func TestTheContextEnds(t *testing.T) {
	s, e := newServer(t), &ear{}
	ctx, cancel := context.WithCancel(t.Context())
	l := Open(ctx, e.options(s.url()))
	s.next(t)
	cancel()
	<-l.done
	if _, downs, _ := e.told(); len(downs) != 0 {
		t.Errorf("told as %v", downs)
	}
	l.Close(time.Second)
}

// A dialer of ours is used, and what it says is told as it said it.
func TestDials(t *testing.T) {
	s, e := newServer(t), &ear{}
	strange := errors.New("a proxy wants a login")
	o := e.options("ws://visio.test:81/ws")
	tries := 0
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "visio.test:81" {
			t.Errorf("dialled %s", address)
		}
		if tries++; tries == 1 {
			return nil, fmt.Errorf("dialling: %w", strange)
		}
		return (&net.Dialer{}).DialContext(ctx, network, s.Listener.Addr().String())
	}
	l := Open(t.Context(), o)
	defer l.Close(time.Second)
	s.next(t)
	if _, downs, _ := e.told(); len(downs) != 1 || !errors.Is(downs[0], strange) {
		t.Errorf("downs %v", downs)
	}
}
