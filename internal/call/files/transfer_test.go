package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/files/parcel"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/drop"
)

// 100 MB, the most that is allowed by default, with the line cut in the middle of pieces and
// then down for a while, each way, and another file beside it: both arrive as they were.
func TestHundredMegabytes(t *testing.T) {
	_, c, p := pair(t, plenty())
	big, bytesOfBig := written(t, limit)
	other, bytesOfOther := written(t, 3_000_000)
	dir := t.TempDir()
	first := p.send(File{Name: "IRM.dcm", Source: fromDisk(t, big)})
	second := p.send(File{Name: "lettre.pdf", Source: fromDisk(t, other)})
	half := func(it Item) bool { return it.Done > limit/2 }
	p.until(first, "half of it", half)
	p.wire.set(func(w *cable) { w.cutAfter = 300_000 })
	p.until(first, "a cut", func(Item) bool { return p.wire.count() > 0 })
	p.wire.set(func(w *cable) { w.down = true })
	p.until(first, "waiting", func(it Item) bool { return it.State == Paused && it.Problem == ProblemOffline })
	for _, id := range []string{first, second} {
		c.until(theirs("p", id), "ready", is(Ready))
		c.do(func() { c.engine.Take(theirs("p", id), Target{Dir: dir}) })
	}
	p.wire.set(func(w *cable) { w.down = false })
	c.until(theirs("p", first), "half of it", half)
	c.wire.set(func(w *cable) { w.cutAfter = 300_000 })
	for id, want := range map[string][]byte{first: bytesOfBig, second: bytesOfOther} {
		it := c.until(theirs("p", id), "done", is(Done))
		got, err := os.ReadFile(it.Path)
		if err != nil || sha256.Sum256(got) != sha256.Sum256(want) {
			t.Errorf("%s: %d bytes, %v", it.Path, len(got), err)
		}
		if info, err := os.Stat(it.Path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", it.Path, info.Mode(), err)
		}
		if sent := p.until(id, "done", is(Done)); sent.Replies["c"] != Received {
			t.Errorf("the sender knows %+v", sent)
		}
	}
	if p.wire.count() != 1 || c.wire.count() != 1 {
		t.Errorf("cut %d and %d times", p.wire.count(), c.wire.count())
	}
	if n := leftovers(t, dir); n != 2 {
		t.Errorf("%d files where there should be two", n)
	}
}

