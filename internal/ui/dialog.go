package ui

import (
	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// dialog is what stands in front of the screen. It is an overlay of the canvas, so
// the keyboard stays inside until it closes.
type dialog struct {
	name   string
	sheet  *kit.Sheet
	show   func(call.State) // may be nil
	frames func()           // may be nil
	closed func()           // may be nil
	// again opens the dialog anew after a change of language or size; may be nil.
	again  func()
	before fyne.Focusable
}

func (d *dialog) update(s call.State) {
	if d.show != nil {
		d.show(s)
	}
	d.sheet.Refresh()
}

// open puts a dialog in front and gives first the keyboard.
func (u *UI) open(d *dialog, first fyne.Focusable) {
	if u.canvas == nil {
		return
	}
	u.closeDialog()
	d.before = u.canvas.Focused()
	u.dialog = d
	if d.show != nil {
		d.show(u.state)
	}
	u.canvas.Overlays().Add(d.sheet)
	d.sheet.Resize(u.canvas.Size())
	if first != nil {
		u.canvas.Focus(first)
	}
	u.setLive()
}

// closeDialog takes it away and gives the keyboard back.
func (u *UI) closeDialog() {
	d := u.dialog
	if d == nil {
		return
	}
	u.dialog = nil
	u.canvas.Overlays().Remove(d.sheet)
	if d.closed != nil {
		d.closed()
	}
	if d.before != nil {
		u.canvas.Focus(d.before)
	}
	u.setLive()
}

// heading is the first line of a dialog.
func heading(text string) *kit.Text { return kit.NewText(text, kit.Title, kit.Ink).Bold() }

// ask asks for one line of text, or only for a yes.
type ask struct {
	name, title, text string
	// field is the label of the line; empty for none.
	field    string
	needed   bool
	kind     kit.Kind
	icon, do string
	done     func(text string)
}

func (u *UI) ask(a ask) {
	w := u.words
	entry := kit.NewEntry(u.host, a.field)
	finish := func() {
		text := scrub(entry.Text, wire.MaxText-1)
		if a.needed && text == "" {
			u.focus(entry)
			return
		}
		u.closeDialog()
		a.done(text)
	}
	entry.OnSubmitted = func(string) { finish() }
	do := kit.NewButton(u.host, a.kind, a.icon, a.do, finish)
	cancel := kit.NewButton(u.host, kit.Secondary, "", w.T("common.cancel"), u.closeDialog)
	objects := []fyne.CanvasObject{heading(a.title), kit.NewText(a.text, kit.Body, kit.Muted)}
	var first fyne.Focusable = cancel
	if a.field != "" {
		objects = append(objects, kit.Label(a.field, entry).Box)
		first = entry
	}
	foot := kit.RowAligned(fyne.TextAlignTrailing, kit.M, cancel, do)
	u.open(&dialog{name: a.name, sheet: kit.NewSheet(34, kit.Column(kit.M, objects...), foot)}, first)
}

// askMessage writes to somebody who waits.
func (u *UI) askMessage(appointment, peer, name string) {
	w := u.words
	u.ask(ask{name: "message", title: w.T("desktop.message.title", "name", name), text: w.T("desktop.message.text"),
		field: w.T("desktop.message.field"), needed: true, kind: kit.Primary, icon: "paper-plane-tilt", do: w.T("desktop.message.send"),
		done: func(text string) { u.emit(call.SendNote{Appointment: appointment, Peer: peer, Text: text}) }})
}

// askRefuse turns somebody away, with a sentence if wanted.
func (u *UI) askRefuse(appointment, peer, name string) {
	w := u.words
	u.ask(ask{name: "refuse", title: w.T("desktop.refuse.title", "name", name), text: w.T("desktop.refuse.text"),
		field: w.T("desktop.refuse.field"), kind: kit.Risky, icon: "x", do: w.T("desktop.refuse.do"),
		done: func(text string) {
			u.emit(call.TurnAway{Appointment: appointment, Peer: peer, Text: text})
		}})
}

// askCancel takes an appointment back.
func (u *UI) askCancel(appointment, name, time string) {
	w := u.words
	u.ask(ask{name: "cancel", title: w.T("desktop.revoke.title"), text: w.T("desktop.revoke.text", "name", name, "time", time),
		kind: kit.Risky, icon: "calendar-x", do: w.T("desktop.revoke.do"),
		done: func(string) { u.emit(call.CancelAppointment{ID: appointment}) }})
}
