package ui

import (
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestSignInByKeyboard(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(call.State{Account: call.Account{Phase: call.SignedOut}})
	d.typeText("ekermed.example.org")
	d.tab(1)
	d.typeText("anne@hopital.example")
	d.key(fyne.KeyReturn)
	expect(t, d.take())
	if !strings.Contains(d.text(), "Ce champ est nécessaire.") || d.focusedOn() != "Mot de passe" {
		t.Errorf("a missing password is not asked for; the keyboard is at %q", d.focusedOn())
	}
	d.typeText("secret")
	d.tab(1)
	if d.focusedOn() != "Afficher" {
		t.Errorf("after the password comes %q", d.focusedOn())
	}
	d.key(fyne.KeySpace)
	if d.button("Masquer") == nil {
		t.Error("the password cannot be shown by keyboard")
	}
	d.tab(1)
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.SignIn{Server: "https://ekermed.example.org", Email: "anne@hopital.example", Password: "secret"})
	// What was typed survives the answer.
	busy := call.State{Account: call.Account{Phase: call.SigningIn, Server: "https://ekermed.example.org", Email: "anne@hopital.example"}}
	d.Show(busy)
	d.key(fyne.KeyReturn)
	expect(t, d.take())
	wrong := busy
	wrong.Account.Phase, wrong.Account.Problem = call.SignedOut, &call.Problem{Code: "credentials"}
	d.Show(wrong)
	s := d.screen.(*signIn)
	if s.password.Text != "secret" || s.email.Text != "anne@hopital.example" {
		t.Error("what was typed is lost")
	}
}

func TestKnownServerIsOneLine(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(call.State{Account: call.Account{Phase: call.SignedOut, Server: "https://ekermed.example.org", Email: "anne@hopital.example"}})
	if d.focusedOn() != "Mot de passe" {
		t.Errorf("the keyboard is at %q", d.focusedOn())
	}
	d.typeText("secret")
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.SignIn{Server: "https://ekermed.example.org", Email: "anne@hopital.example", Password: "secret"})
	test.Tap(d.button("Changer de serveur"))
	if d.focusedOn() != "Adresse du serveur" {
		t.Errorf("after changing the server the keyboard is at %q", d.focusedOn())
	}
}

func TestInviteByKeyboard(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(fullDay())
	d.ctrl(fyne.KeyN)
	d.typeText("camille@exemple.fr")
	d.key(fyne.KeyReturn) // Nouveau, e-mail, Envoyer
	expect(t, d.take(), call.SendInvite{Email: "camille@exemple.fr", Minutes: 30, Language: "fr"})
	sent := fullDay()
	sent.Invite = call.Invite{Phase: call.InviteSent, To: "camille@exemple.fr", Mail: "outbox 1.eml", Link: "https://x.example/r/K"}
	d.Show(sent)
	if !strings.Contains(d.text(), "boîte d’envoi") || d.focusedOn() != "Copier le lien" {
		t.Errorf("after sending the keyboard is at %q", d.focusedOn())
	}
	d.key(fyne.KeyReturn)
	if d.copied != "https://x.example/r/K" || d.button("Lien copié") == nil {
		t.Errorf("copied %q", d.copied)
	}
	d.key(fyne.KeyEscape)
	expect(t, d.take(), call.CloseInvite{})
	if d.dialog != nil {
		t.Error("Escape does not close")
	}
}

func TestInviteLater(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(fullDay())
	d.ctrl(fyne.KeyN)
	d.typeText("camille@exemple.fr")
	d.tab(2)
	d.key(fyne.KeyRight) // later
	d.tab(1)
	if d.focusedOn() != "Jour (jour/mois/année)" {
		t.Fatalf("the keyboard is at %q", d.focusedOn())
	}
	v := d.window.Canvas().Focused().(*kit.Entry)
	v.SetText("2/6/2026")
	d.key(fyne.KeyReturn)
	expect(t, d.take())
	if !strings.Contains(d.text(), "Cette heure est passée") {
		t.Error("a past day is taken")
	}
	v.SetText("5/6")
	d.tab(1)
	d.window.Canvas().Focused().(*kit.Entry).SetText("9h15")
	d.tab(1)
	d.key(fyne.KeyRight) // 45 minutes
	d.tab(1)
	d.key(fyne.KeyRight) // English
	d.tab(2)
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.SendInvite{Email: "camille@exemple.fr", Minutes: 45, Language: "en", At: time.Date(2026, 6, 5, 9, 15, 0, 0, time.Local)})
}

func TestHalfWrittenInviteIsKept(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(fullDay())
	d.ctrl(fyne.KeyN)
	d.typeText("camille@")
	more := fullDay()
	more.Agenda.Appointments[4].People = []wire.Person{somebody("p9", "Marc", 0)}
	d.Show(more)
	d.typeText("ex")
	d.key(fyne.KeyEscape)
	d.ctrl(fyne.KeyN)
	if e := d.window.Canvas().Focused().(*kit.Entry); e.Text != "camille@ex" {
		t.Errorf("the address is %q", e.Text)
	}
	// The keyboard stays inside the dialog.
	inside := map[fyne.Focusable]bool{}
	walk(d.window.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if f, ok := o.(fyne.Focusable); ok {
			inside[f] = true
		}
	})
	for range 20 {
		d.tab(1)
		if !inside[d.window.Canvas().Focused()] {
			t.Fatalf("the keyboard left the dialog: %q", d.focusedOn())
		}
	}
}

func TestAdmitMuteLeaveByKeyboard(t *testing.T) {
	d := newDesk(t, 1280, 800)
	s := fullDay()
	s.Agenda.Appointments[4].People = []wire.Person{somebody("p9", "Marc", 20*time.Minute)}
	d.Show(s)
	d.ctrl(fyne.KeyReturn)
	expect(t, d.take(), call.LetIn{Appointment: "marc", Peer: "p9"})
	d.Show(inCall(call.Talking, admitted("Camille Moreau"), somebody("p2", "Nora", 0)))
	d.ctrl(fyne.KeyD)
	d.ctrl(fyne.KeyE)
	d.ctrl(fyne.KeyReturn)
	d.ctrl(fyne.KeyN) // not in a call
	d.ctrl(fyne.KeyL)
	expect(t, d.take(), call.SetAudio{On: false}, call.SetVideo{On: false}, call.LetIn{Appointment: "camille", Peer: "p2"}, call.Leave{})
	d.tab(2)
	if d.focusedOn() != "Couper le micro" {
		t.Errorf("the keyboard is at %q", d.focusedOn())
	}
	d.key(fyne.KeySpace)
	expect(t, d.take(), call.SetAudio{On: false})
	ended := inCall(call.Talking)
	ended.Call.Phase, ended.Call.Reason = call.Ended, wire.ReasonEnded
	d.Show(ended)
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.CloseEnd{})
}

// The link can be read only once: it is shown although the dialog was closed while the
// invitation was on its way.
func TestLateAnswerIsShown(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(fullDay())
	d.ctrl(fyne.KeyN)
	s := fullDay()
	s.Invite = call.Invite{Phase: call.InviteSending, To: "a@b.example"}
	d.Show(s)
	d.key(fyne.KeyEscape)
	s.Invite.Phase, s.Invite.Link, s.Invite.Mail = call.InviteSent, "https://x.example/r/K", "sent"
	d.Show(s)
	if d.dialog == nil || !strings.Contains(d.text(), "https://x.example/r/K") || d.focusedOn() != "Copier le lien" {
		t.Errorf("the link is not shown; the keyboard is at %q", d.focusedOn())
	}
	test.Tap(d.button("Inviter quelqu’un d’autre"))
	if d.button("Envoyer") == nil || d.focusedOn() != "Adresse e-mail du patient" {
		t.Errorf("another one: the keyboard is at %q", d.focusedOn())
	}
	for _, e := range d.take() {
		if e != (call.CloseInvite{}) {
			t.Errorf("emitted %#v", e)
		}
	}
}

// Between signing in and the first list nothing is said to be offline or empty.
func TestLoadingTheDay(t *testing.T) {
	d := newDesk(t, 1280, 800)
	s := signedIn()
	s.Agenda.Online = false
	d.Show(s)
	if text := d.text(); strings.Contains(text, "Hors ligne") || strings.Contains(text, "Aucun rendez-vous") || !strings.Contains(text, "Chargement") {
		t.Errorf("before the first list:\n%s", text)
	}
	s.Agenda.Problem = &call.Problem{Code: call.ProblemOffline}
	d.Show(s)
	if !strings.Contains(d.text(), "Le serveur ne répond pas.") {
		t.Errorf("offline from the start:\n%s", d.text())
	}
}

// Shortcuts work while somebody types.
func TestShortcutsWhileTyping(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(fullDay())
	d.ctrl(fyne.KeyN)
	d.ctrl(fyne.KeyReturn)
	expect(t, d.take(), call.LetIn{Appointment: "camille", Peer: "p1"})
	if d.dialog != nil {
		t.Error("the dialog stays in front of the call")
	}
	d.ctrl(fyne.KeyN)
	d.key(fyne.KeyF1)
	if d.dialog == nil || d.dialog.name != "help" {
		t.Error("F1 does not help while typing")
	}
}

func TestShortcutsWhenSignedOut(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(call.State{Account: call.Account{Phase: call.SignedOut}, Agenda: fullDay().Agenda})
	for _, k := range []fyne.KeyName{fyne.KeyN, fyne.KeyReturn, fyne.KeyD, fyne.KeyE, fyne.KeyL, fyne.KeyP, fyne.KeyComma} {
		d.ctrl(k)
	}
	expect(t, d.take())
	if d.dialog != nil || len(d.notified) > 0 {
		t.Error("something opened or was announced before signing in")
	}
}

func TestMessageAndRefuse(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(inCall(call.Waiting, somebody("p1", "Camille Moreau", time.Minute)))
	test.Tap(d.button("Message"))
	d.key(fyne.KeyReturn)
	expect(t, d.take())
	d.typeText("Encore 5 minutes")
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.SendNote{Appointment: "camille", Peer: "p1", Text: "Encore 5 minutes"})
	test.Tap(d.button("Refuser"))
	expect(t, d.take())
	d.key(fyne.KeyEscape)
	expect(t, d.take())
	test.Tap(d.button("Refuser"))
	d.typeText("Rappelez le secrétariat")
	d.tab(2)
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.TurnAway{Appointment: "camille", Peer: "p1", Text: "Rappelez le secrétariat"})
}

func TestCancelAsksFirst(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(fullDay())
	test.Tap(d.button("Annuler"))
	if d.focusedOn() != "Annuler" {
		t.Errorf("the keyboard is at %q, which is not the safe answer", d.focusedOn())
	}
	expect(t, d.take())
	test.Tap(d.button("Annuler le rendez-vous"))
	expect(t, d.take(), call.CancelAppointment{ID: "marc"})
}
