package ui

import (
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// ended is screen D11: why the consultation is over, how long it was and how it was
// held.
type ended struct {
	u                 *UI
	root              *kit.Page
	title, reason     *kit.Text
	banner            *kit.Banner
	facts             *fyne.Container
	seal              *kit.Panel
	sign              *kit.Icon
	duration, how, to *kit.Text
	back, again       *kit.Button
}

func newEnded(u *UI) *ended {
	w, h := u.words, u.host
	fact := func(icon, label string) (*kit.Text, fyne.CanvasObject) {
		value := kit.NewText("", kit.Lead, kit.Ink).Bold()
		words := kit.Column(kit.Zero, kit.NewText(label, kit.Caption, kit.Muted), value)
		return value, kit.Spread(kit.M, 6, words, kit.NewIcon(icon, kit.Title, kit.Accent), words)
	}
	e := &ended{u: u, banner: kit.NewBanner(), title: kit.NewText("", kit.Title, kit.Ink).Bold().Align(fyne.TextAlignCenter),
		reason: kit.NewText("", kit.Lead, kit.Muted).Align(fyne.TextAlignCenter)}
	var a, b, c fyne.CanvasObject
	e.to, a = fact("user", w.T("desktop.ended.with"))
	e.duration, b = fact("clock", w.T("desktop.ended.duration"))
	e.how, c = fact("video-camera", w.T("desktop.ended.mode"))
	e.facts = kit.Card(kit.Column(kit.L, a, b, c))
	e.back = kit.NewButton(h, kit.Primary, "calendar-check", w.T("desktop.ended.back"), func() {
		u.place = atToday
		u.emit(call.CloseEnd{})
	})
	e.again = kit.NewButton(h, kit.Secondary, "arrows-clockwise", w.T("desktop.ended.again"), func() {
		id := u.state.Call.Appointment
		u.emit(call.CloseEnd{})
		u.emit(call.OpenRoom{Appointment: id})
	})
	e.seal, e.sign = kit.NewPanel(kit.AccentSoft, kit.None, kit.RadiusRound), kit.NewIcon("check", kit.Display, kit.Accent)
	sign := centred(kit.Layers(e.seal, kit.Inset(kit.M, kit.M, e.sign)))
	e.root = kit.NewPage(kit.Inset(kit.XL, kit.XL, kit.Measured(28, kit.Column(kit.L,
		sign, kit.Column(kit.S, e.title, e.reason), e.banner.Box, e.facts,
		kit.RowAligned(fyne.TextAlignCenter, kit.S, e.back, e.again)))), true)
	return e
}

func (e *ended) object() fyne.CanvasObject { return e.root }
func (e *ended) scroll() *kit.Page         { return e.root }
func (e *ended) tick(time.Time) bool       { return false }
func (e *ended) frames()                   {}
func (e *ended) leave()                    {}
func (e *ended) first() fyne.Focusable     { return e.back }

func (e *ended) show(s call.State) {
	w, c := e.u.words, s.Call
	e.title.Set(w.T("desktop.ended.title"))
	key := "desktop.ended.reason." + string(c.Reason)
	if !w.Has(key) {
		key = "desktop.ended.reason." + string(wire.ReasonEnded)
	}
	if c.Reason == wire.ReasonEnded && !c.Leads() {
		key = "desktop.ended.reason.ended_for_us" // another led it then
	}
	e.reason.Set(w.T(key))
	switch c.Reason {
	case wire.ReasonLost, wire.ReasonSlow, wire.ReasonShutdown, wire.ReasonReplaced:
		e.seal.Set(kit.WaitingSoft, kit.None)
		e.sign.Set("wifi-slash", kit.Waiting)
	default:
		e.seal.Set(kit.AccentSoft, kit.None)
		e.sign.Set("check", kit.Accent)
	}
	sentence, action := w.problem(c.Problem)
	e.banner.Say(kit.Bad, "warning-circle", sentence, action)
	held := !c.Began.IsZero() && c.EndedAt.After(c.Began)
	e.duration.Set(w.T("desktop.ended.none"))
	e.how.Set(w.T("desktop.ended.none"))
	if held {
		e.duration.Set(w.lasted(c.EndedAt.Sub(c.Began)))
		e.how.Set(w.T("desktop.ended.audio"))
		if c.Seen {
			e.how.Set(w.T("desktop.ended.video"))
		}
	}
	e.to.Set(w.T("desktop.ended.none"))
	for _, a := range s.Agenda.Appointments {
		if a.ID == c.Appointment {
			e.to.Set(patient(a))
		}
	}
	e.again.Hidden = c.Appointment == "" || c.Reason == wire.ReasonEnded || c.Reason == wire.ReasonCancelled
}
