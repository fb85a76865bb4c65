package web

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/room"
)

// client is a hand-made client of /ws.
type client struct{ ws *websocket.Conn }

func (r *rig) dial() *client { return r.dialWith(websocket.Dialer{}) }

func (r *rig) dialWith(d websocket.Dialer) *client {
	r.t.Helper()
	ws, _, err := d.Dial("ws"+strings.TrimPrefix(r.server.URL, "http")+"/ws", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { ws.Close() })
	return &client{ws}
}

func (c *client) send(t *testing.T, m wire.Message) {
	t.Helper()
	b, err := wire.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	c.text(t, string(b))
}

func (c *client) text(t *testing.T, s string) {
	t.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(s)); err != nil {
		t.Fatal(err)
	}
}

func (c *client) next() (wire.Message, error) {
	if err := c.ws.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return nil, err
	}
	_, b, err := c.ws.ReadMessage()
	if err != nil {
		return nil, err
	}
	return wire.DecodeServer(b)
}

// until reads to the next message of a type.
func until[T wire.Message](t *testing.T, c *client) T {
	t.Helper()
	for {
		m, err := c.next()
		if err != nil {
			var want T
			t.Fatalf("waiting for %s: %v", wire.Type(want), err)
		}
		if m, ok := m.(T); ok {
			return m
		}
	}
}

// closed reads to the end and gives the last failure, and why it ended.
func (c *client) closed(t *testing.T) (wire.Failure, error) {
	t.Helper()
	var f wire.Failure
	for {
		m, err := c.next()
		var late net.Error
		switch {
		case errors.As(err, &late) && late.Timeout():
			t.Fatal("the connection was not closed")
		case err != nil:
			return f, err
		}
		if m, ok := m.(wire.Failure); ok {
			f = m
		}
	}
}

func (c *client) enter(t *testing.T, pass string) wire.Welcome {
	t.Helper()
	c.send(t, wire.Hello{Version: wire.Version, Pass: pass})
	return until[wire.Welcome](t, c)
}

// pair brings a clinician and a patient at the door together.
func (r *rig) pair() (doctor, patient *client, who string) {
	r.t.Helper()
	id, code := r.invite(time.Time{})
	doctor, patient = r.dial(), r.dial()
	doctor.enter(r.t, r.clinicianPass(id))
	who = patient.enter(r.t, r.join(code)).Self
	for until[wire.Presence](r.t, doctor).Person.ID != who {
	}
	return doctor, patient, who
}

// talking checks that what one sends still reaches the other.
func talking(t *testing.T, doctor, patient *client, who string) {
	t.Helper()
	doctor.send(t, wire.Note{Peer: who, Text: "still there?"})
	if s := until[wire.Said](t, patient); s.Text != "still there?" {
		t.Errorf("the patient heard %q", s.Text)
	}
}

