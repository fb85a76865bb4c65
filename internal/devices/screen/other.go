//go:build !linux

package screen

import (
	"context"
	"fmt"
	"image"
	"strconv"
	"strings"

	"github.com/kbinani/screenshot"
)

// Sources lists screens.
func Sources(context.Context) ([]Source, error) {
	var all []Source
	for i := range screenshot.NumActiveDisplays() {
		all = append(all, Source{ID: "screen:" + strconv.Itoa(i), Number: i + 1, Size: screenshot.GetDisplayBounds(i).Size()})
	}
	if len(all) == 0 {
		return nil, ErrNone
	}
	return all, nil
}

// Open opens a source by its id.
func Open(_ context.Context, id string) (Capture, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(id, "screen:"))
	if err != nil || n < 0 || n >= screenshot.NumActiveDisplays() {
		return nil, ErrGone
	}
	return display(n), nil
}

type display int

// Read implements Capture.
func (d display) Read() ([]byte, image.Point, error) {
	m, err := screenshot.CaptureDisplay(int(d))
	if err != nil {
		return nil, image.Point{}, fmt.Errorf("%w: %v", ErrGone, err)
	}
	for i := 0; i+3 < len(m.Pix); i += 4 {
		m.Pix[i], m.Pix[i+2] = m.Pix[i+2], m.Pix[i]
	}
	return m.Pix, m.Rect.Size(), nil
}

// Close implements Capture.
func (display) Close() {}
