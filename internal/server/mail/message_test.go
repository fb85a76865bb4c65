package mail

import (
	"fmt"
	"html"
	"mime"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	tags    = regexp.MustCompile(`<[^>]*>`)
	spaces  = regexp.MustCompile(`[ \r\n\t]+`)
	address = regexp.MustCompile(`https?://[^\s"<>]+`)
)

// plainText is what a reader sees of a part.
func plainText(part string) string {
	_, body, ok := strings.Cut(part, "<body")
	if ok {
		part = html.UnescapeString(tags.ReplaceAllString("<body"+body, " "))
	}
	return strings.TrimSpace(spaces.ReplaceAllString(part, " "))
}

func TestInvitation(t *testing.T) {
	for language, want := range map[string]struct {
		subject, when string
		sentences     []string
	}{
		"fr": {"Votre rendez-vous vidéo du 3 juin à 10 h 30", "Mercredi 3 juin à 10 h 30", []string{"vous attend pour une consultation par vidéo", "appelez le " + phone, "ne sont pas enregistrés"}},
		"en": {"Your video appointment on 3 June at 10:30", "Wednesday 3 June at 10:30", []string{"is expecting you for a video consultation", "call " + phone, "not recorded"}},
	} {
		m := write(t, sender(t), invitation(t, language))
		if got := fmt.Sprint(m.kinds); got != "[text/plain text/html text/calendar]" {
			t.Errorf("%s: parts %s", language, got)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.header.Get("Subject"))
		if plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(subject); err != nil || plain != want.subject {
			t.Errorf("%s: subject %q", language, subject)
		}
		text, page := plainText(m.parts["text/plain"]), plainText(m.parts["text/html"])
		for _, part := range []string{text, page} {
			loose := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(part)
			for _, s := range append(want.sentences, want.when, name, "Cabinet des Lices") {
				if !strings.Contains(loose, s) {
					t.Errorf("%s: %q lacks %q", language, loose, s)
				}
			}
		}
		for paragraph := range strings.SplitSeq(m.parts["text/plain"], "\n\n") {
			for line := range strings.Lines(paragraph) {
				if line := plainText(line); !strings.Contains(page, line) {
					t.Errorf("%s: the page lacks %q", language, line)
				}
			}
		}
		for paragraph := range strings.SplitSeq(m.parts["text/html"], "<p ") {
			if strings.Contains(paragraph, link) || !strings.Contains(paragraph, "</p>") {
				continue
			}
			if line := plainText("<body><p " + paragraph); !strings.Contains(text, line) {
				t.Errorf("%s: the text lacks %q", language, line)
			}
		}
		if !strings.Contains(m.parts["text/html"], `<html lang="`+language+`"`) || m.header.Get("Content-Language") != language {
			t.Errorf("%s: said to be %q", language, m.header.Get("Content-Language"))
		}
	}
}

// One link, shown in full, and nothing that tells somebody else the mail was opened.
// A guest is told what for, and nothing that is meant for the patient.
func TestGuestInvitation(t *testing.T) {
	for language, want := range map[string]map[string]string{
		"fr": {"colleague": "comme confrère", "interpreter": "comme interprète", "companion": "à accompagner une consultation", "observer": "comme observateur"},
		"en": {"colleague": "as a colleague", "interpreter": "as an interpreter", "companion": "to accompany a video consultation", "observer": "as an observer"},
	} {
		for role, as := range want {
			in := invitation(t, language)
			in.Guest = role
			m := write(t, sender(t), in)
			text := plainText(m.parts["text/plain"])
			for _, s := range []string{as, name, in.Link, phone} {
				if !strings.Contains(text, s) {
					t.Errorf("%s, %s: %q lacks %q", language, role, text, s)
				}
			}
			for _, s := range []string{"carte Vitale", "prescriptions", "vous attend", "is expecting you"} {
				if strings.Contains(text, s) {
					t.Errorf("%s, %s: %q is said to patients", language, role, s)
				}
			}
		}
	}
}

