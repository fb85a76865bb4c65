package access

import (
	"sync"
	"time"
)

// throttle lets a key act burst times, then once every interval.
type throttle struct {
	burst int
	every time.Duration
	now   func() time.Time

	mu   sync.Mutex
	next map[string]time.Time // when the key would be back to nothing owed
}

// remembered bounds the memory that a flood of keys can take.
const remembered = 50_000

func newThrottle(burst int, every time.Duration, now func() time.Time) *throttle {
	return &throttle{burst: burst, every: every, now: now, next: map[string]time.Time{}}
}

// take counts one act of key. It answers zero when the act may go on, else how long
// to wait; a refused act costs nothing.
func (t *throttle) take(key string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if len(t.next) >= remembered {
		for k, at := range t.next {
			if !at.After(now) {
				delete(t.next, k)
			}
		}
		if len(t.next) >= remembered {
			clear(t.next) // a flood: forgetting is kinder than refusing everybody
		}
	}
	owed := t.next[key]
	if owed.Before(now) {
		owed = now
	}
	if wait := owed.Sub(now) - time.Duration(t.burst-1)*t.every; wait > 0 {
		return wait
	}
	t.next[key] = owed.Add(t.every)
	return 0
}

// forgive forgets what a key owes.
func (t *throttle) forgive(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.next, key)
}
