package lab

import (
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // photographs
	_ "image/png"  // pictures of the screen
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"regexp"
	"strings"

	"ekermed.example/ekermed/internal/devices/fake"
)

// ReadPicture decodes a PNG or JPEG.
func ReadPicture(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, _, err := image.Decode(f)
	return m, err
}

// FindStrip looks for the counter of a fake camera anywhere in a picture of a screen:
// a picture of 16:9 somewhere in it, at least a quarter of the screen wide.
func FindStrip(screen image.Image, look fake.Look) (uint16, bool) {
	b := screen.Bounds()
	rgba := image.NewRGBA(b)
	draw.Draw(rgba, b, screen, b.Min, draw.Src)
	for width := b.Dx(); width >= b.Dx()/4; width -= 4 {
		height := width * 9 / 16
		for y := b.Min.Y; y+height/18 < b.Max.Y; y += max(2, height/72) {
			for x := b.Min.X; x+width <= b.Max.X; x += max(2, width/128) {
				if !bright(rgba, x+width/64, y+height/36) || bright(rgba, x+width*3/64, y+height/36) {
					continue // the first cell is white, the second black
				}
				tile := rgba.SubImage(image.Rect(x, y, x+width, min(y+height, b.Max.Y)))
				if height > tile.Bounds().Dy() {
					continue
				}
				if l, n, ok := fake.ReadStrip(tile); ok && l == look {
					return n, true
				}
			}
		}
	}
	return 0, false
}

func bright(m *image.RGBA, x, y int) bool {
	if !(image.Pt(x, y).In(m.Rect)) {
		return false
	}
	c := m.RGBAAt(x, y)
	return int(c.R)+int(c.G)+int(c.B) > 3*128
}

var address = regexp.MustCompile(`https?://\S+/r/[0-9a-z]+`)

// LinkIn finds the patient's link in a mail, in its plain text part.
func LinkIn(r io.Reader) (string, error) {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return "", fmt.Errorf("reading the mail: %w", err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return "", fmt.Errorf("the mail is %q, not multipart: %w", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return "", errors.New("no link in the mail")
		}
		var body io.Reader = part
		if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
			body = quotedprintable.NewReader(part)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return "", err
		}
		if link := address.Find(text); link != nil && strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
			return string(link), nil
		}
	}
}
