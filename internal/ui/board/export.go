package board

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"

	"ekermed.example/ekermed/internal/call/board"
	xdraw "golang.org/x/image/draw"
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

// Limits of a picture that is to lie under a drawing.
const (
	maxPictureBytes = 20 << 20
	maxPixels       = 40 << 20
	// A larger picture is made smaller when it is read: no screen shows more of it.
	maxKept = 3200
)

// ErrPicture says why a file cannot lie under the drawing: it is no PNG or JPEG picture, it
// is damaged, or it is too large.
type ErrPicture struct{ Why string }

func (e ErrPicture) Error() string { return "the picture cannot be used: " + e.Why }

// Picture reads the content of a ground: PNG or JPEG. file is the id that the file goes by.
// The image is small enough to be painted; the ground tells the size it had.
func Picture(file string, content []byte) (board.Ground, image.Image, error) {
	if len(content) > maxPictureBytes {
		return board.Ground{}, nil, ErrPicture{fmt.Sprintf("more than %d bytes", maxPictureBytes)}
	}
	config, decode := png.DecodeConfig, png.Decode
	if !bytes.HasPrefix(content, []byte("\x89PNG")) {
		config, decode = jpeg.DecodeConfig, jpeg.Decode
	}
	size, err := config(bytes.NewReader(content))
	if err != nil {
		return board.Ground{}, nil, ErrPicture{"neither PNG nor JPEG"}
	}
	// Before anything is decoded: a small file may claim to be a huge picture.
	if size.Width < 1 || size.Height < 1 || size.Width > board.MaxGround || size.Height > board.MaxGround || size.Width*size.Height > maxPixels {
		return board.Ground{}, nil, ErrPicture{"too many pixels"}
	}
	m, err := decode(bytes.NewReader(content))
	if err != nil {
		return board.Ground{}, nil, ErrPicture{"damaged"}
	}
	sum := sha256.Sum256(content)
	return board.Ground{File: file, Width: size.Width, Height: size.Height, SHA: hex.EncodeToString(sum[:])}, shrink(m), nil
}

// Matches tells whether content is what the ground refers to: it came from somebody else.
func Matches(g board.Ground, content []byte) bool {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]) == g.SHA
}

func shrink(m image.Image) image.Image {
	size := m.Bounds().Size()
	if longest := max(size.X, size.Y); longest > maxKept {
		size = image.Pt(max(1, size.X*maxKept/longest), max(1, size.Y*maxKept/longest))
	}
	kept := image.NewRGBA(image.Rectangle{Max: size})
	if size == m.Bounds().Size() {
		draw.Draw(kept, kept.Rect, m, m.Bounds().Min, draw.Src)
	} else {
		xdraw.ApproxBiLinear.Scale(kept, kept.Rect, m, m.Bounds(), xdraw.Src, nil)
	}
	return kept
}
