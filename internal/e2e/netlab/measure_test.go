//go:build linux

package netlab

import (
	"fmt"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// glance is what both screens have shown so far.
type glance struct {
	at         time.Time
	desk, page int64 // frames, since the beginning
	status     lab.Status
	path       lab.Path
}

func (c *consultation) look() glance {
	c.t.Helper()
	path, err := c.browser.Path()
	must(c.t, err)
	g := glance{at: time.Now(), status: c.Desktop.Status(), path: path, page: path.Video.Frames}
	if len(g.status.Peers) > 0 {
		g.desk = int64(g.status.Peers[0].FramesShown)
	}
	return g
}

// How a picture that is back is told from a last twitch: so many frames in so much time
// after it, and no pause among them.
const (
	steady       = 2200 * time.Millisecond
	steadyFrames = 20
	// The desktop writes its status once a second.
	deskPause, pagePause = 1400 * time.Millisecond, 500 * time.Millisecond
)

func deskShown(g glance) int64 { return g.desk }
func pageShown(g glance) int64 { return g.page }

// back tells when a picture began to move for good, given how many frames were shown by
// when. It answers false while there is none.
func back(seen []glance, frames func(glance) int64, pause time.Duration) (time.Time, bool) {
	for i := 1; i < len(seen); i++ {
		if frames(seen[i]) > frames(seen[i-1]) && holds(seen[i:], frames, pause) {
			return seen[i].at, true
		}
	}
	return time.Time{}, false
}

// holds tells whether a picture that moves at the first glance goes on moving.
func holds(seen []glance, frames func(glance) int64, pause time.Duration) bool {
	begin, last, shown := seen[0].at, seen[0].at, int64(0)
	for k := 1; k < len(seen); k++ {
		// A new connection counts from nought: only what is added counts.
		if more := frames(seen[k]) - frames(seen[k-1]); more > 0 {
			shown += more
			last = seen[k].at
		}
		if seen[k].at.Sub(last) > pause {
			return false
		}
		if seen[k].at.Sub(begin) >= steady {
			return shown >= steadyFrames
		}
	}
	return false
}

// returns watches until both pictures move again and answers how long each took.
func (c *consultation) returns(limit time.Duration) (desk, page time.Duration, err error) {
	begin := time.Now()
	seen := []glance{c.look()}
	for time.Since(begin) < limit && c.ctx.Err() == nil {
		time.Sleep(40 * time.Millisecond)
		seen = append(seen, c.look())
		d, deskBack := back(seen, deskShown, deskPause)
		p, pageBack := back(seen, pageShown, pagePause)
		if deskBack && pageBack {
			return d.Sub(begin), p.Sub(begin), nil
		}
	}
	last := seen[len(seen)-1]
	return 0, 0, fmt.Errorf("no picture is back after %s: desktop %s with %d peers, page %s", limit, last.status.Phase, len(last.status.Peers), last.path.Phase)
}

// A picture is back when it moves for good, not at its last twitch.
func TestBack(t *testing.T) {
	begin := time.Now()
	var seen []glance
	frames := int64(100)
	for ms := 0; ms < 8000; ms += 40 {
		switch {
		case ms < 200, ms > 4000 && ms < 4100, ms > 5000: // late packets, a twitch, and the picture
			frames++
		case ms == 4960: // a new connection
			frames = 0
		}
		seen = append(seen, glance{at: begin.Add(time.Duration(ms) * time.Millisecond), page: frames})
	}
	at, ok := back(seen, pageShown, pagePause)
	if after := at.Sub(begin); !ok || after < 4900*time.Millisecond || after > 5100*time.Millisecond {
		t.Errorf("back after %s, %v", after, ok)
	}
	if _, ok := back(seen[:100], pageShown, pagePause); ok {
		t.Error("a picture that stands is taken for one that moves")
	}
}
