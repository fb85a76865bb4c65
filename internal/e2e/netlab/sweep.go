//go:build linux

package netlab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// own begins the names of our namespaces: own, the test's process id, a dash, a
// number, a dash, the node. By the id a later run tells what a dead one left behind.
const own = "ekermed-"

// freePrefix is what the names of one network begin with.
func freePrefix() (string, error) {
	for i := range 1000 {
		prefix := fmt.Sprintf("%s%d-%d-", own, os.Getpid(), i)
		found, err := filepath.Glob(filepath.Join(handles, prefix+"*"))
		if err != nil {
			return "", err
		}
		if len(found) == 0 {
			return prefix, nil
		}
	}
	return "", errors.New("a thousand networks are up already")
}

// sweep removes the namespaces of runs that ended without a word.
func sweep() error {
	var errs []error
	for _, dir := range []string{handles, etc} {
		found, err := filepath.Glob(filepath.Join(dir, own+"*"))
		errs = append(errs, err)
		for _, path := range found {
			name := filepath.Base(path)
			text, _, _ := strings.Cut(strings.TrimPrefix(name, own), "-")
			pid, err := strconv.Atoi(text)
			if err != nil || alive(pid) {
				continue
			}
			errs = append(errs, (&Node{name}).remove())
		}
	}
	return errors.Join(append(errs, tidy())...)
}

func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// killed ends one process of a node of ours.
func killed(pid string) error {
	id, err := strconv.Atoi(pid)
	if err != nil {
		return err
	}
	if err := syscall.Kill(id, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// tidy removes the folder of stand-in files when nobody else uses it.
func tidy() error {
	entries, err := os.ReadDir(etc)
	if err != nil || len(entries) > 0 {
		return nil // absent, or not ours alone
	}
	_ = os.Remove(etc) // another run may have come back to it
	return nil
}
