package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// Every route, with the method it has and the ones it has not.
func TestRoutes(t *testing.T) {
	r := newRig(t)
	id, code := r.invite(time.Time{})
	for _, tt := range []struct {
		method, path, body string
		signedIn           bool
		status             int
		kind               string
	}{
		{"GET", "/r/" + code, "", false, 200, "text/html"},
		{"HEAD", "/r/" + code, "", false, 200, "text/html"},
		{"GET", "/r/unknown", "", false, 200, "text/html"}, // the page asks by POST and says so
		{"POST", "/r/" + code, "", false, 405, "text/plain"},
		{"GET", "/r/", "", false, 404, "text/plain"},
		{"GET", "/r/" + code + "/more", "", false, 404, "text/plain"},
		{"GET", "/diag", "", false, 200, "text/html"},
		{"HEAD", "/diag", "", false, 200, "text/html"},
		{"POST", "/diag", "", false, 405, "text/plain"},
		{"GET", "/diag/", "", false, 404, "text/plain"},
		{"GET", "/compat", "", false, 200, "text/html"},
		{"HEAD", "/compat", "", false, 200, "text/html"},
		{"GET", "/compat.json", "", false, 200, "text/html"}, // the handler says what it is
		{"POST", "/compat", "", false, 405, "text/plain"},
		{"GET", "/compat/", "", false, 404, "text/plain"},
		{"GET", "/s/diag.js", "", false, 200, "text/javascript"},
		{"GET", "/s/app.js", "", false, 200, "text/javascript"},
		{"GET", "/s/pdf.js", "", false, 200, "text/javascript"},
		{"GET", "/s/pdf-worker.js", "", false, 200, "text/javascript"},
		{"GET", "/s/app.css", "", false, 200, "text/css"},
		{"GET", "/s/icon.svg", "", false, 200, "image/svg+xml"},
		{"GET", "/s/", "", false, 404, "text/plain"},
		{"GET", "/s/none.js", "", false, 404, "text/plain"},
		{"GET", "/s/..%2fweb.go", "", false, 404, "text/plain"},
		{"GET", "/", "", false, 404, "text/plain"},
		{"GET", "/healthz", "", false, 200, "application/json"},
		{"POST", "/healthz", "", false, 405, "text/plain"},
		{"GET", "/ws", "", false, 400, "text/plain"}, // no upgrade
		{"GET", "/api/v1/session", "", true, 200, "application/json"},
		{"GET", "/api/v1/appointments", "", true, 200, "application/json"},
		{"POST", "/api/v1/appointments", `{"patient_email":"p@x.example"}`, true, 200, "application/json"},
		{"POST", "/api/v1/appointments/" + id + "/pass", "", true, 200, "application/json"},
		{"GET", "/api/v1/appointments/" + id + "/pass", "", true, 405, "text/plain"},
		{"POST", "/api/v1/link", `{"code":"` + code + `"}`, false, 200, "application/json"},
		{"GET", "/api/v1/link", "", false, 405, "text/plain"},
		{"POST", "/api/v1/join", `{"code":"` + code + `"}`, false, 200, "application/json"},
		{"GET", "/api/v1/join", "", false, 405, "text/plain"},
		{"POST", "/api/v1/appointments/" + id + "/cancel", "", true, 200, "application/json"},
		{"POST", "/api/v1/session", `{"email":"` + clinicianEmail + `","password":"` + password + `"}`, false, 200, "application/json"},
		{"DELETE", "/api/v1/session", "", true, 200, "application/json"},
		{"GET", "/api/v1/none", "", true, 404, "text/plain"},
	} {
		c := call{tt.method, tt.path, tt.body, map[string]string{}}
		if tt.signedIn {
			c.header["Authorization"] = "Bearer " + session
		}
		a := r.do(c)
		if a.StatusCode != tt.status || !strings.HasPrefix(a.Header.Get("Content-Type"), tt.kind) {
			t.Errorf("%s %s: %d %s, want %d %s: %.200s", tt.method, tt.path, a.StatusCode, a.Header.Get("Content-Type"), tt.status, tt.kind, a.body)
		}
		headers(t, a)
	}
}

// headers checks what threat 27 asks of every answer, refusals included.
func headers(t *testing.T, a result) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s %s: %s is %q", a.Request.Method, a.Request.URL.Path, name, got)
		}
	}
	csp := a.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("%s %s: the policy %q lacks %s", a.Request.Method, a.Request.URL.Path, csp, want)
		}
	}
	for _, weak := range []string{"unsafe", "*", "http:", "https:"} {
		if strings.Contains(csp, weak) {
			t.Errorf("%s %s: the policy says %s", a.Request.Method, a.Request.URL.Path, weak)
		}
	}
	permissions := a.Header.Get("Permissions-Policy")
	for _, want := range []string{"camera=(self)", "microphone=(self)", "geolocation=()", "payment=()"} {
		if !strings.Contains(permissions, want) {
			t.Errorf("%s %s: Permissions-Policy %q lacks %s", a.Request.Method, a.Request.URL.Path, permissions, want)
		}
	}
	if a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%s %s: other origins may read it", a.Request.Method, a.Request.URL.Path)
	}
	if strings.HasPrefix(a.Request.URL.Path, "/api/") && strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") && a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %s may be cached", a.Request.Method, a.Request.URL.Path)
	}
}

