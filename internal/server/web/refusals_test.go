package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// Who is not signed in, or is somebody else, gets nothing.
func TestRefusals(t *testing.T) {
	r := newRig(t)
	r.account("bob@h.example", "bob-token")
	id, _ := r.invite(time.Time{})
	before := r.dump()
	for _, tt := range []struct {
		name, method, path, authorization string
		status                            int
		code                              wire.Code
	}{
		{"no token", "GET", "/api/v1/session", "", 401, wire.CodeSession},
		{"no token", "GET", "/api/v1/appointments", "", 401, wire.CodeSession},
		{"no token", "POST", "/api/v1/appointments/" + id + "/pass", "", 401, wire.CodeSession},
		{"no token", "POST", "/api/v1/appointments/" + id + "/cancel", "", 401, wire.CodeSession},
		{"a forged token", "GET", "/api/v1/appointments", "Bearer AAAA", 401, wire.CodeSession},
		{"alg none", "GET", "/api/v1/appointments", "Bearer eyJhbGciOiJub25lIn0.e30.", 401, wire.CodeSession},
		{"too long", "GET", "/api/v1/appointments", "Bearer " + strings.Repeat("a", 4000), 401, wire.CodeSession},
		{"not a bearer", "GET", "/api/v1/appointments", "Basic " + session, 401, wire.CodeSession},
		{"somebody else", "POST", "/api/v1/appointments/" + id + "/pass", "Bearer bob-token", 404, wire.CodeNotFound},
		{"somebody else", "POST", "/api/v1/appointments/" + id + "/cancel", "Bearer bob-token", 404, wire.CodeNotFound},
		{"no such appointment", "POST", "/api/v1/appointments/none/pass", "Bearer " + session, 404, wire.CodeNotFound},
		{"the token in the address", "GET", "/api/v1/appointments?token=" + session, "", 401, wire.CodeSession},
	} {
		a := r.do(call{tt.method, tt.path, "", map[string]string{"Authorization": tt.authorization}})
		if a.StatusCode != tt.status || a.failure(t).Code != tt.code {
			t.Errorf("%s: %s %s: %d %s", tt.name, tt.method, tt.path, a.StatusCode, a.body)
		}
		headers(t, a)
	}
	if a := r.do(call{"GET", "/api/v1/appointments", "", map[string]string{"Cookie": "session=" + session}}); a.StatusCode != 401 {
		t.Error("a cookie opened the agenda")
	}
	if r.dump() != before {
		t.Error("a refusal changed the store")
	}
	if a := read[wire.Agenda](t, r.json("GET", "/api/v1/appointments", struct{}{}, "bob-token")); len(a.Appointments) != 0 {
		t.Errorf("Bob sees %+v", a.Appointments)
	}
}

// A link through its life: each state has its status and code, and no way in but the
// open one.
func TestLinks(t *testing.T) {
	r := newRig(t)
	_, open := r.invite(time.Time{})
	_, early := r.invite(time.Now().Add(3 * time.Hour))
	gone, cancelled := r.invite(time.Time{})
	r.json("POST", "/api/v1/appointments/"+gone+"/cancel", struct{}{}, session)
	for _, tt := range []struct {
		name, code string
		ahead      time.Duration
		link       wire.LinkStatus
		join       int
		why        wire.Code
	}{
		{"open", open, 0, wire.LinkOpen, 200, ""},
		{"typed in capitals", strings.ToUpper(open), 0, wire.LinkOpen, 200, ""},
		{"early", early, 0, wire.LinkEarly, 403, wire.CodeEarly},
		{"cancelled", cancelled, 0, wire.LinkCancelled, 410, wire.CodeCancelled},
		{"late", open, time.Hour, wire.LinkLate, 200, ""},
		{"expired", open, 4 * time.Hour, wire.LinkExpired, 410, wire.CodeExpired},
		{"unknown", "abcdefghjkmnpqrstuvw", 0, "", 404, wire.CodeUnknownLink},
		{"empty", "", 0, "", 404, wire.CodeUnknownLink},
		{"an injection", "' OR 1=1 --", 0, "", 404, wire.CodeUnknownLink},
	} {
		r.ahead = tt.ahead
		link := r.json("POST", "/api/v1/link", wire.LinkCode{Code: tt.code}, "")
		if tt.link == "" && (link.StatusCode != 404 || link.failure(t).Code != wire.CodeUnknownLink) {
			t.Errorf("%s: %d %s", tt.name, link.StatusCode, link.body)
		}
		if tt.link != "" && read[wire.LinkInfo](t, link).Status != tt.link {
			t.Errorf("%s: %s", tt.name, link.body)
		}
		if strings.Contains(link.body, patientEmail) || strings.Contains(link.body, patientName) || strings.Contains(link.body, clinicianEmail) {
			t.Errorf("%s tells who the patient is: %s", tt.name, link.body)
		}
		a := r.json("POST", "/api/v1/join", wire.LinkCode{Code: tt.code}, "")
		if a.StatusCode != tt.join || (tt.why != "" && (a.failure(t).Code != tt.why || a.failure(t).Text == "")) {
			t.Errorf("%s: join %d %s", tt.name, a.StatusCode, a.body)
		}
	}
}

