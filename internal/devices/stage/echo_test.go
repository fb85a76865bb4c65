package stage

import (
	"math"
	"math/rand/v2"
	"testing"
)

// voice is a voice-like sound in syllables: noise and harmonics that come and go.
func voice(seed uint64, samples int, pitch float64) []float64 {
	rnd := rand.New(rand.NewPCG(seed, seed))
	out := make([]float64, samples)
	phase, soft := 0.0, 0.0
	for i := range out {
		t := float64(i) / echoRate
		phase += 2 * math.Pi * (pitch + 20*math.Sin(2*math.Pi*0.7*t+float64(seed))) / echoRate
		loud := math.Max(0, math.Sin(2*math.Pi*(1.7+0.1*float64(seed))*t))
		v := 0.0
		for k := 1; k < 16; k++ {
			v += math.Sin(float64(k)*phase+float64(k*k)) / math.Sqrt(float64(k))
		}
		soft = 0.7*soft + 0.3*rnd.NormFloat64()
		out[i] = loud * (900*v + 1500*soft)
	}
	return out
}

// room is the way from the speaker to the microphone: 30 ms, then an echo that decays.
func room(far []float64) []float64 {
	rnd := rand.New(rand.NewPCG(9, 9))
	const delay, taps = 1440, 1900
	response := make([]float64, taps)
	for i := range response {
		response[i] = rnd.NormFloat64() * 0.05 * math.Exp(-float64(i)/500)
	}
	response[0] = 0.4
	out := make([]float64, len(far))
	for i := range out {
		sum := 0.0
		for k, h := range response {
			if at := i - delay - k; at >= 0 {
				sum += h * far[at]
			}
		}
		out[i] = sum
	}
	return out
}

func cut(x []float64, at int) []int16 {
	out := make([]int16, echoFrame)
	for i := range out {
		out[i] = int16(min(max(x[at+i], -32768), 32767))
	}
	return out
}

func energy(x []float64) (sum float64) {
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// cancel processes all and returns the result.
func cancel(c Canceller, near, far []float64) []float64 {
	out := make([]float64, 0, len(near))
	for at := 0; at+echoFrame <= len(near); at += echoFrame {
		for _, v := range c.Process(cut(near, at), cut(far, at)) {
			out = append(out, float64(v))
		}
	}
	return out
}

func TestEchoIsCancelled(t *testing.T) {
	s, err := NewSpeex()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	far := voice(1, 10*echoRate, 140)
	echo := room(far)
	out := cancel(s, echo, far)
	erle := 10 * math.Log10(energy(echo[7*echoRate:])/(energy(out[7*echoRate:])+1))
	t.Logf("ERLE after 7 s: %.1f dB", erle)
	if erle < 10 {
		t.Errorf("ERLE %.1f dB", erle)
	}

	// The near speaker, alone now, must pass.
	near := voice(2, 4*echoRate, 210)
	silent := make([]float64, len(near))
	out = cancel(s, near, silent)
	if gain := 10 * math.Log10(energy(out[echoRate:])/energy(near[echoRate:])); gain < -4 || gain > 1 {
		t.Errorf("a near speaker alone becomes %.1f dB louder", gain)
	}
	if c := alike(near[echoRate:], out[echoRate:]); c < 0.85 {
		t.Errorf("a near speaker alone correlates with %.2f", c)
	}

	// Both speak: the near one still is what leaves.
	far, near = voice(3, 4*echoRate, 120), voice(4, 4*echoRate, 230)
	heard := room(far)
	mixed := make([]float64, len(near))
	for i := range mixed {
		mixed[i] = near[i] + heard[i]
	}
	out = cancel(s, mixed, far)
	toNear, toEcho := alike(near[echoRate:], out[echoRate:]), alike(heard[echoRate:], out[echoRate:])
	t.Logf("both speak: alike to the near speaker %.2f, to the echo %.2f", toNear, toEcho)
	if toNear < 0.7 || toEcho > 0.4 {
		t.Errorf("both speak: alike to the near speaker %.2f, to the echo %.2f", toNear, toEcho)
	}
}

// alike is the correlation at the best delay of up to 25 ms.
func alike(a, b []float64) float64 {
	best := 0.0
	for delay := 0; delay < 1200; delay += 4 {
		var ab, aa, bb float64
		for i := 0; i+delay < len(b) && i < len(a); i += 5 {
			ab, aa, bb = ab+a[i]*b[i+delay], aa+a[i]*a[i], bb+b[i+delay]*b[i+delay]
		}
		best = max(best, ab/math.Sqrt(aa*bb+1))
	}
	return best
}

func TestEchoResetAndClose(t *testing.T) {
	s, err := NewSpeex()
	if err != nil {
		t.Fatal(err)
	}
	frame := make([]int16, echoFrame)
	frame[3] = 1000
	s.Reset()
	if out := s.Process(frame, frame); len(out) != echoFrame {
		t.Error("length after a reset")
	}
	if out := s.Process(frame[:5], frame); len(out) != 5 {
		t.Error("a short frame was not passed through")
	}
	s.Close()
	s.Close()
	s.Reset()
	if out := s.Process(frame, frame); out[3] != 1000 {
		t.Error("a closed canceller does not pass sound through")
	}
	var through Through
	through.Reset()
	through.Close()
	if out := through.Process(frame, frame); &out[0] != &frame[0] {
		t.Error("Through changes sound")
	}
}

func BenchmarkSpeex(b *testing.B) {
	s, err := NewSpeex()
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	far := voice(1, echoRate, 140)
	near := cut(voice(2, echoRate, 200), 9600)
	f := cut(far, 9600)
	b.ReportAllocs()
	for range b.N {
		s.Process(near, f)
	}
}
