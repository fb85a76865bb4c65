package stage

import (
	"image"
	"image/color"
	"math"
	"sync"
	"testing"
	"time"
)

func gradient(w, h int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	m := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
	for y := range h {
		for x := range w {
			m.Y[m.YOffset(x, y)] = byte(16 + (x*219/w+y*100/h)%219)
			m.Cb[m.COffset(x, y)] = byte(60 + x*130/w)
			m.Cr[m.COffset(x, y)] = byte(60 + y*130/h)
		}
	}
	return m
}

// Convert agrees with the definition of BT.601, for all sizes and colours.
func TestConvert(t *testing.T) {
	for _, size := range [][2]int{{2, 2}, {64, 36}, {33, 17}, {1, 1}, {7, 2}} {
		m := gradient(size[0], size[1], image.YCbCrSubsampleRatio420)
		out := image.NewRGBA(m.Rect)
		if err := Convert(out, m); err != nil {
			t.Fatal(err)
		}
		for y := range size[1] {
			for x := range size[0] {
				yy := 255. / 219 * (float64(m.Y[m.YOffset(x, y)]) - 16)
				u, v := float64(m.Cb[m.COffset(x, y)])-128, float64(m.Cr[m.COffset(x, y)])-128
				want := [3]float64{yy + 1.596*v, yy - 0.3918*u - 0.813*v, yy + 2.0172*u}
				got := out.RGBAAt(x, y)
				for i, c := range []byte{got.R, got.G, got.B} {
					if math.Abs(float64(c)-min(max(want[i], 0), 255)) > 1.2 || got.A != 255 {
						t.Fatalf("%v at %d,%d: %v, want %v", size, x, y, got, want)
					}
				}
			}
		}
	}
	m := gradient(8, 8, image.YCbCrSubsampleRatio420)
	for name, dst := range map[string]*image.RGBA{
		"other size": image.NewRGBA(image.Rect(0, 0, 4, 8)),
		"sub-image":  image.NewRGBA(image.Rect(0, 0, 16, 16)).SubImage(image.Rect(0, 0, 8, 8)).(*image.RGBA),
	} {
		if Convert(dst, m) == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestColoursRoundTrip(t *testing.T) {
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				src := image.NewRGBA(image.Rect(0, 0, 2, 2))
				for i := range 4 {
					src.SetRGBA(i%2, i/2, color.RGBA{byte(r), byte(g), byte(b), 255})
				}
				m := image.NewYCbCr(src.Rect, image.YCbCrSubsampleRatio420)
				FromImage(m, src)
				if m.Y[0] < 16 || m.Y[0] > 235 {
					t.Fatalf("luma %d of %d %d %d", m.Y[0], r, g, b)
				}
				if err := Convert(src, m); err != nil {
					t.Fatal(err)
				}
				c := src.RGBAAt(1, 1)
				if d := max(abs(int(c.R)-r), abs(int(c.G)-g), abs(int(c.B)-b)); d > 4 {
					t.Fatalf("%d %d %d came back as %v", r, g, b, c)
				}
			}
		}
	}
}

func abs(v int) int { return max(v, -v) }

func TestScale(t *testing.T) {
	var s Scaler
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422,
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410} {
		for _, c := range [][4]int{{64, 48, 64, 48}, {64, 48, 32, 24}, {64, 48, 50, 30}, {64, 48, 14, 10}, {65, 49, 12, 8}, {33, 31, 80, 60}, {2, 2, 16, 16}, {1280, 720, 64, 36}} {
			src := gradient(c[0], c[1], ratio)
			for i := range src.Y { // a plane tilted in x only: easy to predict
				src.Y[i] = byte(20 + (i%src.YStride)*200/c[0])
			}
			dst := image.NewYCbCr(image.Rect(0, 0, c[2], c[3]), image.YCbCrSubsampleRatio420)
			s.Scale(dst, src, false)
			for y := range c[3] {
				for x := range c[2] {
					want := 20 + (float64(x)+0.5)*200/float64(c[2])
					tolerance := 4 + 200/float64(min(c[0], c[2]))
					if got := float64(dst.Y[y*dst.YStride+x]); math.Abs(got-want) > tolerance {
						t.Fatalf("%v %v at %d,%d: %v, want %.1f", ratio, c, x, y, got, want)
					}
				}
			}
		}
	}
}

// A camera's picture that is a part of a larger one is read at the right place.
func TestScaleSubImage(t *testing.T) {
	big := gradient(64, 64, image.YCbCrSubsampleRatio420)
	part := big.SubImage(image.Rect(16, 16, 48, 48)).(*image.YCbCr)
	dst := image.NewYCbCr(image.Rect(0, 0, 32, 32), image.YCbCrSubsampleRatio420)
	var s Scaler
	s.Scale(dst, part, false)
	if dst.Y[0] != big.Y[big.YOffset(16, 16)] || dst.Cb[0] != big.Cb[big.COffset(16, 16)] {
		t.Error("the corner is another")
	}
}

func TestFullRange(t *testing.T) {
	src := image.NewYCbCr(image.Rect(0, 0, 4, 4), image.YCbCrSubsampleRatio420)
	for i := range src.Y {
		src.Y[i] = byte(i * 17)
	}
	for i := range src.Cb {
		src.Cb[i], src.Cr[i] = 0, 255
	}
	dst := image.NewYCbCr(src.Rect, image.YCbCrSubsampleRatio420)
	var s Scaler
	s.Scale(dst, src, true)
	if dst.Y[0] != 16 || dst.Y[15] != 235 || abs(int(dst.Cb[0])-16) > 1 || abs(int(dst.Cr[0])-240) > 1 {
		t.Errorf("%v %v %v", dst.Y, dst.Cb, dst.Cr)
	}
}

