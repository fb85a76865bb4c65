package e2e

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// whiteboard: each draws, and what the three programs save is the same picture.
func whiteboard(c *together) {
	must(c.T, c.Display.Key("ctrl+b"))
	for _, b := range c.pages {
		c.press(b, "[data-action=chat-close]")
		c.press(b, "[data-action=board]")
	}
	// The desktop draws a rectangle with the keyboard, and the pages with the pointer.
	must(c.T, c.Desktop.Reach(c.ctx, c.Display, "Tab", "Rectangle"))
	must(c.T, c.Display.Key("space"))
	must(c.T, c.Desktop.Reach(c.ctx, c.Display, "shift+Tab", "Tableau à dessiner"))
	must(c.T, c.Display.Key("Left", "Left", "space", "Right", "Right", "Right", "Down", "Down", "space"))
	_, err := c.pages[0].Do("drag", map[string]any{"selector": ".board-stage canvas", "points": [][2]float64{{0.2, 0.3}, {0.3, 0.4}, {0.25, 0.5}}})
	must(c.T, err)
	must(c.T, c.pages[1].Click("Outils"))
	must(c.T, c.pages[1].Click("Ellipse"))
	_, err = c.pages[1].Do("drag", map[string]any{"selector": ".board-stage canvas", "points": [][2]float64{{0.6, 0.3}, {0.8, 0.5}}})
	must(c.T, err)

	saved := filepath.Join(c.Dir, "tableau-desktop.png")
	exports := func() (all []image.Image) {
		_ = os.Remove(saved)
		must(c.T, c.Display.Choose(saved))
		must(c.T, c.Desktop.Reach(c.ctx, c.Display, "Tab", "Enregistrer en PNG"))
		must(c.T, c.Display.Key("space"))
		paths := []string{saved}
		for _, b := range c.pages {
			path := filepath.Join(b.Downloads, "tableau.png")
			_ = os.Remove(path)
			c.press(b, "[data-opens=more][aria-expanded=false]")
			must(c.T, b.Click("Enregistrer en PNG"))
			paths = append(paths, path)
		}
		for _, path := range paths {
			var m image.Image
			must(c.T, lab.Until(c.ctx, path, 20*time.Second, func() bool {
				var err error
				m, err = lab.ReadPicture(path)
				return err == nil
			}))
			all = append(all, m)
		}
		return all
	}
	var all []image.Image
	must(c.T, lab.Until(c.ctx, "the same three drawings everywhere", 40*time.Second, func() bool {
		all = exports()
		return likeness(all[0], all[1]) < 0.002 && likeness(all[0], all[2]) < 0.002 && ink(all[0]) > 0.002
	}))
	c.Logf("of the desktop's board %.2f %% is drawn; %.3f %% of its pixels are others in Chromium, %.3f %% in Firefox", 100*ink(all[0]), 100*likeness(all[0], all[1]), 100*likeness(all[0], all[2]))
	for name, at := range map[string]image.Rectangle{"the first page's line": image.Rect(500, 400, 1200, 1000), "the second page's ellipse": image.Rect(1700, 300, 2800, 1200), "the desktop's rectangle": image.Rect(1300, 700, 2100, 1300)} {
		if part := all[0].(interface {
			SubImage(image.Rectangle) image.Image
		}).SubImage(at); ink(part) == 0 {
			c.Errorf("%s is not on the board", name)
		}
	}
	c.grounds(exports)
	must(c.T, c.Display.Key("ctrl+b"))
	for _, b := range c.pages {
		c.press(b, "[data-action=board-close]")
	}
}

