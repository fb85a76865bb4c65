package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strings"

	"ekermed.example/ekermed/internal/call/portal"
)

// options are what the command line says.
type options struct {
	server  string
	devices string // system, fake or fake-camera
	status  string
	session string // token handed over by a launcher
	ignored string // server that was asked for where the machine is set to another
	check   bool   // say what the machine's settings come to, and stop
}

// parse reads the command line. Where the IT department has chosen a server, that is the one.
func parse(args []string, stdin io.Reader, stderr io.Writer, it policy) (options, error) {
	var o options
	f := flag.NewFlagSet("ekermed-desktop", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprintln(stderr, "usage: ekermed-desktop [--server URL] [ekermed://HOST/r/CODE] [--devices system|fake|fake-camera] [--status FILE] [--version] [--check]")
		f.PrintDefaults()
	}
	f.StringVar(&o.server, "server", "", "`URL` of the e-KerMed server, such as https://visio.hospital.example")
	f.StringVar(&o.devices, "devices", "system", "system; fake for a machine without camera and sound; fake-camera for one without camera")
	f.StringVar(&o.status, "status", "", "keep a JSON snapshot for support in `FILE`")
	fromStdin := f.Bool("session-stdin", false, "take a session token from standard input (for launchers that have signed in)")
	f.BoolVar(&o.check, "check", false, "print what the settings of this machine come to, try its scanner of files, and stop: 1 when something is wrong")
	version := f.Bool("version", false, "print the version, whether this machine has settings, and stop")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if *version {
		fmt.Fprintln(stderr, versionLine())
		it.say(stderr)
		return o, flag.ErrHelp
	}
	if o.devices != "system" && o.devices != "fake" && o.devices != "fake-camera" {
		return o, fmt.Errorf("--devices %q: choose system, fake or fake-camera", o.devices)
	}
	for _, arg := range f.Args() {
		u, err := url.Parse(arg)
		if err != nil || u.Scheme != "ekermed" || u.Host == "" {
			return o, fmt.Errorf("%q is not an ekermed:// address", arg)
		}
		o.server = "https://" + u.Host
	}
	if o.server != "" {
		base, err := portal.Parse(o.server)
		if err != nil {
			return o, fmt.Errorf("--server %q: %w", o.server, err)
		}
		o.server = base
	}
	if fixed := it.settings.Server; fixed != "" {
		if *fromStdin && o.server != "" && o.server != fixed { // the session is no other server's to see
			return o, fmt.Errorf("--session-stdin: a session of %s, but this machine is set to %s", o.server, fixed)
		}
		if o.server != fixed {
			o.ignored = o.server
		}
		o.server = fixed
	}
	if *fromStdin {
		if o.server == "" {
			return o, errors.New("--session-stdin needs --server")
		}
		line, err := bufio.NewReader(io.LimitReader(stdin, 512)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return o, fmt.Errorf("reading the session: %w", err)
		}
		o.session = strings.TrimSpace(line)
	}
	return o, nil
}

func versionLine() string { return "ekermed-desktop " + version }
