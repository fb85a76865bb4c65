package fake

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"ekermed.example/ekermed/internal/devices/stage"
)

// Camera draws the pictures. Not for use by two goroutines at once.
type Camera struct {
	// Grain is the noise of a dark room, up and down in steps of luma; it makes a
	// picture hard to compress.
	Grain int

	look  Look
	still *image.YCbCr // everything that does not move
	frame *image.YCbCr
	bars  [5]patch
	// bar is what the bars look like where they pass; person masks them out.
	person []bool
	digits [10]glyph
	n      uint16
}

// NewCamera makes a camera of Width × Height pixels.
func NewCamera(look Look) (*Camera, error) {
	c := &Camera{look: look, frame: image.NewYCbCr(image.Rect(0, 0, Width, Height), image.YCbCrSubsampleRatio420)}
	scene, person, err := paint(look)
	if err != nil {
		return nil, fmt.Errorf("drawing the fake camera's scene: %w", err)
	}
	c.still = image.NewYCbCr(c.frame.Rect, image.YCbCrSubsampleRatio420)
	stage.FromImage(c.still, scene)
	c.person = person
	if c.digits, err = drawDigits(); err != nil {
		return nil, fmt.Errorf("drawing the fake camera's digits: %w", err)
	}
	for i := range c.bars {
		c.bars[i] = patch{width: 36 + 12*(i%3), home: 40 + i*128, swing: 26 + 6*(i%2), phase: float64(i) * 1.3}
	}
	return c, nil
}

// patch is one bar that sways slowly.
type patch struct {
	width, home, swing int
	phase              float64
}

// Next draws the next picture, valid until the next call, and returns its number.
func (c *Camera) Next() (*image.YCbCr, uint16) {
	c.n++
	c.draw(c.n)
	return c.frame, c.n
}

func (c *Camera) draw(n uint16) {
	copy(c.frame.Y, c.still.Y)
	copy(c.frame.Cb, c.still.Cb)
	copy(c.frame.Cr, c.still.Cr)
	for _, b := range c.bars {
		x := b.home + int(float64(b.swing)*math.Sin(2*math.Pi*float64(n)/(FPS*8)+b.phase))
		c.bar(x, b.width)
	}
	c.grain(n)
	for i, white := range encode(c.look, n) {
		y := byte(16)
		if white {
			y = 235
		}
		c.fill(image.Rect(i*Width/cells, 0, (i+1)*Width/cells, Height/18), y, 128, 128)
	}
	text := fmt.Sprintf("%05d", n)
	for i, d := range text {
		c.digits[d-'0'].draw(c.frame, Width-112+i*18, Height-36)
	}
}

func (c *Camera) grain(n uint16) {
	if c.Grain <= 0 {
		return
	}
	rnd := rand.New(rand.NewPCG(uint64(n), 0))
	for i, y := range c.frame.Y {
		c.frame.Y[i] = byte(min(max(int(y)+rnd.IntN(2*c.Grain+1)-c.Grain, 16), 235))
	}
}

// bar lightens a column of the wall, softly at its edges and not in front of the person.
func (c *Camera) bar(x, width int) {
	for dx := range width {
		at := x + dx
		if at < 0 || at >= Width {
			continue
		}
		edge := math.Sin(math.Pi * (float64(dx) + 0.5) / float64(width))
		lift := int(26 * edge)
		for y := Height/18 + 2; y < Height-44; y++ {
			if !c.person[y*Width+at] {
				p := &c.frame.Y[y*c.frame.YStride+at]
				*p = byte(min(int(*p)+lift, 232))
			}
		}
	}
}

func (c *Camera) fill(r image.Rectangle, y, cb, cr byte) {
	for row := r.Min.Y; row < r.Max.Y; row++ {
		line := c.frame.Y[row*c.frame.YStride:]
		for x := r.Min.X; x < r.Max.X; x++ {
			line[x] = y
		}
	}
	for row := r.Min.Y / 2; row < r.Max.Y/2; row++ {
		at := row * c.frame.CStride
		for x := r.Min.X / 2; x < r.Max.X/2; x++ {
			c.frame.Cb[at+x], c.frame.Cr[at+x] = cb, cr
		}
	}
}
