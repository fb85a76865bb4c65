package ui

import (
	"net/mail"
	"strconv"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// draft is an invitation half written; it survives the closing of its dialog.
type draft struct{ email, name, when, day, time, minutes, language string }

// invite is screen D3: a form, and what became of it.
type invite struct {
	u                        *UI
	body, foot               *fyne.Container
	formFoot, doneFoot       *fyne.Container
	form, done               *fyne.Container
	banner                   *kit.Banner
	email, name, day, time   *kit.Entry
	emailIn, dayIn, timeIn   *kit.Field
	later                    *fyne.Container
	when, minutes, language  *kit.Choice
	send, copyLink, finished *kit.Button
	sentTo, sentHow, link    *kit.Text
	phase                    call.InvitePhase
}

// openInvite shows the form with what was written before, or the newest result.
func (u *UI) openInvite() {
	if u.dialog != nil && u.dialog.name == "invite" || !inPlace(u.state) {
		return
	}
	v := newInvite(u)
	first := fyne.Focusable(v.email)
	if v.phase = u.state.Invite.Phase; v.phase == call.InviteSent {
		first = v.copyLink
	}
	d := &dialog{name: "invite", sheet: kit.NewSheet(36, v.body, v.foot), show: v.show, closed: v.keep}
	u.open(d, first)
}

// inPlace: signed in and in no room.
func inPlace(s call.State) bool {
	return s.Account.Phase == call.SignedIn && s.Call.Phase == call.Idle
}

func newInvite(u *UI) *invite {
	w, h := u.words, u.host
	v := &invite{u: u, banner: kit.NewBanner()}
	entry := func(key, text string) *kit.Entry {
		e := kit.NewEntry(h, w.T(key))
		e.SetText(text)
		e.OnSubmitted = func(string) { v.submit() }
		return e
	}
	d := u.draft
	if d == (draft{}) {
		next := u.o.Now().Add(time.Hour).Truncate(30 * time.Minute)
		d = draft{when: "now", day: next.Format("02/01/2006"), time: next.Format("15:04"), minutes: "30", language: w.Language()}
	}
	v.email, v.name = entry("desktop.invite.email", d.email), entry("desktop.invite.name", d.name)
	v.day, v.time = entry("desktop.invite.day", d.day), entry("desktop.invite.time", d.time)
	v.email.SetPlaceHolder(w.T("desktop.invite.email_hint"))
	v.emailIn, v.dayIn, v.timeIn = kit.Label(v.email.Name, v.email), kit.Label(v.day.Name, v.day), kit.Label(v.time.Name, v.time)
	v.when = kit.NewChoice(h, w.T("desktop.invite.when"), []kit.Option{
		{Value: "now", Label: w.T("desktop.invite.now")}, {Value: "later", Label: w.T("desktop.invite.later")}}, d.when, func(value string) {
		v.later.Hidden = value != "later"
		u.dialog.sheet.Refresh()
	})
	v.later = kit.Column(kit.Zero, kit.Pair(v.dayIn.Box, v.timeIn.Box))
	v.later.Hidden = d.when != "later"
	var lengths []kit.Option
	for _, n := range []int{15, 30, 45, 60} {
		lengths = append(lengths, kit.Option{Value: strconv.Itoa(n), Label: w.N("desktop.minutes", n)})
	}
	v.minutes = kit.NewChoice(h, w.T("desktop.invite.minutes"), lengths, d.minutes, nil)
	v.language = kit.NewChoice(h, w.T("desktop.invite.language"), []kit.Option{
		{Value: "fr", Label: "Français"}, {Value: "en", Label: "English"}}, d.language, nil)
	v.send = kit.NewButton(h, kit.Primary, "paper-plane-tilt", w.T("desktop.invite.send"), v.submit)
	cancel := kit.NewButton(h, kit.Secondary, "", w.T("common.cancel"), u.closeDialog)
	v.form = kit.Column(kit.M, heading(w.T("desktop.invite.title")), v.banner.Box,
		v.emailIn.Box, kit.Label(v.name.Name, v.name).Box,
		kit.Label(v.when.Name, v.when).Box, v.later,
		kit.Label(v.minutes.Name, v.minutes).Box, kit.Label(v.language.Name, v.language).Box)
	v.formFoot = kit.RowAligned(fyne.TextAlignTrailing, kit.M, cancel, v.send)
	v.makeDone()
	v.body = kit.Column(kit.Zero, v.form, v.done)
	v.foot = kit.Column(kit.Zero, v.formFoot, v.doneFoot)
	return v
}

func (v *invite) makeDone() {
	w, h := v.u.words, v.u.host
	v.sentTo, v.sentHow = kit.NewText("", kit.Body, kit.Ink), kit.NewText("", kit.Body, kit.Muted)
	v.link = kit.NewText("", kit.Body, kit.Ink).Bold()
	v.copyLink = kit.NewButton(h, kit.Secondary, "copy", w.T("desktop.invite.copy"), func() {
		if v.u.o.Copy != nil {
			v.u.o.Copy(v.u.state.Invite.Link)
		}
		v.copyLink.Set(kit.Secondary, "check", w.T("desktop.invite.copied"))
		v.u.dialog.sheet.Refresh()
	})
	v.finished = kit.NewButton(h, kit.Primary, "", w.T("desktop.invite.finish"), v.u.closeDialog)
	another := kit.NewButton(h, kit.Quiet, "plus", w.T("desktop.invite.another"), func() {
		v.u.emit(call.CloseInvite{})
		v.u.closeDialog()
		v.u.state.Invite = call.Invite{}
		v.u.openInvite()
	})
	head := kit.NewText(w.T("desktop.invite.sent"), kit.Title, kit.Ink).Bold()
	v.done = kit.Column(kit.M, kit.Spread(kit.M, 10, head, kit.NewIcon("check-circle", kit.Title, kit.Success), head),
		v.sentTo, v.sentHow,
		kit.Layers(kit.NewPanel(kit.Sunken, kit.None, kit.RadiusM), kit.Inset(kit.M, kit.M, kit.Column(kit.M,
			kit.NewText(w.T("desktop.invite.link"), kit.Caption, kit.Muted), v.link, kit.Row(kit.S, v.copyLink)))))
	v.doneFoot = kit.RowAligned(fyne.TextAlignTrailing, kit.M, another, v.finished)
}

func (v *invite) show(s call.State) {
	w := v.u.words
	i := s.Invite
	sent := i.Phase == call.InviteSent
	v.form.Hidden, v.done.Hidden = sent, !sent
	v.formFoot.Hidden, v.doneFoot.Hidden = sent, !sent
	busy := i.Phase == call.InviteSending
	v.send.Able(!busy)
	label := w.T("desktop.invite.send")
	if busy {
		label = w.T("desktop.invite.sending")
	}
	v.send.Set(kit.Primary, "paper-plane-tilt", label)
	var problem *call.Problem
	if i.Phase == call.InviteFailed {
		problem = i.Problem
	}
	sentence, action := w.problem(problem)
	if v.banner.Say(kit.Bad, "warning-circle", sentence, action) && sentence != "" && v.u.dialog != nil {
		v.u.dialog.sheet.Page().Top()
	}
	if sent {
		v.sentTo.Set(w.T("desktop.invite.sent_to", "to", clean(i.To)))
		v.sentHow.Set(w.T(mailKey(i.Mail)))
		v.link.Set(scrub(i.Link, 300))
	}
	if arrived := sent && v.phase != i.Phase; arrived && v.u.dialog != nil {
		v.reset()
		v.u.focus(v.copyLink)
	}
	v.phase = i.Phase
}

// mailKey is the sentence on how the mail left.
func mailKey(how string) string {
	switch {
	case strings.HasPrefix(how, "queued"):
		return "desktop.invite.mail_queued"
	case strings.HasPrefix(how, "outbox"):
		return "desktop.invite.mail_outbox"
	case how == "failed":
		return "desktop.invite.mail_failed"
	}
	return "desktop.invite.mail_sent"
}

// reset empties the form for the next patient.
func (v *invite) reset() {
	v.u.draft = draft{}
	v.email.SetText("")
	v.name.SetText("")
	v.when.Set("now")
}

// keep remembers what was typed, or forgets what was sent.
func (v *invite) keep() {
	if v.u.state.Invite.Phase == call.InviteSent {
		v.u.draft = draft{}
		v.u.emit(call.CloseInvite{})
		return
	}
	if v.email.Text == "" && v.name.Text == "" {
		v.u.draft = draft{}
		return
	}
	v.u.draft = draft{email: v.email.Text, name: v.name.Text, when: v.when.Value(), day: v.day.Text, time: v.time.Text,
		minutes: v.minutes.Value(), language: v.language.Value()}
}

func (v *invite) submit() {
	if v.u.state.Invite.Phase == call.InviteSending {
		return
	}
	w := v.u.words
	email, wrong := strings.TrimSpace(v.email.Text), ""
	switch a, err := mail.ParseAddress(email); {
	case email == "":
		wrong = w.T("desktop.invite.email_needed")
	case err != nil || a.Address != email || !strings.Contains(email[strings.LastIndex(email, "@"):], "."):
		wrong = w.T("desktop.invite.email_wrong")
	}
	v.emailIn.Wrong(wrong)
	var start time.Time
	dayWrong, timeWrong := "", ""
	if v.when.Value() == "later" {
		day, okDay := parseDay(v.day.Text, v.u.o.Now())
		clock, okTime := parseClock(v.time.Text)
		start = time.Date(day.Year(), day.Month(), day.Day(), 0, int(clock.Minutes()), 0, 0, day.Location())
		switch {
		case !okDay:
			dayWrong = w.T("desktop.invite.day_wrong")
		case !okTime:
			timeWrong = w.T("desktop.invite.time_wrong")
		case start.Before(v.u.now().Add(-time.Minute)):
			dayWrong = w.T("desktop.invite.past")
		}
	}
	v.dayIn.Wrong(dayWrong)
	v.timeIn.Wrong(timeWrong)
	v.u.dialog.sheet.Refresh()
	switch {
	case wrong != "":
		v.u.focus(v.email)
	case dayWrong != "":
		v.u.focus(v.day)
	case timeWrong != "":
		v.u.focus(v.time)
	default:
		minutes, _ := strconv.Atoi(v.minutes.Value())
		v.u.emit(call.SendInvite{Email: email, Name: clean(v.name.Text), At: start, Minutes: minutes, Language: v.language.Value()})
	}
}
