package video

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func black() color.Color { return color.NRGBA{A: 0xff} }

func filled(w, h int, c color.RGBA) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(m.Pix); i += 4 {
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = c.R, c.G, c.B, c.A
	}
	return m
}

// A wide picture on a square stage: bars of the stage above and below.
func TestLetterbox(t *testing.T) {
	test.NewTempApp(t)
	v := New(black, 0, "Camille Moreau")
	w := test.NewTempWindow(t, v)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(160, 160))
	v.Draw(filled(320, 160, color.RGBA{R: 0xff, A: 0xff}), 1)
	shot := w.Canvas().Capture()
	for _, c := range []struct {
		y   int
		red bool
	}{{20, false}, {80, true}, {140, false}} {
		if r, _, _, _ := shot.At(80, c.y).RGBA(); (r > 0x8000) != c.red {
			t.Errorf("at y %d the picture shows: %v", c.y, r > 0x8000)
		}
	}
}

func TestDraw(t *testing.T) {
	test.NewTempApp(t)
	v := New(black, 8, "")
	if v.Shown() || v.Aspect() != 16.0/9 {
		t.Error("an empty view shows something")
	}
	if !v.Draw(filled(4, 3, color.RGBA{A: 0xff}), 1) || !v.Shown() || v.Aspect() != 4.0/3 {
		t.Error("the first frame does not show")
	}
	first := v.frame
	if v.Draw(filled(8, 3, color.RGBA{A: 0xff}), 1) || v.frame != first {
		t.Error("a frame with the same number was drawn")
	}
	if v.Draw(filled(4, 3, color.RGBA{A: 0xff}), 2) || v.frame == first {
		t.Error("the second frame does not show, or counts as another shape")
	}
	if v.Draw(filled(8, 8, color.RGBA{A: 0xff}).SubImage(image.Rect(2, 2, 6, 6)).(*image.RGBA), 3) || v.seq != 2 {
		t.Error("a frame that is not tight was taken")
	}
	if !v.Draw(nil, 0) || v.Shown() || v.Clear() {
		t.Error("the picture does not go")
	}
}

func BenchmarkDraw720(b *testing.B) {
	a := test.NewApp()
	b.Cleanup(a.Quit)
	v := New(black, 0, "")
	w := test.NewWindow(v)
	w.Resize(fyne.NewSize(1280, 720))
	frames := []*image.RGBA{filled(1280, 720, color.RGBA{R: 1, A: 0xff}), filled(1280, 720, color.RGBA{R: 2, A: 0xff})}
	b.ReportAllocs()
	seq := uint64(0)
	for b.Loop() {
		seq++
		v.Draw(frames[seq%2], seq)
	}
}
