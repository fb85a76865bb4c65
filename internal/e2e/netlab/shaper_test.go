//go:build linux

package netlab

import (
	"io"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// cable is a device whose packets come from and go to a test.
type cable struct {
	in, out chan []byte
	closed  chan struct{}
}

func newCable() *cable {
	return &cable{make(chan []byte, 10000), make(chan []byte, 10000), make(chan struct{})}
}

func (w *cable) Read(b []byte) (int, error) {
	select {
	case p := <-w.in:
		return copy(b, p), nil
	case <-w.closed:
		return 0, io.EOF
	}
}

func (w *cable) Write(b []byte) (int, error) {
	w.out <- append([]byte(nil), b...)
	return len(b), nil
}

func (w *cable) Close() error { close(w.closed); return nil }

// A line delays, loses, slows down and drops what it was told to.
func TestShaper(t *testing.T) {
	for name, tt := range map[string]struct {
		line    Line
		arrive  float64       // the part of 1000 packets of 1000 bytes, sent at once
		between time.Duration // first to last arrival
		first   time.Duration
	}{
		"nothing":    {Line{}, 1, 0, 0},
		"delay":      {Line{Delay: 60 * time.Millisecond}, 1, 0, 60 * time.Millisecond},
		"loss":       {Line{Loss: 0.03}, 0.97, 0, 0},
		"rate":       {Line{Rate: 8000, Queue: 10 * time.Second}, 1, 999 * time.Millisecond, time.Millisecond},
		"full queue": {Line{Rate: 8000, Queue: 100 * time.Millisecond}, 0.101, 100 * time.Millisecond, time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := newCable(), newCable()
				s := newShaper(a, b, tt.line)
				begin := time.Now()
				for i := range 1000 {
					a.in <- append([]byte{byte(i >> 8), byte(i)}, make([]byte, 998)...)
				}
				got, last := 0, -1
				var first, end time.Duration
				for quiet := false; !quiet; {
					select {
					case p := <-b.out:
						if got == 0 {
							first = time.Since(begin)
						}
						got++
						end = time.Since(begin)
						number := int(p[0])<<8 | int(p[1])
						if number <= last || len(p) != 1000 {
							t.Errorf("packet %d of %d bytes after %d", number, len(p), last)
						}
						last = number
					case <-time.After(5 * time.Second):
						quiet = true
					}
				}
				if math.Abs(float64(got)/1000-tt.arrive) > 0.015 {
					t.Errorf("%d of 1000 arrived, want %.0f", got, 1000*tt.arrive)
				}
				if first != tt.first || end-first-tt.between > 2*time.Millisecond || tt.between-(end-first) > 2*time.Millisecond {
					t.Errorf("the first after %s, the last %s later", first, end-first)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// What Set says counts from then on, and the way back is its own.
func TestShaperChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newCable(), newCable()
		s := newShaper(a, b, Line{Loss: 1})
		b.in <- []byte{1}
		synctest.Wait()
		s.Set(Line{Delay: time.Second})
		begin := time.Now()
		b.in <- []byte{2}
		if p := <-a.out; p[0] != 2 || time.Since(begin) != time.Second {
			t.Errorf("packet %d after %s", p[0], time.Since(begin))
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
