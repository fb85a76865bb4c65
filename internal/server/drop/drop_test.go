package drop

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	anne = Owner{"r1", "anne"}
	yann = Owner{"r1", "yann"}
	far  = Owner{"r2", "far"}
)

func limits() Limits { return Limits{File: 100, Person: 250, Room: 400, All: 500, Life: time.Hour} }

func open(t *testing.T, l Limits) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "files"), l, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func create(t *testing.T, s *Store, who Owner, size int64) string {
	t.Helper()
	id, err := s.Create(who, size)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func get(t *testing.T, s *Store, who Owner, id string, from, n int64) string {
	t.Helper()
	p, err := s.Read(t.Context(), who, id, from, n)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	b, err := io.ReadAll(p)
	if err != nil || int64(len(b)) != p.Length || p.From != from {
		t.Errorf("%d bytes of %+v, %v", len(b), p, err)
	}
	return string(b)
}

// Pieces are added where the blob ends and nowhere else, and read while it grows.
func TestPieces(t *testing.T) {
	s := open(t, limits())
	id := create(t, s, anne, 10)
	put := func(offset int64, text string, n int64, r io.Reader) (Status, error) {
		if r == nil {
			r = strings.NewReader(text)
		}
		return s.Append(anne, id, offset, n, r)
	}
	if st, err := put(0, "abc", 3, nil); err != nil || st != (Status{10, 3}) {
		t.Fatalf("%+v %v", st, err)
	}
	for _, tt := range []struct {
		offset, n int64
		want      error
	}{{0, 3, ErrOffset}, {4, 3, ErrOffset}, {3, 8, ErrOffset}, {3, -1, ErrOffset}, {-1, 3, ErrOffset}} {
		if st, err := put(tt.offset, "xxxxxxxxxx", tt.n, nil); !errors.Is(err, tt.want) || st.Have != 3 {
			t.Errorf("%+v: %+v %v", tt, st, err)
		}
	}
	// What arrived before a line broke stays.
	broken := errors.New("broken")
	if st, err := put(3, "", 5, io.MultiReader(strings.NewReader("de"), iotest.ErrReader(broken))); !errors.Is(err, broken) || !errors.Is(err, ErrCut) || st.Have != 5 {
		t.Errorf("%+v %v", st, err)
	}
	if got := get(t, s, yann, id, 1, 100); got != "bcde" {
		t.Errorf("read %q", got)
	}
	if st, err := put(5, "fghijkl", 5, nil); err != nil || st.Have != 10 {
		t.Errorf("%+v %v", st, err)
	}
	if got := get(t, s, yann, id, 2, 3); got != "cde" {
		t.Errorf("read %q", got)
	}
	if got := get(t, s, yann, id, 0, 100); got != "abcdefghij" {
		t.Errorf("read %q", got)
	}
	if _, err := s.Read(t.Context(), yann, id, 10, 1); !errors.Is(err, ErrOffset) {
		t.Errorf("after the end: %v", err)
	}
}

// Another room, another person, another id.
func TestStrangers(t *testing.T) {
	s := open(t, limits())
	id := create(t, s, anne, 10)
	if _, err := s.Append(yann, id, 0, 1, strings.NewReader("x")); !errors.Is(err, ErrNotFound) {
		t.Errorf("somebody else adds: %v", err)
	}
	if err := s.Remove(yann, id); !errors.Is(err, ErrNotFound) {
		t.Errorf("somebody else removes: %v", err)
	}
	for _, tt := range []struct {
		who Owner
		id  string
	}{{far, id}, {yann, "none"}, {yann, "../" + id}} {
		if _, err := s.Read(t.Context(), tt.who, tt.id, 0, 1); !errors.Is(err, ErrNotFound) {
			t.Errorf("%+v reads: %v", tt, err)
		}
		if _, err := s.Stat(tt.who.Room, tt.id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%+v looks: %v", tt, err)
		}
	}
	if err := s.Remove(anne, id); err != nil {
		t.Error(err)
	}
	if _, err := s.Stat("r1", id); !errors.Is(err, ErrNotFound) {
		t.Errorf("after removing: %v", err)
	}
}

// Sizes count from the moment they are declared, and no longer once a blob is gone.
func TestQuotas(t *testing.T) {
	s := open(t, limits())
	for _, size := range []int64{0, -1, 101, 10_000_000_000} {
		if _, err := s.Create(anne, size); !errors.Is(err, ErrSize) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	first := create(t, s, anne, 100)
	create(t, s, anne, 100)
	if _, err := s.Create(anne, 51); !errors.Is(err, ErrQuota) {
		t.Errorf("over a person's: %v", err)
	}
	create(t, s, yann, 100)
	create(t, s, Owner{"r1", "k"}, 100)
	if _, err := s.Create(yann, 1); !errors.Is(err, ErrQuota) {
		t.Errorf("over a room's: %v", err)
	}
	create(t, s, far, 100)
	if _, err := s.Create(Owner{"r3", "x"}, 1); !errors.Is(err, ErrQuota) {
		t.Errorf("over all: %v", err)
	}
	if err := s.Remove(anne, first); err != nil {
		t.Fatal(err)
	}
	create(t, s, Owner{"r3", "x"}, 100)

	many := open(t, Limits{File: 1, Person: 1000, Room: 1000, All: 1000, Life: time.Hour})
	for range blobsPerPerson {
		create(t, many, anne, 1)
	}
	if _, err := many.Create(anne, 1); !errors.Is(err, ErrQuota) {
		t.Errorf("too many: %v", err)
	}
}

// The call is over, somebody left, a blob is too old: nothing of it is known at once, and
// soon nothing is on the disk. What somebody else owns, or was whole, stays.
func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, limits())
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = s.Run(ctx) })
		whole, half, other, away := create(t, s, anne, 3), create(t, s, anne, 3), create(t, s, yann, 3), create(t, s, far, 3)
		for id, who := range map[string]Owner{whole: anne, other: yann, away: far} {
			if _, err := s.Append(who, id, 0, 3, strings.NewReader("abc")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Append(anne, half, 0, 1, strings.NewReader("a")); err != nil {
			t.Fatal(err)
		}
		there := func(want ...string) {
			t.Helper()
			synctest.Wait()
			list, err := os.ReadDir(s.dir)
			if err != nil || len(list) != len(want) {
				t.Errorf("%d files on the disk, want %d, %v", len(list), len(want), err)
			}
			for _, id := range want {
				if _, err := os.Stat(filepath.Join(s.dir, id)); err != nil {
					t.Error(err)
				}
			}
		}
		s.Left("r1", "anne")
		there(whole, other, away)
		s.Over("r1")
		there(away)
		if _, err := s.Stat("r1", whole); !errors.Is(err, ErrNotFound) {
			t.Errorf("after the call: %v", err)
		}
		empty := create(t, s, far, 3)
		time.Sleep(emptyLife + 2*sweepEvery)
		there(away)
		if _, err := s.Append(far, empty, 0, 1, strings.NewReader("a")); !errors.Is(err, ErrNotFound) {
			t.Errorf("one that was never begun: %v", err)
		}
		time.Sleep(time.Hour)
		there()
		cancel()
		running.Wait()
	})
}

