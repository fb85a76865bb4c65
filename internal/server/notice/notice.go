// Package notice makes the pages that tell people what happens to what they say and show:
// /privacy (GDPR, article 13) and /security, the level of encryption in plain words. Both
// come from the running configuration, so that they tell what this server does.
package notice

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/server/config"
)

// The paths of the pages.
const (
	Privacy  = "/privacy"
	Security = "/security"
)

// page is one page in one language.
type page struct {
	Language, Other, OtherName string
	Path, See, SeeName         string
	Title, Lead, Foot          string
	Sections                   []section
}

// section is a chapter: paragraphs, then a list, then a table of two columns.
type section struct {
	ID, Title string
	Texts     []string
	List      []string
	Head      []string
	Rows      [][]string
}

// author writes in one language of one configuration.
type author struct {
	t assets.Texts
	c config.Config
}

func (a author) say(key string, pairs ...string) string { return a.t.T("notice."+key, pairs...) }

// chapter begins a section with the paragraphs KEY.text, as far as they are there.
func (a author) chapter(key string, texts ...string) section {
	_, id, _ := strings.Cut(key, ".")
	return section{ID: id, Title: a.say(key + ".title"), Texts: texts}
}

func (a author) privacy() page {
	p := page{Path: "privacy", See: "security", Title: a.say("privacy.title"), Lead: a.say("privacy.lead"), Foot: a.say("privacy.foot"), SeeName: a.say("security.title")}
	who := a.chapter("privacy.who", a.say("privacy.who.text"))
	who.Head = []string{a.say("what"), a.say("value")}
	row := func(key, value string) {
		if value != "" {
			who.Rows = append(who.Rows, []string{a.say(key), value})
		}
	}
	row("practice", a.c.Practice.Name)
	row("phone", a.c.Practice.Phone)
	row("reply", a.c.Mail.ReplyTo)
	row("operator", a.c.Hosting.Operator)
	row("certificate", a.c.Hosting.Certificate)
	row("country", a.c.Hosting.Country)
	kept := a.chapter("privacy.kept", a.say("privacy.kept.text"))
	kept.Head = []string{a.say("what"), a.say("how_long")}
	kept.Rows = [][]string{
		{a.say("kept.appointment"), a.span(time.Duration(a.c.Retention.Appointments))},
		{a.say("kept.trail"), a.say("months", "n", fmt.Sprint(a.c.Journal.TrailMonths))},
	}
	if len(a.c.Journal.Recipients) > 0 {
		kept.Rows = append(kept.Rows, []string{a.say("kept.journal"), a.span(7 * 24 * time.Hour)})
	}
	if a.c.Files.Largest > 0 {
		kept.Rows = append(kept.Rows, []string{a.say("kept.files"), a.say("end_of_call")})
	}
	kept.Rows = append(kept.Rows, []string{a.say("kept.figures"), a.say("no_person")})
	where := a.chapter("privacy.where", a.say("privacy.where.text"))
	if others := a.others(); len(others) > 0 {
		where.Head, where.Rows = []string{a.say("host"), a.say("country")}, others
	}
	p.Sections = []section{
		who,
		with(a.chapter("privacy.used", a.say("privacy.used.text")), a.say("used.name"), a.say("used.time"), a.say("used.address"), a.say("used.media")),
		with(a.chapter("privacy.never", a.say("privacy.never.text")), a.say("never.media"), a.say("never.address"), a.say("never.cookies"), a.say("never.third")),
		kept, where,
		with(a.chapter("privacy.rights", a.say("privacy.rights.text")), a.say("rights.access"), a.say("rights.erase"), a.say("rights.consent"), a.say("rights.complain")),
	}
	return p
}

func (a author) security() page {
	p := page{Path: "security", See: "privacy", Title: a.say("security.title"), Lead: a.say("security.lead"), Foot: a.say("security.foot"), SeeName: a.say("privacy.title")}
	levels := a.chapter("security.levels", a.say("security.levels.text"))
	levels.Head = []string{a.say("label"), a.say("meaning")}
	for _, l := range []string{"verified", "end", "server", "broken"} {
		levels.Rows = append(levels.Rows, []string{a.t.T("desktop.secrecy." + l), a.say("level." + l)})
	}
	if a.c.Room.Sealing == config.SealingRequired {
		levels.Texts = append(levels.Texts, a.say("security.required"))
	}
	way := a.chapter("security.way", a.say("security.way."+a.c.Room.Route))
	how := with(a.chapter("security.how"),
		a.say("how.frames", "rekey", a.span(time.Duration(a.c.Room.Rekey))),
		a.say("how.keys"),
		a.say("how.srtp", "recertify", a.span(time.Duration(a.c.Room.Recertify))),
		a.say("how.tls"), a.say("how.stored"))
	p.Sections = []section{
		with(a.chapter("security.code", a.say("security.code.text")), a.say("code.read"), a.say("code.same"), a.say("code.differ")),
		levels, way,
		with(a.chapter("security.server", a.say("security.server.text")), a.say("server.names"), a.say("server.times"), a.say("server.addresses"), a.say("server.sizes")),
		how,
		with(a.chapter("security.access"), a.say("access.link"), a.say("access.door"), a.say("access.signin"), a.say("access.trail")),
	}
	return p
}

func with(s section, list ...string) section {
	s.List = list
	return s
}

// others are the further hosts with their countries.
func (a author) others() (rows [][]string) {
	all := a.c.Countries()
	for _, host := range slices.Sorted(maps.Keys(all)) {
		if all[host] != "" {
			rows = append(rows, []string{host, all[host]})
		}
	}
	return rows
}

// span writes a length of time in its largest whole unit.
func (a author) span(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		key  string
	}{{24 * time.Hour, "days"}, {time.Hour, "hours"}, {time.Minute, "minutes"}} {
		if d >= u.unit && d%u.unit == 0 {
			return a.say(u.key, "n", fmt.Sprint(int(d/u.unit)))
		}
	}
	return a.say("seconds", "n", fmt.Sprint(int(d.Seconds())))
}
