package lens_test

import (
	"image"
	"image/color"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/pointing"
	"ekermed.example/ekermed/internal/ui"
	"ekermed.example/ekermed/internal/ui/lens"
)

// Fingers are seen where they point, also when the picture is larger; names stay in the box.
func TestDots(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(ui.NewTheme(call.Settings{TextScale: 1}))
	l := lens.New(lens.Options{Now: time.Now})
	window := test.NewTempWindow(t, l)
	window.SetPadded(false)
	window.Resize(fyne.NewSize(800, 450))
	m := image.NewRGBA(image.Rect(0, 0, 1600, 900))
	for y := range 900 {
		for x := range 1600 {
			c := color.RGBA{0xff, 0xff, 0xff, 0xff}
			if x < 800 && y < 450 {
				c = color.RGBA{0x20, 0x40, 0x80, 0xff} // its upper left quarter
			}
			m.SetRGBA(x, y, c)
		}
	}
	l.Draw(m, 1)
	l.Mark([]lens.Dot{{At: pointing.Place{X: 10000, Y: 10000}, Name: "Camille Moreau"}, {At: pointing.Place{X: 2500, Y: 2500}, Name: "Vous"}})
	var seen image.Image
	red := func(x, y int) bool {
		r, g, b, _ := seen.At(x, y).RGBA()
		return r>>8 > 0x90 && g>>8 < 0x40 && b>>8 < 0x60
	}
	seen = window.Canvas().Capture()
	if !red(200+11, 112) || red(400, 225) {
		t.Error("no ring around the place")
	}
	if !red(800-17-8, 450-20) {
		t.Error("the name is not beside its finger, in the box")
	}
	l.DoubleTapped(&fyne.PointEvent{Position: fyne.NewPos(0, 0)})
	seen = window.Canvas().Capture()
	if !red(400+11, 225) || red(200+11, 112) {
		t.Error("the finger does not go with the picture")
	}
	if r, g, _, _ := seen.At(790, 10).RGBA(); r>>8 != 0x20 || g>>8 != 0x40 {
		t.Error("the upper left quarter does not fill the box")
	}
}
