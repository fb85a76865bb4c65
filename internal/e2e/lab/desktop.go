package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Display is a virtual X display.
type Display struct {
	lab  *Lab
	Name string // :N
}

// StartDisplay runs Xvfb on a display number that nobody else has. Left to choose, it asks
// the network namespace who is there, while the socket is in a folder that namespaces share:
// two laboratories would see each other's screens.
func (l *Lab) StartDisplay(width, height int) (*Display, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	// -displayfd 1: Xvfb says on stdout when it is there.
	_, err = l.start("xvfb", nil, w, nil, "Xvfb", free(), "-displayfd", "1", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height), "-nolisten", "tcp", "-noreset", "-dpi", "96")
	_ = w.Close()
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	number := make(chan string, 1)
	go func() { // ends with the line, or with Xvfb
		line, _ := bufio.NewReader(r).ReadString('\n')
		number <- strings.TrimSpace(line)
		_ = r.Close()
	}()
	select {
	case n := <-number:
		if n == "" {
			return nil, fmt.Errorf("no display: %s", l.Log("xvfb"))
		}
		d := &Display{l, ":" + n}
		// Its number is known a little before it takes clients.
		return d, Until(context.Background(), "display", 10*time.Second, func() bool {
			_, err := d.xdotool("getdisplaygeometry")
			return err == nil
		})
	case <-time.After(20 * time.Second):
		return nil, errors.New("no display within 20 s")
	}
}

// free is a display that has no socket, such as :4711.
func free() string {
	for {
		n := strconv.Itoa(1000 + rand.IntN(50000))
		if _, err := os.Stat("/tmp/.X11-unix/X" + n); err != nil {
			return ":" + n
		}
	}
}

