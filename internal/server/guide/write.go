package guide

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"

	"ekermed.example/ekermed/assets"
)

// Path is where a server shows its guide, below its URL.
const Path = "/network-guide"

// Formats lists what Write knows; the first is the default.
func Formats() []string { return []string{"md", "html", "json", "svg"} }

// Write writes a guide to be kept as a file: the page has all it needs in it, and its
// links lead to the server.
func (g Guide) Write(w io.Writer, format string, t assets.Texts) error {
	switch format {
	case "md":
		return g.markdown(w, t)
	case "html":
		style, err := pageStyle("")
		if err != nil {
			return err
		}
		return g.page(w, t, style, g.URL+"/")
	case "json":
		return g.json(w, t)
	case "svg":
		return g.svg(w, t)
	}
	return fmt.Errorf("format %q: choose %s", format, strings.Join(Formats(), ", "))
}

// json writes the struct, with a sentence for each rule.
func (g Guide) json(w io.Writer, t assets.Texts) error {
	rules := make([]Rule, len(g.Rules))
	for i, r := range g.Rules {
		r.Text = strings.ReplaceAll(t.T("guide.use."+r.Use), "`", "")
		rules[i] = r
	}
	g.Rules = rules
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(g)
}

// svg writes the wide diagram with a style of its own.
func (g Guide) svg(w io.Writer, t assets.Texts) error {
	style, err := pictureStyle()
	if err != nil {
		return err
	}
	p := author{g, t}.diagram().wide(t.Language())
	p.Style = template.CSS(style) //nolint:gosec // nothing of the configuration is in it
	drawn, err := p.draw("wide")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+string(drawn)+"\n")
	return err
}

// sheet is what page.html fills in.
type sheet struct {
	document
	Style                           template.CSS
	Base, Other, OtherName, Formats string
}

// page writes HTML. base is the way from the page to the server's root, with a slash at
// its end, or empty.
func (g Guide) page(w io.Writer, t assets.Texts, style, base string) error {
	other := "en"
	if t.Language() == "en" {
		other = "fr"
	}
	d := g.document(t)
	tmpl, err := template.New("page.html").Funcs(template.FuncMap{
		"inline": inline,
		"wide":   func(d *diagram) (template.HTML, error) { return d.wide(t.Language()).draw("wide") },
		"narrow": func(d *diagram) (template.HTML, error) { return d.narrow(t.Language()).draw("narrow") },
	}).ParseFS(files, "page.html")
	if err != nil {
		return err
	}
	return tmpl.Execute(w, sheet{
		document: d, Style: template.CSS(style), //nolint:gosec // nothing of the configuration is in it
		Base: base, Other: other, OtherName: t.T("guide.language"), Formats: t.T("guide.formats"),
	})
}

// inline turns backticks into code and escapes everything.
func inline(text string) template.HTML {
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		part = template.HTMLEscapeString(part)
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		b.WriteString(part)
	}
	return template.HTML(b.String()) //nolint:gosec // escaped above
}
