// Package jitter turns RTP packets, which come late, twice, in the wrong order or not
// at all, back into an even stream: whole pictures in order for the video decoder, one
// unit of sound every 20 ms for the loudspeaker.
//
// Both buffers have a pushing side, which never blocks and is bounded whatever a peer
// sends, and a pulling side. They know nothing of codecs beyond the VP8 payload
// descriptor and the first byte of a frame, so that frames may stay sealed until they
// leave here.
package jitter

import (
	"time"

	"github.com/pion/rtp"
)

// maxPayload bounds one packet's payload, in bytes. RTP over UDP stays below 1500.
const maxPayload = 2048

// tracker follows one source's sequence numbers (RFC 3550, appendix A.1): it extends
// them over the wrap, and believes in another source or a far jump only when two
// consecutive packets say so, since one may be a stray or a forgery.
type tracker struct {
	window  int64 // how far a number may be from the highest one
	ssrc    uint32
	highest int64
	started bool
	// The stray packet that may become a new beginning.
	probing   bool
	probeSSRC uint32
	probeNext uint16
}

// verdict is what tracker makes of a packet.
type verdict int

const (
	follow  verdict = iota // belongs to the stream, at the returned number
	stray                  // to be forgotten
	restart                // the stream begins anew with this packet
)

func (t *tracker) see(h *rtp.Header) (int64, verdict) {
	if !t.started {
		return t.begin(h), restart
	}
	if h.SSRC == t.ssrc {
		distance := int64(int16(h.SequenceNumber - uint16(t.highest)))
		if distance > -t.window && distance < t.window {
			t.probing = false
			n := t.highest + distance
			t.highest = max(t.highest, n)
			return n, follow
		}
	}
	if t.probing && h.SSRC == t.probeSSRC && h.SequenceNumber == t.probeNext {
		return t.begin(h), restart
	}
	t.probing, t.probeSSRC, t.probeNext = true, h.SSRC, h.SequenceNumber+1
	return 0, stray
}

func (t *tracker) begin(h *rtp.Header) int64 {
	t.started, t.probing, t.ssrc = true, false, h.SSRC
	// Far from zero, so that what came just before the beginning has a number too.
	t.highest = 1<<32 + int64(h.SequenceNumber)
	return t.highest
}

// steps adapts a value to what is seen: up at once, down by a sixteenth.
func steps(value, seen time.Duration) time.Duration {
	if seen > value {
		return seen
	}
	return value + (seen-value)/16
}
