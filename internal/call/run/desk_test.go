package run

import (
	"context"
	"crypto/tls"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/jitter"
	"ekermed.example/ekermed/internal/call/link"
	"ekermed.example/ekermed/internal/call/peer"
	"ekermed.example/ekermed/internal/call/portal"
	"ekermed.example/ekermed/internal/call/wire"
)

// player sends made-up frames and counts what comes.
type player struct {
	audio, video  *webrtc.TrackLocalStaticSample
	frames, units atomic.Int64
	muted         sync.Map
	stop          context.CancelFunc
	seal          atomic.Pointer[func(wire.Kind, []byte) ([]byte, error)]
	wg            sync.WaitGroup
}

// keyFramePicture is a VP8 key frame's first bytes (RFC 6386 section 9.1): 16 × 16 pixels.
var keyFramePicture = append([]byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00}, make([]byte, 90)...)

func newPlayer(t *testing.T) *player {
	t.Helper()
	p := &player{}
	var err error
	if p.audio, err = webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "audio", "s"); err != nil {
		t.Fatal(err)
	}
	if p.video, err = webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "s"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	p.wg.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			_ = p.audio.WriteSample(media.Sample{Data: p.sealed(wire.Audio, []byte{0xf8, 0xff, 0xfe}), Duration: 20 * time.Millisecond})
			if n%2 == 0 {
				_ = p.video.WriteSample(media.Sample{Data: p.sealed(wire.Video, keyFramePicture), Duration: 40 * time.Millisecond})
			}
		}
	})
	return p
}

func (p *player) SealWith(by func(wire.Kind, []byte) ([]byte, error)) { p.seal.Store(&by) }

func (p *player) sealed(kind wire.Kind, frame []byte) []byte {
	if by := p.seal.Load(); by != nil {
		frame, _ = (*by)(kind, frame)
	}
	return frame
}

func (p *player) Tracks() []webrtc.TrackLocal { return []webrtc.TrackLocal{p.audio, p.video} }
func (p *player) KeyFrame()                   {}
func (p *player) SetRate(int)                 {}
func (p *player) PauseShare(bool)             {}
func (p *player) Unshare()                    {}
func (p *player) Share(string, func(), func(*call.Problem)) {
}
func (p *player) Mute(kind wire.Kind, on bool) { p.muted.Store(kind, on) }
func (p *player) Switch(context.Context, call.Choice) call.DevicesOpened {
	return call.DevicesOpened{Open: true}
}

func (p *player) Close() error {
	p.stop()
	p.wg.Wait()
	return nil
}

func (p *player) PlayVideo(_ string, in *jitter.Video) {
	p.wg.Go(func() {
		for {
			if _, err := in.Next(context.Background()); err != nil {
				return
			}
			p.frames.Add(1)
		}
	})
}

func (p *player) PlayAudio(_ string, in *jitter.Audio) {
	p.wg.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if in.Closed() {
				return
			}
			if u := in.Pull(); u.Kind == jitter.Present {
				p.units.Add(1)
			}
		}
	})
}

type machine struct{ p *player }

func (m machine) Open(context.Context, call.Choice, func(call.DevicesOpened)) (Media, call.DevicesOpened) {
	return m.p, call.DevicesOpened{Open: true}
}
func (machine) Test(context.Context, call.Choice) {}
func (machine) Screens(context.Context) ([]call.Surface, *call.Problem) {
	return nil, nil
}

type memory struct{ secrets sync.Map }

func (m *memory) Save(call.Remembered) error { return nil }
func (m *memory) SaveSecret(_, email, token string) error {
	m.secrets.Store(email, token)
	return nil
}
func (m *memory) SaveProxy(host, user, password string) error {
	m.secrets.Store("proxy "+host, user+":"+password)
	return nil
}
func (m *memory) DropSecret(_, email string) error {
	m.secrets.Delete(email)
	return nil
}

// desk is a running Desk whose states can be waited for.
type desk struct {
	*Desk
	player *player
	mu     sync.Mutex
	last   call.State
}

func startDesk(t *testing.T) *desk {
	t.Helper()
	return startDeskBy(t, nil, nil, &memory{})
}

func startDeskBy(t *testing.T, dialer Dialer, trust *tls.Config, kept *memory, more ...func(*Options)) *desk {
	t.Helper()
	d := &desk{player: newPlayer(t)}
	o := Options{
		Machine: machine{d.player}, Memory: kept, Dialer: dialer, TLS: trust, Client: "test", Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Changed: func(s call.State) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.last = s
		},
	}
	for _, set := range more {
		set(&o)
	}
	d.Desk = New(o, call.Remembered{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done; _ = d.player.Close() })
	return d
}

func (d *desk) state() call.State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}

