package ui

import (
	"slices"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// today is screen D2: the day's appointments, and who waits.
type today struct {
	u       *UI
	root    *kit.Page
	hello   *kit.Text
	date    *kit.Text
	invite  *kit.Button
	offline *kit.Banner
	warning *kit.Banner
	proxy   *kit.Button // in the offline notice
	list    *fyne.Container
	empty   *fyne.Container
	wait    *kit.Text
	rows    map[string]*appointmentRow
	days    map[string]*kit.Text
}

func newToday(u *UI) *today {
	w := u.words
	t := &today{u: u, rows: map[string]*appointmentRow{}, days: map[string]*kit.Text{},
		hello: kit.NewText("", kit.Title, kit.Ink).Bold(), date: kit.NewText("", kit.Lead, kit.Muted),
		warning: kit.NewBanner(), list: kit.Column(kit.M)}
	t.proxy = kit.NewButton(u.host, kit.Primary, "lock", w.T("desktop.proxy.open"), u.openProxy)
	t.offline = kit.NewBanner(t.proxy)
	t.invite = kit.NewButton(u.host, kit.Primary, "calendar-plus", w.T("desktop.today.new"), u.openInvite).Hint(w.keys("N"))
	words := kit.Column(kit.XS, t.hello, t.date)
	head := kit.Spread(kit.M, 14, words, words, t.invite)
	t.empty = kit.Inset(kit.XXL, kit.Zero, kit.Measured(30, kit.Column(kit.M,
		centred(kit.Layers(kit.NewPanel(kit.AccentSoft, kit.None, kit.RadiusRound),
			kit.Inset(kit.M, kit.M, kit.NewIcon("calendar-blank", kit.Display, kit.Accent)))),
		kit.NewText(w.T("desktop.today.empty"), kit.Lead, kit.Ink).Bold().Align(fyne.TextAlignCenter),
		kit.NewText(w.T("desktop.today.empty_hint"), kit.Body, kit.Muted).Align(fyne.TextAlignCenter),
		centred(kit.NewButton(u.host, kit.Primary, "calendar-plus", w.T("desktop.today.new"), u.openInvite).Hint(w.keys("N"))))))
	t.empty.Hide()
	t.wait = kit.NewText(w.T("desktop.today.loading"), kit.Lead, kit.Muted)
	t.root = kit.NewPage(kit.Inset(kit.XL, kit.XL, kit.Measured(60,
		kit.Column(kit.L, head, t.offline.Box, t.warning.Box, t.wait, t.empty, t.list))), false)
	return t
}

func centred(o fyne.CanvasObject) fyne.CanvasObject {
	return kit.RowAligned(fyne.TextAlignCenter, kit.Zero, o)
}

func (t *today) object() fyne.CanvasObject { return t.root }
func (t *today) scroll() *kit.Page         { return t.root }
func (t *today) frames()                   {}
func (t *today) leave()                    {}
func (t *today) first() fyne.Focusable     { return nil }

func (t *today) show(s call.State) {
	w := t.u.words
	hello := w.T("desktop.today.hello", "name", clean(s.Account.Name))
	if clean(s.Account.Name) == "" {
		hello = w.T("desktop.nav.today")
	}
	t.hello.Set(hello)
	t.date.Set(w.date(t.u.now().Local()))
	t.banners(s)
	all := slices.Clone(s.Agenda.Appointments)
	slices.SortStableFunc(all, func(a, b wire.Appointment) int {
		if a.Start != b.Start {
			if a.Start < b.Start {
				return -1
			}
			return 1
		}
		return 0
	})
	seen := map[string]bool{}
	next, _ := t.u.firstWaiting()
	var waiting, ahead, past []fyne.CanvasObject
	day := w.date(t.u.now().Local())
	for _, a := range all {
		row := t.rows[a.ID]
		if row == nil {
			row = newAppointmentRow(t.u)
			t.rows[a.ID] = row
		}
		seen[a.ID] = true
		row.show(a, s.Agenda.Online, a.ID == next)
		switch {
		case len(waitingIn(a)) > 0:
			waiting = append(waiting, row.root)
		case a.Status != wire.StatusPlanned && !row.inCall():
			past = append(past, row.root)
		default:
			if d := w.date(at(a.Start)); d != day {
				day = d
				ahead = append(ahead, t.heading(d))
			}
			ahead = append(ahead, row.root)
		}
	}
	for id := range t.rows {
		if !seen[id] {
			delete(t.rows, id)
		}
	}
	if objects := t.grouped(waiting, ahead, past); !slices.Equal(t.list.Objects, objects) {
		t.list.Objects = objects
	}
	t.empty.Hidden = len(all) > 0 || t.loading(s)
	t.wait.Hidden = !t.loading(s)
	t.invite.Hidden = !t.empty.Hidden
	kind := kit.Primary
	if len(waiting) > 0 || t.u.underway() != "" {
		kind = kit.Secondary // there is something more urgent
	}
	t.invite.Set(kind, "calendar-plus", w.T("desktop.today.new"))
}

// grouped puts who waits first, then what is to come, then what is over. With one
// group only there is nothing to tell apart.
func (t *today) grouped(waiting, ahead, past []fyne.CanvasObject) []fyne.CanvasObject {
	w := t.u.words
	var all []fyne.CanvasObject
	groups := 0
	for _, g := range []struct {
		title string
		rows  []fyne.CanvasObject
	}{{w.T("desktop.today.waiting"), waiting}, {w.T("desktop.today.ahead"), ahead}, {w.T("desktop.today.past"), past}} {
		if len(g.rows) > 0 {
			groups++
			all = append(append(all, t.heading(g.title)), g.rows...)
		}
	}
	if groups == 1 && len(waiting) == 0 {
		return all[1:]
	}
	return all
}

func (t *today) heading(day string) *kit.Text {
	if t.days[day] == nil {
		t.days[day] = kit.NewText(day, kit.Body, kit.Muted).Bold()
	}
	return t.days[day]
}

// loading: signed in, and the first list is on its way.
func (t *today) loading(s call.State) bool {
	return !s.Agenda.Online && s.Agenda.Problem == nil && t.u.online.IsZero()
}

// banners tell when the list is a copy, and what is wrong with the account.
func (t *today) banners(s call.State) {
	w := t.u.words
	sentence, action := "", ""
	if !s.Agenda.Online && !t.loading(s) {
		sentence = w.T("desktop.today.offline")
		if !t.u.online.IsZero() {
			sentence = w.T("desktop.today.offline_since", "time", w.clock(t.u.online.Add(s.Agenda.Skew).Local()))
		}
		reason, next := w.problem(s.Agenda.Problem)
		action = reason
		if next != "" {
			action += " " + next
		}
	}
	problem := s.ProxyProblem()
	if problem != nil && sentence == "" { // the list is current, yet something else was held up
		sentence, action = w.problem(problem)
	}
	t.proxy.Hidden = problem == nil
	t.offline.Say(kit.Amber, "wifi-slash", sentence, action)
	warning, next := w.problem(problemOf(s.Account.Problem, s.Call.Problem))
	tone := kit.Bad
	if s.Account.Problem != nil && s.Account.Problem.Code == call.ProblemKeyring {
		tone = kit.Amber // it stops nothing
	}
	t.warning.Say(tone, "warning", warning, next)
}

func (t *today) tick(now time.Time) bool {
	changed := false
	for _, row := range t.rows {
		changed = row.clock(now) || changed
	}
	if date := t.u.words.date(now.Local()); date != t.date.Text() {
		t.show(t.u.state)
		changed = true
	}
	return changed
}
