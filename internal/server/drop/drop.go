// Package drop keeps sealed files between their sender and those who fetch them, for the
// length of a call at most. What lies here is ciphertext under random names: the keys
// travel elsewhere, from person to person.
//
// A blob is made with its size, which counts against the quotas at once; it grows at its
// end, and can be read while it does. Nothing outlives the process.
package drop

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Errors that callers branch on.
var (
	ErrNotFound = errors.New("no such file, or no longer")
	ErrSize     = errors.New("the size is not one that is taken here")
	ErrQuota    = errors.New("too many files, or too much in them")
	ErrBusy     = errors.New("too many pieces at once")
	ErrFull     = errors.New("the disk is full")
	// ErrOffset: a piece that does not begin where the blob ends, or goes beyond its size.
	ErrOffset = errors.New("not where the file ends")
	// ErrCut: the piece broke off; it wraps the reader's own error.
	ErrCut = errors.New("the piece broke off")
	// ErrTaken: a newer piece for the same blob came in while this one did.
	ErrTaken = errors.New("a newer piece takes its place")
)

// Limits bound a Store. Sizes are in bytes, as sealed.
type Limits struct {
	// File is the largest blob; Person, Room and All what one person, one room and all
	// rooms together may have declared.
	File, Person, Room, All int64
	// Life is how long a blob is kept at most, whatever the rooms say.
	Life time.Duration
}

// How many there may be.
const (
	blobsPerPerson  = 64
	piecesPerPerson = 8 // under way at once: the page loads two files, each way
	sweepEvery      = time.Minute
	// emptyLife is how long a blob may stay empty: its maker may never have learnt its id.
	emptyLife = 2 * time.Minute
)

// Owner is who sends.
type Owner struct{ Room, Person string }

// Status is how far a blob is, in bytes.
type Status struct{ Size, Have int64 }

// Store keeps blobs in one folder.
type Store struct {
	dir    string
	limits Limits
	now    func() time.Time
	wake   chan struct{} // something is to be removed from the disk

	mu     sync.Mutex
	blobs  map[string]*blob
	pieces map[Owner]int
	dead   []string // paths
	closed bool
}

type blob struct {
	owner Owner
	path  string
	born  time.Time

	writing sync.Mutex // one write at a time; before Store.mu

	// Guarded by Store.mu.
	Status
	turn int           // of the newest Append
	gone bool          // removed
	grew chan struct{} // closed, and replaced, when it grew or went
}

// Open takes the folder over: it is made when it is not there, and emptied when it is.
func Open(dir string, limits Limits, now func() time.Time) (*Store, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("emptying the folder of files: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of files: %w", err)
	}
	return &Store{dir: dir, limits: limits, now: now, wake: make(chan struct{}, 1), blobs: map[string]*blob{}, pieces: map[Owner]int{}}, nil
}

// Run removes from the disk what is over, until ctx ends.
func (s *Store) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.wake:
		case <-tick.C:
			s.expire()
		case <-ctx.Done():
			return nil
		}
		if err := s.sweep(); err != nil {
			return err
		}
	}
}

// Close removes everything.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closed = true
	s.dropLocked(func(*blob) bool { return true })
	s.mu.Unlock()
	return os.RemoveAll(s.dir)
}

// Create makes an empty blob that will have size bytes.
func (s *Store) Create(owner Owner, size int64) (id string, err error) {
	if size <= 0 || size > s.limits.File {
		return "", ErrSize
	}
	b := make([]byte, 16)
	rand.Read(b)
	id = base64.RawURLEncoding.EncodeToString(b)
	made := &blob{owner: owner, path: filepath.Join(s.dir, id), born: s.now(), Status: Status{Size: size}, grew: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.fitsLocked(owner, size) {
		return "", ErrQuota
	}
	f, err := os.OpenFile(made.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", full(err)
	}
	s.blobs[id] = made
	return id, full(f.Close())
}

func (s *Store) fitsLocked(owner Owner, size int64) bool {
	count, person, room, all := 0, size, size, size
	for _, b := range s.blobs {
		all += b.Size
		if b.owner.Room != owner.Room {
			continue
		}
		room += b.Size
		if b.owner == owner {
			person += b.Size
			count++
		}
	}
	return count < blobsPerPerson && person <= s.limits.Person && room <= s.limits.Room && all <= s.limits.All
}

// Stat tells how far a blob of a room is.
func (s *Store) Stat(room, id string) (Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findLocked(room, id)
	if err != nil {
		return Status{}, err
	}
	return b.Status, nil
}

func (s *Store) findLocked(room, id string) (*blob, error) {
	b := s.blobs[id]
	if b == nil || b.owner.Room != room {
		return nil, ErrNotFound // also for somebody else's: that it exists is not told
	}
	return b, nil
}

// Remove takes a blob away that its owner no longer offers.
func (s *Store) Remove(owner Owner, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findLocked(owner.Room, id)
	if err != nil || b.owner != owner {
		return ErrNotFound
	}
	s.dropLocked(func(other *blob) bool { return other == b })
	return nil
}

// Left removes what a person who is gone had not sent whole.
func (s *Store) Left(room, person string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked(func(b *blob) bool { return b.owner == Owner{room, person} && b.Have < b.Size })
}

// Over removes what is of a room.
func (s *Store) Over(room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked(func(b *blob) bool { return b.owner.Room == room })
}

func (s *Store) expire() {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked(func(b *blob) bool {
		age := now.Sub(b.born)
		return age > s.limits.Life || b.Have == 0 && age > emptyLife
	})
}

// dropLocked makes blobs unknown at once; the disk follows, for rooms do not wait for it.
func (s *Store) dropLocked(which func(*blob) bool) {
	for id, b := range s.blobs {
		if !which(b) {
			continue
		}
		delete(s.blobs, id)
		b.gone = true
		close(b.grew)
		s.dead = append(s.dead, b.path)
	}
	if len(s.dead) > 0 {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// sweep removes from the disk what is dead. What cannot be removed is tried again.
func (s *Store) sweep() error {
	s.mu.Lock()
	dead := s.dead
	s.dead = nil
	s.mu.Unlock()
	var again []string
	for _, path := range dead {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			again = append(again, path)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = append(s.dead, again...)
	return nil
}

// begin counts a piece under way until end.
func (s *Store) begin(who Owner) (end func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pieces[who] >= piecesPerPerson {
		return nil, ErrBusy
	}
	s.pieces[who]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.pieces[who]--; s.pieces[who] == 0 {
			delete(s.pieces, who)
		}
	}, nil
}
