package web

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/room"
)

// seat is somebody's connection to a room, for their token.
type seat struct {
	mu    sync.Mutex
	files wire.Files
}

func (s *seat) Send(m wire.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := m.(wire.Welcome); ok {
		s.files = w.Files
	}
}

func (*seat) Close() {}

func (s *seat) token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files.Token
}

// enter puts somebody into a room, at the door unless they are its clinician.
func (r *rig) enter(appointment, person string, role wire.Role) (*room.Place, *seat) {
	r.t.Helper()
	var place *room.Place
	var s *seat
	eventually(r.t, "the rooms are open", func() bool {
		s = &seat{}
		place = r.rooms.Enter(room.Entry{Appointment: appointment, Person: person, Name: person, Role: role, Owner: "o", Link: person}, s)
		return place != nil
	})
	return place, s
}

func (r *rig) piece(method, id, token, body string, header ...string) result {
	r.t.Helper()
	h := map[string]string{"Authorization": "Bearer " + token}
	if method == "PATCH" {
		h["Content-Type"] = pieceType
	}
	for i := 0; i < len(header); i += 2 {
		h[header[i]] = header[i+1]
	}
	return r.do(call{method, "/api/v1/files/" + id, body, h})
}

func (r *rig) newFile(token string, size int) result {
	r.t.Helper()
	return r.json("POST", "/api/v1/files", wire.NewFile{Size: size}, token)
}

// The whole way of a file, as a client in another language would go it.
func TestFiles(t *testing.T) {
	r := newRig(t)
	clinician, c := r.enter("a", "c", wire.RoleClinician)
	_, p := r.enter("a", "p", wire.RolePatient)
	clinician.Handle(wire.Admit{Peer: "p"})
	size := wire.MaxPiece + 1000
	body := make([]byte, size)
	rand.Read(body)
	id := read[wire.FileID](t, r.newFile(p.token(), size)).ID
	progressed := func(a result, status, have int) {
		t.Helper()
		if a.StatusCode != status || a.Header.Get(offsetHeader) != strconv.Itoa(have) || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s, %s %q, want %d and %d; %s", a.Request.Method, a.Status, offsetHeader, a.Header.Get(offsetHeader), status, have, a.body)
		}
		headers(t, a)
	}
	progressed(r.piece("HEAD", id, c.token(), ""), 200, 0)
	progressed(r.piece("PATCH", id, p.token(), string(body[:wire.MaxPiece]), offsetHeader, "0"), 204, wire.MaxPiece)
	progressed(r.piece("PATCH", id, p.token(), "again", offsetHeader, "0"), 409, wire.MaxPiece)
	got := r.piece("GET", id, c.token(), "", "Range", "bytes=1000-")
	progressed(got, 206, wire.MaxPiece)
	if got.body != string(body[1000:wire.MaxPiece]) || got.Header.Get("Content-Range") != fmt.Sprintf("bytes 1000-%d/%d", wire.MaxPiece-1, size) ||
		got.Header.Get("Content-Type") != "application/octet-stream" || got.Header.Get("Content-Disposition") != "attachment" {
		t.Errorf("%d bytes, %v", len(got.body), got.Header)
	}
	waiting := make(chan result, 1)
	go func() {
		waiting <- r.piece("GET", id, c.token(), "", "Range", fmt.Sprintf("bytes=%d-", wire.MaxPiece))
	}()
	progressed(r.piece("PATCH", id, p.token(), string(body[wire.MaxPiece:]), offsetHeader, strconv.Itoa(wire.MaxPiece)), 204, size)
	if rest := <-waiting; rest.body != string(body[wire.MaxPiece:]) {
		t.Errorf("who waited gets %d bytes, %s", len(rest.body), rest.Status)
	}
	if part := r.piece("GET", id, c.token(), "", "Range", "bytes=5-9"); part.body != string(body[5:10]) {
		t.Errorf("a part: %q", part.body)
	}
	if beyond := r.piece("GET", id, c.token(), "", "Range", fmt.Sprintf("bytes=%d-", size)); beyond.StatusCode != 416 {
		t.Errorf("beyond the end: %s", beyond.Status)
	}
	if a := r.piece("DELETE", id, c.token(), ""); a.StatusCode != 404 {
		t.Errorf("somebody else removes it: %s", a.Status)
	}
	if a := r.piece("DELETE", id, p.token(), ""); a.StatusCode != 204 {
		t.Errorf("its owner removes it: %s", a.Status)
	}
	if a := r.piece("GET", id, c.token(), "", "Range", "bytes=0-"); a.StatusCode != 404 || a.failure(t).Code != wire.CodeNotFound {
		t.Errorf("after that: %s", a.Status)
	}
}

