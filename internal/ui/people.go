package ui

import (
	"slices"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/photo"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// lockLook dresses a button that closes the room or opens it.
func lockLook(w words, b *kit.Button, kind kit.Kind, locked bool) {
	if locked {
		b.Set(kind, "lock-open", w.T("desktop.lock.undo"))
	} else {
		b.Set(kind, "lock", w.T("desktop.lock.do"))
	}
}

// openPeople lists who is in the consultation, and what one may do about it.
func (u *UI) openPeople() {
	if u.at != atCall {
		return
	}
	w := u.words
	d := &peopleDialog{u: u, rows: map[string]*peopleRow{}, list: kit.Column(kit.M), locked: kit.NewText("", kit.Body, kit.Muted)}
	d.lock = kit.NewButton(u.host, kit.Secondary, "lock", "", func() { u.emit(call.Lock{On: !u.state.Call.Locked}) }).Small()
	d.mute = kit.NewButton(u.host, kit.Secondary, "microphone-slash", w.T("desktop.people.mute_all"), func() { u.emit(call.MuteThem{}) }).Small()
	d.close = kit.NewButton(u.host, kit.Secondary, "", w.T("common.close"), u.closeDialog)
	content := kit.Column(kit.L, heading(w.T("desktop.people.title")), kit.Spread(kit.M, 14, d.locked, d.locked, d.mute, d.lock), d.list)
	u.open(&dialog{name: "people", sheet: kit.NewSheet(54, content, kit.RowAligned(fyne.TextAlignTrailing, kit.M, d.close)),
		show: d.show, again: u.openPeople}, d.close)
}

type peopleDialog struct {
	u           *UI
	list        *fyne.Container
	rows        map[string]*peopleRow
	locked      *kit.Text
	lock, close *kit.Button
	mute        *kit.Button
}

func (d *peopleDialog) show(s call.State) {
	w, c := d.u.words, s.Call
	people := slices.Clone(c.People)
	slices.SortStableFunc(people, func(a, b wire.Person) int { return standing(a, c.Self) - standing(b, c.Self) })
	var objects []fyne.CanvasObject
	seen := map[string]bool{}
	for _, p := range people {
		row := d.rows[p.ID]
		if row == nil {
			row = newPeopleRow(d.u)
			d.rows[p.ID] = row
		}
		seen[p.ID] = true
		row.show(p, p.ID == c.Self)
		objects = append(objects, row.root)
	}
	for id := range d.rows {
		if !seen[id] {
			delete(d.rows, id)
		}
	}
	gone := !slices.Equal(d.list.Objects, objects) && len(d.list.Objects) > len(objects)
	d.list.Objects = objects
	d.list.Refresh()
	d.locked.Set(w.T("desktop.lock.open"))
	if c.Locked {
		d.locked.Set(w.T("desktop.lock.on"))
	}
	d.mute.Hidden = !slices.ContainsFunc(c.Voices(), func(p wire.Person) bool { return mutable(c, p) })
	lockLook(w, d.lock, kit.Secondary, c.Locked)
	d.lock.Hidden = !c.Leads()
	if gone && d.u.dialog != nil && d.u.dialog.name == "people" {
		d.u.focus(d.close) // the button that had the keyboard may be gone
	}
}

// standing orders the list: ourselves, the call, on hold, at the door.
func standing(p wire.Person, self string) int {
	switch {
	case p.ID == self:
		return 0
	case p.Place == wire.PlaceCall:
		return 1
	case p.Place == wire.PlaceHold:
		return 2
	}
	return 3
}

// peopleRow is one person with what may be done: nothing about ourselves.
type peopleRow struct {
	u                   *UI
	p                   wire.Person
	root                *fyne.Container
	avatar              *kit.Avatar
	name, role          *kit.Text
	status              *kit.Pill
	admit, hold, remove *kit.Button
	hand, mute, photo   *kit.Button
	give                *kit.Button
}

// mutable: somebody who may be asked to mute.
func mutable(c call.Consultation, p wire.Person) bool { return p.Audio && c.Over(p) }

func newPeopleRow(u *UI) *peopleRow {
	w, h := u.words, u.host
	r := &peopleRow{u: u, avatar: kit.NewAvatar("", kit.Body, 2.4, kit.AccentSoft, kit.Accent),
		name: kit.NewText("", kit.Body, kit.Ink).Bold(), role: kit.NewText("", kit.Caption, kit.Muted), status: kit.NewPill(kit.Neutral, "check", "")}
	r.admit = kit.NewButton(h, kit.Secondary, "door-open", w.T("desktop.admit"), func() {
		u.emit(call.LetIn{Appointment: u.state.Call.Appointment, Peer: r.p.ID}) // the list stays open
	}).Small()
	r.hold = kit.NewButton(h, kit.Secondary, "hourglass-medium", "", func() {
		u.emit(call.SetAside{Peer: r.p.ID, On: r.p.Place == wire.PlaceCall})
	}).Small()
	r.remove = kit.NewButton(h, kit.Plain, "x", w.T("desktop.people.remove"), func() { u.askRemove(r.p.ID, w.person(r.p)) }).Small()
	r.hand = kit.NewButton(h, kit.Secondary, "hand", w.T("desktop.people.lower"), func() { u.emit(call.LowerHand{Peer: r.p.ID}) }).Small()
	r.mute = kit.NewButton(h, kit.Secondary, "microphone-slash", w.T("desktop.people.mute"), func() { u.emit(call.MuteThem{Peer: r.p.ID}) }).Small()
	r.photo = kit.NewButton(h, kit.Secondary, "camera", "", func() {
		u.emit(call.AskPhoto{Peer: r.p.ID, On: !stands(u.state.Call, r.p.ID)})
	}).Small()
	r.give = kit.NewButton(h, kit.Secondary, "user-switch", w.T("desktop.people.give"), func() { u.askHandOver(r.p.ID, w.person(r.p)) }).Small()
	words := kit.Column(kit.XS, kit.Column(kit.Zero, r.name, r.role), kit.Row(kit.S, r.status.Box))
	r.root = kit.Layers(kit.NewPanel(kit.Surface, kit.Border, kit.RadiusM), kit.Inset(kit.M, kit.M,
		kit.Spread(kit.M, 11, words, r.avatar, words, r.admit, r.hand, r.photo, r.give, r.mute, r.hold, r.remove)))
	return r
}

func (r *peopleRow) show(p wire.Person, self bool) {
	w := r.u.words
	r.p = p
	name := w.person(p)
	r.avatar.Set(initials(name))
	r.name.Set(name)
	if self {
		r.name.Set(w.T("desktop.people.you", "name", name))
	}
	r.role.Set(w.role(p))
	r.status.Set(w.whereabouts(p))
	state, asked := photoState(r.u.state.Call, p.ID)
	if asked && p.Place == wire.PlaceCall && !p.Away && !p.Hand {
		r.status.Set(kit.Neutral, "camera", w.T("desktop.photo."+string(state)))
	}
	r.photo.Hidden = self || p.Place != wire.PlaceCall || !p.Keys || p.Role.Watches() || p.Role == wire.RoleClinician || r.u.state.Managed.NoFiles
	r.photo.Set(kit.Secondary, "camera", w.T("desktop.photo.do"))
	if stands(r.u.state.Call, p.ID) {
		r.photo.Set(kit.Secondary, "x", w.T("desktop.photo.undo"))
	}
	c := r.u.state.Call
	r.give.Hidden = !c.MayTake(p.ID)
	r.admit.Hidden = self || p.Role == wire.RoleClinician || p.Place != wire.PlaceWaiting
	r.hold.Hidden = !c.Over(p) || p.Place == wire.PlaceWaiting
	r.remove.Hidden = r.hold.Hidden
	if p.Place == wire.PlaceHold {
		r.hold.Set(kit.Primary, "door-open", w.T("desktop.people.back"))
	} else {
		r.hold.Set(kit.Secondary, "hourglass-medium", w.T("desktop.people.hold"))
	}
	r.hand.Hidden = self || !p.Hand
	r.mute.Hidden = self || p.Place != wire.PlaceCall || !mutable(c, p) || p.Role.Watches()
	for _, b := range []*kit.Button{r.admit, r.hand, r.photo, r.give, r.mute, r.hold, r.remove} {
		b.Name = w.T("desktop.named", "do", b.Label(), "name", name)
	}
}

// photoState is how far the photograph is that somebody was asked for; false when none was.
func photoState(c call.Consultation, peer string) (photo.State, bool) {
	for _, a := range c.Photos {
		if a.Peer == peer && !a.Swap {
			return a.State, true
		}
	}
	return "", false
}

// stands tells whether somebody is being asked for a photograph.
func stands(c call.Consultation, peer string) bool {
	state, ok := photoState(c, peer)
	return ok && (state == photo.Asked || state == photo.Shown)
}

// whereabouts says where somebody stands.
func (w words) whereabouts(p wire.Person) (kit.Tone, string, string) {
	switch {
	case p.Away:
		return kit.Bad, "wifi-slash", w.T("desktop.people.away")
	case p.Again && p.Place == wire.PlaceWaiting:
		return kit.DeepAmber, "warning", w.T("desktop.again")
	case p.Place == wire.PlaceWaiting:
		return kit.Amber, "hourglass-medium", w.T("desktop.people.door")
	case p.Place == wire.PlaceHold:
		return kit.Amber, "hourglass-medium", w.T("desktop.people.held")
	case p.Hand:
		return kit.DeepAmber, "hand", w.T("desktop.people.hand")
	case p.Role == wire.RoleObserver:
		return kit.Neutral, "eye", w.T("desktop.people.watching")
	}
	return kit.Good, "check", w.T("desktop.people.here")
}

// askRemove puts somebody out of the call, after a yes; then the list is there again.
func (u *UI) askRemove(peer, name string) {
	w := u.words
	u.ask(ask{name: "remove", title: w.T("desktop.people.remove_title", "name", name), text: w.T("desktop.people.remove_text"),
		kind: kit.Risky, icon: "x", do: w.T("desktop.people.remove"),
		done: func(string) {
			u.emit(call.PutOut{Peer: peer})
			u.openPeople()
		}})
}

// askHandOver gives the consultation to a colleague, after a yes; then the list is there again
// and shows who leads.
func (u *UI) askHandOver(peer, name string) {
	w := u.words
	u.ask(ask{name: "hand-over", title: w.T("desktop.people.give_title", "name", name), text: w.T("desktop.people.give_text", "name", name),
		kind: kit.Primary, icon: "user-switch", do: w.T("desktop.people.give"),
		done: func(string) {
			u.emit(call.HandOver{Peer: peer})
			u.openPeople()
		}})
}
