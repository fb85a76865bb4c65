package access

import (
	"slices"
	"testing"

	"ekermed.example/ekermed/internal/call/wire"
)

// What was granted and what was refused is told, with no secret in it.
func TestEvents(t *testing.T) {
	a, _, _, account := newAccess(t)
	var got []Event
	a.o.Note = func(e Event) { got = append(got, e) }
	ctx := t.Context()
	want := func(what string, list ...Event) {
		t.Helper()
		if !slices.Equal(got, list) {
			t.Errorf("%s: %+v, want %+v", what, got, list)
		}
		got = nil
	}
	s, err := a.SignIn(ctx, wire.SignIn{Email: "Anne@h.example", Password: password}, "s")
	if err != nil {
		t.Fatal(err)
	}
	want("signed in", Event{Act: ActSignIn, Account: account.ID, Name: "anne@h.example"})
	_, _ = a.SignIn(ctx, wire.SignIn{Email: "anne@h.example", Password: "not it at all"}, "s")
	want("a wrong password", Event{Act: ActSignIn, Account: account.ID, Name: "anne@h.example", Refused: wire.CodeCredentials})
	_, _ = a.SignIn(ctx, wire.SignIn{Email: "nobody@h.example", Password: "not it at all"}, "s")
	want("an unknown name", Event{Act: ActSignIn, Name: "nobody@h.example", Refused: wire.CodeCredentials})
	a.accounts.burst = 1
	_, _ = a.SignIn(ctx, wire.SignIn{Email: "anne@h.example", Password: "not it at all"}, "s")
	want("slowed down")
	ap, link, _, err := a.Book(ctx, account, wire.Invite{PatientEmail: "p@x.example"})
	if err != nil {
		t.Fatal(err)
	}
	want("booked", Event{Act: ActInvite, Account: account.ID, Appointment: ap.ID})
	_, _, _, _ = a.Book(ctx, account, wire.Invite{PatientEmail: "p"})
	want("not booked")
	if _, err := a.Link(ctx, link, "s"); err != nil {
		t.Error(err)
	}
	want("looked at")
	_, _ = a.Link(ctx, newCode(), "s")
	want("guessed", Event{Act: ActLink, Refused: wire.CodeUnknownLink})
	pass, err := a.Join(ctx, link, "s")
	if err != nil {
		t.Fatal(err)
	}
	want("opened", Event{Act: ActLink, Appointment: ap.ID})
	if _, err := a.Redeem(ctx, pass.Pass); err != nil {
		t.Error(err)
	}
	want("redeemed")
	_, _ = a.Redeem(ctx, pass.Pass)
	want("redeemed twice", Event{Act: ActPass, Refused: wire.CodePass})
	if pass, err = a.Join(ctx, link, "s"); err != nil {
		t.Fatal(err)
	}
	got = nil
	if _, err := a.Cancel(ctx, account, ap.ID); err != nil {
		t.Error(err)
	}
	want("cancelled", Event{Act: ActCancel, Account: account.ID, Appointment: ap.ID})
	_, _ = a.Join(ctx, link, "s")
	want("too late", Event{Act: ActLink, Appointment: ap.ID, Refused: wire.CodeCancelled})
	if e, err := a.Redeem(ctx, pass.Pass); err == nil || e != (Entry{}) {
		t.Errorf("%+v %v", e, err)
	}
	want("a pass of before", Event{Act: ActPass, Appointment: ap.ID, Refused: wire.CodeCancelled})
	if err := a.SignOut(ctx, s.Token); err != nil {
		t.Error(err)
	}
	want("signed out", Event{Act: ActSignOut, Account: account.ID})
	_ = a.SignOut(ctx, s.Token)
	want("signed out twice")
}
