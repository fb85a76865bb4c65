//go:build unix

package managed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// trusted tells whether the IT department alone can have written the file: the scanner that it
// names is run by everybody.
func trusted(f *os.File) error { return guarded(f, 0) }

// guarded tells whether a user alone may write a file, and put another one in its place.
// Access lists beside the mode are not looked at.
func guarded(f *os.File, owner uint32) error {
	file, err := f.Stat()
	if err != nil {
		return err
	}
	folder, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	if err := owned(file, owner); err != nil {
		return fmt.Errorf("the file %w", err)
	}
	if err := owned(folder, owner); err != nil {
		return fmt.Errorf("its folder %w", err)
	}
	return nil
}

func owned(info os.FileInfo, owner uint32) error {
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || s.Uid != owner {
		return errors.New("does not belong to root; give it to root and see what is in it")
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return fmt.Errorf("can be written by others than root (mode %#o); take that from them (chmod go-w) and see what is in it", mode)
	}
	return nil
}
