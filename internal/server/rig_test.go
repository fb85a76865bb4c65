package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"

	"ekermed.example/ekermed/internal/call/jitter"
	"ekermed.example/ekermed/internal/call/peer"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/store"
)

const (
	email   = "anne@h.example"
	session = "a-session-token"
)

// sink is a log that can be read while it is written.
type sink struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// site is a server that runs in this process.
type site struct {
	*App
	access *access.Access
	log    *sink
	stop   func() error // ends Run and gives its answer
}

func start(t testing.TB, cfg config.Config) *site {
	t.Helper()
	s := &site{log: &sink{}}
	var err error
	if s.App, err = New(t.Context(), cfg, slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))); err != nil {
		t.Fatal(err)
	}
	s.access = NewAccess(cfg, s.store, time.UTC)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	s.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", s.log)
		}
	})
	return s
}

func development(t testing.TB) config.Config {
	return config.Development("127.0.0.1:0", t.TempDir())
}

// clinician is signed in under session.
func (s *site) clinician(t testing.TB) store.Account {
	t.Helper()
	a := store.Account{ID: "c1", Email: email, Name: "Dr Anne", Role: "clinician", Password: "none", Created: time.Now()}
	sum := sha256.Sum256([]byte(session))
	if err := errors.Join(s.store.AddAccount(t.Context(), a), s.store.AddSession(t.Context(), sum[:], a.ID, time.Now().Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	return a
}

// book makes an appointment of now.
func (s *site) book(t testing.TB, a store.Account) (id, code string) {
	t.Helper()
	ap, code, _, err := s.access.Book(t.Context(), a, wire.Invite{PatientEmail: "yann@x.example", PatientName: "Yann"})
	if err != nil {
		t.Fatal(err)
	}
	return ap.ID, code
}

// guest is a participant, after docs/protocol.md. A clinician lets in whoever is ready.
type guest struct {
	ws      *websocket.Conn
	media   *tone
	up      chan string // "peer kind" of each first packet
	bend    func(string) string
	writing sync.Mutex
	done    chan struct{}
	why     error     // why it ended; read after done
	offered time.Time // when the first offer came; read after up

	mu    sync.Mutex
	heard []wire.Message
}

func (s *site) enter(t testing.TB, pass wire.Pass, err error, bend func(string) string) *guest {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{up: make(chan string, 64), done: make(chan struct{}), bend: bend, media: newTone(t)}
	if g.ws, _, err = websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.Local(), "http")+"/ws", nil); err != nil {
		t.Fatal(err)
	}
	g.send(wire.Hello{Version: wire.Version, Pass: pass.Pass})
	g.send(wire.Ready{Audio: true, Video: true})
	go g.read(t)
	t.Cleanup(g.leave)
	return g
}

func (g *guest) leave() {
	g.ws.Close()
	<-g.done
	g.media.close()
}

func (g *guest) send(m wire.Message) {
	b, err := wire.Encode(m)
	if err != nil {
		panic(err) // our own types encode
	}
	g.writing.Lock()
	defer g.writing.Unlock()
	_ = g.ws.WriteMessage(websocket.TextMessage, b) // the reader learns of a closed one
}

func (g *guest) read(t testing.TB) {
	defer close(g.done)
	var p *peer.Peer
	defer func() {
		if p != nil {
			p.Close()
		}
	}()
	role := wire.Role("")
	for {
		_, b, err := g.ws.ReadMessage()
		if err != nil {
			g.why = err
			return
		}
		m, err := wire.DecodeServer(b)
		if err != nil {
			t.Error(err)
			return
		}
		g.mu.Lock()
		g.heard = append(g.heard, m)
		g.mu.Unlock()
		switch m := m.(type) {
		case wire.Welcome:
			role = m.Role
			for _, person := range m.People {
				g.admit(role, person)
			}
		case wire.Presence:
			g.admit(role, m.Person)
		case wire.Offer:
			if p == nil {
				g.offered = time.Now()
				if p, err = peer.New(peer.Options{Media: g.media, Loopback: true, Ready: func() {}, Down: func() {}, Up: func(who string, kind wire.Kind) {
					select {
					case g.up <- who + " " + string(kind):
					default:
					}
				}}); err != nil {
					t.Error(err)
					return
				}
			}
			answer, err := p.Answer(m)
			if err != nil {
				t.Error(err)
				return
			}
			if g.bend != nil {
				answer.SDP = g.bend(answer.SDP)
			}
			g.send(answer)
		}
	}
}

func (g *guest) admit(role wire.Role, p wire.Person) {
	if role == wire.RoleClinician && p.Place == wire.PlaceWaiting && p.Ready && !p.Away {
		g.send(wire.Admit{Peer: p.ID})
	}
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

// gets waits for the first packets of somebody's sound and picture.
func (g *guest) gets(t testing.TB, who string) {
	t.Helper()
	missing := map[string]bool{who + " audio": true, who + " video": true}
	limit := time.After(20 * time.Second)
	for len(missing) > 0 {
		select {
		case what := <-g.up:
			delete(missing, what)
		case <-limit:
			t.Fatalf("never came: %v", missing)
		}
	}
}

// tone is a made-up camera and microphone.
type tone struct {
	audio, video *webrtc.TrackLocalStaticSample
	stop         context.CancelFunc
	wg           sync.WaitGroup
}

func newTone(t testing.TB) *tone {
	t.Helper()
	p := &tone{}
	var errs [2]error
	p.audio, errs[0] = webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "audio", "s")
	p.video, errs[1] = webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "s")
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	p.wg.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		// A VP8 key frame's first bytes (RFC 6386 section 9.1).
		picture := append([]byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00}, make([]byte, 90)...)
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			_ = p.audio.WriteSample(media.Sample{Data: []byte{0xf8, 0xff, 0xfe}, Duration: 10 * time.Millisecond})
			_ = p.video.WriteSample(media.Sample{Data: picture, Duration: 10 * time.Millisecond})
		}
	})
	return p
}

func (p *tone) Tracks() []webrtc.TrackLocal     { return []webrtc.TrackLocal{p.audio, p.video} }
func (p *tone) KeyFrame()                       {}
func (p *tone) SetRate(int)                     {}
func (p *tone) PlayVideo(string, *jitter.Video) {}
func (p *tone) PlayAudio(string, *jitter.Audio) {}

func (p *tone) close() {
	p.stop()
	p.wg.Wait()
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

// says checks that an error is a sentence with all of these words.
func says(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error; want one with %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q has more than one line", err)
	}
}
