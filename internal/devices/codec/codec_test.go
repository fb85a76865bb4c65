package codec

import (
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

// scene draws a moving picture with soft and sharp parts.
func scene(m *image.YCbCr, n int) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	across := make([]float64, w)
	for x := range across {
		across[x] = 110 + 60*math.Sin(float64(x+3*n)/40)
	}
	for y := range h {
		down := 40 * math.Cos(float64(y-n)/25)
		for x := range w {
			v := across[x] + down
			if (x+4*n)/60%4 == 0 && y > h/3 && y < h/2 {
				v = 220
			}
			m.Y[y*m.YStride+x] = byte(v)
		}
	}
	for y := range (h + 1) / 2 {
		for x := range (w + 1) / 2 {
			m.Cb[y*m.CStride+x] = byte(64 + (x+n)%256/2)
			m.Cr[y*m.CStride+x] = byte(64 + y%256/2)
		}
	}
}

func psnr(a, b *image.YCbCr) float64 {
	sum := 0.0
	w, h := a.Rect.Dx(), a.Rect.Dy()
	for y := range h {
		for x := range w {
			d := float64(a.Y[y*a.YStride+x]) - float64(b.Y[y*b.YStride+x])
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(w*h)/max(sum, 1))
}

func TestVP8RoundTrip(t *testing.T) {
	for _, size := range [][2]int{{640, 360}, {320, 180}, {1280, 720}, {322, 242}} {
		w, h := size[0], size[1]
		e, err := NewEncoder(w, h, w*h/400)
		if err != nil {
			t.Fatal(err)
		}
		d, err := NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
		worst := math.Inf(1)
		for n := range 30 {
			scene(m, n)
			frame, key, err := e.Encode(m, int64(n)*3000, n == 20)
			if err != nil {
				t.Fatal(err)
			}
			if key != (n == 0 || n == 20) {
				t.Errorf("%dx%d: frame %d: key %v", w, h, n, key)
			}
			if kw, kh, ok := KeySize(frame); ok != key || (ok && (kw != w || kh != h)) {
				t.Errorf("header of frame %d: %dx%d %v", n, kw, kh, ok)
			}
			got, err := d.Decode(frame)
			if err != nil || got == nil || got.Rect != m.Rect {
				t.Fatalf("decoding frame %d: %v %v", n, got, err)
			}
			if n > 3 {
				worst = min(worst, psnr(m, got))
			}
		}
		if worst < 30 {
			t.Errorf("%dx%d: PSNR %.1f dB", w, h, worst)
		}
		e.Close()
		e.Close()
		d.Close()
		if _, _, err := e.Encode(m, 0, false); !errors.Is(err, ErrClosed) {
			t.Errorf("encoding after Close: %v", err)
		}
		if _, err := d.Decode([]byte{0, 0, 0, 0}); !errors.Is(err, ErrClosed) {
			t.Errorf("decoding after Close: %v", err)
		}
	}
}

// The bitrate follows SetRate, and no frame is left out for it.
func TestVP8Rate(t *testing.T) {
	e, err := NewEncoder(640, 360, 600)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	m := image.NewYCbCr(image.Rect(0, 0, 640, 360), image.YCbCrSubsampleRatio420)
	rnd := rand.New(rand.NewPCG(1, 1))
	second := func(from int) (kbit int) {
		for n := from; n < from+90; n++ {
			scene(m, n)
			for i := range m.Y { // noise, so that the limit is felt
				m.Y[i] += byte(rnd.IntN(9))
			}
			frame, _, err := e.Encode(m, int64(n)*3000, false)
			if err != nil || len(frame) == 0 {
				t.Fatalf("frame %d: %d bytes, %v", n, len(frame), err)
			}
			if n >= from+60 {
				kbit += len(frame) * 8 / 1000
			}
		}
		return kbit
	}
	high := second(0)
	if err := e.SetRate(200); err != nil {
		t.Fatal(err)
	}
	low := second(90)
	if high < 450 || high > 750 || low > 300 {
		t.Errorf("%d kbit/s for 600, %d for 200", high, low)
	}
}

func TestVP8Refuses(t *testing.T) {
	for _, size := range [][2]int{{0, 0}, {641, 360}, {640, 361}, {8192, 16}, {64, 4000}, {-4, 20}} {
		if e, err := NewEncoder(size[0], size[1], 100); !errors.Is(err, ErrSize) {
			t.Errorf("%v: %v %v", size, e, err)
		}
	}
	e, err := NewEncoder(64, 64, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	short := image.NewYCbCr(image.Rect(0, 0, 64, 64), image.YCbCrSubsampleRatio420)
	short.Cr = short.Cr[:100]
	for name, m := range map[string]*image.YCbCr{
		"other size":  image.NewYCbCr(image.Rect(0, 0, 32, 64), image.YCbCrSubsampleRatio420),
		"other ratio": image.NewYCbCr(image.Rect(0, 0, 64, 64), image.YCbCrSubsampleRatio422),
		"short plane": short,
	} {
		if _, _, err := e.Encode(m, 0, false); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for name, b := range map[string][]byte{
		"nothing":        {},
		"a delta first":  {1, 0, 0, 0, 0},
		"no header":      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"huge":           {0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f, 0, 0},
		"too high":       {0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0x01, 0x09, 0, 0},
		"without height": {0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0x00, 0x00, 0, 0},
	} {
		if m, err := d.Decode(b); err == nil {
			t.Errorf("%s: %v", name, m)
		}
	}
}

// Damaged streams: errors or wrong pictures, never a crash, and a key frame heals.
func TestVP8Damage(t *testing.T) {
	frames := stream(t, 160, 96, 12)
	rnd := rand.New(rand.NewPCG(4, 4))
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for range 300 {
		for _, f := range frames {
			b := append([]byte(nil), f...)
			for range rnd.IntN(6) {
				b[rnd.IntN(len(b))] = byte(rnd.Uint32())
			}
			_, _ = d.Decode(b[:1+rnd.IntN(len(b))])
		}
	}
	if m, err := d.Decode(frames[0]); err != nil || m == nil || m.Rect.Dx() != 160 {
		t.Errorf("a good key frame after damage: %v", err)
	}
}

func stream(t testing.TB, w, h, n int) (frames [][]byte) {
	e, err := NewEncoder(w, h, 200)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for i := range n {
		scene(m, i)
		f, _, err := e.Encode(m, int64(i)*3000, false)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, append([]byte(nil), f...))
	}
	return frames
}

func FuzzDecoder(f *testing.F) {
	frames := stream(f, 64, 48, 3)
	f.Add(frames[0], frames[1])
	f.Add(frames[0][:20], frames[2])
	f.Add([]byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0x40, 0x01, 0, 0}, []byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		// Large pictures are legal but slow.
		for _, x := range [][]byte{a, b} {
			if w, h, ok := KeySize(x); ok && w*h > 1<<18 {
				return
			}
		}
		d, err := NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for _, x := range [][]byte{a, b, frames[0], b} {
			if m, err := d.Decode(x); err == nil && m != nil && (m.Rect.Empty() || m.Rect.Dx() > MaxWidth) {
				t.Error(m.Rect)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	for name, size := range map[string][3]int{"720p": {1280, 720, 1500}, "360p": {640, 360, 500}, "180p": {320, 180, 150}} {
		b.Run(name, func(b *testing.B) {
			e, err := NewEncoder(size[0], size[1], size[2])
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			var ms [8]*image.YCbCr
			for i := range ms {
				ms[i] = image.NewYCbCr(image.Rect(0, 0, size[0], size[1]), image.YCbCrSubsampleRatio420)
				scene(ms[i], i)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if _, _, err := e.Encode(ms[i%len(ms)], int64(i)*3000, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, size := range map[string][2]int{"720p": {1280, 720}, "360p": {640, 360}} {
		b.Run(name, func(b *testing.B) {
			frames := stream(b, size[0], size[1], 30)
			d, err := NewDecoder()
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if _, err := d.Decode(frames[i%len(frames)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
