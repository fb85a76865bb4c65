package lab

import (
	"math"
	"slices"
	"time"

	"ekermed.example/ekermed/internal/devices/fake"
)

// crowd lays a loop of speech over itself, so often that somebody always speaks. Noise
// or a tone would not do: what removes noise from a microphone removes them.
func crowd(pcm []int16) []int16 {
	const voices = 7
	out := make([]int16, len(pcm))
	for i := range out {
		sum := 0
		for v := range voices {
			sum += int(pcm[(i+v*len(pcm)/voices)%len(pcm)])
		}
		out[i] = int16(min(max(sum/2, math.MinInt16), math.MaxInt16))
	}
	return out
}

// The measure of a gap.
const (
	gapStep = 10 * time.Millisecond
	// gapLevel is what counts as silence, as a part of the usual loudness: −26 dB.
	gapLevel = 0.05
)

// LongestGap is the longest silence in a recording of sound that has none itself, at
// fake.Rate. One that lasts to the end of the recording counts too; a recording of
// nothing is one gap.
func LongestGap(pcm []int16) time.Duration {
	step := int(fake.Rate * gapStep / time.Second)
	var loud []float64
	for at := 0; at+step <= len(pcm); at += step {
		sum := 0.0
		for _, v := range pcm[at : at+step] {
			sum += float64(v) * float64(v)
		}
		loud = append(loud, math.Sqrt(sum/float64(step)))
	}
	// The loudness of when there is sound: half a recording may be missing.
	sorted := slices.Sorted(slices.Values(loud))
	if len(sorted) == 0 {
		return 0
	}
	floor := gapLevel * sorted[len(sorted)*3/4]
	if floor == 0 {
		return time.Duration(len(loud)) * gapStep
	}
	longest, run := 0, 0
	for _, v := range loud {
		if v >= floor {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return time.Duration(longest) * gapStep
}
