package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"filippo.io/age"
)

// folderName is the journal's in the data folder.
const folderName = "journal"

// queued is how many events may wait for the disk.
const queued = 1024

// Options configure a Journal.
type Options struct {
	// Data is the server's data folder; the stream lies in it. Vault is the folder of the
	// keys that are destroyed, apart from Data.
	Data, Vault string
	// Recipients are the age keys (age1…) of those who may open the journal: exactly three.
	// None turns the journal off; what it wrote before is destroyed in time all the same.
	Recipients []string
	// Shredded, when set, is told of each day whose key was destroyed.
	Shredded func(day string)
	Log      *slog.Logger
}

// Journal takes events from any goroutine and writes them in one. The nil Journal takes
// them too and does nothing.
type Journal struct {
	o     Options
	to    []age.Recipient
	queue chan Entry
	lost  atomic.Int64 // events for which the queue had no room

	// Run's own:
	w       *writer
	failing bool
	dropped int // events that could not be written since it began to fail
}

// Readers reads the keys of those who may open the journal.
func Readers(keys []string) ([]age.Recipient, error) {
	if len(keys) != 3 {
		return nil, fmt.Errorf("journal.recipients: %d instead of exactly 3 keys; name one for each person who may open the journal, or none to turn it off", len(keys))
	}
	var list []age.Recipient
	seen := map[string]bool{}
	for _, key := range keys {
		r, err := age.ParseX25519Recipient(key)
		if err != nil {
			return nil, fmt.Errorf("journal.recipients: %q is not a public key such as age1…; `ekermed-server journal keygen --recipient` makes one", key)
		}
		if seen[r.String()] {
			return nil, fmt.Errorf("journal.recipients: %q is there twice: the three must be three people's", key)
		}
		seen[r.String()] = true
		list = append(list, r)
	}
	return list, nil
}

// New makes the folders of a journal that is on, and checks that they are apart.
func New(o Options) (*Journal, error) {
	j := &Journal{o: o, queue: make(chan Entry, queued)}
	if len(o.Recipients) == 0 {
		return j, nil
	}
	var err error
	if j.to, err = Readers(o.Recipients); err != nil {
		return nil, err
	}
	if err := Apart(o.Data, o.Vault); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(j.folder(), 0o700); err != nil {
		return nil, fmt.Errorf("folder of the journal: %w; check the owner and rights of server.data", err)
	}
	if err := os.MkdirAll(o.Vault, 0o700); err != nil {
		return nil, fmt.Errorf("journal.vault = %q: %w; make this folder for the server's user, with mode 0700", o.Vault, err)
	}
	// Again, now that it exists: a link may lead into the data.
	return j, errors.Join(Apart(o.Data, o.Vault), private(o.Vault))
}

