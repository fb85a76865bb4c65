package matrix

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/devices/fake"
	"ekermed.example/ekermed/internal/e2e/lab"
	"ekermed.example/ekermed/internal/server/compat"
)

// patience is how long one thing may take to arrive.
const patience = 20 * time.Second

func yes(format string, args ...any) (compat.Result, error) {
	return compat.Result{State: compat.Yes, Detail: fmt.Sprintf(format, args...)}, nil
}

// js evaluates an expression on the page.
func (c *talk) js(js string, into any) error {
	v, err := c.page.Do("eval", map[string]any{"js": js})
	if err != nil {
		return err
	}
	return json.Unmarshal(v, into)
}

// shows waits until an expression is true on the page.
func (c *talk) shows(what, js string) error {
	var failed error
	err := lab.Until(c.ctx, what, patience, func() bool {
		var is bool
		failed = c.js(js, &is)
		return failed != nil || is
	})
	return errors.Join(failed, err)
}

// press presses what a selector finds, as the page's own script could.
func (c *talk) press(selector string) error {
	q, err := json.Marshal(selector)
	if err != nil {
		return err
	}
	return c.shows(selector, `(() => {
		const b = [...document.querySelectorAll(`+string(q)+`)].find((e) => e.offsetParent !== null && !e.disabled);
		if (b) b.click();
		return !!b;
	})()`)
}

// opened presses what opens something, unless it is open.
func (c *talk) opened(selector string) error {
	q, err := json.Marshal(selector)
	if err != nil {
		return err
	}
	return c.shows(selector, `(() => {
		const b = [...document.querySelectorAll(`+string(q)+`)].find((e) => e.offsetParent !== null);
		if (b && b.getAttribute("aria-expanded") === "false") b.click();
		return !!b;
	})()`)
}

// picture saves both sides, when MATRIX_PICTURES names a folder.
func (c *talk) picture(name string) {
	if dir := os.Getenv("MATRIX_PICTURES"); dir != "" {
		if err := c.Pictures(c.page, filepath.Join(dir, c.page.Engine, name)); err != nil {
			c.t.Log(err)
		}
	}
}

// settle closes what a feature left open, on both sides.
func (c *talk) settle() {
	_ = c.Display.Key("Escape", "Escape", "Escape")
	if c.Desktop.Status().Together.Sharing {
		_ = c.Display.Key("ctrl+s")
	}
	_ = c.js(`[...document.querySelectorAll("[data-action=chat-close], [data-action=board-close], [data-action=stop-share]")].forEach((b) => b.offsetParent !== null && b.click())`, &struct{}{})
}

// sealing: the keys are agreed and the frames come sealed, or the server carries them.
func (c *talk) sealing() (compat.Result, error) {
	s, err := c.Desktop.Wait(c.ctx, "how far the encryption reaches", 30*time.Second, func(s lab.Status) bool {
		return len(s.Peers) == 1 && (s.Secrecy == "end" || s.Secrecy == "server")
	})
	if err != nil {
		return compat.Result{}, err
	}
	if s.Secrecy == "server" {
		// The keys may only be under way.
		if s, err = c.Desktop.Wait(c.ctx, "end to end", 10*time.Second, func(s lab.Status) bool { return s.Secrecy == "end" }); err != nil {
			return compat.Result{State: compat.No, Why: compat.NoFrames, Detail: "the desktop says: encrypted up to the server"}, nil
		}
	}
	s, err = c.Desktop.Wait(c.ctx, "sealed frames", patience, func(s lab.Status) bool { return len(s.Peers) == 1 && s.Peers[0].Sealed.Opened > 100 })
	if err != nil {
		return compat.Result{}, err
	}
	return yes("%d sealed frames opened, %d refused", s.Peers[0].Sealed.Opened, s.Peers[0].Sealed.Refused)
}

