package sfu

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call/wire"
)

// wall is a receiver without a network: it keeps headers.
type wall struct {
	headers []rtp.Header
	ssrc    webrtc.SSRC
	count   int
}

func (w *wall) CodecParameters() []webrtc.RTPCodecParameters {
	return []webrtc.RTPCodecParameters{{RTPCodecCapability: vp8, PayloadType: 120}}
}
func (w *wall) HeaderExtensions() []webrtc.RTPHeaderExtensionParameter { return nil }
func (w *wall) SSRC() webrtc.SSRC                                      { return w.ssrc }
func (w *wall) SSRCRetransmission() webrtc.SSRC                        { return 0 }
func (w *wall) SSRCForwardErrorCorrection() webrtc.SSRC                { return 0 }
func (w *wall) WriteStream() webrtc.TrackLocalWriter                   { return w }
func (w *wall) ID() string                                             { return "wall" + string(rune('a'+w.ssrc)) }
func (w *wall) RTCPReader() interceptor.RTCPReader                     { return nil }
func (w *wall) Write(b []byte) (int, error)                            { return len(b), nil }
func (w *wall) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	if w.count++; w.headers != nil {
		w.headers = append(w.headers, h.Clone())
	}
	return len(payload), nil
}

func bound(t testing.TB, n int) (*published, []*wall) {
	t.Helper()
	p, err := newPublished(wire.Video, "peer", &counters{})
	if err != nil {
		t.Fatal(err)
	}
	var walls []*wall
	for i := range n {
		w := &wall{ssrc: webrtc.SSRC(i + 1)}
		if _, err := p.out.Bind(w); err != nil {
			t.Fatal(err)
		}
		walls = append(walls, w)
	}
	return p, walls
}

func TestForwardRewrites(t *testing.T) {
	p, walls := bound(t, 2)
	for _, w := range walls {
		w.headers = []rtp.Header{}
	}
	p.upstream = 7
	packet := &rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 7, PayloadType: 96, SequenceNumber: 5, Timestamp: 9, Marker: true}, Payload: []byte{1, 2}}
	if err := packet.SetExtension(5, []byte("secret")); err != nil {
		t.Fatal(err)
	}
	if !p.forward(packet, 7) {
		t.Fatal("not forwarded")
	}
	if p.forward(&rtp.Packet{}, 8) {
		t.Error("a source that has been replaced was forwarded")
	}
	for _, w := range walls {
		if len(w.headers) != 1 {
			t.Fatalf("%d packets", len(w.headers))
		}
		h := w.headers[0]
		if h.SSRC != uint32(w.ssrc) || h.PayloadType != 120 || h.SequenceNumber != 5 || h.Timestamp != 9 || !h.Marker || h.Extension || len(h.Extensions) > 0 {
			t.Errorf("%+v", h)
		}
	}
	if n := p.counts.packets.Load(); n != 1 || p.counts.bytes.Load() != 2 {
		t.Errorf("counted %d packets", n)
	}
}

func TestContinuity(t *testing.T) {
	start := time.Unix(1000, 0)
	c := continuity{rate: 90000}
	apply := func(seq uint16, stamp uint32, after time.Duration) (uint16, uint32, bool) {
		h := rtp.Header{SequenceNumber: seq, Timestamp: stamp}
		ok := c.apply(&h, start.Add(after))
		return h.SequenceNumber, h.Timestamp, ok
	}
	c.restart()
	for _, tt := range []struct {
		name      string
		restart   bool
		seq       uint16
		stamp     uint32
		after     time.Duration
		wantSeq   uint16
		wantStamp uint32
		drop      bool
	}{
		{"the first goes as it is", false, 65534, 4294967000, 0, 65534, 4294967000, false},
		{"and on", false, 65535, 100, 10 * time.Millisecond, 65535, 100, false},
		{"over the wrap", false, 0, 1000, 20 * time.Millisecond, 0, 1000, false},
		{"one that was late", false, 65533, 4294966000, 25 * time.Millisecond, 65533, 4294966000, false},
		{"another source", true, 30000, 5, time.Second, 1, 1000 + 88200, false},
		{"and on", false, 30001, 3005, time.Second, 2, 1000 + 88200 + 3000, false},
		{"a hole stays a hole", false, 30005, 6005, time.Second, 6, 1000 + 88200 + 6000, false},
		{"what came before its first is dropped", false, 29999, 5, time.Second, 0, 0, true},
		{"a third, at once", true, 7, 7, time.Second, 7, 1000 + 88200 + 6000 + 90, false},
	} {
		if tt.restart {
			c.restart()
		}
		seq, stamp, ok := apply(tt.seq, tt.stamp, tt.after)
		if ok == tt.drop || ok && (seq != tt.wantSeq || stamp != tt.wantStamp) {
			t.Errorf("%s: %d %d %v, want %d %d", tt.name, seq, stamp, ok, tt.wantSeq, tt.wantStamp)
		}
	}
}

