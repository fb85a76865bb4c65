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
	for _, list := range []*[]string{&got.Server.Origins, &got.Server.TrustedProxies, &got.Turn.Allow, &got.Turn.Deny, &got.Turn.Servers, &got.Journal.Recipients, &got.Journal.Managers, &got.Hosting.Hosts} {
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
		"EKERMED_SERVER_LISTEN=:2", "EKERMED_TURN_MIN_PORT=50000", "EKERMED_TURN_DENY=10.0.0.0/8, ::1", "EKERMED_ROOM_GRACE=9s", "EKERMED_SERVER_PROXY_PROTOCOL=true", "PATH=/bin",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Server.Listen != ":2" || c.Turn.MinPort != 50000 || len(c.Turn.Deny) != 2 || !c.Server.ProxyProtocol || c.Room.Grace != Duration(9e9) {
		t.Errorf("%+v", c)
	}
}

func TestBadInputIsNamed(t *testing.T) {
	for text, want := range map[string][]string{
		"[server]\nlissen = \":1\"\n":                                       {"unknown key server.lissen"},
		"[server]\nlisten = 443\n":                                          {"server.listen"},
		"[server\n":                                                         {"configuration"},
		"[room]\ngrace = \"soon\"\n":                                        {"soon", "not a duration"},
		"[room]\ngrace = \"1s\"\n":                                          {"room.grace", "choose between"},
		"[server]\nlisten = \"here\"\n":                                     {"server.listen", "here", "such as"},
		"[server]\nlisten = \":99999\"\n":                                   {"server.listen", "0 to 65535"},
		"[server]\nurl = \"http://a\"\n":                                    {"server.url", "https"},
		"[turn]\ndeny = [\"10.0.0.0/99\"]\n":                                {"turn.deny", "10.0.0.0/99", "prefix"},
		"[turn]\nmin_port = 60000\nmax_port=59000":                          {"turn.min_port", "60000"},
		"[media]\naddress = \"visio\"\n":                                    {"media.address", "visio"},
		"[mail]\nsecurity = \"ssl\"\n":                                      {"mail.security", "starttls, tls or none"},
		"[hosting]\ncountry = \"US\"\n":                                     {"hosting.country", "US", "European Economic Area"},
		"[hosting]\nhosts = [\"turn2.example\"]\n":                          {"hosting.hosts", "turn2.hospital.example=FR", "country"},
		"[hosting]\nhosts = [\"turn2.example=CH\"]\n":                       {"hosting.hosts", "turn2.example=CH", "not taken"},
		"[hosting]\ncountry = \"FR\"\n[mail]\nsmtp = \"smtp.example:25\"\n": {"mail.smtp", "smtp.example=FR", "hosting.hosts"},
		"[hosting]\ncountry = \"FR\"\n[turn]\nsecret = \"0123456789abcdef\"\nservers = [\"turns:turn2.example:443?transport=tcp\"]\n": {"turn.servers", "turn2.example=FR"},
		"[hosting]\noperator = \"a\\nb\"\n":                           {"hosting.operator", "one line"},
		"[log]\nlevel = \"loud\"\n":                                   {"log.level", "loud"},
		"[room]\nroute = \"north\"\n":                                 {"room.route", "north", "auto, direct, relay or server"},
		"[room]\nroute = \"relay\"\n[turn]\nudp = \"\"\ntls = \"\"\n": {"room.route", "turn.udp"},
		"[media]\nmin_port = 50000\n":                                 {"media.min_port", "50000", "media.max_port"},
		"[media]\nmax_port = 50000\n":                                 {"media.min_port", "media.max_port"},
		"[media]\nmin_port = 50000\nmax_port = 50010\n":               {"media.min_port", "at least 16"},
		"[media]\nmin_port = 50000\nmax_port = 60000\n":               {"media.min_port", "50000 to 60000", "turn.min_port", "49152 to 65535", "give each its own part"},
		"[turn]\nservers = [\"turn:a.example:443\"]\n":                {"turn.servers", "turn.secret"},
		"[turn]\nudp = \"0.0.0.0:443\"\n":                             {"turn.udp", "0.0.0.0:443", "media.udp", "write both alike"},
		"[turn]\ntls = \"203.0.113.7:443\"\n":                         {"turn.tls", "203.0.113.7:443", "server.listen", "write both alike"},
		"[turn]\nsecret = \"short\"\n":                                {"turn.secret", "at least 16"},
		"[turn]\ndeny = [\"10.0.0.0/8\", \"::1/200\"]\n":              {"turn.deny", "::1/200"},
		"[server]\nproxy_protocol = true\n":                           {"server.proxy_protocol", "server.trusted_proxies"},
		"[server]\nproxy_protocol = \"maybe\"\n":                      {"server.proxy_protocol"},
		"[server]\ntrusted_proxies = [\"proxy\"]\n":                   {"server.trusted_proxies", "proxy"},
		"[server]\nsocket_url = \"https://a.example\"\n":              {"server.socket_url", "wss"},
		"[server]\nsocket_url = \"wss://a.example; script-src *\"\n":  {"server.socket_url", "wss"},
		"[server]\nsocket_url = \"wss://a.example/?x\"\n":             {"server.socket_url", "wss"},
		"[practice]\ntime_zone = \"Mars\"\n":                          {"practice.time_zone", "Mars"},
		"[files]\nlargest = -1\n":                                     {"files.largest", "-1", "0: nobody"},
		"[files]\nlargest = 2001\n":                                   {"files.largest", "2001", "2000 at most"},
		"[files]\nperson = 99\n":                                      {"files.person", "99", "files.largest", "100"},
		"[files]\nroom = 1\n":                                         {"files.room", "1", "files.person"},
		"[files]\nall = 1000001\n":                                    {"files.all", "1000000 at most"},
		"[files]\nlife = \"1m\"\n":                                    {"files.life", "1m0s", "choose between"},
		"[journal]\ntrail_months = 5\n":                               {"journal.trail_months", "5", "6 to 12"},
		"[journal]\ntrail_months = 13\n":                              {"journal.trail_months", "13", "6 to 12"},
		"[journal]\nrecipients = [\"age1x\"]\n":                       {"journal.recipients", "exactly 3", "turn it off"},
		"[journal]\nrecipients = [\"a\",\"b\",\"c\",\"d\"]\n":         {"journal.recipients", "4 instead of ", "exactly 3"},
		"[journal]\nrecipients = [\"a@b.example\",\"b\",\"c\"]\n":     {"journal.recipients", "a@b.example", "keygen --recipient"},
		"[journal]\nmanagers = [\"boss\"]\n":                          {"journal.managers", "boss", "journal keygen"},
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
	for _, env := range []string{"EKERMED_SERVER_LISSEN=:1", "EKERMED_TURN_MIN_PORT=many", "EKERMED_SERVER_PROXY_PROTOCOL=maybe"} {
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

func TestTurnServers(t *testing.T) {
	for server, want := range map[string]bool{
		"turn:turn2.example:443?transport=udp": true, "turn:turn2.example?transport=tcp": true, "turns:turn2.example:443?transport=tcp": true,
		"turns:turn2.example": true, "stun:turn2.example:3478": true, "turn:203.0.113.7:443": true, "turn:[2001:db8::1]:443": true,
		"": false, "turn2.example:443": false, "https://turn2.example": false, "turn:": false, "turn:a.example:0": false, "turn:a.example:70000": false,
		"turns:a.example?transport=udp": false, "turn:a.example?transport=smoke": false, "stun:a.example?transport=udp": false, "stuns:a.example": false,
		"turn:user@a.example": false, "turn:a.example/path": false, "turn://a.example:443": false, "turn:a b.example": false,
	} {
		c := Development(DevListen, t.TempDir())
		c.Turn.Servers, c.Turn.Secret = []string{server}, "0123456789abcdef"
		err := c.Validate()
		if (err == nil) != want || err != nil && (!strings.Contains(err.Error(), "turn.servers") || !strings.Contains(err.Error(), "write each as")) {
			t.Errorf("%q: %v", server, err)
		}
	}
}

// Two addresses of one machine may have the same port.
func TestPortsOfTwoAddresses(t *testing.T) {
	c := Development("127.0.0.1:443", t.TempDir())
	c.Turn.TLS, c.Media.UDP, c.Turn.UDP = "127.0.0.2:443", "127.0.0.1:443", "127.0.0.2:443"
	if err := c.Validate(); err != nil || c.SharesTCP() || c.SharesUDP() {
		t.Error(err)
	}
}

// One name and one port by default, and with --dev wherever that listens.
func TestWhatIsShared(t *testing.T) {
	if c := Default(); !c.SharesTCP() || !c.SharesUDP() || c.MediaRange() {
		t.Errorf("default: %+v", c)
	}
	c := Default()
	c.Media.MinPort, c.Media.MaxPort, c.Turn.MinPort = 50000, 51000, 52000
	if c.SharesUDP() || !c.MediaRange() {
		t.Error("a range shares nothing")
	}
	c, err := LoadDevelopment("127.0.0.1:0", "", nil)
	if err != nil || !c.SharesTCP() || !c.SharesUDP() {
		t.Errorf("development: %+v %v", c, err)
	}
	if c, err = LoadDevelopment("", "", []string{"EKERMED_SERVER_LISTEN=127.0.0.1:1"}); err != nil || !c.SharesTCP() {
		t.Errorf("development, environment: %+v %v", c, err)
	}
	if c, err = LoadDevelopment("", "", []string{"EKERMED_TURN_TLS=127.0.0.1:1"}); err != nil || c.SharesTCP() || c.Turn.TLS != "127.0.0.1:1" {
		t.Errorf("development, apart: %+v %v", c, err)
	}
}

func TestValidateRelay(t *testing.T) {
	good := func() Config {
		c := Default()
		c.Server.URL, c.Server.Certificate, c.Server.Key, c.Turn.Secret = "https://turn2.example", "c", "k", "0123456789abcdef"
		return c
	}
	if err := good().ValidateRelay(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Config){
		"turn.secret":        func(c *Config) { c.Turn.Secret = "" },
		"turn.udp":           func(c *Config) { c.Turn.UDP, c.Turn.TLS = "", "" },
		"server.certificate": func(c *Config) { c.Server.Key = "" },
		"server.url":         func(c *Config) { c.Server.URL = "" },
		"turn.deny":          func(c *Config) { c.Turn.Deny = []string{"10.0.0.0/99"} },
	} {
		c := good()
		change(&c)
		if err := c.ValidateRelay(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	c := good()
	c.Turn.TLS, c.Server.Certificate = "", ""
	if err := c.ValidateRelay(); err != nil {
		t.Errorf("UDP alone needs no certificate: %v", err)
	}
	c = good()
	c.Turn.UDP, c.Turn.TLS = "203.0.113.7:443", "203.0.113.7:443" // the web's and the SFU's are not opened
	if err := c.ValidateRelay(); err != nil {
		t.Error(err)
	}
}
