package room

import (
	"sync"

	"ekermed.example/ekermed/internal/call/wire"
)

// pipe is where a person's messages go: their present connection, or nowhere while
// they are away. Seats write to it from their own goroutines.
type pipe struct {
	mu   sync.Mutex
	conn Conn
}

// Send hands m to the present connection; a fatal failure is its last message. What
// is sent to somebody away is not kept: they get a full snapshot when they come back.
func (p *pipe) Send(m wire.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return
	}
	p.conn.Send(m)
	if f, ok := m.(wire.Failure); ok && f.Fatal {
		p.conn.Close() // its reader notices, and reports it as broken
	}
}

// swap replaces the connection; the old one gets last and is closed.
func (p *pipe) swap(conn Conn, last wire.Message) {
	p.mu.Lock()
	old := p.conn
	p.conn = conn
	p.mu.Unlock()
	if old == nil || old == conn {
		return
	}
	if last != nil {
		old.Send(last)
	}
	old.Close()
}

func (p *pipe) is(conn Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn == conn
}
