package peer

import (
	"fmt"
	"slices"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/webrtc/v4"
)

// silence is how long nothing may come from somebody who lets sound or picture out.
// Every 20 ms a packet is due then, muted or not.
const silence = 2 * time.Second

// insistEvery is how often a connection that stays dead is reported.
const insistEvery = 8 * time.Second

// heard notes a packet, of a track or about one of ours.
func (p *Peer) heard(r *remote) {
	p.last.Store(int64(time.Since(p.start)))
	if r != nil && p.down.Load() && p.down.CompareAndSwap(true, false) {
		p.o.Up(r.peer, r.kind)
	}
}

// lost tells, once until something comes again and then every 8 s, that nothing comes.
func (p *Peer) lost() {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if !closed && p.down.CompareAndSwap(false, true) {
		p.told.Store(int64(time.Since(p.start)))
		p.o.Down()
	}
}

// insist tells again while it lasts: what was asked for may have been lost.
func (p *Peer) insist() {
	if now := time.Since(p.start); p.down.Load() && now-time.Duration(p.told.Load()) > insistEvery {
		p.told.Store(int64(now))
		p.o.Down()
	}
}

// after runs do later, unless the connection is closed by then.
func (p *Peer) after(d time.Duration, do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.timers = append(p.timers, time.AfterFunc(d, do))
	}
}

// watch looks four times a second for silence, and for a new path.
func (p *Peer) watch() {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	var known [3]string
	for {
		select {
		case <-tick.C:
		case <-p.end:
			return
		}
		// The server forwards only what the others send, so its silence says nothing.
		if p.o.Peer != "" && p.ready.Load() && p.o.Expected != nil && p.o.Expected() &&
			time.Since(p.start)-time.Duration(p.last.Load()) > silence {
			p.lost()
		}
		p.insist()
		known = p.trace(known)
	}
}

// trace tells of the path when the chosen pair, or the profile, is another than known.
func (p *Peer) trace(known [3]string) [3]string {
	senders := p.pc.GetSenders()
	if len(senders) == 0 || p.o.Path == nil {
		return known
	}
	transport := senders[0].Transport()
	if transport == nil {
		return known
	}
	pair, ok := transport.ICETransport().GetSelectedCandidatePairStats()
	now := [3]string{pair.LocalCandidateID, pair.RemoteCandidateID, p.profile()}
	if !ok || now == known {
		return known
	}
	stats := p.pc.GetStats()
	local, okLocal := stats[now[0]].(webrtc.ICECandidateStats)
	remote, okRemote := stats[now[1]].(webrtc.ICECandidateStats)
	if !okLocal || !okRemote {
		return known
	}
	path := Path{Local: local.CandidateType.String(), Remote: remote.CandidateType.String(), Protocol: local.Protocol, Profile: now[2]}
	if local.RelayProtocol != "" {
		path.Protocol = local.RelayProtocol
	}
	p.o.Path(path)
	return now
}

// negotiate notes the profile of our ServerHello. We are the DTLS server wherever the
// other side lets us, so that the choice is ours; where it does not, between two desktops,
// the profile is not known here.
func (p *Peer) negotiate(hello handshake.MessageServerHello) handshake.Message {
	for _, e := range hello.Extensions {
		if srtp, ok := e.(*extension.UseSRTP); ok && len(srtp.ProtectionProfiles) == 1 {
			name := profileName(srtp.ProtectionProfiles[0])
			p.chosen.Store(&name)
		}
	}
	return &hello
}

// profile is the SRTP protection profile; empty before the handshake.
func (p *Peer) profile() string {
	if name := p.chosen.Load(); name != nil {
		return *name
	}
	return ""
}

func profileName(id dtls.SRTPProtectionProfile) string {
	switch id {
	case dtls.SRTP_AEAD_AES_128_GCM:
		return "AEAD_AES_128_GCM"
	case dtls.SRTP_AEAD_AES_256_GCM:
		return "AEAD_AES_256_GCM"
	case dtls.SRTP_AES128_CM_HMAC_SHA1_80:
		return "AES128_CM_HMAC_SHA1_80"
	}
	return fmt.Sprintf("%#04x", uint16(id))
}

// Relayed tells whether packets take the way through a TURN server.
func (p Path) Relayed() bool {
	return slices.Contains([]string{p.Local, p.Remote}, "relay")
}

// Slow tells whether they leave over TCP, where a lost packet holds up all that follow.
func (p Path) Slow() bool { return p.Protocol == "tcp" || p.Protocol == "tls" }
