package alias

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAliases(t *testing.T) {
	dir := t.TempDir()
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a := s.Of(Account, "anne@h.example")
	switch {
	case a != again.Of(Account, "anne@h.example"):
		t.Error("the same id has two names")
	case a == other.Of(Account, "anne@h.example"):
		t.Error("two servers give the same name")
	case a == s.Of(Billing, "anne@h.example"), a == s.Of(Account, "bob@h.example"):
		t.Error("two ids have the same name")
	case len(a.String()) != 16 || strings.Contains(a.String(), "anne"):
		t.Errorf("%q", a)
	}
	if back, err := Parse(a.String()); err != nil || back != a {
		t.Errorf("%v %v", back, err)
	}
	if none := s.Of(Person, ""); none != (Alias{}) || none.String() != "" {
		t.Errorf("nobody is called %q", none)
	}
	for _, bad := range []string{"anne@h.example", "AAAAAAAAAAAAAAAA", "aaaa", "aaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaa1"} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if text := fmt.Sprint(s.LogValue()); text != "[hidden]" {
		t.Errorf("logged as %s", text)
	}
}

func TestSecretFile(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	got := make([]Alias, 8)
	for i := range got { // whoever comes first
		wg.Go(func() {
			s, err := Load(dir)
			if err != nil {
				t.Error(err)
			}
			got[i] = s.Of(Room, "a")
		})
	}
	wg.Wait()
	for _, a := range got {
		if a != got[0] {
			t.Fatal("two processes made a secret each")
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("%v %v", files, err)
	}
	path := filepath.Join(dir, file)
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", i.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "5 bytes instead of 32") {
		t.Errorf("a cut secret: %v", err)
	}
	if _, err := Load(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "data folder") {
		t.Errorf("no folder: %v", err)
	}
}
