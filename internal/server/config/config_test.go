package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The sample is the manual: uncommented, it must give back the defaults, and it must
// name every key.
func TestSampleIsTheDefaults(t *testing.T) {
	open := regexp.MustCompile(`(?m)^#([a-z_]+ = )`).ReplaceAllString(Sample, "$1")
	got, err := Load(write(t, open), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Server.URL, want.Server.Certificate, want.Server.Key = got.Server.URL, got.Server.Certificate, got.Server.Key
	want.Mail.From = got.Mail.From
	for _, list := range []*[]string{&got.Server.Origins, &got.Turn.Allow, &got.Turn.Deny} {
		*list = nil
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the sample says\n%+v\nthe defaults are\n%+v", got, want)
	}
	sections := reflect.TypeOf(want)
	for i := range sections.NumField() {
		if sections.Field(i).Tag.Get("toml") == "-" {
			continue
		}
		for j := range sections.Field(i).Type.NumField() {
			if key := sections.Field(i).Type.Field(j).Tag.Get("toml"); !strings.Contains(Sample, "\n#"+key+" = ") {
				t.Errorf("the sample does not tell of %s.%s", sections.Field(i).Name, key)
			}
		}
	}
}

func TestEnvironmentWins(t *testing.T) {
	c, err := Load(write(t, "[server]\nlisten = \":1\"\n"), []string{
		"EKERMED_SERVER_LISTEN=:2", "EKERMED_TURN_MIN_PORT=50000", "EKERMED_TURN_DENY=10.0.0.0/8, ::1", "EKERMED_ROOM_GRACE=9s", "PATH=/bin",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Server.Listen != ":2" || c.Turn.MinPort != 50000 || len(c.Turn.Deny) != 2 || c.Room.Grace != Duration(9e9) {
		t.Errorf("%+v", c)
	}
}

func TestBadInputIsNamed(t *testing.T) {
	for text, want := range map[string][]string{
		"[server]\nlissen = \":1\"\n":              {"unknown key server.lissen"},
		"[server]\nlisten = 443\n":                 {"server.listen"},
		"[server\n":                                {"configuration"},
		"[room]\ngrace = \"soon\"\n":               {"soon", "not a duration"},
		"[room]\ngrace = \"1s\"\n":                 {"room.grace", "choose between"},
		"[server]\nlisten = \"here\"\n":            {"server.listen", "here", "such as"},
		"[server]\nlisten = \":99999\"\n":          {"server.listen", "0 to 65535"},
		"[server]\nurl = \"http://a\"\n":           {"server.url", "https"},
		"[turn]\ndeny = [\"10.0.0.0/99\"]\n":       {"turn.deny", "10.0.0.0/99", "prefix"},
		"[turn]\nmin_port = 60000\nmax_port=59000": {"turn.min_port", "60000"},
		"[media]\naddress = \"visio\"\n":           {"media.address", "visio"},
		"[mail]\nsecurity = \"ssl\"\n":             {"mail.security", "starttls, tls or none"},
		"[log]\nlevel = \"loud\"\n":                {"log.level", "loud"},
		"[practice]\ntime_zone = \"Mars\"\n":       {"practice.time_zone", "Mars"},
	} {
		c, err := Load(write(t, text), nil)
		if err == nil {
			if c.Server.URL == "" {
				c.Server.URL = "https://a.example"
			}
			c.Server.Certificate, c.Server.Key, c.Mail.From = "c", "k", "a@b.example"
			err = c.Validate()
		}
		if err == nil {
			t.Errorf("%q was taken", text)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %q does not say %q", text, err, w)
			}
		}
	}
	for _, env := range []string{"EKERMED_SERVER_LISSEN=:1", "EKERMED_TURN_MIN_PORT=many"} {
		if _, err := Load("", []string{env}); err == nil || !strings.Contains(err.Error(), strings.Split(env, "=")[0]) {
			t.Errorf("%s: %v", env, err)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.toml"), nil); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("missing file: %v", err)
	}
}

func TestDevelopmentIsValid(t *testing.T) {
	if err := Development("127.0.0.1:8443", t.TempDir()).Validate(); err != nil {
		t.Error(err)
	}
}
