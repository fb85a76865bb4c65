package e2e

import (
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// badFiles: an empty file, one of 10 GB, a picture with a script in it, and a full disk. Each
// has its sentence, and the call goes on.
func badFiles(c *together) {
	empty, huge, active := filepath.Join(c.Dir, "vide.bin"), filepath.Join(c.Dir, "enorme.bin"), filepath.Join(c.Dir, "dessin.svg")
	must(c.T, os.WriteFile(empty, nil, 0o600))
	must(c.T, os.WriteFile(huge, nil, 0o600))
	must(c.T, os.Truncate(huge, 10<<30)) // nothing but a hole
	drawing := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>top.document.title = "pwned"</script></svg>`)
	must(c.T, os.WriteFile(active, drawing, 0o600))
	first, second := c.pages[0], c.pages[1]

	for _, b := range c.pages {
		c.opens(b, "#tab-files")
		for path, sentence := range map[string]string{empty: "Ce fichier est vide.", huge: "Ce fichier est trop grand"} {
			_, err := b.Do("choose", map[string]any{"selector": "[data-control=files]", "paths": []string{path}})
			must(c.T, err)
			c.shows(b, sentence, c.rowSays(filepath.Base(path), ".file-state", sentence))
		}
	}
	// The same at the desktop, and then the picture with the script in one choice.
	before := c.Desktop.Status().Together
	must(c.T, c.Display.Choose(empty, huge, active))
	must(c.T, c.Display.Key("ctrl+j"))
	must(c.T, c.Desktop.Reach(c.ctx, c.Display, "Tab", "Envoyer un fichier"))
	must(c.T, c.Display.Key("Return"))
	_, err := c.Desktop.Wait(c.ctx, "both refused", 20*time.Second, func(s lab.Status) bool { return s.Together.Failed == before.Failed+2 })
	must(c.T, err)
	must(c.T, first.Click("Recevoir\u00a0: dessin.svg"))
	c.shows(first, "the warning", c.rowSays("dessin.svg", ".file-warning", "un navigateur"))
	must(c.T, first.Click("Enregistrer\u00a0: dessin.svg"))
	c.same(filepath.Join(first.Downloads, "dessin.svg"), sha256.Sum256(drawing))
	c.shows(first, "the script did not run", `!/pwned/.test(document.title)`)

	// A disk with room for a tenth of the file.
	must(c.T, syscall.Mount("tmpfs", c.Display.Downloads(), "tmpfs", 0, "size=64k"))
	path, _ := c.made("plein.bin", 640_000)
	_, err = second.Do("choose", map[string]any{"selector": "[data-control=files]", "paths": []string{path}})
	must(c.T, err)
	must(c.T, c.Desktop.Reach(c.ctx, c.Display, "shift+Tab", "Recevoir\u00a0: plein.bin"))
	must(c.T, c.Display.Key("Return"))
	_, err = c.Desktop.Wait(c.ctx, "the full disk", 20*time.Second, func(s lab.Status) bool { return s.Together.Failed == before.Failed+3 })
	must(c.T, err)
	c.shows(second, "that it did not arrive", c.rowSays("plein.bin", ".file-state", "n’a pas pu recevoir ce fichier"))
	left, err := os.ReadDir(c.Display.Downloads())
	must(c.T, err)
	if len(left) > 0 {
		c.Errorf("of a file that did not come there is %v", left)
	}
	must(c.T, syscall.Unmount(c.Display.Downloads(), 0))
	// With room again it comes, and the pictures still move.
	must(c.T, c.Desktop.Reach(c.ctx, c.Display, "shift+Tab", "Recevoir\u00a0: plein.bin"))
	must(c.T, c.Display.Key("Return"))
	_, sum := c.made("plein.bin", 640_000)
	c.same(filepath.Join(c.Display.Downloads(), "plein.bin"), sum)
	at := c.Desktop.Status()
	_, err = c.Desktop.Wait(c.ctx, "moving pictures", 10*time.Second, func(s lab.Status) bool {
		return len(s.Peers) == 2 && s.Peers[0].FramesShown > at.Peers[0].FramesShown+5 && s.Peers[1].FramesShown > at.Peers[1].FramesShown+5
	})
	must(c.T, err)
	must(c.T, c.Display.Key("ctrl+j"))
}

// rowSays is an expression: a page's row of a file has these words in one of its parts.
func (c *together) rowSays(name, part, words string) string {
	n, _ := json.Marshal(name)
	w, _ := json.Marshal(words)
	return `[...document.querySelectorAll(".panel .file")].some((f) => f.querySelector(".file-name").textContent === ` + string(n) + ` && [...f.querySelectorAll(` + "`" + part + "`" + `)].some((e) => e.textContent.includes(` + string(w) + `)))`
}
