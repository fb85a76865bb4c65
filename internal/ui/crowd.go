package ui

import (
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// viewing is how the clinician looks at several people; it is nobody else's business.
type viewing struct {
	appointment string
	speaker     bool   // who speaks is large, instead of all alike
	pinned      string // is large whoever speaks; empty for nobody
	spoke       string // who is large in the speaker's view
}

// quiet is how long who is large must have said nothing before another takes the place.
const quiet = 2 * time.Second

// pin makes somebody large, or lets them go.
func (u *UI) pin(id string) {
	if u.viewing.pinned == id {
		id = ""
	}
	u.viewing.pinned = id
	u.review()
}

// look goes between all alike and who speaks.
func (u *UI) look(speaker bool) {
	u.viewing.speaker = speaker
	u.review()
}

// review shows the call after its look has changed.
func (u *UI) review() {
	if s, ok := u.screen.(*callScreen); ok {
		s.show(u.state)
		s.root.Refresh()
	}
}

// stand decides who is large, and sets the buttons that change it.
func (s *callScreen) stand(c call.Consultation, aside bool) {
	u, w := s.u, s.u.words
	if u.viewing.appointment != c.Appointment {
		u.viewing = viewing{appointment: c.Appointment}
	}
	if _, here := c.Find(u.viewing.pinned); !here {
		u.viewing.pinned = ""
	}
	s.crowd.large, s.crowd.aside = -1, aside
	several := len(s.tiles) > 1
	for i, t := range s.tiles {
		pinned := t.id != "" && t.id == u.viewing.pinned
		if several && (pinned || !aside && u.viewing.pinned == "" && u.viewing.speaker && t.id == u.viewing.spoke) {
			s.crowd.large = i
		}
		icon, label := "push-pin", "desktop.people.pin"
		if pinned {
			icon, label = "push-pin-slash", "desktop.people.unpin"
		}
		t.pin.Set(kit.OverPicture, icon, "")
		t.pin.Name = w.T("desktop.named", "do", w.T(label), "name", t.name.Text())
	}
	if s.crowd.large < 0 && !aside && several && u.viewing.speaker {
		s.crowd.large = 0 // somebody is large before anybody has spoken
		u.viewing.spoke = s.tiles[0].id
	}
	s.mode.Set(kit.OverPicture, "user", w.T("desktop.people.speaker"))
	if u.viewing.speaker {
		s.mode.Set(kit.OverPicture, "users", w.T("desktop.people.grid"))
	}
}

// follow lets who speaks take the large place, in the speaker's view. Nobody is changed in the
// middle of a word, nor for a cough: who was large has been quiet for a while.
func (s *callScreen) follow(now time.Time) {
	v := &s.u.viewing
	if !v.speaker || v.pinned != "" || len(s.tiles) < 2 || s.crowd.aside {
		return
	}
	next := v.spoke
	for _, t := range s.tiles {
		if t.id == v.spoke && now.Sub(t.tag.spoke) <= quiet {
			return
		}
		if t.id != "" && now.Sub(t.tag.spoke) <= heldFor {
			next = t.id
		}
	}
	if next != v.spoke {
		v.spoke = next
		s.u.review()
	}
}

// stepTools lets what lies on pictures come and go with the bar: the tools of a shown screen, and
// the pins but of who is pinned.
func (s *callScreen) stepTools() {
	shown := s.bar.root.Visible()
	s.screen.tools.Hidden = s.screen.from == "" || !s.easel.Hidden || !shown
	several := len(s.tiles) > 1
	s.mode.Hidden = !several || !shown || s.crowd.aside || s.u.viewing.pinned != ""
	for _, t := range s.tiles {
		t.tag.offer(several && t.id != "" && (shown || t.id == s.u.viewing.pinned))
	}
}

// crowd sets people's pictures: all alike, or one of them large and the others in a column; or,
// beside a screen or board, all of them in a column, with a pinned one first and larger.
type crowd struct {
	large int // -1 for nobody
	aside bool
	// at and size are the column of the others, small how wide one of them is.
	at    fyne.Position
	size  fyne.Size
	small float32
}

func (*crowd) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(64, 36) }

// Layout implements fyne.Layout.
func (l *crowd) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	if l.large < 0 || l.large >= len(objects) {
		if l.aside {
			strip{}.Layout(objects, size)
		} else {
			tiles{}.Layout(objects, size)
		}
		return
	}
	var others []fyne.CanvasObject
	for i, o := range objects {
		if i != l.large {
			others = append(others, o)
		}
	}
	gap := kit.Size(kit.S)
	large, at, column := objects[l.large], l.at, l.size
	large.Move(fyne.Position{})
	if l.aside {
		h := fyne.Min(size.Width*9/16, size.Height*0.62)
		large.Resize(fyne.NewSize(size.Width, h))
		at, column = fyne.NewPos(size.Width-l.small, h+gap), fyne.NewSize(l.small, fyne.Max(0, size.Height-h-gap))
	} else {
		large.Resize(fyne.NewSize(fyne.Max(0, at.X-gap), size.Height))
	}
	strip{}.Layout(others, column)
	for _, o := range others {
		o.Move(o.Position().Add(at))
	}
}
