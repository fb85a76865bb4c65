// Demo runs a consultation on this machine: server, the clinician's program, and a
// patient's link. With no display it uses a virtual one, lets a headless Chromium be
// the patient, admits it, and keeps pictures of both sides.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"ekermed.example/ekermed/internal/devices/fake"
	"ekermed.example/ekermed/internal/e2e/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := demo(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func demo(ctx context.Context) error {
	root := flag.String("root", ".", "`folder` of the project")
	listen := flag.String("listen", "127.0.0.1:8443", "`address` for the server; port 0 takes a free one")
	flag.Parse()
	dir, err := filepath.Abs(*root)
	if err != nil {
		return err
	}
	length, err := seconds(os.Getenv("DEMO_SECONDS"))
	if err != nil {
		return err
	}
	l, err := lab.New(dir, filepath.Join(dir, "bin"))
	if err != nil {
		return err
	}
	sc := &lab.Scene{Lab: l}
	err = play(ctx, sc, dir, *listen, length)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w\n--- server\n%s\n--- desktop\n%s", err, l.Log("server"), l.Log("desktop"))
	}
	return errors.Join(err, l.Close())
}

// seconds reads DEMO_SECONDS; 0 means until interrupted.
func seconds(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("DEMO_SECONDS=%q is not a number of seconds", text)
	}
	return time.Duration(n) * time.Second, nil
}

func play(ctx context.Context, sc *lab.Scene, root, listen string, length time.Duration) error {
	if err := sc.SetServer(ctx, listen); err != nil {
		return err
	}
	invited, err := sc.Server.Invite(lab.Email, "yann.kermadec@example.org", "Yann Kermadec")
	if err != nil {
		return err
	}
	fmt.Println("server:", sc.Server.Local)
	fmt.Println("patient link:", invited.Link)
	if os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" {
		return withDisplay(ctx, sc, length)
	}
	return withoutDisplay(ctx, sc, invited.Link, filepath.Join(root, "build", "demo"), length)
}

// withDisplay leaves the patient's part to whoever opens the link.
func withDisplay(ctx context.Context, sc *lab.Scene, length time.Duration) error {
	desk, err := sc.StartVisible(sc.Session, "--server", sc.Server.Local, "--devices", devices())
	if err != nil {
		return err
	}
	fmt.Println("Open the patient link in a browser, join, and press « Faire entrer » in the program.")
	met := false
	var over <-chan time.Time
	if length > 0 {
		over = time.After(length)
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s := desk.Status()
			met = met || (len(s.Peers) > 0 && s.Peers[0].FramesShown > 20 && s.Peers[0].AudioMSPlayed > 1000)
		case <-desk.Ended():
			return nil
		case <-ctx.Done():
			return nil
		case <-over:
			if !met {
				return errors.New("nobody was seen and heard in this time")
			}
			return nil
		}
	}
}

// devices are the system's, as far as there are any.
func devices() string {
	cameras, _ := filepath.Glob("/dev/video*")
	sound := exec.Command("pactl", "info").Run() == nil
	switch {
	case len(cameras) > 0:
		return "system"
	case sound:
		return "fake-camera"
	}
	return "fake"
}

// withoutDisplay plays both sides and checks that they really saw and heard each other.
func withoutDisplay(ctx context.Context, sc *lab.Scene, link, out string, length time.Duration) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := sc.SetDesk(ctx); err != nil {
		return err
	}
	b, err := sc.StartBrowser("chromium", sc.Sound, false)
	if err != nil {
		return err
	}
	if err := sc.Join(ctx, b, link); err != nil {
		return err
	}
	if err := sc.Display.Picture(filepath.Join(out, "desktop-waiting.png")); err != nil {
		return err
	}
	desk, page, err := sc.Admit(ctx, b)
	if err != nil {
		return err
	}
	fmt.Printf("admitted: picture after %d ms on the desktop, %d ms on the page\n", desk.Milliseconds(), page.Milliseconds())
	began := time.Now()
	if err := meet(ctx, sc, b, out); err != nil {
		return err
	}
	fmt.Println("both see and hear each other; pictures are in", out)
	if length > 0 {
		select {
		case <-time.After(length - time.Since(began)):
		case <-ctx.Done():
		}
	} else {
		<-ctx.Done()
	}
	return b.Close()
}

func meet(ctx context.Context, sc *lab.Scene, b *lab.Browser, out string) error {
	if _, err := sc.Desktop.Wait(ctx, "the patient's picture and sound", 20*time.Second, func(s lab.Status) bool {
		return s.Phase == "talking" && len(s.Peers) == 1 && s.Peers[0].FramesShown > 50 && s.Peers[0].AudioMSPlayed > 2000
	}); err != nil {
		return err
	}
	if err := sc.Pictures(b, out); err != nil {
		return err
	}
	one, err := b.Strip(10 * time.Second)
	if err != nil {
		return err
	}
	desk, patient, err := sc.Hear(ctx, 8*time.Second)
	if err != nil {
		return err
	}
	two, err := b.Strip(10 * time.Second)
	if err != nil {
		return err
	}
	if one.N == two.N || one.Look != int(fake.Desktop) {
		return errors.New("the page does not show the clinician's moving picture")
	}
	for side, pcm := range map[string][]int16{"clinician": desk, "patient": patient} {
		if score := fake.FindSpeech(pcm, fake.Rate); score < 0.5 {
			return fmt.Errorf("the %s does not hear the other side's speech (%.2f)", side, score)
		}
	}
	return nil
}