// media: both pictures move, both voices are heard.
func (c *talk) media() (compat.Result, error) {
	first, err := c.page.Strip(patience)
	if err != nil {
		return compat.Result{}, err
	}
	status, err := c.Desktop.Wait(c.ctx, "the patient's picture and voice", 30*time.Second, func(s lab.Status) bool {
		return len(s.Peers) == 1 && s.Peers[0].FramesShown > 50 && s.Peers[0].AudioMSPlayed > 3000
	})
	if err != nil {
		return compat.Result{}, err
	}
	desk, err := c.screen()
	if err != nil {
		return compat.Result{}, err
	}
	voice, err := c.Sound.Record(c.ctx, lab.Speaker, 10*time.Second)
	if err != nil {
		return compat.Result{}, err
	}
	score := fake.FindSpeech(voice, fake.Rate)
	if score < 0.5 {
		return compat.Result{}, fmt.Errorf("the patient's sentence is not what the clinician hears: %.2f", score)
	}
	var heard struct{ Loud, Of int }
	if err := c.js(listen, &heard); err != nil {
		return compat.Result{}, err
	}
	if heard.Loud < 1000 {
		return compat.Result{}, fmt.Errorf("the page hears the clinician for %d of %d ms", heard.Loud, heard.Of)
	}
	last, err := c.page.Strip(patience)
	if err != nil {
		return compat.Result{}, err
	}
	again, err := c.screen()
	if err != nil {
		return compat.Result{}, err
	}
	if first.Look != int(fake.Desktop) || last.N == first.N || desk == again {
		return compat.Result{}, fmt.Errorf("a picture stands still: %d to %d on the page, %d to %d on the desktop", first.N, last.N, desk, again)
	}
	return yes("page: counter %d to %d at %d×%d, voice in %d of %d ms; desktop: counter %d to %d, %d pictures, %d ms of sound, sentence found %.2f",
		first.N, last.N, last.W, last.H, heard.Loud, heard.Of, desk, again, status.Peers[0].FramesShown, status.Peers[0].AudioMSPlayed, score)
}

// listen counts for how long the remote sound is louder than noise. The shells play to
// nobody, so the page itself listens.
const listen = `(async () => {
	const videos = [...document.querySelectorAll("video, audio")].filter((v) => v.srcObject && v.srcObject.getAudioTracks().length > 0 && !v.closest(".self"));
	if (videos.length === 0) throw new Error("no remote sound on the page");
	const sound = new AudioContext();
	await sound.resume();
	const ear = sound.createAnalyser();
	sound.createMediaStreamSource(videos[0].srcObject).connect(ear);
	const wave = new Float32Array(ear.fftSize);
	let loud = 0, of = 0;
	for (; of < 8000; of += 40) {
		await new Promise((done) => setTimeout(done, 40));
		ear.getFloatTimeDomainData(wave);
		if (wave.some((x) => Math.abs(x) > 0.02)) loud += 40;
	}
	await sound.close();
	return { loud, of };
})()`