func (d *Display) xdotool(args ...string) (string, error) {
	cmd := exec.Command("xdotool", args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+d.Name)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("xdotool %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// Key presses keys, such as ctrl+Return; Type types text.
func (d *Display) Key(keys ...string) error {
	for _, k := range keys {
		if _, err := d.xdotool("key", "--clearmodifiers", k); err != nil {
			return err
		}
		time.Sleep(60 * time.Millisecond)
	}
	return nil
}

// Type types text into what has the keyboard.
func (d *Display) Type(text string) error {
	_, err := d.xdotool("type", "--delay", "15", "--", text)
	return err
}

// Downloads is where the program keeps files.
func (d *Display) Downloads() string { return filepath.Join(d.lab.Dir, "home", "Downloads") }

// Choose lets the system's dialog for files answer with these: nobody is there to click. It
// stands in for the program zenity.
func (d *Display) Choose(paths ...string) error {
	dir := filepath.Join(d.lab.Dir, "chooser")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	list := filepath.Join(dir, "list")
	if err := os.WriteFile(list, []byte(strings.Join(paths, "\x1e")), 0o600); err != nil {
		return err
	}
	_ = os.Remove(list + ".given")
	return os.WriteFile(filepath.Join(dir, "zenity"), []byte("#!/bin/sh\ncat "+list+"\n: > "+list+".given\n"), 0o700)
}

// Chosen waits until the dialog has answered.
func (d *Display) Chosen(ctx context.Context) error {
	given := filepath.Join(d.lab.Dir, "chooser", "list.given")
	return Until(ctx, "the dialog for files", 10*time.Second, func() bool {
		_, err := os.Stat(given)
		return err == nil
	})
}

// Clipboard is the text that was copied.
func (d *Display) Clipboard() (string, error) {
	cmd := exec.Command("xclip", "-selection", "clipboard", "-o")
	cmd.Env = append(os.Environ(), "DISPLAY="+d.Name)
	out, err := cmd.Output()
	return string(out), err
}

// Focus gives the keyboard to the program's window. There is no window manager.
func (d *Display) Focus(ctx context.Context) error {
	return Until(ctx, "the program's window", 60*time.Second, func() bool {
		ids := d.windows()
		if len(ids) != 1 {
			return false
		}
		// A window that is only coming up refuses the keyboard: try again.
		if _, err := d.xdotool("windowfocus", "--sync", ids[0]); err != nil {
			return false
		}
		_, err := d.xdotool("mousemove", "--window", ids[0], "640", "10")
		return err == nil
	})
}

// windows are the program's windows that can be seen.
func (d *Display) windows() []string {
	out, err := d.xdotool("search", "--onlyvisible", "--name", "e-KerMed")
	if err != nil {
		return nil
	}
	return strings.Fields(out)
}

// Picture saves what the display shows as PNG.
func (d *Display) Picture(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := exec.Command("import", "-display", d.Name, "-window", "root", path).CombinedOutput()
	if err != nil {
		return fmt.Errorf("picture of the display: %w: %s", err, out)
	}
	return nil
}

// Sound is a sound system with no sound card: what is played into Bus is what Mic
// hears; what is played to the sink Speaker can be recorded.
type Sound struct {
	lab    *Lab
	Server string // PULSE_SERVER
}

// The devices of Sound, by name.
const (
	Speaker = "spk" // the desktop's
	Bus     = "micbus"
	Mic     = "mic"
	Patient = "patientspk" // the browser's
)

// StartSound runs PulseAudio with null sinks.
func (l *Lab) StartSound(ctx context.Context) (*Sound, error) {
	socket := filepath.Join(l.Dir, "pulse.sock")
	home := filepath.Join(l.Dir, "pulse")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	null := func(name string) []string {
		return []string{"-L", "module-null-sink sink_name=" + name + " rate=48000"}
	}
	argv := []string{"pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "-n", "-L", "module-native-protocol-unix socket=" + socket + " auth-anonymous=1"}
	argv = append(argv, null(Speaker)...)
	argv = append(argv, null(Bus)...)
	argv = append(argv, null(Patient)...)
	argv = append(argv, "-L", "module-remap-source master="+Bus+".monitor source_name="+Mic)
	env := []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + home, "DBUS_SESSION_BUS_ADDRESS=disabled:"}
	if _, err := l.start("pulse", env, nil, nil, argv...); err != nil {
		return nil, err
	}
	s := &Sound{l, "unix:" + socket}
	err := Until(ctx, "sound system", 20*time.Second, func() bool { return s.pactl("info") == nil })
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, l.Log("pulse"))
	}
	return s, errors.Join(s.pactl("set-default-sink", Speaker), s.pactl("set-default-source", Mic))
}

func (s *Sound) pactl(args ...string) error {
	cmd := exec.Command("pactl", args...)
	cmd.Env = append(os.Environ(), "PULSE_SERVER="+s.Server)
	return cmd.Run()
}

// Speak plays a WAV file of Capture into the virtual microphone, over and over. One
// player gets the samples end to end: a new one each round would pause between rounds.
func (s *Sound) Speak(wav string) error {
	const header = "45" // the first byte after it, as tail counts
	_, err := s.lab.start("speak", []string{"PULSE_SERVER=" + s.Server}, nil, nil,
		"sh", "-c", `while tail -c +`+header+` "$1"; do :; done | pacat --playback --device=`+Bus+` --raw --rate=48000 --channels=1 --format=s16le`, "speak", wav)
	return err
}

// Record takes what a sink plays: 48 kHz mono samples.
func (s *Sound) Record(ctx context.Context, sink string, length time.Duration) ([]int16, error) {
	ctx, cancel := context.WithTimeout(ctx, length+2*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "parec", "--device="+sink+".monitor", "--rate=48000", "--channels=1", "--format=s16le", "--raw")
	cmd.Env = append(os.Environ(), "PULSE_SERVER="+s.Server)
	var out bytes.Buffer
	cmd.Stdout = &out
	_ = cmd.Run() // it is ended by the clock
	b := out.Bytes()
	pcm := make([]int16, len(b)/2)
	for i := range pcm {
		pcm[i] = int16(uint16(b[2*i]) | uint16(b[2*i+1])<<8)
	}
	if len(pcm) == 0 {
		return nil, fmt.Errorf("nothing was recorded from %s", sink)
	}
	return pcm, nil
}

