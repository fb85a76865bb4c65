package devices

import (
	"bytes"
	"context"
	"errors"
	"image"
	"sync"
	"sync/atomic"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/devices/screen"
	"ekermed.example/ekermed/internal/devices/stage"
)

// How a screen is shown: at its full size up to these, few pictures a second. One that does not
// change is sent again now and then, for a lost packet must not stay a hole.
const (
	screenWidth, screenHeight = 2560, 1440
	screenFPS                 = 8
	screenStill               = 900 * time.Millisecond
	screenBeside              = 200 // kbit/s for the camera, meanwhile
	screenFirst               = 1000
	goneAfter                 = 3 * time.Second // a window that is put away may come back
)

func screenLimits() limits {
	return limits{width: screenWidth, height: screenHeight, fps: 2 * screenFPS, sharp: true}
}

// shown is what is being shown of a screen.
type shown struct {
	on atomic.Bool

	mu     sync.Mutex
	stop   context.CancelFunc
	done   chan struct{}
	paused atomic.Bool
}

// Screens lists what can be shown.
func Screens(ctx context.Context) ([]call.Surface, *call.Problem) {
	all, err := screen.Sources(ctx)
	if err != nil {
		return nil, screenProblem(err)
	}
	list := make([]call.Surface, 0, len(all))
	for _, s := range all {
		list = append(list, call.Surface{ID: s.ID, Name: s.Name, Number: s.Number, Width: s.Size.X, Height: s.Size.Y, Asks: s.Asks})
	}
	return list, nil
}

// screenProblem says what is wrong; nothing is when the person chose to show nothing.
func screenProblem(err error) *call.Problem {
	code := call.ProblemScreen
	switch {
	case errors.Is(err, screen.ErrRefused):
		return nil
	case errors.Is(err, screen.ErrWayland):
		code = call.ProblemWayland
	case errors.Is(err, screen.ErrGone):
		code = call.ProblemScreenGone
	}
	return &call.Problem{Code: code, Detail: err.Error()}
}

// Share shows a screen or window until Unshare, or until it is gone. It returns at once, for
// where the system asks the person what to show, they take their time. began is told when
// pictures leave; over when they do no more or never will, with nil when the person chose
// nothing. Another one takes its place.
func (s *Session) Share(id string, began func(), over func(*call.Problem)) {
	s.Unshare()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.shown.mu.Lock()
	defer s.shown.mu.Unlock()
	ctx, stop := context.WithCancel(s.ctx)
	done := make(chan struct{})
	s.shown.stop, s.shown.done = stop, done
	s.shown.paused.Store(false)
	s.group.Go(func() {
		defer close(done)
		defer stop()
		if err := s.show(ctx, id, began); err != nil && ctx.Err() == nil {
			s.dark()
			over(screenProblem(err))
		}
	})
}

// show opens a source and takes pictures of it until ctx ends, or it does.
func (s *Session) show(ctx context.Context, id string, began func()) error {
	from, err := screen.Open(ctx, id)
	if err != nil {
		return err
	}
	defer from.Close()
	if _, _, err := from.Read(); err != nil {
		return err
	}
	s.shown.on.Store(true)
	s.screen.turn(false)
	s.screen.kbps.Store(screenFirst)
	if ctx.Err() != nil {
		return nil // Unshare makes it dark
	}
	began()
	return s.record(ctx, from)
}

// dark lets nothing of the screen leave.
func (s *Session) dark() {
	s.shown.on.Store(false)
	s.screen.turn(true)
}

// PauseShare freezes what is shown, or goes on.
func (s *Session) PauseShare(on bool) { s.shown.paused.Store(on) }

// Unshare ends Share, and the system's question if it is still there: when it returns,
// nothing of the screen will leave, and Share tells nothing more.
func (s *Session) Unshare() {
	s.shown.mu.Lock()
	defer s.shown.mu.Unlock()
	s.dark()
	if s.shown.stop != nil {
		s.shown.stop()
		<-s.shown.done
		s.shown.stop = nil
		s.dark() // it may have begun meanwhile
	}
}

// record takes pictures until ctx ends, or the source does.
func (s *Session) record(ctx context.Context, from screen.Capture) error {
	tick := time.NewTicker(time.Second / screenFPS)
	defer tick.Stop()
	var last []byte
	var m *image.YCbCr
	var sent, seen time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := time.Now()
		if seen.IsZero() {
			seen = now
		}
		if s.shown.paused.Load() {
			if m != nil && now.Sub(sent) >= screenStill {
				sent = now
				s.screen.got(m, false, now)
			}
			continue
		}
		pix, size, err := from.Read()
		if err != nil {
			if now.Sub(seen) < goneAfter {
				continue
			}
			return err
		}
		seen = now
		if pix == nil || bytes.Equal(pix, last) && now.Sub(sent) < screenStill {
			continue
		}
		last, sent = append(last[:0], pix...), now
		if m == nil || m.Rect.Size() != size {
			m = image.NewYCbCr(image.Rectangle{Max: size}, image.YCbCrSubsampleRatio420)
		}
		stage.FromBGRX(m, pix)
		s.screen.got(m, false, now)
	}
}
