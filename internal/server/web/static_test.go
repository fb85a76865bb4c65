package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

// The files of the pages come packed to who takes that, whole to who does not, and not at all to
// who has them.
func TestStaticFiles(t *testing.T) {
	r := newRig(t)
	get := func(path string, header map[string]string) result {
		return r.do(call{"GET", path, "", header})
	}
	plain := get("/s/app.js", map[string]string{"Accept-Encoding": "identity"})
	if plain.StatusCode != 200 || plain.Header.Get("Content-Encoding") != "" || plain.Header.Get("ETag") == "" {
		t.Fatalf("%s %v", plain.Status, plain.Header)
	}
	packed := get("/s/app.js", map[string]string{"Accept-Encoding": "br, gzip;q=0.5"})
	z, err := gzip.NewReader(strings.NewReader(packed.body))
	if err != nil {
		t.Fatal(packed.Header, err)
	}
	content, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(content, []byte(plain.body)) {
		t.Errorf("unpacked it is another file: %d of %d bytes, %v", len(content), len(plain.body), err)
	}
	if len(packed.body)*2 > len(plain.body) {
		t.Errorf("%d bytes of %d", len(packed.body), len(plain.body))
	}
	if a, b := plain.Header.Get("ETag"), packed.Header.Get("ETag"); a == b || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("one cache would take both for the same: %s, %s, %v", a, b, packed.Header)
	}
	for _, one := range []result{plain, packed} {
		accepted := "identity"
		if one.Header.Get("Content-Encoding") != "" {
			accepted = "gzip"
		}
		again := get("/s/app.js", map[string]string{"Accept-Encoding": accepted, "If-None-Match": one.Header.Get("ETag")})
		if again.StatusCode != http.StatusNotModified || again.body != "" {
			t.Errorf("%s: %s, %d bytes", accepted, again.Status, len(again.body))
		}
	}
	if f := get("/s/AtkinsonHyperlegible-Regular.woff2", map[string]string{"Accept-Encoding": "gzip"}); f.Header.Get("Content-Encoding") != "" || f.Header.Get("Content-Type") != "font/woff2" {
		t.Errorf("a font: %v", f.Header)
	}
	for accepted, want := range map[string]string{"gzip": "gzip", "GZIP;q=1": "gzip", "deflate, gzip": "gzip", "gzip;q=0": "", "gzip; q=0.000": "", "deflate": "", "*": ""} {
		if got := get("/s/app.css", map[string]string{"Accept-Encoding": accepted}).Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: %q", accepted, got)
		}
	}
	for _, path := range []string{"/s/", "/s/none.js", "/s/../web.go", "/s/%2e%2e/web.go", "/s/app.js/"} {
		if a := get(path, nil); a.StatusCode == 200 {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
}
