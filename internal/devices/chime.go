package devices

import (
	"bytes"
	"fmt"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/devices/fake"
)

// Chime names one of the product's sounds.
type Chime string

// The sounds there are, see assets/sounds.
const (
	// ChimeArrival: somebody is at the door.
	ChimeArrival Chime = "arrival"
	// ChimeTest: can you hear this?
	ChimeTest Chime = "test"
)

// sound reads the samples, at 48 kHz mono.
func (c Chime) sound() ([]int16, error) {
	raw, err := assets.File("sounds/" + string(c) + ".wav")
	if err != nil {
		return nil, fmt.Errorf("chime %q: %w", c, err)
	}
	pcm, rate, err := fake.ReadWAV(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("chime %q: %w", c, err)
	}
	if rate != fake.Rate {
		return fake.Resample(pcm, rate, fake.Rate), nil
	}
	return pcm, nil
}
