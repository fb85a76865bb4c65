// Package e2e proves the product with its real parts: the desktop program under a
// virtual display, the server, Chromium and Firefox, mail, keyring and sound.
package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/devices/fake"
	"ekermed.example/ekermed/internal/e2e/lab"
)

// root is the project's folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func newScene(t *testing.T) *lab.Scene {
	t.Helper()
	bin := filepath.Join(root(t), "bin")
	for _, p := range []string{"ekermed-server", "ekermed-desktop"} {
		if _, err := os.Stat(filepath.Join(bin, p)); err != nil {
			t.Fatalf("%v: run make build first", err)
		}
	}
	l, err := lab.New(root(t), bin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, part := range []string{"server", "desktop", "chromium", "firefox"} {
				t.Logf("--- %s\n%s", part, l.Log(part))
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return &lab.Scene{Lab: l, Env: []string{"EKERMED_MEDIA_UDP=" + os.Getenv(networkEnv) + ":0"}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestConsultation is the product's first promise, in each engine: the link from the
// mail leads to the waiting room, one key lets the patient in, both see and hear each
// other, one leaves and both know.
func TestConsultation(t *testing.T) {
	for _, engine := range []string{"chromium", "firefox"} {
		t.Run(engine, func(t *testing.T) {
			sc, ctx := newScene(t), t.Context()
			must(t, sc.SetServer(ctx, "127.0.0.1:0"))
			must(t, sc.SetDesk(ctx))
			invited, err := sc.Server.Invite(lab.Email, "patient@example.org", "Yann Kermadec")
			must(t, err)
			b, err := sc.StartBrowser(engine, sc.Sound, false)
			must(t, err)
			must(t, sc.Join(ctx, b, linkInMail(t, invited.Mail)))
			desk, page, err := sc.Admit(ctx, b)
			must(t, err)
			t.Logf("picture after %s on the desktop, %s on the page", desk.Round(time.Millisecond), page.Round(time.Millisecond))
			talk(t, ctx, sc, b)
			leave(t, ctx, sc, b)
		})
	}
}

// talk checks that pictures move and speech arrives, both ways.
func talk(t *testing.T, ctx context.Context, sc *lab.Scene, b *lab.Browser) {
	t.Helper()
	first, err := b.Strip(20 * time.Second)
	must(t, err)
	if first.Look != int(fake.Desktop) {
		t.Errorf("the page shows look %d, not the desktop's", first.Look)
	}
	must(t, b.Phase("call", 10*time.Second))
	status, err := sc.Desktop.Wait(ctx, "moving pictures", 20*time.Second, func(s lab.Status) bool {
		return len(s.Peers) == 1 && s.Peers[0].FramesShown > 40 && s.Peers[0].AudioMSPlayed > 2000 && s.Self.AudioMSSent > 2000
	})
	must(t, err)
	if status.Phase != "talking" || status.Route != "direct" {
		t.Errorf("phase %q route %q", status.Phase, status.Route)
	}
	// Sealed from end to end, and both screens have the same four words.
	code, err := b.Do("eval", map[string]any{"js": `document.documentElement.dataset.code`})
	must(t, err)
	if status.Secrecy != "end" || status.SafetyCode == "" || string(code) != strconv.Quote(status.SafetyCode) {
		t.Errorf("secrecy %q; code %q on the desktop, %s on the page", status.Secrecy, status.SafetyCode, code)
	}
	if s := status.Peers[0].Sealed; s.Opened < 40 || s.Refused > 0 {
		t.Errorf("sealed frames: %+v", s)
	}
	dir := os.Getenv("E2E_PICTURES")
	if dir == "" {
		dir = t.TempDir()
	}
	dir = filepath.Join(dir, b.Engine)
	must(t, os.MkdirAll(dir, 0o755))
	must(t, sc.Pictures(b, dir))
	one := screenStrip(t, sc, filepath.Join(dir, "desktop-1.png"))
	time.Sleep(time.Second)
	two := screenStrip(t, sc, filepath.Join(dir, "desktop-2.png"))
	if one == two {
		t.Errorf("the picture on the clinician's screen stands still at %d", one)
	}
	second, err := b.Strip(10 * time.Second)
	must(t, err)
	if second.N == first.N {
		t.Errorf("the picture on the page stands still at %d", first.N)
	}
	deskPCM, pagePCM, err := sc.Hear(ctx, 10*time.Second)
	must(t, err)
	if score := fake.FindSpeech(deskPCM, fake.Rate); score < 0.5 {
		t.Errorf("the patient's speech is not what the clinician's speaker plays: %.2f", score)
	}
	if score := fake.FindSpeech(pagePCM, fake.Rate); score < 0.5 {
		t.Errorf("the clinician's speech is not what the patient's speaker plays: %.2f", score)
	}
	problems, err := b.Do("problems", nil)
	must(t, err)
	if string(problems) != "[]" {
		t.Errorf("the page complained: %s", problems)
	}
}

// leave lets the clinician go and checks that both know.
func leave(t *testing.T, ctx context.Context, sc *lab.Scene, b *lab.Browser) {
	t.Helper()
	must(t, sc.Display.Key("ctrl+l"))
	_, err := sc.Desktop.Wait(ctx, "the end", 10*time.Second, func(s lab.Status) bool { return s.Phase == "ended" && !s.Devices.Open })
	must(t, err)
	must(t, b.Phase("ended", 10*time.Second))
}

// screenStrip reads the counter of the patient's fake camera from a picture of the
// screen: it looks for the strip at the widths a window may give it.
func screenStrip(t *testing.T, sc *lab.Scene, path string) uint16 {
	t.Helper()
	for range 20 {
		must(t, sc.Display.Picture(path))
		m, err := lab.ReadPicture(path)
		must(t, err)
		if n, ok := lab.FindStrip(m, fake.Patient); ok {
			return n
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("no counter of the patient's camera on the clinician's screen")
	return 0
}

// linkInMail reads the invitation from the outbox, as a patient's mail program would.
func linkInMail(t *testing.T, mail string) string {
	t.Helper()
	path, ok := strings.CutPrefix(mail, "outbox ")
	if !ok {
		t.Fatalf("mail %q is not in the outbox", mail)
	}
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	link, err := lab.LinkIn(f)
	must(t, err)
	return link
}

func TestMain(m *testing.M) {
	if _, err := exec.LookPath("node"); err != nil {
		os.Stderr.WriteString("e2e: node is missing: run make setup\n")
		os.Exit(1)
	}
	if os.Getenv(networkEnv) == "" {
		os.Exit(apart())
	}
	if dir := os.Getenv("E2E_PICTURES"); dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			os.Stderr.WriteString("e2e: " + err.Error() + "\n")
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// networkEnv has the address of this machine in the tests' own network.
const networkEnv = "E2E_NETWORK"

// apart runs the tests once more in a network and mount namespace of their own, with one
// address beside the loopback: nothing reaches the world or comes from it, and Firefox, which uses
// no loopback for media, has an interface.
func apart() int {
	const address = "198.51.100.7"
	argv := []string{"--net", "--mount", "--"}
	if os.Geteuid() != 0 {
		argv = append([]string{"--user", "--map-root-user"}, argv...)
	}
	argv = append(argv, "sh", "-c", `ip link set lo up && ip link add lab0 type veth peer name lab1 && ip address add `+address+`/24 dev lab0 && ip link set lab0 up && ip link set lab1 up && ip route add default dev lab0 && exec "$@"`, "sh")
	cmd := exec.Command("unshare", append(argv, os.Args...)...)
	cmd.Env = append(os.Environ(), networkEnv+"="+address)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
			os.Stderr.WriteString("e2e: no network of its own: " + err.Error() + ": run make setup\n")
		}
		return 1
	}
	return 0
}
