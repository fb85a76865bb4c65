package devices

import (
	"errors"
	"fmt"
	"go/build"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/prop"

	"ekermed.example/ekermed/internal/call"
)

// Size is given up before frame rate, by bitrate and by load, and comes back.
func TestLadder(t *testing.T) {
	for _, c := range []struct{ w, h, kbps, wantW, wantH int }{
		{1280, 720, 1500, 1280, 720}, {1280, 720, 600, 960, 540}, {1280, 720, 300, 640, 360},
		{1280, 720, 150, 480, 270}, {1280, 720, 50, 320, 180}, {640, 360, 1500, 640, 360},
		{640, 360, 300, 640, 360}, {640, 480, 900, 640, 480}, {640, 360, 100, 320, 180},
	} {
		var l ladder
		if w, h := l.size(c.w, c.h, c.kbps); w != c.wantW || h != c.wantH {
			t.Errorf("%+v: %dx%d", c, w, h)
		}
	}
	var l ladder
	const interval = time.Second / 30
	run := func(n int, spent time.Duration) {
		for range n {
			l.took(spent, interval)
		}
	}
	run(100, interval/2)
	if l.slow != 0 {
		t.Error("steps down without need")
	}
	run(8, interval)
	if w, _ := l.size(640, 360, 800); w != 480 {
		t.Errorf("one step down from 640 is %d", w)
	}
	run(8, interval)
	run(firstCalm-1, interval/5)
	if l.slow != 2 {
		t.Errorf("slow %d", l.slow)
	}
	run(1, interval/5)
	if l.slow != 1 {
		t.Errorf("slow %d after a calm time", l.slow)
	}
	// A climb that failed is not tried again so soon.
	run(8, interval)
	run(firstCalm+10, interval/5)
	if l.slow != 2 {
		t.Errorf("slow %d: it swings", l.slow)
	}
	run(firstCalm, interval/5)
	if l.slow != 1 {
		t.Errorf("slow %d: it never climbs again", l.slow)
	}
	run(1000, interval)
	if w, h := l.size(1280, 720, 2000); w != 320 || h != 180 {
		t.Errorf("the lowest rung is %dx%d", w, h)
	}
}

func TestAudioClock(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := audioClock{timestamp: 1<<32 - 960}
	step := func(after time.Duration, forgot int) (uint32, bool) {
		now = now.Add(after)
		return c.next(forgot, now)
	}
	for i, want := range []struct {
		after     time.Duration
		forgot    int
		timestamp uint32
		marker    bool
	}{
		{0, 0, 1<<32 - 960, true},
		{20 * time.Millisecond, 0, 0, false},
		{35 * time.Millisecond, 0, 960, false}, // a late callback moves nothing
		{5 * time.Millisecond, 0, 1920, false},
		{20 * time.Millisecond, 1920, 4800, false},
		{10 * time.Second, 0, 5760 + 499*960, true},
	} {
		if ts, marker := step(want.after, want.forgot); ts != want.timestamp || marker != want.marker {
			t.Errorf("step %d: %d %v, want %d %v", i, ts, marker, want.timestamp, want.marker)
		}
	}
}

func TestPipe(t *testing.T) {
	p := newPipe(10)
	out := make([]int16, 4)
	if _, ok := p.read(out); ok {
		t.Error("sound out of nothing")
	}
	p.write([]int16{1, 2, 3, 4, 5, 6})
	if forgot, ok := p.read(out); !ok || forgot != 0 || out[3] != 4 {
		t.Error(forgot, ok, out)
	}
	p.write([]int16{7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
	if forgot, ok := p.read(out); !ok || forgot != 2 || out[0] != 7 {
		t.Error(forgot, ok, out)
	}
	p.write([]int16{17, 18})
	p.readUpTo(out, 2) // 11 to 18 are there: 11 to 13 are too old
	if out[0] != 14 {
		t.Error(out)
	}
	p.empty()
	p.write([]int16{1})
	p.readUpTo(out, 2)
	if !slices.Equal(out, []int16{1, 0, 0, 0}) {
		t.Error(out)
	}
}

// Among a camera's modes the wanted one costs least.
func TestCameraCost(t *testing.T) {
	modes := []prop.Video{
		{Width: 1280, Height: 720, FrameRate: 30, FrameFormat: frame.FormatYUYV},
		{Width: 1280, Height: 720, FrameRate: 30, FrameFormat: frame.FormatMJPEG},
		{Width: 640, Height: 480, FrameRate: 30, FrameFormat: frame.FormatYUYV},
		{Width: 1920, Height: 1080, FrameRate: 30, FrameFormat: frame.FormatMJPEG},
		{Width: 320, Height: 240, FrameRate: 30, FrameFormat: frame.FormatYUYV},
		{Width: 1280, Height: 720, FrameRate: 10, FrameFormat: frame.FormatYUYV},
		{Width: 1280, Height: 720, FrameRate: 30, FrameFormat: frame.FormatZ16},
	}
	for i := 1; i < len(modes); i++ {
		if cost(modes[i-1]) >= cost(modes[i]) {
			t.Errorf("%+v costs %.2f, %+v %.2f", modes[i-1], cost(modes[i-1]), modes[i], cost(modes[i]))
		}
	}
}

func TestFaults(t *testing.T) {
	for text, want := range map[error]call.ProblemCode{
		fmt.Errorf("open: %w", syscall.EBUSY):                call.ProblemInUse,
		fmt.Errorf("open: %w", syscall.EACCES):               call.ProblemDenied,
		fmt.Errorf("open: %w", syscall.ENODEV):               call.ProblemNoDevice,
		errors.New("device or resource busy"):                call.ProblemInUse,
		errors.New("Access denied by the user's settings"):   call.ProblemDenied,
		errors.New("failed to set the media type: 80004005"): call.ProblemDevice,
	} {
		if got := cameraCode(text); got != want {
			t.Errorf("%v: %v, want %v", text, got, want)
		}
	}
	f := &fault{call.ProblemInUse, "HD Webcam", syscall.EBUSY}
	if got := f.Error(); got != `in_use "HD Webcam": `+syscall.EBUSY.Error() || !errors.Is(f, syscall.EBUSY) {
		t.Error(got)
	}
	if p := f.problem(); p.Detail != "HD Webcam" {
		t.Error(p)
	}
	if !secondary("usb-Cam-video-index1") || secondary("usb-Cam-video-index0") || secondary("video1") {
		t.Error("secondary nodes")
	}
}

// What this package may know: neither screens nor servers nor the call's runner.
func TestImports(t *testing.T) {
	const module = "ekermed.example/ekermed/"
	for _, dir := range []string{".", "codec", "stage", "fake"} {
		p, err := build.ImportDir(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range p.Imports {
			own, ours := strings.CutPrefix(path, module)
			allowed := own == "assets" || own == "internal/call" || own == "internal/call/wire" ||
				own == "internal/call/jitter" || strings.HasPrefix(own, "internal/devices/")
			if ours && !allowed {
				t.Errorf("%s imports %s", dir, path)
			}
			if strings.HasPrefix(path, "fyne.io/") {
				t.Errorf("%s imports %s: screens are not this package's affair", dir, path)
			}
		}
	}
}
