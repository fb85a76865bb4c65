// Package peer is one media connection, to the server or straight to another person: it
// sends our tracks, hands what comes to the playout buffers, and watches how it is doing.
package peer

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call/jitter"
	"ekermed.example/ekermed/internal/call/wire"
)

// Media is what a connection sends and where what it receives goes.
type Media interface {
	// Tracks are one Opus and two VP8 tracks: sound, camera and screen. A direct connection
	// takes the first two.
	Tracks() []webrtc.TrackLocal
	KeyFrame()
	SetRate(kbps int)
	// PlayVideo and PlayAudio play until the buffer is closed.
	PlayVideo(peer string, in *jitter.Video)
	PlayAudio(peer string, in *jitter.Audio)
}

// Path is how a connection's packets travel (RFC 8445, W3C webrtc-stats).
type Path struct {
	// Local and Remote are candidate types: host, srflx, prflx or relay.
	Local, Remote string
	// Protocol is what leaves this machine: udp, tcp, or tls for TURN over TLS.
	Protocol string
	// Profile is the SRTP protection profile that DTLS chose (RFC 5764, RFC 7714).
	Profile string
}

// Options configure a Peer.
type Options struct {
	ICE   []wire.ICEServer
	Media Media
	// Peer is the other person of a direct connection; empty for one to the server, which
	// names people by stream.
	Peer string
	// Candidate sends one of our candidates to the other person. Nil for a connection to
	// the server, which is ICE lite and learns our addresses from our checks: nobody else
	// needs to know them.
	Candidate func(webrtc.ICECandidateInit)
	// Open begins a track of another person, whose frames are sealed; nil when none are.
	Open func(peer string, kind wire.Kind) func(sealed []byte) ([]byte, error)
	// Up tells that media comes: of each remote track first, and again after Down. Ready
	// tells once that a picture is whole, or that there is only sound. Down tells that
	// nothing comes any more, for now or for good. Path tells each new path. None may block.
	Up    func(peer string, kind wire.Kind)
	Ready func()
	Down  func()
	Path  func(Path)
	// Expected tells whether the others let sound or picture out. Nil means no.
	Expected func() bool
	// RelayOnly sends everything through TURN, so that no address of ours is shown.
	RelayOnly bool
	// Loopback adds 127.0.0.1 to what media may travel on, for a server on this machine.
	Loopback bool
	// Dial opens TCP connections to TURN servers, through a proxy where there is one, and
	// with TLS when secure is the server's name. Nil leaves them to ICE.
	Dial func(ctx context.Context, address, secure string) (net.Conn, error)
}

// The video rate, kbit/s: it starts in the middle and follows what the network carries.
const (
	rateMin, rateStart, rateMax = 100, 900, 1800
	soundRate                   = 40 // with headers
)

// nothingComes is how long a connection that is up waits for a first packet before it
// counts as good all the same.
const nothingComes = 2 * time.Second

// keyAgain is when the first key frame is repeated.
const keyAgain = 400 * time.Millisecond

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
	end   chan struct{}
	stop  context.CancelFunc // ends dialling

	ready     atomic.Bool
	estimated atomic.Bool  // the network's feedback rules the rate
	last      atomic.Int64 // when a packet came, ns of start's clock
	start     time.Time
	chosen    atomic.Pointer[string] // the SRTP protection profile
	down      atomic.Bool
	told      atomic.Int64 // when Down was told last, likewise

	mu     sync.Mutex
	closed bool
	tracks []*remote
	early  []wire.Candidate // before the remote description
	timers []*time.Timer
	rtt    time.Duration
	loss   float64
}

