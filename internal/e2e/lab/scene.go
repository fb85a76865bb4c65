package lab

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call/portal"
	"ekermed.example/ekermed/internal/call/wire"
)

// The demonstration's clinician. The password is for this lab's own server, which
// answers this machine only.
const (
	Email     = "anne.legoff@ekermed.example"
	Clinician = "Dr Anne Le Goff"
	Password  = "breizh-demo-2026"
)

// Scene is a server with a clinician at a desktop, and the parts around it.
type Scene struct {
	*Lab
	Server  *Server
	Display *Display
	Sound   *Sound
	Desktop *Desktop
	// Session is the clinician's token at the server.
	Session string
	// Env is added to the server's environment, Devices is the desktop's --devices.
	Env     []string
	Devices string
}

// SetServer starts the server and its clinician's account, and signs in.
func (sc *Scene) SetServer(ctx context.Context, listen string) error {
	var err error
	if sc.Server, err = sc.StartServer(listen, sc.Env); err != nil {
		return err
	}
	if err := sc.Server.AddClinician(); err != nil {
		return err
	}
	session, err := portal.Portal{Base: sc.Server.Local}.SignIn(ctx, wire.SignIn{Email: Email, Password: Password})
	sc.Session = session.Token
	return err
}

// AddClinician makes the demonstration's account, unless it is there.
func (s *Server) AddClinician() error {
	_, err := s.Command(Password+"\n", "user", "add", "--email", Email, "--name", Clinician, "--role", "clinician", "--password-stdin")
	if err != nil && strings.Contains(err.Error(), "exists already") {
		return nil
	}
	return err
}

// SetDesk starts display, sound system and the desktop program, signed in. The
// microphone hears a recorded sentence.
func (sc *Scene) SetDesk(ctx context.Context) error {
	if err := Need("Xvfb", "xdotool", "import", "pulseaudio", "pactl", "parec", "dbus-run-session", "gnome-keyring-daemon"); err != nil {
		return err
	}
	var err error
	if sc.Display, err = sc.StartDisplay(1280, 800); err != nil {
		return err
	}
	if sc.Sound, err = sc.StartSound(ctx); err != nil {
		return err
	}
	wav, err := sc.Voice()
	if err != nil {
		return err
	}
	if err := sc.Sound.Speak(wav); err != nil {
		return err
	}
	return sc.OpenDesk(ctx, sc.Session)
}

// OpenDesk starts the desktop program; without a session it shows the sign-in.
func (sc *Scene) OpenDesk(ctx context.Context, session string) error {
	var err error
	devices := sc.Devices
	if devices == "" {
		devices = "fake-camera"
	}
	if sc.Desktop, err = sc.StartDesktop(sc.Display, sc.Sound, session, "--server", sc.Server.Base(), "--devices", devices); err != nil {
		return err
	}
	if err := sc.Display.Focus(ctx); err != nil {
		return errors.Join(err, errors.New(sc.Log("desktop")))
	}
	if session == "" {
		return nil
	}
	_, err = sc.Desktop.Wait(ctx, "signed in", 30*time.Second, func(s Status) bool { return s.Phase == "home" && s.Online && s.Error == nil })
	return err
}

// Join lets a browser go from the link to the waiting room, and waits until the desk
// shows the patient at the door.
func (sc *Scene) Join(ctx context.Context, b *Browser, link string) error {
	if err := b.Goto(link); err != nil {
		return err
	}
	if err := b.Click("Rejoindre"); err != nil {
		return err
	}
	if err := b.Phase("waiting", 40*time.Second); err != nil {
		return err
	}
	_, err := sc.Desktop.Wait(ctx, "patient at the door", 10*time.Second, func(s Status) bool { return len(s.Door) > 0 })
	return err
}

// Admit presses the key of "Faire entrer" and waits for the picture on both sides. It
// answers how long each took.
func (sc *Scene) Admit(ctx context.Context, b *Browser) (desk, page time.Duration, err error) {
	type seen struct {
		at  time.Time
		err error
	}
	begin := time.Now()
	if err := sc.Display.Key("ctrl+Return"); err != nil {
		return 0, 0, err
	}
	there := make(chan seen, 1)
	go func() { // ends with the picture, or its limit
		_, err := b.Strip(30 * time.Second)
		there <- seen{time.Now(), err}
	}()
	again := time.AfterFunc(5*time.Second, func() {
		// On a busy machine without a window manager a key is lost now and then: a person
		// would press it again too. What it costs is in the time that is returned.
		if s := sc.Desktop.Status(); len(s.Door) == 1 && len(s.Peers) == 0 {
			_ = sc.Display.Key("ctrl+Return")
		}
	})
	defer again.Stop()
	_, err = sc.Desktop.Wait(ctx, "the patient's picture", 30*time.Second, func(s Status) bool {
		return len(s.Peers) == 1 && s.Peers[0].FramesShown > 0
	})
	desk = time.Since(begin)
	far := <-there
	return desk, far.at.Sub(begin), errors.Join(err, far.err)
}

// Pictures saves both sides to a folder as desktop.png and patient.png.
func (sc *Scene) Pictures(b *Browser, dir string) error {
	return errors.Join(sc.Display.Picture(filepath.Join(dir, "desktop.png")), b.Shot(filepath.Join(dir, "patient.png")))
}

// Hear records both speakers and answers how well each side's loudspeaker plays the
// recorded sentence.
func (sc *Scene) Hear(ctx context.Context, length time.Duration) (desk, patient []int16, err error) {
	type heard struct {
		pcm []int16
		err error
	}
	other := make(chan heard, 1)
	go func() { // ends with the recording
		pcm, err := sc.Sound.Record(ctx, Patient, length)
		other <- heard{pcm, err}
	}()
	desk, err = sc.Sound.Record(ctx, Speaker, length)
	far := <-other
	if err != nil {
		return nil, nil, fmt.Errorf("desktop's speaker: %w", err)
	}
	if far.err != nil {
		return nil, nil, fmt.Errorf("browser's speaker: %w", far.err)
	}
	return desk, far.pcm, nil
}
