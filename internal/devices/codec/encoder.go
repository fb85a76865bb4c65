package codec

/*
#cgo pkg-config: vpx
#include "vpx.h"
*/
import "C"

import (
	"fmt"
	"image"
	"unsafe"
)

// Encoder makes a VP8 stream (RFC 6386) of one size: real time, one thread, constant
// bitrate, error resilient, and no key frame but the first and those asked for. To
// change the size, close it and make another: resizing a live one gives huge key frames.
type Encoder struct {
	c             *C.ek_encoder
	width, height int
	last          int64
	started       bool
	out           []byte
}

// NewEncoder makes an encoder for pictures of w by h pixels, both even, at a target of
// kbps kilobits a second.
func NewEncoder(w, h, kbps int) (*Encoder, error) { return newEncoder(w, h, kbps, 0) }

// NewScreenEncoder makes one for what stands on a screen: text stays sharp, and pictures
// are left out where the bitrate does not suffice.
func NewScreenEncoder(w, h, kbps int) (*Encoder, error) { return newEncoder(w, h, kbps, 1) }

func newEncoder(w, h, kbps, screen int) (*Encoder, error) {
	if w < 16 || h < 16 || w > MaxWidth || h > MaxHeight || w%2 != 0 || h%2 != 0 {
		return nil, fmt.Errorf("vp8 encoder of %dx%d: %w", w, h, ErrSize)
	}
	c := C.ek_encoder_new(C.int(w), C.int(h), C.int(max(kbps, 1)), C.int(screen))
	if c == nil {
		return nil, fmt.Errorf("vp8 encoder of %dx%d: libvpx refused", w, h)
	}
	return &Encoder{c: c, width: w, height: h}, nil
}

// Size is the size of the pictures it takes, in pixels.
func (e *Encoder) Size() (w, h int) { return e.width, e.height }

// Encode makes one frame of a 4:2:0 picture of the encoder's size. pts is in units of
// 1/90000 s and should grow; one that does not is moved. The bytes are valid until the
// next call. Empty bytes without an error: nothing to send.
func (e *Encoder) Encode(m *image.YCbCr, pts int64, forceKey bool) (frame []byte, key bool, err error) {
	if e.c == nil {
		return nil, false, ErrClosed
	}
	if err := e.check(m); err != nil {
		return nil, false, err
	}
	duration := int64(3000)
	if e.started {
		pts = max(pts, e.last+1)
		// A camera that paused must not look like one endless frame to rate control.
		duration = min(max(pts-e.last, 900), 9000)
	}
	e.last, e.started = pts, true
	var out unsafe.Pointer
	var n C.size_t
	var isKey, force C.int
	if forceKey {
		force = 1
	}
	if rc := C.ek_encode(e.c, unsafe.Pointer(&m.Y[0]), unsafe.Pointer(&m.Cb[0]), unsafe.Pointer(&m.Cr[0]),
		C.int(m.YStride), C.int(m.CStride), C.longlong(pts), C.longlong(duration), force, &out, &n, &isKey); rc != 0 {
		return nil, false, fmt.Errorf("vp8 encoding: libvpx error %d", int(rc))
	}
	if n == 0 {
		return nil, false, nil
	}
	e.out = append(e.out[:0], unsafe.Slice((*byte)(out), int(n))...)
	return e.out, isKey != 0, nil
}

func (e *Encoder) check(m *image.YCbCr) error {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	switch {
	case w != e.width || h != e.height:
		return fmt.Errorf("picture of %dx%d for an encoder of %dx%d: %w", w, h, e.width, e.height, ErrSize)
	case m.SubsampleRatio != image.YCbCrSubsampleRatio420:
		return fmt.Errorf("picture is %v, want 4:2:0", m.SubsampleRatio)
	case m.YStride < w || m.CStride < w/2 || len(m.Y) < m.YStride*(h-1)+w ||
		len(m.Cb) < m.CStride*(h/2-1)+w/2 || len(m.Cr) < m.CStride*(h/2-1)+w/2:
		return fmt.Errorf("picture planes are too short: %w", ErrSize)
	}
	return nil
}

// SetRate changes the target, in kilobits a second. It settles within 1.5 s.
func (e *Encoder) SetRate(kbps int) error {
	if e.c == nil {
		return ErrClosed
	}
	if rc := C.ek_encoder_rate(e.c, C.int(max(kbps, 1))); rc != 0 {
		return fmt.Errorf("vp8 rate %d kbit/s: libvpx error %d", kbps, int(rc))
	}
	return nil
}

// Close frees the encoder. It may be called twice.
func (e *Encoder) Close() {
	if e.c != nil {
		C.ek_encoder_free(e.c)
		e.c = nil
	}
}
