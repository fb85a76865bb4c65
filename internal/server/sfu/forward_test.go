package sfu

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"

	"ekermed.example/ekermed/internal/call/jitter"
	"ekermed.example/ekermed/internal/call/peer"
	"ekermed.example/ekermed/internal/call/wire"
)

// player is a made-up camera and microphone, and counts what plays.
type player struct {
	audio, video *webrtc.TrackLocalStaticSample
	stop         context.CancelFunc
	wg           sync.WaitGroup
	mu           sync.Mutex
	played       map[string]int // by "peer kind"
}

func newPlayer(t *testing.T) *player {
	t.Helper()
	p := &player{played: map[string]int{}}
	var err error
	if p.audio, err = webrtc.NewTrackLocalStaticSample(opus, "audio", "s"); err != nil {
		t.Fatal(err)
	}
	if p.video, err = webrtc.NewTrackLocalStaticSample(vp8, "video", "s"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	p.wg.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			_ = p.audio.WriteSample(media.Sample{Data: []byte{0xf8, 0xff, 0xfe}, Duration: 20 * time.Millisecond})
			_ = p.video.WriteSample(media.Sample{Data: append(picture()[1:], make([]byte, 60)...), Duration: 20 * time.Millisecond})
		}
	})
	return p
}

func (p *player) Tracks() []webrtc.TrackLocal { return []webrtc.TrackLocal{p.audio, p.video} }
func (p *player) KeyFrame()                   {}
func (p *player) SetRate(int)                 {}

func (p *player) count(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.played[what]++
}

func (p *player) plays(what string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.played[what]
}

func (p *player) PlayVideo(peer string, in *jitter.Video) {
	p.wg.Go(func() {
		for {
			if _, err := in.Next(context.Background()); err != nil {
				return
			}
			p.count(peer + " video")
		}
	})
}

func (p *player) PlayAudio(peer string, in *jitter.Audio) {
	p.wg.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if in.Closed() {
				return
			}
			if in.Pull().Kind == jitter.Present {
				p.count(peer + " audio")
			}
		}
	})
}

// client is the desktop's own media connection in a seat.
type client struct {
	id     string
	player *player
	seat   *Seat
	leave  func()
}

func join(t *testing.T, s *SFU, id string) *client {
	t.Helper()
	c := &client{id: id, player: newPlayer(t)}
	box := newInbox()
	p, err := peer.New(peer.Options{Media: c.player, Loopback: true, Up: func(string, wire.Kind) {}, Ready: func() {}, Down: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	if c.seat, err = s.Seat("room", id, numbers(), box.put); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		box.each(ctx, func(m wire.Message) {
			o, ok := m.(wire.Offer)
			if !ok {
				t.Errorf("%s: %+v", id, m)
				return
			}
			answer, err := p.Answer(o)
			if err != nil {
				t.Errorf("%s: %v", id, err)
				return
			}
			c.seat.Answer(answer)
		})
	})
	c.leave = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
		c.seat.Close()
		c.player.stop()
		p.Close()
		c.player.wg.Wait()
	})
	t.Cleanup(c.leave)
	return c
}

// flow waits until everybody has heard and seen n more of everybody else.
func flow(t *testing.T, n int, people ...*client) {
	t.Helper()
	type way struct {
		at   *client
		from string
	}
	want := map[way]int{}
	for _, a := range people {
		for _, b := range people {
			for _, kind := range []string{" audio", " video"} {
				if a != b {
					want[way{a, b.id + kind}] = a.player.plays(b.id+kind) + n
				}
			}
		}
	}
	for w, n := range want {
		eventually(t, w.at.id+" gets "+w.from, func() bool { return w.at.player.plays(w.from) >= n })
	}
}