func (d *desk) until(t *testing.T, what string, ok func(call.State) bool) call.State {
	t.Helper()
	defer func() {
		if t.Failed() {
			s := d.state()
			t.Logf("state: account %+v, agenda %+v, call %+v", s.Account, s.Agenda, s.Call)
		}
	}()
	eventually(t, what, func() bool { return ok(d.state()) })
	return d.state()
}

func (d *desk) signIn(t *testing.T, server string) {
	t.Helper()
	d.Post(call.SignIn{Server: server, Email: email, Password: password})
	d.until(t, "signed in", func(s call.State) bool { return s.Account.Phase == call.SignedIn && s.Agenda.Online })
}

// guest is a program of its own that joins as a patient, after docs/protocol.md.
type guest struct {
	player *player
	link   *link.Link
	mu     sync.Mutex
	heard  []wire.Message
	conns  map[uint32]*peer.Peer

	relayOnly, direct bool
	stubborn          atomic.Bool // closes nothing when told to
	ring              *ring       // nil for a program that knows no keys
}

func join(t *testing.T, base, code string, relayOnly, direct bool) *guest {
	t.Helper()
	return joinWith(t, base, code, relayOnly, direct, nil)
}

func joinWith(t *testing.T, base, code string, relayOnly, direct bool, keys *ring) *guest {
	t.Helper()
	g := &guest{ring: keys, player: newPlayer(t), relayOnly: relayOnly, direct: direct, conns: map[uint32]*peer.Peer{}}
	p := portal.Portal{Base: base}
	resume := &resume{}
	var ice []wire.ICEServer
	opened := make(chan struct{})
	defer close(opened)
	g.link = link.Open(context.Background(), link.Options{
		URL: p.Socket(),
		First: func(ctx context.Context) (wire.Message, error) {
			if token := resume.get(); token != "" {
				return wire.Hello{Version: wire.Version, Resume: token, Client: "guest"}, nil
			}
			pass, err := p.Join(ctx, code)
			return wire.Hello{Version: wire.Version, Pass: pass.Pass, Client: "guest"}, err
		},
		Fatal: func(error) bool { return false },
		Down:  func(error, bool) {},
		Heard: func(m wire.Message) {
			<-opened // g.link is set
			g.mu.Lock()
			g.heard = append(g.heard, m)
			g.mu.Unlock()
			g.ring.hear(m)
			switch m := m.(type) {
			case wire.Welcome:
				resume.set(m.Resume)
				_ = g.link.Send(wire.Ready{Audio: true, Video: true, Direct: direct, Chooses: true, Keys: g.ring != nil, Seal: g.ring != nil})
			case wire.Failure:
				resume.set("")
			case wire.Admitted:
				ice = m.ICE
			case wire.Offer:
				if len(m.ICE) > 0 {
					ice = m.ICE
				}
				g.answer(t, m, ice)
			case wire.Direct:
				g.meet(t, m)
			case wire.Answer:
				conn := g.conns[m.Gen]
				if conn != nil && conn.Accept(m) != nil {
					t.Error("the answer is not taken")
				}
				if conn != nil {
					g.ring.certify(conn.Direct(), m.Gen, "", m.SDP)
				}
			case wire.Candidate:
				if conn := g.conns[m.Gen]; conn != nil && conn.Candidate(m) != nil {
					t.Error("a candidate is not taken")
				}
			case wire.Settle:
				for gen, conn := range g.conns {
					if gen != m.Gen && !g.stubborn.Load() {
						conn.Close()
						delete(g.conns, gen)
					}
				}
			}
		},
	})
	t.Cleanup(func() {
		g.link.Close(time.Second)
		g.ring.close()
		for _, conn := range g.conns {
			conn.Close()
		}
		_ = g.player.Close()
	})
	return g
}

// open makes a connection beside those there are.
func (g *guest) open(t *testing.T, gen uint32, o peer.Options) *peer.Peer {
	o.Media, o.Loopback = g.player, true
	o.RelayOnly = o.RelayOnly || g.relayOnly
	g.ring.carry(&o)
	o.Up, o.Down = func(string, wire.Kind) {}, func() {}
	o.Ready = func() { _ = g.link.Send(wire.Up{Gen: gen}) }
	conn, err := peer.New(o)
	if err != nil {
		t.Error(err)
		return nil
	}
	g.conns[gen] = conn
	return conn
}

