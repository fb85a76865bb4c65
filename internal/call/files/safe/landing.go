package safe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ErrDiskFull: there is no room for the file where it should go.
var ErrDiskFull = errors.New("the disk is full")

// copies is how many files of one name a folder may have before we give up.
const copies = 1000

// Landing is where a file comes in: a hidden one beside its target, mode 0600. End it by
// Keep or Discard.
type Landing struct {
	f    *os.File
	dir  string
	shut bool
}

// Land begins a file in a folder that is there.
func Land(dir string) (*Landing, error) {
	f, err := os.CreateTemp(dir, ".ekermed-*.part") // mode 0600
	if err != nil {
		return nil, room(err)
	}
	return &Landing{f: f, dir: dir}, nil
}

// Write adds to it. The error is ErrDiskFull when there is no room.
func (l *Landing) Write(b []byte) (int, error) {
	n, err := l.f.Write(b)
	return n, room(err)
}

// Path is where it lies until Keep. Close first.
func (l *Landing) Path() string { return l.f.Name() }

// Close writes everything to the disk, so that a scanner sees the file whole.
func (l *Landing) Close() error {
	if l.shut {
		return nil
	}
	l.shut = true
	return room(errors.Join(l.f.Sync(), l.f.Close()))
}

// Keep gives it its name, made safe, and marks it as come from elsewhere where the system
// knows such a mark. No file that is there is touched: a number is put behind the name
// instead. It returns the path.
func (l *Landing) Keep(name string) (string, error) {
	if err := l.Close(); err != nil {
		return "", err
	}
	// Where the mark cannot be set, as on a network drive, the file is kept all the same.
	_ = mark(l.Path())
	name = Name(name)
	for n := range copies {
		path := filepath.Join(l.dir, numbered(name, n))
		// The name is taken first by an empty file of ours, which the rename replaces: a rename
		// alone would replace anybody's.
		mine, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", room(err)
		}
		if err := errors.Join(mine.Close(), os.Rename(l.Path(), path)); err != nil {
			return "", errors.Join(room(err), os.Remove(path))
		}
		return path, nil
	}
	return "", fmt.Errorf("there are %d files named %q already", copies, name)
}

// Discard removes it.
func (l *Landing) Discard() {
	_ = l.Close() // it is not needed
	_ = os.Remove(l.Path())
}

// room names a full disk, whichever way a system says it.
func room(err error) error {
	for _, known := range append(fullDisk(), syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG) {
		if errors.Is(err, known) {
			return errors.Join(ErrDiskFull, err)
		}
	}
	return err
}
