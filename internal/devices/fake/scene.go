package fake

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"ekermed.example/ekermed/assets"
)

// palette is the colours of one look.
type palette struct {
	wallTop, wallBottom, floor, clothes, collar, hair, skin, shade color.RGBA
	label                                                          string
}

func colours(look Look) palette {
	if look == Patient {
		return palette{
			wallTop: rgb(0xF3E2CF), wallBottom: rgb(0xDDBE9F), floor: rgb(0x7A4B2B), clothes: rgb(0xB4694A),
			collar: rgb(0xF6EFE6), hair: rgb(0x8C8A88), skin: rgb(0xE0AC88), shade: rgb(0xC48D69),
			label: "Caméra d’essai · patient",
		}
	}
	return palette{
		wallTop: rgb(0xD7E9EB), wallBottom: rgb(0x9CC3C9), floor: rgb(0x0B5563), clothes: rgb(0xF4F7F8),
		collar: rgb(0x2F7F8D), hair: rgb(0x3B2A22), skin: rgb(0xB9805C), shade: rgb(0x98643F),
		label: "Caméra d’essai · poste du soignant",
	}
}

func rgb(v uint32) color.RGBA { return color.RGBA{byte(v >> 16), byte(v >> 8), byte(v), 255} }

// paint draws what does not move: a wall, a person from the shoulders up, and a label.
// The mask tells which pixels are the person.
func paint(look Look) (*image.RGBA, []bool, error) {
	p := colours(look)
	m := image.NewRGBA(image.Rect(0, 0, Width, Height))
	for y := range Height {
		c := blend(p.wallTop, p.wallBottom, float64(y)/Height)
		for x := range Width {
			m.SetRGBA(x, y, c)
		}
	}
	mask := make([]bool, Width*Height)
	shape := func(c color.RGBA, inside func(x, y float64) bool) {
		for y := Height / 18; y < Height; y++ {
			for x := range Width {
				if cover := coverage(inside, x, y); cover > 0 {
					m.SetRGBA(x, y, blend(m.RGBAAt(x, y), c, cover))
					mask[y*Width+x] = true
				}
			}
		}
	}
	const cx = Width / 2.0
	shape(p.hair, ellipse(cx, 148, 66, 78))
	if look == Patient {
		shape(p.hair, ellipse(cx, 176, 70, 74))
	}
	shape(p.clothes, func(x, y float64) bool { // shoulders
		d := math.Abs(x-cx) / 168
		return d < 1 && y > 262+70*(1-math.Sqrt(1-d*d))
	})
	shape(p.shade, func(x, y float64) bool { return math.Abs(x-cx) < 26 && y > 205 && y < 272 }) // neck
	shape(p.shade, ellipse(cx, 268, 26, 16))
	shape(p.collar, func(x, y float64) bool { // collar
		d := math.Abs(x - cx)
		return y > 262 && y < 316 && d > 30-(y-262)*0.55 && d < 44-(y-262)*0.55 && d > 1
	})
	shape(p.skin, ellipse(cx, 166, 52, 64))
	shape(p.hair, func(x, y float64) bool { // fringe
		return ellipse(cx, 148, 58, 62)(x, y) && y < 128-18*math.Sin((x-cx+20)/40)
	})
	for _, side := range []float64{-1, 1} {
		shape(rgb(0x2B211C), ellipse(cx+side*20, 162, 4.2, 5))
		shape(p.hair, ellipse(cx+side*20, 148, 10, 2.4))
	}
	shape(p.shade, ellipse(cx, 180, 5, 7))
	shape(rgb(0x9B4A44), func(x, y float64) bool { // a calm smile
		return ellipse(cx, 196, 20, 13)(x, y) && !ellipse(cx, 191, 22, 13)(x, y)
	})
	draw.Draw(m, image.Rect(0, Height-40, Width, Height), image.NewUniform(p.floor), image.Point{}, draw.Src)
	return m, mask, write(m, p.label, 16, Height-13, 20, color.White)
}

func ellipse(cx, cy, rx, ry float64) func(x, y float64) bool {
	return func(x, y float64) bool {
		dx, dy := (x-cx)/rx, (y-cy)/ry
		return dx*dx+dy*dy < 1
	}
}

// coverage is how much of a pixel lies inside, by 3 × 3 samples.
func coverage(inside func(x, y float64) bool, x, y int) float64 {
	n := 0
	for i := range 9 {
		if inside(float64(x)+float64(i%3)/3+1/6.0, float64(y)+float64(i/3)/3+1/6.0) {
			n++
		}
	}
	return float64(n) / 9
}

func blend(a, b color.RGBA, t float64) color.RGBA {
	mix := func(x, y byte) byte { return byte(math.Round(float64(x) + (float64(y)-float64(x))*t)) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// write sets text with its baseline at y, in the product's typeface.
func write(m draw.Image, text string, x, y int, size float64, c color.Color) error {
	raw, err := assets.File("fonts/AtkinsonHyperlegible-Bold.ttf")
	if err != nil {
		return err
	}
	parsed, err := opentype.Parse(raw)
	if err != nil {
		return err
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		return err
	}
	defer face.Close()
	d := font.Drawer{Dst: m, Src: image.NewUniform(c), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(text)
	return nil
}

// glyph is one digit as luma, to be blended into a picture.
type glyph struct{ alpha *image.Alpha }

func drawDigits() (digits [10]glyph, err error) {
	for i := range digits {
		a := image.NewAlpha(image.Rect(0, 0, 18, 32))
		if err := write(a, string(rune('0'+i)), 1, 25, 26, color.Opaque); err != nil {
			return digits, err
		}
		digits[i] = glyph{a}
	}
	return digits, nil
}

// draw blends the digit in white over the picture's luma.
func (g glyph) draw(m *image.YCbCr, x0, y0 int) {
	b := g.alpha.Rect
	for y := range b.Dy() {
		line := m.Y[(y0+y)*m.YStride+x0:]
		for x := range b.Dx() {
			a := int(g.alpha.Pix[y*g.alpha.Stride+x])
			line[x] = byte((int(line[x])*(255-a) + 235*a) / 255)
		}
	}
}
