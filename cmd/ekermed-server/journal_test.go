package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/server/journal"
)

// office is a data folder with a journal of today, the keys to it, and the environment
// that tells of them.
type office struct {
	t         *testing.T
	dir, data string
	environ   []string
	readers   []string // public keys: three, and a fourth who may not
	day       string
}

func (o *office) file(name string) string { return filepath.Join(o.dir, name) }

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir()}
	o.data = o.file("data")
	for _, name := range []string{"one", "two", "three", "four"} {
		o.readers = append(o.readers, o.key(name, "--recipient"))
	}
	boss := o.key("boss")
	o.key("thief")
	o.environ = []string{"EKERMED_JOURNAL_RECIPIENTS=" + strings.Join(o.readers[:3], ","), "EKERMED_JOURNAL_MANAGERS=" + boss}
	j, err := journal.New(journal.Options{Data: o.data, Vault: o.data + "-vault", Recipients: o.readers[:3], Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	j.Note(journal.Began{Account: journal.Account{1}, Route: journal.Direct})
	j.Note(journal.Ended{Account: journal.Account{1}, Route: journal.Direct, Minutes: 20})
	if err := j.Run(ctx); err != nil {
		t.Fatal(err)
	}
	days, err := journal.Verify(o.data)
	if err != nil || len(days) != 1 {
		t.Fatalf("%v %v", days, err)
	}
	o.day = days[0].Day
	return o
}

// key makes a key file and gives its public key.
func (o *office) key(name string, more ...string) string {
	o.t.Helper()
	made := try(o.t, "", nil, append([]string{"journal", "keygen", "--out", o.file(name)}, more...)...)
	if made.code != exitOK || made.stderr != "" {
		o.t.Fatalf("%+v", made)
	}
	return strings.TrimSpace(made.stdout)
}

// request is what a manager writes; bend changes it afterwards.
func (o *office) request(name, key, purpose string, reader int, bend func(map[string]any)) string {
	o.t.Helper()
	made := try(o.t, "", nil, "journal", "request", "--key", o.file(key), "--day", o.day, "--purpose", purpose, "--recipient", o.readers[reader])
	if made.code != exitOK || made.stderr != "" {
		o.t.Fatalf("%+v", made)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(made.stdout), &fields); err != nil {
		o.t.Fatal(err)
	}
	if bend != nil {
		bend(fields)
	}
	b, err := json.Marshal(fields)
	if err == nil {
		err = os.WriteFile(o.file(name), b, 0o600)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return o.file(name)
}

func (o *office) run(args ...string) outcome {
	o.t.Helper()
	return try(o.t, "", o.environ, append(args, "--data", o.data)...)
}

// last is the newest line of the trail.
func (o *office) last() string {
	o.t.Helper()
	shown := o.run("trail", "show", "--json")
	if shown.code != exitOK {
		o.t.Fatalf("%+v", shown)
	}
	list := strings.Split(strings.TrimSpace(shown.stdout), "\n")
	return list[len(list)-1]
}

func TestJournalCommands(t *testing.T) {
	o := newOffice(t)
	good := o.request("good", "boss", "billing", 0, nil)
	opened := o.run("journal", "open", "--day", o.day, "--identity", o.file("one"), "--request", good)
	if opened.code != exitOK || opened.stderr != "" || strings.Count(opened.stdout, "\n") != 2 || !strings.Contains(opened.stdout, `"event":"call_ended","route":"direct","account":"aeaaaaaaaaaaaaaa","minutes":20}`) {
		t.Errorf("%+v", opened)
	}
	if l := o.last(); !strings.Contains(l, `"journal_opened"`) || !strings.Contains(l, `"result":"ok"`) || !strings.Contains(l, `"whom"`) || strings.Contains(l, o.readers[0]) {
		t.Errorf("the trail says %s", l)
	}
	outage := o.run("journal", "open", "--day", o.day, "--identity", o.file("three"), "--request", o.request("outage", "boss", "outage", 2, nil))
	if outage.code != exitOK || !strings.Contains(outage.stdout, "server_started") || strings.Contains(outage.stdout, "account") {
		t.Errorf("%+v", outage)
	}
	yesterday := time.Now().Add(-48 * time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)
	for name, tt := range map[string]struct {
		request, identity, result string
		words                     []string
	}{
		"replayed":             {good, "one", "replayed", []string{"used before", "new one"}},
		"unsigned":             {o.request("u", "boss", "billing", 0, func(f map[string]any) { f["signature"] = "" }), "one", "unsigned", []string{"not signed", "journal request"}},
		"signed by nobody":     {o.request("t", "thief", "billing", 0, nil), "one", "signature", []string{"journal.managers"}},
		"dated anew":           {o.request("s", "boss", "billing", 0, func(f map[string]any) { f["issued"] = yesterday }), "one", "signature", []string{"changed"}},
		"another purpose":      {o.request("p", "boss", "billing", 0, func(f map[string]any) { f["purpose"] = "outage" }), "one", "signature", []string{"changed"}},
		"the fourth":           {o.request("f", "boss", "billing", 0, nil), "four", "recipient", []string{"identity"}},
		"the fourth, by name":  {o.request("g", "boss", "billing", 3, nil), "four", "recipient", []string{"journal.recipients"}},
		"another of the three": {o.request("a", "boss", "billing", 0, nil), "two", "recipient", []string{"identity"}},
		"no request":           {o.file("one"), "one", "malformed", []string{"request"}},
	} {
		refused := o.run("journal", "open", "--day", o.day, "--identity", o.file(tt.identity), "--request", tt.request)
		refused.sentence(t, name, exitFail, tt.words...)
		if l := o.last(); !strings.Contains(l, `"journal_refused"`) || !strings.Contains(l, `"result":"`+tt.result+`"`) {
			t.Errorf("%s: the trail says %s", name, l)
		}
	}
	if v := o.run("journal", "verify"); v.code != exitOK || !strings.Contains(v.stdout, o.day+"  1 segments  4 records  whole  head ") {
		t.Errorf("%+v", v)
	}
	if v := o.run("trail", "verify"); v.code != exitOK || !strings.Contains(v.stdout, "11 records, from 1 on, whole") {
		t.Errorf("%+v", v)
	}
	if p := o.run("journal", "purge"); p.code != exitOK || p.stdout != "nothing is due\n" {
		t.Errorf("%+v", p)
	}
	old := filepath.Join(o.data+"-vault", "2020-01-01.half")
	if err := os.WriteFile(old, []byte(strings.Repeat("x", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	if p := o.run("journal", "purge"); p.code != exitOK || p.stdout != "destroyed the key of 2020-01-01\n" || !strings.Contains(o.last(), "journal_shredded") {
		t.Errorf("%+v", p)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("the key is still there")
	}
	segments, err := filepath.Glob(filepath.Join(o.data, "journal", "*", "*.segment"))
	if err != nil || len(segments) != 1 {
		t.Fatal(segments, err)
	}
	b, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-150] ^= 1
	if err := os.WriteFile(segments[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	if v := o.run("journal", "verify"); v.code != exitFail || !strings.Contains(v.stderr, "record 3 is damaged") {
		t.Errorf("%+v", v)
	}
}

// What operators do to accounts is in the trail, without names.
func TestTrailOfAccounts(t *testing.T) {
	data := t.TempDir()
	add(t, data, email)
	try(t, "", nil, "user", "disable", "--data", data, "--email", email)
	try(t, "another password\n", nil, "user", "reset", "--data", data, "--email", email, "--password-stdin")
	shown := try(t, "", nil, "trail", "show", "--data", data, "--since", "1h")
	for _, want := range []string{"account_added", "account_disabled", "account_reset"} {
		if !strings.Contains(shown.stdout, want) {
			t.Errorf("the trail lacks %s: %s", want, shown.stdout)
		}
	}
	if strings.Contains(shown.stdout, "anne") || shown.code != exitOK {
		t.Errorf("%+v", shown)
	}
	if later := try(t, "", nil, "trail", "show", "--data", data, "--since", "2999-01-01"); later.stdout != "" || later.code != exitOK {
		t.Errorf("%+v", later)
	}
	list := try(t, "", nil, "user", "list", "--data", data, "--billing")
	if f := strings.Fields(list.stdout); len(f[len(f)-1]) != 16 {
		t.Errorf("%+v", list)
	}
}

func TestKeysAreNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	first := try(t, "", nil, "journal", "keygen", "--out", path)
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 || first.code != exitOK {
		t.Errorf("%+v %v", first, err)
	}
	try(t, "", nil, "journal", "keygen", "--out", path).sentence(t, "again", exitFail, path, "choose another name")
	for what, args := range map[string][]string{
		"age1…":       {"--key", path, "--day", "2026-11-05", "--purpose", "billing", "--recipient", "anne@h.example"},
		"private key": {"--key", os.Args[0], "--day", "2026-11-05", "--purpose", "billing", "--recipient", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"},
		"curiosity":   {"--key", path, "--day", "2026-11-05", "--purpose", "curiosity", "--recipient", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"},
		"24h":         {"--key", path, "--day", "2026-11-05", "--purpose", "billing", "--hours", "25", "--recipient", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"},
		"2026-11-05":  {"--key", path, "--day", "5.11.2026", "--purpose", "billing", "--recipient", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"},
	} {
		try(t, "", nil, append([]string{"journal", "request"}, args...)...).sentence(t, what, exitFail, what)
	}
}
