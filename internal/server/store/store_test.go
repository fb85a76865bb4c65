package store

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func fill(t *testing.T, s *Store) {
	t.Helper()
	ctx := context.Background()
	if err := s.AddAccount(ctx, Account{ID: "c1", Email: "anne@h.example", Name: "Dr Anne", Role: "clinician", Password: "x", Created: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddAppointment(ctx, Appointment{ID: "a1", Account: "c1", PatientEmail: "p@x.example", Start: time.Unix(1000, 0), Minutes: 30, Language: "fr", Status: "planned", Link: []byte("hash"), Created: time.Now()}); err != nil {
		t.Fatal(err)
	}
}

func TestAccountsAndSessions(t *testing.T) {
	s, ctx := open(t), t.Context()
	fill(t, s)
	if err := s.AddAccount(ctx, Account{ID: "c2", Email: "ANNE@h.example", Name: "n", Role: "clinician"}); !errors.Is(err, ErrExists) {
		t.Errorf("the same address again: %v", err)
	}
	if _, err := s.AccountByEmail(ctx, "none@h.example"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown address: %v", err)
	}
	now := time.Now()
	if err := s.AddSession(ctx, []byte("tok"), "c1", now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Session(ctx, []byte("tok"), now); err != nil || a.Name != "Dr Anne" {
		t.Errorf("%+v %v", a, err)
	}
	if _, err := s.Session(ctx, []byte("tok"), now.Add(2*time.Hour)); !errors.Is(err, ErrNotFound) {
		t.Errorf("an expired session: %v", err)
	}
	if err := s.DisableAccount(ctx, "anne@h.example"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Session(ctx, []byte("tok"), now); !errors.Is(err, ErrNotFound) {
		t.Errorf("a disabled account's session: %v", err)
	}
	if _, _, err := s.LinkByCode(ctx, []byte("hash")); !errors.Is(err, ErrNotFound) {
		t.Errorf("a disabled account's link: %v", err)
	}
}

func TestAPassWorksOnce(t *testing.T) {
	s, ctx := open(t), t.Context()
	fill(t, s)
	now := time.Now()
	if err := s.AddPass(ctx, []byte("p"), Pass{Appointment: "a1", Person: "x", Role: "patient", Expires: now.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if p, err := s.UsePass(ctx, []byte("p"), now); err != nil || p.Person != "x" {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := s.UsePass(ctx, []byte("p"), now); !errors.Is(err, ErrNotFound) {
		t.Errorf("used again: %v", err)
	}
	if err := s.AddPass(ctx, []byte("late"), Pass{Appointment: "a1", Person: "x", Role: "patient", Expires: now.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UsePass(ctx, []byte("late"), now.Add(2*time.Minute)); !errors.Is(err, ErrNotFound) {
		t.Errorf("expired: %v", err)
	}
}

// TestHelperWrites is run by TestSurvivesKill in a process of its own.
func TestHelperWrites(t *testing.T) {
	dir := os.Getenv("STORE_KILL_DIR")
	if dir == "" {
		return
	}
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s)
	if err := os.WriteFile(filepath.Join(dir, "written"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	select {} // until killed
}

func TestSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=TestHelperWrites")
	child.Env = append(os.Environ(), "STORE_KILL_DIR="+dir)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if _, err := os.Stat(filepath.Join(dir, "written")); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if a, err := s.Appointment(t.Context(), "a1"); err != nil || a.Clinician != "Dr Anne" {
		t.Errorf("after the kill: %+v %v", a, err)
	}
}

func TestAFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), filepath.Join(file, "d")); err == nil {
		t.Error("opened below a file")
	}
}
