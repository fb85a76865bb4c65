// Package mail writes invitations and has them delivered: by SMTP, or as .eml files
// in an outbox folder when there is no SMTP server.
package mail

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"ekermed.example/ekermed/assets"
)

// Invitation is what a mail to a patient, or to a guest, says.
type Invitation struct {
	// ID is the appointment's, and the calendar entry's UID.
	ID        string        `json:"id"`
	To        string        `json:"to"`
	Clinician string        `json:"clinician"`
	Link      string        `json:"link"`
	Start     time.Time     `json:"start"`
	Length    time.Duration `json:"length"`
	Language  string        `json:"language"`
	// Guest is what somebody other than the patient is asked for as: colleague, interpreter,
	// companion or observer. Neither mail tells of the other person.
	Guest string `json:"guest,omitempty"`
	// Cancelled makes it the notice that the appointment is off; Link is then empty.
	Cancelled bool `json:"cancelled,omitempty"`
}

// Sender is who the mails come from and what they say of the practice.
type Sender struct {
	From, ReplyTo   string
	Practice, Phone string
	Zone            *time.Location
}

//go:embed invitation.html
var htmlSource string

// compose makes the mail: text and HTML of the same content and a calendar part, no
// image, no tracker, one link, shown in full.
func (s Sender) compose(in Invitation, now time.Time) (*gomail.Msg, error) {
	t, err := assets.LoadTexts(in.Language)
	if err != nil {
		return nil, err
	}
	at := in.Start.In(s.Zone)
	fill := []string{
		"clinician", in.Clinician, "date", t.Date(at), "weekday", t.Weekday(at), "time", t.Time(at),
		"minutes", fmt.Sprint(int(in.Length.Minutes())), "phone", s.Phone,
	}
	say := func(key string) string { return t.T("mail."+key, fill...) }
	m := gomail.NewMsg()
	if err := m.FromFormat(say("sender"), s.From); err != nil {
		return nil, fmt.Errorf("sender %q: %w", s.From, err)
	}
	if err := m.To(in.To); err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	if s.ReplyTo != "" {
		if err := m.ReplyTo(s.ReplyTo); err != nil {
			return nil, fmt.Errorf("reply address %q: %w", s.ReplyTo, err)
		}
	}
	subject := "subject"
	if in.Cancelled {
		subject = "subject_cancelled"
	}
	m.Subject(say(subject))
	m.SetDateWithValue(now)
	m.SetMessageIDWithValue(fmt.Sprintf("%s.%d@%s", in.ID, now.UnixNano(), domain(s.From)))
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("Content-Language", t.Language())
	m.SetUserAgent("e-KerMed")

	page := letter{Language: t.Language(), Title: say(subject), Link: in.Link, Say: say, Practice: s.Practice}
	page.paragraphs(s, in, say)
	var html bytes.Buffer
	tmpl, err := template.New("mail").Parse(htmlSource)
	if err == nil {
		err = tmpl.Execute(&html, page)
	}
	if err != nil {
		return nil, fmt.Errorf("writing the mail: %w", err)
	}
	m.SetBodyString(gomail.TypeTextPlain, page.text())
	m.AddAlternativeString(gomail.TypeTextHTML, html.String())
	method := "REQUEST"
	if in.Cancelled {
		method = "CANCEL"
	}
	cal := s.calendar(in, method, say, now)
	m.AddAlternativeWriter(gomail.ContentType("text/calendar; method="+method), func(w io.Writer) (int64, error) {
		n, err := io.WriteString(w, cal)
		return int64(n), err
	})
	return m, nil
}

// letter is the content once, for text and HTML alike.
type letter struct {
	Language, Title, Link, Practice string
	Say                             func(string) string
	Before, After                   []string // paragraphs around the link
}

