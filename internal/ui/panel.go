package ui

import (
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// part is one thing that the panel beside a call can show.
type part string

const (
	noPart   part = ""
	chatPart part = "chat"
)

// beside is what the clinician does in the panel of a call; it outlives a change of
// language or theme, which builds the screen anew.
type beside struct {
	open part
	chat talking
}

// panel is screen D8: what people do together beside talking, at the right of the picture.
type panel struct {
	u     *UI
	root  *fyne.Container
	title *kit.Text
	close *kit.Button
	body  *fyne.Container
	chat  *conversation
}

func newPanel(u *UI) *panel {
	w := u.words
	p := &panel{u: u, title: kit.NewText("", kit.Lead, kit.Ink).Bold(), body: container.NewStack(), chat: newConversation(u)}
	p.close = kit.NewButton(u.host, kit.Plain, "x", w.T("common.close"), func() { u.turnTo(noPart) }).Small()
	head := kit.Inset(kit.S, kit.M, kit.Spread(kit.S, 6, p.title, p.title, p.close))
	p.root = container.NewStack(kit.NewPanel(kit.Background, kit.Border, kit.Zero), container.New(stem{}, head, p.body))
	return p
}

// show brings the open part up to date; it tells whether one is open.
func (p *panel) show() bool {
	open := p.u.beside.open
	p.root.Hidden = open == noPart
	if open == chatPart {
		p.title.Set(p.u.words.T("desktop.chat.title"))
		if len(p.body.Objects) == 0 || p.body.Objects[0] != p.chat.root {
			p.body.Objects = []fyne.CanvasObject{p.chat.root}
			p.body.Refresh()
		}
		p.chat.show(p.u.state.Call)
	}
	return open != noPart
}

// width is what the panel takes of a window: a column, or everything when it is narrow.
func (p *panel) width(window float32) float32 {
	if column := kit.Em(24); window >= column+kit.Em(30) {
		return column
	}
	return window
}

// turnTo opens a part of the panel, or closes it.
func (u *UI) turnTo(open part) {
	s, ok := u.screen.(*callScreen)
	if !ok || u.dialog != nil || u.beside.open == open {
		return
	}
	u.beside.open = open
	s.show(u.state)
	s.root.Refresh()
	if open == chatPart {
		u.focus(s.panel.chat.entry)
		s.panel.chat.page.Bottom()
	} else {
		u.focus(s.bar.write)
	}
}

// toggle opens a part of the panel that is not open, and closes one that is.
func (u *UI) toggle(p part) {
	if u.beside.open == p {
		p = noPart
	}
	u.turnTo(p)
}

// stem gives the first object its height, and the second what is left.
type stem struct{}

func (stem) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(fyne.Max(a.Width, b.Width), a.Height+b.Height)
}

func (stem) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	h := kit.HeightFor(objects[0], size.Width)
	objects[0].Move(fyne.Position{})
	objects[0].Resize(fyne.NewSize(size.Width, h))
	objects[1].Move(fyne.NewPos(0, h))
	objects[1].Resize(fyne.NewSize(size.Width, fyne.Max(0, size.Height-h)))
}

// foot gives the second object its height at the bottom, and the first what is left.
type foot struct{}

func (foot) MinSize(objects []fyne.CanvasObject) fyne.Size { return stem{}.MinSize(objects) }

func (foot) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	h := fyne.Min(kit.HeightFor(objects[1], size.Width), size.Height)
	objects[0].Move(fyne.Position{})
	objects[0].Resize(fyne.NewSize(size.Width, size.Height-h))
	objects[1].Move(fyne.NewPos(0, size.Height-h))
	objects[1].Resize(fyne.NewSize(size.Width, h))
}
