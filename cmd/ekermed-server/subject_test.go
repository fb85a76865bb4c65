package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ekermed.example/ekermed/internal/server/store"
)

// found tells which files of a folder hold a text, in any of the forms mails use.
func found(t *testing.T, dir, text string) (files []string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(bytes.ToLower(b), []byte(text)) {
			files = append(files, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// A patient gets all that is held about them, and it goes when they ask: no file has
// their address any more, while another patient's is untouched. The database is in use
// meanwhile, as by a running server.
func TestExportAndErase(t *testing.T) {
	config := settings(t, "")
	data := filepath.Join(filepath.Dir(config), "data")
	to := []string{"--config", config}
	with := func(args ...string) []string { return append(append([]string{}, args...), to...) }
	ok := func(o outcome) string {
		t.Helper()
		if o.code != exitOK {
			t.Fatalf("%+v", o)
		}
		return o.stdout
	}
	ok(try(t, "correct horse battery\n", nil, with("user", "add", "--email", "anne@h.example", "--name", "Dr Anne", "--role", "clinician", "--password-stdin")...))
	for _, who := range []string{"Yann.Canari@patients.example", "yann.canari@patients.example", "other.one@patients.example"} {
		ok(try(t, "", nil, with("invite", "--clinician", "anne@h.example", "--patient-email", who, "--at", "now")...))
	}
	ok(try(t, "", nil, with("invite", "--clinician", "anne@h.example", "--patient-email", "third@patients.example", "--at", "now", "--also", "companion:Yann:yann.canari@patients.example")...))
	const canary = "yann.canari"
	running, err := store.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	if err := running.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(found(t, data, canary)) == 0 || len(found(t, data, "other.one")) == 0 {
		t.Fatal("the search would not find what is there")
	}

	var all exported
	if err := json.Unmarshal([]byte(ok(try(t, "", nil, with("export", "--patient-email", "YANN.canari@patients.example")...))), &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Appointments) != 2 || len(all.Mails) != 3 || len(all.Guest) != 1 || all.Guest[0].Role != "companion" || all.Appointments[0].Clinician != "Dr Anne" || all.Receipt.What != "export" || len(all.NotKept) == 0 {
		t.Errorf("exported %+v", all)
	}
	if len(all.Trail) != 2 || all.Trail[0].What != "invited" {
		t.Errorf("the trail of it: %+v", all.Trail)
	}

	out := ok(try(t, "", nil, with("erase", "--patient-email", "yann.canari@patients.example")...))
	var r receipt
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Appointments != 2 || r.Links != 1 || r.Mails != 3 || r.Subject == "" || strings.Contains(out, "canari") {
		t.Errorf("receipt %s", out)
	}
	if left := found(t, data, canary); len(left) > 0 {
		t.Errorf("still in %v", left)
	}
	if len(found(t, data, "other.one")) == 0 {
		t.Error("another patient's went too")
	}
	shown := ok(try(t, "", nil, with("trail", "show", "--json")...))
	for _, what := range []string{`"exported"`, `"erased"`} {
		if !strings.Contains(shown, what) || !strings.Contains(shown, r.Subject) {
			t.Errorf("the trail does not say %s of %s:\n%s", what, r.Subject, shown)
		}
	}
	// Again there is nothing, and that is no failure.
	if err := json.Unmarshal([]byte(ok(try(t, "", nil, with("erase", "--patient-email", "yann.canari@patients.example")...))), &r); err != nil || r.Appointments != 0 {
		t.Errorf("again: %+v %v", r, err)
	}
	try(t, "", nil, with("export", "--patient-email", "not an address")...).sentence(t, "export", exitFail, "not an address")
	if o := try(t, "", nil, with("erase")...); o.code != exitUsage {
		t.Errorf("without an address: %+v", o)
	}
}