// grounds: a page, and then the desktop, lays a picture under the drawing, and all save the same.
func (c *together) grounds(exports func() []image.Image) {
	lies := func(by string, want color.Color) {
		c.Helper()
		must(c.T, lab.Until(c.ctx, by+"'s picture on every board", 60*time.Second, func() bool {
			all := exports()
			for _, m := range all {
				if !near(m.At(300, 1500), want) {
					return false
				}
			}
			return likeness(all[0], all[1]) < 0.002 && likeness(all[0], all[2]) < 0.002
		}))
		c.Logf("%s's picture is on every board", by)
	}
	_, err := c.pages[0].Do("choose", map[string]any{"selector": ".easel input[type=file]", "paths": []string{c.plain("fond-page.png", color.RGBA{0xa0, 0xd0, 0xff, 0xff})}})
	must(c.T, err)
	lies("the page", color.RGBA{0xa0, 0xd0, 0xff, 0xff})
	chooses := func(path string) {
		c.Helper()
		must(c.T, c.Display.Choose(path))
		must(c.T, c.Desktop.Reach(c.ctx, c.Display, "Tab", "Image ou PDF en fond"))
		must(c.T, c.Display.Key("space"))
		must(c.T, c.Display.Chosen(c.ctx))
	}
	chooses(c.plain("fond-poste.png", color.RGBA{0xff, 0xe0, 0xa0, 0xff}))
	lies("the desktop", color.RGBA{0xff, 0xe0, 0xa0, 0xff})
	_, err = c.pages[0].Do("choose", map[string]any{"selector": ".easel input[type=file]", "paths": []string{c.sheet("lettre-page.pdf", "0.6 0.9 0.6")}})
	must(c.T, err)
	lies("the page's PDF", color.RGBA{0x99, 0xe6, 0x99, 0xff})
	chooses(c.sheet("lettre-poste.pdf", "0.9 0.8 1"))
	lies("the desktop's PDF", color.RGBA{0xe6, 0xcc, 0xff, 0xff})
}

// sheet is a PDF with one page of one colour, in parts of red, green and blue.
func (c *together) sheet(name, of string) (path string) {
	c.Helper()
	draws := of + " rg 0 0 800 450 re f"
	path = filepath.Join(c.Dir, name)
	must(c.T, os.WriteFile(path, fmt.Appendf(nil, `%%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Count 1 /Kids [3 0 R] >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 800 450] /Contents 4 0 R >> endobj
4 0 obj << /Length %d >> stream
%s
endstream endobj
trailer << /Root 1 0 R >>
`, len(draws), draws), 0o600))
	return path
}

// plain is a picture of one colour.
func (c *together) plain(name string, of color.Color) (path string) {
	c.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 640, 360))
	draw.Draw(m, m.Rect, image.NewUniform(of), image.Point{}, draw.Src)
	path = filepath.Join(c.Dir, name)
	f, err := os.Create(path)
	must(c.T, err)
	must(c.T, errors.Join(png.Encode(f, m), f.Close()))
	return path
}

func near(a, b color.Color) bool {
	r0, g0, b0, _ := a.RGBA()
	r1, g1, b1, _ := b.RGBA()
	off := func(p, q uint32) bool { return max(p, q)-min(p, q) > 0x0a00 }
	return !off(r0, r1) && !off(g0, g1) && !off(b0, b1)
}

// likeness is the share of pixels that differ by more than a fifth; 1 for another size.
func likeness(a, b image.Image) float64 {
	if a.Bounds().Size() != b.Bounds().Size() {
		return 1
	}
	far := 0
	r := a.Bounds()
	for y := range r.Dy() {
		for x := range r.Dx() {
			if differ(a, b, x, y) {
				far++
			}
		}
	}
	return float64(far) / float64(r.Dx()*r.Dy())
}

func differ(a, b image.Image, x, y int) bool {
	const fifth = 0x3333
	r0, g0, b0, _ := a.At(a.Bounds().Min.X+x, a.Bounds().Min.Y+y).RGBA()
	r1, g1, b1, _ := b.At(b.Bounds().Min.X+x, b.Bounds().Min.Y+y).RGBA()
	off := func(p, q uint32) bool { return max(p, q)-min(p, q) > fifth }
	return off(r0, r1) || off(g0, g1) || off(b0, b1)
}

// ink is the share of pixels that are not white.
func ink(m image.Image) float64 {
	drawn := 0
	r := m.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if r, g, b, _ := m.At(x, y).RGBA(); r < 0xcccc || g < 0xcccc || b < 0xcccc {
				drawn++
			}
		}
	}
	return float64(drawn) / float64(r.Dx()*r.Dy())
}
