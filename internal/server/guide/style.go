package guide

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ekermed.example/ekermed/assets"
)

// variables are the design tokens as CSS, light and dark, as the patient's page has
// them.
func variables() (string, error) {
	raw, err := assets.File("tokens.json")
	if err != nil {
		return "", err
	}
	var tokens struct {
		Color               map[string]map[string]string
		Space, Radius, Type map[string]int
	}
	if err := json.Unmarshal(raw, &tokens); err != nil {
		return "", fmt.Errorf("assets/tokens.json: %w", err)
	}
	var b strings.Builder
	colours := func(set, fill string) {
		for _, k := range slices.Sorted(maps.Keys(tokens.Color[set])) {
			fmt.Fprintf(&b, "--%s:%s;", k, tokens.Color[set][k])
		}
		fmt.Fprintf(&b, "--fill:%s;", tokens.Color[set][fill])
	}
	b.WriteString(":root{color-scheme:light dark;")
	for _, group := range []struct {
		name   string
		values map[string]int
	}{{"space", tokens.Space}, {"radius", tokens.Radius}} {
		for _, k := range slices.Sorted(maps.Keys(group.values)) {
			fmt.Fprintf(&b, "--%s-%s:%dpx;", group.name, k, group.values[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(tokens.Type)) {
		fmt.Fprintf(&b, "--type-%s:%grem;", k, float64(tokens.Type[k])/16)
	}
	colours("light", "sunken")
	// Paper is white: printing takes the light colours on every machine.
	b.WriteString("}\n@media screen and (prefers-color-scheme:dark){:root{")
	colours("dark", "raised")
	b.WriteString("}}\n")
	return b.String(), nil
}

// pictureStyle is the style of a diagram in a file of its own, with a ground to be read
// on whatever page it stands.
func pictureStyle() (string, error) {
	v, err := variables()
	if err != nil {
		return "", err
	}
	css, err := files.ReadFile("diagram.css")
	return v + string(css) + ".flows .ground{fill:var(--surface)}", err
}

// pageStyle is the style of the whole page. fonts is where the typeface lies; empty
// puts it into the style, for a page in a file of its own.
func pageStyle(fonts string) (string, error) {
	v, err := variables()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, face := range []struct {
		weight int
		file   string
	}{{400, "AtkinsonHyperlegible-Regular.woff2"}, {700, "AtkinsonHyperlegible-Bold.woff2"}} {
		src := fonts + face.file
		if fonts == "" {
			raw, err := assets.File("fonts/" + face.file)
			if err != nil {
				return "", err
			}
			src = "data:font/woff2;base64," + base64.StdEncoding.EncodeToString(raw)
		}
		fmt.Fprintf(&b, "@font-face{font-family:\"Atkinson Hyperlegible\";font-weight:%d;font-display:swap;src:url(%q) format(\"woff2\")}\n", face.weight, src)
	}
	b.WriteString(v)
	for _, name := range []string{"diagram.css", "page.css"} {
		css, err := files.ReadFile(name)
		if err != nil {
			return "", err
		}
		b.Write(css)
	}
	return b.String(), nil
}

// hash is how a Content-Security-Policy names one style.
func hash(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
