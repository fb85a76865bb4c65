package managed

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"ekermed.example/ekermed/internal/call/files/safe"
)

// Whatever is not understood is told, what is understood holds, and what may have been about
// files is never taken for nothing.
func TestParse(t *testing.T) {
	scan := []string{absolute("scan"), "--quiet", "{file}"}
	ours := "files.scanner = [" + quoted(scan) + "]\n"
	for name, tt := range map[string]struct {
		text     string
		want     Settings
		faulty   bool   // the scanner is
		mentions string // in the error; empty: there is none
	}{
		"nothing":           {"# all is theirs\n", Settings{}, false, ""},
		"all":               {ours + "server = 'visio.hospital.example/ekermed/'\nfiles.enabled = true", Settings{Server: "https://visio.hospital.example/ekermed", Scanner: safe.Scanner{Command: scan}}, false, ""},
		"with a mark":       {"\ufeffserver = 'h.example'", Settings{Server: "https://h.example"}, false, ""},
		"twice":             {"files.enabled = true\nfiles.enabled = true", Settings{NoFiles: true}, false, "files.enabled"},
		"off, with scanner": {"[files]\nenabled = false\nscanner = [" + quoted(scan) + "]", Settings{NoFiles: true, Scanner: safe.Scanner{Command: scan}}, false, ""},
		"no TOML":           {"server = ", Settings{NoFiles: true}, false, "line 1"},
		"another encoding":  {"\xff\xfes\x00e\x00r\x00", Settings{NoFiles: true}, false, "UTF-16"},
		"too long":          {"#" + strings.Repeat("x", MaxSize), Settings{NoFiles: true}, false, "65536"},
		"misspelt table":    {"server = 'h.example'\n[file]\nscanner = ['/bin/true']", Settings{Server: "https://h.example", NoFiles: true}, false, `"file"`},
		"misspelt scanner":  {"[files]\nscaner = ['/bin/true']", Settings{NoFiles: true}, false, `"files.scaner"`},
		"other case":        {"[files]\nEnabled = false", Settings{NoFiles: true}, false, `"files.Enabled"`},
		"no table":          {"files = false", Settings{NoFiles: true}, false, "[files]"},
		"off as a text":     {"[files]\nenabled = 'true'", Settings{NoFiles: true}, false, "files.enabled"},
		"server alone":      {"server = 'ftp://h.example'\n" + ours, Settings{Scanner: safe.Scanner{Command: scan}}, false, "ftp://h.example"},
		"server is none":    {"server = 3", Settings{}, false, "server"},
		"scanner as a text": {"files.scanner = '/bin/true {file}'", Settings{}, true, "as a list"},
		"scanner is empty":  {"files.scanner = []", Settings{}, true, "as a list"},
		"too many words":    {"files.scanner = [" + strings.Repeat("'/x',", maxWords+1) + "]", Settings{}, true, "as a list"},
		"a word is none":    {"files.scanner = ['/bin/true', 1]", Settings{}, true, "item 2"},
		"a word too long":   {"files.scanner = ['/" + strings.Repeat("x", maxWord) + "']", Settings{}, true, "item 1"},
		"a zero":            {`files.scanner = ["/bin/tr\u0000ue"]`, Settings{}, true, "item 1"},
		"no path":           {"files.scanner = ['clamdscan']", Settings{}, true, "whole path"},
		"no program":        {"files.scanner = ['']", Settings{}, true, "whole path"},
		"two faults":        {"server = 3\nfiles.scanner = []", Settings{}, true, "server: write"},
	} {
		s, err := Parse([]byte(tt.text))
		if told := ""; err != nil {
			told = err.Error()
			if tt.mentions == "" || !strings.Contains(told, tt.mentions) {
				t.Errorf("%s: the error is %q", name, told)
			}
		} else if tt.mentions != "" {
			t.Errorf("%s: nothing is wrong", name)
		}
		if (s.Scanner.Fault != nil) != tt.faulty {
			t.Errorf("%s: the scanner's fault is %v", name, s.Scanner.Fault)
		}
		s.Scanner.Fault = nil
		if !reflect.DeepEqual(s, tt.want) {
			t.Errorf("%s: %+v, want %+v", name, s, tt.want)
		}
		if told, again := err, error(nil); told != nil {
			if _, again = Parse([]byte(tt.text)); again.Error() != told.Error() {
				t.Errorf("%s: it is told another way each time", name)
			}
		}
	}
}

