package store

import (
	"context"
	"time"
)

// Appointment is one planned consultation.
type Appointment struct {
	ID, Account               string
	Clinician                 string // the account's name; read only
	PatientEmail, PatientName string
	Start                     time.Time
	Minutes                   int
	Language, Status          string
	// Link is the hash of the patient's link code.
	Link    []byte
	Created time.Time
}

const appointmentColumns = `a.id, a.account, c.name, a.patient_email, a.patient_name, a.start, a.minutes, a.language, a.status, a.link, a.created
	FROM appointments a JOIN accounts c ON c.id = a.account`

func scanAppointment(row scanner) (Appointment, error) {
	var a Appointment
	var start, created int64
	err := row.Scan(&a.ID, &a.Account, &a.Clinician, &a.PatientEmail, &a.PatientName, &start, &a.Minutes, &a.Language, &a.Status, &a.Link, &created)
	a.Start, a.Created = time.Unix(start, 0), time.Unix(created, 0)
	return a, explain(err)
}

// AddAppointment keeps a new appointment with its patient's link and those of guests.
func (s *Store) AddAppointment(ctx context.Context, a Appointment, guests ...Link) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	_, err = tx.ExecContext(ctx, `INSERT INTO appointments(id, account, patient_email, patient_name, start, minutes, language, status, link, created)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Account, a.PatientEmail, a.PatientName, a.Start.Unix(), a.Minutes, a.Language, a.Status, a.Link, a.Created.Unix())
	if err != nil {
		return explain(err)
	}
	patient := Link{ID: "p-" + a.ID, Role: "patient", Name: a.PatientName, Email: a.PatientEmail, Code: a.Link}
	for _, l := range append([]Link{patient}, guests...) {
		if _, err := tx.ExecContext(ctx, `INSERT INTO links(code, id, appointment, role, name, email, relation) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			l.Code, l.ID, a.ID, l.Role, l.Name, l.Email, l.Relation); err != nil {
			return explain(err)
		}
	}
	return explain(tx.Commit())
}

// Appointment finds one by id.
func (s *Store) Appointment(ctx context.Context, id string) (Appointment, error) {
	return scanAppointment(s.db.QueryRowContext(ctx, `SELECT `+appointmentColumns+` WHERE a.id = ?`, id))
}

// AppointmentsBetween lists an account's appointments that start in [from, to), by time.
func (s *Store) AppointmentsBetween(ctx context.Context, account string, from, to time.Time) ([]Appointment, error) {
	return s.appointments(ctx, ` WHERE a.account = ? AND a.start >= ? AND a.start < ? ORDER BY a.start, a.created LIMIT 200`,
		account, from.Unix(), to.Unix())
}

func (s *Store) appointments(ctx context.Context, where string, args ...any) ([]Appointment, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT `+appointmentColumns+where, args...)
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	var list []Appointment
	for rows.Next() {
		a, err := scanAppointment(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// SetStatus changes an appointment's status.
func (s *Store) SetStatus(ctx context.Context, id, status string) error {
	return changed(s.db.ExecContext(ctx, `UPDATE appointments SET status = ? WHERE id = ? AND status <> 'cancelled'`, status, id))
}

// Pass is the right to enter one room once.
type Pass struct {
	Appointment, Person, Role string
	Link                      string // id of the link that it was made for; empty for a clinician
	Expires                   time.Time
}

// AddPass keeps a pass under the hash of its token.
func (s *Store) AddPass(ctx context.Context, token []byte, p Pass) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM passes WHERE expires < unixepoch()`); err != nil {
		return explain(err)
	}
	_, err := s.db.ExecContext(ctx, `INSERT INTO passes(token, appointment, person, role, link, expires) VALUES (?, ?, ?, ?, ?, ?)`,
		token, p.Appointment, p.Person, p.Role, p.Link, p.Expires.Unix())
	return explain(err)
}

// UsePass takes a pass out: it works once.
func (s *Store) UsePass(ctx context.Context, token []byte, now time.Time) (Pass, error) {
	var p Pass
	var expires int64
	err := s.db.QueryRowContext(ctx, `DELETE FROM passes WHERE token = ? RETURNING appointment, person, role, link, expires`, token).
		Scan(&p.Appointment, &p.Person, &p.Role, &p.Link, &expires)
	p.Expires = time.Unix(expires, 0)
	if err == nil && !now.Before(p.Expires) {
		return Pass{}, ErrNotFound
	}
	return p, explain(err)
}
