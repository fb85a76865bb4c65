package devices

import (
	"image"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/devices/fake"
)

// hardware opens devices. An id that is empty or unknown means the default one. Errors
// are faults. Callbacks run on the device's own thread and must not block; they must
// not keep what they are given.
type hardware interface {
	list() (cameras, microphones, speakers []call.Device)
	// camera calls got with each picture, whether it uses JPEG's full range, and the
	// moment it was taken.
	camera(id string, got func(m *image.YCbCr, full bool, at time.Time)) (line, error)
	// microphone calls got with 48 kHz mono sound of any length.
	microphone(id string, got func(pcm []int16)) (line, error)
	// speaker calls fill for 48 kHz mono sound of any length.
	speaker(id string, fill func(pcm []int16)) (line, error)
}

// line is one open device.
type line interface {
	// Name is the device's name for people.
	Name() string
	// Frames counts what it delivered: one that stands still is dead, whatever it claims.
	Frames() uint64
	// Failed fires once when the device says itself that it is gone.
	Failed() <-chan error
	// Close returns when no callback will come any more.
	Close()
}

// fault is why a device does not work.
type fault struct {
	code call.ProblemCode
	name string // the device, for people; may be empty
	err  error
}

func (f *fault) Error() string {
	text := string(f.code)
	if f.name != "" {
		text += " \"" + f.name + "\""
	}
	if f.err != nil {
		text += ": " + f.err.Error()
	}
	return text
}

func (f *fault) Unwrap() error { return f.err }

func (f *fault) problem() *call.Problem { return &call.Problem{Code: f.code, Detail: f.name} }

// choose finds the device with this id, or the first one.
func choose(all []call.Device, id string) (call.Device, bool) {
	for _, d := range all {
		if d.ID == id {
			return d, true
		}
	}
	if len(all) == 0 {
		return call.Device{}, false
	}
	return all[0], true
}

// pretend is hardware of package fake.
type pretend struct{ look fake.Look }

// The fake machine's devices. A second camera shows the other look.
func (pretend) list() (cameras, microphones, speakers []call.Device) {
	return []call.Device{{ID: "fake-camera", Name: "Fake camera"}, {ID: "fake-camera-2", Name: "Fake camera 2"}},
		[]call.Device{{ID: "fake-microphone", Name: "Fake microphone"}},
		[]call.Device{{ID: "fake-speaker", Name: "Fake speaker"}}
}

// named gives a fake device its name.
type named struct {
	unnamed
	name string
}

type unnamed interface {
	Frames() uint64
	Failed() <-chan error
	Close()
}

func (n named) Name() string { return n.name }

func (p pretend) camera(id string, got func(*image.YCbCr, bool, time.Time)) (line, error) {
	look, name := p.look, "Fake camera"
	if id == "fake-camera-2" {
		look, name = 1-look, "Fake camera 2"
	}
	c, err := fake.OpenCamera(look, func(m *image.YCbCr, at time.Time) { got(m, false, at) })
	if err != nil {
		return nil, &fault{call.ProblemDevice, name, err}
	}
	return named{c, name}, nil
}

func (pretend) microphone(_ string, got func([]int16)) (line, error) {
	m, err := fake.OpenMicrophone(got)
	if err != nil {
		return nil, &fault{call.ProblemDevice, "Fake microphone", err}
	}
	return named{m, "Fake microphone"}, nil
}

func (pretend) speaker(_ string, fill func([]int16)) (line, error) {
	return named{fake.OpenSpeaker(fill), "Fake speaker"}, nil
}
