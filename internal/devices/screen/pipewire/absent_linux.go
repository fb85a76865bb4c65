//go:build !cgo

package pipewire

import (
	"context"
	"image"
	"os"
)

// Stream is one video node; a program built without cgo has none.
type Stream struct{}

// Open returns ErrMissing.
func Open(_ context.Context, remote *os.File, _ uint32) (*Stream, error) {
	_ = remote.Close()
	return nil, ErrMissing
}

// Read returns ErrEnded.
func (*Stream) Read() ([]byte, image.Point, error) { return nil, image.Point{}, ErrEnded }

// Close does nothing.
func (*Stream) Close() {}