// A client that breaks the rules is let go with a code, before the door or behind it,
// and disturbs nobody else.
func TestRuleBreakers(t *testing.T) {
	r := newRig(t)
	doctor, patient, who := r.pair()
	id, code := r.invite(time.Time{})
	used := r.join(code)
	r.dial().enter(t, used)
	const inside = true
	for _, tt := range []struct {
		name   string
		inside bool
		kind   int
		send   string
		want   wire.Code
	}{
		{"binary", false, websocket.BinaryMessage, `{"type":"ping","data":{}}`, wire.CodeMalformed},
		{"no JSON", false, websocket.TextMessage, `}{`, wire.CodeMalformed},
		{"not UTF-8", false, websocket.TextMessage, "\xff\xfe", wire.CodeMalformed},
		{"unknown type", false, websocket.TextMessage, `{"type":"sudo","data":{}}`, wire.CodeMalformed},
		{"unknown field", false, websocket.TextMessage, `{"type":"hello","data":{"version":1,"root":true}}`, wire.CodeMalformed},
		{"out of order", false, websocket.TextMessage, `{"type":"ping","data":{"at":1}}`, wire.CodeOrder},
		{"old version", false, websocket.TextMessage, `{"type":"hello","data":{"version":0}}`, wire.CodeVersion},
		{"old version of watch", false, websocket.TextMessage, `{"type":"watch","data":{"version":7}}`, wire.CodeVersion},
		{"no pass", false, websocket.TextMessage, `{"type":"hello","data":{"version":1}}`, wire.CodePass},
		{"a used pass", false, websocket.TextMessage, `{"type":"hello","data":{"version":1,"pass":"` + used + `"}}`, wire.CodePass},
		{"a link code as pass", false, websocket.TextMessage, `{"type":"hello","data":{"version":1,"pass":"` + code + `"}}`, wire.CodePass},
		{"a session as pass", false, websocket.TextMessage, `{"type":"hello","data":{"version":1,"pass":"` + session + `"}}`, wire.CodePass},
		{"a pass as session", false, websocket.TextMessage, `{"type":"watch","data":{"version":1,"session":"` + used + `"}}`, wire.CodeSession},
		{"field over its limit", false, websocket.TextMessage, `{"type":"hello","data":{"version":1,"pass":"` + strings.Repeat("a", wire.MaxToken+1) + `"}}`, wire.CodeTooLarge},
		{"binary", inside, websocket.BinaryMessage, `{"type":"ready","data":{"audio":true,"video":true}}`, wire.CodeMalformed},
		{"no JSON", inside, websocket.TextMessage, `ready`, wire.CodeMalformed},
		{"hello again", inside, websocket.TextMessage, `{"type":"hello","data":{"version":1}}`, wire.CodeOrder},
		{"watch", inside, websocket.TextMessage, `{"type":"watch","data":{"version":1}}`, wire.CodeOrder},
		{"letting oneself in", inside, websocket.TextMessage, `{"type":"admit","data":{"peer":"me"}}`, wire.CodeRole},
		{"sending others away", inside, websocket.TextMessage, `{"type":"refuse","data":{"peer":"me"}}`, wire.CodeRole},
		{"ending it for all", inside, websocket.TextMessage, `{"type":"leave","data":{"end":true}}`, wire.CodeRole},
		{"SDP over its limit", inside, websocket.TextMessage, `{"type":"answer","data":{"gen":1,"round":1,"sdp":"` + strings.Repeat("a", wire.MaxSDP+1) + `"}}`, wire.CodeTooLarge},
		{"a server's message", inside, websocket.TextMessage, `{"type":"admitted","data":{}}`, wire.CodeMalformed},
	} {
		c := r.dial()
		if tt.inside {
			c.enter(t, r.join(code))
		}
		if err := c.ws.WriteMessage(tt.kind, []byte(tt.send)); err != nil {
			t.Fatal(err)
		}
		f, _ := c.closed(t)
		if f.Code != tt.want || !f.Fatal || f.Text == "" {
			t.Errorf("%s, inside %v: %+v, want %s", tt.name, tt.inside, f, tt.want)
		}
	}
	talking(t, doctor, patient, who)
	if n := len(r.rooms.People(id)); n > room.MaxPeople {
		t.Errorf("%d people stayed", n)
	}
	if n := r.web.pending.Load(); n != 0 {
		t.Errorf("%d connections still count as unknown", n)
	}
}

// A message over the limit may be cut off while it is still being sent.
func TestOversizedMessage(t *testing.T) {
	r := newRig(t)
	doctor, patient, who := r.pair()
	c := r.dial()
	_ = c.ws.WriteMessage(websocket.TextMessage, make([]byte, 1<<20))
	if f, err := c.closed(t); f.Code != wire.CodeTooLarge && !websocket.IsCloseError(err, websocket.CloseMessageTooBig) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("answered %+v, ended with %v", f, err)
	}
	talking(t, doctor, patient, who)
}

func TestFloods(t *testing.T) {
	r := newRig(t)
	doctor, patient, who := r.pair()
	id, code := r.invite(time.Time{})
	inRoom, agenda := r.dial(), r.dial()
	inRoom.enter(t, r.join(code))
	agenda.send(t, wire.Watch{Version: wire.Version, Session: session})
	for name, c := range map[string]*client{"in a room": inRoom, "at the agenda": agenda} {
		if f := flood(c); f.Code != wire.CodeSlowDown || !f.Fatal {
			t.Errorf("%s: %+v", name, f)
		}
	}
	talking(t, doctor, patient, who)
	eventually(t, "the flooder is away", func() bool {
		people := r.rooms.People(id)
		return len(people) == 1 && people[0].Away
	})
}

// flood pings as fast as answers come, until it is let go.
func flood(c *client) wire.Failure {
	for range 100 * burst {
		if err := c.ws.WriteMessage(websocket.TextMessage, []byte(`{"type":"ping","data":{"at":1}}`)); err != nil {
			return wire.Failure{Text: err.Error()}
		}
		for pong := false; !pong; {
			m, err := c.next()
			if err != nil {
				return wire.Failure{Text: err.Error()}
			}
			if f, ok := m.(wire.Failure); ok {
				return f
			}
			_, pong = m.(wire.Pong)
		}
	}
	return wire.Failure{Text: "never let go"}
}

