package server

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ekermed.example/ekermed/internal/call/files/courier"
	"ekermed.example/ekermed/internal/call/files/parcel"
	"ekermed.example/ekermed/internal/call/wire"
)

type quiet struct{ sent courier.Sending }

func (q *quiet) Begun(s courier.Sending) { q.sent = s }
func (*quiet) Moved(int64)               {}
func (*quiet) Waits(error)               {}

// The whole server: what an earlier run left is gone, a file goes from one person to the
// other, and with the call it goes from the disk. The log names nothing of it.
func TestFilesOfACall(t *testing.T) {
	cfg := development(t)
	dir := filepath.Join(cfg.Server.Data, "files")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "left"), []byte("of an earlier run"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, cfg)
	count := func() int {
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if n := count(); n != 0 {
		t.Errorf("%d files of an earlier run", n)
	}
	a := s.clinician(t)
	id, code := s.book(t, a)
	pass, err := s.access.ClinicianPass(t.Context(), a, id)
	doctor := s.enter(t, pass, err, nil)
	joined, err := s.access.Join(t.Context(), code, "test")
	patient := s.enter(t, joined, err, nil)
	eventually(t, "both are in", func() bool { _, in := heard[wire.Admitted](patient); return in })
	token := func(g *guest) func() string {
		w, _ := heard[wire.Welcome](g)
		if w.Files.Limit != 100_000_000 {
			t.Errorf("told %+v", w.Files)
		}
		return func() string { return w.Files.Token }
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	body := bytes.Repeat([]byte("canary"), 500_000)
	q := &quiet{}
	from := courier.Server{Base: s.Local(), Token: token(patient), Client: client}
	sum, err := courier.NewUpload(from, courier.BytesSource(body)).Run(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	f, err := courier.NewFetch(courier.Server{Base: s.Local(), Token: token(doctor), Client: client}, q.sent, int64(len(body)), &got)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := f.Run(t.Context(), q); err != nil || !bytes.Equal(same, sum) || !bytes.Equal(got.Bytes(), body) {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, q.sent.Blob))
	if err != nil || int64(len(raw)) != parcel.Sealed(int64(len(body))) || bytes.Contains(raw, []byte("canary")) {
		t.Errorf("at the server: %d bytes, %v", len(raw), err)
	}
	doctor.send(wire.Leave{End: true})
	eventually(t, "nothing is left", func() bool { return count() == 0 })
	for _, secret := range []string{q.sent.Blob, string(q.sent.Key), fmt.Sprintf("%x", q.sent.Key), from.Token()} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("after the stop: %v", err)
	}
}

// files.largest = 0: nobody is told of files, and there is no such path.
func TestFilesOff(t *testing.T) {
	cfg := development(t)
	cfg.Files.Largest = 0
	s := start(t, cfg)
	a := s.clinician(t)
	id, _ := s.book(t, a)
	pass, err := s.access.ClinicianPass(t.Context(), a, id)
	doctor := s.enter(t, pass, err, nil)
	eventually(t, "in", func() bool { _, in := heard[wire.Welcome](doctor); return in })
	if w, _ := heard[wire.Welcome](doctor); w.Files != (wire.Files{}) {
		t.Errorf("told %+v", w.Files)
	}
	r, err := http.Post(s.Local()+"/api/v1/files", "application/json", strings.NewReader(`{"size":1}`))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil || r.StatusCode != http.StatusNotFound {
		t.Errorf("%s %v", r.Status, err)
	}
	if _, err := os.Stat(filepath.Join(cfg.Server.Data, "files")); !os.IsNotExist(err) {
		t.Errorf("there is a folder: %v", err)
	}
}
