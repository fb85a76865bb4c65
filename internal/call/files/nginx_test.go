package files

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"ekermed.example/ekermed/internal/call/wire"
)

// Through nginx as it comes, which takes bodies of 1 MiB and holds them back until they are
// whole: nothing has to be set for files.
func TestThroughNginx(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("no nginx on this machine: make netlab-setup installs it")
	}
	h := newHouse(t, plenty())
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, `daemon off; master_process off; pid %[1]s/pid; error_log stderr;
events {}
http { access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
server { listen %[2]s; location / { proxy_pass %[3]s; proxy_set_header Host $host; } } }
`, dir, at, h.server.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(nginx, "-c", conf, "-p", dir)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = c.Wait() // killed
		if t.Failed() {
			t.Logf("nginx:\n%s", said.String())
		}
	})
	eventually(t, "nginx listens", func() bool {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
	through := func(d *desk) { d.base = "http://" + at }
	d, p := h.sit("c", wire.RoleClinician, through), h.sit("p", wire.RolePatient, through)
	admit(d, "p")
	meet(d, p)
	path, want := written(t, 20_000_000)
	id := p.send(File{Name: "a.bin", Source: fromDisk(t, path)})
	mine := theirs("p", id)
	d.until(mine, "ready", is(Ready))
	d.do(func() { d.engine.Take(mine, Target{Dir: t.TempDir()}) })
	it := d.until(mine, "done", func(it Item) bool { return it.State == Done || it.State == Failed })
	if got, err := os.ReadFile(it.Path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%+v: %d bytes, %v", it, len(got), err)
	}
	if it := p.until(id, "done", is(Done)); it.Problem != "" {
		t.Errorf("%+v", it)
	}
}