// Who does not read is let go; the room, and every other one, goes on meanwhile.
func TestSlowReader(t *testing.T) {
	r := newRig(t)
	doctor, patient, who := r.pair()
	id, code := r.invite(time.Time{})
	small := func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
	}
	sleeper := r.dialWith(websocket.Dialer{NetDial: (&net.Dialer{Control: small}).Dial})
	name := sleeper.enter(t, r.clinicianPass(id)).Self // never reads again
	away := func() bool {
		for _, p := range r.rooms.People(id) {
			if p.ID == name {
				return p.Away
			}
		}
		return false
	}
	var busy *client
	for n := 0; n < (room.MaxPeople-1)*(burst-10) && !away(); n++ {
		if n%(burst-10) == 0 { // within everybody's own pace
			busy = r.dial()
			busy.enter(t, r.join(code))
		}
		busy.send(t, wire.Media{Audio: n%2 == 0})
		for {
			if p := until[wire.Presence](t, busy).Person; p.Role == wire.RolePatient && p.Audio == (n%2 == 0) {
				break
			}
		}
	}
	eventually(t, "a client that reads nothing is let go", away)
	busy.send(t, wire.Ping{At: 7})
	until[wire.Pong](t, busy)
	talking(t, doctor, patient, who)
}

// Too many connections that have not said who they are: come back later.
func TestPendingIsBounded(t *testing.T) {
	r := newRig(t)
	r.web.pending.Store(maxPending)
	a := r.do(call{"GET", "/ws", "", map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}})
	if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" || a.failure(t).Code != wire.CodeSlowDown {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if n := r.web.pending.Load(); n != maxPending {
		t.Errorf("pending went to %d", n)
	}
}

// The desk's agenda comes at once and after each change.
func TestWatch(t *testing.T) {
	r := newRig(t)
	c := r.dial()
	c.send(t, wire.Watch{Version: wire.Version, Session: session, Client: "test"})
	if a := until[wire.Agenda](t, c); len(a.Appointments) != 0 {
		t.Errorf("at first %+v", a)
	}
	see := func(what string, ok func(wire.Appointment) bool) {
		t.Helper()
		for {
			a := until[wire.Agenda](t, c)
			if len(a.Appointments) == 1 && ok(a.Appointments[0]) {
				return
			}
		}
	}
	id, code := r.invite(time.Time{})
	see("booked", func(a wire.Appointment) bool {
		return a.ID == id && a.Status == wire.StatusPlanned && a.PatientEmail == patientEmail && len(a.People) == 0
	})
	patient := r.dial()
	patient.enter(t, r.join(code))
	see("at the door", func(a wire.Appointment) bool { return len(a.People) == 1 && a.People[0].Place == wire.PlaceWaiting })
	patient.send(t, wire.Ready{Audio: true, Video: true})
	see("ready", func(a wire.Appointment) bool { return len(a.People) == 1 && a.People[0].Ready })
	patient.ws.Close()
	see("away", func(a wire.Appointment) bool { return len(a.People) == 1 && a.People[0].Away })
	r.json("POST", "/api/v1/appointments/"+id+"/cancel", struct{}{}, session)
	see("cancelled", func(a wire.Appointment) bool { return a.Status == wire.StatusCancelled && len(a.People) == 0 })
	c.send(t, wire.Ping{At: 3})
	if p := until[wire.Pong](t, c); p.At != 3 {
		t.Errorf("pong %+v", p)
	}
	// A session that ends takes the agenda with it.
	r.json("DELETE", "/api/v1/session", struct{}{}, session)
	r.web.o.Agenda.Changed("id-"+clinicianEmail, "")
	if f, _ := c.closed(t); f.Code != wire.CodeSession || !f.Fatal {
		t.Errorf("after signing out: %+v", f)
	}
	other := newRig(t)
	stray := other.dial()
	stray.send(t, wire.Watch{Version: wire.Version, Session: session})
	until[wire.Agenda](t, stray)
	stray.send(t, wire.Leave{})
	if f, _ := stray.closed(t); f.Code != wire.CodeOrder {
		t.Errorf("an agenda that talks: %+v", f)
	}
}