// Who waits for a blob to grow is told when it does, when it goes, and when the time is up.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, limits())
		id := create(t, s, anne, 3)
		answers := make(chan string, 1)
		wait := func(ctx context.Context, from int64) {
			go func() {
				p, err := s.Read(ctx, yann, id, from, 10)
				if err != nil {
					answers <- err.Error()
					return
				}
				defer p.Close()
				if p.Length == 0 {
					answers <- "nothing yet"
					return
				}
				b, _ := io.ReadAll(p) // shorter, and told so, when it fails
				answers <- string(b)
			}()
			synctest.Wait()
		}
		wait(t.Context(), 0)
		if _, err := s.Append(anne, id, 0, 1, strings.NewReader("a")); err != nil {
			t.Fatal(err)
		}
		if got := <-answers; got != "a" {
			t.Errorf("answered %q", got)
		}
		limited, cancel := context.WithTimeout(t.Context(), time.Second)
		wait(limited, 1)
		if got := <-answers; got != "nothing yet" {
			t.Errorf("answered %q", got)
		}
		cancel()
		wait(t.Context(), 1)
		s.Over("r1")
		if got := <-answers; got != ErrNotFound.Error() {
			t.Errorf("answered %q", got)
		}
	})
}

// A piece whose line is dead does not keep the next one out, and adds nothing after it.
func TestANewerPieceTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, limits())
		id := create(t, s, anne, 6)
		r, w := io.Pipe()
		old := make(chan error, 1)
		go func() {
			_, err := s.Append(anne, id, 0, 6, r)
			old <- err
		}()
		if _, err := w.Write([]byte("ab")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if st, err := s.Append(anne, id, 2, 4, strings.NewReader("cdef")); err != nil || st.Have != 6 {
			t.Fatalf("%+v %v", st, err)
		}
		if _, err := w.Write([]byte("XX")); err != nil {
			t.Fatal(err)
		}
		if err := <-old; !errors.Is(err, ErrTaken) {
			t.Errorf("the old one: %v", err)
		}
		if got := get(t, s, yann, id, 0, 10); got != "abcdef" {
			t.Errorf("read %q", got)
		}
	})
}

