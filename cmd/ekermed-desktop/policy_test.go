package main

import (
	"bytes"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"ekermed.example/ekermed/internal/call/files/safe"
	"ekermed.example/ekermed/internal/call/managed"
)

// The server that the IT department has chosen wins over the command line, and no session of
// another is told to it.
func TestParseWithSettings(t *testing.T) {
	fixed := policy{settings: managed.Settings{Server: "https://ours.example"}}
	for _, tt := range []struct {
		it              policy
		args            []string
		server, ignored string
		fails           bool
	}{
		{policy{}, []string{"--server", "typed.example"}, "https://typed.example", "", false},
		{policy{}, nil, "", "", false},
		{policy{}, []string{"--session-stdin"}, "", "", true},
		{fixed, nil, "https://ours.example", "", false},
		{fixed, []string{"--server", "ours.example/"}, "https://ours.example", "", false},
		{fixed, []string{"--server", "typed.example"}, "https://ours.example", "https://typed.example", false},
		{fixed, []string{"ekermed://linked.example/r/CODE"}, "https://ours.example", "https://linked.example", false},
		{fixed, []string{"--session-stdin"}, "https://ours.example", "", false},
		{fixed, []string{"--session-stdin", "--server", "typed.example"}, "", "", true},
	} {
		o, err := parse(tt.args, strings.NewReader("token\n"), &bytes.Buffer{}, tt.it)
		if (err != nil) != tt.fails || err == nil && (o.server != tt.server || o.ignored != tt.ignored) {
			t.Errorf("%q with %q: %+v, %v", tt.args, tt.it.settings.Server, o, err)
		}
	}
}

// --version, --check and the log tell what is in force and what is wrong.
func TestPolicyIsTold(t *testing.T) {
	it := policy{path: "/etc/x.toml", settings: managed.Settings{NoFiles: true}, fault: errors.New("unknown key")}
	var out bytes.Buffer
	if _, err := parse([]string{"--version"}, nil, &out, it); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
	for _, want := range []string{versionLine(), "/etc/x.toml", "neither sent nor received", "wrong: unknown key"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	var log bytes.Buffer
	it.log(slog.New(slog.NewTextHandler(&log, nil)))
	if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "unknown key") {
		t.Errorf("the log says %q", log.String())
	}
	log.Reset()
	policy{}.log(slog.New(slog.NewTextHandler(&log, nil)))
	if log.Len() > 0 {
		t.Errorf("nothing is set, and the log says %q", log.String())
	}
}

// --check lets the scanner look at a harmless file.
func TestPolicyCheck(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the scanners of this test are shell scripts")
	}
	scanner := func(script string) safe.Scanner {
		path := filepath.Join(t.TempDir(), "scan")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return safe.Scanner{Command: []string{path}}
	}
	for name, tt := range map[string]struct {
		it   policy
		want int
		says string
	}{
		"nothing":   {policy{}, 0, "nothing is set"},
		"good":      {policy{settings: managed.Settings{Scanner: scanner(`grep -q harmless "$1"`)}}, 0, "lets a harmless file pass"},
		"strict":    {policy{settings: managed.Settings{Scanner: scanner(`exit 1`)}}, 1, "does not let a harmless file pass"},
		"broken":    {policy{settings: managed.Settings{Scanner: scanner(`exit 2`)}}, 1, "does not let a harmless file pass"},
		"malformed": {policy{settings: managed.Settings{Scanner: safe.Scanner{Fault: errors.New("no list")}}}, 1, "none is received"},
		"a fault":   {policy{fault: errors.New("unknown key")}, 1, "unknown key"},
	} {
		var out bytes.Buffer
		if got := tt.it.check(t.Context(), &out); got != tt.want || !strings.Contains(out.String(), tt.says) {
			t.Errorf("%s: %d\n%s", name, got, out.String())
		}
	}
}
