package compat

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/server/guide"
)

// Path is that of the page; with .json behind it the same table is for programs.
const Path = "/compat"

//go:embed page.html page.css
var files embed.FS

// Current answers the table that this program was built with.
func Current() (Table, error) {
	m, err := Known()
	if err != nil {
		return Table{}, err
	}
	p, err := Tables()
	return Make(m, p), err
}

// JSON encodes a table; docs/compatibility.json is one.
func (t Table) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(t, "", "  ")
	return append(text, '\n'), err
}

// Handler serves Path and Path.json. fonts is the way from the page to the typeface.
func Handler(fonts string) (http.Handler, error) {
	css, err := files.ReadFile("page.css")
	if err != nil {
		return nil, err
	}
	style, policy, err := guide.Style(fonts, string(css))
	if err != nil {
		return nil, err
	}
	form, err := template.ParseFS(files, "page.html")
	if err != nil {
		return nil, err
	}
	table, err := Current()
	if err != nil {
		return nil, err
	}
	answers := map[string][]byte{}
	if answers["json"], err = table.JSON(); err != nil {
		return nil, err
	}
	for _, language := range assets.Languages() {
		t, err := assets.LoadTexts(language)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := form.Execute(&b, struct {
			page
			Style template.CSS
		}{writer{t, table}.page(), template.CSS(style)}); err != nil { //nolint:gosec // our own style
			return nil, err
		}
		answers[language] = b.Bytes()
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		head := rw.Header()
		which, kind := guide.Language(r), "text/html"
		if r.URL.Path == Path+".json" {
			which, kind = "json", "application/json"
		} else {
			if answers[which] == nil { // no language that we speak was asked for
				which = assets.Languages()[0]
			}
			head.Set("Content-Language", which)
			head.Set("Vary", "Accept-Language")
			head.Set("Content-Security-Policy", policy)
		}
		head.Set("Content-Type", kind+"; charset=utf-8")
		head.Set("Content-Length", strconv.Itoa(len(answers[which])))
		head.Set("Cache-Control", "public, max-age=60")
		if r.Method == http.MethodGet {
			_, _ = rw.Write(answers[which]) // a reader that went away needs no answer
		}
	}), nil
}
