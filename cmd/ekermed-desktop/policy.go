package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"ekermed.example/ekermed/internal/call/managed"
)

// policy is what the IT department has set for this machine, and what is wrong with it.
type policy struct {
	path     string
	settings managed.Settings
	fault    error
}

// machineWide reads it. Where not even its place is known, nobody can tell what was set there.
func machineWide() policy {
	path, err := managed.Path()
	if err != nil {
		return policy{settings: managed.Settings{NoFiles: true}, fault: err}
	}
	s, err := managed.Read(path)
	return policy{path, s, err}
}

// lines say what is in force, one setting each.
func (p policy) lines() []string {
	var all []string
	if p.settings.Server != "" {
		all = append(all, "server: "+p.settings.Server)
	}
	if p.settings.NoFiles {
		all = append(all, "files: neither sent nor received")
	}
	if s := p.settings.Scanner; s.Fault != nil {
		all = append(all, "files: none is received, for the scanner cannot be asked")
	} else if len(s.Command) > 0 {
		all = append(all, fmt.Sprintf("scanner: %q", s.Command))
	}
	if len(all) == 0 {
		all = append(all, "nothing is set")
	}
	return all
}

// say writes what is in force and what is wrong.
func (p policy) say(to io.Writer) {
	fmt.Fprintf(to, "machine-wide settings, %s:\n", p.path)
	for _, line := range p.lines() {
		fmt.Fprintln(to, "  "+line)
	}
	if p.fault != nil {
		fmt.Fprintln(to, "wrong:", p.fault)
	}
}

// log does the same at a start, where there is something to say.
func (p policy) log(to *slog.Logger) {
	if p.fault != nil {
		to.Error("not everything that is set for this machine can be followed", "error", p.fault, "in force", p.lines())
	}
}

// check says it and lets the scanner look at a harmless file. The answer is the exit status.
func (p policy) check(ctx context.Context, to io.Writer) int {
	p.say(to)
	err := p.settings.Scanner.CheckBytes(ctx, []byte("e-KerMed tries the scanner with this harmless file.\n"))
	switch {
	case err != nil:
		fmt.Fprintln(to, "the scanner does not let a harmless file pass:", err)
	case len(p.settings.Scanner.Command) > 0:
		fmt.Fprintln(to, "the scanner lets a harmless file pass")
	}
	if p.fault != nil || err != nil {
		return 1
	}
	return 0
}
