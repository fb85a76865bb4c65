package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/factor"
	"ekermed.example/ekermed/internal/server/store"
)

// Each guest has a link and a mail of their own, and comes in as what they were invited as.
func TestGuests(t *testing.T) {
	r := newRig(t)
	in := wire.Invite{PatientEmail: patientEmail, PatientName: patientName, Guests: []wire.Guest{
		{Role: wire.RoleColleague, Name: "Dr Paul", Email: "paul@h.example"}, {Role: wire.RoleObserver, Name: "Ana", Email: "ana@h.example", Relation: "student"}}}
	out := read[wire.Invited](t, r.json("POST", "/api/v1/appointments", in, session))
	if len(out.Guests) != 2 || out.Guests[0].Role != wire.RoleColleague || out.Guests[1].Name != "Ana" || out.Guests[0].Mail != "sent" ||
		out.Guests[0].Link == out.Guests[1].Link || out.Guests[0].Link == out.Link {
		t.Fatalf("%+v", out.Guests)
	}
	if len(r.post.links) != 3 || r.post.links[2] != out.Guests[1].Link {
		t.Errorf("mails %v", r.post.links)
	}
	if dump := r.dump(); strings.Contains(dump, out.Guests[0].Link[strings.LastIndex(out.Guests[0].Link, "/")+1:]) {
		t.Error("the store has the code of a guest's link")
	}
	for i, g := range out.Guests {
		_, code, _ := strings.Cut(g.Link, "/r/")
		for again := range 2 {
			c := r.dial()
			w := c.enter(t, r.join(code))
			me := w.People[0]
			for _, p := range w.People {
				if p.ID == w.Self {
					me = p
				}
			}
			if w.Role != g.Role || me.Place != wire.PlaceWaiting || me.Name != g.Name || me.Relation != in.Guests[i].Relation || me.Again != (again == 1) {
				t.Errorf("%s came in as %+v", g.Name, me)
			}
		}
	}
	read[struct{}](t, r.json("POST", "/api/v1/appointments/"+out.Appointment.ID+"/cancel", struct{}{}, session))
	if len(r.post.cancels) != 3 {
		t.Errorf("cancelled by %d mails", len(r.post.cancels))
	}
	a := r.json("POST", "/api/v1/appointments", wire.Invite{PatientEmail: patientEmail, Guests: []wire.Guest{{Role: wire.RoleClinician, Name: "x", Email: "x@h.example"}}}, session)
	if a.StatusCode != 400 || a.failure(t).Code != wire.CodeMalformed {
		t.Errorf("a second clinician was invited: %s", a.body)
	}
}

