package chat

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// TextMost is how long a message may be, in Unicode code points; the rest is cut.
const TextMost = 4000

// marksMost is how many accents may stand on one letter.
const marksMost = 4

// Clean leaves what can be seen, and line breaks: no control characters, nothing that
// turns the direction of what stands beside it, nothing invisible.
func Clean(s string) string {
	var b strings.Builder
	letters, marks := 0, 0
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			r = map[rune]rune{'\n': '\n', '\t': ' ', '\r': '\n'}[r]
		case r == unicode.ReplacementChar, unicode.IsControl(r):
			continue
		case r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0': // fillers of Hangul, seen by nobody
			continue
		case r == '\u200c' || r == '\u200d': // joiners: some scripts are written with them
		case unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
			continue
		case unicode.Is(unicode.Mn, r):
			if marks++; marks > marksMost {
				continue
			}
		}
		if !unicode.Is(unicode.Mn, r) {
			marks = 0
		}
		if letters++; letters > TextMost {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// Part is a piece of a message: a link, or text between links.
type Part struct {
	Text string
	Link bool
}

// trailing is what ends a sentence, and not a link.
const trailing = ".,;:!?…)]}»\"'’"

// Parts finds the links of a text: http and https addresses, as they are written. They
// are never fetched.
func Parts(text string) []Part {
	var parts []Part
	add := func(s string, link bool) {
		if s != "" {
			parts = append(parts, Part{s, link})
		}
	}
	at := 0
	for _, m := range addresses().FindAllStringIndex(text, -1) {
		link := strings.TrimRight(text[m[0]:m[1]], trailing)
		if u, err := url.Parse(link); err != nil || u.Host == "" || u.User != nil {
			continue
		}
		add(text[at:m[0]], false)
		add(link, true)
		at = m[0] + len(link)
	}
	add(text[at:], false)
	return parts
}

func addresses() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\bhttps?://[^\s<>"«»\x{00a0}\x{202f}]+`)
}
