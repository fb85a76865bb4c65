package jitter

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

// watch runs a film through the buffer and returns the frames that came out and how
// often a key frame was asked for.
func watch(t *testing.T, packets []sent) (frames []Frame, asked int, stats VideoStats) {
	synctest.Test(t, func(t *testing.T) {
		v := NewVideo(func() { asked++ })
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				f, err := v.Next(t.Context())
				if errors.Is(err, io.EOF) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				frames = append(frames, f)
			}
		}()
		deliver(packets, v.Push)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		v.Close()
		<-done
		stats = v.Stats()
	})
	return frames, asked, stats
}

// decodable: numbers grow, and every frame but a key frame follows the one before it.
func decodable(t *testing.T, frames []Frame) {
	t.Helper()
	for i, f := range frames {
		n := number(f)
		if f.Key != (f.Data[0]&1 == 0) {
			t.Errorf("frame %d: key %v", n, f.Key)
		}
		if i == 0 {
			if !f.Key {
				t.Errorf("the first frame, %d, is no key frame", n)
			}
			continue
		}
		before := number(frames[i-1])
		if n <= before || (!f.Key && n != before+1) {
			t.Fatalf("frame %d follows %d, key %v", n, before, f.Key)
		}
	}
}

func TestVideoOrders(t *testing.T) {
	for name, c := range map[string]struct {
		seq       uint16
		timestamp uint32
		jitter    time.Duration
		double    float64
	}{
		"in order":  {seq: 1},
		"wrapping":  {seq: 65500, timestamp: 1<<32 - 9000, jitter: 8 * time.Millisecond},
		"reordered": {seq: 100, jitter: 60 * time.Millisecond},
		"doubled":   {seq: 100, jitter: 5 * time.Millisecond, double: 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(1, 2))
			packets := network{rnd: rnd, jitter: c.jitter, double: c.double}.carry(film(rnd, 200, 1000, c.seq, c.timestamp))
			frames, asked, stats := watch(t, packets)
			decodable(t, frames)
			if len(frames) != 200 || stats.Lost != 0 {
				t.Errorf("%d of 200 frames, %+v", len(frames), stats)
			}
			if asked > 0 {
				t.Errorf("asked for %d key frames without need", asked)
			}
			for i, f := range frames {
				if f.Timestamp != c.timestamp+uint32(i)*3000 {
					t.Fatalf("frame %d has timestamp %d", i, f.Timestamp)
				}
			}
		})
	}
}

// Whatever the network does, what comes out can be decoded, and the sender is asked
// for key frames at a bounded rate when it must be.
func TestVideoProperty(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 99))
		net := network{rnd: rnd, jitter: time.Duration(rnd.IntN(150)) * time.Millisecond,
			loss: rnd.Float64() * 0.04, double: rnd.Float64() * 0.2}
		packets := net.carry(film(rnd, 240, 15, uint16(rnd.Uint32()), rnd.Uint32()))
		frames, asked, stats := watch(t, packets)
		decodable(t, frames)
		if len(frames) < 20 {
			t.Errorf("seed %d: only %d frames, %+v", seed, len(frames), stats)
		}
		if asked > 40 { // 10 s at most every 300 ms
			t.Errorf("seed %d: asked %d times", seed, asked)
		}
	}
}

// A lost packet that is sent again in time costs nothing but the wait.
func TestVideoRetransmission(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	packets := film(rnd, 60, 1000, 5, 0)
	lost := len(packets) / 2
	late := packets[lost]
	late.at += 110 * time.Millisecond
	packets = append(packets[:lost:lost], packets[lost+1:]...)
	packets = network{rnd: rnd}.carry(append(packets, late))
	frames, asked, stats := watch(t, packets)
	decodable(t, frames)
	if len(frames) != 60 || asked != 0 || stats.Concealed != 0 {
		t.Errorf("%d frames, asked %d, %+v", len(frames), asked, stats)
	}
}