// By hand: a pause on either side, and going on; nothing is begun anew.
func TestPauseAndResume(t *testing.T) {
	_, c, p := pair(t, plenty())
	path, want := written(t, 20_000_000)
	var posts atomic.Int64
	p.wire.set(func(w *cable) {
		w.asked = func(r *http.Request) {
			if r.Method == http.MethodPost {
				posts.Add(1)
			}
		}
	})
	id := p.send(File{Name: "a.bin", Source: fromDisk(t, path)})
	p.until(id, "a little", func(it Item) bool { return it.Done > 1_000_000 })
	p.do(func() { p.engine.Pause(id) })
	at := p.item(id).Done
	c.until(theirs("p", id), "ready", is(Ready))
	c.do(func() { c.engine.Take(theirs("p", id), Target{Dir: t.TempDir()}) })
	c.until(theirs("p", id), "what there is", func(it Item) bool { return it.State == Fetching && it.Done > 0 })
	if it := p.item(id); it.State != Paused || it.Problem != ProblemByHand || it.Done != at {
		t.Errorf("paused: %+v", it)
	}
	c.do(func() { c.engine.Pause(theirs("p", id)) })
	p.do(func() { p.engine.Resume(id) })
	p.until(id, "ready", is(Ready))
	if it := c.item(theirs("p", id)); it.State != Paused {
		t.Errorf("paused: %+v", it)
	}
	c.do(func() { c.engine.Resume(theirs("p", id)) })
	it := c.until(theirs("p", id), "done", is(Done))
	if got, err := os.ReadFile(it.Path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if n := posts.Load(); n != 1 {
		t.Errorf("begun %d times", n)
	}
}

// Taken back while it is sent and while it is fetched: the other side learns it, and nothing
// is left at the server nor on the disk.
func TestCancel(t *testing.T) {
	h, c, p := pair(t, plenty())
	path, _ := written(t, 30_000_000)
	dir := t.TempDir()
	id := p.send(File{Name: "a.bin", Source: fromDisk(t, path)})
	mine := theirs("p", id)
	c.until(mine, "ready", is(Ready))
	c.do(func() { c.engine.Take(mine, Target{Dir: dir}) })
	c.until(mine, "a little", func(it Item) bool { return it.Done > 0 })
	c.do(func() { c.engine.Cancel(mine) })
	if it := c.item(mine); it.State != Ready || it.Done != 0 {
		t.Errorf("after cancelling: %+v", it)
	}
	eventually(t, "the part is gone", func() bool { return leftovers(t, dir) == 0 })
	c.do(func() { c.engine.Take(mine, Target{Dir: dir}) })
	c.until(mine, "a little", func(it Item) bool { return it.Done > 0 })
	p.do(func() { p.engine.Cancel(id) })
	c.until(mine, "withdrawn", is(Withdrawn))
	if it := p.item(id); it.State != Withdrawn {
		t.Errorf("the sender has %+v", it)
	}
	eventually(t, "nothing is left", func() bool { return leftovers(t, dir) == 0 && leftovers(t, h.dir) == 0 })
	c.do(func() { c.engine.Take(mine, Target{Dir: dir}) })
	if it := c.item(mine); it.State != Withdrawn {
		t.Errorf("taken after all: %+v", it)
	}
}

// Bad files: each is refused with its own problem before a byte is sent, and the next good one
// goes through.
func TestRefusedBeforeAByte(t *testing.T) {
	h, c, p := pair(t, plenty())
	never := func() (io.ReadCloser, error) {
		t.Error("it was opened")
		return nil, errors.New("no")
	}
	before := h.requests.Load()
	for size, want := range map[int64]Problem{0: ProblemEmpty, limit + 1: ProblemTooLarge, 10_000_000_000: ProblemTooLarge} {
		id := p.send(File{Name: "x", Source: courier.Source{Size: size, Open: never}})
		if it := p.item(id); it.State != Failed || it.Problem != want {
			t.Errorf("%d bytes: %+v", size, it)
		}
	}
	if n := h.requests.Load(); n != before {
		t.Errorf("%d requests", n-before)
	}
	if n := len(c.view()); n != 0 {
		t.Errorf("the other side sees %d", n)
	}
	good := p.send(File{Name: "ok.txt", Source: courier.BytesSource([]byte("bonjour"))})
	c.until(theirs("p", good), "ready", is(Ready))
}

// A file that is not what it was when it was chosen.
func TestChangedWhileSent(t *testing.T) {
	_, c, p := pair(t, plenty())
	for name, change := range map[string]func(path string) error{
		"shorter": func(path string) error { return os.Truncate(path, 5_000_000) },
		"longer": func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("more")
			return errors.Join(err, f.Close())
		},
		"other bytes": func(path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte("other"), 0)
			return errors.Join(err, f.Close())
		},
	} {
		path, _ := written(t, 10_000_000)
		p.wire.set(func(w *cable) { w.down = true })
		id := p.send(File{Name: name, Source: fromDisk(t, path)})
		p.until(id, "waiting", is(Paused))
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		p.wire.set(func(w *cable) { w.down = false })
		p.until(id, name, failed(ProblemChanged))
		c.until(theirs("p", id), "withdrawn", is(Withdrawn))
	}
	gone, _ := written(t, 1000)
	source := fromDisk(t, gone)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	p.until(p.send(File{Name: "gone", Source: source}), "unreadable", failed(ProblemUnreadable))
}

// hostile puts a blob at the server by hand and gives what an offer needs.
func hostile(t *testing.T, d *desk, declared int64, plain []byte, bend func([]byte) []byte) offer {
	t.Helper()
	u := courier.NewUpload(d.porter.o.Server, courier.BytesSource(plain))
	begun := &notes{}
	if bend != nil {
		d.wire.set(func(w *cable) {
			w.asked = func(r *http.Request) {
				if r.Method == http.MethodPatch {
					b, err := io.ReadAll(r.Body)
					if err != nil {
						t.Error(err)
					}
					r.Body = io.NopCloser(bytes.NewReader(bend(b)))
				}
			}
		})
		defer d.wire.set(func(w *cable) { w.asked = nil })
	}
	sum, err := u.Run(t.Context(), begun)
	if err != nil {
		t.Fatal(err)
	}
	return offer{ID: random(), Use: Plain, Name: "x.bin", Size: declared, Blob: begun.sending.Blob, Key: begun.sending.Key, Sum: sum}
}

type notes struct{ sending courier.Sending }

func (n *notes) Begun(s courier.Sending) { n.sending = s }
func (*notes) Moved(int64)               {}
func (*notes) Waits(error)               {}

