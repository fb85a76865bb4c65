package web

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"ekermed.example/ekermed/internal/call/wire"
)

// What may wait for a slow reader: messages, and bytes of them. What features say among
// clients (wire.Data) has less, and is dropped beyond: they say it again.
const (
	queued          = 512
	queuedBytes     = 8 << 20
	queuedData      = 384
	queuedDataBytes = 1 << 20
)

// conn is one WebSocket: one reader (its caller), one writer (write), and a bounded
// queue between the rest of the server and the network.
type conn struct {
	ws    *websocket.Conn
	queue chan []byte
	bytes atomic.Int64  // of what is in queue
	end   chan struct{} // closed by Close: write what is queued, then go
	once  sync.Once
	slow  bool // read after end
}

func newConn(ws *websocket.Conn) *conn {
	c := &conn{ws: ws, queue: make(chan []byte, queued), end: make(chan struct{})}
	ws.SetReadLimit(4 * wire.MaxMessage) // what is only a little too large still gets its code
	ws.SetPongHandler(func(string) error { return ws.SetReadDeadline(time.Now().Add(silence)) })
	return c
}

// Send queues a message; a client that does not read is let go with the code slow.
func (c *conn) Send(m wire.Message) {
	select {
	case <-c.end:
		return
	default:
	}
	b, err := wire.Encode(m)
	if err != nil {
		return // our own types always encode
	}
	size := int64(len(b))
	waiting := c.bytes.Add(size)
	if _, ok := m.(wire.Data); ok && (len(c.queue) >= queuedData || waiting > queuedDataBytes) {
		c.bytes.Add(-size)
		return
	}
	room := c.queue
	if waiting > queuedBytes {
		room = nil
	}
	select {
	case room <- b:
	default:
		// Nothing here may wait for the network: the room's own goroutine calls. Who reads
		// after all learns why from the writer; who never does is cut by its deadline.
		c.once.Do(func() {
			c.slow = true
			c.forget()
			close(c.end)
		})
	}
}

// forget drops what is queued.
func (c *conn) forget() {
	for {
		select {
		case <-c.queue:
		default:
			return
		}
	}
}

// refuse sends a fatal failure and closes.
func (c *conn) refuse(f wire.Failure) {
	if f.Code != "" {
		f.Fatal = true
		c.Send(f)
	}
	c.Close()
}

// Close lets the writer send what is queued and close the connection.
func (c *conn) Close() { c.once.Do(func() { close(c.end) }) }

// read waits for the next message. A failure without a code is a connection that
// went away: there is nobody to tell.
func (c *conn) read(limit time.Duration) (wire.Message, *wire.Failure) {
	if err := c.ws.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return nil, &wire.Failure{}
	}
	kind, b, err := c.ws.ReadMessage()
	if err != nil {
		if errors.Is(err, websocket.ErrReadLimit) {
			return nil, &wire.Failure{Code: wire.CodeTooLarge, Text: "the message is too large"}
		}
		return nil, &wire.Failure{}
	}
	if kind != websocket.TextMessage {
		return nil, &wire.Failure{Code: wire.CodeMalformed, Text: "messages are text"}
	}
	m, err := wire.DecodeClient(b)
	switch {
	case errors.Is(err, wire.ErrTooLarge):
		return nil, &wire.Failure{Code: wire.CodeTooLarge, Text: err.Error()}
	case err != nil:
		return nil, &wire.Failure{Code: wire.CodeMalformed, Text: err.Error()}
	}
	return m, nil
}

// write sends what is queued until Close, then says goodbye.
func (c *conn) write() {
	defer c.ws.Close()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case b := <-c.queue:
			if !c.text(b) {
				return
			}
		case <-ping.C:
			if !c.put(websocket.PingMessage, nil) {
				return
			}
		case <-c.end:
			for {
				select {
				case b := <-c.queue:
					if !c.text(b) {
						return
					}
				default:
					c.put(websocket.CloseMessage, c.goodbye())
					return
				}
			}
		}
	}
}

// goodbye is the close frame's body (RFC 6455 section 7.4).
func (c *conn) goodbye() []byte {
	if c.slow {
		return websocket.FormatCloseMessage(websocket.ClosePolicyViolation, string(wire.CodeSlow))
	}
	return websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
}

// text sends one of the queue.
func (c *conn) text(b []byte) bool {
	c.bytes.Add(-int64(len(b)))
	return c.put(websocket.TextMessage, b)
}

func (c *conn) put(kind int, b []byte) bool {
	if err := c.ws.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return false
	}
	return c.ws.WriteMessage(kind, b) == nil
}
