package lab

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/devices/fake"
)

//go:embed driver.mjs
var driver []byte

// Browser is a real browser, driven over a pipe.
type Browser struct {
	lab    *Lab
	Engine string // as StartBrowser takes it
	*proc
	// Downloads is where it keeps what its page saves.
	Downloads string
	in        io.WriteCloser
	answers   chan answer
	id        int
}

type answer struct {
	ID    int             `json:"id"`
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
}

// seconds is the length of the fake camera's loop.
const seconds = 20

// Capture writes what a browser's fake camera and microphone give: bars with a frame
// counter and recorded speech.
func (l *Lab) Capture() (y4m, wav string, err error) {
	y4m, wav = filepath.Join(l.Dir, "patient.y4m"), filepath.Join(l.Dir, "patient.wav")
	if _, err := os.Stat(wav); err == nil {
		return y4m, wav, nil
	}
	camera, err := fake.NewCamera(fake.Patient)
	if err != nil {
		return "", "", err
	}
	camera.Grain = l.Grain
	f, err := os.Create(y4m)
	if err != nil {
		return "", "", err
	}
	if err := errors.Join(fake.WriteY4M(f, camera, seconds*fake.FPS), f.Close()); err != nil {
		return "", "", err
	}
	pcm, err := fake.Speech()
	if err != nil {
		return "", "", err
	}
	if l.Crowd {
		pcm = crowd(pcm)
	}
	return y4m, wav, writeWAV(wav, pcm)
}

// Voice writes what the desktop's microphone hears. Two crowds are two: a browser takes
// what it plays itself for an echo, and removes it.
func (l *Lab) Voice() (wav string, err error) {
	wav = filepath.Join(l.Dir, "clinician.wav")
	pcm, err := fake.Speech()
	if err != nil {
		return "", err
	}
	if l.Crowd {
		pcm = crowd(pcm)
		slices.Reverse(pcm)
	}
	return wav, writeWAV(wav, pcm)
}

func writeWAV(path string, pcm []int16) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(fake.WriteWAV(f, pcm, fake.Rate), f.Close())
}

// Browsing is how a browser is started.
type Browsing struct {
	Sound *Sound // its sound goes to the sink Patient
	Phone bool   // the size of one
	// Screen is what it shows when a page asks for a screen: a still picture of the lab.
	Screen bool
	// Watch lets Path see the page's media connections.
	Watch bool
	// Trust is the PEM file of a further certificate authority.
	Trust string
	// Proxy is the URL of an HTTP proxy for everything, with a password if it wants one.
	Proxy string
}

// StartBrowser launches chromium or firefox, which are the system's, or an older Chromium by
// its version, such as chromium-80.
func (l *Lab) StartBrowser(engine string, sound *Sound, phone bool) (*Browser, error) {
	return l.Browse(engine, Browsing{Sound: sound, Phone: phone})
}

// Browse launches a browser as StartBrowser does.
func (l *Lab) Browse(engine string, o Browsing) (*Browser, error) {
	kind, err := l.engine(engine)
	if err != nil {
		return nil, err
	}
	y4m, wav, err := l.Capture()
	if err != nil {
		return nil, err
	}
	script := filepath.Join(l.Dir, "driver.mjs")
	if err := os.WriteFile(script, driver, 0o600); err != nil {
		return nil, err
	}
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, inR.Close(), inW.Close())
	}
	home, err := os.MkdirTemp(l.Dir, engine+"-")
	if err != nil {
		return nil, err
	}
	env := []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + home, "MOZ_HEADLESS=1", "DBUS_SESSION_BUS_ADDRESS=disabled:"}
	if o.Sound != nil {
		env = append(env, "PULSE_SERVER="+o.Sound.Server, "PULSE_SINK="+Patient)
	}
	p, err := l.start(engine, env, outW, inR, "node", script, filepath.Join(l.Root, "internal/server/web"))
	_ = errors.Join(inR.Close(), outW.Close())
	if err != nil {
		return nil, err
	}
	b := &Browser{lab: l, Engine: engine, Downloads: filepath.Join(home, "downloads"), proc: p, in: inW, answers: make(chan answer, 16)}
	go func() { // ends with the driver
		lines := bufio.NewScanner(outR)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var a answer
			if json.Unmarshal(lines.Bytes(), &a) == nil {
				b.answers <- a
			}
		}
		close(b.answers)
	}()
	profile := filepath.Join(home, "profile")
	for _, dir := range []string{profile, b.Downloads} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	if o.Trust != "" {
		if err := trust(kind.Family, home, profile, o.Trust); err != nil {
			return nil, err
		}
	}
	_, err = b.Do("launch", map[string]any{"engine": kind, "profile": profile, "downloads": b.Downloads, "y4m": y4m, "wav": wav, "phone": o.Phone, "watch": o.Watch, "proxy": o.Proxy, "screen": o.Screen})
	return b, err
}

