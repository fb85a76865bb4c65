package access

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/store"
)

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

const password = "correct horse battery"

func newAccess(t *testing.T) (*Access, *store.Store, *clock, store.Account) {
	t.Helper()
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c := &clock{time.Now().Truncate(time.Second)}
	a := New(Options{Accounts: s, Appointments: s, Passes: s, OpensBefore: 30 * time.Minute, ClosesAfter: 2 * time.Hour,
		Session: time.Hour, Phone: "02 99", Zone: time.UTC, Now: c.now})
	account, err := NewAccount("anne@h.example", "Dr Anne", "clinician", password, c.at)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddAccount(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	return a, s, c, account
}

func code(t *testing.T, err error, want wire.Code) *Refusal {
	t.Helper()
	var no *Refusal
	if !errors.As(err, &no) || no.Code != want {
		t.Fatalf("got %v, want a refusal with %s", err, want)
	}
	return no
}

func TestSignIn(t *testing.T) {
	a, _, c, _ := newAccess(t)
	ctx := t.Context()
	s, err := a.SignIn(ctx, wire.SignIn{Email: " Anne@H.example ", Password: password}, "src")
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := a.Session(ctx, s.Token); err != nil || got.Name != "Dr Anne" {
		t.Errorf("%+v %v", got, err)
	}
	c.at = c.at.Add(2 * time.Hour)
	_, _, err = a.Session(ctx, s.Token)
	code(t, err, wire.CodeSession)
}

// A wrong password and an unknown account cannot be told apart by their answer.
func TestUnknownLooksLikeWrong(t *testing.T) {
	a, s, _, _ := newAccess(t)
	ctx := t.Context()
	_, wrong := a.SignIn(ctx, wire.SignIn{Email: "anne@h.example", Password: "not it at all"}, "s1")
	_, unknown := a.SignIn(ctx, wire.SignIn{Email: "nobody@h.example", Password: "not it at all"}, "s2")
	if *code(t, wrong, wire.CodeCredentials) != *code(t, unknown, wire.CodeCredentials) {
		t.Errorf("%v and %v differ", wrong, unknown)
	}
	if err := s.DisableAccount(ctx, "anne@h.example"); err != nil {
		t.Fatal(err)
	}
	_, disabled := a.SignIn(ctx, wire.SignIn{Email: "anne@h.example", Password: password}, "s3")
	code(t, disabled, wire.CodeCredentials)

}

func TestGuessingIsSlowedDown(t *testing.T) {
	a, _, c, _ := newAccess(t)
	a.accounts.burst = 3
	ctx := t.Context()
	var err error
	for i := range 4 {
		_, err = a.SignIn(ctx, wire.SignIn{Email: "anne@h.example", Password: "not it at all"}, "s")
		if i < 3 {
			code(t, err, wire.CodeCredentials)
		}
	}
	if no := code(t, err, wire.CodeSlowDown); no.Wait <= 0 || no.Wait > time.Minute {
		t.Errorf("wait %s", no.Wait)
	}
	// Even the right password waits, or the wait would tell that it is right.
	_, err = a.SignIn(ctx, wire.SignIn{Email: "anne@h.example", Password: password}, "s")
	no := code(t, err, wire.CodeSlowDown)
	c.at = c.at.Add(no.Wait)
	if _, err = a.SignIn(ctx, wire.SignIn{Email: "anne@h.example", Password: password}, "s"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestLinkThroughItsLife(t *testing.T) {
	a, _, c, account := newAccess(t)
	ctx := t.Context()
	start := c.at.Add(2 * time.Hour)
	ap, link, err := a.Book(ctx, account, wire.Invite{PatientEmail: "p@x.example", PatientName: "Yann\u202e", At: start.Format(time.RFC3339)})
	if err != nil {
		t.Fatal(err)
	}
	if ap.PatientName != "Yann" || len(link) != 20 {
		t.Errorf("%q %q", ap.PatientName, link)
	}
	for _, tt := range []struct {
		at   time.Time
		want wire.LinkStatus
		join wire.Code
	}{
		{c.at, wire.LinkEarly, wire.CodeEarly},
		{start.Add(-29 * time.Minute), wire.LinkOpen, ""},
		{start.Add(10 * time.Minute), wire.LinkLate, ""},
		{start.Add(3 * time.Hour), wire.LinkExpired, wire.CodeExpired},
	} {
		c.at = tt.at
		for range 3 { // looking changes nothing
			info, err := a.Link(ctx, link, "s")
			if err != nil || info.Status != tt.want {
				t.Fatalf("at %s: %+v %v", tt.at, info, err)
			}
		}
		_, err := a.Join(ctx, link, "s")
		if tt.join == "" && err != nil {
			t.Errorf("at %s: %v", tt.at, err)
		}
		if tt.join != "" {
			code(t, err, tt.join)
		}
	}
	if _, err := a.Cancel(ctx, account, ap.ID); err != nil {
		t.Fatal(err)
	}
	_, err = a.Join(ctx, link, "s")
	code(t, err, wire.CodeCancelled)
}

// A pass opens its own room, as its own role, once and not for long.
func TestPasses(t *testing.T) {
	a, _, c, account := newAccess(t)
	ctx := t.Context()
	ap, link, err := a.Book(ctx, account, wire.Invite{PatientEmail: "p@x.example"})
	if err != nil {
		t.Fatal(err)
	}
	one, err := a.Join(ctx, link, "s")
	if err != nil {
		t.Fatal(err)
	}
	e, err := a.Redeem(ctx, one.Pass)
	if err != nil || e.Role != wire.RolePatient || e.Appointment != ap.ID {
		t.Fatalf("%+v %v", e, err)
	}
	_, err = a.Redeem(ctx, one.Pass)
	code(t, err, wire.CodePass)
	two, err := a.Join(ctx, link, "s")
	if err != nil {
		t.Fatal(err)
	}
	c.at = c.at.Add(2 * time.Minute)
	_, err = a.Redeem(ctx, two.Pass)
	code(t, err, wire.CodePass)
	for _, forged := range []string{"", "AAAA", strings.Repeat("A", 32), two.Pass + "x", "eyJhbGciOiJub25lIn0.e30."} {
		_, err = a.Redeem(ctx, forged)
		code(t, err, wire.CodePass)
	}
	stranger, err := NewAccount("bob@h.example", "Dr Bob", "clinician", password, c.at)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.ClinicianPass(ctx, stranger, ap.ID)
	code(t, err, wire.CodeNotFound)
	mine, err := a.ClinicianPass(ctx, account, ap.ID)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := a.Redeem(ctx, mine.Pass); err != nil || e.Role != wire.RoleClinician || e.Name != "Dr Anne" {
		t.Errorf("%+v %v", e, err)
	}
}

func TestGuessingCodes(t *testing.T) {
	a, _, _, account := newAccess(t)
	ctx := t.Context()
	_, link, err := a.Book(ctx, account, wire.Invite{PatientEmail: "p@x.example"})
	if err != nil {
		t.Fatal(err)
	}
	slowed := false
	for range 40 {
		_, err := a.Link(ctx, newCode(), "guesser")
		var no *Refusal
		if errors.As(err, &no) && no.Code == wire.CodeSlowDown {
			slowed = true
		}
	}
	if !slowed {
		t.Error("40 guesses were answered")
	}
	if _, err := a.Link(ctx, link, "guesser"); err != nil {
		t.Errorf("a good link is held up: %v", err)
	}
}

func TestBookingIsChecked(t *testing.T) {
	a, _, _, account := newAccess(t)
	for _, in := range []wire.Invite{
		{PatientEmail: "no address"}, {PatientEmail: "a@b"}, {PatientEmail: "a@x.example\r\nBcc: b@x.example"}, {PatientEmail: "A <a@x.example>"},
		{PatientEmail: "p@x.example", At: "tomorrow"}, {PatientEmail: "p@x.example", At: "1999-01-01T00:00:00Z"},
		{PatientEmail: "p@x.example", Minutes: 4}, {PatientEmail: "p@x.example", Minutes: 900}, {PatientEmail: "p@x.example", Language: "br"},
		{PatientEmail: "p@x.example", PatientName: strings.Repeat("n", wire.MaxName+1)},
	} {
		_, _, err := a.Book(t.Context(), account, in)
		code(t, err, wire.CodeMalformed)
	}
}

func TestPasswordsAndAccounts(t *testing.T) {
	if _, err := HashPassword("short"); err == nil {
		t.Error("a short password was taken")
	}
	h, err := HashPassword(password)
	if err != nil || !strings.HasPrefix(h, "$argon2id$v=19$m=65536,t=3,p=2$") || !verify(h, password) || verify(h, password+"x") || verify("$argon2id$garbage", password) {
		t.Errorf("%q %v", h, err)
	}
	for _, bad := range []struct{ email, name, role string }{{"x", "n", "clinician"}, {"a@b.example", "", "clinician"}, {"a@b.example", "n\n", "x"}, {"a@b.example", "n", "boss"}} {
		if _, err := NewAccount(bad.email, bad.name, bad.role, password, time.Now()); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}
