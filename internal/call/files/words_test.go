package files

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/call/files/safe"
)

// constants are the values of a string type in a source file: a new one is found without
// telling this test.
func constants(t *testing.T, file, kind string) (all []string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\t\w+ +`+kind+` += "(\w+)"`).FindAllStringSubmatch(string(b), -1) {
		all = append(all, m[1])
	}
	return all
}

// Whatever becomes of a file there is a sentence, in each language.
func TestEveryProblemHasWords(t *testing.T) {
	keys := map[string][]string{
		"problem": constants(t, "view.go", "Problem"),
		"state":   constants(t, "view.go", "State"),
		"warning": constants(t, "safe/kind.go", "Warning"),
	}
	for kind, want := range map[string]string{"problem": string(ProblemByHand), "state": string(Withdrawn), "warning": string(safe.Mismatch)} {
		if !slices.Contains(keys[kind], want) {
			t.Fatalf("the list of %s is %q", kind, keys[kind])
		}
	}
	for _, language := range assets.Languages() {
		texts, err := assets.LoadTexts(language)
		if err != nil {
			t.Fatal(err)
		}
		for kind, all := range keys {
			for _, code := range all {
				if !texts.Has("files." + kind + "." + code) {
					t.Errorf("%s: no text files.%s.%s", language, kind, code)
				}
			}
		}
	}
}
