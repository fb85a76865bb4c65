package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// settings is screen D12. Inside a call it is a dialog with the same content and the
// devices, which then change at once.
type settings struct {
	u                      *UI
	root                   *kit.Page
	body                   *fyne.Container
	language, theme, scale *kit.Choice
	pickers                *devicePickers
	account, server        *kit.Text
	managed                *kit.Text // what the IT department has set
}

func newSettings(u *UI) *settings {
	s := makeSettings(u)
	w := u.words
	out := kit.NewButton(u.host, kit.Secondary, "sign-out", w.T("desktop.settings.sign_out"), func() { u.emit(call.SignOut{}) })
	s.account = kit.NewText("", kit.Body, kit.Ink).Bold().Fit(kit.Elided)
	s.server = kit.NewText("", kit.Caption, kit.Muted).Fit(kit.Elided)
	s.managed = kit.NewText("", kit.Caption, kit.Muted)
	who := kit.Column(kit.XS, s.account, s.server, s.managed)
	account := kit.Spread(kit.M, 12, who, kit.NewIcon("user-circle", kit.Display, kit.Muted), who, out)
	devices := kit.NewButton(u.host, kit.Secondary, "webcam", w.T("desktop.settings.devices_do"), func() { u.visit(atDevices) })
	say := kit.NewText(w.T("desktop.settings.devices_text"), kit.Body, kit.Muted)
	network := kit.NewButton(u.host, kit.Secondary, "wifi-high", w.T("desktop.diag.do"), u.openDiagnosis)
	about := kit.NewText(w.T("desktop.diag.settings_text"), kit.Body, kit.Muted)
	s.root = kit.NewPage(kit.Inset(kit.XL, kit.XL, kit.Measured(48, kit.Column(kit.L,
		kit.NewText(w.T("desktop.settings.title"), kit.Title, kit.Ink).Bold(),
		kit.Card(s.body),
		kit.Card(kit.Column(kit.M, section(w.T("desktop.settings.devices")), kit.Spread(kit.M, 12, say, say, devices))),
		kit.Card(kit.Column(kit.M, section(w.T("desktop.diag.settings")), kit.Spread(kit.M, 12, about, about, network))),
		kit.Card(kit.Column(kit.M, section(w.T("desktop.settings.account")), account)),
		kit.Card(kit.Column(kit.M, section(w.T("desktop.help.shortcuts")), shortcutList(w)))))), false)
	return s
}

func section(text string) *kit.Text { return kit.NewText(text, kit.Lead, kit.Ink).Bold() }

// makeSettings is the part that dialog and screen share.
func makeSettings(u *UI) *settings {
	w := u.words
	s := &settings{u: u}
	changed := func(string) {
		u.adjusted = s.focused()
		scale, err := strconv.ParseFloat(s.scale.Value(), 32)
		if err != nil {
			scale = 1
		}
		u.emit(call.SetSettings{Settings: call.Settings{Language: s.language.Value(), Theme: s.theme.Value(), TextScale: float32(scale)}})
	}
	s.language = kit.NewChoice(u.host, w.T("desktop.settings.language"), []kit.Option{
		{Value: "", Label: w.T("desktop.settings.system")}, {Value: "fr", Label: "Français"}, {Value: "en", Label: "English"}}, "", changed)
	s.theme = kit.NewChoice(u.host, w.T("desktop.settings.theme"), []kit.Option{
		{Value: "", Label: w.T("desktop.settings.system")}, {Value: "light", Label: w.T("desktop.settings.light")},
		{Value: "dark", Label: w.T("desktop.settings.dark")}}, "", changed)
	var scales []kit.Option
	for _, f := range []float32{1, 1.25, 1.5, 2} {
		scales = append(scales, kit.Option{Value: fmt.Sprint(f), Label: w.T("desktop.settings.percent", "n", fmt.Sprint(int(f*100)))})
	}
	s.scale = kit.NewChoice(u.host, w.T("desktop.settings.scale"), scales, "1", changed)
	s.body = kit.Column(kit.L, kit.Label(s.language.Name, s.language).Box, kit.Label(s.theme.Name, s.theme).Box, kit.Label(s.scale.Name, s.scale).Box)
	return s
}

func (s *settings) object() fyne.CanvasObject { return s.root }
func (s *settings) scroll() *kit.Page         { return s.root }
func (s *settings) tick(time.Time) bool       { return false }
func (s *settings) leave()                    {}

// first is what was changed last when the screen was built anew by a change.
func (s *settings) first() fyne.Focusable {
	all := []*kit.Choice{s.language, s.theme, s.scale}
	return all[max(0, min(s.u.adjusted, len(all)-1))]
}

// managed says what the IT department has set, a line each.
func (w words) managed(m call.Managed) string {
	var lines []string
	if m.Server != "" {
		lines = append(lines, w.T("desktop.signin.managed"))
	}
	if m.NoFiles {
		lines = append(lines, w.T("desktop.files.managed"))
	}
	return strings.Join(lines, "\n")
}

// focused is the number of the choice that has the keyboard.
func (s *settings) focused() int {
	for i, c := range []*kit.Choice{s.language, s.theme, s.scale} {
		if c.Focused() {
			return i
		}
	}
	return 0
}

