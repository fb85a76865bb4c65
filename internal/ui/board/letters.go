package board

import (
	"image"
	"image/color"

	"ekermed.example/ekermed/internal/call/board"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// faces are a font in the sizes of one view.
type faces map[int]font.Face

// text writes a text within r. Letters that the font does not have come as boxes.
func (p *Painter) text(o *board.Object, r image.Rectangle, c color.RGBA) {
	rows, letters := o.Rows()
	face := p.faces[letters]
	if face == nil {
		size := float64(letters) / board.Hundredths * p.view.Scale
		var err error
		if face, err = opentype.NewFace(p.font, &opentype.FaceOptions{Size: min(max(size, 1), 2000), DPI: 72, Hinting: font.HintingNone}); err != nil {
			return // the options are ours and fit
		}
		p.faces[letters] = face
	}
	dst, ok := p.picture.SubImage(r).(*image.RGBA)
	if !ok {
		return // it is always one
	}
	for _, row := range rows {
		x, y := p.view.pixel(row.Place)
		d := font.Drawer{Dst: dst, Src: image.NewUniform(c), Face: face, Dot: fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6(y * 64)}}
		d.DrawString(row.Text)
	}
}
