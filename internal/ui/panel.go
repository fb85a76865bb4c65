package ui

import (
	"strconv"

	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// part is one thing that the panel beside a call can show.
type part string

const (
	noPart    part = ""
	chatPart  part = "chat"
	filesPart part = "files"
)

// beside is what the clinician does in the panel of a call; it outlives a change of
// language or theme, which builds the screen anew.
type beside struct {
	open  part
	chat  talking
	filed int // files of others that were on screen
}

// panel is screen D8: what people do together beside talking, at the right of the picture.
type panel struct {
	u     *UI
	root  *fyne.Container
	close *kit.Button
	tabs  map[part]*kit.Button
	body  *fyne.Container
	chat  *conversation
	files *filing
}

func newPanel(u *UI) *panel {
	w := u.words
	p := &panel{u: u, body: container.NewStack(), chat: newConversation(u), files: newFiling(u), tabs: map[part]*kit.Button{}}
	tab := func(of part) *kit.Button {
		p.tabs[of] = kit.NewButton(u.host, kit.Quiet, "", "", func() { u.turnTo(of) }).Small()
		return p.tabs[of]
	}
	p.close = kit.NewButton(u.host, kit.Plain, "x", w.T("common.close"), func() { u.turnTo(noPart) }).Small()
	tabs := kit.Row(kit.XS, tab(chatPart), tab(filesPart))
	head := kit.Inset(kit.S, kit.M, kit.Spread(kit.S, 8, tabs, tabs, p.close))
	p.root = container.NewStack(kit.NewPanel(kit.Background, kit.Border, kit.Zero), container.New(stem{}, head, p.body))
	return p
}

// show brings the open part up to date; it tells whether one is open.
func (p *panel) show() bool {
	open := p.u.beside.open
	p.root.Hidden = open == noPart
	body := p.chat.root
	switch open {
	case noPart:
		return false
	case chatPart:
		p.chat.show(p.u.state.Call)
	case filesPart:
		body = p.files.root
		p.files.show(p.u.state.Call)
	}
	if len(p.body.Objects) == 0 || p.body.Objects[0] != body {
		p.body.Objects = []fyne.CanvasObject{body}
		p.body.Refresh()
	}
	p.tab(chatPart, "desktop.chat.title", p.u.unread())
	p.tab(filesPart, "desktop.files.title", p.u.unfiled())
	return true
}

// tab dresses the button of a part: where one is, and what is new elsewhere.
func (p *panel) tab(of part, key string, fresh int) {
	w, b := p.u.words, p.tabs[of]
	label, kind := w.T(key), kit.Plain
	if p.u.beside.open == of {
		kind = kit.Secondary
	}
	b.Name = label
	if fresh > 0 {
		label = w.T("desktop.panel.fresh", "name", label, "n", strconv.Itoa(fresh))
		b.Name = w.N("desktop.panel.news", fresh) + ", " + b.Name
	}
	b.Set(kind, "", label)
}

// width is what the panel takes of a window: a column, or everything when it is narrow.
func (p *panel) width(window float32) float32 {
	if column := kit.Em(25); window >= column+kit.Em(30) {
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
	switch open {
	case chatPart:
		u.focus(s.panel.chat.entry)
		s.panel.chat.page.Bottom()
	case filesPart:
		u.focus(s.panel.files.choose)
	default:
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
