//go:build linux

package netlab

import (
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"time"
)

// Line is what a cable does to packets, the same each way. The zero value is a cable
// that does nothing.
type Line struct {
	Delay time.Duration
	Loss  float64 // the part of all packets that is lost, 0 to 1
	Rate  int     // kbit/s; 0 is without bound
	// Queue is how long packets may wait for their turn when Rate is set; later ones
	// are dropped. 0 is a quarter of a second.
	Queue time.Duration
}

// usualQueue is about what home routers hold.
const usualQueue = 250 * time.Millisecond

// Shaper carries packets between two devices: the kernel need not have netem.
type Shaper struct {
	a, b io.ReadWriteCloser
	done sync.WaitGroup

	mu   sync.Mutex
	line Line
	// Dice of a known beginning: two runs lose the same packets of the same traffic.
	dice *rand.Rand
}

// newShaper begins to carry packets; Close ends it and closes both devices.
func newShaper(a, b io.ReadWriteCloser, l Line) *Shaper {
	s := &Shaper{a: a, b: b, line: l, dice: rand.New(rand.NewPCG(1, 2))}
	s.carry(a, b)
	s.carry(b, a)
	return s
}

// Set changes what the line does to packets from now on.
func (s *Shaper) Set(l Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = l
}

// Close ends the line.
func (s *Shaper) Close() error {
	err := errors.Join(s.a.Close(), s.b.Close())
	s.done.Wait()
	return err
}

// parcel is a packet and when it is to arrive.
type parcel struct {
	data []byte
	due  time.Time
}

// carry starts one direction. Packets keep their order.
func (s *Shaper) carry(from io.Reader, to io.Writer) {
	const most = 4096 // packets on their way
	way := make(chan parcel, most)
	s.done.Go(func() { // ends when the device is closed
		defer close(way)
		var free time.Time // when the line has sent what it took
		buffer := make([]byte, 65536)
		for {
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			due, ok := s.schedule(time.Now(), n, &free)
			if !ok {
				continue
			}
			select {
			case way <- parcel{append([]byte(nil), buffer[:n]...), due}:
			default: // more than any real line would hold
			}
		}
	})
	s.done.Go(func() { // ends after the reader
		for p := range way {
			time.Sleep(time.Until(p.due))
			_, _ = to.Write(p.data) // the device's own queue may be full: that is a loss too
		}
	})
}

// schedule tells when a packet of so many bytes arrives, or that it does not.
func (s *Shaper) schedule(now time.Time, size int, free *time.Time) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line.Loss > 0 && s.dice.Float64() < s.line.Loss {
		return time.Time{}, false
	}
	sent := now
	if s.line.Rate > 0 {
		queue := s.line.Queue
		if queue == 0 {
			queue = usualQueue
		}
		if free.After(now.Add(queue)) {
			return time.Time{}, false
		}
		if free.After(now) {
			sent = *free
		}
		sent = sent.Add(time.Duration(size) * 8 * time.Millisecond / time.Duration(s.line.Rate))
		*free = sent
	}
	return sent.Add(s.line.Delay), true
}
