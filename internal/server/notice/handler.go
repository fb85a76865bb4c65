package notice

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strconv"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/guide"
)

//go:embed page.html
var files embed.FS

// Handler serves Privacy and Security. fonts is the way from the pages to the typeface.
func Handler(fonts string, c config.Config) (http.Handler, error) {
	style, policy, err := guide.Style(fonts)
	if err != nil {
		return nil, err
	}
	form, err := template.ParseFS(files, "page.html")
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		t, err := assets.LoadTexts(guide.Language(r))
		if err != nil {
			http.Error(rw, "the texts are missing", http.StatusInternalServerError)
			return
		}
		a := author{t, c}
		p := a.privacy()
		if r.URL.Path == Security {
			p = a.security()
		}
		p.Language, p.Other, p.OtherName = t.Language(), a.say("other"), a.say("other_name")
		var b bytes.Buffer
		if err := form.Execute(&b, struct {
			page
			Style template.CSS
		}{p, template.CSS(style)}); err != nil { //nolint:gosec // our own style
			http.Error(rw, "the page cannot be written", http.StatusInternalServerError)
			return
		}
		head := rw.Header()
		head.Set("Content-Type", "text/html; charset=utf-8")
		head.Set("Content-Language", t.Language())
		head.Set("Content-Length", strconv.Itoa(b.Len()))
		head.Set("Cache-Control", "public, max-age=60")
		head.Set("Vary", "Accept-Language")
		head.Set("Content-Security-Policy", policy)
		if r.Method == http.MethodGet {
			_, _ = rw.Write(b.Bytes()) // a reader that went away needs no answer
		}
	}), nil
}
