package ui

import (
	"strings"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// proxyForm asks who we are for a proxy that wants to know: on the sign-in screen, and
// in a dialog once signed in.
type proxyForm struct {
	u        *UI
	title    *kit.Text
	body     *fyne.Container
	hint     *kit.Text
	wrong    *kit.Banner
	user     *kit.Entry
	userIn   *kit.Field
	password *kit.Entry
	passIn   *kit.Field
	do       *kit.Button
	done     func(call.ProxyLogin)
}

func newProxyForm(u *UI, done func(call.ProxyLogin)) *proxyForm {
	w, h := u.words, u.host
	f := &proxyForm{u: u, done: done, title: section(""), hint: kit.NewText("", kit.Body, kit.Muted), wrong: kit.NewBanner(),
		user: kit.NewEntry(h, w.T("desktop.proxy.user")), password: kit.NewEntry(h, w.T("desktop.proxy.password"))}
	f.password.Password = true
	// An action item of its own keeps Fyne from adding an eye that Tab cannot reach.
	f.password.ActionItem = kit.NewPanel(kit.None, kit.None, kit.Zero)
	for _, e := range []*kit.Entry{f.user, f.password} {
		e.OnSubmitted = func(string) { f.submit() }
	}
	f.userIn, f.passIn = kit.Label(f.user.Name, f.user), kit.Label(f.password.Name, f.password)
	f.do = kit.NewButton(h, kit.Primary, "", w.T("desktop.proxy.do"), f.submit)
	f.body = kit.Column(kit.M, f.wrong.Box, f.hint, f.userIn.Box, f.passIn.Box)
	return f
}

// first is what gets the keyboard: the password when a user name stands already.
func (f *proxyForm) first() fyne.Focusable {
	if f.user.Text != "" {
		return f.password
	}
	return f.user
}

func (f *proxyForm) show(problem *call.Problem) {
	asks := call.Problem{Code: call.ProblemProxyLogin, Detail: problem.Detail}
	title, hint := f.u.words.problem(&asks)
	f.title.Set(title)
	f.hint.Set(hint)
	sentence, action := "", ""
	if problem.Code == call.ProblemProxyWrong {
		sentence, action = f.u.words.problem(problem)
	}
	f.wrong.Say(kit.Bad, "warning-circle", sentence, action)
	f.title.Hidden, f.hint.Hidden = sentence != "", sentence != ""
}

func (f *proxyForm) submit() {
	user := strings.TrimSpace(f.user.Text)
	needed := func(in *kit.Field, ok bool) bool {
		sentence := ""
		if !ok {
			sentence = f.u.words.T("desktop.signin.needed")
		}
		in.Wrong(sentence)
		return ok
	}
	okUser := needed(f.userIn, user != "")
	okPass := needed(f.passIn, f.password.Text != "")
	f.u.relayout()
	if f.u.dialog != nil {
		f.u.dialog.sheet.Refresh()
	}
	switch {
	case !okUser:
		f.u.focus(f.user)
	case !okPass:
		f.u.focus(f.password)
	default:
		f.done(call.ProxyLogin{User: user, Password: f.password.Text})
	}
}

// openProxy asks in a dialog; it goes by itself when nothing asks any more.
func (u *UI) openProxy() {
	if u.dialog != nil && u.dialog.name == "proxy" || u.state.ProxyProblem() == nil {
		return
	}
	f := newProxyForm(u, func(e call.ProxyLogin) {
		u.closeDialog()
		u.emit(e)
	})
	cancel := kit.NewButton(u.host, kit.Secondary, "", u.words.T("common.cancel"), u.closeDialog)
	foot := kit.RowAligned(fyne.TextAlignTrailing, kit.M, cancel, f.do)
	d := &dialog{name: "proxy", sheet: kit.NewSheet(34, kit.Column(kit.M, f.title, f.body), foot), show: func(s call.State) {
		if problem := s.ProxyProblem(); problem != nil {
			f.show(problem)
		} else {
			u.closeDialog()
		}
	}}
	u.open(d, f.user)
}
