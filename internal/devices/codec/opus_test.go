package codec

import (
	"math"
	"math/rand/v2"
	"testing"

	"ekermed.example/ekermed/internal/devices/fake"
)

// speech is real speech of the fake microphone.
func speech(t testing.TB, samples int) []int16 {
	pcm, err := fake.Speech()
	if err != nil {
		t.Fatal(err)
	}
	return pcm[:samples]
}

// correlation at the best delay up to 20 ms: Opus looks ahead.
func correlation(a, b []int16) float64 {
	best := 0.0
	for delay := 0; delay < FrameSamples; delay += 2 {
		var ab, aa, bb float64
		for i := 0; i+delay < len(b) && i < len(a); i += 7 {
			x, y := float64(a[i]), float64(b[i+delay])
			ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
		}
		best = max(best, ab/math.Sqrt(aa*bb+1))
	}
	return best
}

// code sends pcm through, losing packets, and recovering them when that is wanted.
func code(t *testing.T, pcm []int16, loss float64, fec bool) (out []int16, bytes int) {
	e, err := NewOpusEncoder()
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewOpusDecoder()
	if err != nil {
		t.Fatal(err)
	}
	var packets [][]byte
	for i := 0; i+FrameSamples <= len(pcm); i += FrameSamples {
		p, err := e.Encode(pcm[i : i+FrameSamples])
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, append([]byte(nil), p...))
		bytes += len(p)
	}
	rnd := rand.New(rand.NewPCG(8, 8))
	for i, p := range packets {
		var got []int16
		if i > 0 && rnd.Float64() < loss {
			var next []byte
			if fec && i+1 < len(packets) {
				next = packets[i+1]
			}
			got, err = d.Recover(next)
		} else {
			got, err = d.Decode(p)
		}
		if err != nil || len(got) != FrameSamples {
			t.Fatalf("packet %d: %d samples, %v", i, len(got), err)
		}
		out = append(out, got...)
	}
	return out, bytes
}

func TestOpusRoundTrip(t *testing.T) {
	pcm := speech(t, 4*SampleRate)
	clean, bytes := code(t, pcm, 0, true)
	if c := correlation(pcm, clean); c < 0.9 {
		t.Errorf("correlation %.3f", c)
	}
	if rate := bytes * 8 / 4 / 1000; rate < 20 || rate > 40 {
		t.Errorf("%d kbit/s", rate)
	}
	withFEC, _ := code(t, pcm, 0.1, true)
	without, _ := code(t, pcm, 0.1, false)
	a, b := correlation(pcm, withFEC), correlation(pcm, without)
	t.Logf("10 %% lost: %.3f recovered, %.3f concealed", a, b)
	if a < 0.85 || a <= b {
		t.Errorf("10 %% lost: %.3f recovered, %.3f concealed", a, b)
	}
}

// EN 301 549 asks for 7 kHz: a sound up there must come through.
func TestOpusBandwidth(t *testing.T) {
	pcm := speech(t, SampleRate)
	rnd := rand.New(rand.NewPCG(2, 2))
	for i := range pcm {
		pcm[i] = pcm[i]/2 + int16(rnd.NormFloat64()*1200)
	}
	out, _ := code(t, pcm, 0, true)
	power := func(x []int16, hz float64) float64 {
		sum := 0.0
		for f := hz - 300; f < hz+300; f += 150 {
			var re, im float64
			for i, v := range x {
				re += float64(v) * math.Cos(2*math.Pi*f*float64(i)/SampleRate)
				im += float64(v) * math.Sin(2*math.Pi*f*float64(i)/SampleRate)
			}
			sum += re*re + im*im
		}
		return 10 * math.Log10(sum)
	}
	for _, hz := range []float64{3000, 7000} {
		if lost := power(pcm, hz) - power(out, hz); lost > 10 {
			t.Errorf("%v Hz is %.1f dB weaker", hz, lost)
		}
	}
}

func TestOpusSilenceAndReset(t *testing.T) {
	e, err := NewOpusEncoder()
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewOpusDecoder()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Encode(make([]int16, 100)); err == nil {
		t.Error("a frame of 100 samples was taken")
	}
	for _, v := range [][]byte{nil, make([]byte, maxPacket+1)} {
		if _, err := d.Decode(v); err == nil {
			t.Errorf("a packet of %d bytes was taken", len(v))
		}
	}
	voice := speech(t, SampleRate)
	if _, err := e.Encode(voice[24000 : 24000+FrameSamples]); err != nil {
		t.Fatal(err)
	}
	if err := e.Reset(); err != nil {
		t.Fatal(err)
	}
	p, err := e.Encode(make([]int16, FrameSamples))
	if err != nil {
		t.Fatal(err)
	}
	pcm, err := d.Decode(p)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range pcm {
		if v > 4 || v < -4 {
			t.Fatalf("sample %d after the reset is %d", i, v)
		}
	}
}

func FuzzOpusDecoder(f *testing.F) {
	f.Add([]byte{0x78, 1, 2, 3}, []byte{0xff, 0xff})
	f.Add([]byte{0x0b, 0x3f, 9, 9, 9}, []byte{})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		d, err := NewOpusDecoder()
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range [][]byte{a, b, a} {
			if pcm, err := d.Decode(x); err == nil && (len(pcm) == 0 || len(pcm) > maxSamples) {
				t.Errorf("%d samples", len(pcm))
			}
			if pcm, err := d.Recover(x); err == nil && len(pcm) != FrameSamples {
				t.Errorf("%d samples recovered", len(pcm))
			}
		}
	})
}

func BenchmarkOpus(b *testing.B) {
	pcm := speech(b, SampleRate)
	e, err := NewOpusEncoder()
	if err != nil {
		b.Fatal(err)
	}
	d, err := NewOpusDecoder()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := range b.N {
		at := i % 50 * FrameSamples
		p, err := e.Encode(pcm[at : at+FrameSamples])
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.Decode(p); err != nil {
			b.Fatal(err)
		}
	}
}
