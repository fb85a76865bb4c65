//go:build linux

package netlab

import (
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// names answers a host's DNS questions. The hosts file does for most programs, but not
// for Chromium's STUN, which looks addresses up by DNS alone.
type names struct {
	conn  net.PacketConn
	known map[string][4]byte // by name, with the dot at its end
	done  sync.WaitGroup

	mu    sync.Mutex
	heard map[string]bool // every name that was asked for
}

// asked lists every name that was asked for.
func (n *names) asked() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Sorted(maps.Keys(n.heard))
}

// newNames listens on a host; hosts is the text of its hosts file.
func newNames(host *Node, hosts string) (*names, error) {
	conn, err := host.ListenPacket("127.0.0.1:53")
	if err != nil {
		return nil, err
	}
	n := &names{conn: conn, known: map[string][4]byte{}, heard: map[string]bool{}}
	for line := range strings.Lines(hosts) {
		words := strings.Fields(line)
		for _, name := range words[1:] {
			if ip, err := netip.ParseAddr(words[0]); err == nil && ip.Is4() {
				n.known[name+"."] = ip.As4()
			}
		}
	}
	n.done.Go(n.serve)
	return n, nil
}

func (n *names) serve() {
	b := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFrom(b)
		if err != nil {
			return
		}
		var question dnsmessage.Message
		if question.Unpack(b[:size]) != nil || len(question.Questions) != 1 {
			continue
		}
		if answer, err := n.answer(question); err == nil {
			_, _ = n.conn.WriteTo(answer, from) // who asked asks again
		}
	}
}

func (n *names) answer(m dnsmessage.Message) ([]byte, error) {
	q := m.Questions[0]
	n.mu.Lock()
	n.heard[q.Name.String()] = true
	n.mu.Unlock()
	ip, ok := n.known[strings.ToLower(q.Name.String())]
	out := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: m.ID, Response: true, RecursionDesired: m.RecursionDesired, RecursionAvailable: true},
		Questions: m.Questions,
	}
	switch {
	case !ok:
		out.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		out.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60},
			Body:   &dnsmessage.AResource{A: ip},
		}}
	}
	return out.Pack()
}

// Close ends the answers.
func (n *names) Close() error {
	err := n.conn.Close()
	n.done.Wait()
	return err
}
