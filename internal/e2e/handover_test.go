package e2e

import (
	"testing"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// TestHandOver: the clinician hands the consultation over to a colleague who came by a link.
// Everybody is told, no connection is made anew, pictures go on, and the colleague ends it for all.
func TestHandOver(t *testing.T) {
	c := meetWith(t, []string{"colleague:Paul Riou:paul@example.org"}, "chromium", "chromium")
	patient, colleague := c.pages[0], c.pages[1]
	connections := func(b *lab.Browser) (n int) {
		c.js(b, `window.seen.connections.length`, &n)
		return n
	}
	before := []int{connections(patient), connections(colleague)}
	must(t, c.Display.Key("ctrl+p"))
	must(t, c.Desktop.Reach(c.ctx, c.Display, "Tab", "Passer la main\u00a0: Paul Riou"))
	must(t, c.Display.Key("Return"))
	must(t, c.Desktop.Reach(c.ctx, c.Display, "Tab", "Passer la main"))
	must(t, c.Display.Key("Return"))
	c.shows(colleague, "that it is theirs now", `/Vous conduisez maintenant la consultation/.test(document.body.innerText)`)
	c.shows(patient, "who leads now", `/Paul Riou conduit maintenant la consultation/.test(document.body.innerText)`)
	at := c.Desktop.Status()
	_, err := c.Desktop.Wait(c.ctx, "pictures that go on", 10*time.Second, func(s lab.Status) bool {
		return s.Phase == "talking" && s.Secrecy == "end" && len(s.Peers) == 2 && s.Peers[0].FramesShown > at.Peers[0].FramesShown+10 && s.Peers[1].FramesShown > at.Peers[1].FramesShown+10
	})
	must(t, err)
	for i, b := range c.pages {
		if now := connections(b); now != before[i] {
			t.Errorf("page %d made %d media connections, %d before", i, now, before[i])
		}
	}
	must(t, colleague.Click("Quitter"))
	must(t, colleague.Click("Terminer pour tous"))
	_, err = c.Desktop.Wait(c.ctx, "the end", 15*time.Second, func(s lab.Status) bool { return s.Phase == "ended" })
	must(t, err)
	must(t, patient.Phase("ended", 15*time.Second))
}
