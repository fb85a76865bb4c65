package safe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// ErrInfected and ErrUnchecked are how a scan ends badly.
var (
	ErrInfected  = errors.New("the scanner refuses the file")
	ErrUnchecked = errors.New("the file could not be checked")
)

// Scanner is a program of the IT department that looks at each file before it is kept.
type Scanner struct {
	// Command is the program and its arguments, in which {file} stands for the file, such as
	// clamdscan --no-summary {file}; where it stands in none, the file comes last. No shell
	// reads it. Empty: files are not checked. Exit status 0 passes, 1 refuses, anything else
	// means that it could not check.
	Command []string
	// Fault, where there is one, is why no scanner can be asked although one is wanted: every
	// file is ErrUnchecked then.
	Fault error
	// Limit is how long it may take; 0 is two minutes.
	Limit time.Duration
}

const usualScan = 2 * time.Minute

// CheckBytes asks about what is in memory. Where there is a scanner it lies on the disk for as
// long as the scan takes, for this user's eyes only: scanners read files.
func (s Scanner) CheckBytes(ctx context.Context, content []byte) error {
	if asks, err := s.asks(); !asks {
		return err
	}
	f, err := os.CreateTemp("", "ekermed-*") // mode 0600
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnchecked, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%w: %w", ErrUnchecked, err)
	}
	return s.Check(ctx, f.Name())
}

// Check asks about the file at path. The error is ErrInfected, ErrUnchecked, or ctx's.
func (s Scanner) Check(ctx context.Context, path string) error {
	if asks, err := s.asks(); !asks {
		return err
	}
	limit := s.Limit
	if limit <= 0 {
		limit = usualScan
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c := exec.CommandContext(limited, s.Command[0], arguments(s.Command[1:], path)...)
	c.WaitDelay = time.Second // what it started may hold on to its output
	hide(c)
	err := c.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() == nil && errors.As(err, &exit) && exit.ExitCode() == 1:
		return ErrInfected
	}
	return fmt.Errorf("%w: %w", ErrUnchecked, err)
}

// asks tells whether there is a scanner to ask; the error is the answer where there is none.
func (s Scanner) asks() (bool, error) {
	if s.Fault != nil {
		return false, fmt.Errorf("%w: %w", ErrUnchecked, s.Fault)
	}
	return len(s.Command) > 0, nil
}

// arguments puts the file where it belongs. A scanner that was never told of it would find
// nothing wrong.
func arguments(said []string, path string) []string {
	const file = "{file}"
	args, named := make([]string, 0, len(said)+1), false
	for _, arg := range said {
		named = named || strings.Contains(arg, file)
		args = append(args, strings.ReplaceAll(arg, file, path))
	}
	if !named {
		args = append(args, path)
	}
	return args
}