// New opens a connection that waits for its first offer, or for Call.
func New(o Options) (*Peer, error) {
	p := &Peer{o: o, begun: make(chan struct{}), end: make(chan struct{}), start: time.Now()}
	dialling, stop := context.WithCancel(context.Background())
	p.stop = stop
	var t *Tunnel
	servers := o.ICE
	if o.Dial != nil {
		t, servers = NewTunnel(dialling, o.ICE, o.Dial)
	}
	api, err := newAPI(o, t, p)
	if err != nil {
		stop()
		return nil, err
	}
	cfg := webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle}
	if o.RelayOnly {
		cfg.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	for _, s := range servers {
		cfg.ICEServers = append(cfg.ICEServers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	if p.pc, err = api.NewPeerConnection(cfg); err != nil {
		stop()
		return nil, fmt.Errorf("opening a media connection: %w", err)
	}
	begin := sync.OnceFunc(func() { close(p.begun) })
	p.pc.OnICEConnectionStateChange(func(state webrtc.ICEConnectionState) {
		begin()
		switch state {
		case webrtc.ICEConnectionStateDisconnected, webrtc.ICEConnectionStateFailed:
			p.lost()
		}
	})
	p.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			// What was sent before went nowhere, and the other side may still be finishing its
			// handshake; Chromium asks for what it missed only 3 s later.
			o.Media.KeyFrame()
			p.after(keyAgain, o.Media.KeyFrame)
			// Who has neither camera nor microphone sends nothing to wait for.
			p.after(nothingComes, p.isReady)
		}
	})
	if o.Candidate != nil {
		p.pc.OnICECandidate(func(c *webrtc.ICECandidate) {
			if c != nil {
				o.Candidate(c.ToJSON())
			}
		})
	}
	way := webrtc.RTPTransceiverDirectionSendonly // the server's offers have lines of their own for what comes
	if o.Peer != "" {
		way = webrtc.RTPTransceiverDirectionSendrecv
	}
	tracks := o.Media.Tracks()
	if o.Peer != "" {
		tracks = tracks[:min(2, len(tracks))]
	}
	for _, track := range tracks {
		line, err := p.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: way})
		if err != nil {
			p.Close()
			return nil, fmt.Errorf("sending %s: %w", track.ID(), err)
		}
		p.wg.Go(func() { p.listen(line.Sender(), track.Kind()) })
	}
	p.pc.OnTrack(func(t *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		p.wg.Go(func() { p.drain(receiver) })
		p.receive(t)
	})
	p.wg.Go(p.watch)
	return p, nil
}

// Call makes the offer of a direct connection.
func (p *Peer) Call(gen uint32) (wire.Offer, error) {
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return wire.Offer{}, fmt.Errorf("making the offer: %w", err)
	}
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return wire.Offer{}, fmt.Errorf("setting the offer: %w", err)
	}
	return wire.Offer{Gen: gen, Round: 1, SDP: offer.SDP}, nil
}

// Accept takes the answer to Call.
func (p *Peer) Accept(a wire.Answer) error {
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.SDP}); err != nil {
		return fmt.Errorf("taking the answer: %w", err)
	}
	return p.late()
}

// Candidate takes a candidate of the other side; those that come before its description
// wait for it.
func (p *Peer) Candidate(c wire.Candidate) error {
	if p.pc.RemoteDescription() == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.early = append(p.early, c)
		return nil
	}
	return p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c.Candidate, SDPMid: &c.Mid, SDPMLineIndex: &c.Index})
}

func (p *Peer) late() error {
	p.mu.Lock()
	early := p.early
	p.early = nil
	p.mu.Unlock()
	for _, c := range early {
		if err := p.Candidate(c); err != nil {
			return err
		}
	}
	return nil
}

// Answer takes an offer of this connection's generation.
func (p *Peer) Answer(o wire.Offer) (wire.Answer, error) {
	if p.asked {
		// pion takes the credentials of a second offer for an ICE restart when it has not
		// got round to those of the first yet; the server would never answer its checks.
		select {
		case <-p.begun:
		case <-time.After(beginLimit):
		}
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.SDP}); err != nil {
		return wire.Answer{}, fmt.Errorf("taking the offer: %w", err)
	}
	p.asked = true
	if err := p.late(); err != nil {
		return wire.Answer{}, fmt.Errorf("taking a candidate: %w", err)
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
	for _, timer := range p.timers {
		timer.Stop()
	}
	p.mu.Unlock()
	close(p.end)
	p.stop()
	_ = p.pc.Close() // it is given up either way
	p.wg.Wait()
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
		p.heard(nil)
		for _, packet := range packets {
			switch packet := packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				p.o.Media.KeyFrame()
			case *rtcp.ReceiverReport:
				for _, report := range packet.Reports {
					loss := float64(report.FractionLost) / 256
					p.note(report, loss)
					if kind == webrtc.RTPCodecTypeVideo && !p.estimated.Load() {
						rate = follow(rate, loss)
						p.o.Media.SetRate(int(rate))
					}
				}
			}
		}
	}
}

// rated takes the estimate of what the network carries, in bit/s. Sound comes first.
func (p *Peer) rated(bits int) {
	p.estimated.Store(true)
	p.o.Media.SetRate(max(bits/1000-soundRate, rateMin))
}

// follow, for servers without feedback on the network, is the loss-based part of Google congestion control
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

// Direct is the other person of a direct connection; empty for one to the server.
func (p *Peer) Direct() string { return p.o.Peer }

// Ready tells whether a picture was whole, or that there is only sound.
func (p *Peer) Ready() bool { return p.ready.Load() }

// Stats are the connection's figures: round trip to the server, and the part of our
// packets that it lost, 0 to 1.
func (p *Peer) Stats() (rtt time.Duration, loss float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rtt, p.loss
}
