package devices

import (
	"context"
	"crypto/rand"
	"fmt"
	"image"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/jitter"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/devices/stage"
)

// Session is camera, microphone and speaker in use, for a preview or a call. Its
// methods may be called from any goroutine.
type Session struct {
	log      *slog.Logger
	ctx      context.Context
	cancel   context.CancelFunc
	group    sync.WaitGroup
	picture  *picture
	screen   *picture
	shown    shown
	voice    *voice
	mixer    *mixer
	keepers  [3]*keeper // camera, microphone, speaker
	problems chan Report

	mu     sync.Mutex
	choice call.Choice
	video  bool // the camera is wanted
	report Report
	peers  map[string]*peer
	closed bool
}

// The places in Session.keepers.
const (
	cameraKeeper = iota
	microphoneKeeper
	speakerKeeper
)

// Open opens what it can. The session is always usable; the report tells what does not
// work, and Problems tells later changes. Devices that fail are retried every 2 s.
// When ctx ends first, what was not open by then is reported as ProblemDevice and
// still being opened.
func (d *Devices) Open(ctx context.Context, choice call.Choice) (*Session, Report) {
	s, err := newSession(d.hardware, d.log)
	if err != nil {
		// Only out of memory leads here; nothing can be opened then.
		d.log.Error("opening a media session", "err", err)
		p := &call.Problem{Code: call.ProblemUnexpected, Detail: err.Error()}
		s = deadSession(d.log)
		return s, Report{p, p, p}
	}
	return s, s.Switch(ctx, choice)
}

func newSession(hw hardware, log *slog.Logger) (*Session, error) {
	stream := "media-" + rand.Text()[:8]
	s := emptySession(log)
	audio, err := newTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
		SDPFmtpLine: "minptime=10;useinbandfec=1"}, string(wire.Audio), stream, func() {})
	if err != nil {
		return nil, err
	}
	video, err := newTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000},
		string(wire.Video), stream, func() { s.KeyFrame() })
	if err != nil {
		return nil, err
	}
	screen, err := newTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000},
		string(wire.Screen), wire.ScreenStream(stream), func() { s.screen.askKey.Store(true) })
	if err != nil {
		return nil, err
	}
	echo, err := stage.NewSpeex()
	if err != nil {
		return nil, err
	}
	far := newPipe(farSamples)
	s.mixer.far = far
	s.voice = newVoice(audio, far, echo)
	s.picture = newPicture(video, wire.Video, cameraLimits(), s.peer("").slot)
	s.screen = newPicture(screen, wire.Screen, screenLimits(), nil)
	s.keepers = [3]*keeper{
		newKeeper("camera", func(id string) (line, error) { return hw.camera(id, s.picture.got) },
			func() { s.picture.askKey.Store(true) }, s.teller(cameraKeeper), log),
		newKeeper("microphone", func(id string) (line, error) { return hw.microphone(id, s.voice.near.write) },
			s.voice.deviceChanged, s.teller(microphoneKeeper), log),
		newKeeper("speaker", func(id string) (line, error) { return hw.speaker(id, s.mixer.fill) },
			s.voice.deviceChanged, s.teller(speakerKeeper), log),
	}
	for _, k := range s.keepers {
		s.group.Go(func() { k.run(s.ctx) })
	}
	s.group.Go(func() { s.picture.run(s.ctx, log) })
	s.group.Go(func() { s.screen.run(s.ctx, log) })
	s.group.Go(func() { s.voice.run(s.ctx, log) })
	return s, nil
}