// Whatever a sender says or the server does, a file that is not what was announced is not
// kept, and nothing of it stays.
func TestLies(t *testing.T) {
	_, c, p := pair(t, plenty())
	body := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	size := int64(len(body))
	wrong := sha256.Sum256([]byte("another"))
	for name, make := range map[string]func() offer{
		"longer than said":  func() offer { return hostile(t, p, size-1, body, nil) },
		"shorter than said": func() offer { return hostile(t, p, size+1, body, nil) },
		"by a chunk":        func() offer { return hostile(t, p, size+parcel.ChunkSize, body, nil) },
		"a bit is changed":  func() offer { return hostile(t, p, size, body, func(b []byte) []byte { b[len(b)/2] ^= 1; return b }) },
		"another order": func() offer {
			return hostile(t, p, size, body, func(b []byte) []byte {
				return append(append(bytes.Clone(b[parcel.SealedChunk:2*parcel.SealedChunk]), b[:parcel.SealedChunk]...), b[2*parcel.SealedChunk:]...)
			})
		},
		"another key":  func() offer { o := hostile(t, p, size, body, nil); o.Key[3] ^= 1; return o },
		"another hash": func() offer { o := hostile(t, p, size, body, nil); o.Sum = wrong[:]; return o },
	} {
		o, dir := make(), t.TempDir()
		payload, err := encode(o)
		if err != nil {
			t.Fatal(err)
		}
		c.do(func() { c.engine.Hear("p", payload) })
		c.do(func() { c.engine.Take(theirs("p", o.ID), Target{Dir: dir}) })
		c.until(theirs("p", o.ID), name, failed(ProblemForged))
		eventually(t, "nothing is left", func() bool { return leftovers(t, dir) == 0 })
	}
	if it := p.view(); len(it) != 0 {
		t.Errorf("the sender's own view: %+v", it)
	}
}

// Too much under way: its own problem, and room again once something was withdrawn.
func TestQuota(t *testing.T) {
	limits := plenty()
	limits.Person = parcel.Sealed(1_500_000)
	_, _, p := pair(t, limits)
	source := courier.BytesSource(make([]byte, 1_000_000))
	first := p.send(File{Name: "1", Source: source})
	p.until(first, "ready", is(Ready))
	p.until(p.send(File{Name: "2", Source: source}), "quota", failed(ProblemQuota))
	p.do(func() { p.engine.Cancel(first) })
	eventually(t, "room again", func() bool {
		id := p.send(File{Name: "3", Source: source})
		return p.until(id, "an end", func(it Item) bool { return it.State == Ready || it.State == Failed }).State == Ready
	})
}

// What nobody fetched is gone when the call ends, and the right to files with it. A person who
// is on hold can do nothing; one who left takes what was half sent with them.
func TestGoneWithTheCall(t *testing.T) {
	h, c, p := pair(t, plenty())
	id := p.send(File{Name: "a", Source: courier.BytesSource(make([]byte, 300_000))})
	c.until(theirs("p", id), "whole", func(it Item) bool { return it.Whole })
	c.place.Handle(wire.Hold{Peer: "p", On: true})
	held := p.send(File{Name: "b", Source: courier.BytesSource([]byte("b"))})
	p.until(held, "waiting", is(Paused))
	c.place.Handle(wire.Hold{Peer: "p"})
	p.until(held, "ready", is(Ready))
	if n := leftovers(t, h.dir); n != 2 {
		t.Errorf("%d blobs", n)
	}
	token := c.conn.Load().files().Token
	c.place.Handle(wire.Leave{End: true})
	eventually(t, "nothing is left", func() bool { return leftovers(t, h.dir) == 0 })
	if _, failure := h.rooms.MayShare(token); failure == nil || failure.Code != wire.CodePass {
		t.Errorf("the token still stands: %+v", failure)
	}
	c.do(func() { c.engine.Take(theirs("p", id), Target{Dir: t.TempDir()}) })
	c.until(theirs("p", id), "waiting", is(Paused))
}

