package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// Signing in with a second factor, by the keyboard alone: the field comes when it is asked
// for and has the keyboard; a wrong code empties it, the password stays.
func TestSignInWithASecondFactor(t *testing.T) {
	d := newDesk(t, 1280, 800)
	state := func(phase call.AccountPhase, factor bool, code wire.Code) call.State {
		s := call.State{Account: call.Account{Phase: phase, Server: "https://ekermed.example.org", Email: "anne@h.example", Factor: factor}}
		if code != "" {
			s.Account.Problem = &call.Problem{Code: call.ProblemCode(code)}
		}
		return s
	}
	in := func(code string) call.SignIn {
		return call.SignIn{Server: "https://ekermed.example.org", Email: "anne@h.example", Password: "correct horse", Code: code}
	}
	d.Show(state(call.SignedOut, false, ""))
	screen := d.screen.(*signIn)
	if screen.codeUp.Visible() {
		t.Error("asked for a code that nobody wants")
	}
	d.typeText("correct horse")
	d.key(fyne.KeyReturn)
	expect(t, d.take(), in(""))
	d.Show(state(call.SigningIn, false, ""))
	d.Show(state(call.SignedOut, true, ""))
	if !screen.codeUp.Visible() || d.focusedOn() != "Code à usage unique" || screen.banner.Text() != "" {
		t.Fatalf("the keyboard is at %q, the banner says %q", d.focusedOn(), screen.banner.Text())
	}
	d.key(fyne.KeyReturn)
	expect(t, d.take()) // it is needed
	d.typeText("123 456")
	d.key(fyne.KeyReturn)
	expect(t, d.take(), in("123 456"))
	d.Show(state(call.SigningIn, true, ""))
	d.Show(state(call.SignedOut, true, wire.CodeSecondFactorWrong))
	if screen.code.Text != "" || screen.password.Text != "correct horse" || d.focusedOn() != "Code à usage unique" {
		t.Errorf("after a wrong code: %q, the keyboard at %q", screen.code.Text, d.focusedOn())
	}
	d.typeText("abcd-efgh-jkmn-pqrs") // a recovery code goes the same way
	d.key(fyne.KeyReturn)
	expect(t, d.take(), in("abcd-efgh-jkmn-pqrs"))
	d.Show(state(call.SignedOut, true, wire.CodeSecondFactorWrong))
	d.Show(state(call.SignedOut, false, wire.CodeCredentials))
	if screen.codeUp.Visible() || screen.code.Text != "" {
		t.Error("asks for a code after a wrong password")
	}
}

// Who lapsed is told why, and finds their address filled in.
func TestALapsedSessionSaysWhy(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(fullDay())
	d.Show(call.State{Account: call.Account{Phase: call.SignedOut, Server: "https://h.example", Email: "anne@h.example", Problem: &call.Problem{Code: call.ProblemCode(wire.CodeIdle)}}})
	if s := d.screen.(*signIn); s.banner.Text() == "" || s.email.Text != "anne@h.example" {
		t.Errorf("%q, %q", s.banner.Text(), s.email.Text)
	}
}

// Activity is told once a minute at most, and by whatever the clinician does.
func TestActivityIsTold(t *testing.T) {
	d := newDesk(t, 1280, 800)
	told := 0
	d.o.Active = func() { told++ }
	want := func(what string, n int) {
		t.Helper()
		if told != n {
			t.Errorf("%s: told %d times, want %d", what, told, n)
		}
		told = 0
	}
	d.Show(call.State{Account: call.Account{Phase: call.SignedOut}})
	d.key(fyne.KeyF1)
	d.key(fyne.KeyEscape)
	want("signed out", 0)
	d.Show(fullDay())
	d.clock = d.clock.Add(2 * time.Minute)
	told = 0
	for range 20 {
		d.tick()
		d.Show(fullDay())
	}
	want("nobody is there", 0)
	for what, do := range map[string]func(){
		"a key":         func() { d.key(fyne.KeyF1); d.key(fyne.KeyEscape) },
		"a shortcut":    func() { d.ctrl(fyne.KeyD) },
		"a pointer":     func() { d.backdrop.MouseMoved(&desktop.MouseEvent{}) },
		"over a button": func() { d.button("Message").MouseIn(&desktop.MouseEvent{}) },
		"a click":       func() { test.Tap(d.button("Message")); d.key(fyne.KeyEscape) },
		"typing":        func() { d.ctrl(fyne.KeyN); d.typeText("a"); d.key(fyne.KeyEscape) },
	} {
		d.clock = d.clock.Add(2 * time.Minute)
		do()
		do()
		want(what, 1)
		d.clock = d.clock.Add(30 * time.Second)
		do()
		want(what+" again", 0)
	}
}

