package e2e

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// made writes a file of random content, and answers its hash.
func (c *together) made(name string, size int) (path string, sum [32]byte) {
	c.Helper()
	content := make([]byte, size)
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], uint64(size))
	_, err := rand.NewChaCha8(seed).Read(content)
	must(c.T, err)
	path = filepath.Join(c.Dir, name)
	must(c.T, os.WriteFile(path, content, 0o600))
	return path, sha256.Sum256(content)
}

// same waits for a file with this content.
func (c *together) same(path string, sum [32]byte) {
	c.Helper()
	var got []byte
	must(c.T, lab.Until(c.ctx, "the whole of "+path, 30*time.Second, func() bool {
		got, _ = os.ReadFile(path)
		return sha256.Sum256(got) == sum
	}))
}

// keeps takes and saves a file on a page.
func (c *together) keeps(b *lab.Browser, name string, sum [32]byte) {
	c.Helper()
	must(c.T, b.Click("Recevoir\u00a0: "+name))
	must(c.T, b.Click("Enregistrer\u00a0: "+name))
	c.same(filepath.Join(b.Downloads, name), sum)
}

// files: what each sends has the same hash on the disks of both others.
func files(c *together) {
	for _, b := range c.pages {
		c.opens(b, "#tab-files")
	}
	path, sum := c.made("examen.bin", 3_000_000)
	must(c.T, c.Display.Choose(path))
	must(c.T, c.Display.Key("ctrl+j"))
	must(c.T, c.Desktop.Reach(c.ctx, c.Display, "Tab", "Envoyer un fichier"))
	must(c.T, c.Display.Key("Return"))
	for _, b := range c.pages {
		c.keeps(b, "examen.bin", sum)
	}
	_, err := c.Desktop.Wait(c.ctx, "both have it", 20*time.Second, func(s lab.Status) bool { return s.Together.Given == 1 })
	must(c.T, err)
	for i, b := range c.pages {
		name := fmt.Sprintf("page-%d.bin", i)
		path, sum := c.made(name, 200_000+i)
		_, err := b.Do("choose", map[string]any{"selector": "[data-control=files]", "paths": []string{path}})
		must(c.T, err)
		c.keeps(c.pages[1-i], name, sum)
		_, err = c.Desktop.Wait(c.ctx, "the offer", 20*time.Second, func(s lab.Status) bool { return s.Together.Files == i+2 })
		must(c.T, err)
		must(c.T, c.Desktop.Reach(c.ctx, c.Display, "shift+Tab", "Recevoir\u00a0: "+name))
		must(c.T, c.Display.Key("Return"))
		c.same(filepath.Join(c.Display.Downloads(), name), sum)
		_, err = c.Desktop.Wait(c.ctx, "received", 20*time.Second, func(s lab.Status) bool { return s.Together.Received == i+1 })
		must(c.T, err)
	}
	must(c.T, c.Display.Key("ctrl+j"))
}

// opens shows a tab of a page's panel.
func (c *together) opens(b *lab.Browser, tab string) {
	c.Helper()
	c.press(b, "[data-action=chat][aria-expanded=false]")
	c.press(b, tab)
}

// press clicks what a selector finds, if it finds anything.
func (c *together) press(b *lab.Browser, selector string) {
	c.Helper()
	var done bool
	c.js(b, `(() => { const e = document.querySelector(`+"`"+selector+"`"+`); if (e) e.click(); return true; })()`, &done)
}
