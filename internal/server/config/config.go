// Package config is the server's configuration: one struct, filled from defaults,
// then a TOML file, then the environment, then checked as a whole.
package config

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Sample is the commented configuration file that is the manual.
//
//go:embed ekermed-server.toml
var Sample string

// Config is everything that can be set. The keys and their meaning are in Sample.
type Config struct {
	Server   Server   `toml:"server"`
	Media    Media    `toml:"media"`
	Turn     Turn     `toml:"turn"`
	Mail     Mail     `toml:"mail"`
	Practice Practice `toml:"practice"`
	Room     Room     `toml:"room"`
	Files    Files    `toml:"files"`
	Hosting  Hosting  `toml:"hosting"`
	// Retention is how long what names people is kept.
	Retention Retention `toml:"retention"`
	Access    Access    `toml:"access"`
	Metrics   Metrics   `toml:"metrics"`
	Journal   Journal   `toml:"journal"`
	Log       Log       `toml:"log"`

	// Dev is set by the flag --dev only: a server for one machine.
	Dev bool `toml:"-"`
	// Version is the program's, for what the server tells of itself.
	Version string `toml:"-"`
}

// Server is the web side.
type Server struct {
	Listen      string   `toml:"listen"`
	URL         string   `toml:"url"`
	Certificate string   `toml:"certificate"`
	Key         string   `toml:"key"`
	Data        string   `toml:"data"`
	Origins     []string `toml:"origins"`
	SocketURL   string   `toml:"socket_url"`
	// TrustedProxies are believed about whom they speak for: Prefixes reads them.
	TrustedProxies []string `toml:"trusted_proxies"`
	ProxyProtocol  bool     `toml:"proxy_protocol"`
}

// Media is where the SFU is reached: one socket, or a range of ports.
type Media struct {
	UDP     string `toml:"udp"`
	Address string `toml:"address"`
	MinPort int    `toml:"min_port"`
	MaxPort int    `toml:"max_port"`
}

// Turn is the STUN and TURN server.
type Turn struct {
	UDP     string   `toml:"udp"`
	TLS     string   `toml:"tls"`
	Host    string   `toml:"host"`
	Address string   `toml:"address"`
	MinPort int      `toml:"min_port"`
	MaxPort int      `toml:"max_port"`
	Allow   []string `toml:"allow"`
	Deny    []string `toml:"deny"`
	Servers []string `toml:"servers"`
	Secret  string   `toml:"secret"`
}

// Mail is how invitations leave.
type Mail struct {
	From     string `toml:"from"`
	ReplyTo  string `toml:"reply_to"`
	SMTP     string `toml:"smtp"`
	Security string `toml:"security"`
	Username string `toml:"username"`
	Password string `toml:"password"`
}

// Practice is what patients are told about who calls them.
type Practice struct {
	Name     string `toml:"name"`
	Phone    string `toml:"phone"`
	TimeZone string `toml:"time_zone"`
}

// Room is when doors open and close.
type Room struct {
	OpensBefore Duration `toml:"opens_before"`
	ClosesAfter Duration `toml:"closes_after"`
	Grace       Duration `toml:"grace"`
	Session     Duration `toml:"session"`
	Route       string   `toml:"route"`
	Sealing     string   `toml:"sealing"`
	Rekey       Duration `toml:"rekey"`
	Recertify   Duration `toml:"recertify"`
}

// Files bounds what participants send each other. Sizes are in megabytes, of 1000000 bytes.
type Files struct {
	Largest int      `toml:"largest"`
	Person  int      `toml:"person"`
	Room    int      `toml:"room"`
	All     int      `toml:"all"`
	Life    Duration `toml:"life"`
}

// Megabyte is the unit of Files, in bytes.
const Megabyte = 1_000_000

// Retention is how long what names people is kept.
type Retention struct {
	Appointments Duration `toml:"appointments"`
	Outbox       Duration `toml:"outbox"`
}

// Access is how clinicians sign in, and for how long.
type Access struct {
	SecondFactor string   `toml:"second_factor"`
	Idle         Duration `toml:"idle"`
}

// The values of access.second_factor.
const (
	FactorOptional = "optional"
	FactorRequired = "required"
)

// The values of room.sealing.
const (
	SealingAuto     = "auto"
	SealingRequired = "required"
)

// The values of room.route.
const (
	RouteAuto   = "auto"
	RouteDirect = "direct"
	RouteRelay  = "relay"
	RouteServer = "server"
)

// Metrics is the page for the operator's monitoring.
type Metrics struct {
	Listen string `toml:"listen"`
}

// Journal is what is kept of calls, and for whom.
type Journal struct {
	Recipients  []string `toml:"recipients"`
	Managers    []string `toml:"managers"`
	Vault       string   `toml:"vault"`
	TrailMonths int      `toml:"trail_months"`
}

// Log is what the server says of itself.
type Log struct {
	Level  string `toml:"level"`
	Format string `toml:"format"`
}

// Duration is a time span written as 15m, 24h or 30s.
type Duration time.Duration

// UnmarshalText reads a Go duration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 30s, 15m or 24h", b)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes a Go duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// SharesTCP tells whether TURN over TLS arrives on the port of HTTPS: the addresses are
// written alike.
func (c Config) SharesTCP() bool { return c.Turn.TLS == c.Server.Listen }

// SharesUDP tells whether STUN and TURN share the one socket of the SFU.
func (c Config) SharesUDP() bool { return c.Turn.UDP == c.Media.UDP && !c.MediaRange() }

