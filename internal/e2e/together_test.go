package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// together is a call of the desktop with one browser, and with a second one where two pages
// must do something together.
type together struct {
	*testing.T
	*lab.Scene
	ctx   context.Context
	pages []*lab.Browser
}

// meet brings everybody into one call: the patient first, then companions and others.
func meet(t *testing.T, engines ...string) *together {
	t.Helper()
	return meetWith(t, []string{"companion:Lou Kermadec:lou@example.org", "interpreter:Ines Le Bihan:ines@example.org", "colleague:Paul Riou:paul@example.org", "companion:Ana Costa:ana@example.org"}, engines...)
}

// meetWith has its own guests beside the patient, of whom at least the first is invited.
func meetWith(t *testing.T, guests []string, engines ...string) *together {
	t.Helper()
	c := &together{T: t, Scene: newScene(t), ctx: t.Context()}
	c.gather(guests, engines...)
	return c
}

// gather starts everything.
func (c *together) gather(guests []string, engines ...string) {
	t := c.T
	t.Helper()
	must(t, c.SetServer(c.ctx, "127.0.0.1:0"))
	must(t, c.SetDesk(c.ctx))
	var also []string
	for _, guest := range guests[:max(1, len(engines)-1)] {
		also = append(also, "--also", guest)
	}
	invited, err := c.Server.Invite(lab.Email, "patient@example.org", "Yann Kermadec", also...)
	must(t, err)
	links := []string{linkInMail(t, invited.Mail)}
	for _, also := range invited.Guests {
		links = append(links, also.Link)
	}
	for i, engine := range engines {
		b, err := c.Browse(engine, lab.Browsing{Sound: c.Sound, Screen: true, Watch: true})
		must(t, err)
		c.pages = append(c.pages, b)
		must(t, c.Join(c.ctx, b, links[i]))
		if i == 0 {
			_, _, err = c.Admit(c.ctx, b)
		} else {
			err = c.admitMore(b, i+1)
		}
		must(t, err)
		must(t, b.Phase("call", 20*time.Second))
	}
	_, err = c.Desktop.Wait(c.ctx, "keys with everybody", 30*time.Second, func(s lab.Status) bool { return len(s.Peers) == len(engines) && s.Secrecy == "end" })
	must(t, err)
}

// failed keeps pictures of every screen of what went wrong, where they are wanted.
func (c *together) failed(what string) {
	dir := os.Getenv("E2E_PICTURES")
	if dir == "" || !c.Failed() {
		return
	}
	_ = c.Display.Picture(filepath.Join(dir, what+"-desktop.png"))
	for _, b := range c.pages {
		_, _ = b.Do("shot", map[string]any{"path": filepath.Join(dir, what+"-"+b.Engine+".png")})
	}
}

// admitMore lets somebody else in.
func (c *together) admitMore(b *lab.Browser, people int) error {
	err := lab.Until(c.ctx, "another one in the call", 30*time.Second, func() bool {
		if len(c.Desktop.Status().Peers) == people {
			return true
		}
		_ = c.Display.Key("ctrl+Return")
		time.Sleep(2 * time.Second)
		return false
	})
	return err
}

// js evaluates an expression on a page.
func (c *together) js(b *lab.Browser, js string, into any) {
	c.Helper()
	v, err := b.Do("eval", map[string]any{"js": js})
	must(c.T, err)
	must(c.T, json.Unmarshal(v, into))
}

// shows waits until an expression is true on a page.
func (c *together) shows(b *lab.Browser, what, js string) {
	c.Helper()
	must(c.T, lab.Until(c.ctx, what, 20*time.Second, func() bool {
		var yes bool
		c.js(b, js, &yes)
		return yes
	}))
}

// write sends a message on a page.
func (c *together) write(b *lab.Browser, text string) {
	c.Helper()
	_, err := b.Do("type", map[string]any{"selector": "textarea[data-control=message]", "text": text})
	must(c.T, err)
	_, err = b.Do("press", map[string]any{"key": "Enter"})
	must(c.T, err)
}

const arabic = "مرحبا <b>bonjour</b> 👋 https://exemple.fr/x?a=1&b=2"

// TestTogether is one call of the desktop, Chromium and Firefox in which everything is done
// from every side.
func TestTogether(t *testing.T) {
	c := meet(t, "chromium", "firefox")
	for _, one := range []struct {
		name string
		do   func(*together)
	}{{"voices", voices}, {"conversation", conversation}, {"files", files}, {"whiteboard", whiteboard}, {"photograph", photograph}, {"screens", screens}, {"bad files", badFiles}} {
		t.Run(one.name, func(t *testing.T) {
			here := *c
			here.T = t
			defer here.failed(one.name)
			one.do(&here)
		})
	}
}