// One person has so many pieces under way and no more; it is theirs alone.
func TestPiecesAtOnce(t *testing.T) {
	s := open(t, limits())
	id := create(t, s, anne, 3)
	if _, err := s.Append(anne, id, 0, 3, strings.NewReader("abc")); err != nil {
		t.Fatal(err)
	}
	var held []*Piece
	for range piecesPerPerson {
		p, err := s.Read(t.Context(), yann, id, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, p)
	}
	if _, err := s.Read(t.Context(), yann, id, 0, 1); !errors.Is(err, ErrBusy) {
		t.Errorf("one more: %v", err)
	}
	get(t, s, anne, id, 0, 1)
	for _, p := range held {
		p.Close()
	}
	get(t, s, yann, id, 0, 1)
	if len(s.pieces) != 0 {
		t.Errorf("counted still: %v", s.pieces)
	}
}

// A start removes what an earlier run left, and a stop what there is. Files are for nobody
// else to read.
func TestNothingOutlivesTheProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "left"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir, limits(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	id := create(t, s, anne, 3)
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 || list[0].Name() != id {
		t.Fatalf("%v %v", list, err)
	}
	if info, err := list[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the stop: %v", err)
	}
	if _, err := s.Create(anne, 3); !errors.Is(err, ErrQuota) {
		t.Errorf("after the stop: %v", err)
	}
}

// Many at once, in no order: bytes are where they belong.
func TestManyAtOnce(t *testing.T) {
	s := open(t, Limits{File: 1 << 20, Person: 1 << 30, Room: 1 << 30, All: 1 << 30, Life: time.Hour})
	var all sync.WaitGroup
	for n := range 8 {
		who := Owner{"r1", string(rune('a' + n))}
		all.Go(func() {
			want := bytes.Repeat([]byte{byte(n), 7}, 100_000)
			id, err := s.Create(who, int64(len(want)))
			if err != nil {
				t.Error(err)
				return
			}
			for at := 0; at < len(want); at += 12_345 {
				part := want[at:min(at+12_345, len(want))]
				if _, err := s.Append(who, id, int64(at), int64(len(part)), bytes.NewReader(part)); err != nil {
					t.Error(err)
				}
			}
			p, err := s.Read(t.Context(), who, id, 0, 1<<20)
			if err != nil {
				t.Error(err)
				return
			}
			defer p.Close()
			if got, err := io.ReadAll(p); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	all.Wait()
}
