package sfu

import (
	"testing"

	"github.com/pion/rtp"

	"ekermed.example/ekermed/internal/call/wire"
)

// Whatever a publisher puts into RTP, forwarding neither breaks nor lets header
// extensions through.
func FuzzForward(f *testing.F) {
	plain := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: 65535, Timestamp: 1 << 31, SSRC: 7}, Payload: picture()}
	extended := plain.Clone()
	_ = extended.SetExtension(5, []byte("secret")) // it fits
	padded := plain.Clone()
	padded.Header.Padding, padded.PaddingSize = true, 4
	for _, p := range []*rtp.Packet{plain, extended, padded} {
		b, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, uint16(3))
	}
	f.Add([]byte{0xbf, 0xff}, uint16(0))
	f.Fuzz(func(t *testing.T, b []byte, seq uint16) {
		p, walls := bound(t, 1)
		walls[0].headers = []rtp.Header{}
		p.upstream = 7
		p.shift.restart()
		var packet rtp.Packet
		if packet.Unmarshal(b) != nil {
			return // pion drops it before us
		}
		p.forward(&packet, 7)
		p.shift.restart()
		p.forward(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: seq}}, 7)
		if len(walls[0].headers) != 2 {
			t.Fatalf("%d packets came out", len(walls[0].headers))
		}
		first, second := walls[0].headers[0], walls[0].headers[1]
		if first.Extension || second.SequenceNumber != first.SequenceNumber+1 {
			t.Fatalf("%+v then %+v", first, second)
		}
		if _, err := first.Marshal(); err != nil {
			t.Fatal(err)
		}
	})
}

// Whatever a client answers, the seat says yes or no and lives on.
func FuzzAnswer(f *testing.F) {
	s := newSFU(f)
	seat, _, o := offered(f, s, "seed")
	f.Add(answerTo(f, o))
	f.Add("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n")
	seat.Close()
	f.Fuzz(func(t *testing.T, sdp string) {
		seat, box, o := offered(t, s, "fuzz")
		defer seat.Close()
		seat.Answer(wire.Answer{Gen: o.Gen, Round: o.Round, SDP: sdp})
		seat.Renew(wire.Renew{Gen: o.Gen})
		settle(t, seat)
		if last, _ := got[wire.Offer](box); last.Gen <= o.Gen {
			t.Fatalf("no new connection after %q", sdp)
		}
	})
}