func (l *letter) paragraphs(s Sender, in Invitation, say func(string) string) {
	switch {
	case in.Cancelled:
		l.Before = []string{say("hello"), say("cancelled")}
	case in.Guest != "":
		l.Before = []string{say("hello"), say("who_" + in.Guest), upperFirst(say("when"))}
		l.After = []string{say("nothing"), say("prepare_guest")}
	default:
		l.Before = []string{say("hello"), say("who"), upperFirst(say("when"))}
		l.After = []string{say("nothing"), say("prepare")}
	}
	if s.Phone != "" {
		l.After = append(l.After, say("phone"))
	}
	if !in.Cancelled {
		switch {
		case s.ReplyTo != "":
			l.After = append(l.After, say("decline"))
		case s.Phone != "":
			l.After = append(l.After, say("decline_phone"))
		}
	}
	l.After = append(l.After, say("privacy"))
}

func (l *letter) text() string {
	parts := append([]string{}, l.Before...)
	if l.Link != "" {
		parts = append(parts, l.Say("button")+"\n"+l.Link)
	}
	parts = append(parts, l.After...)
	if l.Practice != "" {
		parts = append(parts, l.Practice)
	}
	return strings.Join(parts, "\n\n") + "\n"
}

func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:]
}

func domain(address string) string {
	_, d, _ := strings.Cut(address, "@")
	return d
}

// calendar writes an iTIP object (RFC 5546) with a stable UID. It names neither the
// speciality nor the clinician: calendars are shown to others.
func (s Sender) calendar(in Invitation, method string, say func(string) string, now time.Time) string {
	var b strings.Builder
	line := func(text string) {
		// Lines fold after 75 octets, between characters (RFC 5545 section 3.1).
		for len(text) > 74 {
			cut := 74
			for !utf8.RuneStart(text[cut]) {
				cut--
			}
			b.WriteString(text[:cut] + "\r\n ")
			text = text[cut:]
		}
		b.WriteString(text + "\r\n")
	}
	escape := strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`, "\r", "").Replace
	local := func(t time.Time) string { return t.In(s.Zone).Format("20060102T150405") }
	status, sequence := "CONFIRMED", "0"
	if in.Cancelled {
		status, sequence = "CANCELLED", "1"
	}
	line("BEGIN:VCALENDAR")
	line("VERSION:2.0")
	line("PRODID:-//e-KerMed//e-KerMed//FR")
	line("METHOD:" + method)
	s.zone(line)
	line("BEGIN:VEVENT")
	line("UID:" + in.ID + "@" + domain(s.From))
	line("SEQUENCE:" + sequence)
	line("DTSTAMP:" + now.UTC().Format("20060102T150405Z"))
	line("DTSTART;TZID=" + s.Zone.String() + ":" + local(in.Start))
	line("DTEND;TZID=" + s.Zone.String() + ":" + local(in.Start.Add(in.Length)))
	line("SUMMARY:" + escape(say("summary")))
	line("ORGANIZER;CN=" + `"` + strings.ReplaceAll(say("sender"), `"`, "") + `":mailto:` + s.From)
	line("ATTENDEE;ROLE=REQ-PARTICIPANT;RSVP=FALSE:mailto:" + in.To)
	line("STATUS:" + status)
	line("CLASS:PRIVATE")
	if u, err := url.Parse(in.Link); err == nil && in.Link != "" {
		line("LOCATION:" + escape(u.String()))
		line("URL:" + u.String())
	}
	line("END:VEVENT")
	line("END:VCALENDAR")
	return b.String()
}

// zone writes the VTIMEZONE of central European time, which every calendar knows by
// its rule; other zones go by their name, which today's calendars know too.
func (s Sender) zone(line func(string)) {
	if s.Zone.String() != "Europe/Paris" {
		return
	}
	for _, l := range []string{
		"BEGIN:VTIMEZONE", "TZID:Europe/Paris",
		"BEGIN:DAYLIGHT", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "TZNAME:CEST", "DTSTART:19700329T020000", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT",
		"BEGIN:STANDARD", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "TZNAME:CET", "DTSTART:19701025T030000", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD",
		"END:VTIMEZONE",
	} {
		line(l)
	}
}
