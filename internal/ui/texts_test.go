package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
)

// constants of a string type in a package's folder, by parsing: a new one is found
// without telling this test.
func constants(t *testing.T, dir, typeName string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := spec.Type.(*ast.Ident); ok && id.Name == typeName && len(spec.Values) > 0 {
				if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
					if v, err := strconv.Unquote(lit.Value); err == nil {
						values = append(values, v)
					}
				}
			}
			return true
		})
	}
	if len(values) == 0 {
		t.Fatalf("no %s in %s", typeName, dir)
	}
	return values
}

func everyLanguage(t *testing.T, f func(t *testing.T, w words)) {
	for _, lang := range assets.Languages() {
		t.Run(lang, func(t *testing.T) { f(t, loadWords(lang)) })
	}
}

// Whatever goes wrong, there is a sentence and a next action.
func TestEveryProblemHasWords(t *testing.T) {
	codes := append(constants(t, "../call", "ProblemCode"), constants(t, "../call/wire", "Code")...)
	everyLanguage(t, func(t *testing.T, w words) {
		for _, code := range codes {
			for _, key := range []string{"problem." + code, "problem." + code + ".action"} {
				if !w.Has(key) {
					t.Errorf("no text %s", key)
				}
			}
			for _, detail := range []string{"", "X"} {
				sentence, action := w.problem(&call.Problem{Code: call.ProblemCode(code), Detail: detail})
				for _, s := range []string{sentence, action} {
					if s == "" || strings.Contains(s, "{") || strings.Contains(s, "  ") || strings.Contains(s, " .") {
						t.Errorf("%s with detail %q reads %q", code, detail, s)
					}
				}
			}
		}
		if s, a := w.problem(&call.Problem{Code: "never heard of"}); s == "" || a == "" {
			t.Error("an unknown problem has no words")
		}
	})
}

func TestEveryReasonHasWords(t *testing.T) {
	reasons := constants(t, "../call/wire", "Reason")
	everyLanguage(t, func(t *testing.T, w words) {
		for _, r := range reasons {
			if !w.Has("desktop.ended.reason." + r) {
				t.Errorf("no text for the reason %s", r)
			}
		}
	})
	if len(reasons) < 8 || reasons[0] != string(wire.ReasonLeft) {
		t.Errorf("reasons %q", reasons)
	}
}

// Every key in the source exists, and every text of the desktop is used.
func TestEveryTextIsUsed(t *testing.T) {
	used := map[string]bool{}
	files, _ := filepath.Glob("*.go")
	more, _ := filepath.Glob("board/*.go")
	for _, file := range append(files, more...) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, raw, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil && (strings.HasPrefix(s, "desktop.") || strings.HasPrefix(s, "common.")) {
					used[s] = true
				}
			}
			return true
		})
	}
	everyLanguage(t, func(t *testing.T, w words) {
		for key := range used {
			if strings.HasSuffix(key, ".") { // the beginning of a family of keys
				continue
			}
			if !w.Has(key) && !(w.Has(key+".one") && w.Has(key+".other")) {
				t.Errorf("%s is not in the texts", key)
			}
		}
		for _, key := range w.Keys() {
			if !strings.HasPrefix(key, "desktop.") {
				continue
			}
			base := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
			family := key[:strings.LastIndexByte(key, '.')+1]
			if !used[key] && !used[base] && !used[family] {
				t.Errorf("%s is not used", key)
			}
		}
	})
}