// The second factor over HTTP: each answer has its status and code.
func TestSecondFactorOverHTTP(t *testing.T) {
	r := newRig(t)
	secret := factor.NewSecret()
	id := "id-" + clinicianEmail
	sealed, err := r.key.Seal(id, secret)
	if err == nil {
		err = r.store.SetFactor(t.Context(), store.Factor{Account: id, Secret: sealed, Created: time.Now()}, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	in := wire.SignIn{Email: clinicianEmail, Password: password}
	for _, tt := range []struct {
		code string
		want wire.Code
	}{{"", wire.CodeSecondFactor}, {"000", wire.CodeSecondFactorWrong}} {
		in.Code = tt.code
		if a := r.json("POST", "/api/v1/session", in, ""); a.StatusCode != 401 || a.failure(t).Code != tt.want {
			t.Errorf("with %q: %d %s", tt.code, a.StatusCode, a.body)
		}
	}
	if in.Code, err = factor.Code(secret, time.Now()); err != nil {
		t.Fatal(err)
	}
	s := read[wire.Session](t, r.json("POST", "/api/v1/session", in, ""))
	if a := r.json("GET", "/api/v1/session", nil, s.Token); a.StatusCode != 200 {
		t.Errorf("signed in: %s", a.body)
	}
	if strings.Contains(r.log.String(), secret) || strings.Contains(r.dump(), secret) || strings.Contains(r.log.String(), in.Code) {
		t.Error("the secret or a code was kept")
	}
}

// An agenda that is merely open keeps no session alive; saying that somebody is there does.
func TestIdleOverTheWire(t *testing.T) {
	r := newRig(t)
	alive := func() result {
		return r.do(call{"POST", "/api/v1/session/activity", "", map[string]string{"Authorization": "Bearer " + session}})
	}
	if a := alive(); a.StatusCode != 200 || a.body != "{}\n" {
		t.Fatalf("%d %q", a.StatusCode, a.body)
	}
	r.ahead = 14 * time.Minute
	c := r.dial()
	c.send(t, wire.Watch{Version: wire.Version, Session: session})
	until[wire.Agenda](t, c)
	r.ahead = 16 * time.Minute
	c = r.dial()
	c.send(t, wire.Watch{Version: wire.Version, Session: session})
	if f, _ := c.closed(t); f.Code != wire.CodeIdle || !f.Fatal {
		t.Errorf("told %+v", f)
	}
	if a := alive(); a.StatusCode != 401 || a.failure(t).Code != wire.CodeSession {
		t.Errorf("a session that lapsed came back: %s", a.body)
	}
	if a := r.do(call{"POST", "/api/v1/session/activity", "", nil}); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("anybody may: %d", a.StatusCode)
	}
}

// In a room the session lives on, and so does the way into it.
func TestNeverIdleInARoom(t *testing.T) {
	r := newRig(t)
	id, _ := r.invite(time.Time{})
	r.dial().enter(t, r.clinicianPass(id))
	eventually(t, "busy", func() bool { return r.rooms.Busy("id-" + clinicianEmail) })
	if r.rooms.Busy("id-somebody") {
		t.Error("everybody is busy")
	}
	r.ahead = 40 * time.Minute
	if a := r.json("GET", "/api/v1/session", nil, session); a.StatusCode != 200 {
		t.Errorf("lapsed in the middle of a consultation: %s", a.body)
	}
}

// T9: the WebSocket knows nobody by cookie, address or header; a page that is not ours gets
// no connection, whatever token it has.
func TestTokensTravelInTheFirstMessage(t *testing.T) {
	r := newRig(t)
	id, _ := r.invite(time.Time{})
	address := "ws" + strings.TrimPrefix(r.server.URL, "http") + "/ws"
	ws, _, err := websocket.DefaultDialer.Dial(address+"?session="+session+"&token="+session,
		http.Header{"Authorization": {"Bearer " + session}, "Cookie": {"session=" + session}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	c := &client{ws}
	c.send(t, wire.Watch{Version: wire.Version})
	if f, _ := c.closed(t); f.Code != wire.CodeSession {
		t.Errorf("a token beside the first message: %+v", f)
	}
	for _, first := range []wire.Message{wire.Hello{Version: wire.Version}, wire.Hello{Version: wire.Version, Pass: session}, wire.Hello{Version: wire.Version, Resume: session}} {
		c := r.dial() // no Origin, and no pass
		c.send(t, first)
		if f, _ := c.closed(t); f.Code != wire.CodePass {
			t.Errorf("%+v: %+v", first, f)
		}
	}
	for origin, taken := range map[string]bool{own: true, partner: true, "https://evil.example": false, "null": false} {
		pass := r.clinicianPass(id)
		ws, answer, err := websocket.DefaultDialer.Dial(address, http.Header{"Origin": {origin}})
		if (err == nil) != taken {
			t.Errorf("from %s: %v", origin, err)
		}
		if !taken {
			if answer.StatusCode != http.StatusForbidden {
				t.Errorf("from %s: %d", origin, answer.StatusCode)
			}
			continue
		}
		c := &client{ws}
		if w := c.enter(t, pass); w.Role != wire.RoleClinician {
			t.Errorf("from %s: %+v", origin, w)
		}
		ws.Close()
	}
}
