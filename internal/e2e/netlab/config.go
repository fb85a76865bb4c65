//go:build linux

package netlab

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Ports are the server's ports by its default configuration: what firewalls open.
type Ports struct {
	HTTPS   int // TCP
	Media   int // UDP
	TURN    int // UDP
	TURNTLS int // TCP
}

// DefaultPorts is one port for all.
func DefaultPorts() Ports { return Ports{HTTPS: 443, Media: 443, TURN: 443, TURNTLS: 443} }

// One tells whether everything goes through port 443.
func (p Ports) One() bool { return p == Ports{443, 443, 443, 443} }

// TCP are the ports that a firewall which knows e-KerMed opens for TCP.
func (p Ports) TCP() []int {
	if p.TURNTLS == p.HTTPS {
		return []int{p.HTTPS}
	}
	return []int{p.HTTPS, p.TURNTLS}
}

// Range is a range of ports, both included.
type Range struct{ Min, Max int }

func (r Range) holds(port int) bool { return port >= r.Min && port <= r.Max }

// Config is what a server's configuration file says, beside the defaults.
type Config struct {
	Prefix           string // of the public address, such as /visio
	Certificate, Key string
	// Media and Relay are the port ranges of the SFU and of TURN; zero: the defaults.
	Media, Relay Range
	Route        string   // room.route; empty: the default
	Socket       string   // server.socket_url
	Rekey        string   // room.rekey
	Servers      []string // turn.servers; the server then has no TURN of its own
	Secret       string   // turn.secret
}

// Write writes the file.
func (c Config) Write(path, data string) error {
	turn := []string{"[turn]", fmt.Sprintf("host = %q", "turn."+ServerName)}
	if c.Relay != (Range{}) {
		turn = append(turn, fmt.Sprintf("min_port = %d", c.Relay.Min), fmt.Sprintf("max_port = %d", c.Relay.Max))
	}
	if c.Secret != "" {
		turn = append(turn, fmt.Sprintf("secret = %q", c.Secret))
	}
	if len(c.Servers) > 0 {
		quoted := make([]string, len(c.Servers))
		for i, s := range c.Servers {
			quoted[i] = strconv.Quote(s)
		}
		turn = append(turn, "servers = ["+strings.Join(quoted, ", ")+"]", `udp = ""`, `tls = ""`)
	}
	return errors.Join(os.MkdirAll(data, 0o700), c.write(path, ServerName+c.Prefix, data, turn))
}

// WriteSpare writes the file of the second TURN node.
func (c Config) WriteSpare(path, data string) error {
	return c.write(path, SpareName, data, []string{"[turn]", fmt.Sprintf("secret = %q", c.Secret)})
}

func (c Config) write(path, host, data string, turn []string) error {
	server := []string{"[server]"}
	if c.Socket != "" {
		server = append(server, fmt.Sprintf("socket_url = %q", c.Socket))
	}
	lines := append(append(server,
		fmt.Sprintf("url = %q", "https://"+host), fmt.Sprintf("certificate = %q", c.Certificate), fmt.Sprintf("key = %q", c.Key), fmt.Sprintf("data = %q", data),
		"[mail]", `from = "teleconsultation@visio.hospital.example"`,
		"[hosting]", `country = "FR"`, fmt.Sprintf("hosts = [%q, %q, %q, %q]", ServerName+"=FR", SpareName+"=FR", "ws."+ServerName+"=FR", "turn."+ServerName+"=FR"),
		"[practice]", `name = "Hôpital du laboratoire"`, `phone = "02 99 00 00 00"`,
	), turn...)
	if c.Media != (Range{}) {
		lines = append(lines, "[media]", fmt.Sprintf("min_port = %d", c.Media.Min), fmt.Sprintf("max_port = %d", c.Media.Max))
	}
	if c.Route != "" {
		lines = append(lines, "[room]", fmt.Sprintf("route = %q", c.Route))
	}
	if c.Rekey != "" { // with a route
		lines = append(lines, fmt.Sprintf("rekey = %q", c.Rekey))
	}
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}
