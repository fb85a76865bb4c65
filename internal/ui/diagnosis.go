package ui

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// diagnosis is screen D5: what the network lets through, one line a way, what that means
// and, where somebody else has to act, a text for them.
type diagnosis struct {
	u      *UI
	root   *kit.Page
	banner *kit.Banner
	do     *kit.Button
	list   *fyne.Container
	rows   []*diagnosisRow
	letter *fyne.Container
	text   *kit.Entry
	copy   *kit.Button
	copied bool
}

func newDiagnosis(u *UI) *diagnosis {
	w := u.words
	d := &diagnosis{u: u, banner: kit.NewBanner(), list: kit.Column(kit.M)}
	d.do = kit.NewButton(u.host, kit.Primary, "", "", d.press)
	back := kit.NewButton(u.host, kit.Secondary, "arrow-left", w.T("desktop.diag.back"), u.leaveDiagnosis)
	title := kit.Column(kit.XS, kit.NewText(w.T("diag.title"), kit.Title, kit.Ink).Bold(), kit.NewText(w.T("diag.lead"), kit.Body, kit.Muted))
	d.text = kit.NewTextEntry(u.host, w.T("diag.it.label"), letterRows)
	d.text.ReadOnly = true
	d.copy = kit.NewButton(u.host, kit.Secondary, "copy", w.T("desktop.diag.copy"), d.take)
	d.letter = kit.Card(kit.Column(kit.M, section(w.T("diag.it.title")), kit.NewText(w.T("diag.it.text"), kit.Body, kit.Muted),
		kit.Bare(d.text)))
	private := kit.NewText(w.T("diag.private"), kit.Caption, kit.Muted)
	d.root = kit.NewPage(kit.Inset(kit.XL, kit.XL, kit.Measured(48, kit.Column(kit.L,
		title, d.banner.Box, kit.Row(kit.M, d.do, d.copy, back),
		kit.Card(kit.Column(kit.M, section(w.T("diag.results")), d.list,
			kit.SpreadTop(kit.S, 8, private, kit.NewIcon("shield-check", kit.Caption, kit.Muted), private))),
		d.letter))), false)
	return d
}

// letterRows of the text are seen at once; the rest scrolls.
const letterRows = 10

func (d *diagnosis) object() fyne.CanvasObject { return d.root }
func (d *diagnosis) scroll() *kit.Page         { return d.root }
func (d *diagnosis) tick(time.Time) bool       { return false }
func (d *diagnosis) frames()                   {}
func (d *diagnosis) first() fyne.Focusable     { return d.do }

// leave gives up what runs, unless the screen only changes its place.
func (d *diagnosis) leave() {
	if at := d.u.where(); at != atDiagnosis && at != atDiagnosisAlone && d.u.state.Diagnosis.Phase == call.DiagnosisRunning {
		d.u.emit(call.StopDiagnosis{})
	}
}

func (d *diagnosis) press() {
	if d.u.state.Diagnosis.Phase == call.DiagnosisRunning {
		d.u.emit(call.StopDiagnosis{})
		return
	}
	d.copied = false
	d.u.emit(call.RunDiagnosis{})
}

// take copies the text for IT.
func (d *diagnosis) take() {
	d.u.o.Copy(d.text.Text)
	d.copied = true
	d.show(d.u.state)
	d.u.relayout()
}

func (d *diagnosis) show(s call.State) {
	w, now := d.u.words, s.Diagnosis
	switch now.Phase {
	case call.DiagnosisRunning:
		d.do.Set(kit.Secondary, "x", w.T("diag.stop"))
		d.banner.Say(kit.Info, "hourglass-medium", w.T("diag.running"), w.T("desktop.diag.running_text"))
	case call.DiagnosisOver:
		d.do.Set(kit.Primary, "arrows-clockwise", w.T("diag.again"))
		sentence, action := w.verdict(now)
		tone, icon := dress(now.Verdict.Tone())
		d.banner.Say(tone, icon, sentence, action)
	default:
		d.do.Set(kit.Primary, "wifi-high", w.T("diag.start"))
		d.banner.Say(kit.Info, "", "", "")
	}
	d.do.Able(s.Account.Server != "")
	d.results(now)
	d.letter.Hidden = now.Phase != call.DiagnosisOver || now.Verdict == call.VerdictDirect
	d.copy.Hidden = d.letter.Hidden || d.u.o.Copy == nil
	if !d.letter.Hidden {
		if text := w.letter(now, d.u.o.Version, d.u.o.System); d.text.Text != text {
			d.text.SetText(text)
		}
	}
	if d.copied {
		d.copy.Set(kit.Secondary, "check", w.T("diag.it.copied"))
	} else {
		d.copy.Set(kit.Secondary, "copy", w.T("desktop.diag.copy"))
	}
}