// screen reads the counter of the patient's camera from the clinician's screen.
func (c *talk) screen() (uint16, error) {
	path := filepath.Join(c.Dir, "screen.png")
	for range 20 {
		if err := c.Display.Picture(path); err != nil {
			return 0, err
		}
		m, err := lab.ReadPicture(path)
		if err != nil {
			return 0, err
		}
		if n, ok := lab.FindStrip(m, fake.Patient); ok {
			return n, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return 0, errors.New("no counter of the patient's camera on the clinician's screen")
}

// chat: words in both directions, letter by letter, and confirmed.
func (c *talk) chat() (compat.Result, error) {
	before := c.Desktop.Status().Together
	there, back := fmt.Sprintf("Bonjour a vous %d", before.Messages), fmt.Sprintf("merci <b>bien</b> 👋 déjà %d", before.Messages)
	if err := c.Display.Key("ctrl+k"); err != nil {
		return compat.Result{}, err
	}
	time.Sleep(300 * time.Millisecond) // the panel opens
	if err := errors.Join(c.Display.Type(there), c.Display.Key("Return"), c.opened("[data-action=chat]")); err != nil {
		return compat.Result{}, err
	}
	said := func(text string) string {
		return fmt.Sprintf(`[...document.querySelectorAll(".said-text")].some((e) => e.textContent === %q)`, text)
	}
	if err := c.shows("the clinician's words on the page", said(there)); err != nil {
		return compat.Result{}, err
	}
	if _, err := c.page.Do("type", map[string]any{"selector": "textarea[data-control=message]", "text": back}); err != nil {
		return compat.Result{}, err
	}
	if _, err := c.page.Do("press", map[string]any{"key": "Enter"}); err != nil {
		return compat.Result{}, err
	}
	s, err := c.Desktop.Wait(c.ctx, "both messages", patience, func(s lab.Status) bool {
		return s.Together.Messages == before.Messages+2 && s.Together.Delivered > before.Delivered
	})
	if err != nil {
		return compat.Result{}, err
	}
	// The clinician's screen copies what it shows.
	if err := c.Display.Key("Tab", "Tab", "Return"); err != nil {
		return compat.Result{}, err
	}
	var copied string
	if err := lab.Until(c.ctx, "the patient's words on the desktop", patience, func() bool {
		copied, _ = c.Display.Clipboard()
		return strings.Contains(copied, back)
	}); err != nil {
		return compat.Result{}, err
	}
	c.picture("chat")
	return yes("%d messages, confirmed %d", s.Together.Messages, s.Together.Delivered)
}

// files: one in each direction, the same bytes at the other end.
func (c *talk) files() (compat.Result, error) {
	const size = 300_000
	make := func(name string) (path, hash string, err error) {
		content := []byte(strings.Repeat(" ", size))
		if _, err := rand.Read(content); err != nil {
			return "", "", err
		}
		sum := sha256.Sum256(content)
		path = filepath.Join(c.Dir, name)
		return path, hex.EncodeToString(sum[:]), os.WriteFile(path, content, 0o600)
	}
	before := c.Desktop.Status().Together
	name := fmt.Sprintf("analyse-%d.bin", before.Files)
	// The patient's to the clinician.
	sent, want, err := make(name)
	if err != nil {
		return compat.Result{}, err
	}
	if err := errors.Join(c.opened("[data-action=chat]"), c.press("#tab-files")); err != nil {
		return compat.Result{}, err
	}
	if _, err := c.page.Do("choose", map[string]any{"selector": "input[data-control=files]", "paths": []string{sent}}); err != nil {
		return compat.Result{}, err
	}
	if _, err := c.Desktop.Wait(c.ctx, "the patient's file on offer", patience, func(s lab.Status) bool { return s.Together.Files > before.Files }); err != nil {
		return compat.Result{}, err
	}
	if err := c.deskFiles(); err != nil {
		return compat.Result{}, err
	}
	c.picture("files-offered")
	// Before the button that sends stand those of the file: take, elsewhere, decline.
	if err := c.Display.Key("shift+Tab", "shift+Tab", "shift+Tab", "Return"); err != nil {
		return compat.Result{}, err
	}
	if _, err := c.Desktop.Wait(c.ctx, "the patient's file", patience, func(s lab.Status) bool { return s.Together.Received > before.Received }); err != nil {
		return compat.Result{}, err
	}
	got, err := c.kept(name)
	if err != nil {
		return compat.Result{}, err
	}
	if sum := sha256.Sum256(got); hex.EncodeToString(sum[:]) != want {
		return compat.Result{}, errors.New("the patient's file arrived changed")
	}
	// The clinician's to the patient.
	sent, want, err = make(fmt.Sprintf("ordonnance-%d.bin", before.Files))
	if err != nil {
		return compat.Result{}, err
	}
	if err := errors.Join(c.Display.Choose(sent), c.Display.Key("Escape")); err != nil {
		return compat.Result{}, err
	}
	time.Sleep(300 * time.Millisecond)
	if err := errors.Join(c.deskFiles(), c.Display.Key("Return")); err != nil {
		return compat.Result{}, err
	}
	if err := c.press(".file-buttons [data-action=take]"); err != nil {
		return compat.Result{}, err
	}
	if err := c.js(`void (() => {
		window.kept = null;
		const make = URL.createObjectURL;
		URL.createObjectURL = (blob) => ((window.kept = blob), make.call(URL, blob));
	})() || true`, new(bool)); err != nil {
		return compat.Result{}, err
	}
	if err := errors.Join(c.press(".file-buttons [data-action=save]"), c.shows("the file to be saved", `!!window.kept`)); err != nil {
		return compat.Result{}, err
	}
	var found string
	if err := c.js(`(async () => {
		const bytes = await new Response(window.kept).arrayBuffer();
		const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
		return [...sum].map((b) => b.toString(16).padStart(2, "0")).join("");
	})()`, &found); err != nil {
		return compat.Result{}, err
	}
	if found != want {
		return compat.Result{}, errors.New("the clinician's file arrived changed")
	}
	if _, err := c.Desktop.Wait(c.ctx, "that the patient has it", patience, func(s lab.Status) bool { return s.Together.Given > before.Given }); err != nil {
		return compat.Result{}, err
	}
	c.picture("files")
	return yes("%d bytes each way, the same SHA-256", size)
}

// kept reads what the desktop kept. Where the system names no folder for it, that is the home.
func (c *talk) kept(name string) ([]byte, error) {
	dir := c.Display.Downloads()
	got, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return os.ReadFile(filepath.Join(filepath.Dir(dir), name))
	}
	return got, err
}

// deskFiles opens the desktop's files by keyboard: its button stands before the one that
// closes the panel, at the end of the way back from the field for messages.
func (c *talk) deskFiles() error {
	if err := c.Display.Key("ctrl+k"); err != nil {
		return err
	}
	time.Sleep(300 * time.Millisecond)
	return c.Display.Key("shift+Tab", "shift+Tab", "Return")
}
