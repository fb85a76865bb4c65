package ui

import (
	"fmt"
	"slices"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	uiboard "ekermed.example/ekermed/internal/ui/board"
	"ekermed.example/ekermed/internal/ui/kit"
	"ekermed.example/ekermed/internal/ui/video"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// stepBack is how long the pointer rests before the bar steps back.
const stepBack = 4 * time.Second

// explained is how long a reduced quality is explained; afterwards it is only said.
const explained = 15 * time.Second

// callScreen is screen D7. The other's picture fills the window; everything else
// lies on top of it and stays small.
type callScreen struct {
	u        *UI
	root     *fyne.Container
	people   *fyne.Container
	crowd    *crowd      // how they are set
	mode     *kit.Button // all alike, or who speaks
	tiles    []*tile
	who      *fyne.Container
	name     *kit.Text
	duration *kit.Text
	muted    *fyne.Container
	blind    *fyne.Container
	locked   *fyne.Container
	truth    *kit.Button // how far the encryption reaches
	slow     time.Time   // since when the quality is a reduced one; zero when it is not
	state    *kit.Banner
	door     *kit.Banner
	took     *kit.Banner // who leads the consultation from now
	admit    *kit.Button
	self     *fyne.Container
	selfView *video.View
	selfOff  *fyne.Container
	bar      *callBar
	panel    *panel
	screen   *presentation
	board    *uiboard.Panel  // made when it is opened first
	easel    *fyne.Container // holds it
	news     *kit.Banner     // what was written while nobody looked
	read     *kit.Button     // opens it
}

func newCall(u *UI) *callScreen {
	w := u.words
	s := &callScreen{u: u, state: kit.NewBanner(), took: kit.NewBanner(), bar: newCallBar(u), panel: newPanel(u), screen: newPresentation(u), easel: container.NewStack(),
		name:     kit.NewText("", kit.Body, kit.CallInk).Bold().Fit(kit.Elided),
		duration: kit.NewText("", kit.Body, kit.CallMuted).Fit(kit.Whole)}
	s.crowd = &crowd{large: -1}
	s.people = container.New(s.crowd)
	s.mode = kit.NewButton(u.host, kit.OverPicture, "user", "", func() { u.look(!u.viewing.speaker) }).Small()
	note := func(icon, text string) *fyne.Container {
		return kit.Row(kit.S, kit.NewIcon(icon, kit.Body, kit.CallWaiting), kit.NewText(text, kit.Caption, kit.CallWaiting).Fit(kit.Whole))
	}
	s.muted = note("microphone-slash", w.T("desktop.call.microphone_off"))
	s.blind = note("video-camera-slash", w.T("desktop.call.camera_off"))
	s.locked = note("lock", w.T("desktop.call.locked"))
	s.who = chip(kit.Spread(kit.M, -14, s.name, s.name, s.duration, s.muted, s.blind, s.locked))
	s.truth = kit.NewButton(u.host, kit.OverPicture, "lock", "", u.openSecrecy).Small()
	s.admit = kit.NewButton(u.host, kit.Primary, "door-open", w.T("desktop.admit"), func() {
		if door := u.state.Call.AtTheDoor(); len(door) > 0 {
			u.letIn(u.state.Call.Appointment, longest(door).ID)
		}
	}).Small()
	s.admit.Hint(w.admitKeys(true))
	s.door = kit.NewBanner(s.admit)
	s.selfView = video.New(selfStage, kit.Size(kit.RadiusM), w.T("desktop.devices.preview"))
	s.selfOff = middle(centred(kit.NewIcon("video-camera-slash", kit.Title, kit.CallMuted)))
	s.self = container.NewStack(s.selfView, s.selfOff)
	s.read = kit.NewButton(u.host, kit.Secondary, "", w.T("desktop.chat.read"), u.readNews).Small()
	s.news = kit.NewBanner(s.read)
	banners := kit.Column(kit.S, s.state.Box, s.took.Box, s.screen.banner.Box, s.door.Box, s.news.Box)
	s.root = container.New(&callLayout{s, banners}, newMover(kit.Stage, s.pointed), s.screen.view, s.easel, s.people, s.self, s.who, s.mode, banners, s.screen.tools, s.bar.root, s.truth, s.screen.root, s.panel.root)
	if u.input.moved.IsZero() {
		u.input.moved = u.o.Now()
	}
	return s
}

func (s *callScreen) object() fyne.CanvasObject { return s.root }
func (s *callScreen) first() fyne.Focusable     { return nil }
func (s *callScreen) leave()                    {}

func (s *callScreen) show(st call.State) {
	w, c := s.u.words, st.Call
	others := slices.DeleteFunc(c.Voices(), func(p wire.Person) bool { return p.Role == wire.RoleClinician && len(c.Voices()) > 1 && p.Away })
	s.showTiles(c, others)
	names := ""
	for i, p := range others {
		if i > 0 {
			names += ", "
		}
		names += w.person(p)
	}
	s.name.Set(names)
	s.locked.Hidden = !c.Locked
	s.who.Hidden = names == "" && !c.Locked
	one := len(others) == 1
	s.muted.Hidden = !one || others[0].Audio || others[0].Away
	s.blind.Hidden = !one || others[0].Video || others[0].Away
	level := c.Secrecy()
	s.truth.Hidden = level == call.SecrecyNone
	if level != call.SecrecyNone {
		kind, icon := secrecyLook(level)
		if text := w.secrecyText(c); text != s.truth.Label() {
			s.truth.Set(kind, icon, text)
			s.root.Refresh() // it has another size now
		}
	}
	if !c.Path.Slow() {
		s.slow = time.Time{}
	} else if s.slow.IsZero() {
		s.slow = s.u.o.Now()
	}
	s.present(c)
	s.bar.show(c)
	s.showDoor(c)
	s.panel.show()
	s.showNews(c)
	s.clock(s.u.now())
	s.frames()
}

// showTiles gives everybody a tile, or says that nobody is there.
func (s *callScreen) showTiles(c call.Consultation, others []wire.Person) {
	w := s.u.words
	n := max(1, len(others))
	for len(s.tiles) < n {
		s.tiles = append(s.tiles, newTile(s.u))
	}
	s.tiles = s.tiles[:n]
	var objects []fyne.CanvasObject
	for _, t := range s.tiles {
		objects = append(objects, t.root)
	}
	if !slices.Equal(s.people.Objects, objects) {
		s.people.Objects = objects
	}
	if len(others) == 0 {
		title, why := w.T("desktop.call.alone"), w.T("desktop.call.alone_hint")
		if left := clean(c.Left); left != "" {
			title = w.T("desktop.call.left", "name", left)
		}
		if held := c.OnHold(); len(held) > 0 {
			title, why = w.T("desktop.call.held", "name", w.person(held[0])), w.T("desktop.call.held_hint")
		} else if c.Phase == call.Connecting {
			title, why = w.T("desktop.call.connecting"), w.T("desktop.call.connecting_hint")
		}
		s.tiles[0].show(wire.Person{}, title, why, true)
		return
	}
	for i, p := range others {
		why := w.T("desktop.call.no_picture")
		switch {
		case p.Away:
			why = w.T("desktop.call.away")
		case c.Phase == call.Connecting:
			why = w.T("desktop.call.connecting_hint")
		case !p.Video:
			why = w.T("desktop.call.audio_only")
		}
		s.tiles[i].show(p, w.person(p), why, len(others) == 1)
	}
}

// present gives the stage to a screen that somebody shows, and people a strip below.
func (s *callScreen) present(c call.Consultation) {
	before := *s.crowd
	shown, drawn := s.screen.show(c), s.draws() // the board lies over the screen
	s.stand(c, shown || drawn)
	s.stepTools()
	if before.aside != s.crowd.aside || before.large != s.crowd.large {
		s.people.Refresh()
		s.root.Refresh()
	}
}

// showDoor tells that somebody else waits, here or for another appointment.
func (s *callScreen) showDoor(c call.Consultation) {
	w := s.u.words
	if door := c.AtTheDoor(); len(door) > 0 {
		p := longest(door)
		s.admit.Show()
		s.admit.Name = w.T("desktop.named", "do", w.T("desktop.admit"), "name", w.person(p))
		s.door.Say(kit.Amber, "hourglass-medium", w.T("desktop.call.door", "name", w.person(p)), w.doubt(p))
		return
	}
	s.admit.Hide()
	for _, a := range s.u.state.Agenda.Appointments {
		if a.ID != c.Appointment && len(waitingIn(a)) > 0 {
			s.door.Say(kit.Amber, "hourglass-medium", w.T("desktop.call.next", "time", w.clock(at(a.Start))), "")
			return
		}
	}
	s.door.Say(kit.Amber, "", "", "")
}

func (s *callScreen) tick(now time.Time) bool {
	changed := s.clock(now)
	if s.restNow() && s.bar.root.Visible() {
		s.bar.root.Hide()
		s.stepTools()
		changed = true
	}
	return changed
}

// clock moves the duration and the reconnecting time.
func (s *callScreen) clock(now time.Time) bool {
	w, c := s.u.words, s.u.state.Call
	duration := ""
	if !c.Began.IsZero() {
		duration = running(s.u.o.Now().Sub(c.Began))
	}
	changed := len(duration) != len(s.duration.Text())
	s.duration.Set(duration)
	s.duration.Hidden = duration == ""
	sentence, action := w.problem(c.Problem)
	tone, icon := kit.Bad, "warning-circle"
	if c.Phase == call.Reconnecting {
		seconds := max(0, int(s.u.o.Now().Sub(c.Lost).Seconds()))
		tone, icon = kit.Amber, "wifi-slash"
		sentence, action = w.T("desktop.call.reconnecting", "n", fmt.Sprint(seconds)), w.T("desktop.call.reconnecting_hint")
	}
	if c.Secrecy() == call.SecrecyBroken {
		tone, icon = kit.Bad, "warning"
		sentence, action = w.T("desktop.secrecy.alarm"), w.T("desktop.secrecy.alarm_action")
	}
	if sentence == "" && c.Path.Slow() && s.u.o.Now().Sub(s.slow) < explained {
		tone, icon = kit.Amber, "wifi-slash"
		sentence, action = w.T("desktop.call.reduced"), w.T("desktop.call.reduced_hint")
	}
	changed = s.tellTook(c) || changed
	return s.state.Say(tone, icon, sentence, action) || changed
}

// tellTook says for a while who leads the consultation now.
func (s *callScreen) tellTook(c call.Consultation) bool {
	w, sentence, action := s.u.words, "", ""
	if p, ok := c.Find(c.Took); ok && p.Role == wire.RoleClinician && s.u.o.Now().Sub(c.TookAt) < explained {
		sentence, action = w.T("desktop.call.took", "name", w.person(p)), w.T("desktop.call.took_hint")
		if p.ID == c.Self {
			sentence, action = w.T("desktop.call.took_you"), ""
		}
	}
	return s.took.Say(kit.Good, "user-switch", sentence, action)
}

// restNow tells whether the bar may step back: the pointer has rested for a while,
// and the keyboard is not in use.
func (s *callScreen) restNow() bool {
	in := s.u.input
	return !in.keyboard && s.u.dialog == nil && !s.bar.inUse() && !s.screen.inUse() && s.u.state.Call.Phase == call.Talking &&
		s.u.o.Now().Sub(in.moved) >= stepBack
}

func (s *callScreen) pointed() {
	s.u.byPointer()
	s.stepForward()
}

// stepForward brings the bar back.
func (s *callScreen) stepForward() {
	if !s.bar.root.Visible() {
		s.bar.root.Show()
		s.stepTools()
		s.root.Refresh()
	}
}

func (s *callScreen) frames() {
	s.screen.frame()
	if s.u.drawing.open && s.board != nil {
		s.lie()
		s.board.Refresh()
	}
	for _, t := range s.tiles {
		t.frame()
	}
	s.follow(s.u.o.Now())
	reshaped := drawSelf(s.u, s.selfView, s.u.state.Call.Video)
	if s.selfOff.Hidden != s.selfView.Shown() || reshaped {
		s.selfOff.Hidden = s.selfView.Shown()
		s.root.Refresh()
	}
}

// callLayout lays a call out: the picture everywhere, the rest at the edges.
type callLayout struct {
	s       *callScreen
	banners *fyne.Container
}

func (l *callLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 240) }

