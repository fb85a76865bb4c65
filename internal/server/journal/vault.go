package journal

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Kept is how long a day can be opened: itself and the six after it.
const Kept = 7 // days

const halfSize = 32 // bytes of each half of a segment's secret

func freshHalf() []byte {
	b := make([]byte, halfSize)
	rand.Read(b)
	return b
}

// nameOf tells which half a segment was written with, and nothing of the half itself.
func nameOf(half []byte) [16]byte {
	sum := sha256.Sum256(append([]byte("ekermed journal half\x00"), half...))
	return [16]byte(sum[:16])
}

// vault is the folder of the halves that are destroyed, one file a day.
type vault string

const halfSuffix = ".half"

func (v vault) path(day string) string { return filepath.Join(string(v), day+halfSuffix) }

// half reads a day's half; fs.ErrNotExist when it has none, or no longer.
func (v vault) half(day string) ([]byte, error) {
	b, err := os.ReadFile(v.path(day))
	if err == nil && len(b) != halfSize {
		return nil, fmt.Errorf("%s has %d bytes instead of %d", v.path(day), len(b), halfSize)
	}
	return b, err
}

// make gives a day its half, unless it has one.
func (v vault) make(day string) ([]byte, error) {
	if b, err := v.half(day); !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	f, err := os.OpenFile(v.path(day), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	b := freshHalf()
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close(), syncDir(string(v))); err != nil {
		return nil, errors.Join(err, os.Remove(f.Name()))
	}
	return b, nil
}

// due tells whether a day must not be readable any more.
func due(day string, now time.Time) bool {
	t, err := parseDay(day)
	return err == nil && !now.Before(t.AddDate(0, 0, Kept))
}

// shred destroys the halves that are due: each is overwritten, written through to the
// disk, and removed. It answers the days that were destroyed.
func (v vault) shred(now time.Time) ([]string, error) {
	entries, err := os.ReadDir(string(v))
	if err != nil {
		return nil, err
	}
	var gone []string
	var errs []error
	for _, e := range entries {
		day, ok := strings.CutSuffix(e.Name(), halfSuffix)
		if !ok || !due(day, now) {
			continue
		}
		if err := destroy(v.path(day)); err != nil {
			errs = append(errs, fmt.Errorf("destroying the key of %s: %w; remove %s by hand", day, err, v.path(day)))
			continue
		}
		gone = append(gone, day)
	}
	if len(gone) > 0 {
		errs = append(errs, syncDir(string(v)))
	}
	return gone, errors.Join(errs...)
}

func destroy(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process was faster
	}
	if err == nil {
		_, err = f.Write(freshHalf())
		err = errors.Join(err, f.Sync(), f.Close())
	}
	// Removed even when it could not be overwritten: a trace on the disk is less than a file.
	if gone := os.Remove(path); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Apart refuses a vault that a copy of the data folder would hold, or that holds the data
// folder. Both are seen through symbolic links as far as they exist.
func Apart(data, vault string) error {
	d, v := resolved(data), resolved(vault)
	if within(v, d) || within(d, v) {
		return fmt.Errorf("journal.vault = %q: it lies in server.data = %q or around it, where a backup of the data would copy its keys; choose a folder apart that no backup takes", vault, data)
	}
	return nil
}

func resolved(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	rest := ""
	for at := path; ; {
		if found, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(found, rest)
		}
		up := filepath.Dir(at)
		if up == at {
			return path
		}
		rest, at = filepath.Join(filepath.Base(at), rest), up
	}
}

func within(path, tree string) bool {
	rel, err := filepath.Rel(tree, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
