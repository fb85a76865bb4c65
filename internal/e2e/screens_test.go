package e2e

import (
	"encoding/base64"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"image"

	"ekermed.example/ekermed/internal/devices/fake"
	"ekermed.example/ekermed/internal/e2e/lab"
)

// shared is the number in the picture that a page of the lab shows as its screen.
const shared = 0xbeef

// screens: each shows its screen, and both others see it.
func screens(c *together) {
	// The desktop shows its display.
	must(c.T, c.Display.Key("ctrl+s"))
	must(c.T, c.Desktop.Reach(c.ctx, c.Display, "Tab", "Écran 1"))
	must(c.T, c.Display.Key("space"))
	_, err := c.Desktop.Wait(c.ctx, "sharing", 20*time.Second, func(s lab.Status) bool { return s.Together.Sharing })
	must(c.T, err)
	for _, b := range c.pages {
		c.shows(b, "a screen on "+b.Engine, `(() => { const v = document.querySelector("video[data-screen]"); return !!v && v.videoWidth === 1280 && v.videoHeight === 800; })()`)
		var score float64
		must(c.T, lab.Until(c.ctx, "the clinician's display on "+b.Engine, 20*time.Second, func() bool {
			score = correlation(c.display(), c.watched(b))
			return score > 0.95
		}))
		c.Logf("%s shows the clinician's display: correlation %.3f", b.Engine, score)
	}
	must(c.T, c.Display.Key("ctrl+s"))
	_, err = c.Desktop.Wait(c.ctx, "no longer sharing", 20*time.Second, func(s lab.Status) bool { return !s.Together.Sharing })
	must(c.T, err)
	// Each page shows its own.
	for i, b := range c.pages {
		other := c.pages[1-i]
		c.shows(b, "nobody's screen", `!document.querySelector("video[data-screen]:not([data-screen=''])")`)
		must(c.T, b.Click("Partager"))
		_, err := c.Desktop.Wait(c.ctx, "the screen of "+b.Engine, 30*time.Second, func(s lab.Status) bool {
			return s.Together.Screen.Width == 1280 && s.Together.Screen.Height == 720 && s.Together.Screen.FramesShown > 2
		})
		must(c.T, err)
		must(c.T, lab.Until(c.ctx, "its number on the clinician's display", 20*time.Second, func() bool {
			n, ok := lab.FindStrip(c.display(), fake.Patient)
			return ok && n == shared
		}))
		v, err := other.Do("strip", map[string]any{"selector": "video[data-screen]"})
		must(c.T, err)
		if want := `"n":48879`; !strings.Contains(string(v), want) {
			c.Errorf("%s sees %s of the screen of %s, not %s", other.Engine, v, b.Engine, want)
		}
		must(c.T, b.Click("Arrêter"))
		_, err = c.Desktop.Wait(c.ctx, "no screen", 20*time.Second, func(s lab.Status) bool { return s.Together.Screen.Width == 0 })
		must(c.T, err)
	}
}

// display is a picture of the clinician's.
func (c *together) display() image.Image {
	path := filepath.Join(c.Dir, "display.png")
	must(c.T, c.Display.Picture(path))
	m, err := lab.ReadPicture(path)
	must(c.T, err)
	return m
}

// watched is the screen that a page shows of somebody else.
func (c *together) watched(b *lab.Browser) image.Image {
	var url string
	c.js(b, `(() => { const v = document.querySelector("video[data-screen]"), c = document.createElement("canvas"); c.width = v.videoWidth; c.height = v.videoHeight; c.getContext("2d").drawImage(v, 0, 0); return c.toDataURL("image/png"); })()`, &url)
	m, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(strings.TrimPrefix(url, "data:image/png;base64,"))))
	must(c.T, err)
	if dir := os.Getenv("E2E_PICTURES"); dir != "" {
		f, err := os.Create(filepath.Join(dir, "screen-"+b.Engine+".png"))
		must(c.T, err)
		must(c.T, png.Encode(f, m))
		must(c.T, f.Close())
	}
	return m
}

// correlation is Pearson's, over the brightness of every eighth pixel each way; 0 for
// pictures of two sizes.
func correlation(a, b image.Image) float64 {
	if a.Bounds().Size() != b.Bounds().Size() {
		return 0
	}
	var n, sa, sb, saa, sbb, sab float64
	for y := 0; y < a.Bounds().Dy(); y += 8 {
		for x := 0; x < a.Bounds().Dx(); x += 8 {
			p, q := bright(a, x, y), bright(b, x, y)
			n, sa, sb, saa, sbb, sab = n+1, sa+p, sb+q, saa+p*p, sbb+q*q, sab+p*q
		}
	}
	return (n*sab - sa*sb) / math.Sqrt((n*saa-sa*sa)*(n*sbb-sb*sb))
}

func bright(m image.Image, x, y int) float64 {
	r, g, b, _ := m.At(m.Bounds().Min.X+x, m.Bounds().Min.Y+y).RGBA()
	return 0.299*float64(r) + 0.587*float64(g) + 0.114*float64(b)
}
