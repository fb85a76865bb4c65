package devices

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/devices/fake"
	"ekermed.example/ekermed/internal/devices/screen/waylandtest"
)

// told is what a session says of a screen.
type told struct {
	began   bool
	problem *call.Problem
}

// share begins to show what the system's chooser gives.
func share(t *testing.T, s *Session) chan told {
	t.Helper()
	all, problem := Screens(t.Context())
	if problem != nil || len(all) != 1 || !all[0].Asks {
		t.Fatalf("%+v %+v", all, problem)
	}
	news := make(chan told, 4)
	s.Share(all[0].ID, func() { news <- told{began: true} }, func(p *call.Problem) { news <- told{problem: p} })
	return news
}

// What the person chose is shown, again after it was stopped, until its source ends.
func TestShareChosen(t *testing.T) {
	d := waylandtest.Start(t, image.Pt(320, 200), waylandtest.Takes).Enter()
	s := open(t, fake.Desktop)
	m := image.NewRGBA(image.Rect(0, 0, 320, 200))
	draw.Draw(m, m.Rect, image.NewUniform(color.RGBA{200, 10, 20, 255}), image.Point{}, draw.Src)
	news := share(t, s)
	if got := <-news; !got.began {
		t.Fatalf("%+v", got.problem)
	}
	pictures := func() bool {
		s.screen.mu.Lock()
		defer s.screen.mu.Unlock()
		return s.screen.w == 320 && s.screen.h == 200
	}
	d.ShowUntil("pictures of the screen", m, pictures)
	s.Unshare()
	if len(news) > 0 || s.shown.on.Load() {
		t.Error("something is told of, or shown of, what was stopped")
	}
	news = share(t, s)
	if got := <-news; !got.began {
		t.Fatalf("%+v", got.problem)
	}
	d.Quit()
	if got := <-news; got.problem == nil || got.problem.Code != call.ProblemScreenGone || s.shown.on.Load() {
		t.Errorf("%+v", got)
	}
}

func TestShareRefused(t *testing.T) {
	waylandtest.Start(t, image.Pt(320, 200), waylandtest.Refuses).Enter()
	s := open(t, fake.Desktop)
	if got := <-share(t, s); got.began || got.problem != nil || s.shown.on.Load() {
		t.Errorf("%+v", got)
	}
}

// While the person thinks, all else goes on; what is put away meanwhile leaves nothing.
func TestSharePutAway(t *testing.T) {
	d := waylandtest.Start(t, image.Pt(320, 200), waylandtest.Thinks).Enter()
	s := open(t, fake.Desktop)
	news := share(t, s)
	d.Asked()
	s.Unshare()
	if len(news) > 0 || s.shown.on.Load() {
		t.Error("something is told of, or shown of, what was put away")
	}
	s.Share("portal", func() { t.Error("shown") }, func(p *call.Problem) { t.Errorf("%+v", p) })
	if err := s.Close(); err != nil { // as at the end of a call
		t.Error(err)
	}
}

func TestNoPortal(t *testing.T) {
	t.Setenv("XDG_SESSION_TYPE", "wayland")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
	if all, problem := Screens(t.Context()); len(all) > 0 || problem == nil || problem.Code != call.ProblemWayland {
		t.Errorf("%+v %+v", all, problem)
	}
	s := open(t, fake.Desktop)
	news := make(chan told, 4)
	s.Share("portal", func() { news <- told{began: true} }, func(p *call.Problem) { news <- told{problem: p} })
	if got := <-news; got.problem == nil || got.problem.Code != call.ProblemWayland {
		t.Errorf("%+v", got)
	}
}
