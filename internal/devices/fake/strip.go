package fake

import (
	"image"
	"image/color"
)

// cells is how many cells the strip has.
const cells = 32

// anchors are the cells that never change: 1 is white.
func anchors() map[int]bool {
	return map[int]bool{0: true, 1: false, 2: true, 3: true, 28: true, 29: true, 30: false, 31: true}
}

// encode lays out the strip of frame n.
func encode(look Look, n uint16) (strip [cells]bool) {
	for i, white := range anchors() {
		strip[i] = white
	}
	strip[4] = look == Patient
	for i := range 16 {
		strip[5+i] = n>>(15-i)&1 == 1
	}
	check := (2*int(n) + int(look&1)) % 127
	for i := range 7 {
		strip[21+i] = check>>(6-i)&1 == 1
	}
	return strip
}

// ReadCounter reads the frame number off a picture of the fake camera, of any size. ok
// is false when there is no strip or it is damaged.
func ReadCounter(m image.Image) (n uint16, ok bool) {
	_, n, ok = ReadStrip(m)
	return n, ok
}

// ReadStrip is ReadCounter that also tells which look the picture has.
func ReadStrip(m image.Image) (look Look, n uint16, ok bool) {
	if m == nil || m.Bounds().Dx() < cells*2 || m.Bounds().Dy() < 36 {
		return 0, 0, false
	}
	var level [cells]float64
	for i := range level {
		level[i] = cell(m, i)
	}
	low, high := 255.0, 0.0
	for i := range anchors() {
		low, high = min(low, level[i]), max(high, level[i])
	}
	if high-low < 48 {
		return 0, 0, false
	}
	var strip [cells]bool
	for i, v := range level {
		strip[i] = v > (low+high)/2
	}
	for i := range 16 {
		n <<= 1
		if strip[5+i] {
			n |= 1
		}
	}
	if strip[4] {
		look = Patient
	}
	return look, n, encode(look, n) == strip
}

// cell is the mean luma of the inner half of cell i.
func cell(m image.Image, i int) float64 {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	x0, y0 := (4*i+1)*w/(4*cells), h/72
	x1, y1 := max((4*i+3)*w/(4*cells), x0+1), max(3*h/72, y0+1)
	sum := 0.0
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			sum += luma(m, b.Min.X+x, b.Min.Y+y)
		}
	}
	return sum / float64((x1-x0)*(y1-y0))
}

func luma(m image.Image, x, y int) float64 {
	switch m := m.(type) {
	case *image.YCbCr:
		return float64(m.Y[m.YOffset(x, y)])
	case *image.RGBA:
		p := m.Pix[m.PixOffset(x, y):]
		return 0.299*float64(p[0]) + 0.587*float64(p[1]) + 0.114*float64(p[2])
	}
	return float64(color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y)
}