// Two and three people, with the desktop's own client: everybody gets everybody else
// and nobody themselves, whoever comes and goes.
func TestForwarding(t *testing.T) {
	s := newSFU(t)
	a, b := join(t, s, "a"), join(t, s, "b")
	flow(t, 10, a, b)
	c := join(t, s, "c")
	flow(t, 10, a, b, c)
	for _, who := range []*client{a, b, c} {
		if n := who.player.plays(who.id+" audio") + who.player.plays(who.id+" video"); n > 0 {
			t.Errorf("%s gets themselves back, %d times", who.id, n)
		}
	}
	if n := s.Stats().Seats; n != 3 {
		t.Errorf("%d seats", n)
	}
	c.leave()
	flow(t, 5, a, b) // what was on its way has come
	left := a.player.plays("c audio") + a.player.plays("c video")
	flow(t, 10, a, b)
	if n := a.player.plays("c audio") + a.player.plays("c video"); n != left {
		t.Errorf("%d pieces of c after c left", n-left)
	}
	again := join(t, s, "c") // the same person, on a new connection
	flow(t, 10, a, b, again)
	if n := s.Stats(); n.Seats != 3 || n.Packets == 0 || n.Bytes == 0 {
		t.Errorf("%+v", n)
	}
}

// contiguous tells of the first hole or repetition in what came.
func contiguous(t *testing.T, r *raw, from string) {
	t.Helper()
	headers := r.packets(from)
	seen := map[uint16]bool{}
	low, high := headers[0].SequenceNumber, headers[0].SequenceNumber
	for _, h := range headers {
		if seen[h.SequenceNumber] {
			t.Errorf("%s: %d came twice", from, h.SequenceNumber)
		}
		seen[h.SequenceNumber] = true
		if int16(h.SequenceNumber-high) > 0 {
			high = h.SequenceNumber
		}
		if int16(h.SequenceNumber-low) < 0 {
			low = h.SequenceNumber
		}
	}
	if span := int(high-low) + 1; span != len(seen) {
		t.Errorf("%s: %d packets in a span of %d", from, len(seen), span)
	}
}

// A failed media connection is replaced: a higher generation, and for the others one
// stream that goes on.
func TestRenew(t *testing.T) {
	s := newSFU(t)
	a, b := sit(t, s, "a", extras{}), sit(t, s, "b", extras{silent: true})
	b.flows(t, "a video", 20)
	for range 2 { // twice within a second
		first := a.seat.Gen()
		a.seat.Renew(wire.Renew{Gen: first - 1}) // late news of an older one
		a.seat.Renew(wire.Renew{Gen: first})
		a.seat.Renew(wire.Renew{Gen: first}) // asked twice, renewed once
		eventually(t, "a new generation is answered", func() bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			return a.gen > first && a.gen == a.seat.Gen()
		})
		b.flows(t, "a video", 20)
		b.flows(t, "a audio", 20)
	}
	a.mu.Lock()
	gens := a.gens
	a.mu.Unlock()
	if len(gens) != 3 || gens[0] >= gens[1] || gens[1] >= gens[2] {
		t.Errorf("generations %v", gens)
	}
	a.stop()
	b.mu.Lock()
	streams := len(b.heard)
	b.mu.Unlock()
	if streams != 2 {
		t.Errorf("%d streams at b, want sound and picture", streams)
	}
	contiguous(t, b, "a video")
	contiguous(t, b, "a audio")
	a.stop()
	for i, h := range b.packets("a video")[1:] {
		if before := b.packets("a video")[i]; int32(h.Timestamp-before.Timestamp) < 0 && int16(h.SequenceNumber-before.SequenceNumber) > 0 {
			t.Errorf("time ran backwards: %d after %d", h.Timestamp, before.Timestamp)
		}
	}
}

// A receiver's key-frame request reaches the publisher; somebody who comes late has
// one made.
func TestKeyFrameRequests(t *testing.T) {
	s := newSFU(t)
	a, b := sit(t, s, "a", extras{}), sit(t, s, "b", extras{silent: true})
	b.flows(t, "a video", 20)
	settled := func() int {
		t.Helper()
		p := a.seat.published[1]
		eventually(t, "requests rest", func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return !p.asking && uint64(a.requests()) == s.Stats().KeyRequests
		})
		return a.requests()
	}
	before := settled()
	b.loss(t, "a video")
	eventually(t, "the publisher is asked", func() bool { return a.requests() > before })
	before = settled()
	c := sit(t, s, "c", extras{silent: true})
	eventually(t, "a request for who comes late", func() bool { return a.requests() > before })
	c.flows(t, "a video", 5)
	if b.requests() > 0 {
		t.Error("who sends no picture was asked for one")
	}
}

