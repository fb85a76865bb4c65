package files

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/room"
)

// page is a participant with the page's own engine, under node.
type page struct {
	t     *testing.T
	in    io.WriteCloser
	token string

	mu   sync.Mutex
	view []pageItem
}

type pageItem struct {
	ID, Name, State, Problem, Kind, Warning, Sum string
	Mine, Whole                                  bool
	Size, Done                                   int64
	Replies, Reasons                             map[string]string
}

func (p *page) order(o map[string]any) {
	b, err := json.Marshal(o)
	if err != nil {
		p.t.Error(err)
	}
	if _, err := p.in.Write(append(b, '\n')); err != nil {
		p.t.Error(err)
	}
}

func (p *page) hear(from string, payload []byte) {
	p.order(map[string]any{"hear": map[string]string{"from": from, "payload": base64.StdEncoding.EncodeToString(payload)}})
}

func (p *page) until(name, what string, ok func(pageItem) bool) (found pageItem) {
	p.t.Helper()
	eventually(p.t, name+": "+what, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, it := range p.view {
			if it.Name == name && ok(it) {
				found = it
				return true
			}
		}
		return false
	})
	return found
}

func pageIs(s State) func(pageItem) bool {
	return func(it pageItem) bool { return it.State == string(s) }
}

// open bundles the page's engine and runs it as the patient of a call with d.
func open(t *testing.T, h *house, d *desk) *page {
	t.Helper()
	web, err := filepath.Abs("../../server/web")
	if err != nil {
		t.Fatal(err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node on this machine")
	}
	if _, err := os.Stat(filepath.Join(web, "node_modules/@stablelib/sha256")); err != nil {
		t.Skip("the page's packages are not installed: run npm ci in internal/server/web")
	}
	tool := exec.Command("go", "tool", "-n", "esbuild")
	tool.Dir = "../../../tools"
	esbuild, err := tool.Output()
	if err != nil {
		t.Fatal(err)
	}
	bundle := filepath.Join(t.TempDir(), "peer.cjs")
	build := exec.Command(strings.TrimSpace(string(esbuild)), "test/files-peer.ts", "--bundle", "--platform=node", "--format=cjs", "--log-level=warning", "--outfile="+bundle)
	build.Dir = web
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l := &line{}
	if h.rooms.Enter(room.Entry{Appointment: "a", Person: "page", Name: "page", Role: wire.RolePatient, Owner: "o", Link: "page"}, l) == nil {
		t.Fatal("the page is not let in")
	}
	admit(d, "page")
	p := &page{t: t, token: l.files().Token}
	c := exec.Command(node, bundle)
	c.Stderr = os.Stderr
	if p.in, err = c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() { p.read(out, d) })
	t.Cleanup(func() {
		if err := p.in.Close(); err != nil {
			t.Error(err)
		}
		reading.Wait()
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	})
	p.order(map[string]any{"server": map[string]any{"base": h.server.URL, "token": p.token, "limit": l.files().Limit}})
	d.do(func() { d.others["page"] = p.hear })
	p.order(map[string]any{"meet": map[string]string{"peer": d.id, "role": string(d.role)}})
	d.do(func() { d.engine.Meet(Peer{"page", wire.RolePatient}) })
	return p
}

func (p *page) read(out io.Reader, d *desk) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m struct {
			Tell *struct{ Peer, Payload string }
			View []pageItem
		}
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			p.t.Errorf("%s: %v", lines.Bytes(), err)
			continue
		}
		if m.Tell != nil {
			payload, err := base64.StdEncoding.DecodeString(m.Tell.Payload)
			if err != nil {
				p.t.Error(err)
			}
			d.hear("page", payload)
			continue
		}
		p.mu.Lock()
		p.view = m.View
		p.mu.Unlock()
	}
}

// pattern is a file as test/files-peer.ts makes it.
func pattern(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return base64.StdEncoding.EncodeToString(s[:])
}

