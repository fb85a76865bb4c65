package fake

import (
	"bytes"
	"image"
	"image/color"
	"io"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/devices/codec"
	"ekermed.example/ekermed/internal/devices/stage"
)

func camera(t testing.TB, look Look) *Camera {
	t.Helper()
	c, err := NewCamera(look)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The counter is read back from pictures as they are.
func TestCounter(t *testing.T) {
	for _, look := range []Look{Desktop, Patient} {
		c := camera(t, look)
		rgba := image.NewRGBA(image.Rect(0, 0, Width, Height))
		for _, n := range []uint16{0, 1, 2, 0x5555, 0xaaaa, 32767, 32768, 65535} {
			c.draw(n)
			if got, read, ok := ReadStrip(c.frame); !ok || read != n || got != look {
				t.Errorf("%v %d: read %v %d %v", look, n, got, read, ok)
			}
			if err := stage.Convert(rgba, c.frame); err != nil {
				t.Fatal(err)
			}
			if read, ok := ReadCounter(rgba); !ok || read != n {
				t.Errorf("%v %d as RGBA: read %d %v", look, n, read, ok)
			}
		}
	}
}

// It survives VP8 at a poor bitrate, at smaller sizes, and scaling to any tile.
func TestCounterSurvives(t *testing.T) {
	for _, c := range []struct{ w, h, kbps, tileW, tileH int }{
		{640, 360, 200, 640, 360}, {640, 360, 100, 480, 270}, {480, 270, 110, 640, 360},
		{320, 180, 60, 320, 180}, {320, 180, 60, 160, 90}, {640, 360, 500, 333, 187},
	} {
		cam := camera(t, Patient)
		enc, err := codec.NewEncoder(c.w, c.h, c.kbps)
		if err != nil {
			t.Fatal(err)
		}
		dec, err := codec.NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		var scaler stage.Scaler
		small := image.NewYCbCr(image.Rect(0, 0, c.w, c.h), image.YCbCrSubsampleRatio420)
		tile := image.NewYCbCr(image.Rect(0, 0, c.tileW, c.tileH), image.YCbCrSubsampleRatio420)
		rgba := image.NewRGBA(tile.Rect)
		bad := 0
		for i := range 60 {
			m, n := cam.Next()
			scaler.Scale(small, m, false)
			frame, _, err := enc.Encode(small, int64(i)*3600, false)
			if err != nil {
				t.Fatal(err)
			}
			got, err := dec.Decode(frame)
			if err != nil {
				t.Fatal(err)
			}
			scaler.Scale(tile, got, false)
			if err := stage.Convert(rgba, tile); err != nil {
				t.Fatal(err)
			}
			look, read, ok := ReadStrip(rgba)
			if !ok {
				bad++
			} else if read != n || look != Patient {
				t.Errorf("%+v: %d read as %d, look %v", c, n, read, look)
			}
		}
		if bad > 3 {
			t.Errorf("%+v: %d of 60 unreadable", c, bad)
		}
		enc.Close()
		dec.Close()
	}
}

// Other pictures are not taken for ours.
func TestNoCounter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	noise := image.NewRGBA(image.Rect(0, 0, 640, 360))
	for range 300 {
		for i := range noise.Pix {
			noise.Pix[i] = byte(rnd.Uint32())
		}
		// Bright and dark cells, so that the contrast is there.
		for i := range cells {
			v := color.RGBA{A: 255}
			if rnd.IntN(2) == 0 {
				v = color.RGBA{255, 255, 255, 255}
			}
			for y := range 20 {
				for x := range 20 {
					noise.SetRGBA(i*20+x, y, v)
				}
			}
		}
		if n, ok := ReadCounter(noise); ok {
			t.Fatalf("noise read as %d", n)
		}
	}
	for name, m := range map[string]image.Image{"nothing": nil, "small": image.NewRGBA(image.Rect(0, 0, 8, 8)),
		"black": image.NewRGBA(image.Rect(0, 0, 640, 360))} {
		if n, ok := ReadCounter(m); ok {
			t.Errorf("%s read as %d", name, n)
		}
	}
	// One damaged cell is noticed, whichever it is.
	c := camera(t, Desktop)
	for i := range cells {
		c.draw(12345)
		for y := range Height / 18 {
			for x := i * 20; x < i*20+20; x++ {
				c.frame.Y[y*c.frame.YStride+x] = 251 - c.frame.Y[y*c.frame.YStride+x]
			}
		}
		if n, ok := ReadCounter(c.frame); ok {
			t.Errorf("cell %d flipped: read %d", i, n)
		}
	}
}

func TestFiles(t *testing.T) {
	var y4m bytes.Buffer
	c, err := NewCamera(Patient)
	if err != nil {
		t.Fatal(err)
	}
	c.Grain = 6
	if err := WriteY4M(&y4m, c, 3); err != nil {
		t.Fatal(err)
	}
	head := "YUV4MPEG2 W640 H360 F25:1 Ip A1:1 C420\n"
	if want := len(head) + 3*(6+Width*Height*3/2); y4m.Len() != want || y4m.String()[:len(head)] != head {
		t.Errorf("%d bytes, want %d", y4m.Len(), want)
	}
	pcm := []int16{0, 1, -1, 32767, -32768}
	var wav bytes.Buffer
	if err := WriteWAV(&wav, pcm, 48000); err != nil {
		t.Fatal(err)
	}
	got, rate, err := ReadWAV(&wav)
	if err != nil || rate != 48000 || len(got) != 5 || got[4] != -32768 {
		t.Errorf("%v %d %v", got, rate, err)
	}
}

