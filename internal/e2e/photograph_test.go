package e2e

import (
	"image"
	"os"
	"path/filepath"
	"time"

	"ekermed.example/ekermed/internal/devices/fake"
	"ekermed.example/ekermed/internal/e2e/lab"
)

// photograph: the clinician asks, the patient takes and sends, and what the clinician saves is
// the camera's own picture.
func photograph(c *together) {
	page := c.pages[0]
	before := c.Desktop.Status().Together
	must(c.T, c.Display.Key("ctrl+p"))
	must(c.T, c.Desktop.Reach(c.ctx, c.Display, "Tab", "Demander une photo\u00a0: Yann Kermadec"))
	must(c.T, c.Display.Key("Return"))
	must(c.T, page.Click("Prendre la photo"))
	must(c.T, page.Click("Envoyer"))
	_, err := c.Desktop.Wait(c.ctx, "the photograph", 30*time.Second, func(s lab.Status) bool { return s.Together.Received == before.Received+1 })
	must(c.T, err)
	must(c.T, c.Display.Key("Escape"))
	must(c.T, c.Display.Key("ctrl+j"))
	must(c.T, c.Desktop.Reach(c.ctx, c.Display, "Tab", "Envoyer un fichier")) // the panel is open now
	must(c.T, c.Desktop.Reach(c.ctx, c.Display, "shift+Tab", "Voir la photo"))
	must(c.T, c.Display.Key("Return"))
	saved := filepath.Join(c.Dir, "photo.jpg")
	must(c.T, c.Display.Choose(saved))
	must(c.T, c.Desktop.Reach(c.ctx, c.Display, "Tab", "Enregistrer…"))
	must(c.T, c.Display.Key("Return"))
	var m image.Image
	must(c.T, lab.Until(c.ctx, "the saved photograph", 20*time.Second, func() bool {
		m, err = lab.ReadPicture(saved)
		return err == nil
	}))
	if _, _, ok := fake.ReadStrip(m); !ok || m.Bounds().Dx() < 640 {
		c.Errorf("saved is no picture of the patient's camera: %v", m.Bounds())
	}
	if found, _ := filepath.Glob(filepath.Join(c.Display.Downloads(), "photo-*")); len(found) > 0 {
		c.Errorf("the photograph went to the disk by itself: %v", found)
	}
	must(c.T, os.Remove(saved))
	must(c.T, c.Display.Key("Escape"))
	must(c.T, c.Display.Key("ctrl+j"))
}
