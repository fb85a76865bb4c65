package stage

import (
	"math"
	"sync/atomic"
)

// Meter measures loudness for a level display: it jumps up at once and falls slowly.
// One goroutine adds, any goroutine reads.
type Meter struct {
	level atomic.Uint64
	held  float64
}

// Add measures 20 ms of sound.
func (m *Meter) Add(pcm []int16) {
	var sum float64
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	level := 0.0
	if len(pcm) > 0 && sum > 0 {
		// −60 dBFS is the left end of the display and −6 the right one.
		db := 10 * math.Log10(sum/float64(len(pcm))/(32768*32768))
		level = min(max((db+60)/54, 0), 1)
	}
	m.held = max(level, m.held*0.85)
	if m.held < 0.01 {
		m.held = 0
	}
	m.level.Store(math.Float64bits(m.held))
}

// Level is the loudness between 0 (−60 dBFS or less) and 1 (−6 dBFS or more).
func (m *Meter) Level() float64 { return math.Float64frombits(m.level.Load()) }

// Mute turns sound into digital silence. Any goroutine may switch it.
type Mute struct{ on atomic.Bool }

// Set switches it and tells whether that changed anything.
func (m *Mute) Set(on bool) bool { return m.on.Swap(on) != on }

// On tells whether it silences.
func (m *Mute) On() bool { return m.on.Load() }

// Apply silences pcm in place when it is on.
func (m *Mute) Apply(pcm []int16) {
	if m.on.Load() {
		clear(pcm)
	}
}

// Mix adds pcm to the sum and limits it to 16 bits.
func Mix(sum, pcm []int16) {
	for i, v := range pcm[:min(len(pcm), len(sum))] {
		sum[i] = int16(min(max(int32(sum[i])+int32(v), math.MinInt16), math.MaxInt16))
	}
}
