//go:build linux

package netlab

import (
	"encoding/binary"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Tap listens on every cable of a host and sorts what passes by what it is.
type Tap struct {
	fd   int
	done sync.WaitGroup

	mu    sync.Mutex
	kinds map[string]int // packets by kind
	odd   []string       // what is none of the kinds that are allowed
	ends  map[netip.Addr]bool
	flows map[flow]*stream
	bytes [256]int // of SRTP payloads
	all   []byte   // everything that passed, to be searched; bounded
}

type flow struct{ from, to netip.AddrPort }

// stream follows one direction of a TCP connection as TLS records (RFC 8446, section 5.1).
type stream struct {
	next  uint32
	rest  []byte
	known bool // its beginning was seen, and nothing is missing
}

// tapMost bounds what is kept for searching.
const tapMost = 64 << 20

// NewTap begins to listen on a host.
func NewTap(n *Node) (*Tap, error) {
	t := &Tap{kinds: map[string]int{}, ends: map[netip.Addr]bool{}, flows: map[flow]*stream{}}
	all := uint16(unix.ETH_P_ALL)<<8 | uint16(unix.ETH_P_ALL)>>8
	err := n.Enter(func() (err error) {
		t.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(all))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", n.Name, err)
	}
	// The reader looks up now and then whether it is to end.
	if err := unix.SetsockoptTimeval(t.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000}); err != nil {
		_ = unix.Close(t.fd)
		return nil, err
	}
	_ = unix.SetsockoptInt(t.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 32<<20)
	return t, nil
}

// Run listens until end is closed.
func (t *Tap) Run(end <-chan struct{}) {
	t.done.Go(func() {
		b := make([]byte, 65536)
		for {
			select {
			case <-end:
				return
			default:
			}
			n, from, err := unix.Recvfrom(t.fd, b, 0)
			if err != nil {
				continue
			}
			if at, ok := from.(*unix.SockaddrLinklayer); ok && at.Hatype == unix.ARPHRD_LOOPBACK {
				continue
			}
			t.mu.Lock()
			t.packet(b[:n])
			t.mu.Unlock()
		}
	})
}

// Close ends it, after end was closed.
func (t *Tap) Close() error {
	t.done.Wait()
	return unix.Close(t.fd)
}

func (t *Tap) note(kind string) { t.kinds[kind]++ }

func (t *Tap) strange(what string, f flow, b []byte) {
	t.note("other")
	if len(t.odd) < 20 {
		t.odd = append(t.odd, fmt.Sprintf("%s %s > %s: %.40x", what, f.from, f.to, b))
	}
}

// packet takes one IP packet.
func (t *Tap) packet(b []byte) {
	if len(b) < 20 || b[0]>>4 != 4 {
		return // ARP and IPv6 neighbours: the laboratory speaks IPv4
	}
	if len(t.all) < tapMost {
		t.all = append(t.all, b...)
	}
	head, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if head < 20 || total < head || len(b) < total {
		return
	}
	from, to := netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	t.ends[from], t.ends[to] = true, true
	body := b[head:total]
	switch b[9] {
	case unix.IPPROTO_ICMP:
		t.note("ICMP")
	case unix.IPPROTO_UDP:
		if len(body) < 8 {
			return
		}
		f := flow{netip.AddrPortFrom(from, binary.BigEndian.Uint16(body)), netip.AddrPortFrom(to, binary.BigEndian.Uint16(body[2:]))}
		t.datagram(f, body[8:], "")
	case unix.IPPROTO_TCP:
		if len(body) < 20 || len(body) < int(body[12]>>4)*4 {
			return
		}
		f := flow{netip.AddrPortFrom(from, binary.BigEndian.Uint16(body)), netip.AddrPortFrom(to, binary.BigEndian.Uint16(body[2:]))}
		t.segment(f, binary.BigEndian.Uint32(body[4:]), body[13], body[int(body[12]>>4)*4:])
	default:
		t.strange(fmt.Sprintf("protocol %d", b[9]), flow{netip.AddrPortFrom(from, 0), netip.AddrPortFrom(to, 0)}, body)
	}
}

// datagram sorts by the first byte (RFC 7983, RFC 9443).
func (t *Tap) datagram(f flow, b []byte, within string) {
	switch {
	case len(b) == 0:
	case len(b) >= 20 && b[0] < 4 && binary.BigEndian.Uint32(b[4:]) == 0x2112a442:
		t.note(within + "STUN")
		if data := stunData(b); data != nil && within == "" {
			t.datagram(f, data, "relayed ")
		}
	case b[0] >= 20 && b[0] < 64:
		t.note(within + "DTLS")
	case b[0] >= 64 && b[0] < 80 && within == "" && len(b) >= 4 && int(binary.BigEndian.Uint16(b[2:])) <= len(b)-4:
		t.note("TURN channel")
		t.datagram(f, b[4:4+int(binary.BigEndian.Uint16(b[2:]))], "relayed ")
	case b[0] >= 128 && b[0] < 192 && len(b) >= 12:
		t.note(within + "SRTP")
		if b[1] < 192 || b[1] > 223 { // RTP, not RTCP (RFC 5761)
			at := 12 + 4*int(b[0]&15)
			if b[0]&16 != 0 && len(b) >= at+4 {
				at += 4 + 4*int(binary.BigEndian.Uint16(b[at+2:]))
			}
			for _, v := range b[min(at, len(b)):] {
				t.bytes[v]++
			}
		}
	default:
		t.strange(within+"UDP", f, b)
	}
}

// stunData is the DATA attribute of a Send or Data indication (RFC 8656, section 18.4).
func stunData(b []byte) []byte {
	for b = b[20:]; len(b) >= 4; {
		kind, size := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if len(b) < 4+size {
			return nil
		}
		if kind == 0x0013 {
			return b[4 : 4+size]
		}
		b = b[min(len(b), 4+(size+3)&^3):]
	}
	return nil
}

// segment follows a TCP connection from its SYN on.
func (t *Tap) segment(f flow, seq uint32, flags byte, b []byte) {
	const syn = 2
	if flags&syn != 0 {
		t.flows[f] = &stream{next: seq + 1, known: true}
		return
	}
	s := t.flows[f]
	if s == nil || !s.known || len(b) == 0 {
		return
	}
	if skip := s.next - seq; skip > 0 && skip < 1<<31 { // sent again
		if int(skip) >= len(b) {
			return
		}
		b, seq = b[skip:], s.next
	}
	if seq != s.next {
		s.known = false // the tap missed something
		t.note("TCP, not followed")
		return
	}
	s.next += uint32(len(b))
	s.rest = append(s.rest, b...)
	for len(s.rest) >= 5 {
		if s.rest[0] < 20 || s.rest[0] > 24 || s.rest[1] != 3 {
			t.strange("TCP", f, s.rest)
			s.known = false
			return
		}
		size := 5 + int(binary.BigEndian.Uint16(s.rest[3:]))
		if len(s.rest) < size {
			return
		}
		t.note("TLS")
		s.rest = s.rest[size:]
	}
}

// Told is what was seen, as a line.
func (t *Tap) Told() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var words []string
	for _, kind := range slices.Sorted(maps.Keys(t.kinds)) {
		words = append(words, fmt.Sprintf("%d %s", t.kinds[kind], kind))
	}
	return strings.Join(words, ", ")
}
