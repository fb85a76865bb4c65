package files

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/files/parcel"
	"ekermed.example/ekermed/internal/call/files/safe"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/drop"
	"ekermed.example/ekermed/internal/server/room"
	"ekermed.example/ekermed/internal/server/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit is the largest file of these tests, in bytes.
const limit = 100_000_000

// stool is a seat with no media.
type stool struct{}

func (stool) Gen() uint32        { return 1 }
func (stool) Answer(wire.Answer) {}
func (stool) Renew(wire.Renew)   {}
func (stool) Resend()            {}
func (stool) Share(bool)         {}
func (stool) Close()             {}
func (stool) Seat(string, string, bool, func() uint32, func(wire.Message)) (room.Seat, error) {
	return stool{}, nil
}
func (stool) ICE(string, bool) []wire.ICEServer { return nil }
func (stool) Admit(string)                      {}
func (stool) Revoke(string)                     {}

// line keeps the newest welcome.
type line struct {
	mu      sync.Mutex
	welcome wire.Welcome
}

func (l *line) Send(m wire.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w, ok := m.(wire.Welcome); ok {
		l.welcome = w
	}
}

func (*line) Close() {}

func (l *line) files() wire.Files {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.welcome.Files
}

// house is a server: the real handlers, rooms and store.
type house struct {
	t        *testing.T
	dir      string
	log      *safeBuffer
	limits   drop.Limits
	server   *httptest.Server
	handler  atomic.Pointer[http.Handler]
	requests atomic.Int64
	// cutAfter cuts the connection of the next piece, either way, after so many bytes.
	cutAfter, cuts atomic.Int64
	rooms          *room.Hub
	stop           func()
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newHouse(t *testing.T, limits drop.Limits) *house {
	t.Helper()
	h := &house{t: t, dir: filepath.Join(t.TempDir(), "files"), log: &safeBuffer{}, limits: limits}
	h.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h.requests.Add(1)
		if n := h.cutAfter.Load(); n > 0 && (r.Method == http.MethodPatch || r.Method == http.MethodGet) && h.cutAfter.CompareAndSwap(n, 0) {
			h.cuts.Add(1)
			r.Body, rw = io.NopCloser(&hangUp{r.Body, n}), &hangUpWriter{rw, n}
		}
		(*h.handler.Load()).ServeHTTP(rw, r)
	}))
	h.start()
	t.Cleanup(func() {
		h.server.Close()
		h.stop()
		if t.Failed() {
			t.Logf("log:\n%s", h.log)
		}
	})
	return h
}

