package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"ekermed.example/ekermed/internal/server/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	email    = "anne@h.example"
	password = "correct horse battery"
)

type outcome struct {
	code           int
	stdout, stderr string
}

func try(t *testing.T, stdin string, environ []string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), env{strings.NewReader(stdin), &stdout, &stderr, environ}, args)
	return outcome{code, stdout.String(), stderr.String()}
}

// sentence checks what a failure says: one line on stderr, nothing on stdout.
func (o outcome) sentence(t *testing.T, what string, code int, words ...string) {
	t.Helper()
	if o.code != code || o.stdout != "" {
		t.Errorf("%s: exit code %d, want %d; stdout %q", what, o.code, code, o.stdout)
	}
	if strings.Count(strings.TrimSpace(o.stderr), "\n") != 0 || !strings.HasPrefix(o.stderr, "ekermed-server: ") || strings.Contains(o.stderr, "goroutine") {
		t.Errorf("%s: %q is not one sentence", what, o.stderr)
	}
	for _, w := range words {
		if !strings.Contains(o.stderr, w) {
			t.Errorf("%s: %q does not say %q", what, o.stderr, w)
		}
	}
}

func add(t *testing.T, data, email string) {
	t.Helper()
	if o := try(t, password+"\n", nil, "user", "add", "--data", data, "--email", email, "--name", "Dr Anne", "--role", "clinician", "--password-stdin"); o.code != exitOK {
		t.Fatalf("%+v", o)
	}
}

// --help goes to stdout with 0, whatever the command; so does the list of commands.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{
		{"help"}, {"--help"}, {"-h"}, {"serve", "--help"}, {"user", "--help"}, {"user", "add", "--help"}, {"user", "list", "-h"}, {"user", "disable", "--help"},
		{"user", "reset", "-help"}, {"user", "totp", "--help"}, {"invite", "--help"}, {"check", "--help"}, {"relay", "--help"}, {"network-guide", "--help"}, {"version", "--help"},
		{"journal", "--help"}, {"journal", "open", "--help"}, {"journal", "request", "-h"}, {"journal", "keygen", "--help"}, {"journal", "verify", "--help"},
		{"journal", "purge", "--help"}, {"trail", "--help"}, {"trail", "show", "--help"}, {"trail", "verify", "--help"},
	} {
		o := try(t, "", nil, args...)
		if o.code != exitOK || o.stderr != "" || !strings.Contains(o.stdout, "usage: ekermed-server") {
			t.Errorf("%v: %+v", args, o)
		}
	}
	all := try(t, "", nil, "help").stdout
	for _, c := range commands() {
		if !strings.Contains(all, "\n  "+c.name+" ") {
			t.Errorf("help does not list %s", c.name)
		}
	}
	if o := try(t, "", nil, "serve", "--help"); !strings.Contains(o.stdout, "--sample") || !strings.Contains(o.stdout, "-listen") {
		t.Errorf("serve --help does not name the sample: %s", o.stdout)
	}
}

func TestWrongUsage(t *testing.T) {
	data := t.TempDir()
	for _, tt := range []struct {
		args []string
		says string
	}{
		{nil, "usage: ekermed-server"}, {[]string{"dance"}, `no command "dance"`}, {[]string{""}, "no command"},
		{[]string{"serve"}, "--config FILE"}, {[]string{"relay"}, "--config FILE"}, {[]string{"serve", "--dev", "--config", "x"}, "give one of them"}, {[]string{"serve", "--dev", "extra"}, `"extra" is not expected`},
		{[]string{"serve", "--nonsense"}, "nonsense"}, {[]string{"version", "--nonsense"}, "nonsense"}, {[]string{"check", "--nonsense"}, "nonsense"},
		{[]string{"user"}, "user add|list|disable|reset"}, {[]string{"user", "promote"}, `"promote" is not a command`},
		{[]string{"user", "add", "--data", data}, "--email and --name"}, {[]string{"user", "add", "--data", data, "--email", "a@h.example"}, "--name"},
		{[]string{"user", "add", "--data", data, "--email", "a@h.example", "--name", "A"}, "--password-stdin"},
		{[]string{"user", "disable", "--data", data}, "--email"}, {[]string{"user", "reset", "--data", data}, "--email"},
		{[]string{"invite", "--data", data}, "--clinician and --patient-email"}, {[]string{"invite", "--data", data, "--minutes", "many"}, "minutes"},
		{[]string{"journal"}, "journal open|"}, {[]string{"journal", "read"}, `"read" is not a command`}, {[]string{"journal", "open", "--data", data}, "--day, --identity and --request"},
		{[]string{"journal", "keygen"}, "--out"}, {[]string{"journal", "request", "--day", "2026-11-05"}, "--key, --day, --purpose and --recipient"},
		{[]string{"trail"}, "trail show|verify"}, {[]string{"trail", "erase"}, `"erase" is not a command`}, {[]string{"trail", "show", "--data", data, "--since", "soon"}, "such as 24h"},
	} {
		o := try(t, "", nil, tt.args...)
		if o.code != exitUsage || o.stdout != "" || !strings.Contains(o.stderr, tt.says) {
			t.Errorf("%v: %+v", tt.args, o)
		}
	}
	if files, err := os.ReadDir(data); err != nil || len(files) != 0 {
		t.Errorf("wrong usage left %v behind, %v", files, err)
	}
}