// trust adds a certificate authority to what a browser trusts, for pages and for TURN
// over TLS alike: Chromium asks the user's NSS database, Firefox the one of its profile.
func trust(family, home, profile, authority string) error {
	database := profile
	if family == "chromium" {
		database = filepath.Join(home, ".pki", "nssdb")
	}
	if err := os.MkdirAll(database, 0o700); err != nil {
		return err
	}
	for _, argv := range [][]string{
		{"certutil", "-N", "-d", "sql:" + database, "--empty-password"},
		{"certutil", "-A", "-d", "sql:" + database, "-n", "laboratory", "-t", "C,,", "-i", authority},
	} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, out)
		}
	}
	return nil
}

// Do runs one command of the driver.
func (b *Browser) Do(what string, args map[string]any) (json.RawMessage, error) {
	b.id++
	m := map[string]any{"id": b.id, "do": what}
	for k, v := range args {
		m[k] = v
	}
	line, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	if _, err := b.in.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("%s: %w", b.Engine, err)
	}
	select {
	case a, ok := <-b.answers:
		if !ok {
			return nil, fmt.Errorf("%s: the driver ended: %s", b.Engine, b.lab.Log(b.Engine))
		}
		if a.Error != "" {
			return nil, fmt.Errorf("%s: %s: %s", b.Engine, what, a.Error)
		}
		return a.Value, nil
	case <-time.After(180 * time.Second):
		return nil, fmt.Errorf("%s: %s: no answer", b.Engine, what)
	}
}

// Goto opens a page, Click presses a button by its accessible name, Phase waits for
// the page's phase, Shot saves a picture.
func (b *Browser) Goto(url string) error {
	_, err := b.Do("goto", map[string]any{"url": url})
	return err
}

// Click presses the button whose accessible name begins so.
func (b *Browser) Click(name string) error {
	_, err := b.Do("click", map[string]any{"name": name})
	return err
}

// Phase waits for <html data-phase>.
func (b *Browser) Phase(phase string, limit time.Duration) error {
	_, err := b.Do("waitPhase", map[string]any{"phase": phase, "limit": limit.Milliseconds()})
	return err
}

// Shot saves a picture of the page.
func (b *Browser) Shot(path string) error {
	_, err := b.Do("shot", map[string]any{"path": path})
	return err
}

// Strip is the counter read back from the remote picture.
type Strip struct {
	Look, N, W, H int
}

// Strip waits for a readable counter in the remote picture.
func (b *Browser) Strip(limit time.Duration) (Strip, error) {
	var s Strip
	v, err := b.Do("strip", map[string]any{"limit": limit.Milliseconds()})
	if err == nil {
		err = json.Unmarshal(v, &s)
	}
	return s, err
}

// Axe returns the accessibility violations of the present screen.
func (b *Browser) Axe() ([]string, error) {
	var list []string
	v, err := b.Do("axe", nil)
	if err == nil {
		err = json.Unmarshal(v, &list)
	}
	return list, err
}

// Close ends the browser and its driver.
func (b *Browser) Close() error {
	_, err := b.Do("close", nil)
	_ = b.in.Close()
	b.stop()
	return err
}

// Version is the browser's own word for itself, such as HeadlessChrome/80.0.3987.0.
func (b *Browser) Version() (string, error) {
	var v string
	text, err := b.Do("version", nil)
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	return v, err
}