// start makes rooms and store; after stop it is a server that was started again.
func (h *house) start() {
	h.t.Helper()
	store, err := drop.Open(h.dir, h.limits, time.Now)
	if err != nil {
		h.t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.rooms = room.NewHub(room.Options{
		Seater: stool{}, Tickets: stool{}, Grace: time.Minute, Linger: time.Minute, Files: store, FileLimit: limit,
		Changed: func(string, string) {}, Done: func(string) {}, Now: time.Now, Log: log,
	})
	site, err := web.New(web.Options{Rooms: h.rooms, Files: store, URL: h.server.URL, Log: log})
	if err != nil {
		h.t.Fatal(err)
	}
	handler, err := site.Handler()
	if err != nil {
		h.t.Fatal(err)
	}
	h.handler.Store(&handler)
	ctx, cancel := context.WithCancel(context.Background())
	var members sync.WaitGroup
	members.Go(func() { _ = h.rooms.Run(ctx) })
	members.Go(func() { _ = store.Run(ctx) })
	h.stop = sync.OnceFunc(func() {
		cancel()
		members.Wait()
		if err := store.Close(); err != nil {
			h.t.Error(err)
		}
	})
}

func plenty() drop.Limits {
	return drop.Limits{File: parcel.Sealed(limit), Person: 10 * limit, Room: 10 * limit, All: 10 * limit, Life: time.Hour}
}

// desk is a participant: an engine with its goroutine, its porter and its line.
type desk struct {
	t       *testing.T
	id      string
	role    wire.Role
	house   *house
	base    string // empty: the house's
	conn    atomic.Pointer[line]
	place   *room.Place
	engine  *Engine
	porter  *Porter
	wire    *cable
	inbox   chan func()
	quit    chan struct{}
	others  map[string]func(from string, payload []byte)
	scanner safe.Scanner
}

// sit lets somebody into the call. The clinician comes first.
func (h *house) sit(id string, role wire.Role, options ...func(*desk)) *desk {
	h.t.Helper()
	d := &desk{t: h.t, id: id, role: role, house: h, wire: &cable{}, inbox: make(chan func(), 4096), quit: make(chan struct{}), others: map[string]func(string, []byte){}}
	for _, o := range options {
		o(d)
	}
	d.enter()
	d.porter = NewPorter(PorterOptions{
		Server: courier.Server{
			Base: cmp.Or(d.base, h.server.URL), Client: &http.Client{Transport: d.wire},
			Token: func() string { return d.conn.Load().files().Token },
		},
		Scanner: d.scanner, Post: d.post,
	})
	d.engine = New(Options{Tell: d.tell, Work: d.porter})
	d.porter.Bind(d.engine)
	d.engine.Allow(int64(d.conn.Load().files().Limit))
	var owner sync.WaitGroup
	owner.Go(func() {
		for {
			select {
			case do := <-d.inbox:
				do()
			case <-d.quit:
				return
			}
		}
	})
	h.t.Cleanup(func() {
		d.do(d.engine.Close)
		close(d.quit)
		owner.Wait()
		d.porter.Close()
		d.wire.close()
	})
	return d
}

// enter is hello at the present server.
func (d *desk) enter() {
	d.t.Helper()
	eventually(d.t, "the rooms are open", func() bool {
		l := &line{}
		d.conn.Store(l)
		d.place = d.house.rooms.Enter(room.Entry{Appointment: "a", Person: d.id, Name: d.id, Role: d.role, Owner: "o", Link: d.id}, l)
		return d.place != nil
	})
}

func admit(clinician *desk, id string) { clinician.place.Handle(wire.Admit{Peer: id}) }

func (d *desk) post(do func()) {
	select {
	case d.inbox <- do:
	case <-d.quit:
	}
}

// do runs on the owner's goroutine and waits.
func (d *desk) do(what func()) {
	done := make(chan struct{})
	d.post(func() { defer close(done); what() })
	select {
	case <-done:
	case <-d.quit:
	}
}

func (d *desk) tell(peer string, payload []byte) {
	if other := d.others[peer]; other != nil {
		other(d.id, bytes.Clone(payload))
	}
}

// hear is where the messages of others arrive.
func (d *desk) hear(from string, payload []byte) {
	d.post(func() { d.engine.Hear(from, payload) })
}

// meet lets two know each other, or know each other again.
func meet(a, b *desk) {
	a.do(func() { a.others[b.id] = b.hear })
	b.do(func() { b.others[a.id] = a.hear })
	a.do(func() { a.engine.Meet(Peer{b.id, b.role}) })
	b.do(func() { b.engine.Meet(Peer{a.id, a.role}) })
}

func (d *desk) send(f File) string {
	var id string
	d.do(func() { id = d.engine.Send(f) })
	return id
}

func (d *desk) view() []Item {
	var all []Item
	d.do(func() { all = d.engine.View() })
	return all
}

func (d *desk) item(id string) Item {
	for _, it := range d.view() {
		if it.ID == id {
			return it
		}
	}
	return Item{}
}

// until waits for a file to come where it should; a file that failed meanwhile ends the test.
func (d *desk) until(id string, what string, ok func(Item) bool) Item {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 2*time.Minute)
	defer cancel()
	for {
		it := d.item(id)
		if ok(it) {
			return it
		}
		select {
		case <-ctx.Done():
			d.t.Fatalf("%s: %s never comes to %s: %+v", d.id, id, what, it)
		case <-time.After(3 * time.Millisecond):
		}
	}
}

