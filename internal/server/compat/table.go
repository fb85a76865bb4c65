package compat

import (
	"slices"
	"strings"
)

// System is an operating system of the table.
type System string

// Browser is a column of the table.
type Browser string

// Systems and Browsers list them in the order of the table.
func Systems() []System { return []System{"windows", "macos", "ios", "android", "linux"} }

// Browsers lists the columns: those of the first source document, which are nine.
func Browsers() []Browser {
	return []Browser{"chrome", "firefox", "opera", "vivaldi", "ie", "edge_old", "edge", "safari", "samsung"}
}

// Basis is what a cell rests on.
type Basis string

// Measured: here, with this browser on this system. SameEngine: measured here with its engine,
// in another program or on another system. FromTables: published data alone.
const (
	IsMeasured Basis = "measured"
	SameEngine Basis = "engine"
	FromTables Basis = "published"
)

// Cell says what one browser on one system can do.
type Cell struct {
	State State `json:"state"`
	Why   Why   `json:"why,omitempty"`
	Basis Basis `json:"basis,omitempty"`
	// From is the lowest version, in the browser's own counting, or the system's on iOS. It is
	// Published when no test has looked at versions that old; empty when it is not known.
	From      string `json:"from,omitempty"`
	Published bool   `json:"from_published,omitempty"`
	// Engine and Date name the newest measurement that it rests on, EngineFrom the oldest.
	Engine     string `json:"engine,omitempty"`
	EngineFrom string `json:"engine_from,omitempty"`
	Date       string `json:"date,omitempty"`
}

// Row is one browser on one system.
type Row struct {
	System  System           `json:"system"`
	Browser Browser          `json:"browser"`
	Cells   map[Feature]Cell `json:"cells"`
}

// Table is the whole: a row for each browser on each system, in order.
type Table struct {
	Desktop string   `json:"desktop"`
	Source  string   `json:"published_source"`
	Dated   string   `json:"published_date"`
	Engines []Engine `json:"measured"`
	Rows    []Row    `json:"rows"`
}

// kind is how a browser on a system is judged.
type kind struct {
	family string // of the engine that is measured; empty when none of it can be
	tables string // of the published tables; empty when they do not know it
	counts string // chromium: its versions are the engine's
	here   bool   // it is what was measured
	phone  bool   // our page offers no button there to show a screen
	why    Why    // it is not judged at all
}

// kinds says how each browser is judged on a system. On iOS all are WebKit, whatever their
// name, and count by the system.
func kinds(s System) map[Browser]kind {
	k := map[Browser]kind{
		"chrome":   {family: "chromium", tables: "chrome", counts: "chromium"},
		"firefox":  {family: "firefox", tables: "firefox"},
		"opera":    {family: "chromium", tables: "opera"},
		"vivaldi":  {family: "chromium"},
		"ie":       {why: NoProgram},
		"edge_old": {why: NoProgram},
		"edge":     {family: "chromium", tables: "edge", counts: "chromium"},
		"safari":   {why: NoProgram},
		"samsung":  {why: NoProgram},
	}
	switch s {
	case "windows":
		k["ie"], k["edge_old"] = kind{why: Retired}, kind{why: Retired}
	case "macos":
		k["safari"] = kind{tables: "safari"}
	case "ios":
		for _, b := range []Browser{"chrome", "firefox", "opera", "vivaldi", "edge"} {
			k[b] = kind{tables: "webview_ios"}
		}
		k["safari"] = kind{tables: "safari_ios"}
	case "android":
		k["chrome"] = kind{family: "chromium", tables: "chrome_android", counts: "chromium"}
		k["firefox"] = kind{family: "firefox", tables: "firefox_android"}
		k["opera"] = kind{family: "chromium", tables: "opera_android"}
		k["vivaldi"] = kind{family: "chromium", tables: "chrome_android"}
		k["edge"] = kind{family: "chromium", tables: "chrome_android", counts: "chromium"}
		k["samsung"] = kind{family: "chromium", tables: "samsunginternet_android"}
	case "linux":
		for _, b := range []Browser{"chrome", "firefox"} {
			here := k[b]
			here.here = true
			k[b] = here
		}
	}
	if s == "ios" || s == "android" {
		for b, held := range k {
			held.phone = true
			k[b] = held
		}
	}
	return k
}

// Make judges every cell from what was measured and what is published.
func Make(m Measured, p Published) Table {
	t := Table{Desktop: m.Desktop, Source: p.Source, Dated: p.Date, Engines: m.Engines}
	for _, s := range Systems() {
		all := kinds(s)
		for _, b := range Browsers() {
			row := Row{System: s, Browser: b, Cells: map[Feature]Cell{}}
			for _, f := range Features() {
				row.Cells[f] = all[b].judge(f, m, p)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

func (k kind) judge(f Feature, m Measured, p Published) Cell {
	if k.why != "" {
		return Cell{State: No, Why: k.why}
	}
	if k.phone && f == Share {
		return Cell{State: No, Why: ViewOnly}
	}
	known, inTables := p.Browsers[k.tables]
	since := known.Features[f]
	if inTables && since.Since == "" {
		return Cell{State: No, Why: NoAPI, Basis: FromTables}
	}
	ladder := rungs(m, k.family, f)
	if len(ladder) == 0 { // nothing of the engine was measured, or not this
		if !inTables {
			return Cell{State: Unmeasured}
		}
		return Cell{State: Yes, Basis: FromTables, From: since.Since, Published: true}
	}
	oldest, newest := ladder[0], ladder[len(ladder)-1]
	r := newest.Features[f]
	c := Cell{State: r.State, Why: r.Why, Basis: SameEngine, Engine: newest.Version, EngineFrom: oldest.Version, Date: newest.Date}
	if k.here {
		c.Basis = IsMeasured
	}
	if r.State == No {
		return c
	}
	switch {
	case !many(m, k.family):
		c.From, c.Published = since.Since, true
	case known.Blink != nil:
		c.From = known.with(oldest.Major())
	case k.counts == "chromium":
		c.From = first(oldest.Version)
	}
	// Where the tables want a newer one than was measured, they are believed.
	if c.From != "" && compare(since.Since, c.From) > 0 {
		c.From, c.Published = since.Since, true
	}
	return c
}

// rungs are the measurements of an engine from the newest back, as long as the feature did
// the same; those that could not tell are left out.
func rungs(m Measured, family string, f Feature) (up []Engine) {
	for _, e := range slices.Backward(m.Engines) {
		r := e.Features[f]
		if family == "" || e.Family != family || r.State == Unmeasured {
			continue
		}
		if len(up) > 0 && up[0].Features[f].State != r.State {
			break
		}
		up = append([]Engine{e}, up...)
	}
	return up
}

// many tells whether an engine was measured in more than one version.
func many(m Measured, family string) bool {
	n := 0
	for _, e := range m.Engines {
		if e.Family == family {
			n++
		}
	}
	return n > 1
}

// first is the first number of a version.
func first(version string) string {
	head, _, _ := strings.Cut(version, ".")
	return head
}
