//go:build linux

package netlab

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// open builds a network for one test, or skips it where that cannot be.
func open(t *testing.T, plan Plan) *Network {
	t.Helper()
	need(t)
	n, err := Open(plan)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// need skips a test that this machine cannot run; under make netlab it fails instead.
func need(t *testing.T) {
	t.Helper()
	if err := Need(); err != nil {
		if os.Getenv("NETLAB_REQUIRED") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mirror answers every packet and connection on these ports with the asker's address.
func mirror(t *testing.T, n *Node, ports ...int) {
	t.Helper()
	for _, port := range ports {
		l, err := n.Listen(fmt.Sprintf("0.0.0.0:%d", port))
		must(t, err)
		p, err := n.ListenPacket(fmt.Sprintf("0.0.0.0:%d", port))
		must(t, err)
		t.Cleanup(func() { _, _ = l.Close(), p.Close() })
		go func() { // ends with the listener
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(c, c.RemoteAddr().String())
				_ = c.Close()
			}
		}()
		go func() { // ends with the socket
			b := make([]byte, 2000)
			for {
				k, from, err := p.ReadFrom(b)
				if err != nil {
					return
				}
				_, _ = p.WriteTo(append([]byte(from.String()+" "), b[:k]...), from)
			}
		}()
	}
}

// ask is what a mirror answers, empty when nothing comes back.
func ask(t *testing.T, n *Node, network, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	c, err := n.Dial(ctx, network, address)
	if err != nil {
		return ""
	}
	defer c.Close()
	must(t, c.SetDeadline(time.Now().Add(400*time.Millisecond)))
	if network == "udp" {
		if _, err := c.Write([]byte("?")); err != nil {
			return ""
		}
	}
	b := make([]byte, 2000)
	k, err := c.Read(b)
	if err != nil {
		return ""
	}
	return strings.Fields(string(b[:k]))[0]
}

// Each kind of box lets through what it should and nothing else.
func TestBoxes(t *testing.T) {
	type try struct {
		network, address string
		open             bool
	}
	const s, spare = ServerAddress, SpareAddress
	for name, tt := range map[string]struct {
		side  Side
		from  string // the address that the server sees
		tries []try
	}{
		"open":      {Side{}, "203.0.113.84", []try{{"udp", s + ":8443", true}, {"tcp", s + ":8443", true}, {"tcp", spare + ":443", true}}},
		"plain NAT": {Side{NAT: PlainNAT}, "203.0.113.74", []try{{"udp", s + ":8443", true}, {"tcp", s + ":443", true}}},
		"symmetric": {Side{NAT: SymmetricNAT}, "203.0.113.74", []try{{"udp", s + ":8443", true}, {"tcp", s + ":443", true}}},
		"no UDP":    {Side{Out: Out{NoUDP: true}}, "203.0.113.84", []try{{"udp", s + ":8443", false}, {"udp", s + ":443", false}, {"tcp", s + ":8443", true}}},
		"TCP 443":   {Side{NAT: PlainNAT, Out: Out{TCP: []int{443}}}, "203.0.113.74", []try{{"udp", s + ":443", false}, {"tcp", s + ":8443", false}, {"tcp", s + ":443", true}, {"tcp", spare + ":443", true}}},
		"only one":  {Side{Out: Out{Only: spare}}, "203.0.113.84", []try{{"udp", s + ":443", false}, {"tcp", s + ":443", false}, {"tcp", spare + ":443", true}}},
		"slow line": {Side{NAT: PlainNAT, Line: Line{Delay: 5 * time.Millisecond}}, "203.0.113.74", []try{{"udp", s + ":443", true}, {"tcp", s + ":443", true}}},
	} {
		t.Run(name, func(t *testing.T) {
			n := open(t, Plan{Home: tt.side})
			mirror(t, n.Server, 443, 8443)
			mirror(t, n.Spare, 443)
			for _, x := range tt.tries {
				got := ask(t, n.Home.Host, x.network, x.address)
				for i := 0; x.open && got == "" && i < 5; i++ { // the machine may be busy
					got = ask(t, n.Home.Host, x.network, x.address)
				}
				if (got != "") != x.open || (got != "" && !strings.HasPrefix(got, tt.from+":")) {
					t.Errorf("%s %s: answer %q, want one: %v, from %s", x.network, x.address, got, x.open, tt.from)
				}
			}
			if got := ask(t, n.Hospital.Host, "udp", ServerAddress+":8443"); !strings.HasPrefix(got, "203.0.113.20:") {
				t.Errorf("the other side is touched: %q", got)
			}
		})
	}
}

// A plain NAT shows one port to everybody, a symmetric one another to each; neither
// lets a stranger in.
func TestPorts(t *testing.T) {
	for _, tt := range []struct {
		nat  NAT
		same bool
	}{{PlainNAT, true}, {SymmetricNAT, false}} {
		n := open(t, Plan{Home: Side{NAT: tt.nat}})
		mirror(t, n.Server, 3478)
		mirror(t, n.Spare, 3478)
		socket, err := n.Home.Host.ListenPacket("0.0.0.0:40000")
		must(t, err)
		defer socket.Close()
		var seen []string
		for _, host := range []string{ServerAddress, SpareAddress} {
			to, err := net.ResolveUDPAddr("udp4", host+":3478")
			must(t, err)
			_, err = socket.WriteTo([]byte("?"), to)
			must(t, err)
			b := make([]byte, 100)
			must(t, socket.SetReadDeadline(time.Now().Add(time.Second)))
			k, _, err := socket.ReadFrom(b)
			must(t, err)
			seen = append(seen, strings.Fields(string(b[:k]))[0])
		}
		if (seen[0] == seen[1]) != tt.same {
			t.Errorf("NAT %d: seen as %v", tt.nat, seen)
		}
		stranger, err := n.Proxy.Dial(t.Context(), "udp", seen[0])
		must(t, err)
		defer stranger.Close()
		_, err = stranger.Write([]byte("let me in"))
		must(t, err)
		must(t, socket.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
		if _, from, err := socket.ReadFrom(make([]byte, 100)); err == nil {
			t.Errorf("NAT %d lets %s in", tt.nat, from)
		}
	}
}

// The cable comes out and goes back; a new lease moves the host.
func TestCableAndLease(t *testing.T) {
	n := open(t, Plan{Home: Side{NAT: PlainNAT}, Hospital: Side{}})
	mirror(t, n.Server, 443)
	const at = ServerAddress + ":443"
	for _, p := range []*Place{n.Home, n.Hospital} {
		must(t, p.Unplug())
		if got := ask(t, p.Host, "tcp", at); got != "" {
			t.Errorf("%s answers through no cable", got)
		}
		must(t, p.Plug(t.Context()))
		if got := ask(t, p.Host, "tcp", at); got == "" {
			t.Error("no answer after the cable is back")
		}
		before := p.Address()
		must(t, p.Move())
		if got := ask(t, p.Host, "tcp", at); got == "" || before == p.Address() {
			t.Errorf("after the move from %s to %s: %q", before, p.Address(), got)
		}
		if err := p.Host.Run("ping", "-c1", "-W1", "-I", before.String(), ServerAddress); err == nil {
			t.Error("the old address still works")
		}
	}
}

// Every node knows the names, and no resolver keeps it waiting for others.
func TestNames(t *testing.T) {
	n := open(t, Plan{Front: true})
	for name, want := range map[string]string{ServerName: FrontAddress, "turn." + ServerName: ServerAddress, SpareName: SpareAddress} {
		out, err := exec.Command("ip", "netns", "exec", n.Home.Host.Name, "getent", "ahostsv4", name).Output()
		if err != nil || !strings.HasPrefix(string(out), want+" ") {
			t.Errorf("%s: %q %v", name, out, err)
		}
	}
	begin := time.Now()
	if err := n.Home.Host.Run("getent", "hosts", "elsewhere.example"); err == nil || time.Since(begin) > 3*time.Second {
		t.Errorf("an unknown name: %v after %s", err, time.Since(begin))
	}
}

// What a dead run left behind goes; what a living one has stays.
func TestSweep(t *testing.T) {
	living := open(t, Plan{})
	dead := exec.Command("true")
	must(t, dead.Run())
	left, err := newNode(fmt.Sprintf("%s%d-0-home", own, dead.Process.Pid), "")
	must(t, err)
	sleeper := exec.Command("ip", "netns", "exec", left.Name, "sleep", "60")
	must(t, sleeper.Start())
	must(t, waitFor(func() bool {
		out, _ := exec.Command("ip", "netns", "pids", left.Name).Output()
		return len(out) > 0
	}))
	must(t, sweep())
	if err := sleeper.Wait(); err == nil {
		t.Error("the leftover process lives")
	}
	for _, dir := range []string{handles, etc} {
		if _, err := os.Stat(filepath.Join(dir, left.Name)); err == nil {
			t.Errorf("%s/%s is still there", dir, left.Name)
		}
		if _, err := os.Stat(filepath.Join(dir, living.Server.Name)); err != nil {
			t.Errorf("a living network was swept: %v", err)
		}
	}
	must(t, living.Close())
	if found, _ := filepath.Glob(filepath.Join(handles, living.prefix+"*")); len(found) > 0 {
		t.Errorf("Close left %v", found)
	}
}

func waitFor(ok func() bool) error {
	for range 200 {
		if ok() {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("not within two seconds")
}