func TestFit(t *testing.T) {
	for _, c := range [][6]int{
		{1280, 720, 640, 480, 640, 360}, {640, 480, 1280, 720, 640, 480}, {1920, 1080, 1280, 720, 1280, 720},
		{640, 480, 320, 180, 240, 180}, {33, 31, 100, 100, 32, 30}, {4000, 2, 100, 100, 100, 2}, {720, 1280, 1280, 720, 404, 720},
	} {
		if w, h := Fit(c[0], c[1], c[2], c[3]); w != c[4] || h != c[5] {
			t.Errorf("%v: %dx%d", c, w, h)
		}
	}
}

// Whoever looks never sees a picture that is half one and half another.
func TestSlotNeverTears(t *testing.T) {
	s := NewSlot(32, 32)
	if m, _ := s.Latest(); m != nil {
		t.Error("a picture out of nothing")
	}
	stop := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		m := image.NewYCbCr(image.Rect(0, 0, 64, 64), image.YCbCrSubsampleRatio420)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			for i := range m.Y {
				m.Y[i] = byte(16 + n%200)
			}
			for i := range m.Cb {
				m.Cb[i], m.Cr[i] = 128, 128
			}
			s.Put(m)
		}
	})
	var last uint64
	for seen := 0; seen < 500; {
		m, seq := s.Latest()
		if m == nil || seq == last {
			continue
		}
		if seq < last || m.Stride != 4*m.Rect.Dx() || m.Rect.Dx() != 32 {
			t.Fatalf("number %d after %d, %v", seq, last, m.Rect)
		}
		last = seq
		seen++
		for i := 0; i < len(m.Pix); i += 4 {
			if m.Pix[i] != m.Pix[0] {
				t.Fatalf("torn at %d: %d and %d", i, m.Pix[0], m.Pix[i])
			}
		}
	}
	close(stop)
	group.Wait()
	s.Clear()
	if m, seq := s.Latest(); m != nil || seq <= last {
		t.Error("a picture after Clear")
	}
}

func TestThrottle(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct{ in, limit, want float64 }{{30, 20, 20}, {30, 30, 30}, {60, 30, 30}, {25, 30, 25}, {30, 15, 15}} {
		th := NewThrottle(c.limit)
		n := 0
		for i := range int(c.in * 10) {
			jitter := time.Duration(i%3-1) * time.Millisecond
			if th.Pass(start.Add(time.Duration(float64(i)*float64(time.Second)/c.in) + jitter)) {
				n++
			}
		}
		if got := float64(n) / 10; math.Abs(got-c.want) > 0.5 {
			t.Errorf("%v to %v: %v", c.in, c.limit, got)
		}
	}
}

func TestRate(t *testing.T) {
	var r Rate
	now := time.Now()
	if r.PerSecond(now) != 0 {
		t.Error("a rate out of nothing")
	}
	for range 60 {
		now = now.Add(40 * time.Millisecond)
		r.Tick(now)
	}
	if got := r.PerSecond(now); math.Abs(got-25) > 0.1 {
		t.Errorf("%v a second", got)
	}
	if got := r.PerSecond(now.Add(2 * time.Second)); got != 0 {
		t.Errorf("%v after a stop", got)
	}
}

func TestMeterMuteMix(t *testing.T) {
	loud, quiet := make([]int16, 960), make([]int16, 960)
	for i := range loud {
		loud[i] = int16(20000 * math.Sin(float64(i)/10))
	}
	var m Meter
	m.Add(loud)
	if m.Level() < 0.9 {
		t.Errorf("loud: %v", m.Level())
	}
	before := m.Level()
	m.Add(quiet)
	if l := m.Level(); l >= before || l < before/2 {
		t.Errorf("falls from %v to %v", before, l)
	}
	for range 100 {
		m.Add(quiet)
	}
	if m.Level() != 0 {
		t.Errorf("silence: %v", m.Level())
	}
	sum := append([]int16(nil), loud...)
	Mix(sum, loud)
	Mix(sum, loud[:10])
	if sum[16] != 32767 && sum[16] < loud[16] {
		t.Errorf("mixed to %d", sum[16])
	}
	var mute Mute
	mute.Apply(loud)
	if loud[16] == 0 {
		t.Error("silenced without being on")
	}
	if !mute.Set(true) || mute.Set(true) || !mute.On() {
		t.Error("switching")
	}
	mute.Apply(loud)
	for _, v := range loud {
		if v != 0 {
			t.Fatal("not silent")
		}
	}
}

func BenchmarkConvert(b *testing.B) {
	for name, size := range map[string][2]int{"360p": {640, 360}, "720p": {1280, 720}} {
		m := gradient(size[0], size[1], image.YCbCrSubsampleRatio420)
		out := image.NewRGBA(m.Rect)
		b.Run("own/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				_ = Convert(out, m)
			}
		})
		b.Run("stdlib/"+name, func(b *testing.B) {
			for range b.N {
				for y := range size[1] {
					for x := range size[0] {
						r, g, bl := color.YCbCrToRGB(m.Y[m.YOffset(x, y)], m.Cb[m.COffset(x, y)], m.Cr[m.COffset(x, y)])
						out.SetRGBA(x, y, color.RGBA{r, g, bl, 255})
					}
				}
			}
		})
	}
}

func BenchmarkSlot(b *testing.B) {
	for name, tile := range map[string][2]int{"720p to 640x360": {640, 360}, "720p as it is": {1280, 720}, "720p to 480x270": {480, 270}} {
		b.Run(name, func(b *testing.B) {
			m := gradient(1280, 720, image.YCbCrSubsampleRatio420)
			s := NewSlot(tile[0], tile[1])
			for range 4 {
				s.Put(m)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				s.Put(m)
			}
		})
	}
}
