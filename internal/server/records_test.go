package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/journal"
	"ekermed.example/ekermed/internal/server/room"
	"ekermed.example/ekermed/internal/server/trail"
)

// sealed is a configuration with a journal, and what opens it.
type sealed struct {
	cfg    config.Config
	reader *age.X25519Identity
	boss   []byte
}

func sealing(t *testing.T) sealed {
	t.Helper()
	s := sealed{cfg: development(t)}
	s.cfg.Server.Data = filepath.Join(s.cfg.Server.Data, "data")
	var err error
	for range 3 {
		if s.reader, err = age.GenerateX25519Identity(); err != nil {
			t.Fatal(err)
		}
		s.cfg.Journal.Recipients = append(s.cfg.Journal.Recipients, s.reader.Recipient().String())
	}
	var public string
	if s.boss, public, err = journal.NewManagerKey(); err != nil {
		t.Fatal(err)
	}
	s.cfg.Journal.Managers = []string{public}
	return s
}

// open reads every day of the journal, as JSON lines.
func (s sealed) open(t *testing.T, at *site, p journal.Purpose) string {
	t.Helper()
	key, err := journal.ParseManagerKey(s.boss)
	if err != nil {
		t.Fatal(err)
	}
	days, err := journal.Verify(s.cfg.Server.Data)
	if err != nil || len(days) == 0 {
		t.Fatalf("%v %v", days, err)
	}
	opening, err := NewOpening(s.cfg, at.store, discard())
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, day := range days { // two, at midnight
		if day.Damage != "" {
			t.Error(day.Damage)
		}
		r, err := journal.NewRequest(day.Day, p, s.reader.Recipient().String(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r.Sign(key))
		if err != nil {
			t.Fatal(err)
		}
		list, err := opening.Open(t.Context(), day.Day, []byte(s.reader.String()), b)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if err := json.NewEncoder(&text).Encode(journal.Shown(e)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return text.String()
}

func (s *site) trail(t *testing.T) (text string, actions []string) {
	t.Helper()
	err := trail.Each(t.Context(), s.store, time.Time{}, func(l trail.Line) error {
		b, err := json.Marshal(l)
		text += string(b) + "\n"
		actions = append(actions, string(l.What))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text, actions
}

func (s *site) page(t *testing.T) string {
	t.Helper()
	answer, err := http.Get("http://" + s.Metrics() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (s *site) post(t *testing.T, path string, body any) *http.Response {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(s.Local()+path, "application/json", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

// A consultation from sign-in to its end: each kind of record has its own, none has a
// name, a mail address, a token, an id or an IP address (threat 25).
func TestThreeKindsOfRecord(t *testing.T) {
	const password, nobody = "canary horse battery", "canary.nobody@x.example"
	sealed := sealing(t)
	s := start(t, sealed.cfg)
	a := s.clinician(t)
	hash, err := access.HashPassword(password)
	if err == nil {
		err = s.store.SetPassword(t.Context(), a.Email, hash)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.post(t, "/api/v1/session", wire.SignIn{Email: a.Email, Password: password})
	s.post(t, "/api/v1/session", wire.SignIn{Email: a.Email, Password: "canary of the wrong"})
	s.post(t, "/api/v1/session", wire.SignIn{Email: nobody, Password: password})
	s.post(t, "/api/v1/link", wire.LinkCode{Code: "canarycanarycanary22"})
	id, code := s.book(t, a)
	s.post(t, "/api/v1/join", wire.LinkCode{Code: code})
	mine, err := s.access.ClinicianPass(t.Context(), a, id)
	doctor := s.enter(t, mine, err, nil)
	theirs, err := s.access.Join(t.Context(), code, "s")
	patient := s.enter(t, theirs, err, nil)
	var selves [2]wire.Welcome
	for i, g := range []*guest{doctor, patient} {
		eventually(t, "a welcome", func() (ok bool) { selves[i], ok = heard[wire.Welcome](g); return ok })
	}
	doctor.gets(t, selves[1].Self)
	patient.gets(t, selves[0].Self)
	for _, g := range []*guest{doctor, patient} {
		offer, _ := heard[wire.Offer](g)
		g.send(wire.Up{Gen: offer.Gen})
		eventually(t, "settled", func() bool { _, ok := heard[wire.Settle](g); return ok })
	}
	doctor.send(wire.Leave{End: true})
	<-patient.done
	page := s.page(t)
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	again := start(t, s.cfg) // where the records are read
	billing, outages := sealed.open(t, again, journal.Billing), sealed.open(t, again, journal.Outages)
	if strings.Count(billing, "\n") != 2 || !strings.Contains(billing, `"call_began"`) || !strings.Contains(billing, `"call_ended"`) || !strings.Contains(billing, `"minutes":1`) {
		t.Errorf("billing: %s", billing)
	}
	if strings.Count(outages, "\n") < 3 || !strings.Contains(outages, `"server_started"`) || !strings.Contains(outages, `"call_connected","route":"sfu"`) || !strings.Contains(outages, `"server_stopped"`) {
		t.Errorf("outages: %s", outages)
	}
	if strings.Contains(outages, `"account"`) || strings.Contains(outages, `"minutes"`) {
		t.Errorf("outages tell of accounts: %s", outages)
	}
	text, actions := again.trail(t)
	for _, want := range []string{"sign_in", "sign_in_failed", "link_refused", "link_opened", "joined", "admitted", "session_ended", "left", "journal_opened"} {
		if !slices.Contains(actions, want) {
			t.Errorf("the trail lacks %s: %s", want, text)
		}
	}
	if v, err := trail.Verify(t.Context(), again.store); err != nil || v.Damage != "" {
		t.Errorf("%+v %v", v, err)
	}
	if !strings.Contains(page, `ekermed_calls_ended_total{route="sfu"} 0`) || !strings.Contains(page, "ekermed_call_minutes_count 0") {
		t.Errorf("one call shows: %s", page)
	}
	files := ""
	for _, dir := range []string{filepath.Join(s.cfg.Server.Data, "journal"), s.cfg.Vault()} {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			files += path[len(dir):] + string(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, canary := range []string{
		email, "anne", "Anne", "yann", "Yann", nobody, "x.example", password, "canary", session, code, id, a.ID + `"`, mine.Pass, theirs.Pass,
		selves[0].Self, selves[1].Self, selves[0].Room, selves[0].Resume, selves[1].Resume, "127.0.0.1",
	} {
		for sink, text := range map[string]string{"journal": billing + outages + files, "trail": text, "metrics": page + again.page(t), "log": s.log.String()} {
			if sink == "log" && (canary == selves[0].Self || canary == selves[1].Self || canary == selves[0].Room) {
				continue // random ids of the session, for support
			}
			if canary == "" || strings.Contains(text, canary) {
				t.Errorf("%s holds %q", sink, canary)
			}
		}
	}
}

// The vault, keys and number of readers are checked at the start, by check too; and
// without readers both say so.
func TestJournalAtTheStart(t *testing.T) {
	sealed := sealing(t)
	if r := states(t, sealed.cfg)["journal"]; r.State != Passed || !strings.Contains(r.Detail, sealed.cfg.Vault()) {
		t.Errorf("%+v", r)
	}
	if err := os.Chmod(sealed.cfg.Vault(), 0o755); err != nil {
		t.Fatal(err)
	}
	if r := states(t, sealed.cfg)["journal"]; r.State != Failed || !strings.Contains(r.Detail, "chmod 0700") {
		t.Errorf("%+v", r)
	}
	_, err := New(t.Context(), sealed.cfg, discard())
	says(t, err, "journal.vault", "chmod 0700")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(sealed.cfg.Server.Data, link); err != nil {
		t.Fatal(err)
	}
	sealed.cfg.Journal.Vault = filepath.Join(link, "vault")
	_, err = New(t.Context(), sealed.cfg, discard())
	says(t, err, "journal.vault", "server.data", "backup")
	off := development(t)
	if r := states(t, off)["journal"]; r.State != Skipped || !strings.Contains(r.Detail, "journal.recipients is empty") {
		t.Errorf("%+v", r)
	}
	s := start(t, off)
	eventually(t, "it is said", func() bool {
		return strings.Contains(s.log.String(), "the journal is off: journal.recipients is empty")
	})
}

// A call alone does not show, nor do four; of five nobody is picked out.
func TestFigures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFigures()
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(f)
		page := func() string {
			rw := httptest.NewRecorder()
			promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(rw, httptest.NewRequest("GET", "/metrics", nil))
			return rw.Body.String()
		}
		empty := page()
		for i := range 4 {
			f.ended(journal.Relay, true, 12*time.Minute)
			f.ended(journal.Direct, false, 90*time.Minute)
			f.failed(journal.Direct)
			time.Sleep(time.Hour)
			if page() != empty {
				t.Fatalf("%d calls show", i+1)
			}
		}
		f.ended(journal.Relay, true, 14*time.Minute)
		f.ended(journal.Direct, false, 61*time.Minute)
		f.failed(journal.Direct)
		time.Sleep(time.Hour)
		const want = `# HELP ekermed_call_minutes Length of calls that ended; the sum counts each bucket's middle. In steps of five, each on the hour.
# TYPE ekermed_call_minutes histogram
ekermed_call_minutes_bucket{le="5"} 0
ekermed_call_minutes_bucket{le="15"} 5
ekermed_call_minutes_bucket{le="30"} 5
ekermed_call_minutes_bucket{le="60"} 5
ekermed_call_minutes_bucket{le="+Inf"} 10
ekermed_call_minutes_sum 350
ekermed_call_minutes_count 10
# HELP ekermed_call_setup_failures_total Ways for media that did not come about. In steps of five, each on the hour.
# TYPE ekermed_call_setup_failures_total counter
ekermed_call_setup_failures_total{route="direct"} 5
ekermed_call_setup_failures_total{route="relay"} 0
ekermed_call_setup_failures_total{route="sfu"} 0
# HELP ekermed_calls_ended_total Calls that ended, by the way of their media. In steps of five, each on the hour.
# TYPE ekermed_calls_ended_total counter
ekermed_calls_ended_total{route="audio"} 5
ekermed_calls_ended_total{route="direct"} 0
ekermed_calls_ended_total{route="relay"} 5
ekermed_calls_ended_total{route="sfu"} 0
`
		if got := page(); got != want {
			t.Errorf("the page says\n%s", got)
		}
	})
}

// TURN that answers is well; TURN that is gone is told once, and so is its return.
func TestOutages(t *testing.T) {
	sealed := sealing(t)
	s := start(t, sealed.cfg)
	if err := s.answers(t.Context()); err != nil {
		t.Errorf("the relay is there: %v", err)
	}
	if err := s.relay.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	gone := s.answers(ctx)
	if gone == nil {
		t.Error("a relay that is gone answers")
	}
	for _, err := range []error{nil, gone, gone, nil, nil} {
		s.records.state(journal.TURN, err)
	}
	s.records.state(journal.SFU, errors.New("no port is free"))
	if page := s.page(t); !strings.Contains(page, "ekermed_outage_turn 0\n") || !strings.Contains(page, "ekermed_outage_sfu 1\n") {
		t.Errorf("%s", page)
	}
	if err := s.stop(); err != nil {
		t.Log(err) // TURN was closed already
	}
	again := start(t, s.cfg)
	text := sealed.open(t, again, journal.Outages)
	for event, n := range map[string]int{`"outage_began","part":"turn"`: 1, `"outage_over","part":"turn"`: 1, `"outage_began","part":"sfu"`: 1, `"outage_over","part":"sfu"`: 0} {
		if strings.Count(text, event) != n {
			t.Errorf("%s is told %d times, want %d: %s", event, strings.Count(text, event), n, text)
		}
	}
}

// Which way a call took.
func TestRoutes(t *testing.T) {
	for _, tt := range []struct {
		carried   int64
		relayOnly bool
		server    bool
		want      journal.Route
	}{
		{0, false, false, journal.Direct}, {relayedLeast - 1, false, false, journal.Direct}, {relayedLeast, false, false, journal.Relay},
		{0, true, false, journal.Relay}, {relayedLeast, false, true, journal.Server}, {0, true, true, journal.Server},
	} {
		r := &records{relayOnly: tt.relayOnly, carried: func(peer string) int64 {
			if peer == "b" {
				return tt.carried
			}
			return 0
		}}
		if got := r.route(room.Call{Server: tt.server, People: []string{"a", "b"}}); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
	if got := (&records{}).route(room.Call{People: []string{"a"}}); got != journal.Direct {
		t.Errorf("without TURN: %s", got)
	}
}

// Every reason for leaving is one that the trail takes.
func TestEveryDoorIsRecorded(t *testing.T) {
	s := start(t, development(t))
	want := map[string]string{}
	for why, line := range map[wire.Reason]string{
		wire.ReasonLeft: "left ok", wire.ReasonLost: "left lost", wire.ReasonRefused: "refused refused", wire.ReasonEnded: "left ended", wire.ReasonReplaced: "left replaced",
		wire.ReasonSlow: "left slow", wire.ReasonShutdown: "left shutdown", wire.ReasonCancelled: "removed cancelled",
	} {
		s.records.Door(room.Door{Act: room.Went, Appointment: string(why), Person: "p", Role: wire.RolePatient, Owner: "o", Why: why})
		want[s.records.names.Of("room", string(why)).String()] = line
	}
	for _, refused := range []wire.Code{wire.CodeUnknownLink, wire.CodeEarly, wire.CodeExpired, wire.CodeCancelled} {
		s.records.access(access.Event{Act: access.ActLink, Appointment: string(refused), Refused: refused})
		want[s.records.names.Of("room", string(refused)).String()] = "link_refused " + string(refused)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	again := start(t, s.cfg)
	text, _ := again.trail(t)
	for alias, line := range want {
		what, result, _ := strings.Cut(line, " ")
		if !strings.Contains(text, fmt.Sprintf(`"room":"%s","result":"%s"`, alias, result)) || !strings.Contains(text, `"what":"`+what+`"`) {
			t.Errorf("the trail lacks %q: %s", line, text)
		}
	}
}
