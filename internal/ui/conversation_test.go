package ui

import (
	"strings"
	"testing"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/chat"
	"fyne.io/fyne/v2"
)

// A message is written, sent and read with the keyboard alone.
func TestConversationByKeyboard(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(written(inCall(call.Talking, admitted("Camille Moreau")), 0))
	d.ctrl(fyne.KeyK)
	if d.focusedOn() != "Votre message" {
		t.Fatalf("the keyboard is at %q", d.focusedOn())
	}
	d.take()
	d.typeText("Oui")
	expect(t, d.take(), call.Typing{Text: "O"}, call.Typing{Text: "Ou"}, call.Typing{Text: "Oui"})
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.Say{Text: "Oui"}, call.Typing{})
	d.key(fyne.KeyReturn)
	expect(t, d.take())
	d.tab(1)
	d.key(fyne.KeySpace)
	expect(t, d.take(), call.Typing{Show: true})
	d.key(fyne.KeyEscape)
	if d.beside.open != noPart || !strings.HasPrefix(d.focusedOn(), "Écrire") {
		t.Errorf("after Escape %q is open and the keyboard at %q", d.beside.open, d.focusedOn())
	}
}

// What others write while the panel is closed is counted, sounded once, and read away.
func TestUnread(t *testing.T) {
	d := newDesk(t, 1280, 800)
	chimes := 0
	d.o.Chime = func() { chimes++ }
	s := inCall(call.Talking, admitted("Camille Moreau"))
	d.Show(written(s, 2))
	d.Show(written(s, 3))
	d.Show(written(s, 4))
	if chimes != 2 || d.unread() != 2 || d.button("Écrire (2)") == nil || !strings.Contains(d.text(), "Message de Camille Moreau") {
		t.Errorf("%d chimes, %d unread, on screen %q", chimes, d.unread(), d.text())
	}
	d.ctrl(fyne.KeyK)
	d.Show(written(s, 6))
	if chimes != 2 || d.unread() != 0 || d.button("Écrire") == nil {
		t.Errorf("%d chimes, %d unread with the conversation open", chimes, d.unread())
	}
	// A half-typed message outlives a change of theme, and another consultation has none of it.
	d.typeText("brouillon")
	dark := written(s, 6)
	dark.Settings.Theme = "dark"
	d.Show(dark)
	if got := d.screen.(*callScreen).panel.chat.entry.Text; got != "brouillon" {
		t.Errorf("the draft is %q now", got)
	}
	next := inCall(call.Talking, admitted("Nora Petit"))
	next.Call.Appointment = "nora"
	d.Show(next)
	if d.beside.open != noPart || d.beside.chat.draft != "" || d.unread() != 0 {
		t.Errorf("another consultation begins with %+v", d.beside)
	}
}

// A link is opened by hand, by its own address, and nothing that is no address is one.
func TestLinks(t *testing.T) {
	d := newDesk(t, 1280, 800)
	opened := ""
	d.o.OpenURL = func(url string) { opened = url }
	s := written(inCall(call.Talking, admitted("Camille Moreau")), 0)
	s.Call.Chat.Messages = []chat.Message{{From: "p1", ID: "1", Text: "javascript:alert(1) https://exemple.fr/a?b=1.", At: noon()}}
	d.Show(s)
	d.ctrl(fyne.KeyK)
	d.button("Ouvrir exemple.fr").Tapped(nil)
	if opened != "https://exemple.fr/a?b=1" {
		t.Errorf("opened %q", opened)
	}
}

func TestTranscript(t *testing.T) {
	d := newDesk(t, 1280, 800)
	copied := ""
	d.o.Copy = func(s string) { copied = s }
	d.Show(written(inCall(call.Talking, admitted("Camille Moreau")), 2))
	d.ctrl(fyne.KeyK)
	d.button("Tout copier").Tapped(nil)
	if !strings.Contains(copied, "Dr Anne Le Goff\nBonjour, vous m’entendez bien\u202f?") && !strings.Contains(copied, "Bonjour, vous m’entendez bien") || !strings.Contains(copied, "Camille Moreau\nOui") {
		t.Errorf("copied %q", copied)
	}
}
