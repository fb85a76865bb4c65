package store

import (
	"context"
)

// Link leads one person to an appointment's door: the patient, or a guest.
type Link struct {
	ID, Appointment             string
	Role, Name, Email, Relation string
	// Code is the hash of its code.
	Code []byte
}

const linkColumns = `l.code, l.id, l.appointment, l.role, l.name, l.email, l.relation`

func scanLink(row scanner) (Link, error) {
	var l Link
	err := row.Scan(&l.Code, &l.ID, &l.Appointment, &l.Role, &l.Name, &l.Email, &l.Relation)
	return l, explain(err)
}

// LinkByCode finds a link, and the appointment that it leads to, by the hash of its code.
func (s *Store) LinkByCode(ctx context.Context, code []byte) (Link, Appointment, error) {
	l, err := scanLink(s.db.QueryRowContext(ctx, `SELECT `+linkColumns+` FROM links l
		JOIN appointments a ON a.id = l.appointment JOIN accounts c ON c.id = a.account WHERE l.code = ? AND NOT c.disabled`, code))
	if err != nil {
		return Link{}, Appointment{}, err
	}
	a, err := s.Appointment(ctx, l.Appointment)
	return l, a, err
}

// UseLink finds a link by id and counts one more person that it has brought; before is how
// many it had.
func (s *Store) UseLink(ctx context.Context, id string) (l Link, before int, err error) {
	err = explain(s.db.QueryRowContext(ctx, `UPDATE links SET uses = uses + 1 WHERE id = ? RETURNING uses - 1, code, id, appointment, role, name, email, relation`, id).
		Scan(&before, &l.Code, &l.ID, &l.Appointment, &l.Role, &l.Name, &l.Email, &l.Relation))
	return l, before, err
}

// Guests lists the links of an appointment but the patient's, in the order they were made.
func (s *Store) Guests(ctx context.Context, appointment string) ([]Link, error) {
	return s.links(ctx, `SELECT `+linkColumns+` FROM links l WHERE l.appointment = ? AND l.role <> 'patient' ORDER BY l.rowid`, appointment)
}

func (s *Store) links(ctx context.Context, query string, arg any) ([]Link, error) {
	rows, err := s.db.QueryContext(ctx, query, arg)
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	var list []Link
	for rows.Next() {
		l, err := scanLink(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, explain(rows.Err())
}
