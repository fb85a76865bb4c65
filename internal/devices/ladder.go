package devices

import (
	"time"

	"ekermed.example/ekermed/internal/devices/stage"
)

// ladder chooses the size of the pictures to send. Under a tight bitrate or a slow
// machine it gives up size before frame rate, since signing and lip-reading need at
// least 20 pictures a second (EN 301 549, clause 6.5.3).
type ladder struct {
	slow int // rungs given up because the machine is slow
	// bad counts pictures in a row that took too long, good those that were easy.
	bad, good int
	// calm is how many easy pictures it takes to climb; it doubles after a climb that
	// failed, so that a machine at its limit does not swing.
	calm    int
	climbed bool
}

// rung is one size, from the bitrate on that makes it look better than the one below.
type rung struct{ width, height, kbps int }

// slowest is the last of rungs.
const slowest = 4

func rungs() [slowest + 1]rung {
	return [5]rung{{1280, 720, 900}, {960, 540, 500}, {640, 360, 200}, {480, 270, 110}, {320, 180, 0}}
}

const (
	firstCalm = 150 // 5 s at 30 pictures a second
	mostCalm  = 40 * firstCalm
)

// size is what to send of a camera of w × h pixels at a bitrate.
func (l *ladder) size(w, h, kbps int) (int, int) {
	all := rungs()
	at := 0
	for at < len(all)-1 && kbps < all[at].kbps {
		at++
	}
	// Steps down count from the first rung that changes something for this camera.
	for at < len(all)-1 && (all[at].width > w || all[at].height > h) && (all[at+1].width >= w && all[at+1].height >= h) {
		at++
	}
	at = min(at+l.slow, len(all)-1)
	return stage.Fit(w, h, all[at].width, all[at].height)
}

// took learns how long a picture took to encode, of the time there is for each.
func (l *ladder) took(spent, interval time.Duration) {
	if l.calm == 0 {
		l.calm = firstCalm
	}
	switch {
	case spent*10 > interval*8:
		l.bad, l.good = l.bad+1, 0
	case spent*10 < interval*3:
		l.bad, l.good = 0, l.good+1
	default:
		l.bad, l.good = 0, 0
	}
	switch {
	case l.bad >= 8 && l.slow < slowest:
		if l.climbed {
			l.calm = min(2*l.calm, mostCalm)
		}
		l.slow, l.bad, l.good, l.climbed = l.slow+1, 0, 0, false
	case l.good >= l.calm && l.slow > 0:
		l.slow, l.bad, l.good, l.climbed = l.slow-1, 0, 0, true
	}
}
