//go:build linux

package netlab

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Ports are the server's ports by its default configuration: what firewalls open.
type Ports struct {
	HTTPS   int // TCP
	Media   int // UDP
	TURN    int // UDP
	TURNTLS int // TCP
}

// DefaultPorts are those of today. One port for all is on its way: it changes here.
func DefaultPorts() Ports { return Ports{HTTPS: 443, Media: 8443, TURN: 3478, TURNTLS: 5349} }

// One tells whether everything goes through port 443.
func (p Ports) One() bool { return p == Ports{443, 443, 443, 443} }

// TCP are the ports that a firewall which knows e-KerMed opens for TCP.
func (p Ports) TCP() []int {
	if p.TURNTLS == p.HTTPS {
		return []int{p.HTTPS}
	}
	return []int{p.HTTPS, p.TURNTLS}
}

// Config is what a server's configuration file says, beside the defaults.
type Config struct {
	Prefix                  string // of the public address, such as /visio
	Certificate, Key        string
	MinPort, MaxPort, Media int    // 0: the default
	Route                   string // room.route; empty: the default
}

// Write writes the file.
func (c Config) Write(path, data string) error {
	lines := []string{
		"[server]", fmt.Sprintf("url = %q", "https://"+ServerName+c.Prefix), fmt.Sprintf("certificate = %q", c.Certificate), fmt.Sprintf("key = %q", c.Key), fmt.Sprintf("data = %q", data),
		"[mail]", `from = "teleconsultation@visio.hospital.example"`,
		"[practice]", `name = "Hôpital du laboratoire"`, `phone = "02 99 00 00 00"`,
		"[turn]", fmt.Sprintf("host = %q", "turn."+ServerName),
	}
	if c.MinPort > 0 {
		lines = append(lines, fmt.Sprintf("min_port = %d", c.MinPort), fmt.Sprintf("max_port = %d", c.MaxPort))
	}
	if c.Media > 0 {
		lines = append(lines, "[media]", fmt.Sprintf("udp = %q", fmt.Sprintf(":%d", c.Media)))
	}
	if c.Route != "" {
		lines = append(lines, "[room]", fmt.Sprintf("route = %q", c.Route))
	}
	return errors.Join(os.MkdirAll(data, 0o700), os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
}
