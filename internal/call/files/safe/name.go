// Package safe deals with files that somebody else sent: their names, what is really in
// them, a picture of them, and how they come onto the disk. Nothing here opens or runs one.
package safe

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxName is how long a name may be, in bytes of UTF-8. Every file system of the machines
// that we run on takes 255, and a number may still be put behind it.
const MaxName = 120

// maxExtension is how long a last extension may be to survive the cutting of a name.
const maxExtension = 16

// nameless stands for a name of which nothing is left.
const nameless = "file"

// Name makes a name that is safe to show and to keep a file under: no path, no control or
// direction characters, no name that a system takes for something else, MaxName bytes at
// most. Extensions stay, all of them, so that photo.jpg.exe is seen for what it is. Of a
// safe name it makes the same name. The page's twin is checked against testdata/names.json.
func Name(s string) string {
	s = strings.ToValidUTF8(s, "")
	if at := strings.LastIndexAny(s, `/\`); at >= 0 {
		s = s[at+1:]
	}
	s = strings.Map(legal, s)
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ") // no row of spaces that hides what follows
	s = trim(s)
	if reserved(s) {
		s = "_" + s
	}
	s = trim(shorten(s))
	if s == "" {
		return nameless
	}
	return s
}

// trim takes dots and spaces off both ends: names that begin with a dot are hidden, and
// Windows forgets dots and spaces at the end.
func trim(s string) string { return strings.Trim(s, ". ") }

// legal maps a character to itself, to another, or to nothing.
func legal(r rune) rune {
	switch {
	case strings.ContainsRune(`<>:"|?*`, r):
		return '_'
	case r == '\t' || r == '\n' || r == '\r' || r == 0xa0 || r == 0x1680 || r >= 0x2000 && r <= 0x200a || r == 0x2028 || r == 0x2029 || r == 0x202f || r == 0x205f || r == 0x3000:
		return ' '
	case unseen(r):
		return -1
	}
	return r
}

// unseen tells of characters that show nothing, change the direction of others, or mean
// something to nobody else: Unicode's categories Cc, Cf, Co and Cn as far as they matter,
// written out so that both twins have the same.
func unseen(r rune) bool {
	for _, span := range [][2]rune{
		{0, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x600, 0x605}, {0x61c, 0x61c}, {0x6dd, 0x6dd}, {0x70f, 0x70f}, {0x115f, 0x1160}, {0x180b, 0x180e},
		{0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x206f}, {0x2800, 0x2800}, {0x3164, 0x3164}, {0xe000, 0xf8ff}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xffff},
		{0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
	} {
		if r >= span[0] && r <= span[1] {
			return true
		}
	}
	return false
}

// reserved tells of names of devices on Windows, whatever extension they have.
func reserved(s string) bool {
	stem, _, _ := strings.Cut(s, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	for _, port := range []string{"COM", "LPT"} {
		if n, ok := strings.CutPrefix(stem, port); ok && len([]rune(n)) == 1 && strings.Contains("0123456789¹²³", n) {
			return true
		}
	}
	return false
}

// shorten cuts the middle out: what a file is stands at the end of its name.
func shorten(s string) string {
	if len(s) <= MaxName {
		return s
	}
	tail := suffix(s)
	if len(tail) > maxExtension {
		tail = ""
	}
	head := s[:MaxName-len(tail)]
	for head != "" {
		if r, size := utf8.DecodeLastRuneInString(head); r != utf8.RuneError || size > 1 {
			break
		}
		head = head[:len(head)-1] // in the middle of a character
	}
	return trim(head) + tail
}

// Extension is what follows the last dot, with the dot and in lower case; empty when
// nothing stands before or behind it.
func Extension(name string) string { return strings.ToLower(suffix(name)) }

// suffix is the extension as it stands in the name: in lower case it may have another length.
func suffix(name string) string {
	at := strings.LastIndexByte(name, '.')
	if at <= 0 || at == len(name)-1 {
		return ""
	}
	return name[at:]
}

// numbered is the nth name to try, from 0 on, when those before are taken.
func numbered(name string, n int) string {
	if n == 0 {
		return name
	}
	tail := suffix(name)
	return fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, tail), n, tail)
}
