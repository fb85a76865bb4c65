package ui

import (
	"os/exec"
	"strings"
	"testing"
)

// The screens run without a display, a network or devices, and so do their tests.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-tags", "migrated_fynedo", "./...").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	for _, dep := range strings.Fields(string(out)) {
		switch {
		case dep == "fyne.io/fyne/v2/app":
			t.Errorf("%s needs a display: the program opens it, not the screens", dep)
		case strings.HasPrefix(dep, "github.com/pion/"), strings.Contains(dep, "ekermed/internal/devices"),
			strings.HasSuffix(dep, "internal/call/run"), strings.HasSuffix(dep, "internal/call/link"):
			t.Errorf("%s: screens show call.State and emit call.Event, nothing else", dep)
		}
	}
}