func TestVersion(t *testing.T) {
	o := try(t, "", nil, "version")
	if o.code != exitOK || !strings.HasPrefix(o.stdout, "ekermed-server "+version) || strings.Count(o.stdout, "\n") != 1 {
		t.Errorf("%+v", o)
	}
}

func TestSampleParses(t *testing.T) {
	o := try(t, "", nil, "serve", "--sample")
	path := filepath.Join(t.TempDir(), "c.toml")
	if err := os.WriteFile(path, []byte(o.stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(path, nil); err != nil || o.code != exitOK || o.stdout != config.Sample {
		t.Errorf("%d %v", o.code, err)
	}
}

func TestUsers(t *testing.T) {
	data := t.TempDir()
	add(t, data, email)
	list := func() string {
		o := try(t, "", nil, "user", "list", "--data", data)
		if o.code != exitOK {
			t.Errorf("list: %+v", o)
		}
		return o.stdout
	}
	if got := list(); !strings.Contains(got, email) || !strings.Contains(got, "active") || strings.Contains(got, "argon2") {
		t.Errorf("list: %s", got)
	}
	flag := []string{"--data", data, "--email"}
	user := func(stdin, what string, rest ...string) outcome {
		return try(t, stdin, nil, append(append([]string{"user", what}, flag...), rest...)...)
	}
	user(password, "add", email, "--name", "A", "--password-stdin").sentence(t, "twice", exitFail, email, "exists already", "user reset")
	user("short\n", "add", "b@h.example", "--name", "B", "--password-stdin").sentence(t, "short", exitFail, "at least 10 characters")
	user("", "add", "b@h.example", "--name", "B", "--password-stdin").sentence(t, "empty", exitFail, "too short")
	user(password, "add", "no address", "--name", "B", "--password-stdin").sentence(t, "no address", exitFail, "no address", "such as")
	user(password, "add", "b@h.example", "--name", "B", "--role", "king", "--password-stdin").sentence(t, "role", exitFail, "king", "clinician or admin")
	user("", "disable", "none@h.example").sentence(t, "unknown", exitFail, "none@h.example", "user list")
	user(password, "reset", "none@h.example", "--password-stdin").sentence(t, "unknown", exitFail, "none@h.example", "user list")
	if o := user("", "disable", email); o.code != exitOK || !strings.Contains(list(), "disabled") {
		t.Errorf("disable: %+v", o)
	}
	if o := user("another horse battery\n", "reset", email, "--password-stdin"); o.code != exitOK || strings.Contains(list(), "disabled") {
		t.Errorf("reset: %+v", o)
	}
	user("short", "reset", email, "--password-stdin").sentence(t, "short", exitFail, "too short")
}

func TestInvite(t *testing.T) {
	data := t.TempDir()
	add(t, data, email)
	stranger := []string{"invite", "--data", data, "--clinician", email, "--patient-email", "p@x.example"}
	try(t, "", nil, stranger...).sentence(t, "nobody's folder", exitFail, "server.url and mail.from", "--config")
	if err := os.WriteFile(filepath.Join(data, marker), []byte(`{"local":"http://localhost:1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	to := stranger // the folder of a server that was started with --dev
	o := try(t, "", nil, append(to, "--at", "now", "--url", "https://visio.example/", "--json")...)
	var got map[string]string
	if err := json.Unmarshal([]byte(o.stdout), &got); err != nil || o.code != exitOK {
		t.Fatalf("%+v %v", o, err)
	}
	if len(got) != 3 || got["appointment"] == "" || !strings.HasPrefix(got["link"], "https://visio.example/r/") {
		t.Errorf("%v", got)
	}
	file, ok := strings.CutPrefix(got["mail"], "outbox ")
	if raw, err := os.ReadFile(file); !ok || err != nil || !bytes.Contains(raw, []byte("p@x.example")) {
		t.Errorf("mail %q: %v", got["mail"], err)
	}
	if o := try(t, "", nil, to...); o.code != exitOK || !strings.Contains(o.stdout, "link http://localhost:1/r/") {
		t.Errorf("%+v", o)
	}
	for name, tt := range map[string]struct {
		args  []string
		words []string
	}{
		"an unknown clinician": {[]string{"--clinician", "none@h.example"}, []string{"none@h.example", "user add"}},
		"no address":           {[]string{"--patient-email", "nobody"}, []string{"nobody", "such as"}},
		"a header":             {[]string{"--patient-email", "p@x.example\r\nBcc: q@x.example"}, []string{"is not a mail address"}},
		"a bad time":           {[]string{"--at", "tomorrow"}, []string{"RFC 3339"}},
		"long ago":             {[]string{"--at", "1999-01-01T00:00:00Z"}, []string{"between"}},
		"too long":             {[]string{"--minutes", "900"}, []string{"5 to 240"}},
		"Breton":               {[]string{"--language", "br"}, []string{"fr or en"}},
	} {
		try(t, "", nil, append(append([]string{}, to...), tt.args...)...).sentence(t, name, exitFail, tt.words...)
	}
}

// settings writes a configuration with the ports of nobody.
func settings(t *testing.T, more string) string {
	t.Helper()
	dir := t.TempDir()
	text := strings.ReplaceAll(`
[server]
listen = "127.0.0.1:0"
url = "https://localhost"
certificate = "DIR/none.pem"
key = "DIR/none.key"
data = "DIR/data"
[media]
udp = "127.0.0.1:0"
[turn]
udp = "127.0.0.1:0"
tls = "127.0.0.1:0"
address = "127.0.0.1"
[mail]
from = "votre-teleconsultation@visio.hospital.example"
[metrics]
listen = "127.0.0.1:0"
[hosting]
country = "FR"
`, "DIR", dir) + more
	path := filepath.Join(dir, "c.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheck(t *testing.T) {
	o := try(t, "", nil, "check", "--config", settings(t, ""), "--json")
	var results []struct{ Name, State, Detail string }
	if err := json.Unmarshal([]byte(o.stdout), &results); err != nil || o.code != exitFail || len(results) < 2 {
		t.Fatalf("%+v %v", o, err)
	}
	if r := results[1]; r.Name != "certificate" || r.State != "failed" || !strings.Contains(r.Detail, "none.pem") {
		t.Errorf("%+v", results)
	}
	if !strings.Contains(o.stderr, "something is not in order") {
		t.Errorf("stderr %q", o.stderr)
	}
	o = try(t, "", nil, "check", "--config", settings(t, ""))
	if o.code != exitFail || !strings.Contains(o.stdout, "failed") || !strings.Contains(o.stdout, "certificate") {
		t.Errorf("%+v", o)
	}
}

// Bad configuration stops every command that reads it, with the key and the remedy.
func TestBadConfiguration(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none.toml")
	for name, tt := range map[string]struct {
		file    string
		environ []string
		words   []string
	}{
		"no file":                   {none, nil, []string{none, "no such file", "serve --sample"}},
		"unknown key":               {settings(t, "[room]\ngrase = \"9s\"\n"), nil, []string{"unknown key room.grase", "see the sample"}},
		"unknown key of the shell":  {settings(t, ""), []string{"EKERMED_ROOM_GRASE=9s"}, []string{"EKERMED_ROOM_GRASE", "see the sample"}},
		"malformed value":           {settings(t, "[room]\ngrace = \"soon\"\n"), nil, []string{"soon", "such as"}},
		"malformed of the shell":    {settings(t, ""), []string{"EKERMED_TURN_MIN_PORT=many"}, []string{"EKERMED_TURN_MIN_PORT", "many"}},
		"an unreadable certificate": {settings(t, ""), nil, []string{"server.certificate", "none.pem", "check that both files exist"}},
	} {
		try(t, "", tt.environ, "serve", "--config", tt.file).sentence(t, name, exitFail, tt.words...)
	}
	// --data goes over the file, for every command.
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{"list", "disable"} {
		try(t, "", nil, "user", c, "--config", settings(t, ""), "--data", filepath.Join(file, "d"), "--email", email)
	}
	try(t, "", nil, "user", "list", "--config", settings(t, ""), "--data", filepath.Join(file, "d")).
		sentence(t, "data below a file", exitFail, "data folder", "--data or server.data")
}

// firstLine is a stdout that tells of its first line.
type firstLine struct {
	mu   sync.Mutex
	b    bytes.Buffer
	line chan string
	once sync.Once
}

func (f *firstLine) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.b.Write(b)
	if line, _, ok := strings.Cut(f.b.String(), "\n"); ok {
		f.once.Do(func() { f.line <- line })
	}
	return len(b), nil
}

// serve says when it is ready, in one line of JSON, and ends with 0 when it is told to.
// A second one on its port ends with 1 and a sentence.
func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &firstLine{line: make(chan string, 1)}
	ended := make(chan int, 1)
	data := t.TempDir()
	go func() {
		ended <- run(ctx, env{strings.NewReader(""), out, io.Discard, nil}, []string{"serve", "--dev", "--listen", "127.0.0.1:0", "--data", data})
	}()
	var got struct {
		Event, URL, Local, UDP, Metrics string
		PID                             int
	}
	if err := json.Unmarshal([]byte(<-out.line), &got); err != nil {
		t.Fatal(err)
	}
	if got.Event != "ready" || !strings.HasPrefix(got.URL, "https://127.0.0.1:") || !strings.HasPrefix(got.Local, "http://localhost:") || got.UDP == "" || got.PID != os.Getpid() {
		t.Errorf("%+v", got)
	}
	port := strings.TrimPrefix(got.URL, "https://")
	try(t, "", nil, "serve", "--dev", "--listen", port, "--data", t.TempDir()).sentence(t, "a port in use", exitFail, "server.listen", port, "another program uses this port")
	// Commands may run beside it, and know what it is called.
	add(t, data, email)
	if o := try(t, "", nil, "invite", "--data", data, "--clinician", email, "--patient-email", "p@x.example"); !strings.Contains(o.stdout, "link "+got.Local+"/r/") {
		t.Errorf("beside the server: %+v", o)
	}
	cancel()
	if code := <-ended; code != exitOK {
		t.Errorf("ended with %d", code)
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	if strings.Count(out.b.String(), "\n") != 1 {
		t.Errorf("stdout %q", out.b.String())
	}
}

// A public address that leads nowhere is named at the start, which goes on: only others
// may be let in by it.
func TestServeNamesAnUnreachableAddress(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &firstLine{line: make(chan string, 1)}
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, env{strings.NewReader(""), out, &stderr, []string{"EKERMED_MEDIA_ADDRESS=192.0.2.1"}}, []string{"serve", "--dev", "--listen", "127.0.0.1:0", "--data", t.TempDir()})
	}()
	<-out.line
	cancel()
	if code := <-ended; code != exitOK {
		t.Errorf("ended with %d", code)
	}
	for _, word := range []string{"media.address", "192.0.2.1", "unreachable public address", "hairpin"} {
		if !strings.Contains(stderr.String(), word) {
			t.Errorf("%q does not say %q", stderr.String(), word)
		}
	}
}

// relay says when it is ready, what the main server should name, and ends with 0.
func TestRelay(t *testing.T) {
	const more = "[log]\nlevel = \"error\"\n"
	file := settings(t, more)
	try(t, "", nil, "relay", "--config", file).sentence(t, "no secret", exitFail, "turn.secret", "main server")
	secret := "EKERMED_TURN_SECRET=0123456789abcdef"
	try(t, "", []string{secret}, "relay", "--config", file).sentence(t, "no certificate", exitFail, "server.certificate", "none.pem")
	ctx, cancel := context.WithCancel(t.Context())
	out := &firstLine{line: make(chan string, 1)}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, env{strings.NewReader(""), out, io.Discard, []string{secret, "EKERMED_TURN_TLS="}}, []string{"relay", "--config", file})
	}()
	var got struct {
		Event, UDP string
		URLs       []string
		PID        int
	}
	if err := json.Unmarshal([]byte(<-out.line), &got); err != nil {
		t.Fatal(err)
	}
	if got.Event != "ready" || !strings.HasPrefix(got.UDP, "127.0.0.1:") || len(got.URLs) != 2 || !strings.HasPrefix(got.URLs[1], "turn:localhost:") || got.PID != os.Getpid() {
		t.Errorf("%+v", got)
	}
	cancel()
	if code := <-ended; code != exitOK {
		t.Errorf("ended with %d", code)
	}
}

// Exit codes by kind of error.
func TestReport(t *testing.T) {
	var stderr bytes.Buffer
	e := env{stderr: &stderr}
	for code, err := range map[int]error{exitOK: nil, exitFail: errors.New("the disk is full"), exitUsage: usageError{"no"}} {
		if got := report(e, err); got != code {
			t.Errorf("%v: %d", err, got)
		}
	}
}
