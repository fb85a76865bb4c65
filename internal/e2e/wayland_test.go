package e2e

import (
	"image"
	"image/color"
	"image/draw"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/devices/screen/waylandtest"
	"ekermed.example/ekermed/internal/e2e/lab"
)

// Under Wayland the desktop program shows what its system's portal gives: the pages see the
// monitor of a real compositor, what changes there, and that it is over when that ends.
func TestWayland(t *testing.T) {
	size := image.Pt(1280, 720)
	wayland := waylandtest.Start(t, size, waylandtest.Takes)
	before, after := blocks(size, 0), blocks(size, 1)
	c := &together{T: t, Scene: newScene(t), ctx: t.Context()}
	defer c.failed("wayland")
	// Its window stays on the lab's X display, where keys can be pressed.
	c.Places = map[string]lab.Place{"desktop": {Env: []string{"WAYLAND_DISPLAY=" + wayland.Display()}, Bus: wayland.Bus()}}
	c.gather([]string{"companion:Lou Kermadec:lou@example.org"}, "chromium")
	page := c.pages[0]
	sees := func(m image.Image) {
		t.Helper()
		var score float64
		wayland.ShowUntil("the clinician's monitor on the page", m, func() bool {
			score = correlation(m, c.watched(page))
			return score > 0.9 // of another picture it is below a half
		})
		t.Logf("the page shows the monitor: correlation %.3f", score)
	}
	must(t, c.Display.Key("ctrl+s")) // the portal asks, and nobody else
	_, err := c.Desktop.Wait(c.ctx, "sharing", 20*time.Second, func(s lab.Status) bool { return s.Together.Sharing })
	must(t, err)
	wayland.ShowUntil("a screen on the page", before, func() bool {
		var yes bool
		c.js(page, `(() => { const v = document.querySelector("video[data-screen]"); return !!v && v.videoWidth === 1280 && v.videoHeight === 720; })()`, &yes)
		return yes
	})
	sees(before)
	sees(after)
	wayland.Quit()
	_, err = c.Desktop.Wait(c.ctx, "no longer sharing", 20*time.Second, func(s lab.Status) bool { return !s.Together.Sharing })
	must(t, err)
	c.shows(page, "nobody's screen", `!document.querySelector("video[data-screen]:not([data-screen=''])")`)
}

// blocks is a picture of light and dark blocks, unlike for each kind.
func blocks(size image.Point, kind int) image.Image {
	m := image.NewRGBA(image.Rectangle{Max: size})
	for i := range 16 * 9 {
		at := image.Pt(i%16*size.X/16, i/16*size.Y/9)
		shade := uint8((i*i + 5*i + kind*(3*i+7)*i) % 13 * 19)
		draw.Draw(m, image.Rectangle{Min: at, Max: at.Add(image.Pt(size.X/16, size.Y/9))}, image.NewUniform(color.RGBA{shade, 255 - shade/2, shade / 3, 255}), image.Point{}, draw.Src)
	}
	return m
}
