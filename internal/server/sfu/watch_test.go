package sfu

import (
	"strings"
	"testing"
)

// Who only watches gets everybody, is offered no line to publish on, and reaches nobody,
// whatever tracks their program has ready.
func TestWatching(t *testing.T) {
	s := newSFU(t)
	o := sit(t, s, "o", extras{watch: true}) // alone: nothing to offer yet
	a, b := sit(t, s, "a", extras{}), sit(t, s, "b", extras{})
	for _, kind := range []string{" audio", " video"} {
		o.flows(t, "a"+kind, 20)
		o.flows(t, "b"+kind, 20)
		a.flows(t, "b"+kind, 20)
	}
	a.mu.Lock()
	streams := len(a.heard)
	a.mu.Unlock()
	if streams != 2 || len(a.packets("o audio"))+len(b.packets("o video")) > 0 {
		t.Errorf("a hears %d streams", streams)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, sdp := range o.offers {
		if strings.Contains(sdp, "a=recvonly") || strings.Contains(sdp, "a=sendrecv") {
			t.Error("who only watches is offered a line to publish on")
		}
	}
	if len(o.offers) == 0 {
		t.Error("no offer")
	}
}
