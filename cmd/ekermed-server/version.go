package main

import (
	"context"
	"fmt"
	"runtime/debug"
)

// version is set by the build: -ldflags "-X main.version=1.2.3".
var version = "development"

func printVersion(_ context.Context, e env, args []string) error {
	if err := parse(e, flags(e, "version", "Prints the version."), args); err != nil {
		return err
	}
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				revision = " " + s.Value[:12]
			}
		}
	}
	_, err := fmt.Fprintf(e.stdout, "ekermed-server %s%s\n", version, revision)
	return err
}
