//go:build linux

package netlab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// The folders of ip-netns(8): a namespace's handle, and files that stand in for those
// of /etc inside it.
const (
	handles = "/run/netns"
	etc     = "/etc/netns"
)

// Node is one machine of the network: a namespace.
type Node struct {
	Name string // as `ip netns exec` takes it
}

// newNode makes a namespace that knows the hosts and no other names.
func newNode(name, hosts string) (*Node, error) {
	n := &Node{name}
	dir := filepath.Join(etc, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	// Where nobody listens (see names), a question for another name is refused at once.
	for file, text := range map[string]string{"hosts": hosts, "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			return n, err
		}
	}
	if err := run("ip", "netns", "add", name); err != nil {
		return n, err
	}
	// The lab speaks IPv4: addresses of both kinds would double every candidate.
	if err := n.set("net.ipv6.conf.all.disable_ipv6", "1"); err != nil {
		return n, err
	}
	return n, n.set("net.ipv6.conf.default.disable_ipv6", "1", "ip", "link", "set", "lo", "up")
}

// set writes a kernel setting, and then runs a command if one is given.
func (n *Node) set(key, value string, then ...string) error {
	err := n.Enter(func() error {
		return os.WriteFile("/proc/sys/"+strings.ReplaceAll(key, ".", "/"), []byte(value), 0o644)
	})
	if err != nil || len(then) == 0 {
		return err
	}
	return n.Run(then...)
}

func (n *Node) forward() error { return n.set("net.ipv4.ip_forward", "1") }

// Run runs a program on the node to its end.
func (n *Node) Run(argv ...string) error {
	return run(append([]string{"ip", "netns", "exec", n.Name}, argv...)...)
}

// ip runs several ip(8) commands, one a line.
func (n *Node) ip(lines ...string) error {
	cmd := exec.Command("ip", "-n", n.Name, "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip on %s: %w: %s\n%s", n.Name, err, out, strings.Join(lines, "\n"))
	}
	return nil
}

// nft loads rules into the node's firewall.
func (n *Node) nft(rules string) error {
	cmd := exec.Command("ip", "netns", "exec", n.Name, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nft on %s: %w: %s\n%s", n.Name, err, out, rules)
	}
	return nil
}

// hang puts a host on a cable of its own. Its router has the same link-local address
// on every cable, so that a host needs no network of its own.
func (n *Node) hang(host *Node, cable, address string) error {
	const router = "169.254.0.1"
	if err := n.ip("link add " + cable + " type veth peer name eth0 netns " + host.Name); err != nil {
		return err
	}
	if err := n.ip("addr add "+router+"/32 dev "+cable, "link set "+cable+" up", "route add "+address+"/32 dev "+cable); err != nil {
		return err
	}
	return host.ip("addr add "+address+"/32 dev eth0", "link set eth0 up", "route add default via "+router+" dev eth0 onlink")
}

// Enter runs do on a thread that is in the namespace: the sockets that it opens belong
// to the node for as long as they live. do must not start goroutines that open more.
func (n *Node) Enter(do func() error) error {
	done := make(chan error, 1)
	go func() { // ends with do
		// When the way back fails, the thread stays locked and dies with this goroutine.
		runtime.LockOSThread()
		home, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			done <- err
			return
		}
		defer home.Close()
		there, err := os.Open(filepath.Join(handles, n.Name))
		if err != nil {
			done <- err
			return
		}
		defer there.Close()
		if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("entering %s: %w", n.Name, err)
			return
		}
		err = do()
		if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
			done <- errors.Join(err, fmt.Errorf("leaving %s: %w", n.Name, back))
			return
		}
		runtime.UnlockOSThread()
		done <- err
	}()
	return <-done
}

// Dial connects from the node. The address must hold an IP address or one of the
// server's names.
func (n *Node) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host == ServerName {
		host = ServerAddress
	}
	var c net.Conn
	err = n.Enter(func() error {
		var dialer net.Dialer
		var err error
		c, err = dialer.DialContext(ctx, network, net.JoinHostPort(host, port))
		return err
	})
	return c, err
}

// Listen takes TCP connections on the node.
func (n *Node) Listen(address string) (net.Listener, error) {
	var l net.Listener
	err := n.Enter(func() (err error) { l, err = net.Listen("tcp4", address); return err })
	return l, err
}

// ListenPacket takes UDP packets on the node.
func (n *Node) ListenPacket(address string) (net.PacketConn, error) {
	var p net.PacketConn
	err := n.Enter(func() (err error) { p, err = net.ListenPacket("udp4", address); return err })
	return p, err
}

// remove ends what still runs on the node, and the node.
func (n *Node) remove() error {
	var errs []error
	if _, err := os.Stat(filepath.Join(handles, n.Name)); err == nil {
		out, err := exec.Command("ip", "netns", "pids", n.Name).Output()
		errs = append(errs, err)
		for _, pid := range strings.Fields(string(out)) {
			errs = append(errs, killed(pid))
		}
		errs = append(errs, run("ip", "netns", "del", n.Name))
	}
	return errors.Join(append(errs, os.RemoveAll(filepath.Join(etc, n.Name)))...)
}

func run(argv ...string) error {
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, out)
	}
	return nil
}
