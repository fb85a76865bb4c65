package ui

import (
	"strings"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// secrecyLook is the mark of how far the encryption reaches.
func secrecyLook(level call.Secrecy) (kind kit.Kind, icon string) {
	switch level {
	case call.SecrecyVerified:
		return kit.OverPicture, "shield-check"
	case call.SecrecyBroken:
		return kit.OverPictureAlarm, "warning"
	}
	return kit.OverPicture, "lock"
}

// secrecyText is what the mark says, with a word on the quality when there is one.
func (w words) secrecyText(c call.Consultation) string {
	text := w.T("desktop.secrecy." + string(c.Secrecy()))
	if c.Path.Slow() {
		text += " · " + w.T("desktop.call.reduced")
	}
	return text
}

// safetyCode writes a code as words: "abeille · biche · canard · dindon".
func safetyCode(code [4]byte, language string) string {
	return strings.Join(codeWords(code, language), " · ")
}

func codeWords(code [4]byte, language string) []string {
	list, err := assets.SafetyWords(language)
	if err != nil {
		return nil // the lists are embedded and tested
	}
	four := make([]string, len(code))
	for i, n := range code {
		four[i] = list[n]
	}
	return four
}

// openSecrecy tells how far the encryption reaches, and lets codes be compared.
func (u *UI) openSecrecy() {
	if u.state.Call.Secrecy() == call.SecrecyNone || u.dialog != nil {
		return
	}
	w := u.words
	d := &secrecyDialog{u: u, title: heading(""), text: kit.NewText("", kit.Body, kit.Muted), alarm: kit.NewBanner(), codes: kit.Column(kit.L),
		profile: kit.NewText("", kit.Caption, kit.Muted)}
	d.close = kit.NewButton(u.host, kit.Secondary, "", w.T("common.close"), u.closeDialog)
	sheet := kit.NewSheet(38, kit.Column(kit.L, kit.Column(kit.M, d.title, d.text, d.alarm.Box), d.codes, d.profile), kit.RowAligned(fyne.TextAlignTrailing, kit.M, d.close))
	u.open(&dialog{name: "secrecy", sheet: sheet, show: d.show, again: u.openSecrecy}, d.close)
}

type secrecyDialog struct {
	u     *UI
	title *kit.Text
	text  *kit.Text
	alarm *kit.Banner
	codes *fyne.Container
	// profile names what protects the packets on their way, for who wants to know.
	profile *kit.Text
	close   *kit.Button
	drawn   string // what codes shows
}

func (d *secrecyDialog) show(s call.State) {
	w, level := d.u.words, s.Call.Secrecy()
	if level == call.SecrecyNone {
		return // the call is coming back
	}
	key := string(level)
	if level == call.SecrecyServer && s.Call.Sealed {
		key = string(call.SecrecyAgreeing)
	}
	d.title.Set(w.T("desktop.secrecy." + string(level)))
	d.text.Set(w.T("desktop.secrecy." + key + "_text"))
	if level == call.SecrecyBroken {
		d.alarm.Say(kit.Bad, "warning", w.T("desktop.secrecy.alarm"), w.T("desktop.secrecy.alarm_action"))
	}
	d.alarm.Box.Hidden = level != call.SecrecyBroken
	d.profile.Hidden = s.Call.Path.Profile == ""
	d.profile.Set(w.T("desktop.secrecy.profile", "profile", s.Call.Path.Profile))
	d.compare(s.Call)
}

// compare shows a code for each person with whom one was agreed.
func (d *secrecyDialog) compare(c call.Consultation) {
	var drawn strings.Builder
	var rows []fyne.CanvasObject
	for _, p := range c.Pairings {
		person, ok := c.Find(p.Peer)
		if !ok || p.Standing != call.StandingAgreed {
			continue
		}
		name := d.u.words.person(person)
		drawn.WriteString(name + safetyCode(p.Code, "en"))
		if p.Compared {
			drawn.WriteString("+")
		}
		if p.Differs {
			drawn.WriteString("-")
		}
		rows = append(rows, d.code(p, name))
	}
	if drawn.String() == d.drawn {
		return
	}
	d.drawn = drawn.String()
	d.codes.Objects = rows
	d.codes.Refresh()
	if d.u.dialog != nil && d.u.dialog.name == "secrecy" {
		d.u.focus(d.close) // the buttons that had the keyboard may be gone
	}
}

func (d *secrecyDialog) code(p call.Pairing, name string) fyne.CanvasObject {
	w, h := d.u.words, d.u.host
	four := codeWords(p.Code, w.Language())
	tiles := make([]fyne.CanvasObject, len(four))
	for i, word := range four {
		tiles[i] = kit.Layers(kit.NewPanel(kit.AccentSoft, kit.None, kit.RadiusM),
			kit.Inset(kit.M, kit.L, kit.NewText(word, kit.Lead, kit.Ink).Bold().Fit(kit.Whole).Align(fyne.TextAlignCenter)))
	}
	words := kit.Row(kit.S, tiles...)
	others := kit.Column(kit.XS)
	for _, language := range assets.Languages() {
		if language != w.Language() {
			others.Add(kit.NewText(w.T("desktop.secrecy.other", "words", safetyCode(p.Code, language)), kit.Caption, kit.Muted))
		}
	}
	say := func(same bool) func() {
		return func() { d.u.emit(call.Compare{Peer: p.Peer, Code: p.Code, Same: same}) }
	}
	column := []fyne.CanvasObject{
		kit.NewText(w.T("desktop.secrecy.code", "name", name), kit.Body, kit.Ink).Bold(),
		words, others,
	}
	switch {
	case p.Compared:
		done := kit.NewBanner()
		done.Say(kit.Good, "shield-check", w.T("desktop.secrecy.compared", "name", name), "")
		column = append(column, done.Box)
	case p.Differs: // a slip can be taken back
		column = append(column, kit.Row(kit.M,
			kit.NewButton(h, kit.Secondary, "check", w.T("desktop.secrecy.same"), say(true)).Named(w.T("desktop.secrecy.same")+" : "+name)))
	default:
		column = append(column, kit.NewText(w.T("desktop.secrecy.how"), kit.Body, kit.Muted), kit.Row(kit.M,
			kit.NewButton(h, kit.Primary, "check", w.T("desktop.secrecy.same"), say(true)).Named(w.T("desktop.secrecy.same")+" : "+name),
			kit.NewButton(h, kit.Secondary, "x", w.T("desktop.secrecy.differ"), say(false)).Named(w.T("desktop.secrecy.differ")+" : "+name)))
	}
	return kit.Column(kit.M, column...)
}