// absolute is the whole path of a program, on every system.
func absolute(name string) string {
	path, err := filepath.Abs(filepath.Join(string(filepath.Separator), "opt", name+".exe"))
	if err != nil {
		panic(err)
	}
	return path
}

func quoted(words []string) string { return "'" + strings.Join(words, "', '") + "'" }

// FuzzParse: no panic; whoever wrote something that is not understood gets no file unchecked.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "server = 'https://h.example'", "[files]\nenabled = false\nscanner = ['/bin/true', '{file}']", "files.scanner = [1979-05-27, [[]], {a = nan}]",
		"[files.scanner]\n", "[[files]]\n", "server = '''\n'''", "\"\\u202e\" = 1", strings.Repeat("a.", 200) + "b = 1", "x = " + strings.Repeat("[", 500) + strings.Repeat("]", 500)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse([]byte(text))
		if s.Scanner.Fault != nil && (err == nil || s.Scanner.Command != nil) {
			t.Fatalf("%q: %+v, %v", text, s, err)
		}
		if len(s.Scanner.Command) > 0 && !filepath.IsAbs(s.Scanner.Command[0]) {
			t.Fatalf("%q runs %q", text, s.Scanner.Command)
		}
		if s.Server != "" && !strings.HasPrefix(s.Server, "https://") && !strings.HasPrefix(s.Server, "http://") {
			t.Fatalf("%q: server %q", text, s.Server)
		}
		if err != nil && !s.NoFiles && s.Scanner.Fault == nil {
			if !strings.HasPrefix(err.Error(), "server") {
				t.Fatalf("%q: files pass unchecked although %v", text, err)
			}
		}
	})
}

// The example of each guide is what it says it is.
func TestGuides(t *testing.T) {
	for _, name := range []string{"guide-it.md", "guide-it.fr.md"} {
		page, err := os.ReadFile("../../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		block := regexp.MustCompile("(?s)```toml\n(.*?)```").FindSubmatch(page)
		if block == nil {
			t.Fatalf("%s has no example", name)
		}
		s, err := Parse(block[1])
		if err != nil || s.Server == "" || s.NoFiles || len(s.Scanner.Command) == 0 {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		path, err := Path()
		if err != nil || !strings.Contains(string(page), path) {
			t.Errorf("%s does not name %s, %v", name, path, err)
		}
	}
}

func allow(*os.File) error { return nil }

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if s, err := read(filepath.Join(dir, "none", "desktop.toml"), allow); err != nil || !reflect.DeepEqual(s, Settings{}) {
		t.Errorf("no file: %+v, %v", s, err)
	}
	good := write("good", "server = 'h.example'")
	if s, err := read(good, allow); err != nil || s.Server != "https://h.example" {
		t.Errorf("%+v, %v", s, err)
	}
	// A scanner that is not there is told, and asked all the same.
	missing := write("missing", "files.scanner = [ "+quoted([]string{filepath.Join(dir, "scan.exe")})+" ]")
	s, err := read(missing, allow)
	if err == nil || !strings.Contains(err.Error(), "files.scanner") || s.NoFiles {
		t.Errorf("%+v, %v", s, err)
	}
	if err := s.Scanner.Check(t.Context(), good); !errors.Is(err, safe.ErrUnchecked) {
		t.Errorf("without its scanner a file ends as %v", err)
	}
	lost := filepath.Join(dir, "lost")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), lost); err != nil {
		t.Fatal(err)
	}
	long := write("long", "#"+strings.Repeat("x", 2*MaxSize))
	for what, path := range map[string]string{"a folder": dir, "a link to nowhere": lost, "below a file": filepath.Join(good, "desktop.toml"), "too long": long} {
		if s, err := read(path, allow); err == nil || !strings.Contains(err.Error(), path) || !s.NoFiles {
			t.Errorf("%s: %+v, %v", what, s, err)
		}
	}
	distrust := errors.New("anybody may write to it")
	if s, err := read(good, func(*os.File) error { return distrust }); !errors.Is(err, distrust) || s.Server != "" || !s.NoFiles {
		t.Errorf("not trusted: %+v, %v", s, err)
	}
}
