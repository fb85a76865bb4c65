// Package peer is one media connection: it answers the server's offers, sends our
// tracks and hands what others send to the playout buffers.
package peer

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call/jitter"
	"ekermed.example/ekermed/internal/call/wire"
)

// Media is what a connection sends and where what it receives goes.
type Media interface {
	// Tracks are one Opus and one VP8 track.
	Tracks() []webrtc.TrackLocal
	KeyFrame()
	SetRate(kbps int)
	// PlayVideo and PlayAudio play until the buffer is closed.
	PlayVideo(peer string, in *jitter.Video)
	PlayAudio(peer string, in *jitter.Audio)
}

// Options configure a Peer.
type Options struct {
	ICE   []wire.ICEServer
	Media Media
	// Up tells of the first packet of each remote track, Down that the connection
	// failed. Both must not block.
	Up   func(peer string, kind wire.Kind)
	Down func()
	// RelayOnly sends everything through TURN, so that no address of ours is shown.
	RelayOnly bool
	// Loopback adds 127.0.0.1 to what media may travel on, for a server on this machine.
	Loopback bool
}

// The video rate, kbit/s: it starts in the middle and follows the losses that the
// other side reports.
const (
	rateMin, rateStart, rateMax = 150, 900, 1800
)

// beginLimit bounds the wait for ICE to begin, which takes a millisecond.
const beginLimit = time.Second

// Peer is one PeerConnection of one generation.
type Peer struct {
	o  Options
	pc *webrtc.PeerConnection
	wg sync.WaitGroup
	// begun is closed once ICE runs with the credentials of the first offer.
	begun chan struct{}
	asked bool // the first offer was answered; Answer alone uses it

	mu     sync.Mutex
	closed bool
	tracks []*remote
	rtt    time.Duration
	loss   float64
}

type remote struct {
	peer  string
	kind  wire.Kind
	video *jitter.Video
	audio *jitter.Audio
}

func (r *remote) close() {
	if r.video != nil {
		r.video.Close()
	}
	if r.audio != nil {
		r.audio.Close()
	}
}

// New opens a connection that waits for its first offer.
func New(o Options) (*Peer, error) {
	api, err := newAPI(o.Loopback)
	if err != nil {
		return nil, err
	}
	cfg := webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle}
	if o.RelayOnly {
		cfg.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	for _, s := range o.ICE {
		cfg.ICEServers = append(cfg.ICEServers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	pc, err := api.NewPeerConnection(cfg)
	if err != nil {
		return nil, fmt.Errorf("opening a media connection: %w", err)
	}
	p := &Peer{o: o, pc: pc, begun: make(chan struct{})}
	begin := sync.OnceFunc(func() { close(p.begun) })
	pc.OnICEConnectionStateChange(func(webrtc.ICEConnectionState) { begin() })
	for _, track := range o.Media.Tracks() {
		line, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return nil, fmt.Errorf("sending %s: %w", track.ID(), err)
		}
		p.wg.Go(func() { p.listen(line.Sender(), track.Kind()) })
	}
	pc.OnTrack(func(t *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		p.wg.Go(func() { drain(receiver) })
		p.receive(t)
	})
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		p.mu.Lock()
		closed := p.closed
		p.mu.Unlock()
		if state == webrtc.PeerConnectionStateFailed && !closed {
			o.Down()
		}
	})
	return p, nil
}

// Answer takes an offer of this connection's generation. The answer holds no
// candidates: the server is ICE lite and learns our addresses from our checks, and
// nobody else needs to know them.
func (p *Peer) Answer(o wire.Offer) (wire.Answer, error) {
	if p.asked {
		// pion takes the credentials of a second offer for an ICE restart when it has not
		// got round to those of the first yet; the server would never answer its checks.
		select {
		case <-p.begun:
		case <-time.After(beginLimit):
		}
	}
	p.asked = true
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.SDP}); err != nil {
		return wire.Answer{}, fmt.Errorf("taking the offer: %w", err)
	}
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return wire.Answer{}, fmt.Errorf("making the answer: %w", err)
	}
	if err := p.pc.SetLocalDescription(answer); err != nil {
		return wire.Answer{}, fmt.Errorf("setting the answer: %w", err)
	}
	return wire.Answer{Gen: o.Gen, Round: o.Round, SDP: answer.SDP}, nil
}