func (g *guest) meet(t *testing.T, m wire.Direct) {
	conn := g.open(t, m.Gen, peer.Options{ICE: m.ICE, Peer: m.Peer, RelayOnly: m.Relay, Candidate: func(c webrtc.ICECandidateInit) {
		_ = g.link.Send(wire.Candidate{Gen: m.Gen, Candidate: c.Candidate, Mid: *c.SDPMid, Index: *c.SDPMLineIndex})
	}})
	if conn == nil || !m.Call {
		return
	}
	offer, err := conn.Call(m.Gen)
	if err != nil {
		t.Error(err)
		return
	}
	g.ring.certify(m.Peer, m.Gen, offer.SDP, "")
	_ = g.link.Send(offer)
}

func (g *guest) answer(t *testing.T, o wire.Offer, ice []wire.ICEServer) {
	conn := g.conns[o.Gen]
	if conn == nil {
		if conn = g.open(t, o.Gen, peer.Options{ICE: ice}); conn == nil {
			return
		}
	}
	answer, err := conn.Answer(o)
	if err != nil {
		t.Error(err)
		return
	}
	g.ring.certify(conn.Direct(), o.Gen, answer.SDP, o.SDP)
	_ = g.link.Send(answer)
}

func heard[T wire.Message](g *guest) (T, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var found T
	ok := false
	for _, m := range g.heard {
		if m, is := m.(T); is {
			found, ok = m, true
		}
	}
	return found, ok
}

func door(s call.State) (appointment, peer string) {
	for _, a := range s.Agenda.Appointments {
		for _, p := range a.People {
			if p.Place == wire.PlaceWaiting && p.Ready && !p.Away {
				return a.ID, p.ID
			}
		}
	}
	return "", ""
}

// consult brings a desk and a guest into a call with each other.
func consult(t *testing.T, server *testServer, base string) (*desk, *guest) {
	t.Helper()
	return consultBy(t, server, base, false, false)
}

func consultBy(t *testing.T, server *testServer, base string, relayOnly, direct bool) (*desk, *guest) {
	t.Helper()
	server.clinician()
	_, code := server.invite()
	d := startDesk(t)
	d.signIn(t, base)
	g := join(t, server.Local, code, relayOnly, direct)
	s := d.until(t, "the guest at the door", func(s call.State) bool { _, p := door(s); return p != "" })
	if g.player.frames.Load() > 0 || d.player.frames.Load() > 0 {
		t.Fatal("frames before admission")
	}
	appointment, who := door(s)
	d.Post(call.LetIn{Appointment: appointment, Peer: who})
	d.until(t, "talking", func(s call.State) bool { return s.Call.Phase == call.Talking })
	flowing(t, d, g)
	return d, g
}

func flowing(t *testing.T, d *desk, g *guest) {
	t.Helper()
	for what, n := range map[string]*atomic.Int64{
		"pictures at the desk": &d.player.frames, "sound at the desk": &d.player.units,
		"pictures at the guest": &g.player.frames, "sound at the guest": &g.player.units,
	} {
		from := n.Load()
		eventually(t, what, func() bool { return n.Load() > from+10 })
	}
}

func TestConsultation(t *testing.T) {
	server := startServer(t, t.TempDir(), "127.0.0.1:0")
	d, g := consult(t, server, server.Local)
	d.Post(call.SetVideo{On: false})
	eventually(t, "the guest sees the camera off", func() bool {
		p, _ := heard[wire.Presence](g)
		return p.Person.Role == wire.RoleClinician && !p.Person.Video && p.Person.Audio
	})
	d.Post(call.Leave{})
	d.until(t, "ended", func(s call.State) bool { return s.Call.Phase == call.Ended })
	eventually(t, "the guest is told", func() bool {
		e, ok := heard[wire.Ended](g)
		return ok && e.Reason == wire.ReasonEnded
	})
}

// A guest whose network lets nothing but TURN through is in the call all the same, by
// the credentials that the offer brought; the operator's page counts the allocation.
func TestThroughTheRelay(t *testing.T) {
	// Where TURN shares the SFU's socket, its clients get TURN over TLS alone, whose
	// certificate in serve --dev nobody trusts: give it a socket of its own.
	server := startServer(t, t.TempDir(), "127.0.0.1:0", "EKERMED_TURN_UDP=localhost:0")
	d, g := consultBy(t, server, server.Local, true, false)
	flowing(t, d, g)
	if server.metric("ekermed_turn_allocations") < 1 {
		t.Error("the media does not go through the relay")
	}
}

// The patient leaves: the desk knows within 2 s and says who.
func TestTheOtherLeaves(t *testing.T) {
	server := startServer(t, t.TempDir(), "127.0.0.1:0")
	d, g := consult(t, server, server.Local)
	if err := g.link.Send(wire.Leave{}); err != nil {
		t.Fatal(err)
	}
	d.until(t, "alone again", func(s call.State) bool { return s.Call.Phase == call.Waiting && s.Call.Left == "Yann" })
}

