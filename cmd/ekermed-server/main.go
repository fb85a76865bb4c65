// Command ekermed-server is e-KerMed's server: signalling, SFU, STUN and TURN, the
// patient's page and the invitations, in one static binary.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes, as docs/configuration.md promises them.
const (
	exitOK    = 0
	exitFail  = 1
	exitUsage = 2
)

// env is what a command has of the outside.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
}

type command struct {
	name, summary string
	run           func(ctx context.Context, e env, args []string) error
}

func commands() []command {
	return []command{
		{"serve", "run the server", serve},
		{"relay", "run a second STUN and TURN server, and nothing else", relay},
		{"user", "add, list, disable or reset the accounts of clinicians", user},
		{"invite", "make an appointment and send its invitation", invite},
		{"check", "check configuration, certificate, ports, data folder and relay", check},
		{"network-guide", "write the firewall and antispam guide of this configuration", networkGuide},
		{"journal", "open, verify or purge the sealed journal, make its keys and requests", journalCommand},
		{"export", "write all that is held about a patient", export},
		{"erase", "remove all that is held about a patient", erase},
		{"trail", "show or verify the access trail", trailCommand},
		{"version", "print the version", printVersion},
	}
}

// usageError is wrong usage: exit code 2. The flag package has explained it already
// when text is empty.
type usageError struct{ text string }

func (u usageError) Error() string { return u.text }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, env{os.Stdin, os.Stdout, os.Stderr, os.Environ()}, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, e env, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		out, code := e.stderr, exitUsage
		if len(args) > 0 {
			out, code = e.stdout, exitOK
		}
		fmt.Fprintln(out, "usage: ekermed-server COMMAND [--help] [flags]")
		for _, c := range commands() {
			fmt.Fprintf(out, "  %-13s %s\n", c.name, c.summary)
		}
		return code
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return report(e, c.run(ctx, e, args[1:]))
		}
	}
	fmt.Fprintf(e.stderr, "ekermed-server: no command %q; `ekermed-server help` lists them\n", args[0])
	return exitUsage
}

func report(e env, err error) int {
	var usage usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.As(err, &usage):
		if usage.text != "" {
			fmt.Fprintln(e.stderr, "ekermed-server:", usage.text)
		}
		return exitUsage
	}
	fmt.Fprintln(e.stderr, "ekermed-server:", err)
	return exitFail
}

// flags makes a flag set whose help goes to stdout when asked for.
func flags(e env, name, about string) *flag.FlagSet {
	f := flag.NewFlagSet("ekermed-server "+name, flag.ContinueOnError)
	f.SetOutput(e.stderr)
	f.Usage = func() {
		fmt.Fprintf(f.Output(), "usage: ekermed-server %s\n\n%s\n\n", name, about)
		f.PrintDefaults()
	}
	return f
}

func parse(e env, f *flag.FlagSet, args []string) error {
	for _, a := range args {
		if a == "-h" || a == "-help" || a == "--help" {
			f.SetOutput(e.stdout)
		}
	}
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return usageError{}
	case f.NArg() > 0:
		return usageError{fmt.Sprintf("%q is not expected here; see --help", f.Arg(0))}
	}
	return nil
}