func FuzzReadWAV(f *testing.F) {
	var wav bytes.Buffer
	if err := WriteWAV(&wav, make([]int16, 9), 16000); err != nil {
		f.Fatal(err)
	}
	f.Add(wav.Bytes())
	f.Add(wav.Bytes()[:30])
	f.Fuzz(func(t *testing.T, in []byte) {
		// Whatever the file claims, there is no more sound than bytes.
		pcm, rate, err := ReadWAV(io.LimitReader(bytes.NewReader(in), 1<<16))
		if err == nil && (rate == 0 || len(pcm) > len(in)) {
			t.Errorf("%d samples at %d", len(pcm), rate)
		}
	})
}

func TestSpeech(t *testing.T) {
	pcm, err := Speech()
	if err != nil {
		t.Fatal(err)
	}
	var peak int16
	for _, v := range pcm {
		peak = max(peak, v)
	}
	if s := float64(len(pcm)) / Rate; s < 5 || s > 10 || peak < 5000 {
		t.Errorf("%.1f s, peak %d", s, peak)
	}
}

// through carries pcm over Opus with some loss.
func through(t *testing.T, pcm []int16) []int16 {
	enc, err := codec.NewOpusEncoder()
	if err != nil {
		t.Fatal(err)
	}
	dec, err := codec.NewOpusDecoder()
	if err != nil {
		t.Fatal(err)
	}
	var out []int16
	for i := 0; i+960 <= len(pcm); i += 960 {
		p, err := enc.Encode(pcm[i : i+960])
		if err != nil {
			t.Fatal(err)
		}
		got, err := dec.Decode(p)
		if i/960%11 == 10 {
			got, err = dec.Recover(nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, got...)
	}
	return out
}

func TestFindSpeech(t *testing.T) {
	pcm, err := Speech()
	if err != nil {
		t.Fatal(err)
	}
	loop := append(append([]int16(nil), pcm...), pcm...)
	silence := make([]int16, 2*Rate)
	quiet := make([]int16, len(loop))
	for i, v := range loop {
		quiet[i] = v / 12
	}
	backwards := make([]int16, len(loop))
	noise, tone, syllables := make([]int16, len(loop)), make([]int16, len(loop)), make([]int16, len(loop))
	rnd := rand.New(rand.NewPCG(3, 3))
	for i := range loop {
		backwards[i] = loop[len(loop)-1-i]
		noise[i] = int16(rnd.NormFloat64() * 3000)
		tone[i] = int16(9000 * math.Sin(float64(i)/20))
		syllables[i] = int16(rnd.NormFloat64() * 4000 * math.Max(0, math.Sin(float64(i)/4000)))
	}
	for name, c := range map[string]struct {
		pcm  []int16
		rate int
		is   bool
	}{
		"as it is":          {loop[:5*Rate], Rate, true},
		"late":              {append(append([]int16(nil), silence...), loop[3*Rate+777:9*Rate]...), Rate, true},
		"quiet":             {quiet[Rate : 6*Rate], Rate, true},
		"over the seam":     {loop[len(pcm)-2*Rate : len(pcm)+2*Rate], Rate, true},
		"Opus and loss":     {through(t, loop[:6*Rate]), Rate, true},
		"16 kHz":            {Resample(loop[:6*Rate], Rate, 16000), 16000, true},
		"44.1 kHz":          {Resample(loop[:6*Rate], Rate, 44100), 44100, true},
		"nothing":           {nil, Rate, false},
		"silence":           {make([]int16, 10*Rate), Rate, false},
		"noise":             {noise, Rate, false},
		"a tone":            {tone, Rate, false},
		"noise in bursts":   {syllables, Rate, false},
		"backwards":         {backwards, Rate, false},
		"backwards in Opus": {through(t, backwards[:8*Rate]), Rate, false},
		"twice as fast":     {Resample(loop, Rate, Rate/2), Rate, false},
		"too short":         {loop[:2*Rate], Rate, false},
	} {
		score := FindSpeech(c.pcm, c.rate)
		t.Logf("%-18s %.2f", name, score)
		if c.is && score < 0.8 || !c.is && score > 0.5 {
			t.Errorf("%s: %.2f", name, score)
		}
	}
}

// The live devices run, and stop when they are closed.
func TestLive(t *testing.T) {
	frames := make(chan uint16, 100)
	c, err := OpenCamera(Patient, func(m *image.YCbCr, _ time.Time) {
		if n, ok := ReadCounter(m); ok {
			select {
			case frames <- n:
			default:
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := <-frames, <-frames; b != a+1 {
		t.Errorf("%d after %d", b, a)
	}
	c.Close()
	c.Close()
	before := c.Frames()
	sounds := make(chan int, 100)
	m, err := OpenMicrophone(func(pcm []int16) {
		select {
		case sounds <- len(pcm):
		default:
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := <-sounds; n != chunk {
		t.Errorf("%d samples", n)
	}
	m.Close()
	filled := make(chan struct{}, 100)
	n := int16(0)
	s := OpenSpeaker(func(pcm []int16) {
		n++
		for i := range pcm {
			pcm[i] = n
		}
		select {
		case filled <- struct{}{}:
		default:
		}
	})
	for range 5 {
		<-filled
	}
	s.Close()
	played := s.Played()
	if len(played) < 5*chunk || played[0] != 1 || played[len(played)-1] != n || s.Failed() != nil {
		t.Errorf("%d samples, from %d to %d", len(played), played[0], played[len(played)-1])
	}
	if c.Frames() != before {
		t.Error("the camera runs on after Close")
	}
}

func BenchmarkCamera(b *testing.B) {
	c := camera(b, Desktop)
	b.ReportAllocs()
	for range b.N {
		c.Next()
	}
}
