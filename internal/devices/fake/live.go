package fake

import (
	"image"
	"sync"
	"sync/atomic"
	"time"
)

// line is what the three devices share: a goroutine that works at an even pace.
type line struct {
	count atomic.Uint64
	stop  chan struct{}
	once  sync.Once
	done  sync.WaitGroup
}

// every calls work each interval until Close. After a pause of the machine it catches
// up for a while, as the buffer of a real device would, and then forgets.
func (l *line) every(interval time.Duration, work func(at time.Time)) {
	l.stop = make(chan struct{})
	l.done.Go(func() {
		due := time.Now()
		timer := time.NewTimer(0)
		defer timer.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-timer.C:
			}
			now := time.Now()
			if now.Sub(due) > 10*interval {
				due = now
			}
			work(due)
			l.count.Add(1)
			due = due.Add(interval)
			timer.Reset(time.Until(due))
		}
	})
}

// Frames is how many times the device has delivered.
func (l *line) Frames() uint64 { return l.count.Load() }

// Failed never fires: these devices do not break.
func (l *line) Failed() <-chan error { return nil }

// Close stops the device; when it returns, it delivers no more. It may be called twice.
func (l *line) Close() {
	l.once.Do(func() { close(l.stop) })
	l.done.Wait()
}

// LiveCamera delivers FPS pictures a second.
type LiveCamera struct{ line }

// OpenCamera starts a camera. got is called with each picture, which it must not keep,
// and the moment it was taken.
func OpenCamera(look Look, got func(m *image.YCbCr, at time.Time)) (*LiveCamera, error) {
	c, err := NewCamera(look)
	if err != nil {
		return nil, err
	}
	l := &LiveCamera{}
	l.every(time.Second/FPS, func(at time.Time) {
		m, _ := c.Next()
		got(m, at)
	})
	return l, nil
}

// chunk is what sound devices handle at once: 20 ms.
const chunk = Rate / 50

// LiveMicrophone says the recorded sentence over and over.
type LiveMicrophone struct{ line }

// OpenMicrophone starts a microphone. got is called every 20 ms with sound that it must
// not keep.
func OpenMicrophone(got func(pcm []int16)) (*LiveMicrophone, error) {
	pcm, err := Speech()
	if err != nil {
		return nil, err
	}
	l := &LiveMicrophone{}
	at := 0
	buffer := make([]int16, chunk)
	l.every(20*time.Millisecond, func(time.Time) {
		for i := range buffer {
			buffer[i] = pcm[at]
			at = (at + 1) % len(pcm)
		}
		got(buffer)
	})
	return l, nil
}

// remembered is how much a speaker keeps.
const remembered = 30 * Rate

// LiveSpeaker pulls sound in real time and keeps the last 30 s.
type LiveSpeaker struct {
	line
	mu   sync.Mutex
	ring []int16
	n    int
}

// OpenSpeaker starts a speaker. fill is called every 20 ms to fill the buffer.
func OpenSpeaker(fill func(pcm []int16)) *LiveSpeaker {
	l := &LiveSpeaker{ring: make([]int16, remembered)}
	buffer := make([]int16, chunk)
	l.every(20*time.Millisecond, func(time.Time) {
		fill(buffer)
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, v := range buffer {
			l.ring[l.n%remembered] = v
			l.n++
		}
	})
	return l
}

// Played returns what was played last, at most 30 s.
func (l *LiveSpeaker) Played() []int16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.n <= remembered {
		return append([]int16(nil), l.ring[:l.n]...)
	}
	at := l.n % remembered
	return append(append(make([]int16, 0, remembered), l.ring[at:]...), l.ring[:at]...)
}
