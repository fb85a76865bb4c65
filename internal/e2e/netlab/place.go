//go:build linux

package netlab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// NAT is how a box translates addresses.
type NAT int

// The kinds of NAT.
const (
	// NoNAT: hosts have public addresses.
	NoNAT NAT = iota
	// PlainNAT keeps a host's port towards everybody, and lets in who was written to.
	PlainNAT
	// SymmetricNAT takes another port for each partner: what STUN tells is worthless.
	SymmetricNAT
)

// Out is what a box lets out. The zero value lets out everything. What is closed is
// dropped without an answer, as most firewalls do.
type Out struct {
	NoUDP bool
	// TCP, when there are any, are the only ports that are open, and UDP is closed.
	TCP []int
	// Only is the one host that may be reached, such as a proxy.
	Only string
}

// rules are the lines of the box's forward chain.
func (o Out) rules() []string {
	var rules []string
	if o.Only != "" {
		rules = append(rules, "iifname lan ip daddr != "+o.Only+" drop")
	}
	if len(o.TCP) > 0 {
		ports := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(o.TCP)), ", "), "[]")
		rules = append(rules, "iifname lan tcp dport != { "+ports+" } drop", "iifname lan meta l4proto != tcp drop")
	}
	if o.NoUDP {
		rules = append(rules, "meta l4proto udp drop")
	}
	return rules
}

// Place is one side of the consultation: a host behind a box.
type Place struct {
	Host, Box *Node

	lan    netip.Prefix
	at     int // the host's number in its network
	nat    netip.Addr
	shaper *Shaper
}

// The host's first number in its network, and the one of the NAT among the public ones.
const (
	firstHost  = 20
	natAddress = 10
)

// furnish connects box and host, and the box with the internet.
func furnish(internet, box, host *Node, at where, side Side) (*Place, error) {
	p := &Place{Host: host, Box: box, lan: at.public, at: firstHost}
	if side.NAT != NoNAT {
		p.lan, p.nat = at.private, nth(at.public, natAddress)
	}
	if err := box.forward(); err != nil {
		return p, err
	}
	if err := p.line(internet, at, side.Line); err != nil {
		return p, err
	}
	if err := internet.ip(fmt.Sprintf("route add %s via %s", at.public, at.box)); err != nil {
		return p, err
	}
	if err := box.ip("link add lan type veth peer name eth0 netns "+host.Name,
		fmt.Sprintf("addr add %s/%d dev lan", nth(p.lan, 1), p.lan.Bits()), "link set lan up", fmt.Sprintf("route add default via %s", at.internet)); err != nil {
		return p, err
	}
	if err := host.ip(fmt.Sprintf("addr add %s/%d dev eth0", p.Address(), p.lan.Bits()), "link set eth0 up", fmt.Sprintf("route add default via %s", nth(p.lan, 1))); err != nil {
		return p, err
	}
	return p, p.firewall(side)
}

// line is the cable between box and internet: plain, or through a shaper.
func (p *Place) line(internet *Node, at where, shape Line) error {
	if shape == (Line{}) {
		if err := internet.ip("link add " + at.name + " type veth peer name wan netns " + p.Box.Name); err != nil {
			return err
		}
	} else {
		outer, err := openTUN(internet, at.name)
		if err != nil {
			return err
		}
		inner, err := openTUN(p.Box, "wan")
		if err != nil {
			return err
		}
		p.shaper = newShaper(inner, outer, shape)
	}
	if err := internet.ip(fmt.Sprintf("addr add %s peer %s dev %s", at.internet, at.box, at.name), "link set "+at.name+" up"); err != nil {
		return err
	}
	return p.Box.ip(fmt.Sprintf("addr add %s peer %s dev wan", at.box, at.internet), "link set wan up")
}

func (p *Place) firewall(side Side) error {
	rules := strings.Join(side.Out.rules(), "\n\t\t")
	if side.NAT != NoNAT {
		rules += "\n\t\tiifname wan ct state established,related accept\n\t\tiifname wan drop"
	}
	table := "table ip box {\n\tchain forward {\n\t\ttype filter hook forward priority 0\n\t\t" + rules + "\n\t}\n"
	if side.NAT != NoNAT {
		how := ""
		if side.NAT == SymmetricNAT {
			how = " fully-random"
		}
		// Who was not written to must leave no trace: his packet would occupy the port
		// that the host's own first packet wants.
		table += "\tchain input {\n\t\ttype filter hook input priority 0\n\t\tiifname wan drop\n\t}\n" +
			"\tchain out {\n\t\ttype nat hook postrouting priority 100\n\t\toifname wan snat to " + p.nat.String() + how + "\n\t}\n"
		if err := p.Box.ip(fmt.Sprintf("addr add %s/32 dev lo", p.nat)); err != nil {
			return err
		}
	}
	return p.Box.nft(table + "}\n")
}

// Address is the host's own.
func (p *Place) Address() netip.Addr { return nth(p.lan, p.at) }

// Unplug takes the cable out of the box: the host sees that there is no carrier.
func (p *Place) Unplug() error { return p.Box.ip("link set lan down") }

// Plug puts it back, and returns when the host reaches the box: the kernel takes up to
// a second to believe in a carrier, as real ones do.
func (p *Place) Plug(ctx context.Context) error {
	if err := p.Box.ip("link set lan up"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		// Nobody listens on the box: that it refuses is an answer.
		try, stop := context.WithTimeout(ctx, 50*time.Millisecond)
		c, err := p.Host.Dial(try, "tcp", nth(p.lan, 1).String()+":9")
		stop()
		if err == nil {
			_ = c.Close()
		}
		if err == nil || errors.Is(err, syscall.ECONNREFUSED) {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the box does not answer after the cable is back: %w", err)
		}
	}
}

// Move gives the host another address, as a new lease does: its old one is gone before
// the new one is there.
func (p *Place) Move() error {
	old := p.Address()
	p.at++
	return p.Host.ip(fmt.Sprintf("addr del %s/%d dev eth0", old, p.lan.Bits()),
		fmt.Sprintf("addr add %s/%d dev eth0", p.Address(), p.lan.Bits()), fmt.Sprintf("route replace default via %s", nth(p.lan, 1)))
}

// Shape changes what the line does, from now on.
func (p *Place) Shape(l Line) error {
	if p.shaper == nil {
		return errors.New("this line is a plain cable: give it a Line in the plan")
	}
	p.shaper.Set(l)
	return nil
}
