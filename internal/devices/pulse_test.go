package devices

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/devices/fake"
)

// soundSystem is a sound server of the test's own: a speaker "spk" that plays into
// nothing, and a microphone "mic" that hears what is played into "micbus".
type soundSystem struct {
	t      *testing.T
	dir    string
	server *exec.Cmd
}

// newSoundSystem prepares one and points this process at it; start starts it.
func newSoundSystem(t *testing.T) *soundSystem {
	t.Helper()
	for program, pkg := range map[string]string{"pulseaudio": "pulseaudio", "paplay": "pulseaudio-utils", "parec": "pulseaudio-utils"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is missing: install the package %s", program, pkg)
		}
	}
	dir, err := os.MkdirTemp("", "snd")
	if err != nil {
		t.Fatal(err)
	}
	s := &soundSystem{t: t, dir: dir}
	t.Setenv("PULSE_SERVER", "unix:"+s.socket())
	t.Setenv("PULSE_COOKIE", filepath.Join(dir, "cookie"))
	t.Setenv("HOME", dir)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Cleanup(func() {
		s.stop()
		os.RemoveAll(dir)
	})
	return s
}

func (s *soundSystem) socket() string { return filepath.Join(s.dir, "pulse.sock") }

func (s *soundSystem) start() {
	s.t.Helper()
	os.Remove(s.socket())
	s.server = exec.Command("pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "--log-target=null", "-n",
		"-L", "module-native-protocol-unix socket="+s.socket()+" auth-anonymous=1",
		"-L", "module-null-sink sink_name=spk sink_properties=device.description=Speaker",
		"-L", "module-null-sink sink_name=micbus",
		"-L", "module-remap-source master=micbus.monitor source_name=mic source_properties=device.description=Microphone")
	if os.Geteuid() == 0 {
		s.server.Args = append(s.server.Args, "--system=no")
	}
	if err := s.server.Start(); err != nil {
		s.t.Fatalf("starting pulseaudio: %v", err)
	}
	until(s.t, "the sound server", func() bool {
		c, err := net.Dial("unix", s.socket())
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// stop ends the server by its process id.
func (s *soundSystem) stop() {
	if s.server == nil {
		return
	}
	_ = s.server.Process.Kill()
	_ = s.server.Wait()
	s.server = nil
}

// say plays the sentence into the microphone, over and over, until ctx ends.
func (s *soundSystem) say(ctx context.Context) {
	pcm, err := fake.Speech()
	if err != nil {
		s.t.Fatal(err)
	}
	name := filepath.Join(s.dir, "say.wav")
	f, err := os.Create(name)
	if err != nil {
		s.t.Fatal(err)
	}
	long := append(append(append([]int16(nil), pcm...), pcm...), pcm...)
	if err := fake.WriteWAV(f, append(long, long...), fake.Rate); err != nil {
		s.t.Fatal(err)
	}
	f.Close()
	play := exec.CommandContext(ctx, "paplay", "--device=micbus", name)
	if err := play.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = play.Wait() })
}

// record returns what comes out of a source for some seconds.
func (s *soundSystem) record(source string, seconds int) []int16 {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	rec := exec.CommandContext(ctx, "parec", "--device="+source, "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=50")
	out, err := rec.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := rec.Start(); err != nil {
		s.t.Fatal(err)
	}
	raw := make([]byte, seconds*2*fake.Rate)
	for n := 0; n < len(raw); {
		k, err := out.Read(raw[n:])
		if err != nil {
			s.t.Fatalf("recording %s: %v", source, err)
		}
		n += k
	}
	cancel()
	_ = rec.Wait()
	return append([]int16(nil), samples(raw)...)
}

// Speech that is played into a real sound server's microphone comes out of its
// speaker, through two sessions and a WebRTC connection; and when the server dies in
// the middle of the call and comes back, so does the speech.
func TestSoundSystem(t *testing.T) {
	system := newSoundSystem(t)

	// Before there is any sound system.
	d := New(Options{Log: testLog(t)})
	if _, microphones, speakers := d.List(); len(microphones)+len(speakers) != 0 {
		t.Errorf("no sound system, but %v and %v", microphones, speakers)
	}
	none, report := d.Open(t.Context(), call.Choice{})
	if report.Microphone == nil || report.Microphone.Code != call.ProblemNoSound ||
		report.Speaker == nil || report.Speaker.Code != call.ProblemNoSound {
		t.Errorf("no sound system: %+v", report)
	}
	none.Chime(ChimeTest)
	none.Close()

	system.start()
	cameras, microphones, speakers := d.List()
	t.Log("cameras", cameras, "microphones", microphones, "speakers", speakers)
	if len(microphones) != 1 || microphones[0].ID != "mic" || len(speakers) != 2 {
		t.Fatalf("microphones %v and speakers %v", microphones, speakers)
	}

	a, report := d.Open(t.Context(), call.Choice{Microphone: "mic", Speaker: "spk"})
	if report.Microphone != nil || report.Speaker != nil {
		t.Fatalf("opening: %+v", report)
	}
	defer a.Close()
	b := open(t, fake.Patient) // hears and speaks without hardware
	defer join(t, a, b)()

	// The fake peer speaks all the time; a's speaker plays it.
	until(t, "sound arrives", func() bool { return a.Counters("b").AudioMS > 500 && b.Counters("a").AudioMS > 500 })
	until(t, "the peer's sentence out of the speaker", func() bool {
		return fake.FindSpeech(system.record("spk.monitor", 4), fake.Rate) > 0.6
	})
	// Nobody spoke into the microphone: the negative control.
	if score := fake.FindSpeech(b.Played(), fake.Rate); score > 0.4 {
		t.Errorf("a silent microphone gave the sentence with %.2f", score)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	system.say(ctx)
	until(t, "the microphone's sentence", func() bool { return fake.FindSpeech(last(b.Played(), 5), fake.Rate) > 0.6 })
	if a.Level() == 0 {
		t.Error("the meter does not move")
	}

	// The server dies.
	system.stop()
	until(t, "the loss is told", func() bool {
		r := a.Report()
		return r.Microphone != nil && r.Speaker != nil && r.Microphone.Code == call.ProblemNoSound
	})
	system.start()
	until(t, "recovery", func() bool { r := a.Report(); return r.Microphone == nil && r.Speaker == nil })
	cancel()
	system.say(t.Context())
	until(t, "the sentence again", func() bool { return fake.FindSpeech(last(b.Played(), 5), fake.Rate) > 0.6 })
	until(t, "the peer's sentence out of the speaker again", func() bool {
		score := fake.FindSpeech(system.record("spk.monitor", 4), fake.Rate)
		t.Logf("out of the speaker: %.2f", score)
		return score > 0.6
	})
}

// last is the end of pcm.
func last(pcm []int16, seconds int) []int16 {
	return pcm[max(0, len(pcm)-seconds*fake.Rate):]
}

// A chime sounds outside any session.
func TestChimeOutsideSession(t *testing.T) {
	system := newSoundSystem(t)
	d := New(Options{Log: testLog(t)})
	if err := d.Chime(t.Context(), call.Choice{}, ChimeArrival); err == nil {
		t.Error("a chime sounded with no sound system")
	}
	system.start()
	done := make(chan error, 1)
	heard := make(chan []int16, 1)
	go func() { heard <- system.record("spk.monitor", 4) }()
	go func() {
		time.Sleep(500 * time.Millisecond) // let the recorder begin; too short only weakens the test
		done <- d.Chime(t.Context(), call.Choice{Speaker: "spk"}, ChimeArrival)
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	var peak int16
	for _, v := range <-heard {
		peak = max(peak, v)
	}
	if peak < 3000 {
		t.Errorf("the loudest sample of the chime is %d", peak)
	}
}
