package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// static serves the files of the pages, which never change while the server runs: packed for who
// takes gzip, and not again for who has them (RFC 9110, 8.4.1 and 13.1.2). What is in them is
// public, so their length tells nothing.
type static struct {
	files map[string]*staticFile
}

// kinds are not asked of the system, whose tables differ.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2",
}

type staticFile struct {
	content []byte
	kind    string
	tag     string
	// packed is the content in gzip, nil where that is hardly smaller.
	packed func() []byte
}

func newStatic(from fs.FS) (*static, error) {
	s := &static{files: map[string]*staticFile{}}
	return s, fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		kind, known := kinds[path.Ext(name)]
		if !known {
			return fmt.Errorf("%s: a file of no kind that pages have", name)
		}
		s.files[name] = &staticFile{content: content, kind: kind, tag: base64.RawURLEncoding.EncodeToString(sum[:12]), packed: sync.OnceValue(func() []byte { return pack(content) })}
		return nil
	})
}

// pack answers nil where less than a tenth is won.
func pack(content []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil // the level is one that there is
	}
	_, _ = z.Write(content) // into memory
	_ = z.Close()
	if b.Len() > len(content)*9/10 {
		return nil
	}
	return b.Bytes()
}

// ServeHTTP answers for the path without its leading slash.
func (s *static) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	f := s.files[strings.TrimPrefix(r.URL.Path, "/")]
	if f == nil {
		http.NotFound(rw, r)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "no-cache") // it is asked for each time, and seldom sent
	h.Set("Vary", "Accept-Encoding")
	content, tag := f.content, f.tag
	if takesGzip(r.Header.Get("Accept-Encoding")) {
		if packed := f.packed(); packed != nil {
			content, tag = packed, tag+"-gzip"
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(content))
}

// takesGzip reads an Accept-Encoding (RFC 9110, 12.5.3).
func takesGzip(accepted string) bool {
	for one := range strings.SplitSeq(accepted, ",") {
		coding, weight, _ := strings.Cut(one, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			weight = strings.ReplaceAll(weight, " ", "")
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}
