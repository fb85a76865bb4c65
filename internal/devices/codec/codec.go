// Package codec is where pictures and sound become bytes and back: VP8 by a thin
// binding of libvpx, Opus by the library of its authors. It holds no policy: sizes,
// rates and the moment of a key frame are chosen by its caller.
//
// Nothing here may be used by two goroutines at once. Everything that a decoder
// reads may come from a hostile peer: sizes are checked before the C code sees them.
package codec

import "errors"

// Limits of a picture, in pixels. A stream that claims more is refused before
// memory is set aside for it.
const (
	MaxWidth  = 4096
	MaxHeight = 2304
)

// Opus runs on this shape throughout: 48 kHz, one channel, 20 ms a packet (RFC 7587).
const (
	SampleRate   = 48000
	FrameSamples = 960
	// maxSamples is the longest Opus packet, 120 ms (RFC 6716, section 2.1.4).
	maxSamples = 5760
	// maxPacket is more than any Opus packet of one or a few frames.
	maxPacket = 4000
)

// ErrSize: the picture is empty, odd-sized where it may not be, or over the limits.
var ErrSize = errors.New("picture size out of bounds")

// ErrClosed: the encoder or decoder was closed.
var ErrClosed = errors.New("codec is closed")
