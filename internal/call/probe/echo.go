package probe

import (
	"context"
	"encoding/binary"
	"net"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/peer"
	"ekermed.example/ekermed/internal/call/wire"
)

// How the echo is tried: some small messages for the delay, then a paced stream.
const (
	greetings     = 9
	greetingSize  = 64 // bytes
	greetingEvery = 40 * time.Millisecond
	streamSize    = 1100  // bytes; the server takes 1200
	streamRate    = 1.5e6 // bit/s, as much as a good picture takes
	streamFor     = 2 * time.Second
	streamTick    = 10 * time.Millisecond
	tail          = 700 * time.Millisecond
	queuedAtMost  = 32 << 10 // bytes that wait to be sent: the way takes no more
)

// echo tries media: to the SFU straight with no ICE server at all, or through one TURN
// server and nothing else. The two are never mixed: a client whose TURN server lies on
// the SFU's own address and port takes the SFU's packets for TURN's. ctx bounds the time
// until the way is open.
func (p *prober) echo(ctx context.Context, s *session, relay *wire.ICEServer, aim func(call.Target)) (call.Figures, error) {
	offer, err := answer(ctx, s, wire.Renew{}, func(wire.Offer) bool { return true })
	if err != nil {
		return call.Figures{}, err
	}
	if to, ok := sfu(offer.SDP); ok && aim != nil {
		aim(to)
	}
	from := time.Now()
	pc, err := p.connection(ctx, relay)
	if err != nil {
		return call.Figures{}, err
	}
	defer func() { _ = pc.GracefulClose() }() // it is given up either way
	broken := make(chan struct{})
	breaks := sync.OnceFunc(func() { close(broken) })
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateFailed {
			breaks()
		}
	})
	opened := make(chan *webrtc.DataChannel, 1)
	back := &counter{}
	pc.OnDataChannel(func(c *webrtc.DataChannel) {
		c.OnMessage(func(m webrtc.DataChannelMessage) { back.take(m.Data) })
		c.OnOpen(func() {
			select {
			case opened <- c:
			default:
			}
		})
	})
	if err := agree(pc, s, offer); err != nil {
		return call.Figures{}, err
	}
	select {
	case c := <-opened:
		figures := call.Figures{Ready: time.Since(from)}
		err := back.measure(s.ctx, c, &figures)
		return figures, err
	case <-broken:
		return call.Figures{}, failed(call.WhyUnreachable)
	case <-s.ctx.Done():
		return call.Figures{}, context.Cause(s.ctx)
	case <-ctx.Done():
		return call.Figures{}, ctx.Err()
	}
}

// agree answers the offer.
func agree(pc *webrtc.PeerConnection, s *session, offer wire.Offer) error {
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer.SDP}); err != nil {
		return err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	if err := pc.SetLocalDescription(answer); err != nil {
		return err
	}
	return s.send(wire.Answer{Gen: offer.Gen, Round: offer.Round, SDP: answer.SDP})
}

func (p *prober) connection(ctx context.Context, relay *wire.ICEServer) (*webrtc.PeerConnection, error) {
	var set webrtc.SettingEngine
	set.LoggerFactory = quiet()
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	set.SetIncludeLoopbackCandidate(p.loopback)
	set.SetICETimeouts(tryLimit, tryLimit, time.Second)
	set.SetDTLSRetransmissionInterval(200 * time.Millisecond)
	var cfg webrtc.Configuration
	if relay != nil {
		set.SetRelayAcceptanceMinWait(0) // there is nothing else to wait for
		tunnel, servers := peer.NewTunnel(ctx, []wire.ICEServer{*relay}, p.o.Dialer.DialTLS)
		set.SetICEProxyDialer(tunnel)
		cfg.ICETransportPolicy = webrtc.ICETransportPolicyRelay
		for _, s := range servers {
			cfg.ICEServers = append(cfg.ICEServers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
		}
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(set)).NewPeerConnection(cfg)
}

// counter counts what is sent and what comes back.
type counter struct {
	mu    sync.Mutex
	sent  []time.Time // of each message, by its number
	back  int
	bytes int
	last  time.Time
	trips []time.Duration
}

func (c *counter) take(data []byte) {
	if len(data) < 4 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := int(binary.BigEndian.Uint32(data))
	if n >= len(c.sent) {
		return
	}
	c.back++
	c.bytes += len(data)
	c.last = time.Now()
	if n < greetings {
		c.trips = append(c.trips, c.last.Sub(c.sent[n]))
	}
}

func (c *counter) say(channel *webrtc.DataChannel, size int) error {
	message := make([]byte, size)
	c.mu.Lock()
	binary.BigEndian.PutUint32(message, uint32(len(c.sent)))
	c.sent = append(c.sent, time.Now())
	c.mu.Unlock()
	return channel.Send(message)
}

// count is how many messages came back, how many are missing, how many bytes came, and
// when the last one did.
func (c *counter) count() (back, missing, bytes int, last time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.back, len(c.sent) - c.back, c.bytes, c.last
}

// trip is the median round trip of the greetings.
func (c *counter) trip() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return median(c.trips)
}

// measure sends on an open channel and fills f with what comes back.
func (c *counter) measure(ctx context.Context, channel *webrtc.DataChannel, f *call.Figures) error {
	for range greetings {
		if err := c.say(channel, greetingSize); err != nil || !pause(ctx, greetingEvery) {
			return failed(call.WhyClosed)
		}
	}
	if !c.wait(ctx, tail) {
		return failed(call.WhyClosed)
	}
	back, _, before, _ := c.count()
	if back == 0 {
		return failed(call.WhySilent)
	}
	begun, sent := time.Now(), 0
	for time.Since(begun) < streamFor {
		due := time.Since(begun).Seconds() * streamRate / 8
		// A machine that slept does not make up for it in one burst.
		for burst := 0; burst < 12 && float64(sent) < due && channel.BufferedAmount() < queuedAtMost; burst++ {
			if err := c.say(channel, streamSize); err != nil {
				return failed(call.WhyClosed)
			}
			sent += streamSize
		}
		if !pause(ctx, streamTick) {
			return failed(call.WhyClosed)
		}
	}
	ended := time.Now()
	if !c.wait(ctx, tail) {
		return failed(call.WhyClosed)
	}
	back, missing, bytes, last := c.count()
	if last.Before(ended) {
		last = ended
	}
	f.Trip, f.Echoed = c.trip(), true
	f.Loss = 100 * float64(missing) / float64(back+missing)
	f.Rate = float64(bytes-before) * 8 / last.Sub(begun).Seconds()
	f.Capped = f.Rate > 0.9*streamRate
	return nil
}

// wait waits for what still comes: until all is back, or nothing came for a while. It
// tells whether the connection stands.
func (c *counter) wait(ctx context.Context, quiet time.Duration) bool {
	from := time.Now()
	for time.Since(from) < 2*quiet {
		_, missing, _, last := c.count()
		if missing == 0 || time.Since(from) > quiet && time.Since(last) > quiet {
			break
		}
		if !pause(ctx, streamTick) {
			return false
		}
	}
	return ctx.Err() == nil
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// sfu reads where an offer's first UDP candidate leads.
func sfu(sdp string) (call.Target, bool) {
	found := regexp.MustCompile(`(?im)^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ `).FindStringSubmatch(sdp)
	if found == nil || net.ParseIP(found[1]) == nil {
		return call.Target{}, false
	}
	port, err := strconv.Atoi(found[2])
	return call.Target{Host: found[1], Port: port, Over: "udp"}, err == nil
}
