package files

import (
	"testing"

	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/files/safe"
)

// ReceivedBy is for tests of this package that need those who use it: what becomes of a file that
// a patient sends to a clinician with this scanner, through a real server, and why the patient
// is told that it was refused.
func ReceivedBy(t *testing.T, by safe.Scanner, dir, name, content string) (Item, Problem) {
	t.Helper()
	_, c, p := pair(t, plenty(), func(d *desk) { d.scanner = by })
	id := p.send(File{Name: name, Source: courier.BytesSource([]byte(content))})
	c.until(theirs("p", id), "whole", func(it Item) bool { return it.Whole })
	c.do(func() { c.engine.Take(theirs("p", id), Target{Dir: dir}) })
	it := c.until(theirs("p", id), "its end", func(it Item) bool { return it.State == Done || it.State == Failed })
	told := p.until(id, "an answer", func(it Item) bool { return it.Replies["c"] == Received || it.Replies["c"] == Refused })
	if it.State == Failed { // its part goes once its worker has ended, a moment after the screen says so
		eventually(t, "the part is gone", func() bool { return leftovers(t, dir) == 0 })
	}
	return it, told.Reasons["c"]
}
