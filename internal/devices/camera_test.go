package devices

import (
	"errors"
	"image"
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/devices/fake"
)

// webcam is a camera driver as mediadevices wants them, whose cable can be pulled.
type webcam struct {
	busy   error
	mu     sync.Mutex
	mode   prop.Media
	gone   chan struct{}
	opened int
	closed int
}

func (w *webcam) Open() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy != nil {
		return w.busy
	}
	w.gone = make(chan struct{})
	w.opened++
	return nil
}

func (w *webcam) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed++
	w.pullLocked()
	return nil
}

// pullLocked ends the reading.
func (w *webcam) pullLocked() {
	select {
	case <-w.gone:
	default:
		close(w.gone)
	}
}

func (w *webcam) pull() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pullLocked()
}

func (w *webcam) Properties() []prop.Media {
	mode := func(width, height int, format frame.Format) prop.Media {
		return prop.Media{Video: prop.Video{Width: width, Height: height, FrameRate: 30, FrameFormat: format}}
	}
	return []prop.Media{mode(320, 240, frame.FormatYUYV), mode(1280, 720, frame.FormatMJPEG), mode(1920, 1080, frame.FormatMJPEG)}
}

func (w *webcam) VideoRecord(p prop.Media) (video.Reader, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mode = p
	gone := w.gone
	m := image.NewYCbCr(image.Rect(0, 0, p.Width, p.Height), image.YCbCrSubsampleRatio422)
	for i := range m.Y {
		m.Y[i] = 255 // JPEG's white
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = 128, 128
	}
	n := 0
	return video.ReaderFunc(func() (image.Image, func(), error) {
		select {
		case <-gone:
			return nil, func() {}, io.EOF
		case <-time.After(5 * time.Millisecond):
		}
		n++
		if n%7 == 0 {
			return nil, func() {}, errors.New("a damaged picture")
		}
		return m, func() {}, nil
	}), nil
}

// The way of a real camera, from the driver to the self view and the track, with a
// driver of our own in place of the system's.
func TestCameraDriver(t *testing.T) {
	t.Setenv("PULSE_SERVER", "unix:/nonexistent")
	d := New(Options{Log: testLog(t)})
	d.List() // fills the registry with what the system has
	cam := &webcam{}
	if err := driver.GetManager().Register(cam, driver.Info{Label: "toy-video-index0;video99", Name: "Toy Cam;usb-1", DeviceType: driver.Camera}); err != nil {
		t.Fatal(err)
	}
	second := &webcam{}
	if err := driver.GetManager().Register(second, driver.Info{Label: "toy-video-index1;video100", Name: "Toy Cam;usb-1", DeviceType: driver.Camera}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		for _, d := range driver.GetManager().Query(driver.FilterVideoRecorder()) {
			driver.GetManager().Delete(d.ID())
		}
	}()
	cameras, _, _ := d.List()
	if len(cameras) != 1 || cameras[0] != (call.Device{ID: "toy-video-index0", Name: "Toy Cam"}) {
		t.Fatalf("cameras %v; this test wants a machine without any", cameras)
	}

	cam.busy = syscall.EBUSY
	s, report := d.Open(t.Context(), call.Choice{Camera: "toy-video-index0"})
	defer s.Close()
	if report.Camera == nil || *report.Camera != (call.Problem{Code: call.ProblemInUse, Detail: "Toy Cam"}) {
		t.Fatalf("%+v", report.Camera)
	}
	cam.mu.Lock()
	cam.busy = nil
	cam.mu.Unlock()
	until(t, "the camera is free at last", func() bool { return s.Report().Camera == nil })
	until(t, "a picture", func() bool { m, _ := s.Latest(""); return m != nil })
	cam.mu.Lock()
	if cam.mode.Width != 1280 || cam.mode.Height != 720 {
		t.Errorf("mode %+v", cam.mode)
	}
	cam.mu.Unlock()
	m, _ := s.Latest("")
	if c := m.RGBAAt(600, 300); c.R < 253 || c.G < 253 || c.B < 253 {
		t.Errorf("white became %v", c)
	}
	if c := s.Counters(""); c.Width != 1280 || c.Height != 720 || c.Frames != 0 {
		t.Errorf("%+v", c)
	}

	// Others see it.
	other := open(t, fake.Patient)
	defer join(t, s, other)()
	until(t, "the other sees it", func() bool { return other.Counters("a").Frames > 20 })

	cam.pull()
	until(t, "the loss is told", func() bool {
		p := s.Report().Camera
		return p != nil && *p == call.Problem{Code: call.ProblemUnplugged, Detail: "Toy Cam"}
	})
	until(t, "it is plugged in again", func() bool { return s.Report().Camera == nil })

	s.Mute("video", true)
	until(t, "it is released", func() bool {
		cam.mu.Lock()
		defer cam.mu.Unlock()
		return cam.closed >= cam.opened
	})
}
