package guide

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"ekermed.example/ekermed/assets"
)

// How long a guide serves before the DNS is asked again; less when a name was not found.
const (
	fresh     = 5 * time.Minute
	uncertain = 30 * time.Second
)

// Handler serves a guide at Path and with .html, .md, .json or .svg behind it. fonts is
// the way from the page to the typeface. remake makes the guide anew; it is asked every
// few minutes at most, whoever comes.
func Handler(fonts string, remake func(context.Context) Guide) (http.Handler, error) {
	page, policy, err := Style(fonts)
	return &handler{remake: remake, style: page, policy: policy}, err
}

// Style is that of the guide and of its sister pages, with the Content-Security-Policy
// that lets it and nothing else in. fonts is the way from the page to the typeface; more is
// what a sister page adds.
func Style(fonts string, more ...string) (css, policy string, err error) {
	page, err := pageStyle(fonts)
	if err != nil {
		return "", "", err
	}
	page += strings.Join(more, "")
	picture, err := pictureStyle()
	if err != nil {
		return "", "", err
	}
	return page, "default-src 'none'; style-src " + hash(page) + " " + hash(picture) +
		"; font-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", nil
}

type handler struct {
	remake        func(context.Context) Guide
	style, policy string

	mu    sync.Mutex
	guide Guide
	until time.Time
}

// now gives the guide. Who comes while it is made waits for it rather than make another.
func (h *handler) now() Guide {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Now().Before(h.until) {
		return h.guide
	}
	// Not the request's context: the guide is for those who come after, too.
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	h.guide = h.remake(ctx)
	h.until = time.Now().Add(fresh)
	for _, host := range h.guide.Hosts {
		if host.Problem != "" {
			h.until = time.Now().Add(uncertain)
		}
	}
	return h.guide
}

func (h *handler) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		rw.Header().Set("Allow", "GET, HEAD")
		http.Error(rw, "GET only", http.StatusMethodNotAllowed)
		return
	}
	t, err := assets.LoadTexts(Language(r))
	if err != nil {
		http.Error(rw, "the texts are missing", http.StatusInternalServerError)
		return
	}
	types := map[string]string{"": "text/html", "html": "text/html", "md": "text/markdown", "json": "application/json", "svg": "image/svg+xml"}
	format := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, Path), ".")
	kind, ok := types[format]
	if !ok {
		http.NotFound(rw, r)
		return
	}
	var b bytes.Buffer
	if kind == "text/html" {
		err = h.now().page(&b, t, h.style, "")
	} else {
		err = h.now().Write(&b, format, t)
	}
	if err != nil {
		http.Error(rw, "the guide cannot be written", http.StatusInternalServerError)
		return
	}
	head := rw.Header()
	head.Set("Content-Type", kind+"; charset=utf-8")
	head.Set("Content-Language", t.Language())
	head.Set("Content-Length", strconv.Itoa(b.Len()))
	head.Set("Cache-Control", "public, max-age=60")
	head.Set("Vary", "Accept-Language")
	head.Set("Content-Security-Policy", h.policy)
	if format == "svg" { // stands in documents elsewhere, and holds nothing of anybody
		head.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	if r.Method == http.MethodGet {
		_, _ = rw.Write(b.Bytes()) // a reader that went away needs no answer
	}
}

// Language is what the address asks for, else the best of Accept-Language (RFC 9110
// section 12.5.4) that we have, else the default.
func Language(r *http.Request) string {
	if asked := r.URL.Query().Get("language"); known(asked) {
		return asked
	}
	best, weight := "", 0.0
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, parameter, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if value, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q="); ok {
			var err error
			if q, err = strconv.ParseFloat(value, 64); err != nil {
				continue
			}
		}
		short, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if known(short) && q > weight {
			best, weight = short, q
		}
	}
	return best
}

func known(language string) bool { return contains(assets.Languages(), language) }
