//go:build unix

package files

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/files/safe"
)

// A full disk at the server, then at the receiver: a sentence each, a smaller file goes
// through meanwhile, and with room again so does the large one. The limit of file sizes
// stands for the disk: any user can set it, in a process of its own.
func TestFullDisk(t *testing.T) {
	child := exec.Command(os.Args[0], "-test.run=^TestHelperFullDisk$", "-test.v")
	child.Env = append(os.Environ(), "FILES_FULL_DISK=1")
	if out, err := child.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("the disks were full and are not")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestHelperFullDisk is run by TestFullDisk in a process of its own.
func TestHelperFullDisk(t *testing.T) {
	if os.Getenv("FILES_FULL_DISK") == "" {
		return
	}
	signal.Ignore(syscall.SIGXFSZ) // a write over the limit is then an error
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	most := limit.Cur
	set := func(size uint64) {
		limit.Cur = size
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
	}
	h, c, p := pair(t, plenty())
	large, small := courier.BytesSource(make([]byte, 2_000_000)), courier.BytesSource([]byte("small"))
	dir := t.TempDir()
	set(500_000)
	first := p.send(File{Name: "large", Source: large})
	p.until(first, "storage", failed(ProblemStorage))
	fits := p.send(File{Name: "small", Source: small})
	p.until(fits, "ready", is(Ready))
	if !strings.Contains(h.log.String(), "the disk is full; free some room in the data folder") {
		t.Errorf("the log says\n%s", h.log)
	}
	set(most)
	again := p.send(File{Name: "large", Source: large})
	p.until(again, "ready", is(Ready))
	set(500_000)
	mine := theirs("p", again)
	c.until(mine, "ready", is(Ready))
	c.do(func() { c.engine.Take(mine, Target{Dir: dir}) })
	c.until(mine, "disk", failed(ProblemDisk))
	c.do(func() { c.engine.Take(theirs("p", fits), Target{Dir: dir}) })
	c.until(theirs("p", fits), "done", is(Done))
	eventually(t, "the part is gone", func() bool { return leftovers(t, dir) == 1 })
	p.until(again, "the reason", func(it Item) bool { return it.Reasons["c"] == ProblemDisk })
	set(most)
	c.do(func() { c.engine.Take(mine, Target{Dir: dir}) })
	c.until(mine, "done", is(Done))
	p.until(again, "done", is(Done))
	fmt.Println("the disks were full and are not")
}

// A folder that cannot be written to, and one that is not there.
func TestNoFolder(t *testing.T) {
	_, c, p := pair(t, plenty())
	id := p.send(File{Name: "a", Source: courier.BytesSource([]byte("a"))})
	c.until(theirs("p", id), "ready", is(Ready))
	for _, dir := range []string{filepath.Join(t.TempDir(), "none"), "/proc/self"} {
		c.do(func() { c.engine.Take(theirs("p", id), Target{Dir: dir}) })
		c.until(theirs("p", id), "folder", failed(ProblemFolder))
	}
	c.do(func() { c.engine.Take(theirs("p", id), Target{Dir: t.TempDir()}) })
	c.until(theirs("p", id), "done", is(Done))
}

// What the scanner refuses, or cannot check, is not kept; the sender learns why. A program
// and an SVG with a script are kept under safe names, with a warning, and are not pictures.
func TestHostileFiles(t *testing.T) {
	script := filepath.Join(t.TempDir(), "scan")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ngrep -q EICAR \"$1\" && exit 1\ngrep -q STRANGE \"$1\" && exit 50\nexit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, c, p := pair(t, plenty(), func(d *desk) { d.scanner = safe.Scanner{Command: []string{script, "{file}"}} })
	dir := t.TempDir()
	fetched := func(name, body string, want func(Item) bool) Item {
		t.Helper()
		id := p.send(File{Name: name, Kind: "image/png", Source: courier.BytesSource([]byte(body))})
		c.until(theirs("p", id), "whole", func(it Item) bool { return it.Whole })
		c.do(func() { c.engine.Take(theirs("p", id), Target{Dir: dir}) })
		it := c.until(theirs("p", id), "its end", want)
		if it.State == Failed {
			p.until(id, "the reason", func(sent Item) bool { return sent.Reasons["c"] == it.Problem })
		}
		return it
	}
	fetched("virus.pdf", "EICAR", failed(ProblemInfected))
	fetched("odd.pdf", "STRANGE", failed(ProblemUnchecked))
	eventually(t, "nothing of what was refused is left", func() bool { return leftovers(t, dir) == 0 })
	svg := fetched("../../photo.svg", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, is(Done))
	if svg.Kind != "image/svg+xml" || svg.Warning != string(safe.Active) || svg.Thumbnail != nil || svg.Path != filepath.Join(dir, "photo.svg") {
		t.Errorf("%+v", svg)
	}
	program := fetched("/home/x/.photo\u202egnp.exe", "MZ", is(Done))
	if program.Warning != string(safe.Program) || program.Path != filepath.Join(dir, "photognp.exe") {
		t.Errorf("%+v", program)
	}
	html := fetched("page.png", "<!DOCTYPE html><script>x</script>", is(Done))
	if html.Kind != "text/html" || html.Warning != string(safe.Active) || html.Thumbnail != nil {
		t.Errorf("%+v", html)
	}
}
