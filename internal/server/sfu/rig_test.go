package sfu

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"ekermed.example/ekermed/internal/call/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newSFU(t testing.TB) *SFU {
	t.Helper()
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{UDP: udp, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// inbox is an out that never blocks and keeps what came, in order.
type inbox struct {
	mu   sync.Mutex
	all  []wire.Message
	news chan struct{}
}

func newInbox() *inbox { return &inbox{news: make(chan struct{}, 1)} }

func (i *inbox) put(m wire.Message) {
	i.mu.Lock()
	i.all = append(i.all, m)
	i.mu.Unlock()
	select {
	case i.news <- struct{}{}:
	default:
	}
}

func (i *inbox) list() []wire.Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.all)
}

func got[T wire.Message](i *inbox) (T, bool) {
	for _, m := range slices.Backward(i.list()) {
		if m, ok := m.(T); ok {
			return m, true
		}
	}
	var none T
	return none, false
}

// each hands every message to do, one after the other, until ctx ends.
func (i *inbox) each(ctx context.Context, do func(wire.Message)) {
	for read := 0; ; {
		for _, m := range i.list()[read:] {
			do(m)
			read++
		}
		select {
		case <-i.news:
		case <-ctx.Done():
			return
		}
	}
}

// raw is a client whose packets are looked at one by one.
type raw struct {
	id           string
	seat         *Seat
	box          *inbox
	audio, video *webrtc.TrackLocalStaticRTP
	api          *webrtc.API
	stop         context.CancelFunc
	reading      sync.WaitGroup // may still open a connection
	wg           sync.WaitGroup // ends with the connections

	mu     sync.Mutex
	pc     *webrtc.PeerConnection
	begun  chan struct{} // see peer.Peer
	gen    uint32
	gens   []uint32
	states []webrtc.PeerConnectionState
	offers []string
	keys   int                     // key-frame requests heard
	heard  map[string][]rtp.Header // by "peer kind"
	ssrc   map[string]uint32
}

type extras struct {
	profiles  []dtls.SRTPProtectionProfile
	extension bool // put a header extension on what is sent
	silent    bool // send nothing
	watch     bool // only receive, as far as the server is concerned
}

func sit(t testing.TB, s *SFU, id string, with extras) *raw {
	t.Helper()
	r := &raw{id: id, box: newInbox(), heard: map[string][]rtp.Header{}, ssrc: map[string]uint32{}}
	var media webrtc.MediaEngine
	var chain interceptor.Registry
	var set webrtc.SettingEngine
	set.LoggerFactory = quiet()
	set.SetIncludeLoopbackCandidate(true)
	set.SetDTLSRetransmissionInterval(100 * time.Millisecond)
	if with.profiles != nil {
		set.SetSRTPProtectionProfiles(with.profiles...)
	}
	for _, err := range []error{
		media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: opus, PayloadType: 111}, webrtc.RTPCodecTypeAudio),
		media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: vp8, PayloadType: 96}, webrtc.RTPCodecTypeVideo),
		webrtc.ConfigureNack(&media, &chain),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.api = webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(&chain), webrtc.WithSettingEngine(set))
	var err error
	if r.audio, err = webrtc.NewTrackLocalStaticRTP(opus, "audio", "s"); err != nil {
		t.Fatal(err)
	}
	if r.video, err = webrtc.NewTrackLocalStaticRTP(vp8, "video", "s"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	take := s.Seat
	if with.watch {
		take = s.Watch
	}
	if r.seat, err = take("room", id, numbers(), r.box.put); err != nil {
		t.Fatal(err)
	}
	r.reading.Go(func() {
		r.box.each(ctx, func(m wire.Message) {
			if o, ok := m.(wire.Offer); ok {
				// A connection may close itself while it answers: its handshake was refused.
				if err := r.answer(o); err != nil && ctx.Err() == nil && !errors.Is(err, webrtc.ErrConnectionClosed) {
					t.Errorf("%s: %v", id, err)
				}
			}
		})
	})
	if !with.silent {
		r.wg.Go(func() { r.talk(ctx, with.extension) })
	}
	t.Cleanup(r.leave)
	return r
}

