package devices

import (
	"image"
	"time"

	"ekermed.example/ekermed/internal/call"
)

// filming is a machine that has sound but no camera, given the fake one.
type filming struct {
	hardware
	fake pretend
}

func (f filming) list() (cameras, microphones, speakers []call.Device) {
	_, microphones, speakers = f.hardware.list()
	cameras, _, _ = f.fake.list()
	return cameras, microphones, speakers
}

func (f filming) camera(id string, got func(*image.YCbCr, bool, time.Time)) (line, error) {
	return f.fake.camera(id, got)
}
