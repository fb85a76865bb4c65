package store

import (
	"context"
	"time"
)

// Account is somebody who signs in.
type Account struct {
	ID, Email, Name, Role string
	// Password is an argon2id hash as a PHC string.
	Password string
	Disabled bool
	Created  time.Time
}

// AddAccount keeps a new account; ErrExists when the address is taken.
func (s *Store) AddAccount(ctx context.Context, a Account) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO accounts(id, email, name, role, password, disabled, created) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Email, a.Name, a.Role, a.Password, a.Disabled, a.Created.Unix())
	return explain(err)
}

const accountColumns = `id, email, name, role, password, disabled, created`

type scanner interface{ Scan(...any) error }

func scanAccount(row scanner) (Account, error) {
	var a Account
	var created int64
	err := row.Scan(&a.ID, &a.Email, &a.Name, &a.Role, &a.Password, &a.Disabled, &created)
	a.Created = time.Unix(created, 0)
	return a, explain(err)
}

// AccountByEmail finds an account; ErrNotFound when there is none.
func (s *Store) AccountByEmail(ctx context.Context, email string) (Account, error) {
	return scanAccount(s.db.QueryRowContext(ctx, `SELECT `+accountColumns+` FROM accounts WHERE email = ?`, email))
}

// Accounts lists all accounts by address.
func (s *Store) Accounts(ctx context.Context) ([]Account, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT `+accountColumns+` FROM accounts ORDER BY email`)
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	var list []Account
	for rows.Next() {
		a, err := scanAccount(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// SetPassword replaces an account's password hash and ends its sessions.
func (s *Store) SetPassword(ctx context.Context, email, hash string) error {
	if err := changed(s.db.ExecContext(ctx, `UPDATE accounts SET password = ?, disabled = 0 WHERE email = ?`, hash, email)); err != nil {
		return err
	}
	return s.endSessions(ctx, email)
}

// DisableAccount locks an account out and ends its sessions.
func (s *Store) DisableAccount(ctx context.Context, email string) error {
	if err := changed(s.db.ExecContext(ctx, `UPDATE accounts SET disabled = 1 WHERE email = ?`, email)); err != nil {
		return err
	}
	return s.endSessions(ctx, email)
}

func (s *Store) endSessions(ctx context.Context, email string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM sessions WHERE account = (SELECT id FROM accounts WHERE email = ?)`, email)
	return explain(err)
}

// Session is somebody who is signed in.
type Session struct {
	Account
	Expires time.Time
	// Seen is when they last did something; zero when that is not known yet.
	Seen time.Time
}

// AddSession keeps a session under the hash of its token.
func (s *Store) AddSession(ctx context.Context, token []byte, account string, expires time.Time) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM sessions WHERE expires < unixepoch()`); err != nil {
		return explain(err)
	}
	_, err := s.db.ExecContext(ctx, `INSERT INTO sessions(token, account, expires) VALUES (?, ?, ?)`, token, account, expires.Unix())
	return explain(err)
}

// Session finds a live session.
func (s *Store) Session(ctx context.Context, token []byte, now time.Time) (Session, error) {
	var a Session
	var created, expires, seen int64
	err := s.db.QueryRowContext(ctx, `SELECT `+accountColumns+`, expires, seen FROM sessions JOIN accounts ON accounts.id = sessions.account
		WHERE token = ? AND expires > ? AND NOT disabled`, token, now.Unix()).
		Scan(&a.ID, &a.Email, &a.Name, &a.Role, &a.Password, &a.Disabled, &created, &expires, &seen)
	a.Created, a.Expires = time.Unix(created, 0), time.Unix(expires, 0)
	if seen > 0 {
		a.Seen = time.Unix(seen, 0)
	}
	return a, explain(err)
}

// TouchSession notes that somebody did something with a session.
func (s *Store) TouchSession(ctx context.Context, token []byte, now time.Time) error {
	_, err := s.db.ExecContext(ctx, `UPDATE sessions SET seen = max(seen, ?) WHERE token = ?`, now.Unix(), token)
	return explain(err)
}

// EndSession forgets a session.
func (s *Store) EndSession(ctx context.Context, token []byte) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM sessions WHERE token = ?`, token)
	return explain(err)
}