// The list of people, by the keyboard alone.
func TestPeopleByKeyboard(t *testing.T) {
	d := newDesk(t, 1280, 800)
	held := guest("g3", "Lou Moreau", wire.RoleCompanion, "fille", wire.PlaceHold)
	door := guest("g4", "Inès Le Bihan", wire.RoleInterpreter, "breton", wire.PlaceWaiting)
	talking := inCall(call.Talking, admitted("Camille Moreau"), held, door)
	d.Show(talking)
	d.ctrl(fyne.KeyP)
	if d.dialog == nil || d.dialog.name != "people" || d.focusedOn() != "Fermer" {
		t.Fatalf("the keyboard is at %q", d.focusedOn())
	}
	press := func(name string) {
		t.Helper()
		for range 12 {
			if d.focusedOn() == name {
				d.key(fyne.KeyReturn)
				return
			}
			d.tab(1)
		}
		t.Fatalf("Tab does not lead to %q", name)
	}
	press("Mettre en attente\u00a0: Camille Moreau")
	expect(t, d.take(), call.SetAside{Peer: "p1", On: true})
	press("Reprendre\u00a0: Lou Moreau")
	expect(t, d.take(), call.SetAside{Peer: "g3", On: false})
	press("Faire entrer\u00a0: Inès Le Bihan")
	expect(t, d.take(), call.LetIn{Appointment: "camille", Peer: "g4"})
	press("Verrouiller")
	expect(t, d.take(), call.Lock{On: true})
	if d.dialog == nil {
		t.Fatal("the list closed by itself")
	}
	press("Faire sortir\u00a0: Camille Moreau")
	expect(t, d.take())
	if d.focusedOn() != "Annuler" {
		t.Errorf("the keyboard is at %q, which is not the safe answer", d.focusedOn())
	}
	d.tab(1)
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.PutOut{Peer: "p1"})
	if d.dialog == nil || d.dialog.name != "people" {
		t.Error("the list is not there again")
	}
	locked := talking
	locked.Call.Locked = true
	d.Show(locked)
	press("Déverrouiller")
	expect(t, d.take(), call.Lock{On: false})
	// Who has the keyboard's button goes: it is not lost.
	d.button("Reprendre")
	press("Reprendre\u00a0: Lou Moreau")
	d.take()
	d.Show(inCall(call.Talking, admitted("Camille Moreau"), door))
	if d.focusedOn() != "Fermer" {
		t.Errorf("the keyboard is at %q", d.focusedOn())
	}
	d.key(fyne.KeyEscape)
	d.Show(signedIn())
	d.ctrl(fyne.KeyP)
	if d.dialog != nil {
		t.Error("opens outside a call")
	}
}

// There is nothing to do about ourselves, and nobody's name can pass for a control.
func TestPeopleAreShownAsText(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(inCall(call.Talking, guest("g1", "\u202eevil\nname", wire.RoleCompanion, "\u202ddaughter", wire.PlaceCall)))
	d.openPeople()
	for _, b := range d.buttons() {
		if b.Name == "Faire sortir\u00a0: Dr Anne Le Goff" {
			t.Error("may put ourselves out")
		}
	}
	for _, r := range d.text() {
		if r == '\u202e' || r == '\u202d' {
			t.Error("directions are shown")
		}
	}
}

// Handing over asks first; afterwards nothing is offered that only who leads may do.
func TestHandOver(t *testing.T) {
	d := newDesk(t, 1280, 800)
	named := func(name string) bool {
		return slices.ContainsFunc(d.buttons(), func(b *kit.Button) bool { return b.Visible() && (b.Name == name || b.Label() == name) })
	}
	give, of := "Passer la main", "Passer la main\u00a0: "
	d.Show(inCall(call.Talking, admitted("Camille Moreau"), colleagueThere(), guest("g2", "Dr Nora Le Bris", wire.RoleColleague, "", wire.PlaceWaiting)))
	d.openPeople()
	if !named(of+"Dr Paul Riou") || named(of+"Camille Moreau") || named(of+"Dr Nora Le Bris") {
		t.Error("it can be handed to others than the colleague in the call")
	}
	d.button(give).Tapped(nil)
	expect(t, d.take())
	if d.focusedOn() != "Annuler" || !strings.Contains(d.text(), "Passer la consultation à Dr Paul Riou\u202f?") {
		t.Errorf("asked nothing, or the keyboard is at %q", d.focusedOn())
	}
	d.tab(1)
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.HandOver{Peer: "g1"})
	if d.dialog == nil || d.dialog.name != "people" {
		t.Error("the list is not there again")
	}
	after := handedOver()
	d.Show(after)
	for _, gone := range []string{"Verrouiller", give, "Mettre en attente\u00a0: Dr Paul Riou", "Faire sortir\u00a0: Dr Nora Le Bris"} {
		if named(gone) {
			t.Errorf("%q is still offered", gone)
		}
	}
	if !named("Faire sortir\u00a0: Camille Moreau") {
		t.Error("a colleague may put a patient out")
	}
	d.closeDialog()
	notice := "Dr Paul Riou conduit maintenant la consultation"
	if !strings.Contains(d.text(), notice) {
		t.Error("nobody says who leads")
	}
	d.clock = d.clock.Add(explained)
	d.tick()
	if strings.Contains(d.text(), notice) {
		t.Error("it is said for ever")
	}
}
