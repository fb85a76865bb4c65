// Package matrix measures what each browser of the laboratory can do in a call with the real
// desktop program, and writes it down for the page /compat. It runs by make matrix.
package matrix

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
	"ekermed.example/ekermed/internal/server/compat"
)

// engines are measured unless MATRIX_ENGINES names others. The newest two must do everything.
func engines() []string {
	if list := os.Getenv("MATRIX_ENGINES"); list != "" {
		return strings.Split(list, ",")
	}
	return []string{"chromium-80", "chromium-92", "chromium-103", "chromium-123", "chromium", "firefox"}
}

func newest() []string { return []string{"chromium", "firefox"} }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestMatrix runs a call in each engine. What does not work in an older one is a result.
func TestMatrix(t *testing.T) {
	if os.Getenv("MATRIX") == "" {
		t.Log("nothing measured: make matrix does")
		return
	}
	root, err := filepath.Abs("../../..")
	must(t, err)
	path := filepath.Join(root, "internal/server/compat/measured.json")
	desktop, err := version(filepath.Join(root, "bin/ekermed-desktop"))
	must(t, err)
	for _, name := range engines() {
		t.Run(name, func(t *testing.T) {
			e, err := measure(t, root, name)
			must(t, err)
			for _, f := range compat.Features() {
				r := e.Features[f]
				t.Logf("%-8s %-10s %-9s %s", f, r.State, r.Why, r.Detail)
				if (r.State == compat.No || r.Why == compat.Failed) && slices.Contains(newest(), name) {
					t.Errorf("%s: %s does not work", name, f)
				}
			}
			if !t.Failed() {
				must(t, keep(path, desktop, e))
			}
		})
	}
}

// version is what a program calls itself, the line that begins with its name: libraries may
// complain before, and the settings of the machine come after.
func version(program string) (string, error) {
	said, err := exec.Command(program, "--version").CombinedOutput()
	for line := range strings.Lines(string(said)) {
		if strings.HasPrefix(line, filepath.Base(program)+" ") {
			return strings.TrimSpace(line), err
		}
	}
	return "", errors.Join(err, fmt.Errorf("%s --version says %q", filepath.Base(program), said))
}

// keep writes a measurement down beside the others.
func keep(path, desktop string, e compat.Engine) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	m, err := compat.Read(text)
	if err != nil {
		return err
	}
	m.Add(e)
	m.Desktop = desktop
	if text, err = m.Write(); err != nil {
		return err
	}
	if _, err := compat.Read(text); err != nil {
		return fmt.Errorf("what was measured is not complete: %w", err)
	}
	return os.WriteFile(path, text, 0o644)
}

// measure meets a browser and tries each feature. An error is the laboratory's, or that no
// call came about at all.
func measure(t *testing.T, root, name string) (compat.Engine, error) {
	c, err := meet(t, root, name)
	if err != nil {
		return compat.Engine{}, err
	}
	said, err := c.page.Version()
	if err != nil {
		return compat.Engine{}, err
	}
	_, version, found := strings.Cut(said, "/")
	if !found {
		return compat.Engine{}, fmt.Errorf("the browser says it is %q", said)
	}
	system, err := machine()
	if err != nil {
		return compat.Engine{}, err
	}
	family, _, _ := strings.Cut(name, "-")
	e := compat.Engine{Name: name, Family: family, Version: version, System: system, Date: time.Now().Format(time.DateOnly), Features: map[compat.Feature]compat.Result{}}
	for _, f := range []struct {
		of  compat.Feature
		try func() (compat.Result, error)
	}{
		{compat.Sealing, c.sealing}, {compat.Media, c.media}, {compat.Chat, c.chat}, {compat.Files, c.files},
		{compat.Board, c.board}, {compat.Watch, c.watch}, {compat.Share, c.share},
	} {
		e.Features[f.of] = c.attempt(f.of, f.try)
	}
	return e, nil
}

// tries: on a busy machine without a window manager a key is lost now and then, as a person's
// would not be. What works at the second or third try works, and the detail tells.
const tries = 3

// attempt tries a feature and cleans up after it.
func (c *talk) attempt(of compat.Feature, try func() (compat.Result, error)) (r compat.Result) {
	for n := 1; n <= tries; n++ {
		found, err := try()
		if err == nil {
			r = found
			if n > 1 {
				r.Detail += fmt.Sprintf(" (try %d)", n)
			}
			c.settle()
			return r
		}
		c.t.Logf("%s, try %d: %s", of, n, line(err))
		r = compat.Result{State: compat.No, Why: compat.Failed, Detail: line(err)}
		c.picture(fmt.Sprintf("%s-failed-%d", of, n))
		c.settle()
	}
	return r
}

// line is the first line of an error, short enough for a table.
func line(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200]) + "…"
	}
	return text
}

// machine names this system, such as Debian GNU/Linux 12.
func machine() (string, error) {
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", err
	}
	values := map[string]string{}
	for l := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(l), "="); ok {
			values[k] = strings.Trim(v, `"`)
		}
	}
	if values["NAME"] == "" {
		return "", errors.New("/etc/os-release has no name")
	}
	return strings.TrimSpace(values["NAME"] + " " + values["VERSION_ID"]), nil
}

// talk is a call of the desktop with one browser.
type talk struct {
	*lab.Scene
	t    *testing.T
	ctx  context.Context
	page *lab.Browser
}

func meet(t *testing.T, root, engine string) (*talk, error) {
	bin := filepath.Join(root, "bin")
	for _, p := range []string{"ekermed-server", "ekermed-desktop"} {
		if _, err := os.Stat(filepath.Join(bin, p)); err != nil {
			return nil, fmt.Errorf("%w: run make build first", err)
		}
	}
	l, err := lab.New(root, bin)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, part := range []string{"server", "desktop", engine} {
				t.Logf("--- %s\n%s", part, l.Log(part))
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &talk{Scene: &lab.Scene{Lab: l}, t: t, ctx: t.Context()}
	if err := c.SetServer(c.ctx, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if err := c.SetDesk(c.ctx); err != nil {
		return nil, err
	}
	link, err := c.invite()
	if err != nil {
		return nil, err
	}
	if c.page, err = c.Browse(engine, lab.Browsing{Sound: c.Sound, Watch: true}); err != nil {
		return nil, err
	}
	if err := c.Join(c.ctx, c.page, link); err != nil {
		c.picture("join-failed")
		return nil, err
	}
	if _, _, err := c.Admit(c.ctx, c.page); err != nil {
		c.picture("admit-failed")
		return nil, err
	}
	return c, c.page.Phase("call", 20*time.Second)
}

// invite answers the link from the mail.
func (c *talk) invite() (string, error) {
	invited, err := c.Server.Invite(lab.Email, "patient@example.org", "Yann Kermadec")
	if err != nil {
		return "", err
	}
	path, ok := strings.CutPrefix(invited.Mail, "outbox ")
	if !ok {
		return "", fmt.Errorf("mail %q is not in the outbox", invited.Mail)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return lab.LinkIn(f)
}