func dress(t call.Tone) (kit.Tone, string) {
	switch t {
	case call.ToneGood:
		return kit.Good, "check-circle"
	case call.ToneWarning:
		return kit.Amber, "warning"
	}
	return kit.Bad, "x-circle"
}

// results shows the list; rows stay as long as the tests are the same ones.
func (d *diagnosis) results(now call.Diagnosis) {
	same := slices.EqualFunc(d.rows, now.Results, func(row *diagnosisRow, r call.Result) bool { return row.id == r.ID })
	if !same || len(d.list.Objects) == 0 {
		d.rows, d.list.Objects = nil, nil
		for _, r := range now.Results {
			row := newDiagnosisRow(d.u.words, r)
			d.rows = append(d.rows, row)
			d.list.Add(row.box)
		}
		if len(now.Results) == 0 {
			d.list.Add(kit.NewText(d.u.words.T("desktop.diag.idle"), kit.Body, kit.Muted))
		}
	}
	host := ""
	if u, err := url.Parse(now.Server); err == nil {
		host = u.Hostname()
	}
	for i, r := range now.Results {
		d.rows[i].show(d.u.words, r, host)
	}
}

// diagnosisRow is one test: its name, what was measured, and a word with an icon.
type diagnosisRow struct {
	id      string
	box     *fyne.Container
	details *kit.Text
	pill    *kit.Pill
}

func newDiagnosisRow(w words, r call.Result) *diagnosisRow {
	row := &diagnosisRow{id: r.ID, details: kit.NewText("", kit.Caption, kit.Muted), pill: kit.NewPill(kit.Neutral, "clock", "")}
	about := kit.Column(kit.Zero, kit.NewText(w.T("diag.test."+string(r.Kind)), kit.Body, kit.Ink).Bold(), row.details)
	row.box = kit.Spread(kit.M, 12, about, about, row.pill.Box)
	return row
}

func (row *diagnosisRow) show(w words, r call.Result, host string) {
	var details []string
	if where := w.port(r.Target, r.High()); where != "" {
		if r.Target.Host != host {
			where += " " + clean(r.Target.Host)
		}
		details = append(details, where)
	}
	details = append(details, w.figures(r)...)
	row.details.Set(strings.Join(details, " · "))
	row.details.Hidden = len(details) == 0
	tone, icon := kit.Neutral, "clock"
	switch r.State {
	case call.TestRunning:
		tone, icon = kit.Info, "hourglass-medium"
	case call.TestGood:
		tone, icon = kit.Good, "check-circle"
	case call.TestSlow:
		tone, icon = kit.Amber, "warning"
	case call.TestFailed:
		tone, icon = kit.Bad, "x-circle"
	case call.TestSkipped:
		icon = "info"
	}
	row.pill.Set(tone, icon, w.T("diag.state."+string(r.State)))
}

// openDiagnosis tries the network, at once.
func (u *UI) openDiagnosis() {
	u.visit(atDiagnosis)
	if u.state.Diagnosis.Phase != call.DiagnosisRunning {
		u.emit(call.RunDiagnosis{})
	}
}

// leaveDiagnosis goes back to where it can be reached from.
func (u *UI) leaveDiagnosis() {
	if u.state.Account.Phase == call.SignedIn {
		u.visit(atSettings)
	} else {
		u.visit(atToday) // the sign-in, when nobody is signed in
	}
}

// canDiagnose tells whether there is a server to try, and no room that would suffer.
func (u *UI) canDiagnose() bool {
	return u.state.Account.Server != "" && u.state.Call.Phase == call.Idle
}
