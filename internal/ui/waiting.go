package ui

import (
	"slices"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"ekermed.example/ekermed/internal/ui/video"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// waiting is screen D6: the room is open, nobody has been let in. Who waits has a
// card each; beside them stands how we look.
type waiting struct {
	u       *UI
	root    *kit.Page
	lock    *kit.Button
	title   *kit.Text
	lead    *kit.Text
	banner  *kit.Banner
	list    *fyne.Container
	empty   *fyne.Container
	nobody  *kit.Text
	cards   map[string]*personCard
	view    *video.View
	nothing *fyne.Container
	audio   *kit.Button
	video   *kit.Button
}

func newWaiting(u *UI) *waiting {
	w, h := u.words, u.host
	s := &waiting{u: u, cards: map[string]*personCard{}, banner: kit.NewBanner(), list: kit.Column(kit.M),
		title: kit.NewText(w.T("desktop.waiting.title"), kit.Title, kit.Ink).Bold(),
		lead:  kit.NewText("", kit.Lead, kit.Muted), nobody: kit.NewText("", kit.Lead, kit.Ink).Bold().Align(fyne.TextAlignCenter)}
	back := kit.NewButton(h, kit.Secondary, "arrow-left", w.T("desktop.waiting.back"), u.leaveRoom)
	s.lock = kit.NewButton(h, kit.Secondary, "lock", "", func() { u.emit(call.Lock{On: !u.state.Call.Locked}) })
	words := kit.Column(kit.XS, s.title, s.lead)
	s.empty = kit.Card(kit.Inset(kit.L, kit.Zero, kit.Column(kit.M,
		centred(kit.NewIcon("hourglass-medium", kit.Display, kit.Accent)), s.nobody,
		kit.NewText(w.T("desktop.waiting.hint"), kit.Body, kit.Muted).Align(fyne.TextAlignCenter))))
	s.view = video.New(stage, kit.Size(kit.RadiusL), w.T("desktop.devices.preview"))
	s.nothing = middle(centred(kit.NewIcon("video-camera-slash", kit.Display, kit.CallMuted)))
	s.audio = kit.NewButton(h, kit.Secondary, "microphone", "", func() { u.emit(call.SetAudio{On: !u.state.Call.Audio}) }).Small()
	s.video = kit.NewButton(h, kit.Secondary, "video-camera", "", func() { u.emit(call.SetVideo{On: !u.state.Call.Video}) }).Small()
	self := kit.Column(kit.M, kit.Ratio(16.0/9, container.NewStack(s.view, s.nothing)),
		kit.RowAligned(fyne.TextAlignCenter, kit.S, s.audio, s.video),
		kit.NewText(w.T("desktop.waiting.self"), kit.Caption, kit.Muted).Align(fyne.TextAlignCenter))
	s.root = kit.NewPage(kit.Inset(kit.XL, kit.XL, kit.Measured(68, kit.Column(kit.L,
		kit.Spread(kit.M, 14, words, words, s.lock, back), s.banner.Box,
		kit.Sides(1.7, 17, kit.Column(kit.M, s.empty, s.list), self)))), false)
	return s
}

func (s *waiting) object() fyne.CanvasObject { return s.root }
func (s *waiting) scroll() *kit.Page         { return s.root }
func (s *waiting) first() fyne.Focusable     { return nil }
func (s *waiting) leave()                    {}

func (s *waiting) show(st call.State) {
	w, c := s.u.words, st.Call
	lead := w.T("desktop.waiting.lead")
	for _, a := range st.Agenda.Appointments {
		if a.ID == c.Appointment {
			lead = w.T("desktop.waiting.for", "time", w.clock(at(a.Start)), "name", patient(a))
		}
	}
	s.lead.Set(lead)
	sentence, action := w.problem(c.Problem)
	s.banner.Say(kit.Bad, "warning-circle", sentence, action)
	lockLook(w, s.lock, kit.Secondary, c.Locked)
	s.lock.Able(c.Self != "")
	s.lock.Hidden = !c.Leads()
	door := c.AtTheDoor()
	slices.SortStableFunc(door, func(a, b wire.Person) int {
		switch {
		case a.Since < b.Since:
			return -1
		case a.Since > b.Since:
			return 1
		}
		return 0
	})
	var objects []fyne.CanvasObject
	seen := map[string]bool{}
	for i, p := range door {
		card := s.cards[p.ID]
		if card == nil {
			card = newPersonCard(s.u)
			s.cards[p.ID] = card
		}
		seen[p.ID] = true
		card.show(c.Appointment, p, i == 0)
		objects = append(objects, card.root)
	}
	for id := range s.cards {
		if !seen[id] {
			delete(s.cards, id)
		}
	}
	if !slices.Equal(s.list.Objects, objects) {
		s.list.Objects = objects
	}
	s.empty.Hidden = len(door) > 0
	s.list.Hidden = len(door) == 0
	s.nobody.Set(w.T("desktop.waiting.nobody"))
	if c.Phase == call.Entering {
		s.nobody.Set(w.T("desktop.waiting.entering"))
	}
	s.audio.Set(kit.Secondary, micIcon(c.Audio), w.T(micLabel(c.Audio)))
	s.video.Set(kit.Secondary, cameraIcon(c.Video), w.T(cameraLabel(c.Video)))
	s.frames()
}

func (s *waiting) frames() {
	drawSelf(s.u, s.view, s.u.state.Devices.Open && s.u.state.Call.Video)
	s.nothing.Hidden = s.view.Shown()
}

func (s *waiting) tick(now time.Time) bool {
	changed := false
	for _, c := range s.cards {
		changed = c.clock(now) || changed
	}
	return changed
}

// personCard is somebody who waits.
type personCard struct {
	u                      *UI
	appointment            string
	p                      wire.Person
	root                   *fyne.Container
	panel                  *kit.Panel
	avatar                 *kit.Avatar
	name, role             *kit.Text
	doubt                  *kit.Banner
	status, ready          *kit.Pill
	admit, message, refuse *kit.Button
}

func newPersonCard(u *UI) *personCard {
	w, h := u.words, u.host
	c := &personCard{u: u, panel: kit.NewPanel(kit.Surface, kit.Waiting, kit.RadiusL),
		avatar: kit.NewAvatar("", kit.Lead, 2.6, kit.WaitingSoft, kit.Waiting),
		name:   kit.NewText("", kit.Lead, kit.Ink).Bold(), role: kit.NewText("", kit.Body, kit.Muted), doubt: kit.NewBanner(), ready: kit.NewPill(kit.Neutral, "check", ""),
		status: kit.NewPill(kit.Amber, "hourglass-medium", "")}
	c.admit = kit.NewButton(h, kit.Primary, "door-open", w.T("desktop.admit"), func() { u.letIn(c.appointment, c.p.ID) })
	c.message = kit.NewButton(h, kit.Secondary, "chat-circle-text", w.T("desktop.message.do"), func() {
		u.askMessage(c.appointment, c.p.ID, w.person(c.p))
	})
	c.refuse = kit.NewButton(h, kit.Plain, "x", w.T("desktop.refuse.do"), func() {
		u.askRefuse(c.appointment, c.p.ID, w.person(c.p))
	})
	words := kit.Column(kit.S, kit.Column(kit.Zero, c.name, c.role), kit.Row(kit.S, c.status.Box, c.ready.Box))
	c.root = kit.Layers(c.panel, kit.Inset(kit.L, kit.L, kit.Column(kit.L,
		kit.SpreadTop(kit.M, 8, words, c.avatar, words), c.doubt.Box,
		kit.Row(kit.S, c.admit, c.message, c.refuse))))
	return c
}

func (c *personCard) show(appointment string, p wire.Person, first bool) {
	w := c.u.words
	c.appointment, c.p = appointment, p
	name := w.person(p)
	c.avatar.Set(initials(name))
	c.name.Set(name)
	c.role.Set(w.role(p))
	c.role.Hidden = p.Role == wire.RolePatient
	sentence, action := "", ""
	if p.Again {
		sentence, action = w.T("desktop.again"), w.T("desktop.again.text")
	}
	c.doubt.Say(kit.Amber, "warning", sentence, action)
	c.ready.Set(readiness(w, p))
	kind := kit.Secondary
	if first {
		kind = kit.Primary
	}
	c.admit.Set(kind, "door-open", w.T("desktop.admit"))
	c.admit.Hint(w.admitKeys(first))
	c.admit.Name = w.T("desktop.named", "do", w.T("desktop.admit"), "name", name)
	c.message.Name = w.T("desktop.named", "do", w.T("desktop.message.do"), "name", name)
	c.refuse.Name = w.T("desktop.named", "do", w.T("desktop.refuse.do"), "name", name)
	c.clock(c.u.now())
}

func (c *personCard) clock(now time.Time) bool {
	return c.status.Set(waitingPill(c.u.words, c.p, now))
}
