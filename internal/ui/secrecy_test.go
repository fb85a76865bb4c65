package ui

import (
	"testing"

	"ekermed.example/ekermed/internal/call"
	"fyne.io/fyne/v2"
)

// The code is compared by keyboard alone; who finds it different is told what to do, and
// nothing on the screen claims more than is known.
func TestSafetyCode(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(inCall(call.Talking, admitted("Camille Moreau")))
	d.agree(call.Pairing{})
	d.button("Chiffré de bout en bout").Tapped(nil)
	if d.dialog == nil || d.focusedOn() != "Fermer" {
		t.Fatalf("the dialog has the keyboard on %q", d.focusedOn())
	}
	d.take()
	d.tab(1)
	d.key(fyne.KeySpace)
	if evs := d.take(); len(evs) != 1 || evs[0] != (call.Compare{Peer: "p1", Code: [4]byte{229, 17, 64, 120}, Same: true}) {
		t.Errorf("emitted %+v", evs)
	}
	d.agree(call.Pairing{Compared: true})
	if d.focusedOn() != "Fermer" {
		t.Errorf("the keyboard is lost: %q", d.focusedOn())
	}
	d.key(fyne.KeyEscape)
	d.button("Chiffré de bout en bout, code comparé")

	d.agree(call.Pairing{Differs: true})
	d.button("Conversation non sûre").Tapped(nil)
	if d.button("Fermer") == nil {
		t.Error("no way out")
	}
	// Before any code is known there is none to compare.
	d.key(fyne.KeyEscape)
	d.agree(call.Pairing{Standing: call.StandingAgreeing})
	d.button("Vérification du chiffrement…").Tapped(nil)
	for _, b := range d.buttons() {
		if b.Label() == "Les mots sont les mêmes" {
			t.Error("a code is compared before it is known")
		}
	}
}
