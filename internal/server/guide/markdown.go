package guide

import (
	"io"
	"strings"

	"ekermed.example/ekermed/assets"
)

// markdown writes the guide as text. The diagram is a picture on the server, with its
// flows in words beside it, so that the text is complete without it.
func (g Guide) markdown(w io.Writer, t assets.Texts) error {
	d := g.document(t)
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, "") + "\n") }
	line("# ", d.Title, "\n")
	line(d.Lead, "\n")
	line(d.Made)
	if d.Warning != "" {
		line("\n> ", d.Warning)
	}
	for _, s := range d.Sections {
		line("\n## ", s.Title)
		for _, block := range s.Blocks {
			line()
			g.block(line, block, t)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (g Guide) block(line func(...string), b block, t assets.Texts) {
	switch {
	case b.Heading != "":
		line("### ", b.Heading)
	case b.Text != "":
		line(b.Text)
	case b.Note != "":
		line("> ", b.Note)
	case b.Diagram != nil:
		url := g.URL + Path + ".svg?language=" + t.Language()
		line("![", alt(b.Diagram.Alt), "](<", strings.NewReplacer("<", "%3C", ">", "%3E", "\n", "").Replace(url), ">)\n")
		line(t.T("guide.flows.file", "url", value(url)))
	}
	for _, item := range b.List {
		line("- ", item)
	}
	if len(b.Code) > 0 {
		line("```")
		for _, l := range b.Code {
			line(l)
		}
		line("```")
	}
	if b.Table == nil {
		return
	}
	line("| ", strings.Join(b.Table.Head, " | "), " |")
	line("|", strings.Repeat("---|", len(b.Table.Head)))
	for _, row := range b.Table.Rows {
		cells := make([]string, len(row))
		for i, lines := range row {
			cells[i] = strings.ReplaceAll(strings.Join(lines, "<br>"), "|", "\\|")
		}
		line("| ", strings.Join(cells, " | "), " |")
	}
}

func alt(s string) string { return strings.NewReplacer("[", "(", "]", ")", "\\", "/").Replace(s) }
