package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/server"
	"ekermed.example/ekermed/internal/server/guide"
)

func networkGuide(ctx context.Context, e env, args []string) error {
	formats := strings.Join(guide.Formats(), "|")
	f := flags(e, "network-guide [--format "+formats+"] [--language fr|en] --config FILE | --dev",
		"Writes the guide for firewalls and spam filters that follows from the configuration: hosts and their\n"+
			"addresses, ports, protocols, mail records. It asks the DNS for the addresses and opens nothing, so it may\n"+
			"run while the server does, which shows the same at /network-guide. Run it on the server's machine: addresses\n"+
			"that the configuration does not name are those of the machine.")
	var p place
	p.flags(f)
	format := f.String("format", guide.Formats()[0], "`FORMAT`: "+strings.Join(guide.Formats(), ", "))
	language := f.String("language", assets.Languages()[0], "`LANGUAGE`: "+strings.Join(assets.Languages(), ", "))
	if err := parse(e, f, args); err != nil {
		return err
	}
	if !slices.Contains(guide.Formats(), *format) {
		return usageError{fmt.Sprintf("--format %q: choose %s", *format, strings.Join(guide.Formats(), ", "))}
	}
	if !slices.Contains(assets.Languages(), *language) {
		return usageError{fmt.Sprintf("--language %q: choose %s", *language, strings.Join(assets.Languages(), ", "))}
	}
	cfg, err := p.load(e)
	if err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	cfg.Version = version
	t, err := assets.LoadTexts(*language)
	if err != nil {
		return err
	}
	return server.NetworkGuide(ctx, cfg, "").Write(e.stdout, *format, t)
}
