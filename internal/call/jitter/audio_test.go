package jitter

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

// heard is what the loudspeaker got.
type heard struct {
	kinds  []Kind
	played []int // numbers of the packets played, in order
	at     []time.Duration
	fec    int // lost units that came with the next packet
	stats  AudioStats
	most   time.Duration // the greatest delay
}

// listen pulls every 20 ms while packets arrive, for as long as there are packets.
func listen(t *testing.T, packets []sent, skew float64) (h heard) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAudio()
		end := packets[len(packets)-1].at + 200*time.Millisecond
		done := make(chan struct{})
		go func() {
			defer close(done)
			deliver(packets, a.Push)
		}()
		start := time.Now()
		tick := time.Duration(float64(20*time.Millisecond) * skew)
		for at := 7 * time.Millisecond; at < end; at += tick {
			time.Sleep(time.Until(start.Add(at)))
			u := a.Pull()
			h.kinds = append(h.kinds, u.Kind)
			switch u.Kind {
			case Present:
				h.played = append(h.played, spoken(u.Payload))
				h.at = append(h.at, at)
			case Lost:
				if u.Next != nil {
					h.fec++
				}
			}
			h.most = max(h.most, a.Stats().Delay)
		}
		<-done
		h.stats = a.Stats()
		a.Close()
		if u := a.Pull(); u.Kind != Empty || !a.Closed() {
			t.Error("sound after Close")
		}
	})
	return h
}

func ascending(t *testing.T, played []int) {
	t.Helper()
	for i := 1; i < len(played); i++ {
		if played[i] <= played[i-1] {
			t.Fatalf("packet %d after %d", played[i], played[i-1])
		}
	}
}

func (h *heard) count(k Kind) (n int) {
	for _, x := range h.kinds {
		if x == k {
			n++
		}
	}
	return n
}

func TestAudioConditions(t *testing.T) {
	const n = 1500 // half a minute
	for name, c := range map[string]struct {
		jitter       time.Duration
		loss, double float64
		skew         float64
		seq          uint16
		timestamp    uint32
		playedLeast  int
		delayMost    time.Duration // of the target at the end
	}{
		"clean":          {playedLeast: n - 15, delayMost: 40 * time.Millisecond},
		"wrap":           {seq: 65000, timestamp: 1<<32 - 200*960, playedLeast: n - 15, delayMost: 40 * time.Millisecond},
		"jitter 30 ms":   {jitter: 30 * time.Millisecond, playedLeast: n - 60, delayMost: 80 * time.Millisecond},
		"jitter 100 ms":  {jitter: 100 * time.Millisecond, playedLeast: n - 120, delayMost: 180 * time.Millisecond},
		"loss 5 %":       {loss: 0.05, playedLeast: n * 92 / 100, delayMost: 60 * time.Millisecond},
		"loss 20 %":      {loss: 0.2, jitter: 20 * time.Millisecond, playedLeast: n * 74 / 100, delayMost: 100 * time.Millisecond},
		"doubled":        {double: 1, jitter: 10 * time.Millisecond, playedLeast: n - 30, delayMost: 60 * time.Millisecond},
		"slow speaker":   {skew: 1.0005, playedLeast: n - 40, delayMost: 60 * time.Millisecond},
		"fast speaker":   {skew: 0.9995, playedLeast: n - 40, delayMost: 60 * time.Millisecond},
		"a bad computer": {skew: 1.005, jitter: 20 * time.Millisecond, playedLeast: n - 80, delayMost: 80 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(5, 6))
			if c.skew == 0 {
				c.skew = 1
			}
			packets := network{rnd: rnd, base: 30 * time.Millisecond, jitter: c.jitter, loss: c.loss, double: c.double}.
				carry(talk(n, c.seq, c.timestamp, 5))
			h := listen(t, packets, c.skew)
			ascending(t, h.played)
			t.Logf("played %d, lost units %d (%d with the next), most %v, %+v", len(h.played), h.count(Lost), h.fec, h.most, h.stats)
			if len(h.played) < c.playedLeast {
				t.Errorf("played %d, want %d", len(h.played), c.playedLeast)
			}
			if h.stats.Target > c.delayMost {
				t.Errorf("target %v, want at most %v", h.stats.Target, c.delayMost)
			}
			if h.stats.Delay > h.stats.Target+100*time.Millisecond {
				t.Errorf("delay %v for a target of %v", h.stats.Delay, h.stats.Target)
			}
			if c.loss > 0 && h.fec < h.count(Lost)/3 {
				t.Errorf("%d of %d lost units can be recovered", h.fec, h.count(Lost))
			}
		})
	}
}

func TestAudioProperty(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 17))
		net := network{rnd: rnd, jitter: time.Duration(rnd.IntN(200)) * time.Millisecond, loss: rnd.Float64() * 0.3, double: rnd.Float64() * 0.3}
		h := listen(t, net.carry(talk(600, uint16(rnd.Uint32()), rnd.Uint32(), 5)), 0.998+rnd.Float64()*0.004)
		ascending(t, h.played)
		if float64(len(h.played)) < 600*(1-net.loss)*0.7 {
			t.Errorf("seed %d: %d played of 600, jitter %v, loss %.2f, %+v", seed, len(h.played), net.jitter, net.loss, h.stats)
		}
		if h.most > 900*time.Millisecond {
			t.Errorf("seed %d: delay %v", seed, h.most)
		}
	}
}

