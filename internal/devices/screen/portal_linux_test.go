package screen

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"testing"

	"ekermed.example/ekermed/internal/devices/screen/waylandtest"
)

// quarters is a picture that tells its corners and its colours apart.
func quarters(size image.Point, colours [4]color.RGBA) *image.RGBA {
	m := image.NewRGBA(image.Rectangle{Max: size})
	for i, c := range colours {
		at := image.Pt(i%2*size.X/2, i/2*size.Y/2)
		draw.Draw(m, image.Rectangle{Min: at, Max: at.Add(size.Div(2))}, image.NewUniform(c), image.Point{}, draw.Src)
	}
	return m
}

// same tells whether a capture shows a picture, to the pixel.
func same(t *testing.T, c Capture, want *image.RGBA) bool {
	t.Helper()
	pix, size, err := c.Read()
	if err != nil {
		t.Fatal(err)
	}
	if size != want.Rect.Size() {
		return false
	}
	if len(pix) != 4*size.X*size.Y {
		t.Fatalf("%d bytes of %v", len(pix), size)
	}
	for i := 0; i < len(pix); i += 4 {
		if pix[i] != want.Pix[i+2] || pix[i+1] != want.Pix[i+1] || pix[i+2] != want.Pix[i] {
			return false
		}
	}
	return true
}

func opened(t *testing.T) Capture {
	t.Helper()
	all, err := Sources(t.Context())
	if err != nil || len(all) != 1 || !all[0].Asks {
		t.Fatalf("%+v %v", all, err)
	}
	c, err := Open(t.Context(), all[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var (
	red, green, blue, grey = color.RGBA{200, 10, 20, 255}, color.RGBA{10, 180, 30, 255}, color.RGBA{20, 30, 220, 255}, color.RGBA{90, 91, 92, 255}
)

func TestPortal(t *testing.T) {
	small, large := image.Pt(642, 400), image.Pt(1024, 768)
	d := waylandtest.Start(t, small, waylandtest.Takes).Enter()
	one := quarters(small, [4]color.RGBA{red, green, blue, grey})
	c := opened(t)
	defer c.Close()
	d.ShowUntil("the picture", one, func() bool { return same(t, c, one) })
	first, _, _ := c.Read()
	again, _, _ := c.Read()
	if !bytes.Equal(first, again) {
		t.Error("a still picture changed")
	}
	two := quarters(small, [4]color.RGBA{grey, blue, red, green})
	d.ShowUntil("another picture", two, func() bool { return same(t, c, two) })
	three := quarters(large, [4]color.RGBA{blue, grey, green, red})
	d.Resize(large)
	d.ShowUntil("another size", three, func() bool { return same(t, c, three) })
	d.Quit()
	until(t, "the end", func() bool { _, _, err := c.Read(); return errors.Is(err, ErrGone) })
}

func TestPortalRefused(t *testing.T) {
	waylandtest.Start(t, image.Pt(320, 200), waylandtest.Refuses).Enter()
	if _, err := Open(t.Context(), asked); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
}

func TestPortalPutAway(t *testing.T) {
	d := waylandtest.Start(t, image.Pt(320, 200), waylandtest.Thinks).Enter()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := Open(ctx, asked)
		done <- err
	}()
	d.Asked()
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
