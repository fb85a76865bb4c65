//go:build linux

package netlab

import (
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// What happens in the rows, one function each.

// out is how long a cable is out.
const out = 5 * time.Second

// cables takes each side's cable out for a while, and gives each side a new address.
func cables(c *consultation) {
	t := c.t
	for _, side := range []struct {
		name  string
		place *Place
	}{{"patient", c.net.Home}, {"clinician", c.net.Hospital}} {
		must(t, side.place.Unplug())
		time.Sleep(out)
		must(t, side.place.Plug(c.ctx))
		if !c.comesBack(side.name + "'s cable") {
			return
		}
		must(t, side.place.Move())
		if !c.comesBack(side.name + "'s new address") {
			return
		}
	}
}

// comesBack waits for both pictures and looks for ghosts. It answers false when no
// picture came back at all.
func (c *consultation) comesBack(what string) bool {
	const patience = 60 * time.Second
	c.t.Helper()
	desk, page, err := c.returns(patience)
	if err != nil {
		c.short("%s: %v", what, err)
		c.tell()
		return false
	}
	c.res.note("%s: picture back after %.1f s on the desktop, %.1f s on the page", what, desk.Seconds(), page.Seconds())
	if max(desk, page) > c.res.limit.back {
		c.short("%s: want the picture back within %s", what, c.res.limit.back)
	}
	// A connection that is replaced may overlap for a moment; after that there is one
	// person on each side.
	time.Sleep(time.Second)
	if g := c.look(); len(g.status.Peers) != 1 || len(g.status.Door) != 0 || g.path.Peers != 1 {
		c.t.Errorf("%s: ghosts: %d people and %d at the door on the desktop, %d pictures on the page", what, len(g.status.Peers), len(g.status.Door), g.path.Peers)
	}
	return true
}

// heard are the figures of a stretch of the call.
type heard struct {
	before, after glance
	seconds       float64
}

// stretch records both speakers for a while and compares the longest gaps.
func (c *consultation) stretch(length time.Duration) heard {
	c.t.Helper()
	h, gap := c.once(length)
	// A busy machine tears holes into what its virtual sound devices play.
	for i := 0; i < 2 && c.res.limit.gap > 0 && gap > c.res.limit.gap; i++ {
		h, gap = c.once(length)
	}
	if l := c.res.limit.gap; l > 0 && gap > l {
		c.short("a silence of more than %s, three times in a row", l)
	}
	return h
}

func (c *consultation) once(length time.Duration) (h heard, gap time.Duration) {
	c.t.Helper()
	h.before = c.look()
	desk, page, err := c.Hear(c.ctx, length)
	must(c.t, err)
	h.after = c.look()
	h.seconds = h.after.at.Sub(h.before.at).Seconds()
	deskGap, pageGap := lab.LongestGap(desk), lab.LongestGap(page)
	concealed := h.after.path.Audio.Concealed - h.before.path.Audio.Concealed
	samples := h.after.path.Audio.Samples - h.before.path.Audio.Samples
	c.res.note("longest silence in %s: %d ms from the desktop's speaker, %d ms from the page's; the page concealed %.1f %%",
		length, deskGap.Milliseconds(), pageGap.Milliseconds(), 100*float64(concealed)/float64(max(samples, 1)))
	return h, max(deskGap, pageGap)
}

// camera is the rate of the page's camera.
func (h heard) camera() float64 {
	return float64(h.after.path.Sent.Frames-h.before.path.Sent.Frames) / h.seconds
}

func (h heard) rates() (desk, page float64) {
	return float64(h.after.desk-h.before.desk) / h.seconds, float64(h.after.page-h.before.page) / h.seconds
}

// listen measures picture and sound over a bad line.
func listen(c *consultation) {
	h := c.stretch(20 * time.Second)
	desk, page := h.rates()
	c.res.note("%.1f frames a second on the desktop, %.1f on the page; the page's camera gives %.1f", desk, page, h.camera())
	// A camera that gives fewer, as Firefox's here, cannot be shown with more.
	want := min(c.res.limit.fps, 0.9*h.camera())
	if desk < want || page < c.res.limit.fps {
		c.short("want %.0f frames a second on the desktop, %.0f on the page", want, c.res.limit.fps)
	}
}

// narrow measures what a slow line leaves of the picture: its size is to fall before
// its rate.
func narrow(c *consultation) {
	h := c.stretch(30 * time.Second)
	desk, page := h.rates()
	from, to := h.after.status.Peers[0], h.after.path.Video
	c.res.note("%.1f frames a second of %d×%d on the desktop, %.1f of %d×%d on the page; the page sends %.0f of %d×%d",
		desk, from.Width, from.Height, page, to.Width, to.Height, h.camera(), h.after.path.Sent.Width, h.after.path.Sent.Height)
	const whole, fluent = 640, 15.0 // the fake cameras give 640×360 at 25 a second; Firefox's here some 14
	if (desk < min(fluent, 0.9*h.camera()) && from.Width >= whole) || (page < fluent && to.Width >= whole) {
		c.short("the frame rate fell before the size")
	}
}

// silence lets the patient wait longer than any proxy keeps an idle connection.
func silence(c *consultation) {
	const wait = 90 * time.Second
	before := c.look().path
	select {
	case <-time.After(wait):
	case <-c.ctx.Done():
	}
	after := c.look().path
	c.res.note("%d socket before and %d after %s in the waiting room", before.Sockets, after.Sockets, wait)
	if after.Sockets != before.Sockets || after.Phase != "waiting" {
		c.t.Errorf("the page is in phase %q with its socket number %d, it was number %d", after.Phase, after.Sockets, before.Sockets)
	}
}

// watchPorts notes every UDP port of the server that packets go to or come from.
func watchPorts(c *consultation) {
	must(c.t, c.net.Server.nft(`table ip watch {
	set seen {
		type inet_service
		flags dynamic
		size 65535
	}
	chain input {
		type filter hook input priority 0
		meta l4proto udp add @seen { udp dport }
	}
	chain output {
		type filter hook output priority 0
		meta l4proto udp add @seen { udp sport }
	}
}
`))
}

var port = regexp.MustCompile(`\b\d+\b`)

// withinRanges looks at every port that was used or offered.
func withinRanges(c *consultation) {
	t, config, ports := c.t, c.res.config, DefaultPorts()
	text, err := exec.Command("ip", "netns", "exec", c.net.Server.Name, "nft", "list", "set", "ip", "watch", "seen").Output()
	must(t, err)
	relayed, seen := 0, 0
	elements := regexp.MustCompile(`elements = \{([^}]*)\}`).FindSubmatch(text)
	if elements == nil {
		t.Fatalf("no port was seen: %s", text)
	}
	for _, word := range port.FindAllString(string(elements[1]), -1) {
		p, err := strconv.Atoi(word)
		must(t, err)
		seen++
		switch {
		case config.Relay.holds(p):
			relayed++
		case !config.Media.holds(p) && p != ports.TURN:
			t.Errorf("UDP port %d of the server is used: it is neither in %v nor in %v, and not TURN's %d", p, config.Media, config.Relay, ports.TURN)
		}
	}
	path, err := c.browser.Path()
	must(t, err)
	for _, e := range path.Candidates {
		if e.Type == "relay" && !config.Relay.holds(e.Port) {
			t.Errorf("relay candidate on port %d, outside %v", e.Port, config.Relay)
		}
	}
	for _, e := range path.Offered {
		if !config.Media.holds(e.Port) {
			t.Errorf("the server offers port %d, outside %v", e.Port, config.Media)
		}
	}
	if relayed == 0 || len(path.Offered) == 0 {
		t.Errorf("nothing was to be seen: %d relay ports, %d candidates", relayed, len(path.Offered))
	}
	c.res.note("%d UDP ports of the server were used, %d of them the relay's, all in their ranges", seen, relayed)
}
