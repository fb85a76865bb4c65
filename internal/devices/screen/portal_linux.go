package screen

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"

	"ekermed.example/ekermed/internal/devices/screen/pipewire"
	"ekermed.example/ekermed/internal/devices/screen/portal"
)

// asked is the id of what the system's chooser gives.
const asked = "portal"

// wayland tells whether programs see of the screen what the portal gives them, and no more.
func wayland() bool {
	// An X server that is there too shows nothing of other programs. A compositor that was
	// started from a console has a session of the type "tty".
	return os.Getenv("XDG_SESSION_TYPE") == "wayland" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// cast is what a person chose in the system's chooser.
type cast struct {
	from   *portal.Cast
	stream *pipewire.Stream
}

func openCast(ctx context.Context) (Capture, error) {
	from, err := portal.Open(ctx)
	if err != nil {
		return nil, castError(ctx, err)
	}
	stream, err := pipewire.Open(ctx, from.Remote, from.Node)
	if err != nil {
		from.Close()
		return nil, castError(ctx, err)
	}
	return &cast{from: from, stream: stream}, nil
}

// castError tells what went wrong in this package's words.
func castError(ctx context.Context, err error) error {
	for _, known := range []struct{ from, to error }{
		{portal.ErrMissing, ErrWayland}, {pipewire.ErrMissing, ErrWayland}, {portal.ErrRefused, ErrRefused},
		{portal.ErrFailed, ErrNone}, {pipewire.ErrEnded, ErrGone},
	} {
		if errors.Is(err, known.from) {
			return fmt.Errorf("%w: %v", known.to, err)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %v", ErrNone, err)
}

// Read implements Capture.
func (c *cast) Read() ([]byte, image.Point, error) {
	select {
	case <-c.from.Closed():
		return nil, image.Point{}, ErrGone
	default:
	}
	pix, size, err := c.stream.Read()
	if err != nil {
		return nil, image.Point{}, fmt.Errorf("%w: %v", ErrGone, err)
	}
	return pix, size, nil
}

// Close implements Capture.
func (c *cast) Close() {
	c.stream.Close()
	c.from.Close()
}
