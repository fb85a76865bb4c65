package devices

import (
	"cmp"
	"errors"
	"image"
	"io"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/driver/availability"
	drivers "github.com/pion/mediadevices/pkg/driver/camera"
	"github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/devices/stage"
)

// cameraDevice is one camera driver under the name that people see.
type cameraDevice struct {
	call.Device
	driver driver.Driver
	main   bool
}

// secondary matches the nodes that Linux makes beside a camera for its metadata.
func secondary(label string) bool {
	ok, err := regexp.MatchString(`-index[1-9]`, label)
	return err == nil && ok
}

// drivers lists the cameras. The registry is filled anew when something changed: only
// on Linux can that be told beforehand.
func (m *machine) drivers() []cameraDevice {
	m.mu.Lock()
	defer m.mu.Unlock()
	if nodes, err := filepath.Glob("/dev/video*"); runtime.GOOS != "linux" || err != nil || strings.Join(nodes, " ") != m.nodes {
		m.nodes = strings.Join(nodes, " ")
		drivers.Initialize()
	}
	var out []cameraDevice
	for _, d := range driver.GetManager().Query(driver.FilterVideoRecorder()) {
		info := d.Info()
		if info.DeviceType != driver.Camera || secondary(info.Label) {
			continue
		}
		id, _, _ := strings.Cut(info.Label, drivers.LabelSeparator)
		name, _, _ := strings.Cut(info.Name, drivers.LabelSeparator)
		out = append(out, cameraDevice{call.Device{ID: cmp.Or(id, info.Name), Name: cmp.Or(name, id)}, d, info.Priority > 0})
	}
	slices.SortFunc(out, func(a, b cameraDevice) int {
		if a.main != b.main {
			if a.main {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return out
}

func (m *machine) cameras() []call.Device {
	var out []call.Device
	for _, d := range m.drivers() {
		out = append(out, d.Device)
	}
	return out
}

func (m *machine) camera(id string, got func(*image.YCbCr, bool, time.Time)) (line, error) {
	all := m.drivers()
	var list []call.Device
	for _, d := range all {
		list = append(list, d.Device)
	}
	chosen, ok := choose(list, id)
	if !ok {
		return nil, &fault{call.ProblemNoDevice, "", nil}
	}
	d := all[slices.Index(list, chosen)].driver
	if err := d.Open(); err != nil {
		return nil, &fault{cameraCode(err), chosen.Name, err}
	}
	modes := d.Properties()
	recorder, able := d.(driver.VideoRecorder)
	if len(modes) == 0 || !able {
		d.Close()
		return nil, &fault{call.ProblemDevice, chosen.Name, errors.New("offers no pictures")}
	}
	mode := slices.MinFunc(modes, func(a, b prop.Media) int { return cmp.Compare(cost(a.Video), cost(b.Video)) })
	reader, err := recorder.VideoRecord(mode)
	if err != nil {
		d.Close()
		return nil, &fault{cameraCode(err), chosen.Name, err}
	}
	l := &cameraLine{name: chosen.Name, driver: d, failed: make(chan error, 1)}
	full := mode.FrameFormat == frame.FormatMJPEG
	l.done.Go(func() { l.read(reader, full, got) })
	return l, nil
}

// cost tells how far a mode is from 1280 × 720 at 30 pictures a second; less is better.
func cost(v prop.Video) float64 {
	area := float64(v.Width*v.Height) / (1280 * 720)
	c := 0.0
	if area < 1 {
		c += 3 * (1 - area)
	} else {
		c += area - 1
	}
	switch rate := float64(v.FrameRate); {
	case rate == 0: // not told
		c += 0.2
	case rate < 20:
		c += 8 // too few for signing and lip-reading
	case rate < 30:
		c += (30 - rate) * 0.05
	default:
		c += (rate - 30) * 0.01
	}
	if v.FrameFormat == frame.FormatMJPEG {
		c += 0.5 * area // each picture must be decoded first
	}
	if v.FrameFormat == frame.FormatZ16 {
		c += 100 // a depth sensor
	}
	return c
}

// cameraLine is an open camera.
type cameraLine struct {
	name   string
	driver driver.Driver
	frames atomic.Uint64
	failed chan error
	once   sync.Once
	done   sync.WaitGroup
}

// Name implements line.
func (l *cameraLine) Name() string { return l.name }

// Frames implements line.
func (l *cameraLine) Frames() uint64 { return l.frames.Load() }

// Failed implements line.
func (l *cameraLine) Failed() <-chan error { return l.failed }

// Close implements line. The driver ends a read that is under way.
func (l *cameraLine) Close() {
	l.once.Do(func() { l.driver.Close() })
	l.done.Wait()
}

// mostBad is how many damaged pictures in a row are forgiven.
const mostBad = 10

func (l *cameraLine) read(r video.Reader, full bool, got func(*image.YCbCr, bool, time.Time)) {
	var general *image.YCbCr
	for bad := 0; ; {
		img, release, err := r.Read()
		at := time.Now()
		if err != nil {
			bad++
			if bad > mostBad || errors.Is(err, io.EOF) || l.frames.Load() == 0 {
				l.failed <- err
				return
			}
			continue
		}
		bad = 0
		m, ok := img.(*image.YCbCr)
		if !ok {
			if general == nil || general.Rect.Dx() != img.Bounds().Dx()&^1 || general.Rect.Dy() != img.Bounds().Dy()&^1 {
				general = image.NewYCbCr(image.Rect(0, 0, img.Bounds().Dx()&^1, img.Bounds().Dy()&^1), image.YCbCrSubsampleRatio420)
			}
			stage.FromImage(general, img)
			m = general
		}
		got(m, full && ok, at)
		l.frames.Add(1)
		release()
	}
}

// cameraCode names the drivers' errors; off Linux they are mere texts.
func cameraCode(err error) call.ProblemCode {
	text := strings.ToLower(err.Error())
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	switch {
	case errors.Is(err, syscall.EBUSY), errors.Is(err, availability.ErrBusy), has("busy", "in use"):
		return call.ProblemInUse
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM), has("denied", "not permitted", "not authorized"):
		return call.ProblemDenied
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENODEV), errors.Is(err, availability.ErrNoDevice), has("no such device"):
		return call.ProblemNoDevice
	}
	return call.ProblemDevice
}
