package board

import (
	"strings"
	"unicode/utf8"
)

// span is a range of code points.
type span struct{ from, to rune }

// banned are the code points that no text may hold: controls but the line feed, marks that
// change direction, what is invisible, and what is no character. The list is written out,
// and not Unicode's tables of today, because both sides must agree on it for ever.
func banned() []span {
	return []span{
		{0x00, 0x09}, {0x0b, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c}, {0x115f, 0x1160}, {0x180e, 0x180e},
		{0x200b, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
		{0xd800, 0xf8ff}, {0xfe00, 0xfe0e}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xffff},
		{0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
	}
}

// Clean makes what somebody typed or pasted fit for the board: no control, direction or
// invisible characters, no spaces around, at most MaxText code points in MaxLines lines.
func Clean(s string) string {
	bad := banned()
	s = strings.Map(func(r rune) rune {
		for _, b := range bad {
			if r >= b.from && r <= b.to {
				return -1
			}
		}
		return r
	}, s)
	lines := strings.Split(s, "\n")
	s = strings.Join(lines[:min(len(lines), MaxLines)], "\n")
	s = strings.Trim(s, " \n")
	if utf8.RuneCountInString(s) > MaxText {
		s = strings.Trim(string([]rune(s)[:MaxText]), " \n")
	}
	return s
}

// measure counts the lines and the code points of the longest.
func measure(s string) (lines, longest int) {
	for line := range strings.SplitSeq(s, "\n") {
		lines++
		longest = max(longest, utf8.RuneCountInString(line))
	}
	return lines, longest
}

func splitLines(s string) []string { return strings.Split(s, "\n") }
