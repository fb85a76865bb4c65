package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// inACall brings a desktop and Chromium into a call with each other.
func inACall(t *testing.T) (*lab.Scene, *lab.Browser) {
	t.Helper()
	sc, ctx := newScene(t), t.Context()
	must(t, sc.SetServer(ctx, "127.0.0.1:0"))
	must(t, sc.SetDesk(ctx))
	invited, err := sc.Server.Invite(lab.Email, "patient@example.org", "Yann Kermadec")
	must(t, err)
	b, err := sc.StartBrowser("chromium", sc.Sound, false)
	must(t, err)
	must(t, sc.Join(ctx, b, invited.Link))
	_, _, err = sc.Admit(ctx, b)
	must(t, err)
	return sc, b
}

// TestServerDiesInTheCall kills the server in the middle of a call and starts it
// again: both sides say so and come back by themselves; nothing stored is lost.
func TestServerDiesInTheCall(t *testing.T) {
	ctx := t.Context()
	sc, b := inACall(t)
	must(t, b.Phase("call", 10*time.Second))

	listen := strings.Replace(strings.TrimPrefix(sc.Server.Local, "http://"), "localhost", "127.0.0.1", 1)
	sc.Server.Kill()
	_, err := sc.Desktop.Wait(ctx, "the desk says that the server is away", 20*time.Second, func(s lab.Status) bool { return s.Phase == "reconnecting" && s.Error != nil })
	must(t, err)
	must(t, b.Phase("reconnecting", 30*time.Second))
	sc.Server, err = sc.StartServer(listen, nil)
	must(t, err)
	_, err = sc.Desktop.Wait(ctx, "the desk is back in the room", 30*time.Second, func(s lab.Status) bool { return s.Phase == "waiting" })
	must(t, err)
	// The rooms of the dead server are gone: the patient is asked to join again, by one
	// button, and waits at the door as everybody does.
	must(t, b.Phase("welcome", 60*time.Second))
	must(t, b.Click("Rejoindre"))
	must(t, b.Phase("waiting", 40*time.Second))
	_, err = sc.Desktop.Wait(ctx, "patient at the door", 10*time.Second, func(s lab.Status) bool { return len(s.Door) == 1 })
	must(t, err)
	_, _, err = sc.Admit(ctx, b)
	must(t, err)
}

// TestReload comes back to the call when the patient reloads the page.
func TestReload(t *testing.T) {
	ctx := t.Context()
	sc, b := inACall(t)
	do(t, b, "reload", nil)
	must(t, b.Phase("call", 30*time.Second))
	_, err := b.Strip(30 * time.Second)
	must(t, err)
	before := sc.Desktop.Status()
	_, err = sc.Desktop.Wait(ctx, "pictures go on, from one patient", 20*time.Second, func(s lab.Status) bool {
		return len(s.Peers) == 1 && s.Peers[0].FramesShown > before.Peers[0].FramesShown+20
	})
	must(t, err)
}

// TestWithoutSound holds a call on a machine with no sound system at all, and says so.
func TestWithoutSound(t *testing.T) {
	sc, ctx := newScene(t), t.Context()
	must(t, sc.SetServer(ctx, "127.0.0.1:0"))
	var err error
	sc.Display, err = sc.StartDisplay(1280, 800)
	must(t, err)
	must(t, sc.OpenDesk(ctx, sc.Session)) // sc.Sound is nil: there is none
	invited, err := sc.Server.Invite(lab.Email, "patient@example.org", "Yann Kermadec")
	must(t, err)
	b, err := sc.StartBrowser("chromium", nil, false)
	must(t, err)
	must(t, sc.Join(ctx, b, invited.Link))
	_, _, err = sc.Admit(ctx, b)
	must(t, err)
	s, err := sc.Desktop.Wait(ctx, "the fault is named", 20*time.Second, func(s lab.Status) bool { return s.Devices.Microphone == "no_sound" })
	must(t, err)
	if s.Devices.Camera != "ok" || s.Devices.Speaker != "no_sound" {
		t.Errorf("devices: %+v", s.Devices)
	}
	must(t, lab.Until(ctx, "the page says that the other's microphone is off", 10*time.Second, func() bool {
		v, err := b.Do("eval", map[string]any{"js": `document.body.innerText`})
		return err == nil && strings.Contains(strings.ToLower(string(v)), "micro")
	}))
}

