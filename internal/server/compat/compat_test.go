package compat

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

// result is a measurement in which everything went as said, but for what more says.
func result(name, version string, more map[Feature]Result) Engine {
	family, _, _ := strings.Cut(name, "-")
	e := Engine{Name: name, Family: family, Version: version, System: "Debian", Date: "2026-11-22", Features: map[Feature]Result{}}
	for _, f := range Features() {
		e.Features[f] = Result{State: Yes}
	}
	for f, r := range more {
		e.Features[f] = r
	}
	return e
}

func sample() Measured {
	var m Measured
	m.Add(result("chromium", "156.0.1.2", nil))
	m.Add(result("firefox", "153.7.0", map[Feature]Result{Share: {State: Unmeasured, Why: StandIn}}))
	m.Add(result("chromium-80", "80.0.3987.0", map[Feature]Result{Sealing: {State: No, Why: NoFrames}, Files: {State: Yes}}))
	m.Add(result("chromium-92", "92.0.4512.0", map[Feature]Result{Board: {State: No, Why: Failed}}))
	return m
}

func table(t *testing.T) Table {
	t.Helper()
	p, err := Tables()
	if err != nil {
		t.Fatal(err)
	}
	return Make(sample(), p)
}

func (t Table) row(s System, b Browser) Row {
	for _, r := range t.Rows {
		if r.System == s && r.Browser == b {
			return r
		}
	}
	return Row{}
}

// Nothing is claimed that was not measured or published, and each cell says which.
func TestCells(t *testing.T) {
	made := table(t)
	if len(made.Rows) != 5*9 {
		t.Fatalf("%d rows", len(made.Rows))
	}
	for _, c := range []struct {
		s    System
		b    Browser
		f    Feature
		want Cell
	}{
		// The ladder of one engine: from the oldest that has done it ever since.
		{"linux", "chrome", Media, Cell{State: Yes, Basis: IsMeasured, From: "80", Engine: "156.0.1.2", EngineFrom: "80.0.3987.0", Date: "2026-11-22"}},
		{"linux", "chrome", Sealing, Cell{State: Yes, Basis: IsMeasured, From: "92", Engine: "156.0.1.2", EngineFrom: "92.0.4512.0", Date: "2026-11-22"}},
		{"linux", "chrome", Board, Cell{State: Yes, Basis: IsMeasured, From: "156", Engine: "156.0.1.2", EngineFrom: "156.0.1.2", Date: "2026-11-22"}},
		{"windows", "edge", Media, Cell{State: Yes, Basis: SameEngine, From: "80", Engine: "156.0.1.2", EngineFrom: "80.0.3987.0", Date: "2026-11-22"}},
		// Opera and Samsung count differently: the release that has that engine. Samsung's 12 has 79.
		{"windows", "opera", Media, Cell{State: Yes, Basis: SameEngine, From: "67", Engine: "156.0.1.2", EngineFrom: "80.0.3987.0", Date: "2026-11-22"}},
		{"android", "samsung", Media, Cell{State: Yes, Basis: SameEngine, From: "13.0", Engine: "156.0.1.2", EngineFrom: "80.0.3987.0", Date: "2026-11-22"}},
		{"android", "samsung", Share, Cell{State: No, Why: ViewOnly}},
		{"ios", "safari", Share, Cell{State: No, Why: ViewOnly}}, // whatever its tables say: our page has no button there
		{"linux", "vivaldi", Media, Cell{State: Yes, Basis: SameEngine, Engine: "156.0.1.2", EngineFrom: "80.0.3987.0", Date: "2026-11-22"}},
		{"android", "vivaldi", Share, Cell{State: No, Why: ViewOnly}},
		// One version of Firefox was measured: older ones are published.
		{"linux", "firefox", Media, Cell{State: Yes, Basis: IsMeasured, From: "78", Published: true, Engine: "153.7.0", EngineFrom: "153.7.0", Date: "2026-11-22"}},
		{"linux", "firefox", Share, Cell{State: Yes, Basis: FromTables, From: "78", Published: true}},
		// No engine of Apple's can be had here.
		{"macos", "safari", Media, Cell{State: Yes, Basis: FromTables, From: "12.1", Published: true}},
		{"ios", "chrome", Media, Cell{State: Yes, Basis: FromTables, From: "14.5", Published: true}},
		{"ios", "samsung", Media, Cell{State: No, Why: NoProgram}},
		{"windows", "ie", Chat, Cell{State: No, Why: Retired}},
		{"windows", "edge_old", Chat, Cell{State: No, Why: Retired}},
	} {
		if got := made.row(c.s, c.b).Cells[c.f]; got != c.want {
			t.Errorf("%s %s %s:\n got %+v\nwant %+v", c.s, c.b, c.f, got, c.want)
		}
	}
	for _, s := range []System{"android", "ios"} {
		if got := Screen(made.row(s, "chrome")); got.State != Partly || got.Why != ViewOnly {
			t.Errorf("Chrome on %s: %+v", s, got)
		}
	}
	// With nothing measured, nothing is said to be.
	p, err := Tables()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Make(Measured{}, p).Rows {
		for f, c := range r.Cells {
			if c.Basis == IsMeasured || c.Basis == SameEngine {
				t.Errorf("%s %s %s rests on a measurement that is not there", r.System, r.Browser, f)
			}
		}
	}
}