// pipe is the server's end of a connection and its client's, in a bubble where time
// passes at once.
func pipe(t *testing.T) (*conn, *websocket.Conn) {
	t.Helper()
	near, far := net.Pipe()
	type dialled struct {
		ws  *websocket.Conn
		err error
	}
	got := make(chan dialled, 1)
	go func() {
		dialer := websocket.Dialer{NetDialContext: func(context.Context, string, string) (net.Conn, error) { return far, nil }}
		ws, _, err := dialer.Dial("ws://server", nil)
		got <- dialled{ws, err}
	}()
	r, err := http.ReadRequest(bufio.NewReader(near))
	if err != nil {
		t.Fatal(err)
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := up.Upgrade(hijack{&recorder{header: http.Header{}}, near}, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := <-got
	if d.err != nil {
		t.Fatal(d.err)
	}
	return newConn(ws), d.ws
}

type hijack struct {
	http.ResponseWriter
	conn net.Conn
}

func (h hijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReader(h.conn), bufio.NewWriter(h.conn)), nil
}

// Send may not wait for the network: it is called by the room's own goroutine.
func TestSendNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pipe(t)
		wrote := make(chan struct{})
		go func() { defer close(wrote); c.write() }()
		start := time.Now()
		for range queued + 2 { // one is stuck in the writer
			c.Send(wire.Pong{At: 1})
			synctest.Wait()
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("a client that does not read held its room up for %s", waited)
		}
		// Whoever reads after all learns why.
		var err error
		for err == nil {
			_, _, err = far.ReadMessage()
		}
		var why *websocket.CloseError
		if !errors.As(err, &why) || why.Text != string(wire.CodeSlow) {
			t.Errorf("ended with %v", err)
		}
		far.Close()
		<-wrote
	})
}

// What features say to a client that does not read is dropped, and costs it nothing else:
// neither their number nor their size.
func TestDataIsDroppedFirst(t *testing.T) {
	for _, size := range []int{1, wire.MaxSealed} {
		c, _ := pipe(t)
		for range 2 * queued {
			c.Send(wire.Data{Topic: wire.TopicBoard, Data: strings.Repeat("a", size)})
		}
		c.Send(wire.Pong{At: 1})
		if n := len(c.queue); c.slow || n > queuedData+1 || n*size > queuedDataBytes {
			t.Errorf("%d messages of %d bytes wait, slow: %v", n, size, c.slow)
		}
		c.Close()
		c.forget()
	}
}

// A slow reader that never reads again is cut, so that nothing is kept for it.
func TestADeafClientIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pipe(t)
		for range queued + 2 {
			c.Send(wire.Pong{At: 1})
		}
		c.write() // ends by itself
		if _, failure := c.read(time.Hour); failure == nil || failure.Code != "" {
			t.Errorf("the reader got %+v", failure)
		}
		far.Close()
	})
}

// A connection that says nothing is dropped: before hello soon, and in a room after
// the silence of a pulled cable (requirement 8: 15 s).
func TestSilentConnections(t *testing.T) {
	for name, limit := range map[string]time.Duration{"before hello": helloLimit, "in a room": silence} {
		synctest.Test(t, func(t *testing.T) {
			r := &Web{o: Options{Log: nil}}
			c, far := pipe(t)
			go c.write()
			read := make(chan struct{})
			go func() { // takes pings and answers none
				defer close(read)
				far.SetPingHandler(func(string) error { return nil })
				for {
					if _, _, err := far.ReadMessage(); err != nil {
						return
					}
				}
			}()
			start := time.Now()
			if limit == helloLimit {
				r.pending.Store(1)
				r.talk(nil, c)
				if n := r.pending.Load(); n != 0 {
					t.Errorf("%s: %d pending", name, n)
				}
			} else if _, failure := c.read(limit); failure == nil {
				t.Errorf("%s: read something", name)
			}
			if waited := time.Since(start); waited != limit || limit >= 15*time.Second {
				t.Errorf("%s: dropped after %s", name, waited)
			}
			c.Close()
			<-read
			far.Close()
		})
	}
}

// A client that only answers pings is kept.
func TestAQuietClientIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pipe(t)
		wrote := make(chan struct{})
		go func() { defer close(wrote); c.write() }()
		go func() { // the default ping handler answers
			for {
				if _, _, err := far.ReadMessage(); err != nil {
					return
				}
			}
		}()
		go func() {
			time.Sleep(10 * time.Minute)
			_ = far.WriteMessage(websocket.TextMessage, []byte(`{"type":"ping","data":{"at":9}}`))
		}()
		m, failure := c.read(silence)
		if failure != nil || m != (wire.Ping{At: 9}) {
			t.Errorf("after ten quiet minutes: %+v %+v", m, failure)
		}
		c.Close()
		<-wrote
		far.Close()
	})
}