func is(s State) func(Item) bool { return func(it Item) bool { return it.State == s } }

func failed(p Problem) func(Item) bool {
	return func(it Item) bool { return it.State == Failed && it.Problem == p }
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: never", what)
		case <-time.After(3 * time.Millisecond):
		}
	}
}

// cable is a line that a test can cut.
type cable struct {
	transport http.Transport
	mu        sync.Mutex
	down      bool
	// cutAfter cuts the next piece, either way, after so many bytes; 0 is never.
	cutAfter int64
	cuts     int
	bend     func(*http.Response) // may be nil
	asked    func(*http.Request)  // may be nil
}

var errCut = errors.New("the line is cut")

func (c *cable) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	down, cut, bend, asked := c.down, c.cutAfter, c.bend, c.asked
	if cut > 0 && (r.Method == http.MethodPatch || r.Method == http.MethodGet) {
		c.cutAfter = 0
		c.cuts++
	} else {
		cut = 0
	}
	c.mu.Unlock()
	if asked != nil {
		asked(r)
	}
	if down {
		return nil, errCut
	}
	if cut > 0 && r.Method == http.MethodPatch {
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(&short{r.Body, cut})
	}
	a, err := c.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if cut > 0 && r.Method == http.MethodGet {
		body := a.Body
		a.Body = struct {
			io.Reader
			io.Closer
		}{&short{body, cut}, body}
	}
	if bend != nil {
		bend(a)
	}
	return a, nil
}

func (c *cable) set(do func(*cable)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do(c)
}

// count is how often the line was cut.
func (c *cable) count() (n int) {
	c.set(func(c *cable) { n = c.cuts })
	return n
}

func (c *cable) close() { c.transport.CloseIdleConnections() }

// short ends with an error after n bytes.
type short struct {
	io.Reader
	n int64
}

func (s *short) Read(b []byte) (int, error) {
	if s.n <= 0 {
		return 0, errCut
	}
	n, err := s.Reader.Read(b[:min(int64(len(b)), s.n)])
	s.n -= int64(n)
	return n, err
}

// hangUp and hangUpWriter close the connection after n bytes.
type hangUp struct {
	io.Reader
	n int64
}

func (h *hangUp) Read(b []byte) (int, error) {
	if h.n <= 0 {
		panic(http.ErrAbortHandler)
	}
	n, err := h.Reader.Read(b[:min(int64(len(b)), h.n)])
	h.n -= int64(n)
	return n, err
}

type hangUpWriter struct {
	http.ResponseWriter
	n int64
}

func (h *hangUpWriter) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h *hangUpWriter) Write(b []byte) (int, error) {
	if h.n <= 0 {
		panic(http.ErrAbortHandler)
	}
	n, err := h.ResponseWriter.Write(b[:min(int64(len(b)), h.n)])
	if h.n -= int64(n); err == nil && n < len(b) {
		panic(http.ErrAbortHandler)
	}
	return n, err
}

// written makes a file of random bytes.
func written(t *testing.T, size int) (string, []byte) {
	t.Helper()
	b := make([]byte, size)
	r := rand.NewChaCha8([32]byte{byte(size), byte(size >> 8), 1})
	_, _ = r.Read(b) // it never fails
	path := filepath.Join(t.TempDir(), fmt.Sprintf("file-%d.bin", size))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, b
}

func fromDisk(t *testing.T, path string) courier.Source {
	t.Helper()
	s, err := courier.FileSource(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pair is a clinician and a patient in a call.
func pair(t *testing.T, limits drop.Limits, options ...func(*desk)) (h *house, clinician, patient *desk) {
	t.Helper()
	h = newHouse(t, limits)
	clinician = h.sit("c", wire.RoleClinician, options...)
	patient = h.sit("p", wire.RolePatient, options...)
	admit(clinician, "p")
	meet(clinician, patient)
	return h, clinician, patient
}

func leftovers(t *testing.T, dir string) int {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
