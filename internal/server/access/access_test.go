package access

import (
	"database/sql"
	"encoding/base64"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/store"
)

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

const password = "correct horse battery"

func newAccess(t *testing.T) (*Access, *store.Store, *clock, store.Account) {
	t.Helper()
	return newAccessIn(t, t.TempDir())
}

func newAccessIn(t *testing.T, dir string) (*Access, *store.Store, *clock, store.Account) {
	t.Helper()
	s, err := store.Open(t.Context(), dir)
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
	account.Password = cheap(password)
	if err := s.AddAccount(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	return a, s, c, account
}

// cheap is a hash that costs next to nothing: most tests are about answers.
func cheap(password string) string {
	salt := []byte("saltsaltsaltsalt")
	enc := base64.RawStdEncoding
	return "$argon2id$v=19$m=64,t=1,p=1$" + enc.EncodeToString(salt) + "$" + enc.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 64, 1, 32))
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
	ap, link, _, err := a.Book(ctx, account, wire.Invite{PatientEmail: "p@x.example", PatientName: "Yann\u202e", At: start.Format(time.RFC3339)})
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
	ap, link, _, err := a.Book(ctx, account, wire.Invite{PatientEmail: "p@x.example"})
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
	_, link, _, err := a.Book(ctx, account, wire.Invite{PatientEmail: "p@x.example"})
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
		_, _, _, err := a.Book(t.Context(), account, in)
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

// R49: a pass is bound to its room, role, person and link. Whatever changed meanwhile, it
// opens no more than it was made for.
func TestPassesAreBound(t *testing.T) {
	dir := t.TempDir()
	a, _, c, account := newAccessIn(t, dir)
	ctx := t.Context()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "ekermed.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	one, link, guests, err := a.Book(ctx, account, wire.Invite{PatientEmail: "p@x.example", PatientName: "Yann", Guests: []wire.Guest{
		{Role: wire.RoleInterpreter, Name: "Ines", Email: "i@x.example", Relation: "Breton"}, {Role: wire.RoleObserver, Name: "Oli", Email: "o@x.example"}}})
	if err != nil || len(guests) != 2 || len(guests[0].Plain) != 20 || guests[0].Plain == guests[1].Plain {
		t.Fatalf("%+v %v", guests, err)
	}
	two, _, _, err := a.Book(ctx, account, wire.Invite{PatientEmail: "q@x.example"})
	if err != nil {
		t.Fatal(err)
	}
	join := func(code string) string {
		t.Helper()
		p, err := a.Join(ctx, code, "s")
		if err != nil {
			t.Fatal(err)
		}
		return p.Pass
	}
	people := map[string]bool{}
	for i, want := range []Entry{
		{Appointment: one.ID, Name: "Yann", Role: wire.RolePatient, Owner: account.ID, Link: "p-" + one.ID},
		{Appointment: one.ID, Name: "Ines", Role: wire.RoleInterpreter, Owner: account.ID, Link: guests[0].ID, Relation: "Breton"},
		{Appointment: one.ID, Name: "Oli", Role: wire.RoleObserver, Owner: account.ID, Link: guests[1].ID},
	} {
		for again := range 2 { // the second holder of a link is told apart, and named as such
			e, err := a.Redeem(ctx, join([]string{link, guests[0].Plain, guests[1].Plain}[i]))
			if people[e.Person] {
				t.Error("two joins, one person")
			}
			people[e.Person] = true
			want.Person, want.Again = e.Person, again == 1
			if err != nil || e != want || e.Appointment == two.ID {
				t.Errorf("%+v %v, want %+v", e, err, want)
			}
		}
	}
	info, err := a.Link(ctx, guests[0].Plain, "s")
	if err != nil || info.Role != wire.RoleInterpreter || info.Name != "Ines" {
		t.Errorf("%+v %v", info, err)
	}
	if info, err := a.Link(ctx, link, "s"); err != nil || info.Role != wire.RolePatient || info.Name != "" {
		t.Errorf("the patient's name is shown to whoever holds the link: %+v %v", info, err)
	}
	// The role of a link changes between button and door; the link goes; the pass itself is
	// changed in the store.
	for what, do := range map[string]string{
		"another role":  `UPDATE links SET role = 'colleague' WHERE id = '` + guests[0].ID + `'`,
		"another room":  `UPDATE links SET role = 'interpreter', appointment = '` + two.ID + `' WHERE id = '` + guests[0].ID + `'`,
		"a role raised": `UPDATE passes SET role = 'clinician'`,
		"a pass moved":  `UPDATE passes SET appointment = '` + two.ID + `'`,
	} {
		if _, err := db.ExecContext(ctx, `UPDATE links SET role = 'interpreter', appointment = '`+one.ID+`' WHERE id = '`+guests[0].ID+`'`); err != nil {
			t.Fatal(err)
		}
		pass := join(guests[0].Plain)
		if _, err := db.ExecContext(ctx, do); err != nil {
			t.Fatal(err)
		}
		if e, err := a.Redeem(ctx, pass); err == nil {
			t.Errorf("%s: in as %+v", what, e)
		} else {
			code(t, err, wire.CodePass)
		}
	}
	// Every guess of a bit is another pass.
	pass := join(link)
	for i := range pass {
		forged := []byte(pass)
		forged[i] ^= 1
		_, err := a.Redeem(ctx, string(forged))
		code(t, err, wire.CodePass)
	}
	c.at = c.at.Add(59 * time.Second)
	if _, err := a.Redeem(ctx, pass); err != nil {
		t.Errorf("within its minute: %v", err)
	}
}

func TestGuestsAreChecked(t *testing.T) {
	a, _, _, account := newAccess(t)
	good := wire.Guest{Role: wire.RoleCompanion, Name: "Lou", Email: "l@x.example"}
	for _, change := range []func(*wire.Guest){
		func(g *wire.Guest) { g.Role = wire.RoleClinician }, func(g *wire.Guest) { g.Role = wire.RolePatient }, func(g *wire.Guest) { g.Role = "root" },
		func(g *wire.Guest) { g.Name = " " }, func(g *wire.Guest) { g.Name = strings.Repeat("n", wire.MaxName+1) },
		func(g *wire.Guest) { g.Relation = strings.Repeat("n", wire.MaxName+1) }, func(g *wire.Guest) { g.Email = "l@x.example\r\nBcc: x@x.example" },
	} {
		g := good
		change(&g)
		_, _, _, err := a.Book(t.Context(), account, wire.Invite{PatientEmail: "p@x.example", Guests: []wire.Guest{g}})
		code(t, err, wire.CodeMalformed)
	}
	many := make([]wire.Guest, wire.MaxGuests+1)
	for i := range many {
		many[i] = good
	}
	_, _, _, err := a.Book(t.Context(), account, wire.Invite{PatientEmail: "p@x.example", Guests: many})
	code(t, err, wire.CodeMalformed)
	if _, _, guests, err := a.Book(t.Context(), account, wire.Invite{PatientEmail: "p@x.example", Guests: many[1:]}); err != nil || len(guests) != wire.MaxGuests {
		t.Errorf("%d %v", len(guests), err)
	}
}