// T11, T24: guessing ends in 429 with a wait, and a forged forwarding header does not
// make a guesser somebody new.
func TestGuessingIsSlowedDown(t *testing.T) {
	r := newRig(t)
	_, open := r.invite(time.Time{})
	var last result
	for i := range 30 {
		forged := fmt.Sprintf("203.0.113.%d", i)
		last = r.do(call{"POST", "/api/v1/link", fmt.Sprintf(`{"code":"guess%d"}`, i), map[string]string{
			"X-Forwarded-For": forged, "X-Real-IP": forged, "Forwarded": "for=" + forged, "True-Client-IP": forged,
		}})
	}
	wait, err := strconv.Atoi(last.Header.Get("Retry-After"))
	if last.StatusCode != http.StatusTooManyRequests || last.failure(t).Code != wire.CodeSlowDown || err != nil || wait < 1 || wait > 60 {
		t.Errorf("30 guesses: %d, Retry-After %q, %s", last.StatusCode, last.Header.Get("Retry-After"), last.body)
	}
	headers(t, last)
	r.join(open) // a good link is not held up
}

// Signing in: one answer for a wrong password and an unknown account, then a wait
// that even the right password keeps.
func TestSignIn(t *testing.T) {
	r := newRig(t)
	try := func(email, pass string) result {
		return r.json("POST", "/api/v1/session", wire.SignIn{Email: email, Password: pass}, "")
	}
	good := read[wire.Session](t, try(" Anne.Canary@H.example ", password))
	if read[wire.Session](t, r.json("GET", "/api/v1/session", struct{}{}, good.Token)).Name != clinicianName {
		t.Error("the session is somebody else's")
	}
	wrong, unknown := try(clinicianEmail, "not it at all"), try("nobody@h.example", "not it at all")
	if wrong.StatusCode != 401 || wrong.failure(t).Code != wire.CodeCredentials {
		t.Errorf("wrong: %d %s", wrong.StatusCode, wrong.body)
	}
	for _, a := range []result{wrong, unknown} {
		a.Header.Del("Date")
	}
	if wrong.StatusCode != unknown.StatusCode || wrong.body != unknown.body || fmt.Sprint(wrong.Header) != fmt.Sprint(unknown.Header) {
		t.Errorf("wrong password: %d %v %s\nunknown account: %d %v %s", wrong.StatusCode, wrong.Header, wrong.body, unknown.StatusCode, unknown.Header, unknown.body)
	}
	for range 4 {
		try(clinicianEmail, "not it at all")
	}
	slowed := try(clinicianEmail, password)
	wait, err := strconv.Atoi(slowed.Header.Get("Retry-After"))
	if slowed.StatusCode != 429 || slowed.failure(t).Code != wire.CodeSlowDown || err != nil || wait < 1 {
		t.Errorf("after five wrong ones: %d, Retry-After %q, %s", slowed.StatusCode, slowed.Header.Get("Retry-After"), slowed.body)
	}
	r.ahead = time.Duration(wait) * time.Second
	read[wire.Session](t, try(clinicianEmail, password))
	read[struct{}](t, r.json("DELETE", "/api/v1/session", struct{}{}, good.Token))
	if a := r.json("GET", "/api/v1/session", struct{}{}, good.Token); a.StatusCode != 401 {
		t.Errorf("after signing out: %d", a.StatusCode)
	}
}

