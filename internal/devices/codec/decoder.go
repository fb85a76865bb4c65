package codec

/*
#cgo pkg-config: vpx
#include "vpx.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"image"
	"unsafe"
)

// maxFrame is more than any frame of the permitted size at a sane quality needs.
const maxFrame = 8 << 20

// Decoder decodes a VP8 stream (RFC 6386). Bytes may be hostile: a broken frame gives
// an error, and the decoder can go on with the next key frame.
type Decoder struct {
	c   *C.vpx_codec_ctx_t
	img *image.YCbCr
	// keyed: a key frame came, so frames that build on it have a base.
	keyed bool
}

// NewDecoder makes a decoder.
func NewDecoder() (*Decoder, error) {
	c := C.ek_decoder_new()
	if c == nil {
		return nil, errors.New("vp8 decoder: libvpx refused")
	}
	return &Decoder{c: c}, nil
}

// KeySize reads the size out of a key frame's header (RFC 6386, section 9.1). key is
// false for any other frame, valid or not.
func KeySize(frame []byte) (w, h int, key bool) {
	if len(frame) < 10 || frame[0]&1 != 0 || frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a {
		return 0, 0, false
	}
	return int(frame[6]) | int(frame[7]&0x3f)<<8, int(frame[8]) | int(frame[9]&0x3f)<<8, true
}

// Decode decodes one frame into a 4:2:0 picture, valid until the next call. A nil
// picture without an error: the frame is not one to show.
func (d *Decoder) Decode(frame []byte) (*image.YCbCr, error) {
	switch {
	case d.c == nil:
		return nil, ErrClosed
	case len(frame) < 3 || len(frame) > maxFrame:
		return nil, fmt.Errorf("vp8 frame of %d bytes: %w", len(frame), ErrSize)
	}
	if frame[0]&1 == 0 {
		w, h, ok := KeySize(frame)
		if !ok {
			return nil, errors.New("vp8 key frame without a header")
		}
		if w < 1 || h < 1 || w > MaxWidth || h > MaxHeight {
			return nil, fmt.Errorf("vp8 key frame of %dx%d: %w", w, h, ErrSize)
		}
	} else if !d.keyed {
		return nil, errors.New("vp8 frame before the first key frame")
	}
	var rc C.int
	img := C.ek_decode(d.c, unsafe.Pointer(&frame[0]), C.uint(len(frame)), &rc)
	if rc != 0 {
		// What was decoded before is no base any more.
		d.keyed = false
		return nil, fmt.Errorf("vp8 decoding: libvpx error %d", int(rc))
	}
	d.keyed = true
	if img == nil {
		return nil, nil
	}
	w, h := int(img.d_w), int(img.d_h)
	if w < 1 || h < 1 || w > MaxWidth || h > MaxHeight {
		return nil, fmt.Errorf("vp8 picture of %dx%d: %w", w, h, ErrSize)
	}
	if d.img == nil || d.img.Rect.Dx() != w || d.img.Rect.Dy() != h {
		d.img = image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	}
	C.ek_plane(img, 0, unsafe.Pointer(&d.img.Y[0]), C.int(w), C.int(h))
	C.ek_plane(img, 1, unsafe.Pointer(&d.img.Cb[0]), C.int((w+1)/2), C.int((h+1)/2))
	C.ek_plane(img, 2, unsafe.Pointer(&d.img.Cr[0]), C.int((w+1)/2), C.int((h+1)/2))
	return d.img, nil
}

// Close frees the decoder. It may be called twice.
func (d *Decoder) Close() {
	if d.c != nil {
		C.ek_decoder_free(d.c)
		d.c = nil
	}
}
