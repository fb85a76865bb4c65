// Package store keeps accounts, appointments, links and passes in SQLite, so that
// they survive whatever happens to the process. Secrets are kept as hashes only.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver, without cgo
)

//go:embed migrations
var migrations embed.FS

// Errors that callers branch on.
var (
	ErrNotFound = errors.New("not found")
	ErrExists   = errors.New("exists already")
)

// Store is an open database.
type Store struct{ db *sql.DB }

// Open opens or makes the database in a folder and brings its schema up to date.
// Several processes may have it open at once.
func Open(ctx context.Context, dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w; choose another with --data or server.data", err)
	}
	path := filepath.Join(dir, "ekermed.db")
	// SQLite gives its side files the rights of the database, so it must begin private.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = errors.Join(f.Chmod(0o600), f.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("database %s: %w; check the data folder's owner and rights", path, err)
	}
	// WAL with synchronous=FULL: a committed row outlives kill -9 and a power cut.
	dsn := "file:" + path + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_txlock=immediate"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	db.SetMaxOpenConns(4)
	s := &Store{db}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, explain(err)), db.Close())
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Ping tells whether the database answers and can be written.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO heartbeat(id, at) VALUES (1, unixepoch()) ON CONFLICT(id) DO UPDATE SET at = excluded.at`)
	return explain(err)
}

func (s *Store) migrate(ctx context.Context) error {
	if _, err := s.db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_version(version INTEGER PRIMARY KEY)`); err != nil {
		return err
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	for i, name := range names { // Glob sorts
		if err := s.step(ctx, i+1, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	var have int
	if err := s.db.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM schema_version`).Scan(&have); err != nil {
		return err
	}
	if have > len(names) {
		return fmt.Errorf("its schema %d is newer than this program's %d; install the newer program again", have, len(names))
	}
	return nil
}

func (s *Store) step(ctx context.Context, version int, name string) error {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	var done bool
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS(SELECT 1 FROM schema_version WHERE version = ?)`, version).Scan(&done); err != nil || done {
		return err
	}
	if _, err := tx.ExecContext(ctx, string(text)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO schema_version VALUES (?)`, version); err != nil {
		return err
	}
	return tx.Commit()
}

// explain turns the driver's words into a remedy where there is one.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case strings.Contains(err.Error(), "UNIQUE constraint"):
		return ErrExists
	case strings.Contains(err.Error(), "database or disk is full"):
		return fmt.Errorf("the disk is full; free some room in the data folder: %w", err)
	case strings.Contains(err.Error(), "disk I/O error"): // a quota, a limit of file sizes, a failing disk
		return fmt.Errorf("the data folder cannot be written; free some room, and check its quota and its disk: %w", err)
	case strings.Contains(err.Error(), "readonly"):
		return fmt.Errorf("the data folder cannot be written; check its owner and rights: %w", err)
	}
	return err
}

// changed gives ErrNotFound when an update met no row.
func changed(r sql.Result, err error) error {
	if err != nil {
		return explain(err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return nil
}
