package ui

import (
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// pane is a screen that stands beside the rail.
type pane interface {
	screen
	scroll() *kit.Page
}

// shell is the frame of the screens outside a call: the places to go on the left,
// one pane on the right.
type shell struct {
	u    *UI
	pane pane
	root *fyne.Container
}

func newShell(u *UI, p pane) *shell {
	w := u.words
	s := &shell{u: u, pane: p}
	item := func(place name, icon, label string) *kit.Button {
		kind := kit.Nav
		if place == u.at || place == atSettings && u.at == atDiagnosis {
			kind = kit.NavHere
		}
		return kit.NewButton(u.host, kind, icon, label, func() { u.visit(place) }).Stacked()
	}
	brand := kit.RowAligned(fyne.TextAlignCenter, kit.Zero, mark())
	rail := container.New(&railLayout{},
		kit.NewPanel(kit.Surface, kit.None, kit.Zero), kit.NewPanel(kit.Border, kit.None, kit.Zero),
		brand,
		item(atToday, "calendar-check", w.T("desktop.nav.today")),
		item(atDevices, "webcam", w.T("desktop.nav.devices")),
		item(atSettings, "sliders-horizontal", w.T("desktop.nav.settings")),
		kit.NewButton(u.host, kit.Nav, "question", w.T("desktop.nav.help"), u.openHelp).Stacked())
	s.root = container.New(&shellLayout{rail}, rail, p.object())
	return s
}

func (s *shell) object() fyne.CanvasObject { return s.root }
func (s *shell) scroll() *kit.Page         { return s.pane.scroll() }
func (s *shell) show(st call.State)        { s.pane.show(st) }
func (s *shell) tick(now time.Time) bool   { return s.pane.tick(now) }
func (s *shell) frames()                   { s.pane.frames() }
func (s *shell) first() fyne.Focusable     { return s.pane.first() }
func (s *shell) leave()                    { s.pane.leave() }

// shellLayout gives the rail its width and the pane the rest.
type shellLayout struct{ rail *fyne.Container }

func (l *shellLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 240) }

func (l *shellLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := l.rail.MinSize().Width
	for _, o := range objects {
		if o == l.rail {
			o.Move(fyne.Position{})
			o.Resize(fyne.NewSize(w, size.Height))
			continue
		}
		o.Move(fyne.NewPos(w, 0))
		o.Resize(fyne.NewSize(size.Width-w, size.Height))
	}
}

// railLayout stacks the places from the top, and the last one at the bottom. Its
// first two objects are the surface and the line at its edge.
type railLayout struct{}

func (railLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	w := float32(0)
	for _, o := range objects[2:] {
		w = fyne.Max(w, o.MinSize().Width)
	}
	return fyne.NewSize(w+2*kit.Size(kit.S), 240)
}

func (railLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	objects[1].Move(fyne.NewPos(size.Width-1, 0))
	objects[1].Resize(fyne.NewSize(1, size.Height))
	pad := kit.Size(kit.S)
	y := 2 * pad
	items := objects[2:]
	for i, o := range items {
		h := o.MinSize().Height
		if last := size.Height - h - 2*pad; i == len(items)-1 && last > y {
			y = last
		}
		o.Move(fyne.NewPos(pad, y))
		o.Resize(fyne.NewSize(size.Width-2*pad, h))
		y += h + pad
		if i == 0 {
			y += pad
		}
	}
}