// TestWithoutCamera holds a call by sound when the desk has no camera.
func TestWithoutCamera(t *testing.T) {
	sc, ctx := newScene(t), t.Context()
	sc.Devices = "system"
	must(t, sc.SetServer(ctx, "127.0.0.1:0"))
	must(t, sc.SetDesk(ctx))
	invited, err := sc.Server.Invite(lab.Email, "patient@example.org", "Yann Kermadec")
	must(t, err)
	b, err := sc.StartBrowser("chromium", sc.Sound, false)
	must(t, err)
	must(t, sc.Join(ctx, b, invited.Link))
	must(t, sc.Display.Key("ctrl+Return"))
	s, err := sc.Desktop.Wait(ctx, "picture and sound of the patient", 30*time.Second, func(s lab.Status) bool {
		return s.Phase == "talking" && len(s.Peers) == 1 && s.Peers[0].FramesShown > 10 && s.Peers[0].AudioMSPlayed > 1000 && s.Self.AudioMSSent > 1000
	})
	must(t, err)
	if s.Devices.Camera != "no_device" || s.Devices.Microphone != "ok" {
		t.Errorf("devices: %+v", s.Devices)
	}
	must(t, b.Phase("call", 10*time.Second))
}

// TestBadLinks shows a sentence for each kind of link that does not lead in.
func TestBadLinks(t *testing.T) {
	sc, ctx := newScene(t), t.Context()
	must(t, sc.SetServer(ctx, "127.0.0.1:0"))
	b, err := sc.StartBrowser("chromium", nil, true)
	must(t, err)
	later := func(at time.Time) string {
		in, err := sc.Server.InviteAt(lab.Email, "patient@example.org", "Yann", at)
		must(t, err)
		return in.Link
	}
	for name, tt := range map[string]struct{ link, says string }{
		"unknown": {sc.Server.Local + "/r/aaaaaaaaaaaaaaaaaaaa", "leads to no appointment"},
		"early":   {later(time.Now().Add(3 * time.Hour)), "pas encore ouverte"},
		"expired": {later(time.Now().Add(-20 * time.Hour)), "est passé"},
	} {
		must(t, b.Goto(tt.link))
		must(t, b.Phase("welcome", 20*time.Second))
		must(t, lab.Until(ctx, name+" link says why", 10*time.Second, func() bool {
			v, err := b.Do("eval", map[string]any{"js": `document.querySelector("main").innerText`})
			return err == nil && strings.Contains(string(v), tt.says)
		}))
		accessible(t, b, name+" link")
	}
}

// TestDesktopDiesInTheCall kills the clinician's program in the middle of a call. It
// is started again, finds its session in the keyring, and one key leads back: the
// patient was let in already.
func TestDesktopDiesInTheCall(t *testing.T) {
	ctx := t.Context()
	sc, _ := inACall(t)
	sc.Desktop.Kill()
	must(t, sc.OpenDesk(ctx, sc.Session))
	must(t, sc.Display.Key("ctrl+Return"))
	_, err := sc.Desktop.Wait(ctx, "back in the call", 30*time.Second, func(s lab.Status) bool {
		return s.Phase == "talking" && len(s.Peers) == 1 && s.Peers[0].FramesShown > 20 && s.Peers[0].AudioMSPlayed > 500
	})
	if err != nil {
		_ = sc.Display.Picture(filepath.Join(os.TempDir(), "desk-died.png"))
	}
	must(t, err)
}

// TestServerAwayAtStart starts the desktop while the server is away: it says so, and
// is at the agenda by itself once the server is there.
func TestServerAwayAtStart(t *testing.T) {
	sc, ctx := newScene(t), t.Context()
	must(t, sc.SetServer(ctx, "127.0.0.1:0"))
	listen := strings.Replace(strings.TrimPrefix(sc.Server.Local, "http://"), "localhost", "127.0.0.1", 1)
	sc.Server.Kill()
	var err error
	sc.Display, err = sc.StartDisplay(1280, 800)
	must(t, err)
	sc.Desktop, err = sc.StartDesktop(sc.Display, nil, sc.Session, "--server", sc.Server.Local, "--devices", "fake")
	must(t, err)
	_, err = sc.Desktop.Wait(ctx, "the desk says that the server is away", 30*time.Second, func(s lab.Status) bool {
		return s.Phase == "signing_in" && s.Error != nil && s.Error.Code == "offline"
	})
	must(t, err)
	if dir := os.Getenv("E2E_PICTURES"); dir != "" {
		time.Sleep(time.Second)
		must(t, sc.Display.Picture(filepath.Join(dir, "away-at-start.png")))
	}
	_, err = sc.StartServer(listen, nil)
	must(t, err)
	_, err = sc.Desktop.Wait(ctx, "signed in by itself", 30*time.Second, func(s lab.Status) bool { return s.Phase == "home" && s.Error == nil })
	must(t, err)
}
