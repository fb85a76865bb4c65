package run

import (
	"bytes"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call/peer"
	"ekermed.example/ekermed/internal/call/seal"
	"ekermed.example/ekermed/internal/call/wire"
)

// forwarder is a server that lies: it hands RTP on from one side to the other, and may
// change it first.
type forwarder struct {
	t       *testing.T
	in, out *webrtc.PeerConnection
	tracks  map[webrtc.RTPCodecType]*webrtc.TrackLocalStaticRTP
	// bend changes a packet; nil hands it on.
	bend atomic.Pointer[func(kind webrtc.RTPCodecType, p *rtp.Packet)]

	mu   sync.Mutex
	kept map[webrtc.RTPCodecType][]*rtp.Packet // what was handed on
	next map[webrtc.RTPCodecType]uint16
}

func newForwarder(t *testing.T) *forwarder {
	t.Helper()
	f := &forwarder{t: t, tracks: map[webrtc.RTPCodecType]*webrtc.TrackLocalStaticRTP{}, kept: map[webrtc.RTPCodecType][]*rtp.Packet{}, next: map[webrtc.RTPCodecType]uint16{}}
	var set webrtc.SettingEngine
	set.SetIncludeLoopbackCandidate(true)
	api := webrtc.NewAPI(webrtc.WithSettingEngine(set), webrtc.WithMediaEngine(codecs(t)))
	for _, pc := range []**webrtc.PeerConnection{&f.in, &f.out} {
		var err error
		if *pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { (*pc).Close() })
	}
	for kind, mime := range map[webrtc.RTPCodecType]string{webrtc.RTPCodecTypeAudio: webrtc.MimeTypeOpus, webrtc.RTPCodecTypeVideo: webrtc.MimeTypeVP8} {
		if _, err := f.in.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, kind.String(), "anne")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.out.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			t.Fatal(err)
		}
		f.tracks[kind] = track
	}
	f.in.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			f.hand(t.Kind(), p)
		}
	})
	return f
}

func codecs(t *testing.T) *webrtc.MediaEngine {
	t.Helper()
	var m webrtc.MediaEngine
	for _, c := range []struct {
		mime string
		rate uint32
		kind webrtc.RTPCodecType
	}{{webrtc.MimeTypeOpus, 48000, webrtc.RTPCodecTypeAudio}, {webrtc.MimeTypeVP8, 90000, webrtc.RTPCodecTypeVideo}} {
		p := webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: c.mime, ClockRate: c.rate}, PayloadType: 96}
		if c.kind == webrtc.RTPCodecTypeAudio {
			p.Channels, p.PayloadType = 2, 111
		}
		if err := m.RegisterCodec(p, c.kind); err != nil {
			t.Fatal(err)
		}
	}
	return &m
}

func (f *forwarder) hand(kind webrtc.RTPCodecType, p *rtp.Packet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept[kind] = append(f.kept[kind], p.Clone())
	if bend := f.bend.Load(); bend != nil {
		(*bend)(kind, p)
	}
	f.write(kind, p)
}

// write sends with numbers that look honest.
func (f *forwarder) write(kind webrtc.RTPCodecType, p *rtp.Packet) {
	f.next[kind]++
	p.SequenceNumber = f.next[kind]
	p.Extension, p.Extensions = false, nil
	_ = f.tracks[kind].WriteRTP(p)
}

// replay sends what was handed on before once more, as if it were new.
func (f *forwarder) replay(from, to int) {
	for kind := range f.tracks {
		f.mu.Lock()
		all := f.kept[kind]
		last := all[len(all)-1].Timestamp
		for i, p := range all[from:to] {
			again := p.Clone()
			again.Timestamp = last + uint32(i+1)*960
			f.write(kind, again)
		}
		f.mu.Unlock()
	}
}

func (f *forwarder) connect(pc *webrtc.PeerConnection, p *peer.Peer) {
	f.t.Helper()
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		f.t.Fatal(err)
	}
	<-gathered
	answer, err := p.Answer(wire.Offer{Gen: 1, Round: 1, SDP: pc.LocalDescription().SDP})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.SDP}); err != nil {
		f.t.Fatal(err)
	}
}

