package ui

import (
	"strconv"
	"strings"
	"time"
)

// numbers splits a date or time that somebody typed into its numbers.
func numbers(s string) []int {
	var out []int
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		out = append(out, n)
	}
	return out
}

// parseDay reads "3/6/2026", "3 6", "3.6.26" or "2026-06-03". A day without a year
// is the next one of that name.
func parseDay(s string, now time.Time) (time.Time, bool) {
	n := numbers(s)
	if len(n) < 2 || len(n) > 3 {
		return time.Time{}, false
	}
	day, month, year := n[0], n[1], now.Year()
	if len(n) == 3 {
		year = n[2]
		if n[0] > 31 {
			year, day = n[0], n[2]
		}
		if year < 100 {
			year += 2000
		}
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, now.Location())
	if t.Day() != day || int(t.Month()) != month || year < 2000 || year > 2200 {
		return time.Time{}, false
	}
	if len(n) == 2 && t.Before(now.AddDate(0, 0, -1)) {
		t = t.AddDate(1, 0, 0)
	}
	return t, true
}

// parseClock reads "10:30", "10 h 30", "10h", "1030" or "9" as the time since
// midnight.
func parseClock(s string) (time.Duration, bool) {
	n := numbers(s)
	switch {
	case len(n) == 1 && n[0] >= 100:
		n = []int{n[0] / 100, n[0] % 100}
	case len(n) == 1:
		n = append(n, 0)
	case len(n) != 2:
		return 0, false
	}
	if n[0] > 23 || n[1] > 59 {
		return 0, false
	}
	return time.Duration(n[0])*time.Hour + time.Duration(n[1])*time.Minute, true
}
