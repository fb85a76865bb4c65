package web

import (
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/room"
)

// The pace of a connection. A cable pulled out is noticed after silence, so after
// 12 s at most; requirement 8 allows 15.
const (
	pingEvery   = 4 * time.Second
	silence     = 12 * time.Second
	writeLimit  = 5 * time.Second
	helloLimit  = 5 * time.Second
	agendaEvery = 5 * time.Second // lets midnight, expiry and the command line be noticed
	maxPending  = 500             // connections that have not said who they are
	perSecond   = 50              // messages from one client
	burst       = 200
	dataSecond  = 400 // of features, of which a room drops what is too much
	dataBurst   = 2000
)

func (w *Web) socket(rw http.ResponseWriter, r *http.Request) {
	if !w.originOK(r) {
		fail(rw, http.StatusForbidden, wire.Failure{Code: wire.CodeOrigin, Text: "this page is not one of ours"})
		return
	}
	if w.pending.Add(1) > maxPending {
		w.pending.Add(-1)
		rw.Header().Set("Retry-After", "2")
		fail(rw, http.StatusServiceUnavailable, wire.Failure{Code: wire.CodeSlowDown, Text: "too many connections at once"})
		return
	}
	upgrader := websocket.Upgrader{
		ReadBufferSize: 4096, WriteBufferSize: 4096, HandshakeTimeout: helloLimit,
		CheckOrigin: func(*http.Request) bool { return true }, // checked above, with an answer in our form
	}
	ws, err := upgrader.Upgrade(rw, r, nil)
	if err != nil {
		w.pending.Add(-1)
		return // Upgrade has answered
	}
	c := newConn(ws)
	if !w.keep(c) {
		w.pending.Add(-1)
		_ = ws.Close() // the server is stopping
		return
	}
	defer w.forget(c)
	done := make(chan struct{})
	go func() { // ends with the connection
		defer close(done)
		c.write()
	}()
	w.talk(r, c)
	c.Close()
	<-done
}

// talk reads one connection from its first message to its end.
func (w *Web) talk(r *http.Request, c *conn) {
	first, failure := c.read(helloLimit)
	w.pending.Add(-1)
	if failure != nil {
		c.refuse(*failure)
		return
	}
	switch m := first.(type) {
	case wire.Hello:
		if m.Version != wire.Version {
			c.refuse(version())
			return
		}
		if place := w.enter(r, c, m); place != nil {
			w.stay(c, place)
		}
	case wire.Watch:
		if m.Version != wire.Version {
			c.refuse(version())
			return
		}
		w.follow(r, c, m.Session)
	case wire.Probe:
		if m.Version != wire.Version {
			c.refuse(version())
			return
		}
		w.probe(r, c)
	default:
		c.refuse(wire.Failure{Code: wire.CodeOrder, Text: "the first message must be hello, watch or probe"})
	}
}

func version() wire.Failure {
	return wire.Failure{Code: wire.CodeVersion, Text: "this server speaks another version of the protocol"}
}

func (w *Web) enter(r *http.Request, c *conn, hello wire.Hello) *room.Place {
	if hello.Resume != "" {
		return w.o.Rooms.Resume(hello.Resume, c)
	}
	entry, err := w.o.Access.Redeem(r.Context(), hello.Pass)
	if err != nil {
		c.refuse(w.failure(err))
		return nil
	}
	return w.o.Rooms.Enter(room.Entry(entry), c)
}

func (w *Web) failure(err error) wire.Failure {
	var no *access.Refusal
	if errors.As(err, &no) {
		return wire.Failure{Code: no.Code, Text: no.Text}
	}
	w.o.Log.Error("connection", "error", err)
	return wire.Failure{Code: wire.CodeInternal, Text: "the server could not do this; try again later"}
}

// stay passes a participant's messages to their room until the connection ends.
func (w *Web) stay(c *conn, place *room.Place) {
	pace, data := rate.NewLimiter(perSecond, burst), rate.NewLimiter(dataSecond, dataBurst)
	for {
		m, failure := c.read(silence)
		own := pace
		if _, ok := m.(wire.Data); ok {
			own = data
		}
		if failure == nil && !own.Allow() {
			failure = &wire.Failure{Code: wire.CodeSlowDown, Text: "too many messages at once"}
		}
		if failure != nil {
			c.refuse(*failure)
			place.Broken()
			return
		}
		if !place.Handle(m) {
			c.Close()
			place.Broken()
			return
		}
	}
}

// follow sends a clinician's agenda at once and after each change.
func (w *Web) follow(r *http.Request, c *conn, session string) {
	account, _, err := w.o.Access.Session(r.Context(), session)
	if err != nil {
		c.refuse(w.failure(err))
		return
	}
	changed, end := w.o.Agenda.watch(account.ID)
	defer end()
	gone := make(chan struct{})
	go func() { // ends with the connection, which ends when this function returns
		defer close(gone)
		pace := rate.NewLimiter(perSecond, burst)
		for {
			m, failure := c.read(silence)
			ping, ok := m.(wire.Ping)
			switch {
			case failure != nil:
			case !pace.Allow():
				failure = &wire.Failure{Code: wire.CodeSlowDown, Text: "too many messages at once"}
			case ok:
				c.Send(wire.Pong(ping))
				continue
			default:
				failure = &wire.Failure{Code: wire.CodeOrder, Text: "an agenda connection only listens"}
			}
			c.refuse(*failure)
			return
		}
	}()
	tick := time.NewTicker(agendaEvery)
	defer tick.Stop()
	var last []wire.Appointment
	for first := true; ; first = false {
		if _, _, err := w.o.Access.Session(r.Context(), session); err != nil {
			c.refuse(w.failure(err))
			<-gone
			return
		}
		agenda, err := w.o.Agenda.read(r.Context(), account.ID)
		if err != nil {
			c.refuse(w.failure(err))
			<-gone
			return
		}
		if first || !reflect.DeepEqual(agenda.Appointments, last) {
			c.Send(agenda)
			last = agenda.Appointments
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-gone:
			return
		}
	}
}