// T12: a mail scanner that follows the link, or a page that only shows it, burns
// nothing; the button does what it says.
func TestLookingChangesNothing(t *testing.T) {
	r := newRig(t)
	_, open := r.invite(time.Time{})
	_, early := r.invite(time.Now().Add(3 * time.Hour))
	gone, cancelled := r.invite(time.Time{})
	r.json("POST", "/api/v1/appointments/"+gone+"/cancel", struct{}{}, session)
	before := r.dump()
	for _, code := range []string{open, early, cancelled, "unknown", strings.ToUpper(open)} {
		for range 3 {
			r.do(call{"GET", "/r/" + code, "", nil})
			r.do(call{"HEAD", "/r/" + code, "", nil})
			r.json("POST", "/api/v1/link", wire.LinkCode{Code: code}, "")
		}
	}
	r.do(call{"GET", "/healthz", "", nil})
	if after := r.dump(); after != before {
		t.Errorf("the store was\n%s\nand became\n%s", before, after)
	}
	if rooms, people := r.rooms.Rooms(); rooms+people != 0 {
		t.Errorf("%d rooms and %d people came of looking", rooms, people)
	}
	first := r.join(open)
	if r.dump() == before {
		t.Error("the dump does not notice a join")
	}
	if r.join(open) == first {
		t.Error("two joins got one pass")
	}
}

// T9: a page of somebody else can do nothing here; programs that are no browsers
// send no Origin.
func TestForeignOrigins(t *testing.T) {
	r := newRig(t)
	_, code := r.invite(time.Time{})
	for origin, taken := range map[string]bool{
		"": true, own: true, partner: true,
		"null": false, "https://evil.example": false, "http://visio.example": false, "https://visio.example:444": false,
		"https://visio.example.evil.example": false, "https://VISIO.example/": false, own + "/": false, "file://": false, "https://evil.example, " + own: false,
	} {
		header := map[string]string{}
		if origin != "" {
			header["Origin"] = origin
		}
		for _, c := range []call{
			{"POST", "/api/v1/link", `{"code":"` + code + `"}`, header},
			{"POST", "/api/v1/join", `{"code":"` + code + `"}`, header},
			{"POST", "/api/v1/session", `{}`, header},
			{"DELETE", "/api/v1/session", "", header},
			{"POST", "/api/v1/appointments", `{}`, header},
			{"GET", "/ws", "", header},
		} {
			a := r.do(c)
			headers(t, a)
			refused := a.StatusCode == http.StatusForbidden
			if refused == taken {
				t.Errorf("%s %s from %q: %d", c.method, c.path, origin, a.StatusCode)
			}
			if refused && a.failure(t).Code != wire.CodeOrigin {
				t.Errorf("%s %s from %q: %s", c.method, c.path, origin, a.body)
			}
		}
	}
}

// Bad bodies get a sentence and a code, and change nothing.
func TestBadBodies(t *testing.T) {
	r := newRig(t)
	before := r.dump()
	big := `{"code":"` + strings.Repeat("a", wire.MaxMessage) + `"}`
	for _, path := range []string{"/api/v1/session", "/api/v1/appointments", "/api/v1/link", "/api/v1/join"} {
		for name, tt := range map[string]struct {
			kind, body string
			status     int
			code       wire.Code
		}{
			"no type":        {"", `{}`, 400, wire.CodeMalformed},
			"a form":         {"application/x-www-form-urlencoded", `code=a`, 400, wire.CodeMalformed},
			"plain text":     {"text/plain", `{"code":"a"}`, 400, wire.CodeMalformed},
			"not JSON":       {"application/json", `}{`, 400, wire.CodeMalformed},
			"empty":          {"application/json", ``, 400, wire.CodeMalformed},
			"unknown field":  {"application/json", `{"admin":true}`, 400, wire.CodeMalformed},
			"wrong kind":     {"application/json", `[1]`, 400, wire.CodeMalformed},
			"two bodies":     {"application/json", `{}{}`, 400, wire.CodeMalformed},
			"over the limit": {"application/json", big, 413, wire.CodeTooLarge},
		} {
			a := r.do(call{"POST", path, tt.body, map[string]string{"Content-Type": tt.kind, "Authorization": "Bearer " + session}})
			if f := a.failure(t); a.StatusCode != tt.status || f.Code != tt.code || f.Text == "" {
				t.Errorf("%s, %s: %d %s", path, name, a.StatusCode, a.body)
			}
			headers(t, a)
		}
	}
	if r.dump() != before {
		t.Error("something was stored")
	}
}

func TestHealth(t *testing.T) {
	r := newRig(t)
	r.sick = http.ErrHandlerTimeout
	if a := r.do(call{"GET", "/healthz", "", nil}); a.StatusCode != http.StatusServiceUnavailable || !strings.Contains(a.body, "failing") {
		t.Errorf("sick: %s %s", a.Status, a.body)
	}
	r.sick = nil
	if a := r.do(call{"GET", "/healthz", "", nil}); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "ok") {
		t.Errorf("well: %s %s", a.Status, a.body)
	}
}

// Behind a proxy that serves us under a path, that path is ours and the link has it.
func TestPrefix(t *testing.T) {
	r := newRigAt(t, own+"/visio")
	for path, status := range map[string]int{"/visio/r/abc": 200, "/visio/s/app.js": 200, "/visio/healthz": 200, "/r/abc": 404} {
		a := r.do(call{"GET", path, "", nil})
		if a.StatusCode != status {
			t.Errorf("%s: %s", path, a.Status)
		}
		headers(t, a)
	}
	a := r.json("POST", "/visio/api/v1/appointments", wire.Invite{PatientEmail: patientEmail}, session)
	if link := read[wire.Invited](t, a).Link; !strings.HasPrefix(link, own+"/visio/r/") {
		t.Errorf("link %s", link)
	}
}
