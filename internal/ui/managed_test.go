package ui

import (
	"strings"
	"testing"

	"ekermed.example/ekermed/internal/call"
	"fyne.io/fyne/v2"
)

// What the IT department has set is shown, and cannot be changed.
func TestManagedServer(t *testing.T) {
	d := newDesk(t, 1280, 800)
	s := call.State{Account: call.Account{Phase: call.SignedOut, Server: "https://ours.example", Email: "anne@hopital.example"}}
	d.Show(s)
	open := d.screen.(*signIn)
	if open.change.Hidden || !open.fixed.Hidden {
		t.Error("without settings the server can be changed")
	}
	s.Managed.Server = "https://ours.example"
	s.Account.Problem = &call.Problem{Code: call.ProblemAddress} // asks for the address elsewhere
	d.Show(s)
	if open.serverIn.Box.Visible() || !open.known.Visible() || !open.change.Hidden || open.fixed.Hidden {
		t.Error("the server can be changed")
	}
	d.typeText("secret")
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.SignIn{Server: "https://ours.example", Email: "anne@hopital.example", Password: "secret"})
}

func TestManagedIsTold(t *testing.T) {
	everyLanguage(t, func(t *testing.T, w words) {
		if said := w.managed(call.Managed{}); said != "" {
			t.Errorf("nothing is set, and %q", said)
		}
		both := w.managed(call.Managed{Server: "https://ours.example", NoFiles: true})
		if strings.Count(both, "\n") != 1 || both != w.T("desktop.signin.managed")+"\n"+w.T("desktop.files.managed") {
			t.Errorf("%q", both)
		}
	})
	d := newDesk(t, 1280, 800)
	s := signedIn()
	s.Managed.NoFiles = true
	d.Show(s)
	d.visit(atSettings)
	page := d.screen.(*shell).pane.(*settings)
	if page.managed.Hidden {
		t.Error("the settings do not tell")
	}
	s.Managed.NoFiles = false
	d.Show(s)
	if !page.managed.Hidden {
		t.Error("the settings tell what is not so")
	}
}
