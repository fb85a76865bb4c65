package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/config"
)

// tiny is a file system of a few megabytes, if this user may make one.
func tiny(t *testing.T) (string, bool) {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		return "", false
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir, true
}

// readOnly is a folder that this user, root or not, cannot write to.
func readOnly(t *testing.T) string {
	t.Helper()
	if dir, ok := tiny(t); ok {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if f, err := os.CreateTemp(dir, ""); err == nil { // root that may not mount: /proc takes no files
		f.Close()
		return "/proc/self"
	}
	return dir
}

// disk can be filled and freed.
type disk struct {
	dir        string
	words      string // what the log calls it
	fill, free func() error
}

// A full disk in the data folder: a sentence, nothing lost, and the server is well
// again when there is room.
func TestFullDisk(t *testing.T) {
	if dir, ok := tiny(t); ok {
		filler := filepath.Join(dir, "filler")
		fullDisk(t, disk{dir, "the disk is full; free some room in the data folder", func() error {
			f, err := os.Create(filler)
			if err != nil {
				return err
			}
			for block := make([]byte, 4096); err == nil; {
				_, err = f.Write(block)
			}
			if !errors.Is(err, syscall.ENOSPC) {
				return errors.Join(err, f.Close())
			}
			return f.Close()
		}, func() error { return os.Remove(filler) }})
	}
	// The same with the limit of file sizes, which any user can set, in a process of its own.
	child := exec.Command(os.Args[0], "-test.run=TestHelperFullDisk", "-test.v")
	child.Env = append(os.Environ(), "SERVER_FULL_DISK="+t.TempDir())
	out, err := child.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("the disk was full and is not")) {
		t.Errorf("with a limit: %v\n%s", err, out)
	}
}

// TestHelperFullDisk is run by TestFullDisk in a process of its own.
func TestHelperFullDisk(t *testing.T) {
	dir := os.Getenv("SERVER_FULL_DISK")
	if dir == "" {
		return
	}
	signal.Ignore(syscall.SIGXFSZ) // a write over the limit is then an error
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	most := limit.Cur
	set := func(size uint64) error {
		limit.Cur = size
		return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
	}
	fullDisk(t, disk{dir, "the data folder cannot be written; free some room", func() error { return set(1) }, func() error { return set(most) }})
	fmt.Println("the disk was full and is not")
}

func fullDisk(t *testing.T, d disk) {
	t.Helper()
	s := start(t, config.Development("127.0.0.1:0", filepath.Join(d.dir, "data")))
	a := s.clinician(t)
	id, code := s.book(t, a)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ask := func(method, path, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequest(method, s.Local()+path, strings.NewReader(body))
		must(err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+session)
		answer, err := http.DefaultClient.Do(r)
		must(err)
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		must(err)
		return answer.StatusCode, string(b)
	}
	health := func(want int) {
		t.Helper()
		// A heartbeat says nothing new within a second, and then costs no write.
		eventually(t, fmt.Sprintf("healthz %d", want), func() bool { status, _ := ask("GET", "/healthz", ""); return status == want })
	}
	const another = `{"patient_email":"second@x.example"}`
	health(200)
	must(d.fill())
	health(503)
	status, body := ask("POST", "/api/v1/appointments", another)
	var f wire.Failure
	if err := json.Unmarshal([]byte(body), &f); status != 500 || err != nil || f.Code != wire.CodeInternal || f.Text == "" {
		t.Errorf("an appointment on a full disk: %d %s", status, body)
	}
	if status, body := ask("POST", "/api/v1/link", `{"code":"`+code+`"}`); status != 200 {
		t.Errorf("reading on a full disk: %d %s", status, body)
	}
	if status, _ := ask("POST", "/api/v1/join", `{"code":"`+code+`"}`); status != 500 {
		t.Errorf("joining on a full disk: %d", status)
	}
	if log := s.log.String(); !strings.Contains(log, d.words) {
		t.Errorf("the log does not say %q: %s", d.words, log)
	}
	_, err := New(t.Context(), config.Development("127.0.0.1:0", filepath.Join(d.dir, "fresh")), discard())
	says(t, err, filepath.Join(d.dir, "fresh"), d.words)
	must(d.free())
	health(200)
	if status, body := ask("POST", "/api/v1/join", `{"code":"`+code+`"}`); status != 200 {
		t.Errorf("joining afterwards: %d %s", status, body)
	}
	if status, body := ask("POST", "/api/v1/appointments", another); status != 200 {
		t.Errorf("an appointment afterwards: %d %s", status, body)
	}
	must(s.stop())
	back := start(t, s.cfg)
	if ap, err := back.store.Appointment(t.Context(), id); err != nil || ap.PatientEmail != "yann@x.example" {
		t.Errorf("what was kept before: %+v %v", ap, err)
	}
	list, err := back.access.Agenda(t.Context(), a.ID)
	if err != nil || len(list) != 2 {
		t.Errorf("the agenda holds %d appointments, %v", len(list), err)
	}
}