// A second without a network, then everything at once: the delay must not stay.
func TestAudioStallAndBurst(t *testing.T) {
	packets := talk(600, 1, 0, 5)
	for i := range packets {
		if at := packets[i].at; at > 4*time.Second && at < 5*time.Second {
			packets[i].at = 5 * time.Second
		}
	}
	h := listen(t, packets, 1)
	ascending(t, h.played)
	if last := h.played[len(h.played)-1]; last < 590 {
		t.Errorf("the last packet played is %d", last)
	}
	if h.stats.Delay > 600*time.Millisecond {
		t.Errorf("delay %v after the stall, %+v", h.stats.Delay, h.stats)
	}
}

// A sender that pauses (discontinuous transmission) keeps its numbers and lets its
// timestamps run: nothing is lost, and the rhythm stays.
func TestAudioPause(t *testing.T) {
	var packets []sent
	seq := uint16(3)
	for i := range 600 {
		if i%100 > 60 && i%20 != 0 {
			continue // one packet every 400 ms
		}
		packets = append(packets, sent{time.Duration(i) * 20 * time.Millisecond, &rtp.Packet{
			Header:  rtp.Header{SequenceNumber: seq, Timestamp: uint32(i) * 960, SSRC: 5},
			Payload: []byte{byte(i >> 8), byte(i), 0, 0},
		}})
		seq++
	}
	h := listen(t, packets, 1)
	ascending(t, h.played)
	if len(h.played) < len(packets)-12 || h.stats.Lost != 0 {
		t.Errorf("played %d of %d, %+v", len(h.played), len(packets), h.stats)
	}
	// Each packet is played at the same distance from its timestamp, give or take.
	least, most := time.Hour, time.Duration(0)
	for i, n := range h.played {
		d := h.at[i] - time.Duration(n)*20*time.Millisecond
		least, most = min(least, d), max(most, d)
	}
	if most-least > 150*time.Millisecond {
		t.Errorf("delays from %v to %v", least, most)
	}
}

// Muted for a minute, then speaking again: played at once, without a minute of silence.
func TestAudioLongPause(t *testing.T) {
	packets := talk(100, 1, 0, 5)
	for i, s := range talk(100, 101, 160*48000, 5) {
		s.at += 62 * time.Second
		s.p.Payload[1] = byte(100 + i)
		packets = append(packets, s)
	}
	h := listen(t, packets, 1)
	ascending(t, h.played)
	if len(h.played) < 190 {
		t.Errorf("played %d of 200, %+v", len(h.played), h.stats)
	}
}

// A sender that starts anew, with another source and other numbers.
func TestAudioNewSource(t *testing.T) {
	packets := talk(200, 60000, 1<<31, 5)
	for i, s := range talk(200, 9, 33, 6) {
		s.at += 4 * time.Second
		s.p.Payload[0], s.p.Payload[1] = byte((300+i)>>8), byte(300+i)
		packets = append(packets, s)
	}
	h := listen(t, packets, 1)
	ascending(t, h.played)
	if len(h.played) < 380 || h.played[len(h.played)-1] < 490 {
		t.Errorf("played %d, %+v", len(h.played), h.stats)
	}
}

// Packets of 40 ms are pulled one at a time by whoever plays them out.
func TestAudioOtherPacketLength(t *testing.T) {
	a := NewAudio()
	for i := range 10 {
		a.Push(&rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i), Timestamp: uint32(i) * 1920}, Payload: []byte{0, byte(i)}})
	}
	next := -1
	for range 14 {
		if u := a.Pull(); u.Kind == Present {
			if next >= 0 && spoken(u.Payload) != next {
				t.Errorf("packet %d, want %d", spoken(u.Payload), next)
			}
			next = spoken(u.Payload) + 1
		}
	}
	if next != 10 {
		t.Errorf("ended at %d", next)
	}
}

// Any packets: no panic, no packet twice, bounded memory.
func FuzzAudio(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0, 1, 1, 1, 0, 3, 3, 0})
	f.Add([]byte("\x00001\x00  9"))
	f.Add([]byte{255, 255, 255, 1, 0, 0, 0, 0, 0, 9, 0, 2, 128, 0, 4, 9})
	f.Fuzz(func(t *testing.T, in []byte) {
		a := NewAudio()
		a.Push(nil)
		for len(in) >= 4 {
			a.Push(&rtp.Packet{
				Header:  rtp.Header{SequenceNumber: uint16(in[0])<<8 | uint16(in[1]), Timestamp: uint32(in[2]) << 20, SSRC: uint32(in[3] & 1)},
				Payload: in[:in[3]%5%4],
			})
			for range in[3] >> 5 {
				u := a.Pull()
				if (u.Kind == Present) != (u.Payload != nil) {
					t.Errorf("%+v", u)
				}
			}
			in = in[4:]
		}
		for range 300 {
			a.Pull()
		}
	})
}

func BenchmarkAudio(b *testing.B) {
	a := NewAudio()
	p := &rtp.Packet{Payload: make([]byte, 90)}
	b.ReportAllocs()
	for i := range b.N {
		p.SequenceNumber, p.Timestamp = uint16(i), uint32(i)*960
		a.Push(p)
		a.Pull()
	}
}
