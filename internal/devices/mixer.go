package devices

import (
	"sync"
	"sync/atomic"

	"ekermed.example/ekermed/internal/call/jitter"
	"ekermed.example/ekermed/internal/devices/codec"
	"ekermed.example/ekermed/internal/devices/stage"
)

// mixer adds up what the others say, at the loudspeaker's pace: its callback is the
// clock that pulls packets out of the jitter buffers, so nothing drifts and nothing
// queues behind it.
type mixer struct {
	mu       sync.Mutex
	sources  map[string]*source
	sounding []int16 // a chime what is left of it
	// far receives all that is played, for the echo canceller; may be nil.
	far *pipe
}

// source is one peer's sound.
type source struct {
	in      *jitter.Audio
	decoder *codec.OpusDecoder
	rest    []int16        // decoded, not played yet; memory of the decoder
	played  *atomic.Uint64 // samples
	meter   *stage.Meter
	silence [codec.FrameSamples]int16
}

func newMixer() *mixer { return &mixer{sources: map[string]*source{}} }

// add plays a peer from now on, in place of what was played of that peer before.
func (m *mixer) add(peer string, in *jitter.Audio, played *atomic.Uint64, meter *stage.Meter) error {
	decoder, err := codec.NewOpusDecoder()
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sources[peer] = &source{in: in, decoder: decoder, played: played, meter: meter}
	return nil
}

func (m *mixer) chime(pcm []int16) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sounding = pcm
}

// fill is the loudspeaker's callback.
func (m *mixer) fill(out []int16) {
	clear(out)
	m.mu.Lock()
	defer m.mu.Unlock()
	for peer, s := range m.sources {
		if s.in.Closed() {
			s.meter.Add(nil)
			delete(m.sources, peer)
			continue
		}
		s.mix(out)
	}
	n := min(len(m.sounding), len(out))
	stage.Mix(out, m.sounding[:n])
	m.sounding = m.sounding[n:]
	if m.far != nil {
		m.far.write(out)
	}
}

// mix adds the source to out, pulling a unit whenever the one before is used up.
func (s *source) mix(out []int16) {
	for len(out) > 0 {
		if len(s.rest) == 0 {
			s.rest = s.pull()
			s.meter.Add(s.rest)
		}
		n := min(len(s.rest), len(out))
		stage.Mix(out, s.rest[:n])
		out, s.rest = out[n:], s.rest[n:]
	}
}

// pull decodes one unit.
func (s *source) pull() []int16 {
	u := s.in.Pull()
	switch u.Kind {
	case jitter.Present:
		pcm, err := s.decoder.Decode(u.Payload)
		if err == nil && len(pcm) > 0 {
			s.played.Add(uint64(len(pcm)))
			return pcm
		}
	case jitter.Empty:
		return s.silence[:]
	}
	pcm, err := s.decoder.Recover(u.Next)
	if err != nil {
		return s.silence[:]
	}
	return pcm
}
