package sfu

import (
	"fmt"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// BenchmarkForward is one publisher's packet to n receivers. bare counts what is our
// own: the shift of the header and the loop over receivers. srtp goes on to sealed
// packets on n real connections, whose receiving ends share the processor.
func BenchmarkForward(b *testing.B) {
	for _, n := range []int{1, 5, 20} {
		b.Run(fmt.Sprintf("bare/%d", n), func(b *testing.B) {
			p, _ := bound(b, n)
			forward(b, p, n)
		})
	}
	for _, n := range []int{1, 5, 20} {
		b.Run(fmt.Sprintf("srtp/%d", n), func(b *testing.B) {
			s := newSFU(b)
			from := sit(b, s, "publisher", extras{silent: true})
			for i := range n {
				r := sit(b, s, fmt.Sprint(i), extras{silent: true})
				eventually(b, "a connection", func() bool { return r.was(webrtc.PeerConnectionStateConnected) })
			}
			forward(b, from.seat.published[1], n)
		})
	}
}

func forward(b *testing.B, p *published, n int) {
	p.mu.Lock()
	p.upstream = 7
	p.mu.Unlock()
	payload := make([]byte, 1100)
	copy(payload, picture())
	packet := &rtp.Packet{}
	seq := uint16(0)
	b.ReportAllocs()
	for b.Loop() {
		seq++
		packet.Header = rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: seq, Timestamp: uint32(seq) * 90, SSRC: 7}
		packet.Payload = payload
		if !p.forward(packet, 7) {
			b.Fatal("not forwarded")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/receiver")
}
