package stage

import "time"

// Throttle lets through at most so many pictures a second, evenly: it keeps a schedule
// rather than a minimum distance, so that 30 a second thinned to 20 stays regular.
type Throttle struct {
	interval time.Duration
	due      time.Time
}

// NewThrottle makes a throttle of fps pictures a second.
func NewThrottle(fps float64) *Throttle {
	return &Throttle{interval: time.Duration(float64(time.Second) / fps)}
}

// Pass tells whether the picture taken at this moment goes on.
func (t *Throttle) Pass(at time.Time) bool {
	// A quarter of an interval early is still on time: cameras jitter.
	if at.Before(t.due.Add(-t.interval / 4)) {
		return false
	}
	if at.Sub(t.due) > t.interval {
		t.due = at
	}
	t.due = t.due.Add(t.interval)
	return true
}

// Rate measures how often something happens, over the last 32 times within 3 s.
type Rate struct {
	times [32]time.Time
	n     int
}

// Tick counts one event. Events come in order.
func (r *Rate) Tick(at time.Time) {
	r.times[r.n%len(r.times)] = at
	r.n++
}

// PerSecond is the rate at this moment; 0 when the last event is over a second old.
func (r *Rate) PerSecond(now time.Time) float64 {
	if r.n < 2 || now.Sub(r.times[(r.n-1)%len(r.times)]) > time.Second {
		return 0
	}
	last := r.times[(r.n-1)%len(r.times)]
	count := 0
	first := last
	for i := r.n - 2; i >= 0 && i >= r.n-len(r.times); i-- {
		at := r.times[i%len(r.times)]
		if last.Sub(at) > 3*time.Second {
			break
		}
		first = at
		count++
	}
	if count == 0 || !last.After(first) {
		return 0
	}
	return float64(count) / last.Sub(first).Seconds()
}
