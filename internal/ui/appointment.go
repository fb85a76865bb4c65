package ui

import (
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// late is when waiting becomes too long and the amber deepens.
const late = 30 * time.Minute

// overdue is how long after its start a planned appointment is said to be missing
// its patient.
const overdue = 5 * time.Minute

// appointmentRow is one line of the day.
type appointmentRow struct {
	u       *UI
	a       wire.Appointment
	peer    wire.Person // who waits longest, when somebody does
	root    *fyne.Container
	panel   *kit.Panel
	edge    *kit.Panel
	time    *kit.Text
	minutes *kit.Text
	name    *kit.Text
	status  *kit.Pill
	ready   *kit.Pill
	admit   *kit.Button
	message *kit.Button
	refuse  *kit.Button
	enter   *kit.Button
	revoke  *kit.Button
}

func newAppointmentRow(u *UI) *appointmentRow {
	w, h := u.words, u.host
	r := &appointmentRow{u: u, panel: kit.NewPanel(kit.Surface, kit.Border, kit.RadiusL),
		edge: kit.NewPanel(kit.None, kit.None, kit.RadiusS),
		time: kit.NewText("", kit.Lead, kit.Ink).Bold().Fit(kit.Whole), minutes: kit.NewText("", kit.Caption, kit.Muted).Fit(kit.Whole),
		name: kit.NewText("", kit.Lead, kit.Ink).Bold().Fit(kit.Elided), status: kit.NewPill(kit.Neutral, "clock", ""),
		ready: kit.NewPill(kit.Neutral, "check", "")}
	r.admit = kit.NewButton(h, kit.Primary, "door-open", w.T("desktop.admit"), func() { u.letIn(r.a.ID, r.peer.ID) })
	r.message = kit.NewButton(h, kit.Quiet, "chat-circle-text", w.T("desktop.message.do"), func() {
		u.askMessage(r.a.ID, r.peer.ID, patient(r.a))
	}).Small()
	r.refuse = kit.NewButton(h, kit.Plain, "x", w.T("desktop.refuse.do"), func() {
		u.askRefuse(r.a.ID, r.peer.ID, patient(r.a))
	}).Small()
	r.enter = kit.NewButton(h, kit.Secondary, "video-camera", w.T("desktop.today.open"), func() {
		u.emit(call.OpenRoom{Appointment: r.a.ID})
	}).Small()
	r.revoke = kit.NewButton(h, kit.Plain, "calendar-x", w.T("desktop.revoke.short"), func() {
		u.askCancel(r.a.ID, patient(r.a), u.words.clock(at(r.a.Start)))
	}).Small()
	when := kit.Column(kit.Zero, r.time, r.minutes)
	words := kit.Column(kit.S, r.name, kit.Row(kit.S, r.status.Box, r.ready.Box))
	line := kit.Spread(kit.M, 13, words, r.edge, newTimeColumn(when), words, r.admit, r.message, r.refuse, r.enter, r.revoke)
	r.edge.SetMin(4, 44)
	r.root = kit.Layers(r.panel, kit.Inset(kit.M, kit.M, line))
	return r
}

func (r *appointmentRow) show(a wire.Appointment, online, next bool) {
	w := r.u.words
	r.a = a
	r.time.Set(w.clock(at(a.Start)))
	r.minutes.Set(w.N("desktop.minutes", a.Minutes))
	r.name.Set(patient(a))
	waiting := waitingIn(a)
	r.peer = wire.Person{}
	if len(waiting) > 0 {
		r.peer = longest(waiting)
	}
	over := a.Status == wire.StatusDone || a.Status == wire.StatusCancelled
	inCall := r.inCall()
	for _, b := range []*kit.Button{r.admit, r.message, r.refuse} {
		b.Hidden = len(waiting) == 0
		b.Able(online)
	}
	r.enter.Hidden = len(waiting) > 0 || over
	r.enter.Able(online)
	label, kind := w.T("desktop.today.open"), kit.Secondary
	if inCall {
		label, kind = w.T("desktop.today.resume"), kit.Primary
	}
	r.enter.Set(kind, "video-camera", label)
	r.revoke.Hidden = len(waiting) > 0 || over || inCall
	r.revoke.Able(online)
	r.admit.Hint(w.admitKeys(next))
	name := patient(a)
	r.admit.Name = w.T("desktop.named", "do", w.T("desktop.admit"), "name", name)
	r.message.Name = w.T("desktop.named", "do", w.T("desktop.message.do"), "name", name)
	r.refuse.Name = w.T("desktop.named", "do", w.T("desktop.refuse.do"), "name", name)
	r.enter.Name = w.T("desktop.named", "do", label, "name", name)
	r.revoke.Name = w.T("desktop.named", "do", w.T("desktop.revoke.short"), "name", name)
	ink := kit.Ink
	if over {
		ink = kit.Muted
	}
	r.time.Paint(ink)
	r.name.Paint(ink)
	r.clock(r.u.now())
}

func (r *appointmentRow) inCall() bool {
	for _, p := range r.a.People {
		if p.Place != wire.PlaceWaiting && p.Role != wire.RoleClinician {
			return true
		}
	}
	return false
}

// clock brings what depends on the time up to date.
func (r *appointmentRow) clock(now time.Time) bool {
	w := r.u.words
	tone, icon, status := kit.Neutral, "clock", ""
	mood, sign, detail := kit.Neutral, "clock", ""
	edge, fill, border := kit.None, kit.Surface, kit.Border
	behind := now.Sub(at(r.a.Start))
	switch {
	case r.peer.ID != "":
		tone, icon, status = waitingPill(w, r.peer, now)
		edge, border = kit.Waiting, kit.Waiting
		mood, sign, detail = w.visitor(r.peer)
	case r.inCall():
		tone, icon, status = kit.Info, "video-camera", w.T("desktop.status.in_call")
		edge = kit.Accent
	case r.a.Status == wire.StatusCancelled:
		icon, status, fill = "calendar-x", w.T("desktop.status.cancelled"), kit.None
	case r.a.Status == wire.StatusDone:
		tone, icon, status, fill = kit.Good, "check-circle", w.T("desktop.status.done"), kit.None
	case behind > overdue:
		icon, status = "hourglass-medium", w.N("desktop.status.behind", int(behind.Minutes()))
	case behind > -time.Minute:
		status = w.T("desktop.status.now")
	case -behind < time.Hour:
		status = w.N("desktop.status.soon", int((-behind).Minutes()+0.5))
	default:
		status = w.T("desktop.status.planned")
	}
	r.edge.Set(edge, kit.None)
	r.panel.Set(fill, border)
	changed := r.status.Set(tone, icon, status)
	changed = r.ready.Set(mood, sign, detail) || changed
	r.ready.Box.Hidden = detail == ""
	return changed
}

// waitingPill says how long somebody has waited; past half an hour more loudly.
func waitingPill(w words, p wire.Person, now time.Time) (kit.Tone, string, string) {
	waited := now.Sub(at(p.Since))
	minutes := int(max(0, waited).Minutes())
	text := w.T("desktop.status.waiting_now")
	if minutes > 0 {
		text = w.N("desktop.status.waiting", minutes)
	}
	if waited > late {
		return kit.DeepAmber, "hourglass-medium", text
	}
	return kit.Amber, "hourglass-medium", text
}

// visitor says what matters most about who waits: a link used twice, who it is when it is
// not the patient, whether they are ready.
func (w words) visitor(p wire.Person) (kit.Tone, string, string) {
	switch {
	case p.Again:
		return kit.DeepAmber, "warning", w.T("desktop.again")
	case p.Role != wire.RolePatient:
		return kit.Info, "user", w.role(p) + " · " + w.person(p)
	}
	return readiness(w, p)
}

// readiness says whether the person can be seen and heard.
func readiness(w words, p wire.Person) (kit.Tone, string, string) {
	switch {
	case p.Away:
		return kit.Bad, "wifi-slash", w.T("desktop.ready.away")
	case !p.Ready:
		return kit.Neutral, "sliders-horizontal", w.T("desktop.ready.not_yet")
	case !p.Audio && !p.Video:
		return kit.Bad, "warning", w.T("desktop.ready.nothing")
	case !p.Video:
		return kit.Neutral, "video-camera-slash", w.T("desktop.ready.audio")
	case !p.Audio:
		return kit.Bad, "microphone-slash", w.T("desktop.ready.video")
	}
	return kit.Good, "check", w.T("desktop.ready.yes")
}

// timeColumn keeps the names of all rows below each other.
type timeColumn struct{}

func newTimeColumn(o fyne.CanvasObject) *fyne.Container {
	return &fyne.Container{Layout: timeColumn{}, Objects: []fyne.CanvasObject{o}}
}

func (timeColumn) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[0].MinSize()
	return fyne.NewSize(fyne.Max(m.Width, kit.Em(5)), m.Height)
}

func (timeColumn) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.Position{})
	objects[0].Resize(size)
}
