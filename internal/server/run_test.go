package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekermed.example/ekermed/internal/call/wire"
)

// Stopping: everybody is told, every connection ends, Run says nil, and nothing of
// it is left when it has returned.
func TestRunStopsInOrder(t *testing.T) {
	s := start(t, development(t))
	a := s.clinician(t)
	id, code := s.book(t, a)
	pass, err := s.access.ClinicianPass(t.Context(), a, id)
	doctor := s.enter(t, pass, err, nil)
	pass, err = s.access.Join(t.Context(), code, "s")
	patient := s.enter(t, pass, err, nil)
	eventually(t, "both in the call", func() bool { _, p := s.rooms.Rooms(); return p == 2 && s.sfu.Stats().Seats == 2 })
	desk, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.Local(), "http")+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	watch, err := wire.Encode(wire.Watch{Version: wire.Version, Session: session})
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.WriteMessage(websocket.TextMessage, watch); err != nil {
		t.Fatal(err)
	}
	if _, _, err := desk.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	if err := s.stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	b := make([]byte, 1<<20)
	b = b[:runtime.Stack(b, true)]
	for _, left := range []string{"web.(*Web)", "web.(*conn)", "room.(*room)", "sfu.(*", "relay.(*", "net/http.(*Server).Serve"} {
		if strings.Contains(string(b), left) {
			t.Errorf("%s runs on after Run has returned", left)
		}
	}
	for name, g := range map[string]*guest{"doctor": doctor, "patient": patient} {
		<-g.done
		if e, ok := heard[wire.Ended](g); !ok || e.Reason != wire.ReasonShutdown {
			t.Errorf("the %s was told %+v and then %v", name, e, g.why)
		}
	}
	_ = desk.SetReadDeadline(time.Now().Add(20 * time.Second))
	for err == nil {
		_, _, err = desk.ReadMessage()
	}
	if !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the desk's agenda ended with %v", err)
	}
	again := start(t, s.cfg) // the data folder is free again
	if _, err := again.store.Appointment(t.Context(), id); err != nil {
		t.Error(err)
	}
}

// An SDP answer that makes no sense ends that client's connection with a code, and
// nobody else's.
func TestABadAnswerEndsItsConnection(t *testing.T) {
	s := start(t, development(t))
	a := s.clinician(t)
	id, code := s.book(t, a)
	pass, err := s.access.ClinicianPass(t.Context(), a, id)
	doctor := s.enter(t, pass, err, nil)
	pass, err = s.access.Join(t.Context(), code, "s")
	patient := s.enter(t, pass, err, nil)
	self, _ := heard[wire.Welcome](patient)
	eventually(t, "a welcome", func() bool { self, _ = heard[wire.Welcome](patient); return self.Self != "" })
	doctor.gets(t, self.Self)
	pass, err = s.access.Join(t.Context(), code, "s")
	hostile := s.enter(t, pass, err, func(string) string { return "v=0\r\nnonsense" })
	select {
	case <-hostile.done:
	case <-time.After(10 * time.Second):
		t.Error("the connection stays open")
	}
	if f, _ := heard[wire.Failure](hostile); f.Code != wire.CodeMedia || !f.Fatal {
		t.Errorf("told %+v", f)
	}
	for name, g := range map[string]*guest{"doctor": doctor, "patient": patient} {
		if f, ok := heard[wire.Failure](g); ok {
			t.Errorf("the %s was told %+v", name, f)
		}
		select {
		case <-g.done:
			t.Errorf("the %s was cut off: %v", name, g.why)
		default:
		}
	}
	before := s.sfu.Stats().Packets
	eventually(t, "media goes on", func() bool { return s.sfu.Stats().Packets > before+100 })
}