func TestOneLinkAndNoTracker(t *testing.T) {
	m := write(t, sender(t), invitation(t, "fr"))
	page, text := m.parts["text/html"], m.parts["text/plain"]
	if n := strings.Count(page, `href="`+link+`"`); n != 1 {
		t.Errorf("%d times as href", n)
	}
	if n := strings.Count(page, ">"+link+"<"); n != 1 {
		t.Errorf("%d times shown in the page", n)
	}
	if n := strings.Count(text, "\n"+link+"\n"); n != 1 {
		t.Errorf("%d times in the text", n)
	}
	for kind, part := range m.parts {
		for _, found := range address.FindAllString(strings.ReplaceAll(part, "\r\n ", ""), -1) {
			if strings.TrimRight(found, `\`) != link {
				t.Errorf("%s: leads to %s", kind, found)
			}
		}
	}
	for _, no := range []string{"<img", "src=", "url(", "<link", "<script", "<iframe", "@import", "background:url", "<object", "onload", "<form"} {
		if strings.Contains(strings.ToLower(page), no) {
			t.Errorf("the page has %s", no)
		}
	}
}

func TestHeaders(t *testing.T) {
	m := write(t, sender(t), invitation(t, "fr"))
	a, err := mail.ParseAddress(m.header.Get("From"))
	if err != nil || a.Address != from || a.Name != "Votre téléconsultation" {
		t.Errorf("From %q %v", m.header.Get("From"), err)
	}
	for header, want := range map[string]string{
		"To": to, "Reply-To": replyTo, "Auto-Submitted": "auto-generated", "Date": "Mon, 01 Jun 2026 08:00:00 +0000",
	} {
		if got := strings.Trim(m.header.Get(header), "<>"); got != want {
			t.Errorf("%s: %q", header, got)
		}
	}
	if id := m.header.Get("Message-Id"); !strings.HasPrefix(id, "<a1b2c3d4.") || !strings.HasSuffix(id, "@visio.hospital.example>") {
		t.Errorf("Message-ID %q", id)
	}
	subject, _ := new(mime.WordDecoder).DecodeHeader(m.header.Get("Subject"))
	for _, private := range []string{"Anne", "Canari", "Cabinet", "yann", "cardio"} {
		if strings.Contains(subject, private) {
			t.Errorf("the subject %q tells %s", subject, private)
		}
	}
	for line := range strings.SplitSeq(m.raw, "\r\n") {
		if len(line) > 998 {
			t.Errorf("a line of %d octets", len(line))
		}
	}
	bare := sender(t)
	bare.ReplyTo, bare.Phone, bare.Practice = "", "", ""
	m = write(t, bare, invitation(t, "fr"))
	if m.header.Get("Reply-To") != "" || strings.Contains(m.parts["text/plain"], "{phone}") || strings.Contains(m.parts["text/plain"], "appelez") {
		t.Errorf("without a phone: %s", m.parts["text/plain"])
	}
}

func TestCancellation(t *testing.T) {
	in := invitation(t, "fr")
	in.Cancelled, in.Link = true, ""
	m := write(t, sender(t), in)
	for kind, part := range m.parts {
		if address.MatchString(part) {
			t.Errorf("%s still has a link", kind)
		}
	}
	if text := plainText(m.parts["text/plain"]); !strings.Contains(text, "est annulé") || strings.Contains(text, "vous attend") {
		t.Errorf("%s", text)
	}
	subject, _ := new(mime.WordDecoder).DecodeHeader(m.header.Get("Subject"))
	if !strings.HasPrefix(subject, "Rendez-vous vidéo annulé") {
		t.Errorf("subject %q", subject)
	}
}

// calendar reads the unfolded lines of a calendar part into name → values.
func calendar(t *testing.T, m parsed) map[string][]string {
	t.Helper()
	text := m.parts["text/calendar"]
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 {
			t.Errorf("%d octets: %q", len(line), line)
		}
		if strings.ContainsAny(line, "\r\n") {
			t.Errorf("a bare line end in %q", line)
		}
	}
	properties := map[string][]string{}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n ", ""), "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok {
			properties[key] = append(properties[key], value)
		} else if line != "" {
			t.Errorf("no property: %q", line)
		}
	}
	return properties
}

// The calendar's entry is one entry through its life: the same UID, and a higher
// sequence takes it out (RFC 5546 section 3.2.5).
func TestCalendar(t *testing.T) {
	for _, tt := range []struct {
		zone, start, end string
		at               time.Time
	}{
		{"Europe/Paris", "20260603T103000", "20260603T110000", time.Date(2026, 6, 3, 8, 30, 0, 0, time.UTC)},   // summer
		{"Europe/Paris", "20261203T093000", "20261203T100000", time.Date(2026, 12, 3, 8, 30, 0, 0, time.UTC)},  // winter
		{"Indian/Reunion", "20260603T123000", "20260603T130000", time.Date(2026, 6, 3, 8, 30, 0, 0, time.UTC)}, // overseas
	} {
		s := sender(t)
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		s.Zone = zone
		in := invitation(t, "fr")
		in.Start = tt.at
		request := write(t, s, in)
		in.Cancelled, in.Link = true, ""
		cancel := write(t, s, in)
		booked, off := calendar(t, request), calendar(t, cancel)
		for key, want := range map[string]string{
			"METHOD": "REQUEST", "SEQUENCE": "0", "STATUS": "CONFIRMED", "UID": "a1b2c3d4@visio.hospital.example",
			"DTSTAMP": "20260601T080000Z", "DTSTART;TZID=" + tt.zone: tt.start, "DTEND;TZID=" + tt.zone: tt.end,
			"URL": link, "LOCATION": link, "CLASS": "PRIVATE", "VERSION": "2.0", "ATTENDEE;ROLE=REQ-PARTICIPANT;RSVP=FALSE": "mailto:" + to,
			`ORGANIZER;CN="Votre téléconsultation"`: "mailto:" + from, "SUMMARY": "Consultation vidéo",
		} {
			if got := booked[key]; len(got) != 1 || got[0] != want {
				t.Errorf("%s: %s is %q, want %q", tt.zone, key, got, want)
			}
		}
		for key, want := range map[string]string{"METHOD": "CANCEL", "SEQUENCE": "1", "STATUS": "CANCELLED", "UID": booked["UID"][0]} {
			if got := off[key]; len(got) != 1 || got[0] != want {
				t.Errorf("cancelled: %s is %q, want %q", key, got, want)
			}
		}
		if request.calendarAs != "REQUEST" || cancel.calendarAs != "CANCEL" {
			t.Errorf("the parts call themselves %q and %q", request.calendarAs, cancel.calendarAs)
		}
		if len(off["URL"]) > 0 {
			t.Error("a cancelled entry has a link")
		}
		if got := fmt.Sprint(booked["BEGIN"], booked["END"]); strings.Count(got, "VEVENT") != 2 || strings.Count(got, "VCALENDAR") != 2 || (tt.zone == "Europe/Paris") != (len(booked["TZID"]) == 1) {
			t.Errorf("%s: %s", tt.zone, got)
		}
		for _, private := range []string{"Anne", "Canari"} {
			if strings.Contains(request.parts["text/calendar"], private) {
				t.Errorf("the calendar, which others see, tells %s", private)
			}
		}
	}
}

// Long lines fold, whatever their length, and between characters.
func TestCalendarFolds(t *testing.T) {
	s := sender(t)
	in := invitation(t, "fr")
	for pad := range 100 {
		in.Link = "https://visio.hospital.example/" + strings.Repeat("p", pad) + "/r/abcdefghjkmnpqrstuvw"
		if got := calendar(t, write(t, s, in))["URL"]; len(got) != 1 || got[0] != in.Link {
			t.Errorf("the link became %q", got)
		}
	}
	in.Link = "https://visio.hospital.example/" + strings.Repeat("long-path/", 30) + "r/abcdefghjkmnpqrstuvw"
	if got := calendar(t, write(t, s, in))["URL"]; len(got) != 1 || got[0] != in.Link {
		t.Errorf("the link became %q", got)
	}
}