// MediaRange tells whether each media connection has a port of its own.
func (c Config) MediaRange() bool { return c.Media.MinPort != 0 || c.Media.MaxPort != 0 }

// Relays tells whether this server is itself a STUN and TURN server.
func (c Config) Relays() bool { return c.Turn.UDP != "" || c.Turn.TLS != "" }

// Vault is the folder of the journal's keys: beside the data folder when none is set.
func (c Config) Vault() string {
	if c.Journal.Vault != "" {
		return c.Journal.Vault
	}
	return filepath.Clean(c.Server.Data) + "-vault"
}

// Default is the configuration before any file.
func Default() Config {
	return Config{
		Server:   Server{Listen: ":443", Data: "/var/lib/ekermed"},
		Media:    Media{UDP: ":443"},
		Turn:     Turn{UDP: ":443", TLS: ":443", MinPort: 49152, MaxPort: 65535},
		Mail:     Mail{Security: "starttls"},
		Practice: Practice{TimeZone: "Europe/Paris"},
		Room: Room{
			OpensBefore: Duration(30 * time.Minute), ClosesAfter: Duration(2 * time.Hour),
			Grace: Duration(45 * time.Second), Session: Duration(12 * time.Hour), Route: RouteAuto,
			Sealing: SealingAuto, Rekey: Duration(time.Minute), Recertify: Duration(10 * time.Minute),
		},
		Files:     Files{Largest: 100, Person: 500, Room: 1000, All: 10000, Life: Duration(6 * time.Hour)},
		Retention: Retention{Appointments: Duration(30 * 24 * time.Hour), Outbox: Duration(7 * 24 * time.Hour)},
		Access:    Access{SecondFactor: FactorOptional, Idle: Duration(15 * time.Minute)},
		Metrics:   Metrics{Listen: "127.0.0.1:9464"},
		Journal:   Journal{TrailMonths: 12},
		Log:       Log{Level: "info", Format: "json"},
	}
}

// The defaults of serve --dev.
const (
	DevListen = "127.0.0.1:8443"
	DevData   = "ekermed-data"
)

// LoadDevelopment is Development with the environment over it, and what the command
// line says (listen and data, empty when it says nothing) over both.
func LoadDevelopment(listen, data string, environ []string) (Config, error) {
	c := Development(DevListen, DevData)
	err := c.readEnvironment(environ)
	if listen != "" {
		c.Server.Listen = listen
	}
	if c.Turn.TLS == DevListen { // not set: it stays on the port of HTTPS
		c.Turn.TLS = c.Server.Listen
	}
	if data != "" {
		c.Server.Data = data
	}
	return c, err
}

// Development is the configuration of serve --dev: one machine, nothing to set up.
func Development(listen, data string) Config {
	c := Default()
	c.Dev = true
	c.Server.Listen, c.Server.Data = listen, data
	c.Media.UDP = "127.0.0.1:0"
	c.Turn.UDP, c.Turn.TLS = c.Media.UDP, listen
	c.Turn.Host, c.Turn.Address = "localhost", "127.0.0.1"
	c.Mail.From = "votre-teleconsultation@visio.ekermed.example"
	c.Mail.ReplyTo = "secretariat@ekermed.example"
	c.Practice.Name, c.Practice.Phone = "Cabinet de démonstration", "02 99 00 00 00"
	c.Metrics.Listen = "127.0.0.1:0"
	return c
}

// Load reads a file over the defaults, then the environment.
func Load(path string, environ []string) (Config, error) {
	c := Default()
	if path != "" {
		if err := c.readFile(path); err != nil {
			return c, err
		}
	}
	return c, c.readEnvironment(environ)
}

func (c *Config) readFile(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("configuration %s: no such file; write one from the sample that `ekermed-server serve --sample` prints", path)
	}
	if err != nil {
		return fmt.Errorf("configuration %s: %w", path, err)
	}
	meta, err := toml.Decode(string(text), c)
	if err != nil {
		return fmt.Errorf("configuration %s: %w", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("configuration %s: unknown key %s; remove it or see the sample for its right name", path, unknown[0])
	}
	return nil
}

// readEnvironment takes EKERMED_SECTION_KEY; lists are separated by commas.
func (c *Config) readEnvironment(environ []string) error {
	keys := map[string]reflect.Value{}
	sections := reflect.ValueOf(c).Elem()
	for i := range sections.NumField() {
		section := sections.Type().Field(i).Tag.Get("toml")
		if section == "-" {
			continue
		}
		for j := range sections.Field(i).NumField() {
			key := sections.Field(i).Type().Field(j).Tag.Get("toml")
			keys["EKERMED_"+strings.ToUpper(section+"_"+key)] = sections.Field(i).Field(j)
		}
	}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "EKERMED_") {
			continue
		}
		field, ok := keys[name]
		if !ok {
			return fmt.Errorf("environment: unknown key %s; unset it or see the sample for its right name", name)
		}
		if err := set(field, value); err != nil {
			return fmt.Errorf("environment: %s: %w", name, err)
		}
	}
	return nil
}

func set(field reflect.Value, value string) error {
	switch v := field.Addr().Interface().(type) {
	case *string:
		*v = value
	case *int:
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", value)
		}
		*v = n
	case *bool:
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", value)
		}
		*v = b
	case *[]string:
		*v = nil
		for item := range strings.SplitSeq(value, ",") {
			if item = strings.TrimSpace(item); item != "" {
				*v = append(*v, item)
			}
		}
	case *Duration:
		return v.UnmarshalText([]byte(value))
	default:
		return fmt.Errorf("a %s cannot be set from the environment", field.Type())
	}
	return nil
}
