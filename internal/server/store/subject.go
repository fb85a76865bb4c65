package store

import (
	"context"
	"fmt"
	"time"
)

// AppointmentsOf lists every appointment of a patient, by mail address whatever its case.
func (s *Store) AppointmentsOf(ctx context.Context, email string) ([]Appointment, error) {
	return s.appointments(ctx, ` WHERE a.patient_email = ? COLLATE NOCASE ORDER BY a.start, a.created`, email)
}

// GuestLinksOf lists the links that brought somebody to other people's appointments.
func (s *Store) GuestLinksOf(ctx context.Context, email string) ([]Link, error) {
	return s.links(ctx, `SELECT `+linkColumns+` FROM links l WHERE l.email = ? COLLATE NOCASE AND l.role <> 'patient' ORDER BY l.id`, email)
}

// EraseOf deletes a person's appointments with all that hangs on them, and their links to
// other people's; it tells how many there were of each. Call Scrub afterwards.
func (s *Store) EraseOf(ctx context.Context, email string) (appointments, links int64, err error) {
	if appointments, err = s.erase(ctx, `DELETE FROM appointments WHERE patient_email = ? COLLATE NOCASE`, email); err != nil {
		return appointments, 0, err
	}
	links, err = s.erase(ctx, `DELETE FROM links WHERE email = ? COLLATE NOCASE`, email)
	return appointments, links, err
}

// PurgeAppointments deletes appointments that ended before a time, and sessions and passes
// that lapsed; it tells how many appointments there were.
func (s *Store) PurgeAppointments(ctx context.Context, before, now time.Time) (int64, error) {
	for _, q := range []string{`DELETE FROM sessions WHERE expires < ?`, `DELETE FROM passes WHERE expires < ?`} {
		if _, err := s.db.ExecContext(ctx, q, now.Unix()); err != nil {
			return 0, explain(err)
		}
	}
	return s.erase(ctx, `DELETE FROM appointments WHERE start + 60 * minutes < ?`, before.Unix())
}

func (s *Store) erase(ctx context.Context, query string, arg any) (int64, error) {
	r, err := s.db.ExecContext(ctx, query, arg)
	if err != nil {
		return 0, explain(err)
	}
	return r.RowsAffected()
}

// Scrub takes what was deleted out of the files: deleted rows are overwritten
// (secure_delete), and the write-ahead log, which still has them, is emptied.
func (s *Store) Scrub(ctx context.Context) error {
	for range 20 { // a reader may be busy
		var busy, log, done int
		if err := s.db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &done); err != nil {
			return explain(err)
		}
		if busy == 0 {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("what was deleted may still be in the database's log: the server is busy, run the command again")
}
