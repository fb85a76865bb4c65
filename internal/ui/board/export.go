package board

import (
	"bytes"
	"image"
	"image/png"

	"ekermed.example/ekermed/internal/call/board"
)

// exportScale is how many pixels of an exported picture a unit has.
const exportScale = 2

// PNG is the whole page as a picture of 3200 by 1800 pixels. ground is the content of the
// ground, or nil.
func PNG(b *board.Board, ttf []byte, ground image.Image) ([]byte, error) {
	p, err := NewPainter(ttf)
	if err != nil {
		return nil, err
	}
	p.SetGround(ground)
	p.Show(image.Pt(board.Width*exportScale, board.Height*exportScale), View{Scale: exportScale})
	picture, _ := p.Paint(b)
	var out bytes.Buffer
	err = png.Encode(&out, picture)
	return out.Bytes(), err
}

// SVG is the whole page as SVG, with its ground in it.
func SVG(b *board.Board, ground image.Image) ([]byte, error) {
	var picture []byte
	if ground != nil && b.Ground() != nil {
		var out bytes.Buffer
		if err := png.Encode(&out, ground); err != nil {
			return nil, err
		}
		picture = out.Bytes()
	}
	return []byte(b.SVG(picture)), nil
}
