// Command ekermed-desktop is the clinician's program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the build: -ldflags "-X main.version=1.2.3".
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := program(ctx, os.Args[1:], os.Stdin, os.Stderr)
	stop()
	os.Exit(code)
}

func program(ctx context.Context, args []string, stdin io.Reader, stderr io.Writer) int {
	it := machineWide()
	o, err := parse(args, stdin, stderr, it)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "ekermed-desktop:", err)
		return 2
	}
	if o.check {
		return it.check(ctx, stderr)
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	it.log(log)
	if o.ignored != "" {
		log.Warn("another server is asked for than this machine is set to", "asked", o.ignored, "used", o.server)
	}
	if err := start(ctx, o, it.settings, log); err != nil {
		fmt.Fprintln(stderr, "ekermed-desktop:", err)
		return 1
	}
	return 0
}
