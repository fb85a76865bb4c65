package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// newest waits for a mail that the outbox did not hold before.
func newest(t *testing.T, sc *lab.Scene, before []string) string {
	t.Helper()
	var found string
	must(t, lab.Until(t.Context(), "a mail in the outbox", 20*time.Second, func() bool {
		for _, path := range outbox(t, sc) {
			if !slices.Contains(before, path) {
				found = path
			}
		}
		return found != ""
	}))
	return found
}

func outbox(t *testing.T, sc *lab.Scene) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(sc.Server.Data, "outbox", "*.eml"))
	must(t, err)
	return paths
}

func do(t *testing.T, b *lab.Browser, what string, args map[string]any) json.RawMessage {
	t.Helper()
	v, err := b.Do(what, args)
	must(t, err)
	return v
}

// accessible runs axe-core on the screen that the page shows now.
func accessible(t *testing.T, b *lab.Browser, screen string) {
	t.Helper()
	bad, err := b.Axe()
	must(t, err)
	for _, v := range bad {
		t.Errorf("accessibility of %s: %s", screen, v)
	}
}

// TestByKeyboardAlone signs in, invites, joins, admits, mutes and leaves without a
// pointer on either side; the session is found again in the keyring afterwards. On
// the way axe-core looks at every screen of the page.
func TestByKeyboardAlone(t *testing.T) {
	sc, ctx := newScene(t), t.Context()
	must(t, sc.SetServer(ctx, "127.0.0.1:0"))
	sc.Session = "" // nobody signs in for the clinician
	must(t, sc.SetDesk(ctx))

	signIn(t, ctx, sc, "not the password", false)
	signIn(t, ctx, sc, lab.Password, true)

	before := outbox(t, sc)
	must(t, sc.Display.Key("ctrl+n"))
	time.Sleep(400 * time.Millisecond)
	must(t, sc.Display.Type("yann.kermadec@example.org"))
	must(t, sc.Display.Key("Return"))
	link := linkInMail(t, "outbox "+newest(t, sc, before))
	must(t, sc.Display.Key("Escape"))

	b, err := sc.StartBrowser("chromium", sc.Sound, true)
	must(t, err)
	must(t, b.Goto(link))
	must(t, b.Phase("welcome", 20*time.Second))
	do(t, b, "tabTo", map[string]any{"name": "Rejoindre"})
	accessible(t, b, "P1 welcome")
	do(t, b, "press", map[string]any{"key": "Enter"})
	must(t, b.Phase("waiting", 40*time.Second))
	accessible(t, b, "P4 waiting room")
	_, err = sc.Desktop.Wait(ctx, "patient at the door", 10*time.Second, func(s lab.Status) bool { return len(s.Door) == 1 })
	must(t, err)
	_, _, err = sc.Admit(ctx, b)
	must(t, err)
	must(t, b.Phase("call", 10*time.Second))
	accessible(t, b, "P5 call")

	must(t, sc.Display.Key("ctrl+e"))
	must(t, lab.Until(ctx, "the page says that the camera is off", 10*time.Second, func() bool {
		v, err := b.Do("eval", map[string]any{"js": `document.body.innerText`})
		return err == nil && strings.Contains(string(v), "caméra") && !strings.Contains(string(v), "Caméra d’essai")
	}))
	must(t, sc.Display.Key("ctrl+e"))
	do(t, b, "tabTo", map[string]any{"name": "Quitter"})
	do(t, b, "press", map[string]any{"key": "Enter"})
	if err := b.Phase("ended", 5*time.Second); err != nil { // a question first?
		do(t, b, "press", map[string]any{"key": "Enter"})
		must(t, b.Phase("ended", 10*time.Second))
	}
	accessible(t, b, "P6 end")
	_, err = sc.Desktop.Wait(ctx, "the desk knows that the patient left", 10*time.Second, func(s lab.Status) bool { return s.Phase == "waiting" && len(s.Peers) == 0 })
	must(t, err)
	must(t, sc.Display.Key("ctrl+l"))
	_, err = sc.Desktop.Wait(ctx, "the end", 10*time.Second, func(s lab.Status) bool { return s.Phase == "ended" })
	must(t, err)

	sc.Desktop.Stop()
	must(t, sc.OpenDesk(ctx, ""))
	_, err = sc.Desktop.Wait(ctx, "signed in from the keyring", 20*time.Second, func(s lab.Status) bool { return s.Phase == "home" && s.Online })
	must(t, err)
	secretsStayInTheKeyring(t, sc)
}

func signIn(t *testing.T, ctx context.Context, sc *lab.Scene, password string, right bool) {
	t.Helper()
	if !right {
		must(t, sc.Display.Type(lab.Email))
		must(t, sc.Display.Key("Tab"))
	} else {
		must(t, sc.Display.Key("ctrl+a"))
	}
	must(t, sc.Display.Type(password))
	must(t, sc.Display.Key("Return"))
	_, err := sc.Desktop.Wait(ctx, "an answer to the sign-in", 20*time.Second, func(s lab.Status) bool {
		if right {
			return s.Phase == "home"
		}
		return s.Phase == "signed_out" && s.Error != nil && s.Error.Code == "credentials"
	})
	must(t, err)
}

// secretsStayInTheKeyring searches the clinician's home for the password in clear; a
// session token cannot be known here, so the settings file is looked at as a whole.
func secretsStayInTheKeyring(t *testing.T, sc *lab.Scene) {
	t.Helper()
	settings, err := os.ReadFile(filepath.Join(sc.Dir, "home", ".config", "ekermed", "desktop.json"))
	must(t, err)
	for _, word := range []string{lab.Password, "oken", "ecret"} {
		if strings.Contains(string(settings), word) {
			t.Errorf("the settings file holds %q: %s", word, settings)
		}
	}
}
