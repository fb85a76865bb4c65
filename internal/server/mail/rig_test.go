package mail

import (
	"bytes"
	"encoding/base64"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	from    = "votre-teleconsultation@visio.hospital.example"
	replyTo = "secretariat@hospital.example"
	to      = "yann.canary@x.example"
	link    = "https://visio.hospital.example/r/abcdefghjkmnpqrstuvw"
	phone   = "02 99 00 00 00"
	name    = "Dr Anne Canari"
)

func paris(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func sender(t *testing.T) Sender {
	return Sender{From: from, ReplyTo: replyTo, Practice: "Cabinet des Lices", Phone: phone, Zone: paris(t)}
}

func invitation(t *testing.T, language string) Invitation {
	return Invitation{
		ID: "a1b2c3d4", To: to, Clinician: name, Link: link, Language: language,
		Start: time.Date(2026, 6, 3, 10, 30, 0, 0, paris(t)), Length: 30 * time.Minute,
	}
}

// parsed is a mail as its reader sees it.
type parsed struct {
	header     mail.Header
	raw        string
	kinds      []string          // of the parts, in order
	parts      map[string]string // decoded, by media type
	calendarAs string            // the calendar part's method parameter
}

func parse(t *testing.T, raw []byte) parsed {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	p := parsed{header: m.Header, raw: string(raw), parts: map[string]string{}}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%q %v", m.Header.Get("Content-Type"), err)
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if err == io.EOF {
			return p
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		if kind != "text/calendar" && !strings.EqualFold(params["charset"], "utf-8") {
			t.Errorf("%s in %q", kind, params["charset"])
		}
		if kind == "text/calendar" {
			p.calendarAs = params["method"]
		}
		var body io.Reader = part
		switch encoding := part.Header.Get("Content-Transfer-Encoding"); encoding {
		case "quoted-printable":
			body = quotedprintable.NewReader(part)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, part)
		default:
			t.Errorf("%s is encoded as %q", kind, encoding)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		p.kinds, p.parts[kind] = append(p.kinds, kind), string(text)
		if kind == "text/plain" {
			p.parts[kind] = strings.ReplaceAll(string(text), "\r\n", "\n")
		}
	}
}

func write(t *testing.T, s Sender, in Invitation) parsed {
	t.Helper()
	msg, err := s.compose(in, time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return parse(t, b.Bytes())
}

// sink is a log that can be read while it is written.
type sink struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (s *sink) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// namesNobody is the canary of threat 25.
func namesNobody(t *testing.T, log *sink) {
	t.Helper()
	for _, secret := range []string{to, "yann", name, "Canari", replyTo, "votre-teleconsultation", link, "abcdefghjkmnpqrstuvw", "secret", "127.0.0.1", "localhost"} {
		if strings.Contains(strings.ToLower(log.String()), strings.ToLower(secret)) {
			t.Errorf("the log holds %q: %s", secret, log)
		}
	}
}