func (l *callLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	s, m := l.s, kit.Size(kit.M)
	if s.panel.root.Visible() {
		w := s.panel.width(size.Width)
		s.panel.root.Move(fyne.NewPos(size.Width-w, 0))
		s.panel.root.Resize(fyne.NewSize(w, size.Height))
		if w < size.Width {
			size.Width -= w
		}
	}
	for _, o := range []fyne.CanvasObject{objects[0], s.easel, s.people, s.screen.root} {
		o.Move(fyne.Position{})
		o.Resize(size)
	}
	truth := s.truth.MinSize()
	free := size.Width - 2*m
	put := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(w, h))
	}
	who := s.who.MinSize()
	room := free
	if s.truth.Visible() {
		room -= truth.Width + m
	}
	second := m
	if natural := kit.HeightFor(s.who, who.Width); room >= fyne.Min(who.Width, kit.Em(14)) {
		w := fyne.Min(s.whoWidth(), room)
		put(s.who, m, m, w, kit.HeightFor(s.who, w))
		put(s.truth, size.Width-m-truth.Width, m, truth.Width, truth.Height)
		second += fyne.Max(kit.HeightFor(s.who, w), truth.Height) + kit.Size(kit.S)
	} else {
		w := fyne.Min(s.whoWidth(), free)
		put(s.who, m, m, w, kit.HeightFor(s.who, w))
		second += fyne.Max(natural, kit.HeightFor(s.who, w)) + kit.Size(kit.S)
		put(s.truth, m, second, fyne.Min(truth.Width, free), truth.Height)
		second += truth.Height + kit.Size(kit.S)
	}
	mode := s.mode.MinSize()
	put(s.mode, size.Width-m-mode.Width, second, mode.Width, mode.Height)
	wide := fyne.Min(free, kit.Em(42))
	put(l.banners, (size.Width-wide)/2, second, wide, kit.HeightFor(l.banners, wide))
	barWidth := fyne.Min(s.bar.root.MinSize().Width, free)
	barHeight := kit.HeightFor(s.bar.root, barWidth)
	put(s.bar.root, (size.Width-barWidth)/2, size.Height-m-barHeight, barWidth, barHeight)
	if len(s.tiles) > 1 {
		s.people.Resize(fyne.NewSize(size.Width, fyne.Max(0, size.Height-barHeight-2*m))) // names stand at its foot
	}
	w := fyne.Max(150, fyne.Min(280, size.Width*0.2))
	h := w / s.selfView.Aspect()
	if h > size.Height*0.34 {
		h = size.Height * 0.34
		w = h * s.selfView.Aspect()
	}
	y := size.Height - m - h
	if (size.Width+barWidth)/2+m > size.Width-m-w { // the bar would cover it
		y -= barHeight + kit.Size(kit.S)
	}
	put(s.self, size.Width-m-w, y, w, h)
	top := second
	if s.mode.Visible() {
		top += mode.Height + kit.Size(kit.S)
	}
	s.crowd.at, s.crowd.size, s.crowd.small = fyne.NewPos(size.Width-m-w, top), fyne.NewSize(w, fyne.Max(0, y-top)), w
	if s.crowd.aside {
		if s.crowd.large >= 0 { // who is pinned stays well seen
			w = fyne.Max(w, fyne.Min(size.Width*0.34, 460))
		}
		put(s.people, size.Width-m-w, second, w, fyne.Max(0, y-second))
		room := fyne.Max(size.Height-second-barHeight-2*m, fyne.Min(kit.Em(16), size.Height-second)) // the bar may step back
		put(s.easel, m, second, size.Width-3*m-w, room)
		put(s.screen.view, m, second, size.Width-3*m-w, room)
		tools := fyne.Min(s.screen.tools.MinSize().Width, size.Width-3*m-w)
		h := kit.HeightFor(s.screen.tools, tools)
		foot := fyne.Min(second+room, size.Height-m-barHeight) - h - kit.Size(kit.S)
		put(s.screen.tools, m+(size.Width-3*m-w-tools)/2, fyne.Max(second, foot), tools, h)
	}
	s.crowd.Layout(s.people.Objects, s.people.Size()) // its column is another now
}

// whoWidth is what name, duration and marks would like.
func (s *callScreen) whoWidth() float32 {
	w := 2*kit.Size(kit.M) + fyne.MeasureText(s.name.Text(), kit.Size(kit.Body), fyne.TextStyle{Bold: true}).Width
	for _, o := range []fyne.CanvasObject{s.duration, s.muted, s.blind, s.locked} {
		if o.Visible() {
			w += o.MinSize().Width + kit.Size(kit.M)
		}
	}
	return w + 2
}