// Whatever the sources, one after the other, with holes, wraps and reordering: what
// goes out never uses a number twice (SRTP would encrypt two packets with one key
// stream), and a stream without losses leaves no hole.
func TestContinuityHolds(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		c := continuity{rate: 48000}
		now := time.Unix(0, 0)
		ordered := seed%2 == 0
		var last, count int64
		sent := map[int64]bool{}
		high := uint16(0)
		for range 1 + random.IntN(6) {
			c.restart()
			first, stamp := uint16(random.Uint32()), random.Uint32()
			order := make([]int, 1+random.IntN(400))
			for i := range order {
				order[i] = i
			}
			if !ordered { // each may swap with a near one
				for i := range order {
					if j := i + random.IntN(4); j < len(order) {
						order[i], order[j] = order[j], order[i]
					}
				}
			}
			if random.IntN(4) == 0 { // long enough to wrap
				for i := range order {
					order[i] += i * 400
				}
			}
			holes := order[len(order)-1] >= 400
			for _, k := range order {
				now = now.Add(time.Millisecond)
				h := rtp.Header{SequenceNumber: first + uint16(k), Timestamp: stamp + uint32(k)*960}
				before := c.stamp
				if !c.apply(&h, now) {
					if ordered {
						t.Fatalf("seed %d: packet %d of an orderly source was dropped", seed, k)
					}
					continue
				}
				if count == 0 {
					last, high = int64(h.SequenceNumber), h.SequenceNumber
				}
				extended := last + int64(int16(h.SequenceNumber-high))
				if sent[extended] {
					t.Fatalf("seed %d: %d was used twice", seed, extended)
				}
				sent[extended] = true
				if extended > last {
					if ordered && !holes && extended != last+1 {
						t.Fatalf("seed %d: %d after %d", seed, extended, last)
					}
					if count > 0 && int32(h.Timestamp-before) <= 0 {
						t.Fatalf("seed %d: time %d after %d", seed, h.Timestamp, before)
					}
					last, high = extended, h.SequenceNumber
				}
				count++
			}
		}
	}
}

// However many receivers wish for a key frame, the publisher is asked once every
// keyEvery, and a wish is never lost.
func TestWishesAreOneWish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := bound(t, 0)
		asked := 0 // under p.mu, as ask is called
		p.upstream, p.ask = 7, func(ssrc uint32) {
			if asked++; ssrc != 7 {
				t.Errorf("asked %d", ssrc)
			}
		}
		count := func() int {
			p.mu.Lock()
			defer p.mu.Unlock()
			return asked
		}
		time.Sleep(time.Second)
		for range 100 {
			p.askKey()
		}
		if n := count(); n != 1 {
			t.Fatalf("at once: %d", n)
		}
		time.Sleep(keyEvery + time.Millisecond)
		if n := count(); n != 2 {
			t.Errorf("after %s: %d", keyEvery, n)
		}
		time.Sleep(time.Minute)
		if n := count(); n != 2 {
			t.Errorf("asked without a wish: %d", n)
		}
		for range 10_000 { // a second of PLI every 100 µs
			p.askKey()
			time.Sleep(100 * time.Microsecond)
		}
		if n := count() - 2; n < 3 || n > 5 {
			t.Errorf("%d requests in a second", n)
		}
		p.mu.Lock()
		p.ask = nil // the publisher went away with a wish still owed
		p.mu.Unlock()
		time.Sleep(time.Second)
		p.askKey()
		sound, err := newPublished(wire.Audio, "peer", &counters{})
		if err != nil {
			t.Fatal(err)
		}
		sound.ask = func(uint32) { t.Error("sound has no key frames") }
		sound.askKey()
	})
}
