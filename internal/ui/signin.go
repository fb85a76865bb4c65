package ui

import (
	"net/url"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// signIn is screen D1. The server's address is asked once; later it is one line with
// a way to change it.
type signIn struct {
	u        *UI
	root     *kit.Page
	banner   *kit.Banner
	network  *kit.Button // tries the network, in the banner
	known    *fyne.Container
	knownAs  *kit.Text
	change   *kit.Button
	fixed    *kit.Text // says that the IT department chose the server
	server   *kit.Entry
	serverIn *kit.Field
	email    *kit.Entry
	emailIn  *kit.Field
	password *kit.Entry
	passIn   *kit.Field
	reveal   *kit.Button
	// code is the second factor, asked for when the server wants it.
	code   *kit.Entry
	codeIn *kit.Field
	codeUp *fyne.Container
	do     *kit.Button
	proxy  *proxyForm
	ask    *fyne.Container // the card with proxy
	// filled: the remembered address has been put in and is the clinician's now.
	filled  bool
	editing bool
	tried   bool // a sign-in was under way
}

func newSignIn(u *UI) *signIn {
	w, h := u.words, u.host
	network := kit.NewButton(h, kit.Secondary, "wifi-high", w.T("desktop.diag.do"), u.openDiagnosis).Small()
	s := &signIn{u: u, banner: kit.NewBanner(network), network: network,
		server:   kit.NewEntry(h, w.T("desktop.signin.server")),
		email:    kit.NewEntry(h, w.T("desktop.signin.email")),
		password: kit.NewEntry(h, w.T("desktop.signin.password")),
		code:     kit.NewEntry(h, w.T("desktop.signin.code")),
		knownAs:  kit.NewText("", kit.Body, kit.Ink).Fit(kit.Elided),
	}
	s.proxy = newProxyForm(u, func(e call.ProxyLogin) { u.emit(e) })
	s.ask = kit.Card(kit.Column(kit.M, s.proxy.title, s.proxy.body, kit.Inset(kit.S, kit.Zero, s.proxy.do)))
	s.ask.Hide()
	s.server.SetPlaceHolder("https://")
	s.email.SetPlaceHolder(w.T("desktop.signin.email_hint"))
	s.password.Password = true
	s.reveal = kit.NewButton(h, kit.Secondary, "eye", w.T("desktop.signin.show"), s.toggle).Small()
	// An action item of its own keeps Fyne from adding an eye that Tab cannot reach.
	s.password.ActionItem = kit.NewPanel(kit.None, kit.None, kit.Zero)
	for _, e := range []*kit.Entry{s.server, s.email, s.password, s.code} {
		e.OnSubmitted = func(string) { s.submit() }
	}
	s.do = kit.NewButton(h, kit.Primary, "", w.T("desktop.signin.do"), s.submit)
	s.change = kit.NewButton(h, kit.Quiet, "", w.T("desktop.signin.change"), func() {
		s.editing = true
		s.choose()
		u.relayout()
		u.focus(s.server)
	}).Small()
	icon := kit.NewIcon("lock", kit.Body, kit.Muted)
	s.fixed = kit.NewText(w.T("desktop.signin.managed"), kit.Caption, kit.Muted)
	s.known = kit.Column(kit.XS, kit.Spread(kit.S, 8, s.knownAs, icon, s.knownAs, s.change), s.fixed)
	s.serverIn = kit.Label(w.T("desktop.signin.server"), s.server)
	s.emailIn = kit.Label(w.T("desktop.signin.email"), s.email)
	password := kit.Bare(s.password)
	s.passIn = kit.Label(w.T("desktop.signin.password"), kit.Spread(kit.M, 10, password, password, s.reveal))
	s.codeIn = kit.Label(w.T("desktop.signin.code"), s.code)
	s.codeUp = kit.Column(kit.XS, s.codeIn.Box, kit.NewText(w.T("desktop.signin.code_hint"), kit.Caption, kit.Muted))
	s.codeUp.Hide()
	form := kit.Column(kit.M, s.banner.Box, s.serverIn.Box, s.known, s.emailIn.Box, s.passIn.Box, s.codeUp, kit.Inset(kit.S, kit.Zero, s.do))
	brand := kit.RowAligned(fyne.TextAlignCenter, kit.M, mark(),
		kit.NewText(w.T("common.product"), kit.Display, kit.Ink).Bold().Fit(kit.Whole))
	all := kit.Column(kit.L, brand,
		kit.NewText(w.T("desktop.signin.lead"), kit.Lead, kit.Muted).Align(fyne.TextAlignCenter),
		s.ask, kit.Card(form),
		kit.NewText(w.T("desktop.signin.help"), kit.Caption, kit.Muted).Align(fyne.TextAlignCenter))
	s.root = kit.NewPage(kit.Inset(kit.XL, kit.L, kit.Measured(27, all)), true)
	return s
}

// mark is the product's sign.
func mark() fyne.CanvasObject {
	return kit.Layers(kit.NewPanel(kit.Accent, kit.None, kit.RadiusM),
		kit.Inset(kit.S, kit.S, kit.NewIcon("heartbeat", kit.Lead, kit.AccentText)))
}

func (s *signIn) object() fyne.CanvasObject { return s.root }
func (s *signIn) scroll() *kit.Page         { return s.root }
func (s *signIn) tick(time.Time) bool       { return false }
func (s *signIn) frames()                   {}
func (s *signIn) leave()                    {}

func (s *signIn) first() fyne.Focusable {
	switch {
	case s.ask.Visible():
		return s.proxy.first()
	case s.serverIn.Box.Visible() && s.server.Text == "":
		return s.server
	case s.email.Text == "":
		return s.email
	case s.codeUp.Visible() && s.password.Text != "":
		return s.code
	}
	return s.password
}

func (s *signIn) toggle() {
	w := s.u.words
	s.password.Password = !s.password.Password
	if s.password.Password {
		s.reveal.Set(kit.Secondary, "eye", w.T("desktop.signin.show"))
	} else {
		s.reveal.Set(kit.Secondary, "eye-slash", w.T("desktop.signin.hide"))
	}
	s.password.Refresh()
	s.u.relayout()
}

// choose shows the server's address as a line or as a field.
func (s *signIn) choose() {
	fixed := s.u.state.Managed.Server != ""
	s.change.Hidden, s.fixed.Hidden = fixed, !fixed
	if !fixed && (s.editing || s.server.Text == "") {
		s.editing = true
		s.serverIn.Box.Show()
		s.known.Hide()
		return
	}
	host := s.server.Text
	if u, err := url.Parse(host); err == nil && u.Host != "" {
		host = u.Host
	}
	s.knownAs.Set(clean(host))
	s.serverIn.Box.Hide()
	s.known.Show()
}

func (s *signIn) show(st call.State) {
	w := s.u.words
	if !s.filled && (st.Account.Server != "" || st.Account.Email != "") {
		s.filled = true
		if s.server.Text == "" {
			s.server.SetText(st.Account.Server)
			s.editing = false
		}
		if s.email.Text == "" {
			s.email.SetText(st.Account.Email)
		}
	}
	s.choose()
	// While a session of an earlier run is tried again and again, there is a problem to
	// show, and another way in.
	busy := st.Account.Phase == call.SigningIn && st.Account.Problem == nil
	s.do.Able(!busy)
	label := w.T("desktop.signin.do")
	if busy {
		label = w.T("desktop.signin.busy")
	}
	problem := st.Account.Problem
	s.askProxy(problem)
	s.askCode(st.Account)
	kind := kit.Primary
	if problem.WantsLogin() {
		kind, problem = kit.Secondary, nil // its card says so
	}
	s.do.Set(kind, "", label)
	sentence, action := w.problem(problem)
	if problem != nil && problem.Code == call.ProblemOffline && st.Account.Phase == call.SignedOut {
		action = w.T("desktop.signin.offline") // nothing is retried by itself here
	}
	s.network.Hidden = !s.u.canDiagnose() || problem == nil || !networks(problem.Code)
	s.banner.Say(kit.Bad, "warning-circle", sentence, action)
	if problem != nil && problem.Code == call.ProblemAddress {
		s.editing = true
		s.choose()
	}
}

// networks tells whether a problem may be the network's, so that trying that helps.
func networks(code call.ProblemCode) bool {
	return code == call.ProblemOffline || code == call.ProblemProxy || code == call.ProblemCertificate
}

// askProxy shows the card of a proxy that wants a login, and gives it the keyboard.
func (s *signIn) askProxy(problem *call.Problem) {
	was := s.ask.Visible()
	s.ask.Hidden = !problem.WantsLogin()
	if s.ask.Visible() {
		s.proxy.show(problem)
	}
	if here := s.u.root.Objects; was != s.ask.Visible() && len(here) > 1 && here[1] == s.root {
		s.root.Top()
		s.u.focus(s.first())
	}
}

// askCode shows the field for the code, and gives it the keyboard: when it appears, and
// empty again when a code was wrong.
func (s *signIn) askCode(a call.Account) {
	was := s.codeUp.Visible()
	s.codeUp.Hidden = !a.Factor
	wrong := a.Phase == call.SignedOut && a.Problem != nil && a.Problem.Code == call.ProblemCode(wire.CodeSecondFactorWrong)
	tried := s.tried
	s.tried = a.Phase == call.SigningIn
	if !a.Factor {
		s.code.SetText("")
		return
	}
	if wrong && tried {
		s.code.SetText("")
	}
	if here := s.u.root.Objects; (!was || wrong && tried) && len(here) > 1 && here[1] == s.root {
		s.u.relayout()
		s.u.focus(s.first())
	}
}

func (s *signIn) submit() {
	if a := s.u.state.Account; a.Phase == call.SigningIn && a.Problem == nil {
		return
	}
	w := s.u.words
	server := strings.TrimSpace(s.server.Text)
	if server != "" && !strings.Contains(server, "://") {
		server = "https://" + server
	}
	email := strings.TrimSpace(s.email.Text)
	needed := func(f *kit.Field, ok bool) bool {
		sentence := ""
		if !ok {
			sentence = w.T("desktop.signin.needed")
		}
		f.Wrong(sentence)
		return ok
	}
	okServer := needed(s.serverIn, server != "")
	okEmail := needed(s.emailIn, email != "")
	okPass := needed(s.passIn, s.password.Text != "")
	code := strings.TrimSpace(s.code.Text)
	okCode := needed(s.codeIn, !s.codeUp.Visible() || code != "")
	s.u.relayout()
	switch {
	case !okServer:
		s.editing = true
		s.choose()
		s.u.focus(s.server)
	case !okEmail:
		s.u.focus(s.email)
	case !okPass:
		s.u.focus(s.password)
	case !okCode:
		s.u.focus(s.code)
	default:
		s.u.emit(call.SignIn{Server: server, Email: email, Password: s.password.Text, Code: code})
	}
}
