package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/drop"
	"ekermed.example/ekermed/internal/server/factor"
	"ekermed.example/ekermed/internal/server/room"
	"ekermed.example/ekermed/internal/server/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Canaries: what no log may hold (threat 25).
const (
	clinicianEmail = "anne.canary@h.example"
	clinicianName  = "Dr Anne Canari"
	password       = "canary horse battery"
	patientEmail   = "yann.canary@x.example"
	patientName    = "Yann Canari"
	own            = "https://visio.example"
	partner        = "https://partner.example"
	session        = "canary-session-token"
)

// weak is an argon2id hash of password that costs next to nothing: these tests are
// about answers.
const weak = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$gGl0BHLymDe0vRUqM9t2bZefZ4GouKq5en3xdVwrbBQ"

// narrow takes connections whose kernel buffers are small, so that a client that
// does not read is noticed after some 100 kB.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(4096) // a wish
	}
	return c, err
}

// rig is a site on a real socket, with the real store, doors and rooms, and with no
// media and no mail.
type rig struct {
	t      *testing.T
	web    *Web
	server *httptest.Server
	store  *store.Store
	files  *drop.Store
	rooms  *room.Hub
	dir    string
	log    *sink
	ahead  time.Duration // set before requests only
	post   *postbox
	sick   error
	key    factor.Key
}

type sink struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

type postbox struct {
	mu      sync.Mutex
	links   []string
	cancels []string
	err     error
}

func (p *postbox) Invite(_ context.Context, _ store.Appointment, link string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.links = append(p.links, link)
	return "sent", p.err
}

func (p *postbox) Cancel(_ context.Context, a store.Appointment) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cancels = append(p.cancels, a.ID)
	return "sent", p.err
}

func (p *postbox) Guest(ctx context.Context, a store.Appointment, _ store.Link, link string) (string, error) {
	return p.Invite(ctx, a, link)
}

func (p *postbox) Uninvite(ctx context.Context, a store.Appointment, _ store.Link) (string, error) {
	return p.Cancel(ctx, a)
}

// stool is a seat with no media.
type stool struct{}

func (stool) Gen() uint32        { return 1 }
func (stool) Answer(wire.Answer) {}
func (stool) Renew(wire.Renew)   {}
func (stool) Resend()            {}
func (stool) Share(bool)         {}
func (stool) Close()             {}

func (stool) Seat(_, _ string, _ bool, _ func() uint32, out func(wire.Message)) (room.Seat, error) {
	out(wire.Offer{Gen: 1, Round: 1, SDP: "v=0"})
	return stool{}, nil
}

func (stool) ICE(string, bool) []wire.ICEServer { return nil }
func (stool) Admit(string)                      {}
func (stool) Revoke(string)                     {}

// mirror is an echo with no media.
type mirror struct{}

func (mirror) Answer(wire.Answer) error { return nil }
func (mirror) Close()                   {}
func (mirror) Revoke(string)            {}
func (mirror) ICE(peer string) []wire.ICEServer {
	return []wire.ICEServer{{URLs: []string{"turn:h.example:443?transport=udp", "turns:h.example:443?transport=tcp"}, Username: peer, Credential: "x"}}
}

func (mirror) Echo(gen uint32) (Echo, wire.Offer, error) {
	return mirror{}, wire.Offer{Gen: gen, Round: 1, SDP: "v=0"}, nil
}

func newRig(t *testing.T) *rig { return newRigAt(t, own) }

