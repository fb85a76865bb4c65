package devices

import (
	"log/slog"
	"sync"

	"ekermed.example/ekermed/internal/call"
)

// machine is the real hardware: cameras by pion/mediadevices, sound by miniaudio.
type machine struct {
	log *slog.Logger

	mu    sync.Mutex // the camera drivers' registry is one for the whole process
	nodes string     // what the last look for cameras was based on
}

func newMachine(log *slog.Logger) *machine { return &machine{log: log} }

func (m *machine) list() (cameras, microphones, speakers []call.Device) {
	cameras = m.cameras()
	sound, err := openSound()
	if err != nil {
		return cameras, nil, nil
	}
	defer sound.close()
	return cameras, plain(sound.devices(capture)), plain(sound.devices(playback))
}

func plain(all []soundDevice) []call.Device {
	var out []call.Device
	for _, d := range all {
		out = append(out, d.Device)
	}
	return out
}