// private tries whether keys can be kept in the vault, and by nobody else read.
func private(dir string) error {
	i, err := os.Stat(dir)
	if err == nil && i.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("journal.vault = %q: others may look into it (mode %04o); run chmod 0700 on it", dir, i.Mode().Perm())
	}
	f, err := os.CreateTemp(dir, "try.*")
	if err != nil {
		return fmt.Errorf("journal.vault = %q: %w; check its owner and rights", dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// On tells whether events are kept.
func (j *Journal) On() bool { return j != nil && j.to != nil }

func (j *Journal) folder() string { return filepath.Join(j.o.Data, folderName) }

// Note takes an event. It never waits: what finds no room is counted, and the log says so.
func (j *Journal) Note(e Event) {
	if !j.On() {
		return
	}
	select {
	case j.queue <- Entry{time.Now(), e}:
	default:
		j.lost.Add(1)
	}
}

// Run writes what is noted, and destroys what is due: at once, and then within an hour of
// its time. When ctx ends it writes what is queued and returns. No failure of the disk
// ends it.
func (j *Journal) Run(ctx context.Context) error {
	j.purge()
	j.write(Entry{time.Now(), Started{}})
	for {
		now := time.Now()
		next := time.NewTimer(now.Truncate(time.Hour).Add(time.Hour).Sub(now))
		select {
		case e := <-j.queue:
			j.write(e)
		case <-next.C:
			j.purge()
			j.turn(time.Now())
		case <-ctx.Done():
			next.Stop()
			j.drain()
			j.write(Entry{time.Now(), Stopped{}})
			j.end()
			return nil
		}
		next.Stop()
		if n := j.lost.Swap(0); n > 0 {
			j.o.Log.Error("events for the journal came faster than the disk takes them; some are lost", "events", n)
		}
	}
}

func (j *Journal) drain() {
	for {
		select {
		case e := <-j.queue:
			j.write(e)
		default:
			return
		}
	}
}

// turn ends the segment of a day that is over, so that its key is not in memory longer.
func (j *Journal) turn(now time.Time) {
	if j.w != nil && (j.w.day != dayOf(now) || j.w.full()) {
		j.end()
	}
}

func (j *Journal) end() {
	if j.w == nil {
		return
	}
	if err := j.w.close(); err != nil {
		j.o.Log.Error("closing a segment of the journal", "error", err)
	}
	j.w = nil
}

// write seals one event. The server goes on when it cannot, and says so once.
func (j *Journal) write(e Entry) {
	if !j.On() {
		return
	}
	j.turn(e.At)
	err := j.open(dayOf(e.At))
	if err == nil {
		if err = j.w.put(e); err != nil {
			j.end() // the next event begins a new segment
		}
	}
	switch {
	case err != nil:
		if j.dropped++; !j.failing {
			j.o.Log.Error("the journal cannot be written; the server goes on without it. Free some room, and check the rights of server.data and journal.vault", "error", err)
		}
		j.failing = true
	case j.failing:
		j.o.Log.Warn("the journal is written again", "lost", j.dropped)
		j.failing, j.dropped = false, 0
	}
}

func (j *Journal) open(day string) error {
	if j.w != nil {
		return nil
	}
	half, err := vault(j.o.Vault).make(day)
	if err != nil {
		return fmt.Errorf("key of the day in journal.vault: %w", err)
	}
	before, err := lastLink(j.folder())
	if err != nil {
		return err
	}
	j.w, err = begin(j.folder(), day, before, j.to, half)
	return err
}

// lastLink is the newest link of the journal, to which the next segment is chained.
func lastLink(folder string) (link, error) {
	all, err := days(folder)
	if err != nil {
		return link{}, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		paths, err := segments(folder, all[i])
		if err != nil {
			return link{}, err
		}
		for k := len(paths) - 1; k >= 0; k-- {
			if s, err := readSegment(paths[k]); err == nil {
				return s.last(), nil
			}
		}
	}
	return link{}, nil
}

// purge destroys what is due, and says so.
func (j *Journal) purge() {
	gone, err := Purge(j.o.Data, j.o.Vault, time.Now())
	for _, day := range gone {
		j.o.Log.Info("a day of the journal can be opened no longer", "day", day)
		if j.o.Shredded != nil {
			j.o.Shredded(day)
		}
	}
	if err != nil {
		j.o.Log.Error("what is due in the journal could not be destroyed; it is tried again within the hour", "error", err)
	}
}

// Purge destroys the keys of the days that are due, and then removes their streams. It
// answers the days whose key it destroyed. Without a journal there is nothing to do.
func Purge(data, vaultDir string, now time.Time) ([]string, error) {
	gone, err := vault(vaultDir).shred(now)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	folder := filepath.Join(data, folderName)
	all, failed := days(folder)
	if failed != nil && !errors.Is(failed, fs.ErrNotExist) {
		err = errors.Join(err, failed)
	}
	for _, day := range all {
		if due(day, now) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(folder, day)))
		}
	}
	return gone, err
}