// Close ends the connection and what it plays.
func (p *Peer) Close() {
	p.mu.Lock()
	p.closed = true
	for _, r := range p.tracks {
		r.close()
	}
	p.mu.Unlock()
	_ = p.pc.Close() // it is given up either way
	p.wg.Wait()
}

// receive reads a remote track into its playout buffer until it ends.
func (p *Peer) receive(t *webrtc.TrackRemote) {
	r := &remote{peer: t.StreamID(), kind: wire.Audio}
	if t.Kind() == webrtc.RTPCodecTypeVideo {
		r.kind = wire.Video
		r.video = jitter.NewVideo(func() {
			// A request that is lost is made again by the buffer.
			_ = p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(t.SSRC())}})
		})
	} else {
		r.audio = jitter.NewAudio()
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.tracks = append(p.tracks, r)
	p.mu.Unlock()
	defer r.close()
	if r.video != nil {
		p.o.Media.PlayVideo(r.peer, r.video)
	} else {
		p.o.Media.PlayAudio(r.peer, r.audio)
	}
	for first := true; ; first = false {
		packet, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		if r.video != nil {
			r.video.Push(packet)
		} else {
			r.audio.Push(packet)
		}
		if first {
			p.o.Up(r.peer, r.kind)
		}
	}
}

func drain(receiver *webrtc.RTPReceiver) {
	for {
		if _, _, err := receiver.ReadRTCP(); err != nil {
			return
		}
	}
}

// listen hears what the other side says of a track of ours: key-frame requests, and
// losses, after which the rate follows (RFC 3550 section 6.4.1).
func (p *Peer) listen(sender *webrtc.RTPSender, kind webrtc.RTPCodecType) {
	rate := float64(rateStart)
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			switch packet := packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				p.o.Media.KeyFrame()
			case *rtcp.ReceiverReport:
				for _, report := range packet.Reports {
					loss := float64(report.FractionLost) / 256
					p.note(report, loss)
					if kind == webrtc.RTPCodecTypeVideo {
						rate = follow(rate, loss)
						p.o.Media.SetRate(int(rate))
					}
				}
			}
		}
	}
}

// follow is the loss-based part of Google congestion control
// (draft-ietf-rmcat-gcc-02, section 6).
func follow(rate, loss float64) float64 {
	switch {
	case loss > 0.1:
		rate *= 1 - 0.5*loss
	case loss < 0.02:
		rate *= 1.05
	}
	return min(max(rate, rateMin), rateMax)
}

func (p *Peer) note(r rtcp.ReceptionReport, loss float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loss = loss
	if r.LastSenderReport == 0 {
		return
	}
	// Middle 32 bits of NTP time, in 1/65536 s (RFC 3550 section 6.4.1).
	const epoch = 2208988800
	now := time.Now()
	ntp := uint32(uint64(now.Unix()+epoch)<<16 | uint64(now.Nanosecond())<<16/1e9)
	if round := ntp - r.LastSenderReport - r.Delay; round < 10<<16 {
		p.rtt = time.Duration(round) * time.Second / 65536
	}
}

// Stats are the connection's figures: round trip to the server, and the part of our
// packets that it lost, 0 to 1.
func (p *Peer) Stats() (rtt time.Duration, loss float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rtt, p.loss
}

func newAPI(loopback bool) (*webrtc.API, error) {
	var media webrtc.MediaEngine
	opus := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}
	vp8 := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: []webrtc.RTCPFeedback{
		{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"}, {Type: webrtc.TypeRTCPFBNACK}, {Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
	}}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: opus, PayloadType: 111}, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: vp8, PayloadType: 96}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	var chain interceptor.Registry
	if err := webrtc.ConfigureNack(&media, &chain); err != nil {
		return nil, err
	}
	if err := webrtc.ConfigureRTCPReports(&chain); err != nil {
		return nil, err
	}
	var set webrtc.SettingEngine
	set.LoggerFactory = quiet()
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	set.SetIncludeLoopbackCandidate(loopback)
	set.SetICETimeouts(4*time.Second, 6*time.Second, 2*time.Second)
	set.SetDTLSRetransmissionInterval(200 * time.Millisecond)
	set.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	return webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(&chain), webrtc.WithSettingEngine(set)), nil
}

// quiet drops pion's own log lines: they name addresses, which no log may hold.
func quiet() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}
