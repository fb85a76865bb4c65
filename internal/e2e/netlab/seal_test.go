//go:build linux

package netlab

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// Desktop, Chromium and Firefox in one call through the SFU, frames sealed, keys changing
// every 3 s: what comes after its key is opened, all of it; and two who look at the same
// pair see the same safety code. SEAL_SECONDS is how long, 20 without it.
func TestSealedCall(t *testing.T) {
	if !wanted("seal") {
		t.Skip("not asked for: run make netlab, or NETLAB_ROWS=seal")
	}
	need(t)
	must(t, lab.Need("certutil", "node", "chromium", "firefox-esr"))
	seconds := 20
	if s := os.Getenv("SEAL_SECONDS"); s != "" {
		var err error
		seconds, err = strconv.Atoi(s)
		must(t, err)
	}
	c := arrange(t, t.Context(), &result{row: row{config: Config{Route: "server", Rekey: "3s"}}, engine: "chromium"})
	link := c.open()
	second, err := c.Browse("firefox", lab.Browsing{Sound: c.Sound, Watch: true, Trust: c.trust.Root})
	must(t, err)
	pages := []*lab.Browser{c.browser, second}
	for n, b := range pages {
		must(t, c.Join(c.ctx, b, link))
		for range 5 { // a key is lost now and then, as in Scene.Admit
			must(t, c.Display.Key("ctrl+Return"))
			if _, err = c.Desktop.Wait(c.ctx, "the door to be empty", 4*time.Second, func(s lab.Status) bool { return len(s.Door) == 0 }); err == nil {
				break
			}
		}
		must(t, err)
		_, err = c.Desktop.Wait(c.ctx, "sealed from end to end", 40*time.Second, func(s lab.Status) bool {
			if len(s.Peers) != n+1 || s.Secrecy != "end" || s.Route != "sfu" {
				return false
			}
			for _, p := range s.Peers {
				if p.FramesShown < 20 || p.AudioMSPlayed < 500 {
					return false
				}
			}
			return true
		})
		must(t, err)
		must(t, b.Phase("call", 10*time.Second))
	}
	code := c.Desktop.Status().SafetyCode
	same := false
	for _, b := range pages {
		v, err := b.Do("eval", map[string]any{"js": `document.documentElement.dataset.code`})
		must(t, err)
		var text string
		must(t, json.Unmarshal(v, &text))
		same = same || text == code
	}
	if code == "" || !same {
		t.Errorf("no page has the desktop's code %q", code)
	}

	counts := func() map[string]lab.Sealed {
		all := map[string]lab.Sealed{}
		for _, p := range c.Desktop.Status().Peers {
			all["desktop from "+p.ID] = p.Sealed
		}
		for _, b := range pages {
			of, err := b.Sealed()
			must(t, err)
			for id, n := range of {
				all[b.Engine+" from "+id] = n
			}
		}
		return all
	}
	time.Sleep(4 * time.Second) // who came last has every key now
	before := counts()
	if len(before) != 6 {
		t.Errorf("three people open six streams of frames, not %v", before)
	}
	time.Sleep(time.Duration(seconds) * time.Second)
	for who, after := range counts() {
		was := before[who]
		opened, lost := after.Opened-was.Opened, after.NoKey-was.NoKey+after.Refused-was.Refused
		t.Logf("%s: %d opened, %d not, %d came twice", who, opened, lost, after.Repeated-was.Repeated)
		if lost != 0 || opened < int64(30*seconds) {
			t.Errorf("%s: %d frames opened and %d not in %d s: %+v, then %+v", who, opened, lost, seconds, was, after)
		}
	}
	if s := c.Desktop.Status(); s.Secrecy != "end" {
		t.Errorf("the desktop says %q", s.Secrecy)
	}
}