// Desktop is a running ekermed-desktop.
type Desktop struct {
	lab *Lab
	*proc
	status string
}

// Sealed counts sealed frames: opened, refused as forged or far too late, dropped because
// they had been opened before, and dropped because their key was not there.
type Sealed struct {
	Opened, Refused, Repeated int64
	NoKey                     int64 `json:"no_key"`
}

// Together counts messages, files and screens; see the program's status file.
type Together struct {
	Messages, Delivered, Files, Received, Given, Failed int
	Sharing                                             bool
	Screen                                              struct {
		Width, Height int
		FramesShown   int64 `json:"frames_shown"`
	}
}

// Status is what --status holds.
type Status struct {
	Phase string `json:"phase"`
	// Online: the agenda is current.
	Online bool   `json:"online"`
	Route  string `json:"route"`
	// Secrecy is how far the encryption reaches, SafetyCode the words of the first person's code.
	Secrecy    string `json:"secrecy"`
	SafetyCode string `json:"safety_code"`
	// Together counts what is done together.
	Together Together
	// Path is the chosen pair, once the program tells it.
	Path *struct{ Local, Remote, Protocol string } `json:"path"`
	Self struct {
		Width, Height int
		FPS           float64
		AudioMSSent   int64 `json:"audio_ms_sent"`
	} `json:"self"`
	Peers []struct {
		ID, Name, Role string
		Width, Height  int
		FramesShown    uint64  `json:"frames_shown"`
		Sealed         Sealed  `json:"sealed"`
		FPS            float64 `json:"fps"`
		AudioMSPlayed  int64   `json:"audio_ms_played"`
		RTTMS          float64 `json:"rtt_ms"`
		Loss           float64
	} `json:"peers"`
	Door []struct {
		Appointment, ID, Name string
	} `json:"door"`
	Devices struct {
		Camera, Microphone, Speaker string
		Open                        bool
	} `json:"devices"`
	Error *struct{ Code, Detail string } `json:"error"`
	// Focus is the accessible name of what has the keyboard.
	Focus string
}

// StartDesktop runs the program under a session bus with an unlocked keyring, in a
// home of its own that outlives it within the lab. session may be empty.
func (l *Lab) StartDesktop(d *Display, sound *Sound, session string, args ...string) (*Desktop, error) {
	home := filepath.Join(l.Dir, "home")
	run := filepath.Join(l.Dir, "run")
	for _, dir := range []string{home, run, filepath.Join(home, ".cache"), filepath.Join(home, ".local/share/keyrings")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	// What an earlier run left must not be taken for this one's.
	if err := Until(context.Background(), "an earlier window to go", 10*time.Second, func() bool { return len(d.windows()) == 0 }); err != nil {
		return nil, err
	}
	status := filepath.Join(l.Dir, "status.json")
	_ = os.Remove(status)
	env := []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + run, "XDG_CONFIG_HOME=" + filepath.Join(home, ".config"), "DISPLAY=" + d.Name,
		"LANG=fr_FR.UTF-8", "LIBGL_ALWAYS_SOFTWARE=1", "XDG_SESSION_TYPE=x11", "WAYLAND_DISPLAY=", "PATH=" + filepath.Join(l.Dir, "chooser") + ":" + os.Getenv("PATH")}
	if err := os.MkdirAll(d.Downloads(), 0o700); err != nil {
		return nil, err
	}
	if sound != nil {
		env = append(env, "PULSE_SERVER="+sound.Server)
	} else {
		env = append(env, "PULSE_SERVER=unix:/nonexistent")
	}
	// A bus that starts no services of this machine: portals would mount file systems into the lab.
	conf := filepath.Join(l.Dir, "bus.conf")
	if err := os.WriteFile(conf, []byte(busConfig), 0o600); err != nil {
		return nil, err
	}
	argv := []string{"dbus-run-session", "--config-file=" + conf, "--", "sh", "-c",
		`printf 'lab\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec "$@"`, "sh",
	}
	if bus := l.Places["desktop"].Bus; bus != "" {
		argv = append(argv, "env", "DBUS_SESSION_BUS_ADDRESS="+bus)
	}
	argv = append(argv, filepath.Join(l.Bin, "ekermed-desktop"), "--status", status)
	var stdin *strings.Reader
	if session != "" {
		argv = append(argv, "--session-stdin")
		stdin = strings.NewReader(session + "\n")
	} else {
		stdin = strings.NewReader("")
	}
	p, err := l.start("desktop", env, nil, stdin, append(argv, args...)...)
	if err != nil {
		return nil, err
	}
	return &Desktop{l, p, status}, nil
}

