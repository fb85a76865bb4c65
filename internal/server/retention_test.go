package server

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/store"
)

// What is too old goes, what is not stays.
func TestRetention(t *testing.T) {
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Now()
	if err := s.AddAccount(t.Context(), store.Account{ID: "c", Email: "anne@h.example", Role: "clinician", Created: now}); err != nil {
		t.Fatal(err)
	}
	for id, start := range map[string]time.Time{"old": now.Add(-26 * time.Hour), "recent": now.Add(-24*time.Hour - 10*time.Minute), "coming": now.Add(time.Hour)} {
		if err := s.AddAppointment(t.Context(), store.Appointment{ID: id, Account: "c", PatientEmail: id + "@x.example", Start: start, Minutes: 30, Status: "planned", Link: []byte(id)}); err != nil {
			t.Fatal(err)
		}
	}
	for token, expires := range map[string]time.Time{"lapsed": now.Add(-time.Hour), "good": now.Add(time.Hour)} {
		if err := s.AddSession(t.Context(), []byte(token), "c", expires); err != nil {
			t.Fatal(err)
		}
	}
	data := t.TempDir()
	outbox := filepath.Join(data, "outbox")
	if err := os.Mkdir(outbox, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{"old.eml": 3 * time.Hour, "new.eml": time.Hour} {
		path := filepath.Join(outbox, name)
		if err := os.WriteFile(path, []byte("To: p@x.example\r\n\r\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	cfg := config.Default()
	cfg.Server.Data = data
	cfg.Retention = config.Retention{Appointments: config.Duration(24 * time.Hour), Outbox: config.Duration(2 * time.Hour)}
	a := &App{cfg: cfg, store: s, log: discard()}
	if err := a.purge(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	for id, stays := range map[string]bool{"old": false, "recent": true, "coming": true} {
		if _, err := s.Appointment(t.Context(), id); (err == nil) != stays {
			t.Errorf("appointment %s: %v", id, err)
		}
	}
	if _, err := s.Session(t.Context(), []byte("good"), now); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(outbox)
	if err != nil || len(left) != 1 || left[0].Name() != "new.eml" {
		t.Errorf("mails %v %v", left, err)
	}
}
