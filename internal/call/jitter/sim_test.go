package jitter

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestMain(m *testing.M) {
	code := m.Run()
	buffer := make([]byte, 1<<20)
	buffer = buffer[:runtime.Stack(buffer, true)]
	if code == 0 && strings.Contains(string(buffer), "jitter.(*") {
		fmt.Fprintln(os.Stderr, "goroutines left behind:\n"+string(buffer))
		code = 1
	}
	os.Exit(code)
}

// sent is a packet and when it arrives, counted from the beginning.
type sent struct {
	at time.Duration
	p  *rtp.Packet
}

// network delays, loses, doubles and so reorders packets.
type network struct {
	rnd    *rand.Rand
	base   time.Duration
	jitter time.Duration
	loss   float64
	double float64
}

func (n network) carry(packets []sent) []sent {
	var out []sent
	for _, s := range packets {
		if n.rnd.Float64() < n.loss {
			continue
		}
		times := 1
		if n.rnd.Float64() < n.double {
			times = 2
		}
		for range times {
			out = append(out, sent{s.at + n.base + time.Duration(n.rnd.Float64()*float64(n.jitter)), s.p})
		}
	}
	slices.SortStableFunc(out, func(a, b sent) int { return cmp.Compare(a.at, b.at) })
	return out
}

// deliver pushes each packet at its time; it runs in a synctest bubble.
func deliver(packets []sent, push func(*rtp.Packet)) {
	start := time.Now()
	for _, s := range packets {
		time.Sleep(time.Until(start.Add(s.at)))
		push(s.p)
	}
}

// film makes VP8 packets of n frames at 30 a second, with a key frame every keyEvery.
// Each frame's bytes tell its number.
func film(rnd *rand.Rand, n, keyEvery int, seq uint16, timestamp uint32) []sent {
	var out []sent
	for i := range n {
		key := i%keyEvery == 0
		out = append(out, frame(rnd, i, key, &seq, timestamp+uint32(i)*3000, time.Duration(i)*time.Second/30)...)
	}
	return out
}

func frame(rnd *rand.Rand, i int, key bool, seq *uint16, timestamp uint32, at time.Duration) []sent {
	head := byte(1)
	parts := 1 + rnd.IntN(3)
	if key {
		head, parts = 0, 4+rnd.IntN(8)
	}
	var out []sent
	for k := range parts {
		payload := []byte{0x80, 0x80, byte(i & 0x7f)}
		if k == 0 {
			payload[0] |= 0x10
			payload = append(payload, head, byte(i>>8), byte(i))
		} else {
			payload = append(payload, byte(k))
		}
		out = append(out, sent{at + time.Duration(k)*200*time.Microsecond, &rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: *seq, Timestamp: timestamp, SSRC: 7, Marker: k == parts-1},
			Payload: payload,
		}})
		*seq++
	}
	return out
}

// number reads a frame's number back.
func number(f Frame) int { return int(f.Data[1])<<8 | int(f.Data[2]) }

// talk makes n Opus-like packets of 20 ms; bytes tell the number.
func talk(n int, seq uint16, timestamp, ssrc uint32) []sent {
	var out []sent
	for i := range n {
		out = append(out, sent{time.Duration(i) * 20 * time.Millisecond, &rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: seq + uint16(i), Timestamp: timestamp + uint32(i)*960, SSRC: ssrc},
			Payload: []byte{byte(i >> 8), byte(i), 1, 2, 3, 4, 5, 6, 7, 8},
		}})
	}
	return out
}

func spoken(b []byte) int { return int(b[0])<<8 | int(b[1]) }
