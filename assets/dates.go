package assets

import (
	"fmt"
	"strconv"
	"time"
)

// Date is a day in the way of the language: « 3 juin », "3 June".
func (t Texts) Date(at time.Time) string {
	day := strconv.Itoa(at.Day())
	if at.Day() == 1 {
		day = t.T("mail.first")
	}
	return t.T("mail.date", "day", day, "month", t.T("mail.month."+strconv.Itoa(int(at.Month()))))
}

// Weekday is the day of the week: « mardi », "Tuesday".
func (t Texts) Weekday(at time.Time) string {
	return t.T("mail.weekday." + strconv.Itoa(int(at.Weekday())))
}

// Time is the time of day: « 10 h 30 », "10:30".
func (t Texts) Time(at time.Time) string {
	return t.T("common.time", "hour", strconv.Itoa(at.Hour()), "minute", fmt.Sprintf("%02d", at.Minute()))
}
