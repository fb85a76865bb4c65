package safe

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// Bounds of thumbnails.
const (
	// ThumbnailSize is the longer side of one, in pixels, at most.
	ThumbnailSize = 256
	// maxPixels and maxSide are what is decoded at all. A progressive JPEG takes 12 bytes a
	// pixel meanwhile.
	maxPixels = 32_000_000
	maxSide   = 20_000
)

// decoder is one kind of picture. image.Decode is not used: it takes whatever any package of
// the program has registered.
type decoder struct {
	magic  string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

func decoders() []decoder {
	return []decoder{
		{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
		{"\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
		{"GIF8", gif.DecodeConfig, gif.Decode}, // the first frame
		{"RIFF", webp.DecodeConfig, webp.Decode},
	}
}

// errNoPicture: not a kind of picture that is made small.
var errNoPicture = errors.New("no PNG, JPEG, GIF or WebP")

// Thumbnail makes a small picture of an image file: PNG, JPEG, GIF or WebP, told by its
// content. SVG is never drawn. What would take too much memory is an error, and so is what
// breaks a decoder.
func Thumbnail(path string) (*image.RGBA, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return thumbnail(f)
}

// ThumbnailOf is the same for what is in memory.
func ThumbnailOf(content []byte) (*image.RGBA, error) { return thumbnail(bytes.NewReader(content)) }

func thumbnail(f io.ReadSeeker) (small *image.RGBA, err error) {
	// A picture from outside must not end the call: decoders have had panics before.
	defer func() {
		if broken := recover(); broken != nil {
			small, err = nil, fmt.Errorf("a picture that breaks its decoder: %v", broken)
		}
	}()
	head := make([]byte, 8)
	if _, err := io.ReadFull(f, head); err != nil {
		return nil, errNoPicture
	}
	for _, d := range decoders() {
		if string(head[:len(d.magic)]) == d.magic {
			return d.shrink(f)
		}
	}
	return nil, errNoPicture
}

func (d decoder) shrink(f io.ReadSeeker) (*image.RGBA, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	c, err := d.config(f)
	if err != nil {
		return nil, err
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
		return nil, fmt.Errorf("a picture of %d by %d pixels", c.Width, c.Height)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	whole, err := d.decode(f)
	if err != nil {
		return nil, err
	}
	from := whole.Bounds()
	w, h := fit(from.Dx(), from.Dy())
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(small, small.Bounds(), whole, from, draw.Src, nil)
	return small, nil
}

// fit scales to ThumbnailSize, never up.
func fit(w, h int) (int, int) {
	if w <= ThumbnailSize && h <= ThumbnailSize {
		return max(w, 1), max(h, 1)
	}
	if w >= h {
		return ThumbnailSize, max(1, h*ThumbnailSize/w)
	}
	return max(1, w*ThumbnailSize/h), ThumbnailSize
}