// leave gets up and hangs up.
func (r *raw) leave() {
	r.stop()
	r.reading.Wait()
	r.seat.Close()
	r.mu.Lock()
	pc := r.pc
	r.mu.Unlock()
	if pc != nil {
		_ = pc.Close()
	}
	r.wg.Wait()
}

// picture is the first bytes of a VP8 key frame (RFC 6386 section 9.1) with its
// descriptor (RFC 7741 section 4.2).
func picture() []byte { return []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00} }

func (r *raw) talk(ctx context.Context, extension bool) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var start [4]byte
	rand.Read(start[:])
	seq, stamp := binary.BigEndian.Uint16(start[:]), binary.BigEndian.Uint32(start[:])
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		seq, stamp = seq+1, stamp+450
		for _, track := range []*webrtc.TrackLocalStaticRTP{r.audio, r.video} {
			p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: stamp, Marker: true}, Payload: picture()}
			if extension {
				_ = p.SetExtension(5, []byte("secret")) // it fits
			}
			_ = track.WriteRTP(p) // nobody connected yet
		}
	}
}

func (r *raw) answer(o wire.Offer) error {
	r.mu.Lock()
	r.offers = append(r.offers, o.SDP)
	pc, gen, begun := r.pc, r.gen, r.begun
	r.mu.Unlock()
	if pc == nil || gen != o.Gen {
		if pc != nil {
			_ = pc.Close()
		}
		var err error
		if pc, err = r.connect(); err != nil {
			return err
		}
		r.mu.Lock()
		r.pc, r.gen, r.gens = pc, o.Gen, append(r.gens, o.Gen)
		r.mu.Unlock()
	} else {
		select {
		case <-begun:
		case <-time.After(time.Second): // closed meanwhile
		}
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.SDP}); err != nil {
		return err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	if err := pc.SetLocalDescription(answer); err != nil {
		return err
	}
	r.seat.Answer(wire.Answer{Gen: o.Gen, Round: o.Round, SDP: answer.SDP})
	return nil
}

func (r *raw) connect() (*webrtc.PeerConnection, error) {
	pc, err := r.api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, err
	}
	for _, track := range []*webrtc.TrackLocalStaticRTP{r.audio, r.video} {
		line, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return nil, err
		}
		r.wg.Go(func() { r.listen(line.Sender()) })
	}
	begun := make(chan struct{})
	r.mu.Lock()
	r.begun = begun
	r.mu.Unlock()
	begin := sync.OnceFunc(func() { close(begun) })
	pc.OnICEConnectionStateChange(func(webrtc.ICEConnectionState) { begin() })
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.states = append(r.states, s)
	})
	pc.OnTrack(func(t *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		r.wg.Go(func() { drain(receiver) })
		from := t.StreamID() + " " + t.Kind().String()
		for {
			p, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			r.mu.Lock()
			r.heard[from], r.ssrc[from] = append(r.heard[from], p.Header), uint32(t.SSRC())
			r.mu.Unlock()
		}
	})
	return pc, nil
}

func (r *raw) listen(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				r.mu.Lock()
				r.keys++
				r.mu.Unlock()
			}
		}
	}
}

func (r *raw) packets(from string) []rtp.Header {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.heard[from])
}

func (r *raw) requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys
}

func (r *raw) was(state webrtc.PeerConnectionState) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.states, state)
}

// loss asks for a key frame of what came from somebody.
func (r *raw) loss(t *testing.T, from string) {
	t.Helper()
	r.mu.Lock()
	pc, ssrc := r.pc, r.ssrc[from]
	r.mu.Unlock()
	if err := pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}); err != nil {
		t.Fatal(err)
	}
}

// flows waits for n more packets.
func (r *raw) flows(t *testing.T, from string, n int) {
	t.Helper()
	have := len(r.packets(from))
	eventually(t, r.id+" gets "+from, func() bool { return len(r.packets(from)) >= have+n })
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: never", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// numbers counts generations, as a room does.
func numbers() func() uint32 {
	var n atomic.Uint32
	return func() uint32 { return n.Add(1) }
}
