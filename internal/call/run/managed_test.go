package run

import (
	"os"
	"path/filepath"
	"testing"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/files"
)

// A machine that is set to one server signs in there whatever was typed, and one where files
// are off sends none, though the server would take them.
func TestManagedMachine(t *testing.T) {
	s := startServer(t, t.TempDir(), "127.0.0.1:0")
	s.clinician()
	appointment, _ := s.invite()
	d := startDeskBy(t, nil, nil, &memory{}, func(o *Options) { o.Managed = call.Managed{Server: s.Local, NoFiles: true} })
	if at := d.State().Account.Server; at != s.Local {
		t.Errorf("it begins at %q", at)
	}
	d.signIn(t, "https://elsewhere.example")
	d.Post(call.OpenRoom{Appointment: appointment})
	d.until(t, "in the room", func(s call.State) bool { return s.Call.Phase == call.Waiting })
	path := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(path, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.Post(call.SendFiles{Paths: []string{path}})
	state := d.until(t, "the file", func(s call.State) bool { return len(s.Call.Files) == 1 })
	if it := state.Call.Files[0]; it.State != files.Failed || it.Problem != files.ProblemOff || state.Call.FileLimit != 0 {
		t.Errorf("%+v, %d", it, state.Call.FileLimit)
	}
}
