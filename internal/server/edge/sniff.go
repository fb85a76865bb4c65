package edge

import (
	"bufio"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// helloLimit is how long a new connection may keep silent before its first byte.
const helloLimit = 10 * time.Second

// tlsRecord is the first byte of every TLS handshake (RFC 8446 section 5.1).
const tlsRecord = 0x16

// Both serves TLS and plain HTTP on one port, told apart by the first byte. It is for
// serve --dev: browsers treat http://localhost as secure and show no warning.
func Both(l net.Listener, certificate tls.Certificate) net.Listener {
	b := &both{Listener: l, config: Config(certificate), ready: make(chan net.Conn), done: make(chan struct{})}
	go b.accept() // ends when the listener is closed
	return b
}

type both struct {
	net.Listener
	config *tls.Config
	ready  chan net.Conn
	done   chan struct{}
	once   sync.Once
	err    error
}

func (b *both) accept() {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			b.once.Do(func() { b.err = err; close(b.done) })
			return
		}
		go b.sort(c)
	}
}

func (b *both) sort(c net.Conn) {
	r := bufio.NewReaderSize(c, 1024)
	if err := c.SetReadDeadline(time.Now().Add(helloLimit)); err != nil {
		_ = c.Close()
		return
	}
	first, err := r.Peek(1)
	if err == nil {
		err = c.SetReadDeadline(time.Time{})
	}
	if err != nil {
		_ = c.Close()
		return
	}
	var sorted net.Conn = &peeked{c, r}
	if first[0] == tlsRecord {
		sorted = tls.Server(sorted, b.config)
	}
	select {
	case b.ready <- sorted:
	case <-b.done:
		_ = c.Close()
	}
}

func (b *both) Accept() (net.Conn, error) {
	select {
	case c := <-b.ready:
		return c, nil
	case <-b.done:
		if b.err == nil {
			return nil, net.ErrClosed
		}
		return nil, b.err
	}
}

func (b *both) Close() error {
	b.once.Do(func() { b.err = net.ErrClosed; close(b.done) })
	if err := b.Listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.r.Read(b) }
