package ui

import (
	"fmt"
	"image/color"
	"slices"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/pointing"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"ekermed.example/ekermed/internal/ui/lens"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// openSharing asks what to show of the screen.
func (u *UI) openSharing() {
	if u.at != atCall {
		return
	}
	if u.state.Call.Sharing.On() {
		u.emit(call.HideScreen{})
		return
	}
	u.showSharing()
	u.emit(call.AskScreen{On: true})
}

// showSharing puts the question in front.
func (u *UI) showSharing() {
	w := u.words
	d := &sharingDialog{u: u, list: kit.Column(kit.S), banner: kit.NewBanner(), wait: kit.NewText(w.T("desktop.share.looking"), kit.Body, kit.Muted)}
	d.cancel = kit.NewButton(u.host, kit.Secondary, "", w.T("common.cancel"), u.closeDialog)
	content := kit.Column(kit.L, heading(w.T("desktop.share.title")), kit.NewText(w.T("desktop.share.text"), kit.Body, kit.Muted), d.banner.Box, d.wait, d.list)
	u.open(&dialog{name: "share", sheet: kit.NewSheet(40, content, kit.RowAligned(fyne.TextAlignTrailing, kit.M, d.cancel)),
		show: d.show, closed: func() {
			if u.state.Call.Sharing.Asking && !d.kept {
				u.emit(call.AskScreen{})
			}
		}, again: func() {
			if d.asked && !u.state.Call.Sharing.Asking {
				u.closeDialog()
				return
			}
			d.kept = true // the question stays, and the system's with it
			u.showSharing()
		}}, d.cancel)
}

type sharingDialog struct {
	u      *UI
	list   *fyne.Container
	banner *kit.Banner
	wait   *kit.Text
	cancel *kit.Button
	asked  bool // the question has reached the desk
	listed bool
	kept   bool // another dialog takes this one's place
}

func (d *sharingDialog) show(s call.State) {
	w, sharing := d.u.words, s.Call.Sharing
	if d.asked && !sharing.Asking {
		d.u.closeDialog() // answered, where the system asks
		return
	}
	d.asked = sharing.Asking
	sentence, action := w.problem(sharing.Problem)
	d.banner.Say(kit.Bad, "warning-circle", sentence, action)
	d.wait.Hidden = sharing.Listed && !sharing.Starting || sharing.Problem != nil
	if sharing.Starting {
		d.wait.Set(w.T("desktop.share.asks"))
	}
	if !sharing.Listed || d.listed {
		return
	}
	d.listed = true
	var rows []fyne.CanvasObject
	for _, surface := range sharing.Surfaces {
		if surface.Asks {
			continue
		}
		icon := "monitor"
		if surface.Name != "" {
			icon = "browser"
		}
		rows = append(rows, kit.NewButton(d.u.host, kit.Secondary, icon, w.surface(surface), func() {
			d.u.emit(call.ShowScreen{Surface: surface})
			d.u.closeDialog()
		}))
	}
	d.list.Objects = rows
	if len(rows) > 0 {
		d.u.focus(rows[0].(*kit.Button))
	}
}

// surfaceName names a screen or a window, and surface tells its size too.
func (w words) surfaceName(s call.Surface) string {
	if s.Asks {
		return w.T("desktop.share.chosen")
	}
	if s.Name == "" {
		return w.T("desktop.share.screen", "n", fmt.Sprint(s.Number))
	}
	return scrub(s.Name, 60)
}

func (w words) surface(s call.Surface) string {
	return w.T("desktop.share.surface", "name", w.surfaceName(s), "width", fmt.Sprint(s.Width), "height", fmt.Sprint(s.Height))
}

// presentation is the screen that somebody shows, and the mark that we show ours.
type presentation struct {
	u    *UI
	view *lens.Lens
	// tools lie on the view, and step back as the bar of the call does.
	tools                   *fyne.Container
	of                      *kit.Text
	less, fit, more, finger *kit.Button
	from                    string // whose screen is on view, empty for nobody's
	border                  *canvas.Rectangle
	root                    *fyne.Container
	banner                  *kit.Banner
	pause, stop             *kit.Button
}

func newPresentation(u *UI) *presentation {
	w := u.words
	p := &presentation{u: u, border: canvas.NewRectangle(color.Transparent)}
	p.border.StrokeWidth = 5
	p.root = container.NewStack(p.border)
	p.pause = kit.NewButton(u.host, kit.Secondary, "eye-slash", "", func() { u.emit(call.HoldScreen{On: !u.state.Call.Sharing.Paused}) }).Small()
	p.stop = kit.NewButton(u.host, kit.Primary, "x", w.T("desktop.share.stop"), func() { u.emit(call.HideScreen{}) }).Small()
	p.banner = kit.NewBanner(p.pause, p.stop)
	p.view = lens.New(lens.Options{Now: u.o.Now, Key: u.typed,
		Point: func(at pointing.Place, off bool) { u.emit(call.PointAt{At: at, Off: off}) },
		Touched: func() {
			if s, ok := u.screen.(*callScreen); ok {
				s.pointed()
			}
		},
		Changed: p.dress})
	p.of = kit.NewText("", kit.Caption, kit.CallInk).Bold().Fit(kit.Whole)
	p.less = kit.NewButton(u.host, kit.OnCall, "magnifying-glass-minus", "", func() { p.view.Zoom(1 / 1.5) }).Named(w.T("desktop.share.less")).Small()
	p.fit = kit.NewButton(u.host, kit.OnCall, "frame-corners", "", p.view.Turn).Small()
	p.more = kit.NewButton(u.host, kit.OnCall, "magnifying-glass-plus", "", func() { p.view.Zoom(1.5) }).Named(w.T("desktop.share.more")).Small()
	p.finger = kit.NewButton(u.host, kit.OnCall, "hand-pointing", w.T("desktop.share.point"), func() {
		p.view.Point(!p.view.Finger())
		if p.view.Finger() {
			u.focus(p.view) // the arrow keys move the finger
		}
	}).Small()
	p.tools = chip(kit.Row(kit.S, p.of, p.less, p.fit, p.more, p.finger))
	p.dress()
	return p
}

// dress fits the buttons to what can be done now.
func (p *presentation) dress() {
	w := p.u.words
	p.less.Able(p.view.Larger())
	p.fit.Name = w.T("desktop.share.actual")
	if p.view.Larger() {
		p.fit.Name = w.T("desktop.share.whole")
	}
	kind := kit.OnCall
	p.finger.Name = w.T("desktop.share.point")
	if p.view.Finger() {
		kind, p.finger.Name = kit.OffCall, w.T("desktop.share.point_off")
	}
	p.finger.Set(kind, "hand-pointing", w.T("desktop.share.point"))
}

// inUse tells whether the pointer or the keyboard is on the tools.
func (p *presentation) inUse() bool {
	return slices.ContainsFunc([]*kit.Button{p.less, p.fit, p.more, p.finger}, func(b *kit.Button) bool { return b.Hovered() || b.Focused() })
}

// mark shows where people point: as dots on the screen of another, and in words while we show
// ours, for no system lets us draw over it everywhere.
func (p *presentation) mark(c call.Consultation) {
	var dots []lens.Dot
	who := ""
	for _, d := range c.Dots {
		name := p.u.writer(c, d.Peer, d.Peer == c.Self)
		dots = append(dots, lens.Dot{At: d.At, Name: name})
		if d.Peer != c.Self && who == "" {
			who = name
		}
	}
	if p.from != "" {
		p.view.Mark(dots)
	}
	if c.Sharing.On() {
		p.say(c, who)
	}
}

// show tells whether somebody else's screen takes the stage.
func (p *presentation) show(c call.Consultation) bool {
	w := p.u.words
	p.border.StrokeColor = kit.Color(kit.Danger)
	p.root.Hidden = !c.Sharing.On()
	p.say(c, "")
	from := ""
	if who, ok := c.Presenter(); ok && who.ID != c.Self && who.Place == wire.PlaceCall {
		from = wire.ScreenStream(who.ID)
		p.view.Name = w.T("desktop.share.of", "name", w.person(who))
		p.of.Set(p.view.Name)
		p.view.Name += ". " + w.T("desktop.share.keys")
	}
	if from != p.from {
		p.from = from
		p.view.Clear()
	}
	p.view.Hidden = p.from == ""
	p.mark(c)
	p.frame()
	return p.from != ""
}

// say tells above the picture what we show; who points at it, empty when nobody does.
func (p *presentation) say(c call.Consultation, who string) {
	w := p.u.words
	sentence, action := w.problem(c.Sharing.Problem)
	tone, icon := kit.Bad, "warning-circle"
	p.pause.Hidden, p.stop.Hidden = true, true
	if c.Sharing.On() {
		icon, p.pause.Hidden, p.stop.Hidden = "monitor", false, false
		sentence, action = w.T("desktop.share.on", "name", w.surfaceName(c.Sharing.Surface)), w.T("desktop.share.seen")
		p.pause.Set(kit.Secondary, "eye-slash", w.T("desktop.share.pause"))
		if who != "" {
			icon, action = "hand-pointing", w.T("desktop.share.pointed", "name", who)
		}
		if c.Sharing.Paused {
			tone, action = kit.Amber, w.T("desktop.share.paused")
			p.pause.Set(kit.Secondary, "eye", w.T("desktop.share.go_on"))
		}
	}
	p.banner.Say(tone, icon, sentence, action)
}

func (p *presentation) frame() {
	if p.from == "" || p.u.o.Frames == nil {
		p.view.Clear()
		return
	}
	p.view.Draw(p.u.o.Frames.Latest(p.from))
	p.view.Tick()
}

// strip sets pictures of people one above another at the right, each 16 to 9.
type strip struct{}

func (strip) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(32, 18) }

func (strip) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	gap := kit.Size(kit.S)
	each := fyne.Min(size.Height/float32(max(1, len(objects))), size.Width*9/16+gap)
	h := fyne.Max(0, each-gap)
	for i, o := range objects {
		o.Move(fyne.NewPos(size.Width-h*16/9, size.Height-each*float32(len(objects)-i)))
		o.Resize(fyne.NewSize(h*16/9, h))
	}
}
