package files

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/files/safe"
	"ekermed.example/ekermed/internal/call/picture"
	"ekermed.example/ekermed/internal/call/wire"
)

// drawn is a PNG of a size.
func drawn(t testing.TB, w, h int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewRGBA(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A photograph is kept in memory, whole, and goes when it is erased: nothing of it touches the
// disk, and its sender cannot bring it back.
func TestInMemory(t *testing.T) {
	if runtime.GOOS != "windows" {
		t.Setenv("TMPDIR", t.TempDir())
	}
	_, c, p := pair(t, plenty())
	content := drawn(t, 900, 700)
	id := p.send(File{Name: "photo.png", Use: Snapshot, To: []string{"c"}, Source: courier.BytesSource(content)})
	its := theirs("p", id)
	c.until(its, "ready", is(Ready))
	c.do(func() { c.engine.Take(its, Target{Memory: true}) })
	it := c.until(its, "done", is(Done))
	if !bytes.Equal(it.Content, content) || it.Path != "" || it.Kind != "image/png" || it.Thumbnail == nil || it.Offer != id || it.Picture != nil {
		t.Errorf("%+v", it)
	}
	if n := leftovers(t, os.TempDir()); runtime.GOOS != "windows" && n != 0 {
		t.Errorf("%d files on the disk", n)
	}
	c.do(func() { c.engine.Erase(its) })
	if it := c.item(its); it.State != Erased || it.Content != nil || it.Thumbnail != nil {
		t.Errorf("erased: %+v", it)
	}
	meet(c, p) // the offer comes again
	p.until(id, "received", func(it Item) bool { return it.Replies["c"] == Received })
	c.do(func() { c.engine.Take(its, Target{Memory: true}) })
	if it := c.item(its); it.State != Erased {
		t.Errorf("it came back: %+v", it)
	}
}

// What lies under a board is kept as a picture; it can be let go and taken again.
func TestGround(t *testing.T) {
	_, c, p := pair(t, plenty())
	content := drawn(t, 4000, 500)
	read, err := picture.Read(content)
	if err != nil {
		t.Fatal(err)
	}
	id := p.send(File{Name: "ground.png", Use: Backdrop, Source: courier.BytesSource(content), Picture: read})
	its := theirs("p", id)
	if mine := p.item(id); mine.Picture != read || mine.Offer != id {
		t.Errorf("our own: %+v", mine)
	}
	for range 2 {
		c.until(its, "ready", is(Ready))
		c.do(func() { c.engine.Take(its, Target{Ground: true}) })
		it := c.until(its, "done", is(Done))
		if it.Content != nil || it.Picture == nil || it.Picture.SHA != read.SHA || it.Picture.Width != 4000 || it.Picture.Image.Rect.Dx() != picture.Longest {
			t.Errorf("%+v", it)
		}
		c.do(func() { c.engine.Release(its) })
		if it := c.item(its); it.State != Ready || it.Picture != nil {
			t.Errorf("let go: %+v", it)
		}
	}
	// No picture is no ground, and what is too large for memory is not fetched at all.
	bad := p.send(File{Name: "ground.png", Use: Backdrop, Source: courier.BytesSource([]byte("\x89PNG\r\n\x1a\n no picture"))})
	large := p.send(File{Name: "large.png", Use: Backdrop, Source: courier.BytesSource(make([]byte, picture.MaxBytes+1))})
	c.until(theirs("p", bad), "ready", is(Ready))
	c.until(theirs("p", large), "ready", is(Ready))
	c.do(func() {
		c.engine.Take(theirs("p", bad), Target{Ground: true})
		c.engine.Take(theirs("p", large), Target{Ground: true})
	})
	c.until(theirs("p", bad), "no ground", failed(ProblemForged))
	if it := c.item(theirs("p", large)); it.State != Ready {
		t.Errorf("%+v", it)
	}
}

// Who comes later gets what lies under the board, whatever their role; an observer has no right.
func TestGroundForWhoComesLater(t *testing.T) {
	tb := &table{}
	c := tb.add("c", wire.RoleClinician)
	c.Send(note("file"))
	c.Send(File{Name: "ground", Use: Backdrop, Source: courier.BytesSource([]byte("x"))})
	i, o := tb.add("i", wire.RoleInterpreter), tb.add("o", wire.RoleObserver)
	if all := i.View(); len(all) != 1 || all[0].Use != Backdrop {
		t.Errorf("the interpreter sees %+v", all)
	}
	if all := o.View(); len(all) != 0 {
		t.Errorf("the observer sees %+v", all)
	}
}

// What is kept in memory is shown to the scanner too, and does not stay where it was shown.
func TestMemoryIsScanned(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the scanner of this test is a shell script")
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	script := filepath.Join(t.TempDir(), "scan")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ngrep -q EICAR \"$1\" && exit 1; exit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, c, p := pair(t, plenty(), func(d *desk) { d.scanner = safe.Scanner{Command: []string{script, "{file}"}, Limit: time.Minute} })
	good := p.send(File{Name: "a.png", Use: Snapshot, Source: courier.BytesSource(drawn(t, 50, 50))})
	bad := p.send(File{Name: "b.png", Use: Snapshot, Source: courier.BytesSource([]byte(strings.Repeat("EICAR ", 20)))})
	for _, id := range []string{good, bad} {
		c.until(theirs("p", id), "ready", is(Ready))
		c.do(func() { c.engine.Take(theirs("p", id), Target{Memory: true}) })
	}
	c.until(theirs("p", good), "done", is(Done))
	c.until(theirs("p", bad), "refused", failed(ProblemInfected))
	if n := leftovers(t, dir); n != 0 {
		t.Errorf("%d files stay", n)
	}
}