// What is numbered for the publisher's connection does not go to others.
func TestHeaderExtensionsAreStripped(t *testing.T) {
	s := newSFU(t)
	sit(t, s, "a", extras{extension: true})
	b := sit(t, s, "b", extras{silent: true})
	b.flows(t, "a video", 20)
	for _, h := range b.packets("a video") {
		if h.Extension || len(h.Extensions) > 0 {
			t.Fatalf("an extension went through: %+v", h)
		}
	}
}

// R44, R45: the profiles that may protect media, and those that may not.
func TestProfiles(t *testing.T) {
	for _, tt := range []struct {
		profile dtls.SRTPProtectionProfile
		taken   bool
	}{
		{dtls.SRTP_AEAD_AES_128_GCM, true}, {dtls.SRTP_AEAD_AES_256_GCM, true}, {dtls.SRTP_AES128_CM_HMAC_SHA1_80, true},
		{dtls.SRTP_AES128_CM_HMAC_SHA1_32, false}, {dtls.SRTP_NULL_HMAC_SHA1_80, false}, {dtls.SRTP_NULL_HMAC_SHA1_32, false},
	} {
		s := newSFU(t)
		a := sit(t, s, "a", extras{profiles: []dtls.SRTPProtectionProfile{tt.profile}})
		b := sit(t, s, "b", extras{silent: true})
		if tt.taken {
			b.flows(t, "a video", 5)
			continue
		}
		eventually(t, "a refused handshake", func() bool {
			return a.was(webrtc.PeerConnectionStateFailed) || a.was(webrtc.PeerConnectionStateClosed)
		})
		if a.was(webrtc.PeerConnectionStateConnected) || len(b.packets("a video")) > 0 {
			t.Errorf("%v was taken", tt.profile)
		}
	}
}

// T7: packets from an address that has proven nothing go nowhere.
func TestForeignPackets(t *testing.T) {
	s := newSFU(t)
	a, b := sit(t, s, "a", extras{}), sit(t, s, "b", extras{silent: true})
	b.flows(t, "a video", 10)
	to := s.mux.GetListenAddresses()[0]
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	forged := []byte{0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0x10}
	a.mu.Lock()
	for i, shift := range []int{24, 16, 8, 0} {
		forged[8+i] = byte(a.pcSSRC() >> shift)
	}
	a.mu.Unlock()
	for _, packet := range [][]byte{forged, {0x16, 0xfe, 0xfd}, {0, 1, 0, 0}, {0xff}, make([]byte, 1500), []byte("GET / HTTP/1.1\r\n\r\n")} {
		for range 20 {
			if _, err := c.WriteTo(packet, to); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.flows(t, "a video", 20)
	contiguous(t, b, "a video")
	for _, h := range b.packets("a video") {
		if h.SequenceNumber == 1 && h.Timestamp == 1 {
			t.Error("a forged packet came through")
		}
	}
}

// pcSSRC is what the client sends its picture under. The caller holds mu.
func (r *raw) pcSSRC() uint32 {
	for _, s := range r.pc.GetSenders() {
		if s.Track() != nil && s.Track().Kind() == webrtc.RTPCodecTypeVideo {
			return uint32(s.GetParameters().Encodings[0].SSRC)
		}
	}
	return 0
}

// Threat 6: somebody else's ClientHello, from another address, is there before the
// client's own (RFC 9147 has no defence of its own): the call comes up all the same.
func TestAForeignClientHello(t *testing.T) {
	s := newSFU(t)
	to := s.mux.GetListenAddresses()[0]
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	body := append([]byte{0xfe, 0xfd}, make([]byte, 32)...) // version, random
	body = append(body, 0, 0, 0, 2, 0xc0, 0x2b, 1, 0)       // no session, no cookie, one suite, no compression
	hello := append([]byte{1, 0, 0, byte(len(body)), 0, 0, 0, 0, 0, 0, 0, byte(len(body))}, body...)
	record := append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(len(hello))}, hello...)
	end := make(chan struct{})
	var flood sync.WaitGroup
	flood.Go(func() {
		for {
			select {
			case <-end:
				return
			case <-time.After(2 * time.Millisecond):
				_, _ = c.WriteTo(record, to)
			}
		}
	})
	sit(t, s, "a", extras{})
	b := sit(t, s, "b", extras{silent: true})
	b.flows(t, "a video", 30)
	close(end)
	flood.Wait()
	if err := c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, _, err := c.ReadFrom(make([]byte, 1500)); err == nil {
		t.Errorf("the stranger is answered with %d bytes", n)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
