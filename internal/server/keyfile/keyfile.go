// Package keyfile keeps a random secret in a file of the data folder.
package keyfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Size is the length of a secret, in bytes.
const Size = 32

// Load reads the secret that dir/name holds, and makes one the first time. what names it,
// and lost tells what it means to remove a damaged one, both for the error's sentence.
func Load(dir, name, what, lost string) ([]byte, error) {
	path := filepath.Join(dir, name)
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = create(dir, path); err == nil {
			key, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; check the data folder's owner and rights", what, err)
	}
	if len(key) != Size {
		return nil, fmt.Errorf("%s: %s has %d bytes instead of %d: restore it from a backup, or remove it and %s", what, path, len(key), Size, lost)
	}
	return key, nil
}

// create puts a whole secret in place at once: another process may be doing the same.
func create(dir, path string) error {
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // a name too many harms nobody
	key := make([]byte, Size)
	rand.Read(key)
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