func newRigAt(t *testing.T, base string) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), log: &sink{}, post: &postbox{}}
	var err error
	if r.store, err = store.Open(t.Context(), r.dir); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Now().Add(r.ahead) }
	if r.key, err = factor.Load(r.dir); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ac := access.New(access.Options{
		Accounts: r.store, Appointments: r.store, Passes: r.store, OpensBefore: 30 * time.Minute, ClosesAfter: 2 * time.Hour,
		Session: time.Hour, Practice: "Cabinet", Phone: "02 99", Zone: time.UTC, Now: now,
		Idle: 15 * time.Minute, Busy: func(id string) bool { return r.rooms.Busy(id) }, Factors: r.store, Key: r.key,
	})
	const megabyte = 1 << 20
	if r.files, err = drop.Open(filepath.Join(r.dir, "files"), drop.Limits{File: 3 * megabyte, Person: 5 * megabyte, Room: 9 * megabyte, All: 9 * megabyte, Life: time.Hour}, now); err != nil {
		t.Fatal(err)
	}
	agenda := NewAgenda(ac, func() *room.Hub { return r.rooms })
	r.rooms = room.NewHub(room.Options{
		Seater: stool{}, Tickets: stool{}, Grace: 45 * time.Second, Linger: 30 * time.Second,
		Changed: agenda.Changed, Done: func(string) {}, Now: now, Log: log, Files: r.files, FileLimit: 3 * megabyte,
	})
	r.web, err = New(Options{
		Access: ac, Rooms: r.rooms, Agenda: agenda, Prober: mirror{}, Post: r.post, URL: base, Origins: []string{partner},
		Health: func(*http.Request) error { return r.sick }, Files: r.files, Log: log,
		Compat: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(rw, r.URL.Path)
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := r.web.Handler()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var rooms sync.WaitGroup
	rooms.Go(func() { _ = r.rooms.Run(ctx) })
	rooms.Go(func() { _ = r.files.Run(ctx) })
	r.server = httptest.NewUnstartedServer(handler)
	r.server.Listener = narrow{r.server.Listener}
	r.server.Start()
	t.Cleanup(func() {
		r.server.Close()
		cancel()
		rooms.Wait()
		r.store.Close()
		if t.Failed() {
			t.Logf("log:\n%s", r.log)
		}
	})
	r.account(clinicianEmail, session)
	return r
}

// account adds a clinician who is signed in under token.
func (r *rig) account(email, token string) {
	r.t.Helper()
	a := store.Account{ID: "id-" + email, Email: email, Name: clinicianName, Role: "clinician", Password: weak, Created: time.Now()}
	sum := sha256.Sum256([]byte(token))
	if err := errors.Join(r.store.AddAccount(r.t.Context(), a), r.store.AddSession(r.t.Context(), sum[:], a.ID, time.Now().Add(time.Hour))); err != nil {
		r.t.Fatal(err)
	}
}

// call is one request; body may be empty.
type call struct {
	method, path, body string
	header             map[string]string
}

type result struct {
	*http.Response
	body string
}

func (a result) failure(t *testing.T) wire.Failure {
	t.Helper()
	var f wire.Failure
	if err := json.Unmarshal([]byte(a.body), &f); err != nil {
		t.Errorf("%s %s: %q is no failure: %v", a.Request.Method, a.Request.URL.Path, a.body, err)
	}
	return f
}

func (r *rig) do(c call) result {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), c.method, r.server.URL+c.path, strings.NewReader(c.body))
	if err != nil {
		r.t.Fatal(err)
	}
	if c.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range c.header {
		req.Header.Set(k, v)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: time.Minute}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return result{answer, string(b)}
}

func (r *rig) json(method, path string, body any, token string) result {
	r.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.do(call{method, path, string(b), map[string]string{"Authorization": "Bearer " + token}})
}

func read[T any](t *testing.T, a result) T {
	t.Helper()
	var v T
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %s", a.Request.Method, a.Request.URL.Path, a.Status, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%q: %v", a.body, err)
	}
	return v
}

// invite books an appointment and gives its id and its link code.
func (r *rig) invite(at time.Time) (id, code string) {
	r.t.Helper()
	in := wire.Invite{PatientEmail: patientEmail, PatientName: patientName}
	if !at.IsZero() {
		in.At = at.Format(time.RFC3339)
	}
	out := read[wire.Invited](r.t, r.json("POST", "/api/v1/appointments", in, session))
	_, code, _ = strings.Cut(out.Link, "/r/")
	return out.Appointment.ID, code
}

func (r *rig) join(code string) string {
	r.t.Helper()
	return read[wire.Pass](r.t, r.json("POST", "/api/v1/join", wire.LinkCode{Code: code}, "")).Pass
}

func (r *rig) clinicianPass(id string) string {
	r.t.Helper()
	return read[wire.Pass](r.t, r.json("POST", "/api/v1/appointments/"+id+"/pass", struct{}{}, session)).Pass
}

// dump is everything the store holds.
func (r *rig) dump() string {
	r.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.dir, "ekermed.db")+"?mode=ro")
	if err != nil {
		r.t.Fatal(err)
	}
	defer db.Close()
	var all []string
	for _, table := range []string{"accounts", "sessions", "appointments", "passes", "links", "factors", "recovery_codes"} {
		columns := "*"
		if table == "sessions" { // when somebody was there last is no change of anything
			columns = "token, account, expires"
		}
		rows, err := db.Query("SELECT " + columns + " FROM " + table)
		if err != nil {
			r.t.Fatal(err)
		}
		named, err := rows.Columns()
		if err != nil {
			r.t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(named))
			into := make([]any, len(named))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				r.t.Fatal(err)
			}
			all = append(all, fmt.Sprintf("%s %v", table, values))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			r.t.Fatal(err)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: never", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
