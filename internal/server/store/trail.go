package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// TrailRow is a row of the access trail. What may be in it is the business of package
// trail.
type TrailRow struct {
	Seq                           int64
	At                            time.Time // whole seconds
	What, Who, Whom, Room, Result string
	Count                         int64
	Hash                          []byte
}

const trailColumns = `seq, at, what, who, whom, room, result, count, hash`

func scanTrail(row scanner) (TrailRow, error) {
	var r TrailRow
	var at int64
	err := row.Scan(&r.Seq, &at, &r.What, &r.Who, &r.Whom, &r.Room, &r.Result, &r.Count, &r.Hash)
	r.At = time.Unix(at, 0)
	return r, explain(err)
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// anchor is the row before the oldest: its Seq and Hash.
func anchor(ctx context.Context, q queryer) (TrailRow, error) {
	var r TrailRow
	err := explain(q.QueryRowContext(ctx, `SELECT seq, hash FROM trail_anchor`).Scan(&r.Seq, &r.Hash))
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return r, err
}

// AppendTrail adds the rows that follow makes of the newest one there is: its Seq and
// Hash, or 0 and nil. Other processes wait meanwhile.
func (s *Store) AppendTrail(ctx context.Context, follow func(last TrailRow) []TrailRow) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	last, err := scanTrail(tx.QueryRowContext(ctx, `SELECT `+trailColumns+` FROM trail ORDER BY seq DESC LIMIT 1`))
	if errors.Is(err, ErrNotFound) {
		last, err = anchor(ctx, tx)
	}
	if err != nil {
		return err
	}
	for _, r := range follow(last) {
		if _, err := tx.ExecContext(ctx, `INSERT INTO trail(`+trailColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.Seq, r.At.Unix(), r.What, r.Who, r.Whom, r.Room, r.Result, r.Count, r.Hash); err != nil {
			return explain(err)
		}
	}
	return explain(tx.Commit())
}

// EachTrail gives the anchor (a row of which only Seq and Hash count) and then every row,
// in order, as they were at one moment.
func (s *Store) EachTrail(ctx context.Context, do func(TrailRow) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback() //nolint:errcheck // it wrote nothing
	first, err := anchor(ctx, tx)
	if err != nil {
		return err
	}
	if err := do(first); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `SELECT `+trailColumns+` FROM trail ORDER BY seq`)
	if err != nil {
		return explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanTrail(rows)
		if err != nil {
			return err
		}
		if err := do(r); err != nil {
			return err
		}
	}
	return explain(rows.Err())
}

// PruneTrail removes the oldest rows up to the first one that is not older than before,
// and keeps the newest of them as the anchor. It answers how many it removed.
func (s *Store) PruneTrail(ctx context.Context, before time.Time) (int64, error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, explain(err)
	}
	defer tx.Rollback()   //nolint:errcheck // after Commit it has nothing to do
	var end sql.NullInt64 // the clock may have gone back: the chain is cut at one place
	if err := tx.QueryRowContext(ctx, `SELECT coalesce((SELECT min(seq) - 1 FROM trail WHERE at >= ?), (SELECT max(seq) FROM trail))`, before.Unix()).Scan(&end); err != nil {
		return 0, explain(err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO trail_anchor(id, seq, hash) SELECT 1, seq, hash FROM trail WHERE seq = ?
		ON CONFLICT(id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`, end.Int64); err != nil {
		return 0, explain(err)
	}
	r, err := tx.ExecContext(ctx, `DELETE FROM trail WHERE seq <= ?`, end.Int64)
	if err != nil {
		return 0, explain(err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return 0, err
	}
	return n, explain(tx.Commit())
}

// UseNonce keeps a nonce until it may be forgotten, and answers false when it is kept
// already.
func (s *Store) UseNonce(ctx context.Context, nonce string, until time.Time) (bool, error) {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM nonces WHERE expires < ?`, time.Now().Unix()); err != nil {
		return false, explain(err)
	}
	_, err := s.db.ExecContext(ctx, `INSERT INTO nonces(nonce, expires) VALUES (?, ?)`, nonce, until.Unix())
	if err = explain(err); errors.Is(err, ErrExists) {
		return false, nil
	}
	return err == nil, err
}
