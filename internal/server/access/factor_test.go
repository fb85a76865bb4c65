package access

import (
	"errors"
	"slices"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/factor"
	"ekermed.example/ekermed/internal/server/store"
)

// enrolled is an access whose account has a second factor.
func enrolled(t *testing.T) (a *Access, c *clock, secret string, recovery []string) {
	t.Helper()
	a, s, c, account := newAccess(t)
	key, err := factor.Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a.o.Factors, a.o.Key = s, key
	secret, recovery = factor.NewSecret(), factor.NewRecovery()
	sealed, err := key.Seal(account.ID, secret)
	if err != nil {
		t.Fatal(err)
	}
	var hashes [][]byte
	for _, code := range recovery {
		hashes = append(hashes, factor.Hash(code))
	}
	if err := s.SetFactor(t.Context(), store.Factor{Account: account.ID, Secret: sealed, Created: c.at}, hashes); err != nil {
		t.Fatal(err)
	}
	return a, c, secret, recovery
}

func (c *clock) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := factor.Code(secret, c.at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func sign(t *testing.T, a *Access, pw, code, source string) error {
	t.Helper()
	s, err := a.SignIn(t.Context(), wire.SignIn{Email: "anne@h.example", Password: pw, Code: code}, source)
	if (s.Token == "") != (err != nil) {
		t.Errorf("token %q with %v", s.Token, err)
	}
	return err
}

func TestSecondFactor(t *testing.T) {
	a, c, secret, _ := enrolled(t)
	code(t, sign(t, a, "not it at all", c.code(t, secret), "s"), wire.CodeCredentials) // a code tells nothing of the password
	code(t, sign(t, a, password, "", "s"), wire.CodeSecondFactor)
	first := c.code(t, secret)
	if err := sign(t, a, password, first[:3]+" "+first[3:], "s"); err != nil {
		t.Fatal(err)
	}
	code(t, sign(t, a, password, first, "s"), wire.CodeSecondFactorWrong) // never twice
	c.at = c.at.Add(30 * time.Second)
	code(t, sign(t, a, password, first, "s"), wire.CodeSecondFactorWrong) // nor while the next would do
	if err := sign(t, a, password, c.code(t, secret), "s"); err != nil {
		t.Errorf("the next code: %v", err)
	}
	// A clock that is a step ahead is taken; then the present code is over.
	now := c.code(t, secret)
	ahead, err := factor.Code(secret, c.at.Add(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if err := sign(t, a, password, ahead, "s"); err != nil {
		t.Errorf("a step ahead: %v", err)
	}
	code(t, sign(t, a, password, now, "s"), wire.CodeSecondFactorWrong)
	far, err := factor.Code(secret, c.at.Add(5*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	code(t, sign(t, a, password, far, "s"), wire.CodeSecondFactorWrong)
}

func TestRecoveryCodes(t *testing.T) {
	a, _, _, recovery := enrolled(t)
	var told []Act
	a.o.Note = func(e Event) { told = append(told, e.Act) }
	if err := sign(t, a, password, recovery[3], "s"); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(told, ActRecovery) {
		t.Errorf("told %v", told)
	}
	code(t, sign(t, a, password, recovery[3], "s"), wire.CodeSecondFactorWrong)
	if err := sign(t, a, password, recovery[9], "s"); err != nil {
		t.Errorf("another: %v", err)
	}
	code(t, sign(t, a, password, "aaaa-aaaa-aaaa-aaaa", "s"), wire.CodeSecondFactorWrong)
}

// Guessing codes gets slower and slower, and never locks anybody out for good.
func TestGuessingCodesOfTheSecondFactor(t *testing.T) {
	a, c, secret, _ := enrolled(t)
	a.accounts.burst, a.sources.burst = 1000, 1000 // the limit of passwords would hide that of codes
	tries, begun := 0, c.at
	for c.at.Sub(begun) < 2*time.Hour {
		err := sign(t, a, password, "nonsense", "s")
		var no *Refusal
		if !errors.As(err, &no) {
			t.Fatal(err)
		}
		switch no.Code {
		case wire.CodeSecondFactorWrong:
			tries++
		case wire.CodeSlowDown:
			if no.Wait > 6*time.Minute {
				t.Fatalf("locked out for %s", no.Wait)
			}
			c.at = c.at.Add(no.Wait)
		default:
			t.Fatal(no.Code)
		}
	}
	if tries > 5+2*60/5+1 {
		t.Errorf("%d tries in two hours", tries)
	}
	// Even the right code waits, or the wait would tell that it is right; after it, all is well.
	err := sign(t, a, password, c.code(t, secret), "s")
	var no *Refusal
	if errors.As(err, &no) && no.Code == wire.CodeSlowDown {
		c.at = c.at.Add(no.Wait)
		err = sign(t, a, password, c.code(t, secret), "s")
	}
	if err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestSecondFactorRequired(t *testing.T) {
	a, s, _, account := newAccess(t)
	a.o.Factors, a.o.FactorRequired = s, true
	no := code(t, sign(t, a, password, "", "s"), wire.CodeSecondFactorMissing)
	if no.Text == "" {
		t.Error("no remedy")
	}
	code(t, sign(t, a, "not it at all", "", "s"), wire.CodeCredentials)
	a.o.FactorRequired = false
	if err := sign(t, a, password, "", "s"); err != nil {
		t.Errorf("optional: %v", err)
	}
	if err := s.RemoveFactor(t.Context(), account.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removed what was not there: %v", err)
	}
}

// Enrolling ends the sessions that were opened without.
func TestEnrollingEndsSessions(t *testing.T) {
	a, s, c, account := newAccess(t)
	session, err := a.SignIn(t.Context(), wire.SignIn{Email: "anne@h.example", Password: password}, "s")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetFactor(t.Context(), store.Factor{Account: account.ID, Secret: []byte("x"), Created: c.at}, nil); err != nil {
		t.Fatal(err)
	}
	_, _, err = a.Session(t.Context(), session.Token)
	code(t, err, wire.CodeSession)
}

// A session lapses when nobody does anything, and not before, and never during a call.
func TestIdle(t *testing.T) {
	a, _, c, account := newAccess(t)
	a.o.Session, a.o.Idle = 12*time.Hour, 15*time.Minute
	busy := false
	a.o.Busy = func(id string) bool { return busy && id == account.ID }
	ctx := t.Context()
	in := func() string {
		s, err := a.SignIn(ctx, wire.SignIn{Email: "anne@h.example", Password: password}, "s")
		if err != nil {
			t.Fatal(err)
		}
		return s.Token
	}
	token := in()
	pass := func(d time.Duration, active bool, want wire.Code) {
		t.Helper()
		c.at = c.at.Add(d)
		ask := a.Session
		if active {
			ask = a.Active
		}
		_, _, err := ask(ctx, token)
		if want != "" {
			code(t, err, want)
		} else if err != nil {
			t.Errorf("after %s: %v", d, err)
		}
	}
	for range 10 {
		pass(14*time.Minute, true, "") // at work
	}
	for range 14 {
		pass(time.Minute, false, "") // an open agenda asks, and does nothing
	}
	pass(2*time.Minute, false, wire.CodeIdle)
	pass(0, true, wire.CodeSession) // for good
	pass(-time.Hour, true, wire.CodeSession)
	c.at = c.at.Add(time.Hour)

	token = in()
	busy = true
	for range 8 {
		pass(20*time.Minute, false, "") // in a consultation, hands off the keyboard
	}
	busy = false
	a.Left(account.ID)
	pass(14*time.Minute, false, "") // counted from its end
	pass(2*time.Minute, true, wire.CodeIdle)
}
