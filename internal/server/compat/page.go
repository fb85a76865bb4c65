package compat

import (
	"slices"
	"time"

	"ekermed.example/ekermed/assets"
)

// page is the table in one language.
type page struct {
	Language, Other, OtherName    string
	Title, Lead, Measured, Legend string
	Desktop                       [2]string // title and sentence
	Marks                         []mark
	Features                      []string
	Browser                       string // the head of the first column
	Systems                       []sheet
	Lab                           lab
	Foot, See, SeeName            string
}

// mark is a state as icon and word; Tone is its class.
type mark struct{ Icon, Word, Tone, Meaning string }

// sheet is one system: a line for each browser.
type sheet struct {
	ID, Title string
	Lines     []entry
}

// entry is one browser. Whole stands for all its cells.
type entry struct {
	Name  string
	Whole *field
	Cells []field
}

// field is one cell.
type field struct {
	mark
	Head, From string
	Notes      []string
}

// lab lists what was measured.
type lab struct {
	Title, Text string
	Head        []string
	Rows        [][]field
}

// columns are the features of the table: showing and seeing a screen are one there.
func columns() []Feature { return []Feature{Media, Board, Share, Chat, Files, Sealing} }

// writer writes in one language.
type writer struct {
	t     assets.Texts
	table Table
}

func (w writer) say(key string, pairs ...string) string { return w.t.T("compat."+key, pairs...) }

func (w writer) mark(s State) mark {
	icon := map[State]string{Yes: "✓", Partly: "◐", No: "✕", Unmeasured: "?"}[s]
	return mark{icon, w.say("state." + string(s)), string(s), w.say("state." + string(s) + "_text")}
}

func (w writer) day(date string) string {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date // Read has refused it
	}
	return w.say("day", "day", w.t.Date(at), "year", at.Format("2006"))
}

func (w writer) page() page {
	p := page{
		Language: w.t.Language(), Other: w.say("other"), OtherName: w.say("other_name"),
		Title: w.say("title"), Lead: w.say("lead"), Measured: w.say("measured", "source", w.table.Source, "date", w.day(w.table.Dated)),
		Legend: w.say("legend"), Browser: w.say("browser"), Desktop: [2]string{w.say("desktop.title"), w.say("desktop.text", "version", w.table.Desktop)},
		Foot: w.say("foot"), See: "diag", SeeName: w.say("test"),
	}
	for _, s := range []State{Yes, Partly, No, Unmeasured} {
		p.Marks = append(p.Marks, w.mark(s))
	}
	for _, f := range columns() {
		p.Features = append(p.Features, w.say("feature."+string(f)))
	}
	for _, s := range Systems() {
		sheet := sheet{ID: string(s), Title: w.say("system." + string(s))}
		for _, r := range w.table.Rows {
			if r.System == s {
				sheet.Lines = append(sheet.Lines, w.entry(r))
			}
		}
		p.Systems = append(p.Systems, sheet)
	}
	p.Lab = w.lab()
	return p
}

func (w writer) entry(r Row) entry {
	e := entry{Name: w.say("browser_name." + string(r.Browser))}
	if why := r.Cells[Media].Why; why == Retired || why == NoProgram {
		whole := field{mark: w.mark(No), Notes: []string{w.say("why." + string(why))}}
		if why == NoProgram {
			whole.mark = mark{"–", w.say("absent"), "absent", ""}
			whole.Notes = nil
		} else {
			whole.Notes = append(whole.Notes, w.say("nearest."+string(r.System)))
		}
		e.Whole = &whole
		return e
	}
	for _, f := range columns() {
		c := r.Cells[f]
		if f == Share {
			c = Screen(r)
		}
		e.Cells = append(e.Cells, w.field(r, f, c))
	}
	return e
}

// Screen is what a browser can do with screens: show and see, or see only.
func Screen(r Row) Cell {
	c := r.Cells[Share]
	if c.State == No && r.Cells[Watch].State == Yes {
		why := c.Why
		c = r.Cells[Watch]
		c.State, c.Why = Partly, why
	}
	return c
}

func (w writer) field(r Row, f Feature, c Cell) field {
	out := field{mark: w.mark(c.State), Head: w.say("feature." + string(f))}
	if c.From != "" {
		key := "from"
		if r.System == "ios" {
			key = "from_ios"
		}
		out.From = w.say(key, "version", c.From)
	} else if c.Engine != "" && c.State != No {
		out.From = w.say("from_engine", "version", first(c.EngineFrom))
	}
	if c.Why != "" {
		out.Notes = append(out.Notes, w.say("why."+string(c.Why)))
	}
	switch c.Basis {
	case IsMeasured:
		out.Notes = append(out.Notes, w.say("basis.measured", "version", c.Engine, "date", w.day(c.Date)))
	case SameEngine:
		name := "chromium"
		if r.Browser == "firefox" {
			name = "firefox"
		}
		out.Notes = append(out.Notes, w.say("basis.engine", "engine", w.say("engine."+name), "version", first(c.Engine)))
	case FromTables:
		out.Notes = append(out.Notes, w.say("basis.published"))
	}
	if c.Published && c.Basis != FromTables && c.From != "" {
		out.Notes = append(out.Notes, w.say("basis.old"))
	}
	return out
}

// lab lists the measurements, the newest of each family first.
func (w writer) lab() lab {
	l := lab{Title: w.say("lab.title"), Text: w.say("lab.text"), Head: []string{w.say("lab.engine")}}
	for _, f := range Features() {
		l.Head = append(l.Head, w.say("measure."+string(f)))
	}
	for _, e := range slices.Backward(w.table.Engines) {
		row := []field{{mark: mark{Word: w.say("engine."+e.Family) + " " + e.Version}, Head: l.Head[0], Notes: []string{e.System, w.day(e.Date)}}}
		for i, f := range Features() {
			r := e.Features[f]
			out := field{mark: w.mark(r.State), Head: l.Head[i+1]}
			if r.Why != "" {
				out.Notes = []string{w.say("why." + string(r.Why))}
			}
			row = append(row, out)
		}
		l.Rows = append(l.Rows, row)
	}
	return l
}
