//go:build linux

// Package netlab builds small internets out of network namespaces: a hospital and a
// home, each behind its own box, and the servers between them. Boxes close ports,
// translate addresses and shape what passes; cables come out and addresses change.
// The tests of this package hold real consultations in them.
//
//	hospital ── box ──┐                ┌── server  198.51.100.10
//	                  ├── the internet ┼── spare   198.51.100.20
//	    home ── box ──┘                ├── front   198.51.100.30
//	                                   └── proxy   198.51.100.40
//
// The addresses are those kept for documentation (RFC 5737): Chromium takes no ICE
// candidate on port 443 at a private address, and these count as public.
package netlab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
)

// The hosts that are there in every network.
const (
	ServerAddress = "198.51.100.10"
	SpareAddress  = "198.51.100.20" // a second TURN node
	FrontAddress  = "198.51.100.30" // a reverse proxy before the server
	ProxyAddress  = "198.51.100.40" // an HTTP proxy that clients go through
	DeadAddress   = "198.51.100.50" // nobody has it
)

// The names of these hosts. Firefox takes no turns: URL with an address in it.
const (
	ServerName = "visio.hospital.example"
	SpareName  = "turn2.hospital.example"
	ProxyName  = "proxy.hospital.example"
)

// ServerNames are all names that the server's certificate is for.
func ServerNames() []string {
	return []string{ServerName, "ws." + ServerName, "turn." + ServerName, SpareName}
}

// Need says in one sentence why there can be no network here, or answers nil. It tries:
// being root in a container is no promise.
func Need() error {
	if os.Geteuid() != 0 {
		return errors.New("network namespaces need root: run `sudo make netlab`")
	}
	for _, program := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is missing: run packaging/setup.sh netlab", program)
		}
	}
	prefix, err := freePrefix()
	if err != nil {
		return err
	}
	node, err := newNode(prefix+"try", "")
	if err == nil {
		err = node.nft("table ip try {\n\tchain out {\n\t\ttype nat hook postrouting priority 100\n\t\tmasquerade fully-random\n\t}\n}\n")
	}
	if err == nil {
		var device *os.File
		if device, err = openTUN(node, "try"); err == nil {
			err = device.Close()
		}
	}
	if node != nil {
		err = errors.Join(err, node.remove(), tidy())
	}
	if err != nil {
		return fmt.Errorf("this machine gives no network namespaces, NAT or TUN devices: %w", err)
	}
	return nil
}

// Plan is what a network shall be like.
type Plan struct {
	Hospital, Home Side
	// Front lets the server's name lead to the reverse proxy's host.
	Front bool
}

// Side is how one side gets out.
type Side struct {
	NAT NAT
	Out Out
	// Line shapes the cable between box and internet, each way, when it is not zero.
	Line Line
}

// Network is a running network. Close takes it down.
type Network struct {
	Server, Spare, Front, Proxy *Node
	Hospital, Home              *Place

	internet *Node
	nodes    []*Node
	names    []*names
	prefix   string
}

// Open builds a network; what earlier runs left behind goes first.
func Open(plan Plan) (*Network, error) {
	if err := sweep(); err != nil {
		return nil, err
	}
	prefix, err := freePrefix()
	if err != nil {
		return nil, err
	}
	n := &Network{prefix: prefix}
	if err := n.build(plan); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Network) build(plan Plan) error {
	server := ServerAddress
	if plan.Front {
		server = FrontAddress
	}
	hosts := strings.Join([]string{
		"127.0.0.1 localhost", server + " " + ServerName + " ws." + ServerName,
		ServerAddress + " turn." + ServerName, SpareAddress + " " + SpareName, ProxyAddress + " " + ProxyName,
	}, "\n") + "\n"
	node := func(short string) (*Node, error) {
		made, err := newNode(n.prefix+short, hosts)
		if made != nil {
			n.nodes = append(n.nodes, made)
		}
		return made, err
	}
	var err error
	if n.internet, err = node("internet"); err != nil {
		return err
	}
	if err := n.internet.forward(); err != nil {
		return err
	}
	for _, host := range []struct {
		to             **Node
		short, address string
	}{{&n.Server, "server", ServerAddress}, {&n.Spare, "spare", SpareAddress}, {&n.Front, "front", FrontAddress}, {&n.Proxy, "proxy", ProxyAddress}} {
		if *host.to, err = node(host.short); err != nil {
			return err
		}
		if err := n.internet.hang(*host.to, host.short, host.address); err != nil {
			return err
		}
	}
	for _, s := range []struct {
		to    **Place
		side  Side
		where where
	}{{&n.Hospital, plan.Hospital, hospital()}, {&n.Home, plan.Home, home()}} {
		box, err := node(s.where.name + "-box")
		if err != nil {
			return err
		}
		host, err := node(s.where.name)
		if err != nil {
			return err
		}
		dns, err := newNames(host, hosts)
		if err != nil {
			return err
		}
		n.names = append(n.names, dns)
		if *s.to, err = furnish(n.internet, box, host, s.where, s.side); err != nil {
			return err
		}
	}
	return nil
}

// Close removes every namespace and what still runs in it.
func (n *Network) Close() error {
	var errs []error
	for _, p := range []*Place{n.Hospital, n.Home} {
		if p != nil && p.shaper != nil {
			errs = append(errs, p.shaper.Close())
		}
	}
	for _, dns := range n.names {
		errs = append(errs, dns.Close())
	}
	n.names = nil
	for i := len(n.nodes) - 1; i >= 0; i-- {
		errs = append(errs, n.nodes[i].remove())
	}
	n.nodes = nil
	return errors.Join(append(errs, tidy())...)
}

// where is a side's place on the map.
type where struct {
	name     string
	public   netip.Prefix // its public addresses
	private  netip.Prefix // what its hosts have behind NAT
	internet netip.Addr   // the internet's end of its line
	box      netip.Addr   // the box's end
}

func hospital() where {
	return where{"hospital", netip.MustParsePrefix("203.0.113.0/26"), netip.MustParsePrefix("10.1.0.0/24"),
		netip.MustParseAddr("198.18.1.1"), netip.MustParseAddr("198.18.1.2")}
}

func home() where {
	return where{"home", netip.MustParsePrefix("203.0.113.64/26"), netip.MustParsePrefix("192.168.7.0/24"),
		netip.MustParseAddr("198.18.2.1"), netip.MustParseAddr("198.18.2.2")}
}

// nth is the n-th address of a prefix.
func nth(p netip.Prefix, n int) netip.Addr {
	a := p.Addr()
	for range n {
		a = a.Next()
	}
	return a
}