// voices: on a page, who is heard to speak is marked: the other page and the desktop, whose
// microphones play sounds.
func voices(c *together) {
	for _, b := range c.pages {
		c.shows(b, "both others marked as speaking, one after the other or at once in "+b.Engine, `((all) => { document.querySelectorAll(".tile.speaks video").forEach((v) => all.add(v.dataset.peer)); return all.size === 2; })(window.spoke = window.spoke || new Set())`)
	}
}

// conversation: what is written is read on every side, letter by letter, and confirmed.
func conversation(c *together) {
	t := c.T
	first, second := c.pages[0], c.pages[1]
	for _, b := range c.pages {
		must(t, b.Click("Écrire"))
	}
	log := func(text string) string {
		q, _ := json.Marshal(text)
		return `[...document.querySelectorAll(".said-text")].some((e) => e.textContent === ` + string(q) + `)`
	}
	// Desktop to both pages.
	must(t, c.Display.Key("ctrl+k"))
	must(t, c.Display.Type("Bonjour a tous"))
	must(t, c.Display.Key("Return"))
	for _, b := range c.pages {
		c.shows(b, "the desktop's words on "+b.Engine, log("Bonjour a tous"))
	}
	_, err := c.Desktop.Wait(c.ctx, "delivered", 10*time.Second, func(s lab.Status) bool { return s.Together.Delivered == 1 })
	must(t, err)
	// Each page to the desktop and to the other page.
	c.write(first, arabic)
	c.shows(second, "the first page's words on the second", log(arabic))
	c.write(second, "vu")
	c.shows(first, "the second page's words on the first", log("vu"))
	_, err = c.Desktop.Wait(c.ctx, "all messages", 10*time.Second, func(s lab.Status) bool { return s.Together.Messages == 3 })
	must(t, err)
	// The desktop's own screen has them, to the letter: it copies what it shows.
	must(t, c.Desktop.Reach(c.ctx, c.Display, "Tab", "Tout copier"))
	var copied string
	must(t, lab.Until(c.ctx, "the conversation on the clipboard", 10*time.Second, func() bool {
		must(t, c.Display.Key("Return")) // again, until it shows the last one
		copied, _ = c.Display.Clipboard()
		return strings.Contains(copied, "\nvu\n")
	}))
	for _, want := range []string{"Yann Kermadec\n" + arabic, "Lou Kermadec\nvu"} {
		if !strings.Contains(copied, want) {
			t.Errorf("copied %q, without %q", copied, want)
		}
	}
	// Markup is text.
	var bold int
	c.js(second, `document.querySelectorAll('.said-text b').length`, &bold)
	if bold != 0 {
		t.Error("what was written became markup")
	}
}

// TestSixPeople: the desktop draws five pictures. What that costs is printed by make bench.
func TestSixPeople(t *testing.T) {
	if os.Getenv("E2E_BENCH") == "" {
		t.Log("five browsers at once: make bench runs it")
		return
	}
	c := meet(t, "chromium", "chromium", "chromium", "chromium", "chromium")
	var before lab.Status
	_, err := c.Desktop.Wait(c.ctx, "five pictures", time.Minute, func(s lab.Status) bool {
		for _, p := range s.Peers {
			if p.FramesShown < 5 {
				return false
			}
		}
		before = s
		return len(s.Peers) == 5
	})
	must(t, err)
	used := cpu(t, "ekermed-desktop", c.Scene)
	time.Sleep(10 * time.Second)
	used = cpu(t, "ekermed-desktop", c.Scene) - used
	var frames uint64
	for i, p := range c.Desktop.Status().Peers {
		shown := p.FramesShown - before.Peers[i].FramesShown
		if frames += shown; shown == 0 {
			t.Errorf("the picture of %s stands still", p.Name)
		}
	}
	fmt.Printf("BENCH desktop with five others: %.0f %% of a core, %.1f pictures a second in all, %.1f ms a picture (software GL, five browsers on the same machine)\n",
		used.Seconds()*10, float64(frames)/10, used.Seconds()*1000/float64(max(frames, 1)))
	if dir := os.Getenv("E2E_PICTURES"); dir != "" {
		must(t, c.Display.Picture(filepath.Join(dir, "six.png")))
	}
}