// serve --dev answers this machine under its own names, whatever a page elsewhere has
// its DNS say.
func TestLoopbackOnly(t *testing.T) {
	h := loopbackOnly(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusTeapot) }))
	for _, tt := range []struct {
		host, remote string
		served       bool
	}{
		{"localhost:8443", "127.0.0.1:1", true}, {"localhost", "127.0.0.1:1", true}, {"127.0.0.1:8443", "127.0.0.1:1", true},
		{"[::1]:8443", "[::1]:1", true}, {"[::1]", "[::1]:1", true},
		{"evil.example", "127.0.0.1:1", false}, {"evil.example:8443", "127.0.0.1:1", false}, {"localhost.evil.example", "127.0.0.1:1", false},
		{"127.0.0.1.nip.io", "127.0.0.1:1", false}, {"", "127.0.0.1:1", false}, {"192.168.1.7:8443", "127.0.0.1:1", false}, {"0.0.0.0:8443", "127.0.0.1:1", false},
		{"localhost:8443", "192.168.1.9:1", false}, {"localhost:8443", "", false}, {"localhost:8443", "@", false},
	} {
		r := httptest.NewRequest("GET", "/healthz", nil)
		r.Host, r.RemoteAddr = tt.host, tt.remote
		rw := httptest.NewRecorder()
		h.ServeHTTP(rw, r)
		if served := rw.Code == http.StatusTeapot; served != tt.served || (!served && (rw.Code != http.StatusForbidden || !strings.Contains(rw.Body.String(), "this machine only"))) {
			t.Errorf("Host %q from %q: %d %s", tt.host, tt.remote, rw.Code, rw.Body)
		}
	}
}

func TestAForeignHostIsRefusedOnTheWire(t *testing.T) {
	s := start(t, development(t))
	r, err := http.NewRequest("GET", s.Local()+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "rebound.evil.example"
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("answered %s", answer.Status)
	}
}

// The operator's page counts, and names nobody and no room.
func TestMetrics(t *testing.T) {
	s := start(t, development(t))
	a := s.clinician(t)
	id, code := s.book(t, a)
	pass, err := s.access.ClinicianPass(t.Context(), a, id)
	doctor := s.enter(t, pass, err, nil)
	pass, err = s.access.Join(t.Context(), code, "s")
	patient := s.enter(t, pass, err, nil)
	eventually(t, "media", func() bool { return s.sfu.Stats().Packets > 10 })
	answer, err := http.Get("http://" + s.Metrics() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ekermed_rooms 5\n", "ekermed_people 5\n", "ekermed_sfu_seats 5\n", "ekermed_sfu_packets_total ", "ekermed_turn_allocations 0\n", "go_goroutines ", "process_resident_memory_bytes "} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	one, _ := heard[wire.Welcome](doctor)
	two, _ := heard[wire.Welcome](patient)
	for _, secret := range []string{one.Self, one.Room, one.Resume, two.Self, two.Resume, id, code, email, "yann", "Anne", "127.0.0.1"} {
		if secret == "" || strings.Contains(string(text), secret) {
			t.Errorf("the page holds %q", secret)
		}
	}
	// It is apart from the public port.
	public, err := http.Get(s.Local() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	public.Body.Close()
	if public.StatusCode != http.StatusNotFound {
		t.Errorf("the public port answers /metrics with %s", public.Status)
	}
	for _, secret := range []string{email, "yann@", "Yann", "Dr Anne", "127.0.0.1", code, session} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// The documents that the page links to are there, in the language that is asked for.
func TestDocuments(t *testing.T) {
	s := start(t, development(t))
	for path, want := range map[string]string{
		"/privacy?language=fr": "Vos données", "/security?language=en": "Level of encryption", "/compat?language=fr": "Navigateurs et systèmes", "/compat?language=en": "Browsers and systems",
		"/compat.json": `"rows"`,
	} {
		r, err := http.Get(s.Local() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Body.Close() != nil {
			t.Fatal(err)
		}
		if r.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d, without %q", path, r.StatusCode, want)
		}
	}
}
