package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/photo"
	"ekermed.example/ekermed/internal/call/picture"
	"ekermed.example/ekermed/internal/call/wire"
)

// easel is a whiteboard that remembers what was laid under it.
type easel struct {
	mu      sync.Mutex
	grounds []board.Ground
	refused []error
}

func (*easel) Meet(string, string, bool) {}
func (*easel) Part(string)               {}
func (*easel) Hear(string, []byte)       {}
func (*easel) Close()                    {}
func (e *easel) Lay(g board.Ground, refused error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if refused != nil {
		e.refused = append(e.refused, refused)
		return
	}
	e.grounds = append(e.grounds, g)
}

func (e *easel) laid() (grounds []board.Ground, refused []error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.grounds, e.refused
}

// A picture of the disk goes to the server as a backdrop, drawn anew and turned; what is none is
// refused, and nothing is sent.
func TestLayPicture(t *testing.T) {
	s := startServer(t, t.TempDir(), "127.0.0.1:0")
	s.clinician()
	appointment, _ := s.invite()
	e := &easel{}
	d := startDeskBy(t, nil, nil, &memory{}, func(o *Options) { o.Board = e })
	d.signIn(t, s.Local)
	d.Post(call.OpenRoom{Appointment: appointment})
	d.until(t, "in the room", func(s call.State) bool { return s.Call.FileLimit > 0 })

	var out bytes.Buffer
	if err := png.Encode(&out, image.NewRGBA(image.Rect(0, 0, 5000, 100))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "Camille Moreau, genou.png")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	d.Post(call.LayPicture{Path: path, Quarters: 1})
	eventually(t, "laid", func() bool { g, _ := e.laid(); return len(g) == 1 })
	grounds, _ := e.laid()
	state := d.until(t, "sent", func(s call.State) bool { return len(s.Call.Files) == 1 && s.Call.Files[0].Whole })
	it := state.Call.Files[0]
	if g := grounds[0]; it.Use != files.Backdrop || it.Offer != g.File || it.Picture == nil || it.Picture.SHA != g.SHA || g.Width != 64 || g.Height != 3200 || strings.Contains(it.Name, "Camille") {
		t.Errorf("%+v, %+v", g, it)
	}
	d.Post(call.LayPicture{Content: out.Bytes()})
	eventually(t, "a page laid", func() bool { g, _ := e.laid(); return len(g) == 2 })
	if grounds, _ = e.laid(); grounds[1].Width != 3200 || grounds[1].Height != 64 {
		t.Errorf("a page: %+v", grounds[1])
	}
	note := filepath.Join(t.TempDir(), "note.png")
	if err := os.WriteFile(note, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.Post(call.LayPicture{Path: note})
	d.Post(call.LayPicture{Path: filepath.Join(t.TempDir(), "nothing.png")})
	d.Post(call.LayPicture{File: "nobody's"})
	eventually(t, "refused", func() bool { _, r := e.laid(); return len(r) == 3 })
	_, refused := e.laid()
	n := 0
	for _, err := range refused {
		if why := (picture.Error{}); errors.As(err, &why) {
			n++
		}
	}
	if n != 1 || len(d.state().Call.Files) != 2 {
		t.Errorf("refused %v; %d files", refused, len(d.state().Call.Files))
	}
}

// fetched is files.Work that notes what is fetched, and where to.
type fetched map[string]files.Target

func (fetched) Upload(string, courier.Source)                                  {}
func (f fetched) Fetch(id string, _ courier.Sending, _ int64, to files.Target) { f[id] = to }
func (fetched) Keep(string, string)                                            {}
func (fetched) Stop(string)                                                    {}
func (f fetched) Drop(id string)                                               { delete(f, id) }

// Only a photograph that was asked for, and the ground that is shown, are fetched by themselves.
func TestCollect(t *testing.T) {
	work := fetched{}
	f := &features{photo: photo.New(time.Now), took: map[string]bool{}}
	f.files = files.New(files.Options{Tell: func(string, []byte) {}, Work: work})
	f.files.Allow(100 << 20)
	for _, id := range []string{"p", "q"} {
		f.files.Meet(files.Peer{ID: id, Role: wire.RolePatient})
	}
	sum := bytes.Repeat([]byte{1}, 32)
	offer := func(from, id string, use files.Use, size int) string {
		t.Helper()
		said, err := json.Marshal(map[string]any{"type": "offer", "data": map[string]any{
			"id": strings.Repeat(id, 16), "use": use, "name": "a.png", "size": size, "blob": strings.Repeat("b", 16), "key": make([]byte, 16), "sum": sum}})
		if err != nil {
			t.Fatal(err)
		}
		f.files.Hear(from, said)
		f.collect()
		return from + "/" + strings.Repeat(id, 16)
	}
	keep := func(id string) {
		f.files.Fetched(id, sum)
		f.files.Kept(id, files.Kept{Picture: &picture.Picture{SHA: id}})
		f.collect()
	}
	want := func(what string, ids ...string) {
		t.Helper()
		if len(work) != len(ids) {
			t.Errorf("%s: fetched %v", what, work)
		}
		for _, id := range ids {
			if !work[id].Memory && !work[id].Ground {
				t.Errorf("%s: %s goes to %+v", what, id, work[id])
			}
		}
	}
	offer("p", "a", files.Snapshot, 1000)
	offer("p", "b", files.Backdrop, 1000)
	offer("p", "c", files.Plain, 1000)
	want("nobody asked")
	f.photo.Ask("p", false)
	asked := offer("p", "d", files.Snapshot, 1000)
	first := "p/" + strings.Repeat("a", 16) // it came too early, and is a photograph of theirs all the same
	offer("q", "e", files.Snapshot, 1000)
	want("one was asked", asked, first)
	offer("p", "f", files.Snapshot, picture.MaxBytes+1)
	want("too large", asked, first)
	f.files.Cancel(asked)
	f.collect()
	want("what was stopped is not begun again", first)
	f.files.Cancel(first)

	// The ground may be named before its file is offered, and by two people.
	f.ground = strings.Repeat("g", 16)
	one, two := offer("p", "g", files.Backdrop, 1000), offer("q", "g", files.Backdrop, 1000)
	want("the ground", one, two)
	keep(one)
	keep(two)
	ids := []string{one, two}
	for _, id := range []string{"h", "i", "j", "k", "l"} {
		f.ground = strings.Repeat(id, 16)
		ids = append(ids, offer("p", id, files.Backdrop, 1000))
		keep(ids[len(ids)-1])
	}
	kept := 0
	for _, it := range f.files.View() {
		if it.Picture != nil {
			kept++
		}
	}
	if it, _ := f.find(one); it.State != files.Ready || kept != groundsMost+1 {
		t.Errorf("%d are kept; the oldest is %+v", kept, it)
	}
	f.ground = strings.Repeat("g", 16) // somebody undoes it all
	f.collect()
	if it, _ := f.find(one); it.State != files.Fetching {
		t.Errorf("back on the board: %+v", it)
	}
}
