// Package assets holds what desktop, page and server share: the texts in every
// language, the design tokens, the typeface and the icons.
package assets

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

//go:embed i18n tokens.json fonts icons safety sounds
var files embed.FS

// Languages lists the languages there are texts for; the first is the default.
func Languages() []string { return []string{"fr", "en"} }

// File returns an embedded file by its path below assets/, such as "icons/phone.svg".
func File(name string) ([]byte, error) { return files.ReadFile(name) }

// Texts are the product's sentences in one language.
type Texts struct {
	language string
	byKey    map[string]string
}

// LoadTexts reads the texts of a language ("fr", "fr-FR", "en_GB.UTF-8", …). A
// language that we do not speak gets the default.
func LoadTexts(language string) (Texts, error) {
	short, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(language, "_", "-")), "-")
	short, _, _ = strings.Cut(short, ".")
	if !slices.Contains(Languages(), short) {
		short = Languages()[0]
	}
	raw, err := files.ReadFile("i18n/" + short + ".json")
	if err != nil {
		return Texts{}, err
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return Texts{}, fmt.Errorf("assets/i18n/%s.json: %w", short, err)
	}
	t := Texts{short, map[string]string{}}
	return t, t.flatten("", tree)
}

func (t Texts) flatten(prefix string, tree map[string]any) error {
	for key, value := range tree {
		switch value := value.(type) {
		case string:
			t.byKey[prefix+key] = value
		case map[string]any:
			if err := t.flatten(prefix+key+".", value); err != nil {
				return err
			}
		default:
			return fmt.Errorf("assets/i18n/%s.json: %s%s is neither text nor section", t.language, prefix, key)
		}
	}
	return nil
}

// Language is the language of these texts, "fr" or "en".
func (t Texts) Language() string { return t.language }

// Keys lists every key, sorted.
func (t Texts) Keys() []string {
	keys := make([]string, 0, len(t.byKey))
	for k := range t.byKey {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Has tells whether there is a text under key.
func (t Texts) Has(key string) bool { _, ok := t.byKey[key]; return ok }

// T returns the text under key with {name} replaced for each name, value pair. A
// missing key comes back as itself, so that it is seen.
func (t Texts) T(key string, pairs ...string) string {
	text, ok := t.byKey[key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, "{"+pairs[i]+"}", pairs[i+1])
	}
	return text
}

// N picks key.one or key.other by the language's plural rule and fills {n}.
func (t Texts) N(key string, n int, pairs ...string) string {
	form := ".other"
	if n == 1 || (n == 0 && t.language == "fr") {
		form = ".one"
	}
	return t.T(key+form, append(pairs, "n", fmt.Sprint(n))...)
}

// SafetyWords are the words of safety codes in a language, 256 of them: word n means the
// same in every language.
func SafetyWords(language string) ([]string, error) {
	raw, err := files.ReadFile("safety/" + language + ".txt")
	if err != nil {
		return nil, fmt.Errorf("no safety words in %q: %w", language, err)
	}
	return strings.Fields(string(raw)), nil
}
