// Package board paints the whiteboard of package call/board and lets a person draw on it.
package board

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"

	"ekermed.example/ekermed/internal/call/board"
	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font/sfnt"
)

// View is how the page lies in the picture: a unit is Scale pixels, and the page's upper
// left corner is at X, Y, in pixels.
type View struct{ Scale, X, Y float64 }

// Fit is the view in which the whole page fills a picture, in its middle.
func Fit(size image.Point) View {
	scale := min(float64(size.X)/board.Width, float64(size.Y)/board.Height)
	return View{scale, (float64(size.X) - scale*board.Width) / 2, (float64(size.Y) - scale*board.Height) / 2}
}

// Page is a position of the picture in units of the page.
func (v View) Page(x, y float64) (float64, float64) { return (x - v.X) / v.Scale, (y - v.Y) / v.Scale }

// pixel is a position in hundredths of a unit in pixels.
func (v View) pixel(p board.Place) (x, y float64) {
	return float64(p.X)/board.Hundredths*v.Scale + v.X, float64(p.Y)/board.Hundredths*v.Scale + v.Y
}

// rect is a part of the page in whole pixels, with everything that it touches.
func (v View) rect(b board.Box) image.Rectangle {
	const per = board.Tenths
	return image.Rect(
		int(math.Floor(float64(b.Left)/per*v.Scale+v.X))-1, int(math.Floor(float64(b.Top)/per*v.Scale+v.Y))-1,
		int(math.Ceil(float64(b.Right)/per*v.Scale+v.X))+1, int(math.Ceil(float64(b.Bottom)/per*v.Scale+v.Y))+1)
}

// Painter keeps a picture of a board, and paints again only what has changed.
type Painter struct {
	// Around is the colour beside the page.
	Around color.Color

	font    *sfnt.Font
	faces   faces
	view    View
	picture *image.RGBA
	base    *image.RGBA // page and ground, without the drawing
	ground  image.Image
	draft   *board.Object
	moved   []board.Box // where drafts were since the last time
	version uint64
	stale   bool
	outline outline
}

// NewPainter paints with a TrueType or OpenType font.
func NewPainter(ttf []byte) (*Painter, error) {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		return nil, err
	}
	return &Painter{Around: color.White, font: f, faces: faces{}, stale: true}, nil
}

// Show sets size and view of the picture.
func (p *Painter) Show(size image.Point, v View) {
	if p.picture != nil && p.picture.Rect.Size() == size && p.view == v {
		return
	}
	if p.picture == nil || p.picture.Rect.Size() != size {
		p.picture = image.NewRGBA(image.Rectangle{Max: size})
		p.base = image.NewRGBA(image.Rectangle{Max: size})
	}
	p.view, p.stale = v, true
	p.faces = faces{}
}

// View is the view that Show set.
func (p *Painter) View() View { return p.view }

// SetGround gives the ground's content, once it is here; nil for none.
func (p *Painter) SetGround(m image.Image) { p.ground, p.stale = m, true }

// Draft shows one more object above all others, until another one; nil for none.
func (p *Painter) Draft(o *board.Object) {
	for _, d := range []*board.Object{p.draft, o} {
		if d != nil {
			p.moved = append(p.moved, d.Box())
		}
	}
	p.draft = o
}

// Paint brings the picture up to date with the board. The picture is the painter's own and
// changes with the next Paint; changed is empty when there was nothing to do.
func (p *Painter) Paint(b *board.Board) (picture *image.RGBA, changed image.Rectangle) {
	if p.picture == nil {
		return nil, changed
	}
	parts, all := b.Changes(p.version)
	p.version = b.Version()
	parts = append(slices.Clone(parts), p.moved...)
	p.moved = p.moved[:0]
	if all || p.stale {
		p.stale = false
		p.layBase(b.Ground())
		p.part(b, p.picture.Rect)
		return p.picture, p.picture.Rect
	}
	for _, r := range p.merge(parts) {
		p.part(b, r)
		changed = changed.Union(r)
	}
	return p.picture, changed
}

// merge makes rectangles of pixels that do not overlap, so that nothing is painted twice.
func (p *Painter) merge(parts []board.Box) []image.Rectangle {
	var list []image.Rectangle
	for _, part := range parts {
		r := p.view.rect(part).Intersect(p.picture.Rect)
		for i := 0; i < len(list) && !r.Empty(); i++ {
			if list[i].Overlaps(r) || len(list) > 16 {
				r = r.Union(list[i])
				list = append(list[:i], list[i+1:]...)
				i = -1
			}
		}
		if !r.Empty() {
			list = append(list, r)
		}
	}
	return list
}

// layBase paints the page and its ground.
func (p *Painter) layBase(g *board.Ground) {
	draw.Draw(p.base, p.base.Rect, image.NewUniform(p.Around), image.Point{}, draw.Src)
	draw.Draw(p.base, p.page(), image.White, image.Point{}, draw.Src)
	if g == nil || p.ground == nil {
		return
	}
	at := g.Place()
	x0, y0 := p.view.pixel(board.Place{X: at.Left * 10, Y: at.Top * 10})
	x1, y1 := p.view.pixel(board.Place{X: at.Right * 10, Y: at.Bottom * 10})
	to := image.Rect(int(math.Round(x0)), int(math.Round(y0)), int(math.Round(x1)), int(math.Round(y1)))
	xdraw.ApproxBiLinear.Scale(p.base, to, p.ground, p.ground.Bounds(), xdraw.Over, nil)
}

// page is where the page lies in the picture.
func (p *Painter) page() image.Rectangle {
	x0, y0 := p.view.pixel(board.Place{})
	x1, y1 := p.view.pixel(board.Place{X: board.Width * board.Hundredths, Y: board.Height * board.Hundredths})
	return image.Rect(int(math.Round(x0)), int(math.Round(y0)), int(math.Round(x1)), int(math.Round(y1))).Intersect(p.base.Rect)
}

// part paints everything that lies in r, and nothing outside of it.
func (p *Painter) part(b *board.Board, r image.Rectangle) {
	draw.Draw(p.picture, r, p.base, r.Min, draw.Src)
	r = r.Intersect(p.page())
	if r.Empty() {
		return
	}
	one := func(o *board.Object) bool {
		box := p.view.rect(o.Box())
		if at := box.Intersect(r); !at.Empty() {
			p.object(o, at, box.Size())
		}
		return true
	}
	b.Visible(one)
	if p.draft != nil {
		one(p.draft)
	}
}

// object paints one object of a size within r.
func (p *Painter) object(o *board.Object, r image.Rectangle, size image.Point) {
	ink := board.Palette()[o.Style.Colour]
	if o.Kind == board.Text {
		p.text(o, r, rgb(ink.Line))
		return
	}
	p.outline.begin(p.view, r, size)
	for _, s := range o.Strokes() {
		p.outline.stroke(s)
	}
	if o.Kind == board.Highlighter {
		p.outline.multiply(p.picture, rgb(ink.High))
	} else {
		p.outline.fill(p.picture, rgb(ink.Line))
	}
}

func rgb(c uint32) color.RGBA { return color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 0xff} }
