package assets

import (
	"regexp"
	"slices"
	"testing"
)

var hole = regexp.MustCompile(`\{[a-z_]+\}`)

// A text in one language must exist in the other, with the same holes to fill.
func TestLanguagesAgree(t *testing.T) {
	base, err := LoadTexts("fr")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages()[1:] {
		other, err := LoadTexts(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range slices.Compact(slices.Sorted(slices.Values(append(base.Keys(), other.Keys()...)))) {
			if !base.Has(key) || !other.Has(key) {
				t.Errorf("%s is in one language only", key)
				continue
			}
			a, b := hole.FindAllString(base.T(key), -1), hole.FindAllString(other.T(key), -1)
			slices.Sort(a)
			slices.Sort(b)
			if !slices.Equal(slices.Compact(a), slices.Compact(b)) {
				t.Errorf("%s: %v in fr, %v in %s", key, a, b, lang)
			}
		}
	}
}

// French sets a space that does not break before : ; ! ? » and after «.
var plainSpace = regexp.MustCompile(` [:;!?»]|« |\.\.\.|[a-zà-ü]'[a-zà-ü]`)

func TestFrenchTypography(t *testing.T) {
	fr, err := LoadTexts("fr-FR")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range fr.Keys() {
		if bad := plainSpace.FindString(fr.T(key)); bad != "" {
			t.Errorf("%s: %q in %q: use U+202F or U+00A0, the ellipsis … and the apostrophe ’", key, bad, fr.T(key))
		}
	}
}

func TestTexts(t *testing.T) {
	en, err := LoadTexts("en_GB.UTF-8")
	if err != nil {
		t.Fatal(err)
	}
	if got := en.T("no.such.key"); got != "no.such.key" {
		t.Errorf("a missing key gave %q", got)
	}
	if en.Language() != "en" {
		t.Errorf("language %q", en.Language())
	}
}

// Four words are read aloud: none may be taken for another.
func TestSafetyWords(t *testing.T) {
	for _, language := range Languages() {
		words, err := SafetyWords(language)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, w := range words {
			if seen[w] || len([]rune(w)) < 2 || len([]rune(w)) > 12 {
				t.Errorf("%s: %q", language, w)
			}
			seen[w] = true
		}
		if len(words) != 256 {
			t.Errorf("%s: %d words", language, len(words))
		}
	}
}