func emptySession(log *slog.Logger) *Session {
	s := &Session{log: log, mixer: newMixer(), problems: make(chan Report, 1), peers: map[string]*peer{}, video: true}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// deadSession has tracks and nothing behind them.
func deadSession(log *slog.Logger) *Session {
	s := emptySession(log)
	s.voice = newVoice(&track{TrackLocalStaticRTP: &webrtc.TrackLocalStaticRTP{}}, newPipe(1), stage.Through{})
	s.picture = newPicture(&track{TrackLocalStaticRTP: &webrtc.TrackLocalStaticRTP{}}, wire.Video, cameraLimits(), s.peer("").slot)
	s.screen = newPicture(&track{TrackLocalStaticRTP: &webrtc.TrackLocalStaticRTP{}}, wire.Screen, screenLimits(), nil)
	return s
}

// Tracks returns the tracks of sound, camera and screen, always the same three, with ids
// "audio", "video" and "screen". They may be bound to PeerConnections one after the
// other; nothing is encoded while nobody listens.
func (s *Session) Tracks() []webrtc.TrackLocal {
	return []webrtc.TrackLocal{s.voice.track, s.picture.track, s.screen.track}
}

// Switch changes devices while tracks stay, and opens those that are missing. It
// returns when each was tried, or ctx ended.
func (s *Session) Switch(ctx context.Context, choice call.Choice) Report {
	s.mu.Lock()
	s.choice = choice
	video := s.video
	s.mu.Unlock()
	if s.keepers[0] == nil {
		return Report{}
	}
	waits := [3]<-chan *call.Problem{
		s.keepers[cameraKeeper].want(choice.Camera, video),
		s.keepers[microphoneKeeper].want(choice.Microphone, true),
		s.keepers[speakerKeeper].want(choice.Speaker, true),
	}
	var found [3]*call.Problem
	for i, w := range waits {
		select {
		case found[i] = <-w:
		case <-ctx.Done():
			found[i] = &call.Problem{Code: call.ProblemDevice}
		case <-s.ctx.Done():
		}
	}
	return Report{found[0], found[1], found[2]}
}

// Mute stops what leaves, at once. Muted audio: encoded silence leaves in place of the
// microphone's sound, which stays open so that Level still moves. Muted video: the
// camera is closed (its light goes off), nothing leaves, and the self view is empty.
func (s *Session) Mute(kind wire.Kind, muted bool) {
	switch kind {
	case wire.Audio:
		s.voice.mute.Set(muted)
	case wire.Video:
		s.picture.turn(muted)
		s.mu.Lock()
		s.video = !muted
		id := s.choice.Camera
		s.mu.Unlock()
		if k := s.keepers[cameraKeeper]; k != nil {
			k.want(id, !muted)
		}
	}
}

// KeyFrame makes the next picture a key frame, as a receiver asks with PLI or FIR (RFC
// 4585, RFC 5104); at most one every 300 ms, others are joined.
func (s *Session) KeyFrame() {
	s.picture.askKey.Store(true)
	s.screen.askKey.Store(true)
}

// SetRate sets the bitrate of the video, in kbit/s. Under a low one pictures become
// smaller rather than fewer. A screen that is shown takes most of it.
func (s *Session) SetRate(kbps int) {
	if s.shown.on.Load() {
		camera := min(max(kbps/5, leastKbps), screenBeside)
		s.screen.kbps.Store(int64(max(kbps-camera, leastKbps)))
		kbps = camera
	}
	s.picture.kbps.Store(int64(kbps))
}

// Level is the microphone's loudness, 0 to 1, also while muted: a screen may say
// "you are muted" to somebody who speaks.
func (s *Session) Level() float64 {
	if k := s.keepers[microphoneKeeper]; k == nil || k.line() == nil {
		return 0
	}
	return s.voice.meter.Level()
}

// LevelOf is the loudness of what is played of a peer, 0 to 1.
func (s *Session) LevelOf(peer string) float64 {
	if p, ok := s.known(peer); ok {
		return p.meter.Level()
	}
	return 0
}

// Chime plays a short sound over whatever else is played.
func (s *Session) Chime(kind Chime) {
	pcm, err := kind.sound()
	if err != nil {
		s.log.Error("chime", "err", err)
		return
	}
	s.mixer.chime(pcm)
}

// Problems delivers what is wrong each time that changes, as a whole report; only the
// newest waits. It is closed by Close.
func (s *Session) Problems() <-chan Report { return s.problems }

// teller returns what a keeper calls.
func (s *Session) teller(which int) func(*call.Problem) {
	return func(p *call.Problem) {
		s.mu.Lock()
		defer s.mu.Unlock()
		*[]**call.Problem{&s.report.Camera, &s.report.Microphone, &s.report.Speaker}[which] = p
		if s.closed {
			return
		}
		select {
		case <-s.problems:
		default:
		}
		s.problems <- s.report // there is room: only this function sends, under mu
	}
}

// Report is what is wrong now.
func (s *Session) Report() Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.report
}

// Played returns the last 30 s that a fake speaker was given, at 48 kHz; nil with real
// ones, which keep nothing.
func (s *Session) Played() []int16 {
	if k := s.keepers[speakerKeeper]; k != nil {
		if n, ok := k.line().(named); ok {
			if p, ok := n.unnamed.(interface{ Played() []int16 }); ok {
				return p.Played()
			}
		}
	}
	return nil
}

// Close closes all devices and returns when no goroutine of the session is left. It
// may be called twice.
func (s *Session) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.Unshare()
	s.cancel()
	s.group.Wait()
	close(s.problems)
	return nil
}

// Latest returns the newest picture of a peer, or of ourselves for "", and its number,
// which grows with each; nil when there is none. The picture is tight RGBA and stays as
// it is until Latest has returned another one for the same peer: one caller a peer.
func (s *Session) Latest(peer string) (*image.RGBA, uint64) {
	if p, ok := s.known(peer); ok {
		return p.slot.Latest()
	}
	return nil, 0
}

// SetTile tells how large a peer's picture, or our own for "", is shown at most, in
// pixels, so that larger ones are scaled here rather than by the screen.
func (s *Session) SetTile(peer string, w, h int) {
	s.peer(peer).slot.Resize(w, h)
}

// SealWith seals every frame that leaves from now on; by may be called for sound and
// picture at once. Set it before a connection is made.
func (s *Session) SealWith(by func(kind wire.Kind, frame []byte) ([]byte, error)) {
	seal := sealer(by)
	for _, t := range []*track{s.voice.track, s.picture.track, s.screen.track} {
		t.sealer.Store(&seal)
	}
}

// PlayVideo decodes a peer's pictures until in ends. Its first picture takes the place
// of what was played of that peer before, so that a change of connection shows no gap.
func (s *Session) PlayVideo(peer string, in *jitter.Video) {
	p := s.peer(peer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	turn := p.begin()
	s.group.Go(func() { p.show(s.ctx, turn, in, s.log) })
}

// PlayAudio mixes a peer's sound into the speaker until in is closed. It takes the
// place of what was played of that peer before.
func (s *Session) PlayAudio(peer string, in *jitter.Audio) {
	if err := s.mixer.add(peer, in, &s.peer(peer).samples, &s.peer(peer).meter); err != nil {
		s.log.Error("playing sound", "err", fmt.Errorf("peer: %w", err))
	}
}

// Counters tells how a peer is doing, or we ourselves for "".
func (s *Session) Counters(peer string) Counters {
	now := time.Now()
	if peer == "" {
		w, h, fps := s.picture.counters(now)
		return Counters{Width: w, Height: h, Frames: s.picture.sent.Load(), FPS: fps, AudioMS: s.voice.sentMS.Load()}
	}
	if p, ok := s.known(peer); ok {
		return p.counters(now)
	}
	return Counters{}
}
