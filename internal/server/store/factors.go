package store

import (
	"context"
	"time"
)

// Factor is the second factor of an account. Secret is encrypted before it comes here.
type Factor struct {
	Account string
	Secret  []byte
	Created time.Time
}

// SetFactor gives an account a second factor and recovery codes, by their hashes, in place
// of those that it had. Its sessions end: they were opened without.
func (s *Store) SetFactor(ctx context.Context, f Factor, recovery [][]byte) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	if _, err := tx.ExecContext(ctx, `DELETE FROM factors WHERE account = ?`, f.Account); err != nil {
		return explain(err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO factors(account, secret, step, created) VALUES (?, ?, 0, ?)`, f.Account, f.Secret, f.Created.Unix()); err != nil {
		return explain(err)
	}
	for _, code := range recovery {
		if _, err := tx.ExecContext(ctx, `INSERT INTO recovery_codes(account, code) VALUES (?, ?)`, f.Account, code); err != nil {
			return explain(err)
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE account = ?`, f.Account); err != nil {
		return explain(err)
	}
	return explain(tx.Commit())
}

// RemoveFactor takes an account's second factor away; ErrNotFound when there is none.
func (s *Store) RemoveFactor(ctx context.Context, account string) error {
	return changed(s.db.ExecContext(ctx, `DELETE FROM factors WHERE account = ?`, account))
}

// Factor finds an account's second factor; ErrNotFound when there is none.
func (s *Store) Factor(ctx context.Context, account string) (Factor, error) {
	f := Factor{Account: account}
	var created int64
	err := s.db.QueryRowContext(ctx, `SELECT secret, created FROM factors WHERE account = ?`, account).Scan(&f.Secret, &created)
	f.Created = time.Unix(created, 0)
	return f, explain(err)
}

// UseStep notes that the code of a time step was taken; ErrNotFound when it, or a later
// one, was taken before.
func (s *Store) UseStep(ctx context.Context, account string, step int64) error {
	return changed(s.db.ExecContext(ctx, `UPDATE factors SET step = ? WHERE account = ? AND step < ?`, step, account, step))
}

// UseRecovery takes a recovery code out, by its hash: it works once.
func (s *Store) UseRecovery(ctx context.Context, account string, code []byte) error {
	return changed(s.db.ExecContext(ctx, `DELETE FROM recovery_codes WHERE account = ? AND code = ?`, account, code))
}