func (s *settings) show(st call.State) {
	s.language.Set(st.Settings.Language)
	s.theme.Set(st.Settings.Theme)
	scale := st.Settings.TextScale
	if scale == 0 {
		scale = 1
	}
	s.scale.Set(fmt.Sprint(scale))
	if s.account != nil {
		name := clean(st.Account.Name)
		if name == "" {
			name = clean(st.Account.Email)
		}
		s.account.Set(name)
		s.server.Set(s.u.words.T("desktop.settings.signed_in", "email", clean(st.Account.Email), "server", clean(st.Account.Server)))
		managed := s.u.words.managed(st.Managed)
		s.managed.Set(managed)
		s.managed.Hidden = managed == ""
	}
	if s.pickers != nil {
		s.pickers.show(st.Devices)
	}
}

func (s *settings) frames() {
	if s.pickers != nil {
		s.pickers.meter.SetLevel(s.u.level())
	}
}

// openSettings goes to the settings, which inside a room are a dialog.
func (u *UI) openSettings() {
	if u.state.Call.Phase == call.Idle {
		if u.at != atSettings {
			u.visit(atSettings)
		}
		return
	}
	if u.dialog == nil || u.dialog.name != "settings" {
		u.settingsDialog(false)
	}
}

// settingsDialog opens the settings inside a room; a change of one of them opens them
// anew, with the keyboard where it was.
func (u *UI) settingsDialog(changed bool) {
	w := u.words
	s := makeSettings(u)
	s.pickers = newDevicePickers(u)
	done := kit.NewButton(u.host, kit.Primary, "", w.T("common.close"), u.closeDialog)
	content := kit.Column(kit.L, heading(w.T("desktop.settings.title")), s.pickers.box, s.body)
	again := func() { u.settingsDialog(true) }
	first := fyne.Focusable(s.pickers.camera.picker)
	if changed {
		first = s.first()
	}
	u.open(&dialog{name: "settings", sheet: kit.NewSheet(36, content, kit.RowAligned(fyne.TextAlignTrailing, kit.M, done)),
		show: s.show, frames: s.frames, again: again}, first)
}

// openHelp lists the shortcuts and names the version.
func (u *UI) openHelp() {
	if u.dialog != nil && u.dialog.name == "help" {
		return
	}
	w := u.words
	done := kit.NewButton(u.host, kit.Primary, "", w.T("common.close"), u.closeDialog)
	objects := []fyne.CanvasObject{heading(w.T("desktop.help.title")), kit.NewText(w.T("desktop.help.text"), kit.Body, kit.Muted),
		section(w.T("desktop.help.shortcuts")), shortcutList(w)}
	if u.o.Version != "" {
		objects = append(objects, kit.NewText(w.T("desktop.help.version", "version", u.o.Version), kit.Caption, kit.Muted))
	}
	foot := []fyne.CanvasObject{done}
	if u.canDiagnose() {
		foot = append([]fyne.CanvasObject{kit.NewButton(u.host, kit.Secondary, "wifi-high", w.T("desktop.diag.do"), u.openDiagnosis)}, foot...)
	}
	if server := u.state.Account.Server; server != "" && u.o.OpenURL != nil {
		page := server + "/security"
		foot = append([]fyne.CanvasObject{kit.NewButton(u.host, kit.Secondary, "shield-check", w.T("desktop.help.security"), func() { u.o.OpenURL(page) })}, foot...)
	}
	u.open(&dialog{name: "help", sheet: kit.NewSheet(40, kit.Column(kit.M, objects...), kit.RowAligned(fyne.TextAlignTrailing, kit.M, foot...))}, done)
}

// shortcutList shows every shortcut of this release.
func shortcutList(w words) *fyne.Container {
	ctrl := w.T("desktop.keys.ctrl")
	list := kit.Column(kit.S)
	for _, s := range []struct{ key, does string }{
		{ctrl + " + N", w.T("desktop.keys.new")},
		{ctrl + " + " + w.T("desktop.keys.enter"), w.T("desktop.keys.admit")},
		{ctrl + " + D", w.T("desktop.keys.microphone")},
		{ctrl + " + E", w.T("desktop.keys.camera")},
		{ctrl + " + P", w.T("desktop.keys.people")},
		{ctrl + " + K", w.T("desktop.keys.chat")},
		{ctrl + " + J", w.T("desktop.keys.files")},
		{ctrl + " + B", w.T("desktop.keys.board")},
		{ctrl + " + S", w.T("desktop.keys.share")},
		{ctrl + " + L", w.T("desktop.keys.leave")},
		{ctrl + " + ,", w.T("desktop.keys.settings")},
		{"F1", w.T("desktop.keys.help")},
		{w.T("desktop.keys.escape"), w.T("desktop.keys.close")},
	} {
		does := kit.NewText(s.does, kit.Body, kit.Ink)
		key := kit.Layers(kit.NewPanel(kit.Sunken, kit.Border, kit.RadiusS),
			kit.Inset(kit.XS, kit.S, kit.NewText(s.key, kit.Caption, kit.Ink).Bold().Fit(kit.Whole)))
		list.Add(kit.Spread(kit.M, 8, does, does, key))
	}
	return list
}
