package devices

import (
	"encoding/hex"
	"errors"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/gen2brain/malgo"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/devices/codec"
)

// direction tells microphones from speakers.
type direction malgo.DeviceType

const (
	capture  = direction(malgo.Capture)
	playback = direction(malgo.Playback)
)

// sound is a connection to the sound system. Each device gets one of its own: when a
// sound server dies, everything that was connected to it is dead for good.
type sound struct {
	ctx  *malgo.AllocatedContext
	alsa bool
}

// soundDevice is a device with what opening it takes.
type soundDevice struct {
	call.Device
	raw    malgo.DeviceID
	preset bool // the system's default
}

// openSound connects. On Linux a sound server comes first; without one, hardware is
// used directly, if there is any.
func openSound() (*sound, error) {
	quiet := func(string) {}
	if runtime.GOOS != "linux" {
		ctx, err := malgo.InitContext(nil, malgo.ContextConfig{}, quiet)
		if err != nil {
			return nil, &fault{call.ProblemNoSound, "", err}
		}
		return &sound{ctx: ctx}, nil
	}
	ctx, err := malgo.InitContext([]malgo.Backend{malgo.BackendPulseaudio}, malgo.ContextConfig{}, quiet)
	if err == nil {
		return &sound{ctx: ctx}, nil
	}
	ctx, second := malgo.InitContext([]malgo.Backend{malgo.BackendAlsa}, malgo.ContextConfig{}, quiet)
	if second != nil {
		return nil, &fault{call.ProblemNoSound, "", errors.Join(err, second)}
	}
	s := &sound{ctx: ctx, alsa: true}
	if len(s.devices(capture))+len(s.devices(playback)) == 0 {
		s.close()
		return nil, &fault{call.ProblemNoSound, "", err}
	}
	return s, nil
}

func (s *sound) close() {
	_ = s.ctx.Uninit() // nothing can be done about a failure, and nothing is left of it
	s.ctx.Free()
}

// devices lists what people would call devices, the default first.
func (s *sound) devices(d direction) []soundDevice {
	infos, err := s.ctx.Devices(malgo.DeviceType(d))
	if err != nil {
		return nil
	}
	var out []soundDevice
	for _, info := range infos {
		id := readable(info.ID)
		if s.pseudo(id, info.Name()) {
			continue
		}
		out = append(out, soundDevice{call.Device{ID: id, Name: info.Name()}, info.ID, info.IsDefault != 0})
	}
	slices.SortStableFunc(out, func(a, b soundDevice) int {
		switch {
		case a.preset == b.preset:
			return strings.Compare(a.Name, b.Name)
		case a.preset:
			return -1
		}
		return 1
	})
	return out
}

// pseudo tells what is no device: what a speaker plays, offered as a microphone, and
// ALSA's plug-ins ("null", "lavrate", …), of which only numbered hardware is kept.
func (s *sound) pseudo(id, name string) bool {
	if s.alsa {
		return !strings.HasPrefix(id, ":") && !strings.HasPrefix(id, "hw:") && !strings.HasPrefix(id, "plughw:")
	}
	return strings.HasSuffix(id, ".monitor") || id == "auto_null" || (runtime.GOOS == "linux" && strings.HasPrefix(name, "Monitor of "))
}

// readable is the id as text: the sound system's own when that is text, else hex.
func readable(id malgo.DeviceID) string {
	b := id[:]
	n := len(b)
	for n > 0 && b[n-1] == 0 {
		n--
	}
	for _, c := range b[:n] {
		if c < 0x20 || c > 0x7e {
			return hex.EncodeToString(b[:n])
		}
	}
	return string(b[:n])
}

func (m *machine) microphone(id string, got func([]int16)) (line, error) {
	return m.sound(capture, id, func(_, in []byte) { got(samples(in)) })
}

func (m *machine) speaker(id string, fill func([]int16)) (line, error) {
	return m.sound(playback, id, func(out, _ []byte) { fill(samples(out)) })
}

// samples sees the sound system's bytes as what they are; it sets no bytes aside.
func samples(b []byte) []int16 {
	if len(b) < 2 {
		return nil
	}
	return unsafe.Slice((*int16)(unsafe.Pointer(&b[0])), len(b)/2)
}

// How much sound a callback carries, in milliseconds. A sound server keeps no more than
// this of ours, so a speaker needs enough to outlast a busy moment of the machine.
const (
	capturePeriod  = 10
	playbackPeriod = 30
)

func (m *machine) sound(d direction, id string, work func(out, in []byte)) (line, error) {
	s, err := openSound()
	if err != nil {
		return nil, err
	}
	all := s.devices(d)
	chosen, ok := choose(plain(all), id)
	if !ok {
		s.close()
		return nil, &fault{call.ProblemNoDevice, "", nil}
	}
	l := &soundLine{name: chosen.Name, sound: s, log: m.log, work: work}
	config := malgo.DefaultDeviceConfig(malgo.DeviceType(d))
	config.SampleRate = codec.SampleRate
	config.PeriodSizeInMilliseconds = capturePeriod
	config.Capture.Format, config.Playback.Format = malgo.FormatS16, malgo.FormatS16
	config.Capture.Channels, config.Playback.Channels = 1, 1
	config.Pulse.StreamNameCapture, config.Pulse.StreamNamePlayback = "e-KerMed", "e-KerMed"
	raw := all[slices.IndexFunc(all, func(x soundDevice) bool { return x.ID == chosen.ID })].raw
	var pin runtime.Pinner // the C side reads the id while the device is made
	defer pin.Unpin()
	pin.Pin(&raw)
	if d == capture {
		config.Capture.DeviceID = unsafe.Pointer(&raw)
	} else {
		config.PeriodSizeInMilliseconds = playbackPeriod
		config.Playback.DeviceID = unsafe.Pointer(&raw)
	}
	l.device, err = malgo.InitDevice(s.ctx.Context, config, malgo.DeviceCallbacks{Data: func(out, in []byte, _ uint32) { l.data(out, in) }})
	if err != nil {
		s.close()
		return nil, &fault{soundCode(err), chosen.Name, err}
	}
	if err := l.device.Start(); err != nil {
		l.Close()
		return nil, &fault{soundCode(err), chosen.Name, err}
	}
	return l, nil
}

// soundCode names the sound system's errors.
func soundCode(err error) call.ProblemCode {
	switch {
	case errors.Is(err, malgo.ErrBusy), errors.Is(err, malgo.ErrAlreadyInUse), errors.Is(err, malgo.ErrShareModeNotSupported):
		return call.ProblemInUse
	case errors.Is(err, malgo.ErrAccessDenied):
		return call.ProblemDenied
	case errors.Is(err, malgo.ErrNoDevice), errors.Is(err, malgo.ErrDoesNotExist):
		return call.ProblemNoDevice
	case errors.Is(err, malgo.ErrNoBackend), errors.Is(err, malgo.ErrConnectionRefused), errors.Is(err, malgo.ErrConnectionReset):
		return call.ProblemNoSound
	}
	return call.ProblemDevice
}
