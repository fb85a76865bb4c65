package access

import (
	"context"
	"errors"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/factor"
	"ekermed.example/ekermed/internal/server/store"
)

// Factors is what second factors need of the store.
type Factors interface {
	Factor(ctx context.Context, account string) (store.Factor, error)
	UseStep(ctx context.Context, account string, step int64) error
	UseRecovery(ctx context.Context, account string, code []byte) error
}

// maxCode bounds what is read of a code, bytes.
const maxCode = 64

// second asks for the second factor of an account whose password was right. Who comes here
// knows the password, so tries are slowed down far more than those of passwords: with six
// digits of which three are good at a time, one try in five minutes makes a success in a
// year less likely than one in three.
func (a *Access) second(ctx context.Context, account store.Account, code string) error {
	if a.o.Factors == nil {
		return nil
	}
	f, err := a.o.Factors.Factor(ctx, account.ID)
	switch {
	case errors.Is(err, store.ErrNotFound) && a.o.FactorRequired:
		return refuse(wire.CodeSecondFactorMissing, "this server wants a second factor; the administrator sets one up with `ekermed-server user totp --email ADDRESS`")
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	case code == "":
		return refuse(wire.CodeSecondFactor, "the code of the second factor is wanted too")
	}
	if wait := a.factors.take(account.ID); wait > 0 {
		return &Refusal{Code: wire.CodeSlowDown, Text: "too many tries", Wait: wait}
	}
	plain, recovery := factor.Plain(code)
	if len(code) > maxCode {
		return wrongCode()
	}
	if recovery {
		err = a.o.Factors.UseRecovery(ctx, account.ID, factor.Hash(code))
	} else {
		err = a.digits(ctx, f, plain)
	}
	if errors.Is(err, store.ErrNotFound) {
		return wrongCode()
	}
	if err != nil {
		return err
	}
	if recovery {
		a.tell(Event{Act: ActRecovery, Account: account.ID}, nil)
	}
	a.factors.forgive(account.ID)
	return nil
}

func wrongCode() error {
	return refuse(wire.CodeSecondFactorWrong, "the code is wrong, was used before, or is over")
}

// digits takes a code of six digits, once: store.ErrNotFound when it is wrong or was used.
func (a *Access) digits(ctx context.Context, f store.Factor, code string) error {
	secret, err := a.o.Key.Open(f.Account, f.Secret)
	if err != nil {
		return err
	}
	step, ok := factor.Match(secret, code, a.o.Now())
	if !ok {
		return store.ErrNotFound
	}
	return a.o.Factors.UseStep(ctx, f.Account, step)
}

// Left notes that the clinician of an account has left a room: from now on, and not since
// they last pressed a key, nobody is at the desk. It does not block.
func (a *Access) Left(account string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.left[account] = a.o.Now()
}

// lapsed tells whether nobody has been at the desk of a session for too long. A clinician
// in a room is there, whatever they do.
func (a *Access) lapsed(s store.Session, now time.Time) bool {
	if a.o.Idle <= 0 || s.Seen.IsZero() {
		return false
	}
	seen := s.Seen
	a.mu.Lock()
	if left := a.left[s.Account.ID]; left.After(seen) {
		seen = left
	}
	a.mu.Unlock()
	return now.Sub(seen) > a.o.Idle && (a.o.Busy == nil || !a.o.Busy(s.Account.ID))
}
