//go:build cgo

package pipewire

// #cgo CFLAGS: -I/usr/include/pipewire-0.3 -I/usr/include/spa-0.2 -D_REENTRANT
// #cgo LDFLAGS: -ldl
// #include "stream_linux.h"
import "C"

import (
	"context"
	"image"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// firstPicture is how long the first picture is waited for, and look how often it is looked
// for. There may be none for long: some send one only when something on the screen changes.
const (
	firstPicture = 2 * time.Second
	look         = 20 * time.Millisecond
)

// Stream is one video node. Its methods are for one goroutine at a time.
type Stream struct {
	s *C.struct_ek_stream
	// pix is the last whole picture; the next one is put together in spare.
	pix, spare []byte
	size       image.Point
}

// Open connects to a node through a PipeWire connection, which it takes over, and waits a
// little for its first picture. Errors: ErrMissing, ErrEnded, those of ctx.
func Open(ctx context.Context, remote *os.File, node uint32) (*Stream, error) {
	fd, err := unix.FcntlInt(remote.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	_ = remote.Close()
	if err != nil {
		return nil, err
	}
	var why C.int
	c := C.ek_open(C.int(fd), C.uint32_t(node), &why)
	if c == nil {
		if why == C.EK_NO_LIBRARY {
			_ = unix.Close(fd)
		} // else the library may have closed it, and nothing is to be closed twice
		return nil, ErrMissing
	}
	s := &Stream{s: c}
	if err := s.first(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Stream) first(ctx context.Context) error {
	tick, late := time.NewTicker(look), time.NewTimer(firstPicture)
	defer tick.Stop()
	defer late.Stop()
	for {
		if pix, _, err := s.Read(); err != nil || pix != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-late.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Read returns the newest picture as BGRX: four bytes a pixel, rows of 4 × width bytes. It
// is the last one again when nothing new came, or what came was no picture; nil while there
// was none at all. The bytes are good until the next Read. Errors: ErrEnded.
func (s *Stream) Read() ([]byte, image.Point, error) {
	// The lock belongs to a thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var f C.struct_ek_frame
	got := C.ek_lock(s.s, &f)
	defer C.ek_unlock(s.s)
	if got < 0 {
		return nil, image.Point{}, ErrEnded
	}
	if got > 0 {
		s.take(&f)
	}
	return s.pix, s.size, nil
}

// take keeps a picture, or the one before when this is none.
func (s *Stream) take(f *C.struct_ek_frame) {
	told := frame{width: uint32(f.width), height: uint32(f.height), cropped: f.cropped != 0,
		cropX: int32(f.crop_x), cropY: int32(f.crop_y), cropW: uint32(f.crop_width), cropH: uint32(f.crop_height),
		maxSize: uint32(f.max_size), offset: uint32(f.offset), size: uint32(f.size), stride: int32(f.stride)}
	switch f.format {
	case C.EK_BGRX:
		told.order = bgrx
	case C.EK_RGBX:
		told.order = rgbx
	}
	p, err := told.check()
	if err != nil {
		return
	}
	if cap(s.spare) < p.length {
		s.spare = make([]byte, p.length)
	}
	pix := s.spare[:p.length]
	switch f.memory {
	case C.EK_FILE:
		if !readAll(int(f.fd), pix, int64(f.map_offset)+int64(p.offset)) {
			return
		}
	case C.EK_POINTER:
		copy(pix, unsafe.Slice((*byte)(f.data), int(f.max_size))[p.offset:])
	default:
		return
	}
	s.pix, s.spare, s.size = p.tighten(pix), s.pix, p.size
}

// readAll reads rather than maps: a file that became shorter is then an error, not a signal.
func readAll(fd int, to []byte, at int64) bool {
	for len(to) > 0 {
		n, err := unix.Pread(fd, to, at)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return false
		}
		to, at = to[n:], at+int64(n)
	}
	return true
}

// Close ends the stream.
func (s *Stream) Close() { C.ek_close(s.s) }
