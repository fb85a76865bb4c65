package store

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// A database of before links had a table of their own keeps its links and its sessions.
func TestOldDatabasesKeepTheirLinks(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "ekermed.db"))
	if err != nil {
		t.Fatal(err)
	}
	run := func(text string) {
		t.Helper()
		if _, err := db.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"0001-start.sql", "0002-trail.sql"} {
		text, err := migrations.ReadFile("migrations/" + name)
		if err != nil {
			t.Fatal(err)
		}
		run(string(text))
	}
	run(`CREATE TABLE schema_version(version INTEGER PRIMARY KEY); INSERT INTO schema_version VALUES (1), (2);
		INSERT INTO accounts VALUES ('c1', 'anne@h.example', 'Dr Anne', 'clinician', 'x', 0, 1);
		INSERT INTO sessions VALUES (x'aa', 'c1', 4000000000);
		INSERT INTO appointments VALUES ('a1', 'c1', 'p@x.example', 'Yann', 1000, 30, 'fr', 'planned', x'bb', 1);`)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l, a, err := s.LinkByCode(ctx, []byte{0xbb})
	if err != nil || l.Role != "patient" || l.Name != "Yann" || a.ID != "a1" {
		t.Errorf("%+v %+v %v", l, a, err)
	}
	for want := range 2 {
		if _, before, err := s.UseLink(ctx, l.ID); err != nil || before != want {
			t.Errorf("used %d times before, want %d: %v", before, want, err)
		}
	}
	if session, err := s.Session(ctx, []byte{0xaa}, time.Unix(2000, 0)); err != nil || !session.Seen.IsZero() {
		t.Errorf("%+v %v", session, err)
	}
	if _, _, err := s.UseLink(ctx, "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown link: %v", err)
	}
}

func TestGuestsOfAnAppointment(t *testing.T) {
	s, ctx := open(t), t.Context()
	fill(t, s)
	guests := []Link{{ID: "g1", Role: "observer", Name: "Ana", Email: "ana@x.example", Code: []byte("1")}, {ID: "g2", Role: "interpreter", Name: "Ines", Email: "i@x.example", Relation: "Breton", Code: []byte("2")}}
	if err := s.AddAppointment(ctx, Appointment{ID: "a2", Account: "c1", PatientEmail: "p@x.example", Status: "planned", Link: []byte("3")}, guests...); err != nil {
		t.Fatal(err)
	}
	list, err := s.Guests(ctx, "a2")
	if err != nil || len(list) != 2 || list[0].Name != "Ana" || list[1].Relation != "Breton" {
		t.Errorf("%+v %v", list, err)
	}
	// All or nothing: a link that exists takes the appointment back.
	if err := s.AddAppointment(ctx, Appointment{ID: "a3", Account: "c1", Status: "planned", Link: []byte("4")}, guests[0]); !errors.Is(err, ErrExists) {
		t.Errorf("a code twice: %v", err)
	}
	if _, err := s.Appointment(ctx, "a3"); !errors.Is(err, ErrNotFound) {
		t.Errorf("half an appointment: %v", err)
	}
	if err := s.AddAppointment(ctx, Appointment{ID: "a4", Account: "c1", Status: "planned", Link: []byte("5")}, Link{ID: "g5", Role: "clinician", Code: []byte("6")}); err == nil {
		t.Error("a link for a clinician was kept")
	}
}

func TestFactors(t *testing.T) {
	s, ctx := open(t), t.Context()
	fill(t, s)
	if _, err := s.Factor(ctx, "c1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("none yet: %v", err)
	}
	for range 2 { // a second one replaces the first, its steps and its codes
		if err := s.SetFactor(ctx, Factor{Account: "c1", Secret: []byte("sealed"), Created: time.Unix(5, 0)}, [][]byte{[]byte("r1"), []byte("r2")}); err != nil {
			t.Fatal(err)
		}
		if err := s.UseStep(ctx, "c1", 7); err != nil {
			t.Errorf("step 7: %v", err)
		}
		for _, old := range []int64{7, 6} {
			if err := s.UseStep(ctx, "c1", old); !errors.Is(err, ErrNotFound) {
				t.Errorf("step %d again: %v", old, err)
			}
		}
		if err := s.UseRecovery(ctx, "c1", []byte("r1")); err != nil {
			t.Error(err)
		}
		if err := s.UseRecovery(ctx, "c1", []byte("r1")); !errors.Is(err, ErrNotFound) {
			t.Errorf("a recovery code twice: %v", err)
		}
	}
	if err := s.RemoveFactor(ctx, "c1"); err != nil {
		t.Error(err)
	}
	if err := s.UseRecovery(ctx, "c1", []byte("r2")); !errors.Is(err, ErrNotFound) {
		t.Errorf("a code of a factor that is gone: %v", err)
	}
}
