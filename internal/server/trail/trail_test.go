package trail

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"ekermed.example/ekermed/internal/server/alias"
	"ekermed.example/ekermed/internal/server/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T) (*store.Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, dir
}

func record(what Action) Record {
	return Record{What: what, Who: alias.Alias{1}, Room: alias.Alias{2}, Result: OK}
}

func lines(t *testing.T, k Keeper) []Line {
	t.Helper()
	var list []Line
	if err := Each(t.Context(), k, time.Time{}, func(l Line) error { list = append(list, l); return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

func verified(t *testing.T, k Keeper) Verified {
	t.Helper()
	v, err := Verify(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTrail(t *testing.T) {
	s, _ := open(t)
	if v := verified(t, s); v.First != 1 || v.Last != 0 || v.Damage != "" {
		t.Errorf("an empty trail: %+v", v)
	}
	tr := New(s, 12, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- tr.Run(ctx) }()
	for range 200 {
		tr.Note(record(Joined))
	}
	if err := tr.Append(t.Context(), record(JournalOpened)); err != nil { // another process
		t.Error(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	list := lines(t, s)
	joined := 0
	for i, l := range list {
		if l.Seq != int64(i+1) || l.Who != (alias.Alias{1}).String() || l.Room != (alias.Alias{2}).String() || l.Whom != "" || l.Result != OK {
			t.Fatalf("%+v", l)
		}
		if l.What == Joined {
			joined++
		}
	}
	if joined != 200 || len(list) != 201 {
		t.Errorf("%d lines, %d joined", len(list), joined)
	}
	if v := verified(t, s); v.First != 1 || v.Last != 201 || v.Damage != "" || len(v.Head) != 64 {
		t.Errorf("%+v", v)
	}
	var none *Trail
	none.Note(record(Joined))
}

// Only what is on the lists gets in.
func TestClosedLists(t *testing.T) {
	s, _ := open(t)
	var log bytes.Buffer
	tr := New(s, 12, slog.New(slog.NewTextHandler(&log, nil)))
	for _, bad := range []Record{{What: "prescribed", Result: OK}, {What: Joined, Result: "has the flu"}, {What: Joined}, {Result: OK}, {What: "yann@x.example", Result: OK}} {
		if err := tr.Append(t.Context(), bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
		tr.Note(bad)
	}
	if len(tr.queue) != 0 || len(lines(t, s)) != 0 {
		t.Error("a record that is not on the lists was kept")
	}
	if !strings.Contains(log.String(), "not one that the access trail takes") {
		t.Errorf("the log says %q", log.String())
	}
}

// Whatever is changed in the database is found.
func TestTampering(t *testing.T) {
	for _, tt := range []struct{ change, want string }{
		{`UPDATE trail SET who = 'aaaaaaaaaaaaaaaa' WHERE seq = 4`, "record 4 "},
		{`UPDATE trail SET result = 'refused' WHERE seq = 1`, "record 1 "},
		{`UPDATE trail SET at = at - 1 WHERE seq = 7`, "record 7 "},
		{`UPDATE trail SET count = 3 WHERE seq = 2`, "record 2 "},
		{`UPDATE trail SET hash = x'00' WHERE seq = 5`, "record 5 "},
		{`DELETE FROM trail WHERE seq = 6`, "record 6 of the access trail is missing"},
		{`DELETE FROM trail WHERE seq < 3`, "record 1 of the access trail is missing"},
		{`UPDATE trail SET who = room, room = who WHERE seq = 8`, "record 8 "},
		{`UPDATE trail SET what = who, who = what WHERE seq = 9`, "record 9 "},
		{`INSERT INTO trail SELECT 12, at, what, who, whom, room, result, count, hash FROM trail WHERE seq = 10`, "record 11 of the access trail is missing"},
	} {
		s, dir := open(t)
		tr := New(s, 12, slog.New(slog.DiscardHandler))
		for range 10 {
			if err := tr.Append(t.Context(), record(Admitted)); err != nil {
				t.Fatal(err)
			}
		}
		db, err := sql.Open("sqlite", filepath.Join(dir, "ekermed.db"))
		if err == nil {
			_, err = db.Exec(tt.change)
			err = errors.Join(err, db.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		if v := verified(t, s); !strings.HasPrefix(v.Damage, tt.want) {
			t.Errorf("%s: %q", tt.change, v.Damage)
		}
	}
}

// What is too old goes, and the rest can still be verified, again and again.
func TestPruning(t *testing.T) {
	s, _ := open(t)
	tr := New(s, 6, slog.New(slog.DiscardHandler))
	now := time.Now()
	for _, months := range []int{-13, -7, -6, -5, 0, -8} { // a clock that went back hides nothing
		if err := tr.append(t.Context(), []timed{{record(Left), now.AddDate(0, months, -1)}}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		tr.prune()
		if v := verified(t, s); v.First != 4 || v.Last != 6 || v.Damage != "" {
			t.Errorf("%+v", v)
		}
	}
	if _, err := s.PruneTrail(t.Context(), now.AddDate(1, 0, 0)); err != nil {
		t.Error(err)
	}
	if v := verified(t, s); v.First != 7 || v.Last != 6 || v.Damage != "" {
		t.Errorf("after all went: %+v", v)
	}
	if err := tr.Append(t.Context(), record(Joined)); err != nil {
		t.Error(err)
	}
	if v := verified(t, s); v.First != 7 || v.Last != 7 || v.Damage != "" {
		t.Errorf("and goes on: %+v", v)
	}
}

// full is a Keeper whose disk may be full.
type full struct {
	mu   sync.Mutex
	rows []store.TrailRow
	err  error
}

func (f *full) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *full) AppendTrail(_ context.Context, follow func(store.TrailRow) []store.TrailRow) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	var last store.TrailRow
	if len(f.rows) > 0 {
		last = f.rows[len(f.rows)-1]
	}
	f.rows = append(f.rows, follow(last)...)
	return nil
}

func (f *full) EachTrail(context.Context, func(store.TrailRow) error) error { return nil }
func (f *full) PruneTrail(context.Context, time.Time) (int64, error)        { return 0, nil }

// What the disk or the queue could not take is counted, and the count recorded. Nobody
// waits.
func TestLosses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := &full{}
		tr := New(f, 12, slog.New(slog.NewTextHandler(&log, nil)))
		for range queued + 9 { // nobody writes yet
			tr.Note(record(Joined))
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- tr.Run(ctx) }()
		synctest.Wait()
		lost := func() (records int, n int64) {
			f.mu.Lock()
			defer f.mu.Unlock()
			for _, r := range f.rows {
				if r.What == string(RecordsLost) {
					records++
					n += r.Count
				}
			}
			return
		}
		if _, n := lost(); n != 9 || len(f.rows) < queued+1 {
			t.Errorf("%d rows, %d lost", len(f.rows), n)
		}
		f.set(errors.New("the disk is full"))
		for range 5 {
			tr.Note(record(Left))
			synctest.Wait()
		}
		f.set(nil)
		time.Sleep(2 * time.Minute) // without any further record
		synctest.Wait()
		if _, n := lost(); n != 9+5 {
			t.Errorf("%d lost", n)
		}
		for range refusals + 50 { // somebody guesses
			tr.Note(Record{What: LinkRefused, Result: "unknown_link"})
			if len(tr.queue) > queued/2 {
				synctest.Wait()
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, n := lost(); n != 9+5+50 {
			t.Errorf("%d lost", n)
		}
		if strings.Count(log.String(), "cannot be written") != 1 || !strings.Contains(log.String(), "written again") {
			t.Errorf("the log says %s", log.String())
		}
	})
}
