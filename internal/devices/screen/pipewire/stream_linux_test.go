//go:build cgo

package pipewire

import (
	"errors"
	"os"
	"testing"

	"ekermed.example/ekermed/internal/devices/screen/waylandtest"
	"golang.org/x/sys/unix"
)

// A connection that breaks ends the stream, before its first picture too.
func TestBroken(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Close(pair[1]); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), os.NewFile(uintptr(pair[0]), "remote"), 7)
	if errors.Is(err, ErrMissing) {
		waylandtest.Lacking(t, "no PipeWire library (packaging/setup.sh installs it)")
	}
	if !errors.Is(err, ErrEnded) {
		t.Error(err)
		s.Close()
	}
}

// A file that became shorter than it was said to be is an error, and nothing worse.
func TestShortFile(t *testing.T) {
	fd, err := unix.MemfdCreate("picture", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, memory()); err != nil {
		t.Fatal(err)
	}
	to := make([]byte, 16)
	if !readAll(fd, to, 48) || to[0] != 48 || to[15] != 63 {
		t.Errorf("read %d", to)
	}
	if err := unix.Ftruncate(fd, 63); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{48, 63, 1 << 40} {
		if readAll(fd, to, at) {
			t.Errorf("read 16 bytes at %d of 63", at)
		}
	}
}