// Threat 18 and 21: who may not, what is malformed, and what is too much, each with its code.
func TestFilesRefused(t *testing.T) {
	r := newRig(t)
	clinician, c := r.enter("a", "c", wire.RoleClinician)
	_, p := r.enter("a", "p", wire.RolePatient)
	_, o := r.enter("a", "o", wire.RoleObserver)
	_, far := r.enter("b", "x", wire.RoleClinician)
	if o.token() != "" {
		t.Error("an observer has a token")
	}
	if f := r.newFile(p.token(), 10).failure(t); f.Code != wire.CodeOrder {
		t.Errorf("at the door: %+v", f)
	}
	clinician.Handle(wire.Admit{Peer: "p"})
	clinician.Handle(wire.Admit{Peer: "o"})
	id := read[wire.FileID](t, r.newFile(p.token(), 1000)).ID
	long := strings.Repeat("x", wire.MaxPiece+1)
	for name, tt := range map[string]struct {
		a      result
		status int
		code   wire.Code
	}{
		"no token":          {r.newFile("", 10), 401, wire.CodePass},
		"another token":     {r.newFile(session, 10), 401, wire.CodePass},
		"no bytes":          {r.newFile(c.token(), 0), 413, wire.CodeTooLarge},
		"10 GB":             {r.newFile(c.token(), 10_000_000_000), 413, wire.CodeTooLarge},
		"no number":         {r.do(call{"POST", "/api/v1/files", `{"size":"x"}`, map[string]string{"Authorization": "Bearer " + c.token()}}), 400, wire.CodeMalformed},
		"another page":      {r.do(call{"POST", "/api/v1/files", `{"size":1}`, map[string]string{"Authorization": "Bearer " + c.token(), "Origin": "https://evil.example"}}), 403, wire.CodeOrigin},
		"another's piece":   {r.piece("PATCH", id, c.token(), "x", offsetHeader, "0"), 404, wire.CodeNotFound},
		"another room":      {r.piece("GET", id, far.token(), "", "Range", "bytes=0-"), 404, wire.CodeNotFound},
		"no offset":         {r.piece("PATCH", id, p.token(), "x"), 400, wire.CodeMalformed},
		"a negative offset": {r.piece("PATCH", id, p.token(), "x", offsetHeader, "-1"), 409, wire.CodeOffset},
		"ahead":             {r.piece("PATCH", id, p.token(), "x", offsetHeader, "1"), 409, wire.CodeOffset},
		"over its size":     {r.piece("PATCH", id, p.token(), strings.Repeat("x", 1001), offsetHeader, "0"), 409, wire.CodeOffset},
		"another type":      {r.piece("PATCH", id, p.token(), "x", offsetHeader, "0", "Content-Type", "text/html"), 400, wire.CodeMalformed},
		// Refused before it is sent: else the answer and the end of the connection race.
		"too large a piece": {r.piece("PATCH", id, p.token(), long, offsetHeader, "0", "Expect", "100-continue"), 413, wire.CodeTooLarge},
		"no range":          {r.piece("GET", id, c.token(), ""), 400, wire.CodeMalformed},
		"a strange range":   {r.piece("GET", id, c.token(), "", "Range", "bytes=-5"), 400, wire.CodeMalformed},
		"two ranges":        {r.piece("GET", id, c.token(), "", "Range", "bytes=0-1,3-4"), 400, wire.CodeMalformed},
		"backwards":         {r.piece("GET", id, c.token(), "", "Range", "bytes=4-1"), 400, wire.CodeMalformed},
		"a path":            {r.piece("GET", "..%2f..%2fekermed.db", c.token(), "", "Range", "bytes=0-"), 404, wire.CodeNotFound},
	} {
		if tt.a.StatusCode != tt.status {
			t.Errorf("%s: %s %s", name, tt.a.Status, tt.a.body)
			continue
		}
		if f := tt.a.failure(t); f.Code != tt.code || f.Text == "" {
			t.Errorf("%s: %+v", name, f)
		}
		headers(t, tt.a)
	}
	read[wire.FileID](t, r.newFile(c.token(), 3<<20))
	if a := r.newFile(c.token(), 3<<20); a.StatusCode != 507 || a.failure(t).Code != wire.CodeQuota {
		t.Errorf("over the quota: %s", a.Status)
	}
	// On hold nothing goes, and after it as before.
	clinician.Handle(wire.Hold{Peer: "p", On: true})
	if f := r.piece("PATCH", id, p.token(), "x", offsetHeader, "0").failure(t); f.Code != wire.CodeOrder {
		t.Errorf("on hold: %+v", f)
	}
	clinician.Handle(wire.Hold{Peer: "p"})
	if a := r.piece("PATCH", id, p.token(), "x", offsetHeader, "0"); a.StatusCode != 204 {
		t.Errorf("after the hold: %s", a.Status)
	}
	// The call is over.
	token := p.token()
	clinician.Handle(wire.Leave{End: true})
	if a := r.piece("GET", id, token, "", "Range", "bytes=0-"); a.StatusCode != 401 {
		t.Errorf("after the call: %s", a.Status)
	}
	for _, secret := range []string{id, token, far.token()} {
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
}

// A body that breaks off leaves what came, and the next piece goes on there.
func TestFileBrokenOff(t *testing.T) {
	r := newRig(t)
	_, c := r.enter("a", "c", wire.RoleClinician)
	body := bytes.Repeat([]byte("0123456789"), 10_000)
	id := read[wire.FileID](t, r.newFile(c.token(), len(body))).ID
	at := strings.TrimPrefix(r.server.URL, "http://")
	conn, err := net.DialTimeout("tcp", at, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "PATCH /api/v1/files/%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\n%s: 0\r\nContent-Length: %d\r\n\r\n%s", id, at, c.token(), pieceType, offsetHeader, len(body), body[:40_000]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what came is there", func() bool {
		return r.piece("HEAD", id, c.token(), "").Header.Get(offsetHeader) == "40000"
	})
	// The old connection is still open: the new one takes over all the same.
	if a := r.piece("PATCH", id, c.token(), string(body[40_000:]), offsetHeader, "40000"); a.StatusCode != 204 {
		t.Errorf("%s %s", a.Status, a.body)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if a := r.piece("GET", id, c.token(), "", "Range", "bytes=0-"); a.body != string(body) {
		t.Errorf("%d bytes", len(a.body))
	}
}

// Where files are off there is no such path.
func TestFilesOff(t *testing.T) {
	w, err := New(Options{URL: own})
	if err != nil {
		t.Fatal(err)
	}
	h, err := w.Handler()
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	q, err := http.NewRequest("POST", "/api/v1/files", strings.NewReader(`{"size":1}`))
	if err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(rec, q)
	if rec.Code != 404 {
		t.Errorf("answered %d", rec.Code)
	}
}