// Threat 16: a server that flips bits, or sends old frames again, gets nothing shown or
// played; when it behaves, the call goes on.
func TestAForwarderThatLies(t *testing.T) {
	f := newForwarder(t)
	anne, yann := newPlayer(t), newPlayer(t)
	defer anne.Close()
	defer yann.Close()
	sender, receiver := agreedPair(t)
	anne.SealWith(sender.Sender().Seal)
	yann.SealWith(receiver.Sender().Seal)
	quiet := func(o peer.Options) peer.Options {
		o.Loopback, o.Up, o.Ready, o.Down = true, func(string, wire.Kind) {}, func() {}, func() {}
		return o
	}
	from, err := peer.New(quiet(peer.Options{Media: anne}))
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := peer.New(quiet(peer.Options{Media: yann, Open: func(from string, kind wire.Kind) func([]byte) ([]byte, error) {
		return receiver.Receiver(from).Stream(kind).Open
	}}))
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	f.connect(f.in, from)
	f.connect(f.out, to)

	flows := func(what string) {
		t.Helper()
		frames, units := yann.frames.Load(), yann.units.Load()
		for end := time.Now().Add(15 * time.Second); yann.frames.Load() < frames+20 || yann.units.Load() < units+20; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: %d pictures and %d units of sound", what, yann.frames.Load()-frames, yann.units.Load()-units)
			}
		}
	}
	nothing := func(what string) {
		t.Helper()
		time.Sleep(700 * time.Millisecond) // what is on its way, and what is buffered
		frames, units := yann.frames.Load(), yann.units.Load()
		refused := receiver.Receiver("anne").Counts()
		time.Sleep(1500 * time.Millisecond)
		if a, b := yann.frames.Load()-frames, yann.units.Load()-units; a != 0 || b != 0 {
			t.Errorf("%s: %d pictures and %d units of sound are shown", what, a, b)
		}
		if now := receiver.Receiver("anne").Counts(); what != "silence" && now.Refused+now.NoKey <= refused.Refused+refused.NoKey {
			t.Errorf("%s: nothing was even tried: %+v", what, now)
		}
	}
	flows("an honest server")
	flip := func(kind webrtc.RTPCodecType, p *rtp.Packet) {
		if n := len(p.Payload); n > 8 {
			p.Payload[n/2] ^= 1
		}
	}
	f.bend.Store(&flip)
	nothing("flipped bits")
	f.bend.Store(nil)
	flows("after flipped bits")
	clearBit := func(kind webrtc.RTPCodecType, p *rtp.Packet) {
		if kind == webrtc.RTPCodecTypeVideo && len(p.Payload) > 8 {
			// The byte in clear, behind a descriptor with a picture id (RFC 7741, section 4.2).
			p.Payload[3+p.Payload[2]>>7] ^= 2
		} else if kind == webrtc.RTPCodecTypeAudio {
			p.Payload = bytes.Clone([]byte{0xf8, 0xff, 0xfe}) // made up
		}
	}
	f.bend.Store(&clearBit)
	nothing("a changed clear byte, made-up sound")
	f.bend.Store(nil)
	flows("after changed clear bytes")

	// Old frames again, beside nothing new: the sender is held back.
	hold := func(_ webrtc.RTPCodecType, p *rtp.Packet) { p.Payload = nil }
	f.bend.Store(&hold)
	time.Sleep(time.Second)
	stop := make(chan struct{})
	var again sync.WaitGroup
	again.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
				f.replay(i%4*5, i%4*5+5)
			}
		}
	})
	nothing("old frames again")
	close(stop)
	again.Wait()
	f.bend.Store(nil)
	flows("after old frames")
}

// agreedPair are the keys of two people who agreed with each other.
func agreedPair(t *testing.T) (anne, yann *seal.Group) {
	t.Helper()
	var queue []func()
	groups := map[string]*seal.Group{}
	for self, other := range map[string]string{"anne": "yann", "yann": "anne"} {
		g, err := seal.NewGroup(seal.Options{KeyFrame: func() {}, Now: time.Now, Send: func(m wire.Message) {
			queue = append(queue, func() { groups[other].Receive(from(m, self)) })
		}})
		if err != nil {
			t.Fatal(err)
		}
		groups[self] = g
	}
	for self, other := range map[string]string{"anne": "yann", "yann": "anne"} {
		groups[self].Enter(self, 0, true)
		groups[self].Members([]seal.Member{{ID: other, Keys: true, Seal: true}})
	}
	for len(queue) > 0 {
		do := queue[0]
		queue = queue[1:]
		do()
	}
	return groups["anne"], groups["yann"]
}

// from is the message as its addressee gets it.
func from(m wire.Message, peer string) wire.Message {
	switch m := m.(type) {
	case wire.Commit:
		m.Peer = peer
		return m
	case wire.Reveal:
		m.Peer = peer
		return m
	case wire.Encapsulate:
		m.Peer = peer
		return m
	case wire.Sealed:
		m.Peer = peer
		return m
	}
	return m
}
