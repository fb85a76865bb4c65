package ui

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Camille Moreau", "Camille Moreau"},
		{"spaces", "  Camille \t\n  Moreau ", "Camille Moreau"},
		{"controls", "Cam\x00ille\x1b[31m\u0085 Moreau", "Camille[31m Moreau"},
		{"direction", "\u202eDr\u202c \u2066Le\u2069 Goff\u200f", "Dr Le Goff"},
		{"invisible", "Mo\u200bre\ufeffau\u00ad", "Moreau"},
		{"not text", "Mor\xffeau", "Moreau"},
		{"joiner kept", "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"},
		{"composed", "Ine\u0300s", "Ine\u0300s"},
		{"tower", "e" + strings.Repeat("\u0301", 40), "e" + strings.Repeat("\u0301", 3)},
		{"private", "A\ue000B", "AB"},
		{"only controls", "\u202e\u200b\x07", ""},
		{"long", strings.Repeat("é", 200), strings.Repeat("é", maxShown) + "…"},
	} {
		if got := clean(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("Camille \u202eMoreau")
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if !utf8.ValidString(got) || strings.TrimSpace(got) != got || strings.ContainsAny(got, "\n\r\t\x00\u202e\u2066") {
			t.Errorf("clean(%q) = %q", s, got)
		}
		if again := clean(strings.TrimSuffix(got, "…")); again != strings.TrimSuffix(got, "…") {
			t.Errorf("clean twice: %q then %q", got, again)
		}
	})
}

func TestInitials(t *testing.T) {
	for in, want := range map[string]string{"Camille Moreau": "CM", "Dr Anne Le Goff": "AG", "jean@exemple.fr": "J",
		"Jean-Paul": "JP", "": "", "李 明": "李明", "M. Élie Ünal": "ÉÜ"} {
		if got := initials(in); got != want {
			t.Errorf("initials(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	fr, en := loadWords("fr"), loadWords("en")
	at := time.Date(2026, 6, 1, 9, 5, 0, 0, time.UTC)
	for got, want := range map[string]string{
		fr.clock(at): "9\u00a0h\u00a005", en.clock(at): "9:05",
		fr.date(at): "lundi 1er juin", en.date(at): "Monday 1 June",
		fr.lasted(42 * time.Second): "42\u00a0s", en.lasted(42 * time.Second): "42 s",
		fr.lasted(725 * time.Second): "12\u00a0min 05\u00a0s", en.lasted(3720 * time.Second): "1 h 02 min",
		running(725 * time.Second): "12:05", running(3725 * time.Second): "1:02:05", running(-time.Second): "00:00",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestParseDay(t *testing.T) {
	now := noon()
	for in, want := range map[string]string{"3/6/2026": "2026-06-03", "3 6": "2026-06-03", "4.7.26": "2026-07-04", "2026-06-30": "2026-06-30",
		"02/01": "2027-01-02", "31/02/2026": "", "demain": "", "": "", "1/13/2026": "", "99999999999999999999/1": ""} {
		got, ok := parseDay(in, now)
		if ok != (want != "") || ok && got.Format("2006-01-02") != want {
			t.Errorf("parseDay(%q) = %v, %v; want %q", in, got, ok, want)
		}
	}
}

func TestParseClock(t *testing.T) {
	for in, want := range map[string]string{"10:30": "10h30m0s", "10 h 30": "10h30m0s", "10h": "10h0m0s", "1030": "10h30m0s", "9": "9h0m0s",
		"10\u00a0h\u00a030": "10h30m0s", "24:00": "", "10:60": "", "midi": "", "": "", "-1": "1h0m0s"} {
		got, ok := parseClock(in)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("parseClock(%q) = %v, %v; want %q", in, got, ok, want)
		}
	}
}