// T25: whatever happens, failures of our own included, the log names nobody.
func TestTheLogNamesNobody(t *testing.T) {
	r := newRig(t)
	id, code := r.invite(time.Time{})
	pass, doctor := r.join(code), r.clinicianPass(id)
	patient := r.dial()
	resume := patient.enter(t, pass).Resume
	clinician := r.dial()
	clinician.enter(t, doctor)
	patient.send(t, wire.Ready{Audio: true})
	patient.send(t, wire.Leave{})
	patient.closed(t)
	clinician.send(t, wire.Admit{Peer: patientName})
	clinician.text(t, `{"type":"`+patientEmail+`","data":{}}`)
	clinician.closed(t)
	read[wire.Session](t, r.json("POST", "/api/v1/session", wire.SignIn{Email: clinicianEmail, Password: password}, ""))
	r.post.err = errors.New("the disk is full")
	if a := r.json("POST", "/api/v1/appointments", wire.Invite{PatientEmail: patientEmail, PatientName: patientName}, session); a.StatusCode != 200 || strings.Contains(a.body, "disk") || !strings.Contains(a.body, `"mail":"failed"`) {
		t.Errorf("a mail that could not be written: %d %s", a.StatusCode, a.body)
	}
	r.store.Close() // now everything fails
	for _, c := range []call{
		{"POST", "/api/v1/session", `{"email":"` + clinicianEmail + `","password":"` + password + `"}`, nil},
		{"GET", "/api/v1/session", "", nil}, {"DELETE", "/api/v1/session", "", nil}, {"GET", "/api/v1/appointments", "", nil},
		{"POST", "/api/v1/appointments/" + id + "/pass", "", nil},
		{"POST", "/api/v1/link", `{"code":"` + code + `"}`, nil}, {"POST", "/api/v1/join", `{"code":"` + code + `"}`, nil},
	} {
		c.header = map[string]string{"Authorization": "Bearer " + session}
		if a := r.do(c); a.StatusCode != 500 || a.failure(t).Code != wire.CodeInternal || strings.Contains(a.body, "sql") {
			t.Errorf("%s %s with no store: %d %s", c.method, c.path, a.StatusCode, a.body)
		}
	}
	late := r.dial()
	late.send(t, wire.Hello{Version: wire.Version, Pass: "late-canary-pass"})
	if f := until[wire.Failure](t, late); f.Code != wire.CodeInternal {
		t.Errorf("with no store: %+v", f)
	}
	log := r.log.String()
	for _, line := range []string{"request failed", "connection", "came", "left"} {
		if !strings.Contains(log, line) {
			t.Errorf("the log does not tell of %q: the canaries prove nothing", line)
		}
	}
	for _, secret := range []string{
		clinicianEmail, "anne.canary", clinicianName, "Canari", password, patientEmail, "yann.canary", code, pass, doctor, resume, session, "late-canary", "127.0.0.1", "[::1]",
	} {
		if strings.Contains(strings.ToLower(log), strings.ToLower(secret)) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// What the client broke off is no failure of ours.
func TestAClientThatGoesAway(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", r.server.URL+"/api/v1/appointments", nil)
	if err != nil {
		t.Fatal(err)
	}
	rw := &recorder{header: http.Header{}}
	answer(r.web, r.web.agenda)(rw, req)
	if rw.status != 0 || strings.Contains(r.log.String(), "request failed") {
		t.Errorf("answered %d, log %s", rw.status, r.log)
	}
}

type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }
