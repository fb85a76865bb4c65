package ui

import (
	"strings"
	"testing"

	"ekermed.example/ekermed/internal/call"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func signedOutWith(code call.ProblemCode) call.State {
	return call.State{Account: call.Account{Phase: call.SignedOut, Server: "https://ekermed.example.org", Email: "anne@hopital.example",
		Problem: &call.Problem{Code: code, Detail: "proxy.hopital.example"}}}
}

// A proxy asks in the middle of signing in: two fields by keyboard, and nothing that was
// typed is lost, also when the first try was wrong.
func TestProxyLoginByKeyboard(t *testing.T) {
	d := newDesk(t, 1280, 800)
	known := call.State{Account: call.Account{Phase: call.SignedOut, Server: "https://ekermed.example.org", Email: "anne@hopital.example"}}
	d.Show(known)
	d.typeText("secret")
	d.key(fyne.KeyReturn)
	d.take()
	busy := known
	busy.Account.Phase = call.SigningIn
	d.Show(busy)
	d.Show(signedOutWith(call.ProblemProxyLogin))
	if d.focusedOn() != "Identifiant du proxy" {
		t.Fatalf("the keyboard is at %q", d.focusedOn())
	}
	d.typeText(" anne ")
	d.key(fyne.KeyReturn)
	expect(t, d.take())
	if !strings.Contains(d.text(), "Ce champ est nécessaire.") || d.focusedOn() != "Mot de passe du proxy" {
		t.Errorf("a missing password is not asked for; the keyboard is at %q", d.focusedOn())
	}
	d.typeText("pw: 1")
	d.tab(1)
	if d.focusedOn() != "Continuer" {
		t.Errorf("after the password comes %q", d.focusedOn())
	}
	d.key(fyne.KeySpace)
	expect(t, d.take(), call.ProxyLogin{User: "anne", Password: "pw: 1"})
	d.Show(busy)
	if strings.Contains(d.text(), "Mot de passe du proxy") || d.focusedOn() != "Mot de passe" {
		t.Errorf("while it is tried, the keyboard is at %q and the screen says\n%s", d.focusedOn(), d.text())
	}
	d.Show(signedOutWith(call.ProblemProxyWrong))
	if !strings.Contains(d.text(), "n’accepte pas cet identifiant") || d.focusedOn() != "Mot de passe du proxy" {
		t.Errorf("when wrong, the keyboard is at %q and the screen says\n%s", d.focusedOn(), d.text())
	}
	s := d.screen.(*signIn)
	if s.password.Text != "secret" || s.email.Text != "anne@hopital.example" || s.proxy.user.Text != " anne " {
		t.Error("what was typed is lost")
	}
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.ProxyLogin{User: "anne", Password: "pw: 1"})
}

// A screen that begins with the question has the keyboard there too.
func TestProxyAsksAtStart(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(signedOutWith(call.ProblemProxyLogin))
	if d.focusedOn() != "Identifiant du proxy" {
		t.Errorf("the keyboard is at %q", d.focusedOn())
	}
}

// Once signed in, the offline notice leads to the same fields.
func TestProxyAsksAgain(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(fullDay())
	s := fullDay()
	askedByProxy(&s)
	d.Show(s)
	if d.dialog != nil {
		t.Error("a dialog opened by itself")
	}
	test.Tap(d.button("S’identifier"))
	if d.focusedOn() != "Identifiant du proxy" {
		t.Fatalf("the keyboard is at %q", d.focusedOn())
	}
	d.typeText("anne")
	d.tab(1)
	d.typeText("pw")
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.ProxyLogin{User: "anne", Password: "pw"})
	if d.dialog != nil {
		t.Error("the dialog stays")
	}
	test.Tap(d.button("S’identifier"))
	d.Show(fullDay())
	if d.dialog != nil || strings.Contains(d.text(), "S’identifier") {
		t.Error("it still asks when all is well")
	}
}

// A room that a proxy holds up does not come back without: the question comes by itself,
// once.
func TestProxyAsksInACall(t *testing.T) {
	d := newDesk(t, 1280, 800)
	s := inCall(call.Talking, admitted("Camille Moreau"))
	d.Show(s)
	s.Call.Phase, s.Call.Problem = call.Reconnecting, &call.Problem{Code: call.ProblemProxyLogin, Detail: "proxy.hopital.example"}
	d.Show(s)
	if d.dialog == nil || d.dialog.name != "proxy" {
		t.Fatal("nobody asks")
	}
	d.key(fyne.KeyEscape)
	s.Agenda.Online = false
	d.Show(s)
	if d.dialog != nil {
		t.Error("it asks again and again")
	}
}