// The desktop's engine and the page's, through the real server: 100 MB each way, with the
// connection cut in the middle of a piece, and a smaller file beside each.
func TestWithThePage(t *testing.T) {
	h := newHouse(t, plenty())
	d := h.sit("c", wire.RoleClinician)
	p := open(t, h, d)
	dir := t.TempDir()
	p.order(map[string]any{"send": map[string]any{"name": "../IRM.bin", "size": limit}})
	p.order(map[string]any{"send": map[string]any{"name": "note.txt", "size": 70_000}})
	large := p.until("IRM.bin", "some of it", func(it pageItem) bool { return it.Done > 20_000_000 })
	h.cutAfter.Store(300_000)
	small := p.until("note.txt", "ready", pageIs(Ready))
	for _, it := range []pageItem{large, small} {
		mine := theirs("page", it.ID)
		d.until(mine, "ready", is(Ready))
		d.do(func() { d.engine.Take(mine, Target{Dir: dir}) })
		got, err := os.ReadFile(d.until(mine, "done", is(Done)).Path)
		if err != nil || sum(got) != sum(pattern(int(it.Size))) {
			t.Errorf("%s: %d bytes, %v", it.Name, len(got), err)
		}
		p.until(it.Name, "done", pageIs(Done))
	}
	if n := h.cuts.Load(); n != 1 {
		t.Errorf("cut %d times", n)
	}
	body := pattern(limit)
	out := d.send(File{Name: "retour.bin", Source: courier.BytesSource(body)})
	beside := d.send(File{Name: "a\u202egnp.exe", Source: courier.BytesSource([]byte("MZ\x00"))})
	p.until("retour.bin", "ready", pageIs(Ready))
	p.order(map[string]any{"take": theirs("c", out)})
	p.until("agnp.exe", "ready", pageIs(Ready))
	p.order(map[string]any{"take": theirs("c", beside)})
	p.until("retour.bin", "some of it", func(it pageItem) bool { return it.Done > 20_000_000 })
	h.cutAfter.Store(300_000)
	got := p.until("retour.bin", "done", func(it pageItem) bool { return it.Sum != "" })
	if got.Sum != sum(body) || got.State != string(Done) {
		t.Errorf("%+v", got)
	}
	if exe := p.until("agnp.exe", "done", pageIs(Done)); exe.Warning != "program" {
		t.Errorf("%+v", exe)
	}
	d.until(out, "done", is(Done))
	d.until(beside, "done", is(Done))
	if n := h.cuts.Load(); n != 2 {
		t.Errorf("cut %d times", n)
	}
}

// What goes wrong reads the same on both sides: taken back, too large, changed on its way,
// refused, and a server that was started again.
func TestTroubleWithThePage(t *testing.T) {
	h := newHouse(t, plenty())
	d := h.sit("c", wire.RoleClinician)
	p := open(t, h, d)
	p.order(map[string]any{"send": map[string]any{"name": "empty", "size": 0}})
	p.until("empty", "its sentence", func(it pageItem) bool { return it.State == "failed" && it.Problem == "empty" })
	p.order(map[string]any{"send": map[string]any{"name": "large", "size": limit + 1}})
	p.until("large", "its sentence", func(it pageItem) bool { return it.State == "failed" && it.Problem == "too_large" })
	p.order(map[string]any{"send": map[string]any{"name": "a", "size": 200_000}})
	mine := theirs("page", p.until("a", "ready", pageIs(Ready)).ID)
	d.until(mine, "ready", is(Ready))
	d.do(func() { d.engine.Decline(mine) })
	it := p.until("a", "refused", func(it pageItem) bool { return it.Replies["c"] == "refused" && it.Reasons["c"] == "declined" })
	p.order(map[string]any{"cancel": it.ID})
	p.until("a", "withdrawn", pageIs(Withdrawn))
	d.until(mine, "withdrawn", func(it Item) bool { return it.State == Withdrawn })
	eventually(t, "nothing is left", func() bool { return leftovers(t, h.dir) == 0 })

	id := d.send(File{Name: "b", Source: courier.BytesSource(pattern(5_000_000))})
	d.until(id, "ready", is(Ready))
	list, err := os.ReadDir(h.dir)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d files, %v", len(list), err)
	}
	path := filepath.Join(h.dir, list[0].Name())
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[3_000_000] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	p.order(map[string]any{"take": theirs("c", id)})
	p.until("b", "its sentence", func(it pageItem) bool { return it.State == "failed" && it.Problem == "forged" })
	d.until(id, "the reason", func(it Item) bool { return it.Reasons["page"] == ProblemForged })

	again := d.send(File{Name: "c", Source: courier.BytesSource(pattern(500_000))})
	d.until(again, "ready", is(Ready))
	taken := d.send(File{Name: "d", Source: courier.BytesSource(pattern(500_000))})
	d.until(taken, "ready", is(Ready))
	p.until("d", "ready", pageIs(Ready))
	d.do(func() { d.engine.Cancel(taken) })
	p.until("d", "withdrawn", pageIs(Withdrawn))
	h.stop()
	h.start()
	d.enter()
	l := &line{}
	if h.rooms.Enter(room.Entry{Appointment: "a", Person: "page", Name: "page", Role: wire.RolePatient, Owner: "o", Link: "page"}, l) == nil {
		t.Fatal("the page is not let in again")
	}
	admit(d, "page")
	p.order(map[string]any{"server": map[string]any{"base": h.server.URL, "token": l.files().Token, "limit": limit}})
	p.order(map[string]any{"take": theirs("c", again)})
	if it := p.until("c", "done", func(it pageItem) bool { return it.Sum != "" }); it.Sum != sum(pattern(500_000)) {
		t.Errorf("%+v", it)
	}
}