// A lost packet that never comes freezes the picture until the key frame asked for.
func TestVideoKeyFrameOnLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(3, 3))
		asked := make(chan time.Time, 100)
		v := NewVideo(func() { asked <- time.Now() })
		var got []Frame
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				f, err := v.Next(t.Context())
				if err != nil {
					return
				}
				got = append(got, f)
			}
		}()
		seq := uint16(9)
		begin := time.Now()
		want := false
		for i := range 90 {
			time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / 30)))
			select {
			case <-asked:
				want = true
			default:
			}
			packets := frame(rnd, i, i == 0 || want, &seq, uint32(i)*3000, 0)
			want = false
			if i == 20 {
				continue // all of it is lost
			}
			for _, s := range packets {
				v.Push(s.p)
			}
			synctest.Wait()
		}
		v.Close()
		<-done
		decodable(t, got)
		if last := number(got[len(got)-1]); last != 89 || len(got) < 75 {
			t.Errorf("%d frames, the last is %d", len(got), last)
		}
		if s := v.Stats(); s.Concealed != 1 || s.KeyFrames != 1 || s.Lost == 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestVideoJoinsInTheMiddle(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	frames, asked, _ := watch(t, film(rnd, 60, 40, 5, 0)[30:])
	decodable(t, frames)
	if len(frames) != 20 || asked == 0 {
		t.Errorf("%d frames, asked %d times", len(frames), asked)
	}
}

// Padding between frames is no loss, and one foreign packet is no new beginning.
func TestVideoPaddingAndStrays(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	var packets []sent
	seq := uint16(65000)
	for i := range 100 {
		at := time.Duration(i) * time.Second / 30
		packets = append(packets, frame(rnd, i, i == 0, &seq, uint32(i)*3000, at)...)
		if i%5 == 0 {
			packets = append(packets, sent{at, &rtp.Packet{Header: rtp.Header{SequenceNumber: seq, Timestamp: uint32(i) * 3000, SSRC: 7}}})
			seq++
		}
		if i%7 == 0 {
			packets = append(packets, sent{at, &rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(rnd.Uint32()), SSRC: rnd.Uint32()}, Payload: []byte{0x10, 0}}})
		}
	}
	frames, asked, stats := watch(t, packets)
	decodable(t, frames)
	if len(frames) != 100 || asked != 0 || stats.Refused == 0 {
		t.Errorf("%d frames, asked %d, %+v", len(frames), asked, stats)
	}
}

// A sender without RTX (RFC 4588) probes the network with padding that it cannot send
// again. Numbers of pictures that follow one another tell that nothing else was lost.
func TestVideoLosesPadding(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	var packets []sent
	seq := uint16(65000)
	for i := range 100 {
		at := time.Duration(i) * time.Second / 30
		packets = append(packets, frame(rnd, i, i == 0, &seq, uint32(i)*3000, at)...)
		if i == 30 || i == 60 {
			for k := range 200 {
				if k%5 != 0 && k != 199 {
					packets = append(packets, sent{at + 5*time.Millisecond, &rtp.Packet{Header: rtp.Header{SequenceNumber: seq, Timestamp: uint32(i) * 3000, SSRC: 7}}})
				}
				seq++
			}
		}
	}
	frames, asked, stats := watch(t, packets)
	decodable(t, frames)
	if len(frames) != 100 || asked != 0 || stats.Concealed != 0 {
		t.Errorf("%d frames, asked %d, %+v", len(frames), asked, stats)
	}
	if stats.Delay > 10*time.Millisecond {
		t.Errorf("padding was waited for: %s", stats.Delay)
	}
}

// Another source is believed from its second packet on.
func TestVideoNewSource(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	packets := film(rnd, 30, 1000, 5, 0)
	for _, s := range film(rnd, 30, 10, 40000, 777) {
		s.at += time.Second
		s.p.SSRC = 8
		packets = append(packets, s)
	}
	frames, _, _ := watch(t, packets)
	if len(frames) < 30+19 || number(frames[len(frames)-1]) != 29 {
		t.Errorf("%d frames", len(frames))
	}
}

func TestVideoResyncAndContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(3, 3))
		asked := 0
		v := NewVideo(func() { asked++ })
		seq := uint16(1)
		push := func(i int, key bool) {
			for _, s := range frame(rnd, i, key, &seq, uint32(i)*3000, 0) {
				v.Push(s.p)
			}
		}
		push(0, true)
		if f, err := v.Next(t.Context()); err != nil || !f.Key {
			t.Fatal(f, err)
		}
		v.Resync()
		push(1, false)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := v.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an undecodable frame came with %v", err)
		}
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		push(2, true)
		if f, err := v.Next(t.Context()); err != nil || number(f) != 2 {
			t.Error(f, err)
		}
		v.Close()
		if _, err := v.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		in   []byte
		size int
		key  bool
		ok   bool
		pic  picture
	}{
		{[]byte{}, 0, false, false, picture{}},
		{[]byte{0x10}, 0, false, false, picture{}},
		{[]byte{0x10, 0x00}, 1, true, true, picture{}},
		{[]byte{0x10, 0x01}, 1, false, true, picture{}},
		{[]byte{0x11, 0x00}, 1, false, true, picture{}}, // another partition
		{[]byte{0x90, 0x80, 0x05, 0x00}, 3, true, true, picture{5, 1 << 7}},
		{[]byte{0x90, 0x80, 0x85, 0x05, 0x00}, 4, true, true, picture{0x505, 1 << 15}},
		{[]byte{0x90, 0xf0, 0x85, 0x05, 1, 2, 0x00}, 6, true, true, picture{0x505, 1 << 15}},
		{[]byte{0x90, 0xf0, 0x85, 0x05, 1, 2}, 0, false, false, picture{}},
		{[]byte{0x90, 0x80}, 0, false, false, picture{}},
		{[]byte{0x90}, 0, false, false, picture{}},
	} {
		d, ok := describe(c.in)
		if ok != c.ok || (ok && (d.size != c.size || d.key != c.key || d.picture != c.pic)) {
			t.Errorf("%x: %+v %v", c.in, d, ok)
		}
	}
}

// Any bytes, in any order: no panic, bounded, and Next ends.
func FuzzVideo(f *testing.F) {
	f.Add([]byte{0, 1, 0x80, 0x10, 0x00, 0, 2, 0x80, 0x10, 0x01})
	f.Add([]byte{255, 255, 0, 0x10, 0, 0, 0, 0x80, 0x00, 9, 0, 1, 0x80, 0x90, 0x80})
	f.Fuzz(func(t *testing.T, in []byte) {
		asked := 0
		v := NewVideo(func() { asked++ })
		for len(in) >= 5 {
			v.Push(&rtp.Packet{
				Header: rtp.Header{SequenceNumber: uint16(in[0])<<8 | uint16(in[1]), Timestamp: uint32(in[2]&0x3f) * 3000,
					Marker: in[2]&0x80 != 0, SSRC: uint32(in[2] & 0x40)},
				Payload: in[3:5],
			})
			in = in[5:]
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		v.Push(nil)
		for range 2000 {
			v.mu.Lock()
			frame, _, _, ok := v.stepLocked(time.Now())
			v.mu.Unlock()
			if !ok {
				break
			}
			if len(frame.Data) == 0 {
				t.Error("an empty frame")
			}
		}
		if _, err := v.Next(ctx); err == nil {
			t.Error("a frame under an ended context")
		}
	})
}

func BenchmarkVideo(b *testing.B) {
	rnd := rand.New(rand.NewPCG(3, 3))
	v := NewVideo(nil)
	seq := uint16(0)
	packets := frame(rnd, 1, true, &seq, 0, 0)
	for _, s := range packets {
		s.p.Payload = append(s.p.Payload, make([]byte, 1100)...)
	}
	b.ReportAllocs()
	for i := range b.N {
		for k, s := range packets {
			s.p.SequenceNumber = uint16(i*len(packets) + k)
			s.p.Timestamp = uint32(i) * 3000
			v.Push(s.p)
		}
		if _, err := v.Next(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
