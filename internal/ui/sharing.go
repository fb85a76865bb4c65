package ui

import (
	"fmt"
	"image/color"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"ekermed.example/ekermed/internal/ui/video"
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
	w := u.words
	u.emit(call.AskScreen{On: true})
	d := &sharingDialog{u: u, list: kit.Column(kit.S), banner: kit.NewBanner(), wait: kit.NewText(w.T("desktop.share.looking"), kit.Body, kit.Muted)}
	d.cancel = kit.NewButton(u.host, kit.Secondary, "", w.T("common.cancel"), u.closeDialog)
	content := kit.Column(kit.L, heading(w.T("desktop.share.title")), kit.NewText(w.T("desktop.share.text"), kit.Body, kit.Muted), d.banner.Box, d.wait, d.list)
	u.open(&dialog{name: "share", sheet: kit.NewSheet(40, content, kit.RowAligned(fyne.TextAlignTrailing, kit.M, d.cancel)),
		show: d.show, again: u.openSharing, closed: func() {
			if u.state.Call.Sharing.Asking {
				u.emit(call.AskScreen{})
			}
		}}, d.cancel)
}

type sharingDialog struct {
	u      *UI
	list   *fyne.Container
	banner *kit.Banner
	wait   *kit.Text
	cancel *kit.Button
	listed bool
}

func (d *sharingDialog) show(s call.State) {
	w, sharing := d.u.words, s.Call.Sharing
	sentence, action := w.problem(sharing.Problem)
	d.banner.Say(kit.Bad, "warning-circle", sentence, action)
	d.wait.Hidden = sharing.Listed || sharing.Problem != nil
	if !sharing.Listed || d.listed {
		return
	}
	d.listed = true
	var rows []fyne.CanvasObject
	for _, surface := range sharing.Surfaces {
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
	u           *UI
	view        *video.View
	from        string // whose screen is on view, empty for nobody's
	border      *canvas.Rectangle
	root        *fyne.Container
	banner      *kit.Banner
	pause, stop *kit.Button
}

func newPresentation(u *UI) *presentation {
	w := u.words
	p := &presentation{u: u, view: video.New(stage, 0, ""), border: canvas.NewRectangle(color.Transparent)}
	p.border.StrokeWidth = 5
	p.root = container.NewStack(p.border)
	p.pause = kit.NewButton(u.host, kit.Secondary, "eye-slash", "", func() { u.emit(call.HoldScreen{On: !u.state.Call.Sharing.Paused}) }).Small()
	p.stop = kit.NewButton(u.host, kit.Primary, "x", w.T("desktop.share.stop"), func() { u.emit(call.HideScreen{}) }).Small()
	p.banner = kit.NewBanner(p.pause, p.stop)
	return p
}

// show tells whether somebody else's screen takes the stage.
func (p *presentation) show(c call.Consultation) bool {
	w := p.u.words
	p.border.StrokeColor = kit.Color(kit.Danger)
	p.root.Hidden = !c.Sharing.On()
	sentence, action := w.problem(c.Sharing.Problem)
	tone, icon := kit.Bad, "warning-circle"
	p.pause.Hidden, p.stop.Hidden = true, true
	if c.Sharing.On() {
		icon, p.pause.Hidden, p.stop.Hidden = "monitor", false, false
		sentence, action = w.T("desktop.share.on", "name", w.surfaceName(c.Sharing.Surface)), w.T("desktop.share.seen")
		p.pause.Set(kit.Secondary, "eye-slash", w.T("desktop.share.pause"))
		if c.Sharing.Paused {
			tone, action = kit.Amber, w.T("desktop.share.paused")
			p.pause.Set(kit.Secondary, "eye", w.T("desktop.share.go_on"))
		}
	}
	p.banner.Say(tone, icon, sentence, action)
	p.from = ""
	if who, ok := c.Presenter(); ok && who.ID != c.Self && who.Place == wire.PlaceCall {
		p.from = wire.ScreenStream(who.ID)
		p.view.Name = w.T("desktop.share.of", "name", w.person(who))
	}
	p.view.Hidden = p.from == ""
	p.frame()
	return p.from != ""
}

func (p *presentation) frame() {
	if p.from == "" || p.u.o.Frames == nil {
		p.view.Clear()
		return
	}
	p.view.Draw(p.u.o.Frames.Latest(p.from))
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