// The signalling drops and comes back: the same place, the same media, no ghost.
func TestADroppedSocketComesBack(t *testing.T) {
	server := startServer(t, t.TempDir(), "127.0.0.1:0")
	wall := newGate(t, strings.TrimPrefix(server.Local, "http://"))
	d, g := consult(t, server, strings.Replace(wall.url(), "127.0.0.1", "localhost", 1))
	self := d.state().Call.Self
	d.Post(call.SetAudio{On: false})
	wall.close(true)
	s := d.until(t, "reconnecting", func(s call.State) bool { return s.Call.Phase == call.Reconnecting && !s.Agenda.Online })
	if s.Call.Problem == nil || s.Call.Problem.Code != call.ProblemOffline {
		t.Errorf("the screen would say %+v", s.Call.Problem)
	}
	flowing(t, d, g) // media does not need the socket
	wall.close(false)
	s = d.until(t, "talking again", func(s call.State) bool { return s.Call.Phase == call.Talking && s.Agenda.Online })
	if s.Call.Self != self || len(s.Call.People) != 2 || s.Call.Audio {
		t.Errorf("came back as %+v", s.Call)
	}
	flowing(t, d, g)
}

// The server dies and is started again: what is stored is there, and both sides come
// back by themselves, the patient to the waiting room.
func TestTheServerDies(t *testing.T) {
	for name, direct := range map[string]bool{"direct": true, "server": false} {
		t.Run(name, func(t *testing.T) { theServerDies(t, direct) })
	}
}

func theServerDies(t *testing.T, direct bool) {
	data := t.TempDir()
	server := startServer(t, data, "127.0.0.1:0")
	d, _ := consultBy(t, server, server.Local, false, direct)
	server.kill()
	d.until(t, "reconnecting", func(s call.State) bool { return s.Call.Phase == call.Reconnecting })
	startServer(t, data, strings.Replace(strings.TrimPrefix(server.Local, "http://"), "localhost", "127.0.0.1", 1))
	d.until(t, "back in the room", func(s call.State) bool {
		return s.Call.Phase == call.Waiting && len(s.Call.AtTheDoor()) == 1 && s.Agenda.Online
	})
	who := d.state().Call.AtTheDoor()[0]
	d.Post(call.LetIn{Appointment: d.state().Call.Appointment, Peer: who.ID})
	d.until(t, "talking again", func(s call.State) bool { return s.Call.Phase == call.Talking })
}

// Bad clients are let go with a code, and nobody else notices.
func TestHostileClients(t *testing.T) {
	server := startServer(t, t.TempDir(), "127.0.0.1:0")
	d, g := consult(t, server, server.Local)
	ws := portal.Portal{Base: server.Local}.Socket()
	for name, tt := range map[string]struct {
		send string
		want wire.Code
	}{
		"no JSON":           {`}{`, wire.CodeMalformed},
		"unknown type":      {`{"type":"sudo","data":{}}`, wire.CodeMalformed},
		"out of order":      {`{"type":"admit","data":{"peer":"x"}}`, wire.CodeOrder},
		"old version":       {`{"type":"hello","data":{"version":99}}`, wire.CodeVersion},
		"no pass":           {`{"type":"hello","data":{"version":1}}`, wire.CodePass},
		"forged pass":       {`{"type":"hello","data":{"version":1,"pass":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}`, wire.CodePass},
		"forged resume":     {`{"type":"hello","data":{"version":1,"resume":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}`, wire.CodePass},
		"forged session":    {`{"type":"watch","data":{"version":1,"session":"AAAA"}}`, wire.CodeSession},
		"field over limit":  {`{"type":"hello","data":{"version":1,"pass":"` + strings.Repeat("a", 500) + `"}}`, wire.CodeTooLarge},
		"message too large": {`{"type":"hello","data":{"version":1,"pass":"` + strings.Repeat("a", 1<<20) + `"}}`, wire.CodeTooLarge},
	} {
		c, _, err := websocket.DefaultDialer.Dial(ws, nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.WriteMessage(websocket.TextMessage, []byte(tt.send)) // may be cut off half way
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		var got wire.Code
		for {
			_, b, err := c.ReadMessage()
			if err != nil {
				break
			}
			if f, _ := wire.DecodeServer(b); f != nil {
				if f, ok := f.(wire.Failure); ok && f.Fatal {
					got = f.Code
				}
			}
		}
		// A message over the limit may be cut off before its answer can be read.
		if got != tt.want && !(name == "message too large" && got == "") {
			t.Errorf("%s: answered %q, want %q", name, got, tt.want)
		}
		c.Close()
	}
	flowing(t, d, g)
	if s := d.state(); s.Call.Phase != call.Talking {
		t.Errorf("the call is %s", s.Call.Phase)
	}
}