// A server that was started again has nothing: the file is sent anew, under another key, and
// arrives.
func TestServerRestarted(t *testing.T) {
	h, c, p := pair(t, plenty())
	path, want := written(t, 5_000_000)
	id := p.send(File{Name: "a", Source: fromDisk(t, path)})
	p.until(id, "ready", is(Ready))
	var key []byte
	p.do(func() { key = p.engine.find(id).said.Key })
	h.stop()
	h.start()
	c.enter()
	p.enter()
	admit(c, "p")
	meet(c, p)
	c.do(func() { c.engine.Take(theirs("p", id), Target{Dir: t.TempDir()}) })
	it := c.until(theirs("p", id), "done", is(Done))
	if got, err := os.ReadFile(it.Path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	p.do(func() {
		if bytes.Equal(key, p.engine.find(id).said.Key) {
			t.Error("the key was used twice")
		}
	})
}

// Neither a name nor a key nor a byte of the file is at the server, in its files or its log.
func TestServerKnowsNothing(t *testing.T) {
	h, c, p := pair(t, plenty())
	const canary = "canari-ordonnance"
	id := p.send(File{Name: canary + ".txt", Kind: "text/plain", Source: courier.BytesSource(bytes.Repeat([]byte(canary), 10_000))})
	c.until(theirs("p", id), "whole", func(it Item) bool { return it.Whole })
	var said offer
	p.do(func() { said = p.engine.find(id).said })
	c.do(func() { c.engine.Take(theirs("p", id), Target{Dir: t.TempDir()}) })
	c.until(theirs("p", id), "done", is(Done))
	secrets := []string{canary, string(said.Key), base64.StdEncoding.EncodeToString(said.Key), base64.RawURLEncoding.EncodeToString(said.Key)}
	list, err := os.ReadDir(h.dir)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d files, %v", len(list), err)
	}
	for _, e := range list {
		b, err := os.ReadFile(filepath.Join(h.dir, e.Name()))
		if err != nil || int64(len(b)) != parcel.Sealed(int64(10_000*len(canary))) {
			t.Errorf("%d bytes, %v", len(b), err)
		}
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info.Mode(), err)
		}
		for _, s := range secrets {
			if strings.Contains(e.Name()+string(b), s) {
				t.Errorf("%q is in the server's folder", s)
			}
		}
	}
	for _, s := range append(secrets, said.Blob, p.conn.Load().files().Token) {
		if strings.Contains(h.log.String(), s) {
			t.Errorf("%q is in the log", s)
		}
	}
}

// An observer has no right to files: nothing is offered to them, and what they offer is not
// seen.
func TestObserver(t *testing.T) {
	h, c, p := pair(t, plenty())
	o := h.sit("o", wire.RoleObserver)
	admit(c, "o")
	meet(c, o)
	meet(p, o)
	if f := o.conn.Load().files(); f != (wire.Files{}) {
		t.Errorf("an observer gets %+v", f)
	}
	id := o.send(File{Name: "x", Source: courier.BytesSource([]byte("x"))})
	if it := o.item(id); it.Problem != ProblemOff {
		t.Errorf("an observer's file: %+v", it)
	}
	payload, err := encode(offer{ID: random(), Use: Plain, Name: "x", Size: 1, Blob: random(), Key: make([]byte, 16)})
	if err != nil {
		t.Fatal(err)
	}
	c.do(func() { c.engine.Hear("o", payload) })
	sent := p.send(File{Name: "y", Source: courier.BytesSource([]byte("y"))})
	c.until(theirs("p", sent), "ready", is(Ready))
	if n := len(c.view()); n != 1 {
		t.Errorf("the clinician sees %d", n)
	}
	if n := len(o.view()); n != 1 {
		t.Errorf("the observer sees %d", n)
	}
}

// A photograph for one person goes to nobody else, and is not kept at the server once it is
// there.
func TestToOnePerson(t *testing.T) {
	h, c, p := pair(t, drop.Limits{File: 1 << 20, Person: 1 << 20, Room: 1 << 20, All: 1 << 20, Life: 1 << 40})
	k := h.sit("k", wire.RoleColleague)
	admit(c, "k")
	meet(c, k)
	meet(p, k)
	id := p.send(File{Name: "photo.png", Use: Snapshot, To: []string{"c"}, Source: courier.BytesSource([]byte("\x89PNG\r\n\x1a\n no picture"))})
	c.until(theirs("p", id), "ready", is(Ready))
	c.do(func() { c.engine.Take(theirs("p", id), Target{Dir: t.TempDir(), Name: "wanted.png"}) })
	it := c.until(theirs("p", id), "done", is(Done))
	if filepath.Base(it.Path) != "wanted.png" || it.Use != Snapshot || it.Kind != "image/png" || it.Thumbnail != nil {
		t.Errorf("%+v", it)
	}
	eventually(t, "not kept at the server", func() bool { return leftovers(t, h.dir) == 0 })
	if n := len(k.view()); n != 0 {
		t.Errorf("somebody else sees %d", n)
	}
}