// What the program was built with is complete, and the document is its copy.
func TestCurrent(t *testing.T) {
	made, err := Current()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"chromium", "firefox"} {
		found := false
		for _, e := range made.Engines {
			found = found || e.Name == want
		}
		if !found {
			t.Errorf("%s was never measured: run make matrix", want)
		}
	}
	text, err := made.JSON()
	if err != nil {
		t.Fatal(err)
	}
	const path = "../../../docs/compatibility.json"
	if os.Getenv("COMPAT_WRITE") != "" {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(kept, text) {
		t.Errorf("docs/compatibility.json is stale (%v): run go generate ./internal/server/compat", err)
	}
	written, err := Measured{made.Desktop, made.Engines}.Write()
	if err != nil || !bytes.Equal(written, measured) {
		t.Errorf("measured.json is not as it is written (%v)", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(measured)
	f.Add([]byte(`{"desktop":"x","engines":[{"name":"chromium","family":"chromium","version":"1","system":"x","date":"2026-01-01","features":{}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Read(text)
		if err != nil {
			return
		}
		again, err := m.Write()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Read(again); err != nil {
			t.Fatalf("%v: %s", err, again)
		}
	})
}

func get(t *testing.T, path string) (string, http.Header) {
	t.Helper()
	h, err := Handler("s/")
	if err != nil {
		t.Fatal(err)
	}
	rw := httptest.NewRecorder()
	h.ServeHTTP(rw, httptest.NewRequest(http.MethodGet, path, nil))
	if rw.Code != http.StatusOK {
		t.Fatalf("%s: %d", path, rw.Code)
	}
	return rw.Body.String(), rw.Header()
}

// Every system and browser is on the page, every state has its word beside its icon, and
// nothing else is let in.
func TestPage(t *testing.T) {
	for path, want := range map[string][]string{
		"/compat": {`lang="fr"`, "Navigateurs et systèmes", "Windows", "macOS", "iPhone et iPad", "Android", "Linux", "Chrome", "Firefox", "Opera", "Vivaldi", "Internet Explorer 11",
			"Edge, ancienne version", "Safari", "Samsung Internet", "Son et image", "Tableau", "Partage d’écran", "Conversation", "Fichiers", "D’après les données publiées, non mesuré",
			"Abandonné par son éditeur", "Prenez Edge, Chrome ou Firefox", "dès iOS 14.5"},
		"/compat?language=en": {`lang="en"`, "Browsers and systems", "From published data, not measured", "Not offered on this system"},
	} {
		body, head := get(t, path)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s does not say %q", path, w)
			}
		}
		bare := regexp.MustCompile(`(?s)<style>.*</style>`).ReplaceAllString(body, "")
		if missing := regexp.MustCompile(`compat\.[a-z_.]+|\{[a-z]+\}|ZgotmplZ`).FindString(bare); missing != "" {
			t.Errorf("%s: %q is no text", path, missing)
		}
		if n := strings.Count(bare, `<th scope="row">`); n < 5*9 {
			t.Errorf("%s: %d rows", path, n)
		}
		if naked := regexp.MustCompile(`aria-hidden="true">[^<]*</span>\s*<`).FindString(bare); naked != "" {
			t.Errorf("%s: an icon without a word: %s", path, naked)
		}
		if policy := head.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %s", path, policy)
		}
		if regexp.MustCompile(`(src|href)="(https?:)?//`).MatchString(body) {
			t.Errorf("%s links to somewhere else", path)
		}
		if dir := os.Getenv("COMPAT_PAGES"); dir != "" { // for people to look at
			if err := os.WriteFile(dir+"/compat-"+head.Get("Content-Language")+".html", []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	body, head := get(t, "/compat.json")
	if made, err := Current(); err != nil || head.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Error(err, head)
	} else if text, _ := made.JSON(); string(text) != body {
		t.Error("/compat.json is another table")
	}
}
