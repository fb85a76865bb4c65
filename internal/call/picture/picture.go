// Package picture reads pictures that come from outside, PNG and JPEG, to be looked at or laid
// under the whiteboard. Each is measured before it is decoded, for a small file may claim to be
// a huge picture, and drawn anew before it is handed on, so that nothing but pixels goes along.
package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"

	xdraw "golang.org/x/image/draw"
)

// Limits of a picture.
const (
	// MaxBytes is how large its file may be.
	MaxBytes = 20 << 20
	// MaxSide is the longest side of one that is decoded, in pixels, and maxPixels all of them.
	MaxSide   = 16384
	maxPixels = 40 << 20
	// Longest is the longer side of one that is kept decoded: no screen shows more of it.
	Longest = 3200
	// quality is that of the JPEGs that we write: nobody sees a difference.
	quality = 92
	// sharpMost is how large a PNG we write by choice: of letters and lines it is smaller, and of
	// scans many times larger.
	sharpMost = 3 << 20
)

// The kinds of pictures, as MIME types.
const (
	PNG  = "image/png"
	JPEG = "image/jpeg"
)

// Error says why a file is not taken for a picture: it is no PNG or JPEG, it is damaged, or it
// is too large.
type Error struct{ Why string }

func (e Error) Error() string { return "the picture cannot be used: " + e.Why }

// Picture is one that was read. It does not change.
type Picture struct {
	// Width and Height are those of the file, in pixels; Image may be smaller.
	Width, Height int
	// SHA is the SHA-256 of the file, 64 hexadecimal digits in lower case.
	SHA   string
	Image *image.RGBA
}

// KindOf tells PNG and JPEG by their first bytes; empty for anything else.
func KindOf(content []byte) string {
	switch {
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		return PNG
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		return JPEG
	}
	return ""
}

// Read reads a picture as its pixels lie in the file. The error is an Error.
func Read(content []byte) (*Picture, error) {
	m, err := decode(content)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	size := m.Bounds().Size()
	return &Picture{Width: size.X, Height: size.Y, SHA: hex.EncodeToString(sum[:]), Image: flat(m, Longest)}, nil
}

// Upright reads a picture to be looked at: as its camera says that it was held, with its longer
// side at most longest pixels. The error is an Error.
func Upright(content []byte, longest int) (*image.RGBA, error) {
	m, err := decode(content)
	if err != nil {
		return nil, err
	}
	return held(flat(m, longest), orientation(content)), nil
}

// Redraw draws a picture anew, upright and turned clockwise by quarters of a circle, with its
// longer side at most longest pixels, and 0 as long as it is. What it answers is of the same
// kind and has neither place, time nor camera in it. The error is an Error.
func Redraw(content []byte, quarters, longest int) ([]byte, error) {
	m, err := decode(content)
	if err != nil {
		return nil, err
	}
	turned := Turned(held(flat(m, longest), orientation(content)), quarters)
	var out bytes.Buffer
	if KindOf(content) == PNG {
		err = png.Encode(&out, turned)
	}
	if KindOf(content) == JPEG || out.Len() > MaxBytes {
		out.Reset()
		err = jpeg.Encode(&out, turned, &jpeg.Options{Quality: quality})
	}
	if err != nil {
		return nil, Error{err.Error()}
	}
	return out.Bytes(), nil
}

// Encode makes a file of a picture that was made here, as of a page: PNG, which keeps letters
// sharp, or JPEG where that would be large, as of a scan.
func Encode(m *image.RGBA) ([]byte, error) {
	var out bytes.Buffer
	err := png.Encode(&out, m)
	if err == nil && out.Len() > sharpMost {
		out.Reset()
		err = jpeg.Encode(&out, m, &jpeg.Options{Quality: quality})
	}
	return out.Bytes(), err
}

// decode is the only place where a decoder sees what came from outside.
func decode(content []byte) (m image.Image, err error) {
	// A picture must not end the call: decoders have had panics before.
	defer func() {
		if broken := recover(); broken != nil {
			m, err = nil, Error{"it breaks its decoder"}
		}
	}()
	if len(content) > MaxBytes {
		return nil, Error{fmt.Sprintf("more than %d bytes", MaxBytes)}
	}
	measure, read := png.DecodeConfig, png.Decode
	switch KindOf(content) {
	case "":
		return nil, Error{"neither PNG nor JPEG"}
	case JPEG:
		measure, read = jpeg.DecodeConfig, jpeg.Decode
	}
	size, err := measure(bytes.NewReader(content))
	if err != nil {
		return nil, Error{"neither PNG nor JPEG"}
	}
	if size.Width < 1 || size.Height < 1 || size.Width > MaxSide || size.Height > MaxSide || size.Width*size.Height > maxPixels {
		return nil, Error{"too many pixels"}
	}
	if m, err = read(bytes.NewReader(content)); err != nil {
		return nil, Error{"damaged"}
	}
	return m, nil
}

// flat is a picture in plain RGBA, on white, made smaller where a side is longer than longest;
// 0 leaves it as it is.
func flat(m image.Image, longest int) *image.RGBA {
	from := m.Bounds()
	size := from.Size()
	if side := max(size.X, size.Y); longest > 0 && side > longest {
		size = image.Pt(max(1, size.X*longest/side), max(1, size.Y*longest/side))
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src) // what is clear is paper, everywhere alike
	if size == from.Size() {
		draw.Draw(out, out.Rect, m, from.Min, draw.Over)
	} else {
		xdraw.ApproxBiLinear.Scale(out, out.Rect, m, from, xdraw.Over, nil)
	}
	return out
}
