package mail

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// T22: an address that would bring its own header, or a second recipient, is refused.
func TestAddressesThatAreNone(t *testing.T) {
	for _, bad := range []string{
		"", "yann", "yann@x.example\r\nBcc: evil@x.example", "yann@x.example\nBcc: evil@x.example", "yann@x.example, evil@x.example",
		"yann@x.example;evil@x.example", "Yann <yann@x.example>, evil@x.example", "yann@x.example\x00", "\r\n", "<yann@x.example>\r\n\r\nHello",
		"undisclosed:yann@x.example,evil@x.example;",
	} {
		in := invitation(t, "fr")
		in.To = bad
		if _, err := sender(t).compose(in, time.Now()); err == nil {
			t.Errorf("to %q was taken", bad)
		} else if strings.Contains(err.Error(), "evil") && strings.Contains(err.Error(), "\n") {
			t.Errorf("the error repeats it raw: %q", err)
		}
		s := sender(t)
		s.From = bad
		if _, err := s.compose(invitation(t, "fr"), time.Now()); err == nil {
			t.Errorf("from %q was taken", bad)
		}
		s = sender(t)
		if s.ReplyTo = bad; bad == "" {
			continue
		}
		if _, err := s.compose(invitation(t, "fr"), time.Now()); err == nil {
			t.Errorf("reply-to %q was taken", bad)
		}
	}
}

// Names, phone numbers and practices are text wherever they stand.
func TestHostileTexts(t *testing.T) {
	plain := write(t, sender(t), invitation(t, "fr"))
	known := keys(plain.header)
	for _, hostile := range []string{
		"Dr Anne\r\nBcc: evil@x.example\r\n\r\nHello", "Dr Anne\nX-Evil: 1", "Dr \r Anne", "<script>alert(1)</script>", `"><img src=https://evil.example/p.png>`,
		`Dr "Anne"; DROP`, "Dr Anne\r\nATTACH:https://evil.example", "=?utf-8?q?=0D=0ABcc=3A_evil@x.example?=", "{phone}{link}", "\u202eDr Anne", strings.Repeat("é", 400),
	} {
		in := invitation(t, "fr")
		in.Clinician = hostile
		s := sender(t)
		s.Practice, s.Phone = hostile, hostile
		for _, cancelled := range []bool{false, true} {
			in.Cancelled = cancelled
			m := write(t, s, in)
			if got := keys(m.header); !slices.Equal(got, known) {
				t.Errorf("%q: headers %v", hostile, got)
			}
			if len(m.header["To"]) != 1 || strings.Trim(m.header.Get("To"), "<>") != to {
				t.Errorf("%q: to %q", hostile, m.header["To"])
			}
			if page := m.parts["text/html"]; strings.Contains(page, "<script") || strings.Contains(page, "<img") {
				t.Errorf("%q: markup went into the page", hostile)
			}
			entry := calendar(t, m)
			if len(entry["ATTACH"]) > 0 || strings.Contains(m.parts["text/calendar"], "evil") {
				t.Errorf("%q: in the calendar", hostile)
			}
		}
	}
}

func keys(h map[string][]string) []string {
	var list []string
	for k := range h {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// Whatever a name is made of, the mail stays one mail to one person.
func FuzzCompose(f *testing.F) {
	f.Add("Dr Anne", "Cabinet", "02 99", "yann@x.example")
	f.Add("a\r\nBcc: b@x.example", "\r\n\r\n", "\x00", "a@x.example\r\nBcc: b@x.example")
	f.Add("{phone}", "{clinician}", "</p>", `"a b"@x.example`)
	f.Fuzz(func(t *testing.T, clinician, practice, phone, to string) {
		s := sender(t)
		s.Practice, s.Phone = practice, phone
		in := invitation(t, "en")
		in.Clinician, in.To = clinician, to
		msg, err := s.compose(in, time.Unix(1780000000, 0))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if _, err := msg.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		m := parse(t, b.Bytes())
		for _, header := range []string{"To", "From", "Subject", "Content-Type", "Reply-To"} {
			if len(m.header[header]) != 1 {
				t.Fatalf("%s: %q", header, m.header[header])
			}
		}
		if len(m.header["Bcc"])+len(m.header["Cc"]) > 0 || len(m.kinds) != 3 {
			t.Fatalf("%v", m.header)
		}
		calendar(t, m)
	})
}
