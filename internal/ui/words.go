package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
)

// words are the texts of one language with the product's ways of writing times,
// names and problems.
type words struct{ assets.Texts }

func loadWords(language string) words {
	texts, err := assets.LoadTexts(language)
	if err != nil {
		// The texts are embedded and tested; without them keys are shown.
		return words{}
	}
	return words{texts}
}

// clock writes a time of day: "10 h 30" or "10:30".
func (w words) clock(t time.Time) string {
	return w.T("common.time", "hour", fmt.Sprint(t.Hour()), "minute", fmt.Sprintf("%02d", t.Minute()))
}

// date writes a day: "mardi 3 juin".
func (w words) date(t time.Time) string {
	day := fmt.Sprint(t.Day())
	if t.Day() == 1 {
		day = w.T("desktop.date.first")
	}
	return w.T("desktop.date.long", "day", day,
		"weekday", w.T("desktop.weekday."+strings.ToLower(t.Weekday().String()[:3])),
		"month", w.T("desktop.month."+strings.ToLower(t.Month().String()[:3])))
}

// lasted writes how long something took.
func (w words) lasted(d time.Duration) string {
	d = d.Round(time.Second)
	if d < time.Minute {
		return w.T("desktop.duration.seconds", "s", fmt.Sprint(int(d.Seconds())))
	}
	if d < time.Hour {
		return w.T("desktop.duration.minutes", "m", fmt.Sprint(int(d.Minutes())), "s", fmt.Sprintf("%02d", int(d.Seconds())%60))
	}
	return w.T("desktop.duration.hours", "h", fmt.Sprint(int(d.Hours())), "m", fmt.Sprintf("%02d", int(d.Minutes())%60))
}

// running writes a duration that counts up, such as 12:05.
func running(d time.Duration) string {
	s := int(max(0, d).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// keys writes a shortcut with Ctrl.
func (w words) keys(key string) string { return w.T("desktop.keys.ctrl") + "+" + key }

// admitKeys is the shortcut that lets in who has waited longest.
func (w words) admitKeys(first bool) string {
	if !first {
		return ""
	}
	return w.keys(w.T("desktop.keys.enter"))
}

// problem puts a problem into a sentence and what to do next.
func (w words) problem(p *call.Problem) (sentence, action string) {
	if p == nil {
		return "", ""
	}
	key := "problem." + string(p.Code)
	if !w.Has(key) {
		key = "problem." + string(call.ProblemUnexpected)
	}
	return w.filled(key, p.Detail), w.filled(key+".action", p.Detail)
}

// filled puts a detail into its place; without a detail the place closes.
func (w words) filled(key, detail string) string {
	detail = clean(detail)
	sentence := w.T(key, "detail", detail)
	if detail == "" {
		sentence = strings.ReplaceAll(sentence, "  ", " ")
		sentence = strings.ReplaceAll(sentence, " .", ".")
	}
	return strings.TrimSpace(sentence)
}

// patient is what an appointment is called: the name, or the address without one.
func patient(a wire.Appointment) string {
	if name := clean(a.PatientName); name != "" {
		return name
	}
	return clean(a.PatientEmail)
}

// person is what somebody in a room is called.
func (w words) person(p wire.Person) string {
	if name := clean(p.Name); name != "" {
		return name
	}
	return w.T("desktop.nameless")
}

// role is what somebody is in a room, with who they are to the patient when that was said:
// "Interprète · breton".
func (w words) role(p wire.Person) string {
	text := w.T("desktop.role." + string(p.Role))
	if relation := clean(p.Relation); relation != "" {
		text += " · " + relation
	}
	return text
}

// doubt is what to check about somebody at the door; empty when there is nothing.
func (w words) doubt(p wire.Person) string {
	if p.Again {
		return w.T("desktop.again")
	}
	return ""
}

// maxShown is the most letters of a name that are shown.
const maxShown = 80

// clean makes a text from outside fit for one line on the screen: no control or
// direction characters, which could make a name look like something else, no runs of
// spaces, no towers of accents, and not longer than maxShown.
func clean(s string) string { return scrub(s, maxShown) }

// scrub is clean with another limit.
func scrub(s string, limit int) string {
	var b strings.Builder
	letters, marks := 0, 0
	space := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case r == unicode.ReplacementChar, unicode.IsControl(r), invisible(r):
			continue
		case unicode.Is(unicode.Mn, r):
			if marks++; marks > 3 {
				continue
			}
		default:
			marks = 0
			if letters++; letters > limit {
				return b.String() + "…"
			}
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// invisible characters change direction or width, or are not for interchange. The
// joiners U+200C and U+200D stay: some scripts are written with them.
func invisible(r rune) bool {
	if r == '\u200c' || r == '\u200d' {
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp)
}

// initials of a name, two at most.
func initials(name string) string {
	var out []rune
	for _, part := range strings.FieldsFunc(clean(name), func(r rune) bool { return r == ' ' || r == '-' }) {
		if strings.HasSuffix(part, ".") || strings.EqualFold(part, "dr") || strings.EqualFold(part, "pr") {
			continue
		}
		for _, r := range part {
			if unicode.IsLetter(r) {
				out = append(out, unicode.ToUpper(r))
			}
			break
		}
	}
	if len(out) > 2 {
		out = []rune{out[0], out[len(out)-1]}
	}
	return string(out)
}

// seconds since 1970 as a local time.
func at(seconds float64) time.Time {
	return time.UnixMilli(int64(seconds * 1000)).Local()
}
