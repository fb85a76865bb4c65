// Package crowd counts what happens to many and hides what happened to few.
//
// Two things keep one call from being picked out of a number. It is shown in whole
// steps of Least: four calls over the relay read as none. And it changes on the hour
// only: who looks every second does not see when the fifth call ended, which would tell
// of that one.
package crowd

import (
	"maps"
	"sync"
	"time"
)

// Least is how many of a kind there must be before any is shown.
const Least = 5

// Cells counts by kind. A kind is one of the few that the caller names beforehand, so
// that none can be made from somebody's name.
type Cells struct {
	mu    sync.Mutex
	hour  int64 // since 1970, of what is shown
	seen  map[string]uint64
	shown map[string]uint64
}

// New makes Cells for these kinds.
func New(kinds ...string) *Cells {
	c := &Cells{hour: hour(), seen: map[string]uint64{}, shown: map[string]uint64{}}
	for _, k := range kinds {
		c.seen[k], c.shown[k] = 0, 0
	}
	return c
}

func hour() int64 { return time.Now().Unix() / 3600 }

// Add counts one of a kind; one that New was not given counts for nothing.
func (c *Cells) Add(kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turnLocked()
	if _, ok := c.seen[kind]; ok {
		c.seen[kind]++
	}
}

// Shown gives each kind's number as others may see it: a multiple of Least, of the last
// full hour.
func (c *Cells) Shown() map[string]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turnLocked()
	return maps.Clone(c.shown)
}

func (c *Cells) turnLocked() {
	now := hour()
	if now == c.hour {
		return
	}
	c.hour = now
	for k, n := range c.seen {
		c.shown[k] = n - n%Least
	}
}

// Step rounds a number of now up to a multiple of Least; only none is shown as none, so
// that an operator sees when a server can be stopped.
func Step(n int) int { return (n + Least - 1) / Least * Least }