// busConfig is a session bus that lets everybody talk to everybody (dbus-daemon(1)).
const busConfig = `<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
`

// Stop ends the program as the system's log-out would.
func (d *Desktop) Stop() { d.stop() }

// Kill ends it without a word.
func (d *Desktop) Kill() { d.kill() }

// Status reads the support snapshot; zero while there is none.
func (d *Desktop) Status() Status {
	var s Status
	b, err := os.ReadFile(d.status)
	if err == nil {
		_ = json.Unmarshal(b, &s) // a damaged one is like none: it is read again
	}
	return s
}

// Wait waits until the snapshot satisfies ok.
func (d *Desktop) Wait(ctx context.Context, what string, limit time.Duration, ok func(Status) bool) (Status, error) {
	var last Status
	err := Until(ctx, what, limit, func() bool {
		last = d.Status()
		return ok(last)
	})
	if err != nil {
		return last, fmt.Errorf("desktop: %w; status %+v\n%s", err, last, d.lab.Log("desktop"))
	}
	return last, nil
}

// Reach presses a key, Tab or shift+Tab, until something has the keyboard whose accessible
// name begins with name.
func (d *Desktop) Reach(ctx context.Context, on *Display, key, name string) error {
	// What was pressed before may lead there by itself.
	for until := time.Now().Add(1500 * time.Millisecond); !strings.HasPrefix(d.Status().Focus, name) && time.Now().Before(until); {
		time.Sleep(50 * time.Millisecond)
	}
	var seen []string
	for range 60 {
		// The program tells its focus ten times a second. Two in a row may have one name.
		before := append(seen, "")[max(0, len(seen)-1)]
		focus := d.Status().Focus
		for until := time.Now().Add(time.Second); focus == before && time.Now().Before(until); focus = d.Status().Focus {
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(150 * time.Millisecond)
		focus = d.Status().Focus
		if strings.HasPrefix(focus, name) {
			time.Sleep(500 * time.Millisecond) // an earlier key may still be on its way
			if d.Status().Focus == focus {
				return nil
			}
			continue
		}
		seen = append(seen, focus)
		if err := errors.Join(ctx.Err(), on.Key(key)); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s never reaches %q, only %q", key, name, seen)
}

// StartVisible runs the program on the display, sound system and keyring that are
// there already.
func (l *Lab) StartVisible(session string, args ...string) (*Desktop, error) {
	status := filepath.Join(l.Dir, "status.json")
	argv := append([]string{filepath.Join(l.Bin, "ekermed-desktop"), "--status", status, "--session-stdin"}, args...)
	p, err := l.start("desktop", nil, nil, strings.NewReader(session+"\n"), argv...)
	if err != nil {
		return nil, err
	}
	return &Desktop{l, p, status}, nil
}

// Ended is closed when the program has ended.
func (d *Desktop) Ended() <-chan struct{} { return d.done }

// Processes are the ids of a program's processes in this part's group.
func (d *Desktop) Processes(program string) []string {
	out, err := exec.Command("pgrep", "-g", strconv.Itoa(d.cmd.Process.Pid), "-f", program+" --status").Output()
	if err != nil {
		return nil
	}
	var ids []string
	for _, pid := range strings.Fields(string(out)) {
		// The shell around it has the same words on its command line.
		if exe, err := os.Readlink("/proc/" + pid + "/exe"); err == nil && filepath.Base(exe) == program {
			ids = append(ids, pid)
		}
	}
	return ids
}
