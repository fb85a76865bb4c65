package drop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// bite is how much is moved at a time, in bytes.
const bite = 32 << 10

// Append adds n bytes of r at offset, which must be where the blob ends. Whatever is told,
// what arrived before stays; the Status is as of the end. A newer Append ends an older one
// that still waits for its reader.
func (s *Store) Append(owner Owner, id string, offset, n int64, r io.Reader) (Status, error) {
	end, err := s.begin(owner)
	if err != nil {
		return Status{}, err
	}
	defer end()
	b, turn, err := s.takeTurn(owner, id, offset, n)
	if err != nil {
		return s.status(b), err
	}
	f, err := os.OpenFile(b.path, os.O_WRONLY, 0)
	if err != nil {
		return s.status(b), s.why(b, err)
	}
	defer f.Close()
	buf := make([]byte, bite)
	for n > 0 {
		got, failed := r.Read(buf[:min(n, bite)])
		if got > 0 {
			if err := s.put(b, turn, f, buf[:got]); err != nil {
				return s.status(b), err
			}
			n -= int64(got)
		}
		if failed != nil && n > 0 {
			return s.status(b), fmt.Errorf("%w: %w", ErrCut, failed) // its sender went away, or fell silent
		}
	}
	return s.status(b), nil
}

func (s *Store) takeTurn(owner Owner, id string, offset, n int64) (*blob, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findLocked(owner.Room, id)
	if err != nil || b.owner != owner {
		return nil, 0, ErrNotFound
	}
	if offset != b.Have || n < 0 || n > b.Size-offset {
		return b, 0, ErrOffset
	}
	b.turn++
	return b, b.turn, nil
}

// put writes at the end, unless a newer Append has begun meanwhile.
func (s *Store) put(b *blob, turn int, f *os.File, what []byte) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	s.mu.Lock()
	at, mine, gone := b.Have, b.turn == turn, b.gone
	s.mu.Unlock()
	switch {
	case gone:
		return ErrNotFound
	case !mine:
		return ErrTaken
	}
	n, err := f.WriteAt(what, at)
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.gone {
		return ErrNotFound
	}
	b.Have += int64(n)
	close(b.grew)
	b.grew = make(chan struct{})
	return full(err)
}

func (s *Store) status(b *blob) Status {
	if b == nil {
		return Status{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return b.Status
}

// why tells a file that was removed meanwhile from one that cannot be opened.
func (s *Store) why(b *blob, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.gone {
		return ErrNotFound
	}
	return err
}

// Piece is a part of a blob. Close it.
type Piece struct {
	io.Reader
	Status
	// From and Length are where it begins and how long it is, in bytes.
	From, Length int64
	close        func()
}

// Close ends the reading.
func (p *Piece) Close() { p.close() }

// Read opens what there is of a blob from an offset on, at most n bytes. When there is
// nothing yet it waits for it until ctx ends; the piece is then empty.
func (s *Store) Read(ctx context.Context, who Owner, id string, from, n int64) (*Piece, error) {
	end, err := s.begin(who)
	if err != nil {
		return nil, err
	}
	p, err := s.open(ctx, who, id, from, n)
	if err != nil {
		end()
		return nil, err
	}
	closeFile := p.close
	p.close = func() { closeFile(); end() }
	return p, nil
}

func (s *Store) open(ctx context.Context, who Owner, id string, from, n int64) (*Piece, error) {
	for {
		s.mu.Lock()
		b, err := s.findLocked(who.Room, id)
		if err != nil {
			s.mu.Unlock()
			return nil, err
		}
		status, grew := b.Status, b.grew
		s.mu.Unlock()
		if from < 0 || from >= status.Size {
			return nil, ErrOffset
		}
		if from < status.Have {
			f, err := os.Open(b.path)
			if err != nil {
				return nil, s.why(b, err)
			}
			n = min(n, status.Have-from)
			return &Piece{io.NewSectionReader(f, from, n), status, from, n, func() { f.Close() }}, nil
		}
		select {
		case <-grew:
		case <-ctx.Done():
			return &Piece{Status: status, From: from, close: func() {}}, nil
		}
	}
}

// full names a full disk.
func full(err error) error {
	for _, known := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, known) {
			return errors.Join(ErrFull, err)
		}
	}
	return err
}
