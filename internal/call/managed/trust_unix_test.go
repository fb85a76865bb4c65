//go:build unix

package managed

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Neither the file nor its folder may be others' to write, nor belong to them.
func TestGuarded(t *testing.T) {
	me := uint32(os.Getuid())
	for name, tt := range map[string]struct {
		file, folder os.FileMode
		owner        uint32
		want         string // in the error
	}{
		"usual":               {0o644, 0o755, me, ""},
		"secret":              {0o600, 0o700, me, ""},
		"group writes":        {0o664, 0o755, me, "the file can be written"},
		"others write":        {0o646, 0o755, me, "the file can be written"},
		"group may replace":   {0o644, 0o775, me, "its folder can be written"},
		"others may replace":  {0o644, 0o777, me, "its folder can be written"},
		"with a sticky bit":   {0o644, 0o777 | os.ModeSticky, me, "its folder can be written"},
		"somebody else's":     {0o644, 0o755, me + 1, "does not belong to root"},
		"somebody's, by link": {0o666, 0o755, me, "the file can be written"},
	} {
		dir := filepath.Join(t.TempDir(), "e-kermed")
		path := filepath.Join(dir, "desktop.toml")
		must(t, os.Mkdir(dir, 0o700))
		real := path
		if strings.Contains(name, "link") { // what counts is what the link leads to
			real = filepath.Join(t.TempDir(), "elsewhere")
			must(t, os.Symlink(real, path))
		}
		must(t, os.WriteFile(real, nil, 0o600))
		must(t, os.Chmod(real, tt.file)) // whatever the umask
		must(t, os.Chmod(dir, tt.folder))
		f, err := os.Open(path)
		must(t, err)
		err = guarded(f, tt.owner)
		f.Close()
		if told := err != nil; told != (tt.want != "") || told && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The real check is for root's file: this test's own is nobody's to follow, unless root runs it.
func TestOnlyRootIsFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desktop.toml")
	must(t, os.WriteFile(path, []byte("server = 'h.example'"), 0o600))
	if os.Getuid() == 0 {
		must(t, os.Chown(path, 1, 1))
	}
	if s, err := Read(path); err == nil || s.Server != "" || !s.NoFiles {
		t.Errorf("%+v, %v", s, err)
	}
}

// A pipe holds nobody up.
func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desktop.toml")
	must(t, syscall.Mkfifo(path, 0o600))
	if s, err := read(path, allow); err == nil || !s.NoFiles {
		t.Errorf("%+v, %v", s, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
