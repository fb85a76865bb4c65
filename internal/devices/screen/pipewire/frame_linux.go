// Package pipewire reads the pictures of one PipeWire video node, through a connection
// that somebody else opened: for a screen, the desktop's portal.
//
// The library, libpipewire-0.3, is loaded when Open is called; the program starts without
// it. What comes from the other side is checked in frame, which has no C.
package pipewire

import (
	"errors"
	"fmt"
	"image"
)

// Errors of this package.
var (
	// ErrMissing: there is no PipeWire library here, or it lacks its own parts.
	ErrMissing = errors.New("no PipeWire library that works (libpipewire-0.3.so.0)")
	// ErrEnded: the source is gone.
	ErrEnded = errors.New("the stream has ended")
)

// sideMost bounds what is taken, in pixels.
const sideMost = 16384

var errFrame = errors.New("not a picture")

// order is in which order the colours of a pixel come.
type order int

const (
	bgrx order = iota + 1
	rgbx
)

// frame is what the other side says of a picture, as struct ek_frame has it: all of it may
// be wrong.
type frame struct {
	order         order
	width, height uint32
	cropped       bool // only the part named next is shown
	cropX, cropY  int32
	cropW, cropH  uint32
	maxSize       uint32 // of the memory that it lies in, in bytes
	offset, size  uint32 // where it begins, and its length, in bytes
	stride        int32  // from one row to the next, in bytes
}

// part is where in the memory the rows to show lie.
type part struct {
	offset, length, stride int
	size                   image.Point
	swap                   bool // red comes first
}

// check says what to read of the memory: never beyond it, nor beyond the picture.
func (f frame) check() (part, error) {
	if f.order != bgrx && f.order != rgbx {
		return part{}, fmt.Errorf("%w: unknown order of colours", errFrame)
	}
	if f.width < 1 || f.height < 1 || f.width > sideMost || f.height > sideMost {
		return part{}, fmt.Errorf("%w: %d × %d pixels", errFrame, f.width, f.height)
	}
	stride := int64(f.stride)
	if stride < 4*int64(f.width) || stride > 4*sideMost {
		return part{}, fmt.Errorf("%w: %d bytes a row of %d pixels", errFrame, stride, f.width)
	}
	need := stride*int64(f.height-1) + 4*int64(f.width)
	if need > int64(f.size) || int64(f.offset)+need > int64(f.maxSize) {
		return part{}, fmt.Errorf("%w: %d bytes at %d of %d, where %d are needed", errFrame, f.size, f.offset, f.maxSize, need)
	}
	show := image.Rect(0, 0, int(f.width), int(f.height))
	if f.cropped { // a window lies in a picture that may be larger
		if show = f.crop(); show.Empty() {
			return part{}, fmt.Errorf("%w: nothing of it is shown", errFrame)
		}
	}
	return part{
		offset: int(int64(f.offset) + stride*int64(show.Min.Y) + 4*int64(show.Min.X)),
		length: int(stride*int64(show.Dy()-1) + 4*int64(show.Dx())),
		stride: int(stride), size: show.Size(), swap: f.order == rgbx,
	}, nil
}

// crop is the part that is shown, within the picture.
func (f frame) crop() image.Rectangle {
	cut := func(from int32, length, side uint32) (int, int) {
		first := min(max(int64(from), 0), int64(side))
		return int(first), int(max(first, min(int64(from)+int64(length), int64(side))))
	}
	var r image.Rectangle
	r.Min.X, r.Max.X = cut(f.cropX, f.cropW, f.width)
	r.Min.Y, r.Max.Y = cut(f.cropY, f.cropH, f.height)
	return r
}

// tighten makes rows of p.stride bytes rows of four bytes a pixel, blue first, in place.
func (p part) tighten(pix []byte) []byte {
	row := 4 * p.size.X
	if p.stride != row {
		for y := 1; y < p.size.Y; y++ {
			copy(pix[y*row:(y+1)*row], pix[y*p.stride:])
		}
	}
	pix = pix[:row*p.size.Y]
	if p.swap {
		for i := 0; i+3 < len(pix); i += 4 {
			pix[i], pix[i+2] = pix[i+2], pix[i]
		}
	}
	return pix
}
