package fake

import (
	"math"
	"math/cmplx"
)

// How sound is compared: energy in bands of the speech range, 50 times a second.
const (
	hopsPerSecond = 50
	bandCount     = 14
	lowest        = 150.0  // Hz
	topmost       = 6500.0 // Hz
	windowHops    = 3 * hopsPerSecond
	floorDB       = -50.0 // below the loudest; quieter is silence
)

// FindSpeech tells how surely the microphone's sentence, or 3 s of it anywhere in its
// loop, is in what was played. It compares how the energy in 14 bands between 150 and
// 6500 Hz rises and falls, so gain, delay and coding do not matter. The score is a
// correlation: the sentence gives 0.85 and more after a good call; other speech, noise,
// tones and silence give less than 0.35. Ask for 0.6, since a busy machine tears holes.
func FindSpeech(played []int16, rate int) (score float64) {
	pcm, err := Speech()
	if err != nil {
		return 0 // the embedded file is tested
	}
	return Find(pcm, Rate, played, rate)
}

// Find is FindSpeech for any looped sentence of at least 3 s.
func Find(sentence []int16, sentenceRate int, played []int16, rate int) (score float64) {
	ref, heard := bands(sentence, sentenceRate), bands(played, rate)
	if len(ref) < windowHops || len(heard) < windowHops {
		return 0
	}
	// The sentence starts again at its end.
	looped := append(append([][bandCount]float64(nil), ref...), ref[:windowHops]...)
	windows := make([]profile, len(ref))
	for lag := range windows {
		windows[lag] = newProfile(looped[lag : lag+windowHops])
	}
	for at := 0; at+windowHops <= len(heard); at += hopsPerSecond / 2 {
		w := newProfile(heard[at : at+windowHops])
		if w.flat {
			continue
		}
		for lag := range windows {
			score = max(score, w.like(&windows[lag]))
		}
	}
	return score
}

// profile is a window with mean 0 and norm 1 in each band.
type profile struct {
	rows []float64
	flat bool // nothing moves in most bands
}

func newProfile(w [][bandCount]float64) profile {
	p := profile{rows: make([]float64, len(w)*bandCount)}
	moving := 0
	for b := range bandCount {
		mean := 0.0
		for i := range w {
			mean += w[i][b] / float64(len(w))
		}
		norm := 0.0
		for i := range w {
			d := w[i][b] - mean
			p.rows[i*bandCount+b] = d
			norm += d * d
		}
		// Less than 3 dB of movement is steady noise.
		if norm < 9*float64(len(w)) {
			for i := range w {
				p.rows[i*bandCount+b] = 0
			}
			continue
		}
		moving++
		norm = math.Sqrt(norm)
		for i := range w {
			p.rows[i*bandCount+b] /= norm
		}
	}
	p.flat = moving < bandCount/2
	return p
}

// like is the mean of the bands' correlations.
func (p *profile) like(q *profile) float64 {
	sum := 0.0
	for i, v := range p.rows {
		sum += v * q.rows[i]
	}
	return sum / bandCount
}

// bands measures the energy of each band in dB, 50 times a second.
func bands(pcm []int16, rate int) [][bandCount]float64 {
	size := 1
	for size < rate/40 { // about 25 ms
		size *= 2
	}
	hop := rate / hopsPerSecond
	if hop < 1 || len(pcm) < size {
		return nil
	}
	var edges [bandCount + 1]int
	for i := range edges {
		hz := lowest * math.Pow(topmost/lowest, float64(i)/bandCount)
		edges[i] = min(int(hz*float64(size)/float64(rate)+0.5), size/2)
		if i > 0 {
			edges[i] = max(edges[i], min(edges[i-1]+1, size/2))
		}
	}
	out := make([][bandCount]float64, 0, len(pcm)/hop)
	spectrum := make([]complex128, size)
	top := math.Inf(-1)
	for at := 0; at+size <= len(pcm); at += hop {
		for i := range spectrum {
			hann := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(size))
			spectrum[i] = complex(hann*float64(pcm[at+i]), 0)
		}
		fft(spectrum)
		var row [bandCount]float64
		for b := range row {
			sum := 1.0
			for k := edges[b]; k < edges[b+1]; k++ {
				re, im := real(spectrum[k]), imag(spectrum[k])
				sum += re*re + im*im
			}
			row[b] = 10 * math.Log10(sum)
			top = max(top, row[b])
		}
		out = append(out, row)
	}
	for i := range out {
		mean := 0.0
		for b := range out[i] {
			out[i][b] = max(out[i][b], top+floorDB)
			mean += out[i][b] / bandCount
		}
		// What all bands do together is rhythm, which any speech has: mostly the
		// colour counts.
		for b := range out[i] {
			out[i][b] -= 0.8 * mean
		}
	}
	return out
}

// fft is the transform of a length that is a power of two, in place.
func fft(x []complex128) {
	n := len(x)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		step := cmplx.Rect(1, -2*math.Pi/float64(size))
		for start := 0; start < n; start += size {
			w := complex(1, 0)
			for k := range size / 2 {
				a, b := x[start+k], x[start+k+size/2]*w
				x[start+k], x[start+k+size/2] = a+b, a-b
				w *= step
			}
		}
	}
}
