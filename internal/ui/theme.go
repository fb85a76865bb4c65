package ui

import (
	"encoding/json"
	"fmt"
	"image/color"
	"strings"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// tokens is assets/tokens.json, as far as the desk uses it.
type tokens struct {
	Color  map[string]map[string]string `json:"color"`
	Space  map[string]float32           `json:"space"`
	Radius map[string]float32           `json:"radius"`
	Type   map[string]float32           `json:"type"`
}

func loadTokens() (tokens, error) {
	var t tokens
	raw, err := assets.File("tokens.json")
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return t, fmt.Errorf("assets/tokens.json: %w", err)
	}
	return t, nil
}

// deskTheme gives Fyne the product's tokens: by their own names to the widgets of
// package kit, and by Fyne's names to Fyne's own widgets.
type deskTheme struct {
	fyne.Theme
	palettes map[string]map[string]color.Color
	sizes    map[fyne.ThemeSizeName]float32
	fixed    string // "light" or "dark", empty to follow the system
	fonts    map[fyne.TextStyle]fyne.Resource
}

// NewTheme is the look of the desk for these settings. The tokens and fonts are
// embedded; should they be damaged, Fyne's own look fills in.
func NewTheme(s call.Settings) fyne.Theme {
	t := &deskTheme{Theme: theme.DefaultTheme(), fixed: s.Theme,
		palettes: map[string]map[string]color.Color{}, sizes: map[fyne.ThemeSizeName]float32{},
		fonts: map[fyne.TextStyle]fyne.Resource{}}
	tok, err := loadTokens()
	if err != nil {
		fyne.LogError("design tokens", err)
		return t.Theme
	}
	for name, palette := range tok.Color {
		t.palettes[name] = map[string]color.Color{}
		for key, hex := range palette {
			t.palettes[name][key] = parseHex(hex)
		}
	}
	scale := s.TextScale
	if scale < 0.5 || scale > 4 {
		scale = 1
	}
	t.setSizes(tok, scale)
	for style, file := range map[fyne.TextStyle]string{{}: "Regular", {Bold: true}: "Bold", {Italic: true}: "Italic"} {
		name := "AtkinsonHyperlegible-" + file + ".ttf"
		if raw, err := assets.File("fonts/" + name); err == nil {
			t.fonts[style] = fyne.NewStaticResource(name, raw)
		}
	}
	return t
}

func (t *deskTheme) setSizes(tok tokens, scale float32) {
	for prefix, group := range map[string]map[string]float32{"space:": tok.Space, "radius:": tok.Radius} {
		for key, value := range group {
			t.sizes[fyne.ThemeSizeName(prefix+key)] = value
		}
	}
	for key, value := range tok.Type {
		t.sizes[fyne.ThemeSizeName("type:"+key)] = value * scale
	}
	for name, value := range map[fyne.ThemeSizeName]float32{
		theme.SizeNameText:            tok.Type["body"] * scale,
		theme.SizeNameCaptionText:     tok.Type["caption"] * scale,
		theme.SizeNameSubHeadingText:  tok.Type["lead"] * scale,
		theme.SizeNameHeadingText:     tok.Type["title"] * scale,
		theme.SizeNameInlineIcon:      tok.Type["lead"] * scale,
		theme.SizeNameInnerPadding:    11,
		theme.SizeNameInputBorder:     1,
		theme.SizeNameInputRadius:     tok.Radius["m"],
		theme.SizeNameSelectionRadius: tok.Radius["s"],
		theme.SizeNameScrollBar:       10,
		theme.SizeNameScrollBarSmall:  5,
		theme.SizeNameScrollBarRadius: 5,
	} {
		t.sizes[name] = value
	}
}

func parseHex(s string) color.Color {
	var c color.NRGBA
	c.A = 0xff
	if _, err := fmt.Sscanf(s, "#%02x%02x%02x", &c.R, &c.G, &c.B); err != nil {
		fyne.LogError("design token "+s, err)
	}
	return c
}

// Color implements fyne.Theme.
func (t *deskTheme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	palette := "light"
	if t.fixed == "dark" || t.fixed != "light" && variant == theme.VariantDark {
		palette = "dark"
	}
	key, ours := strings.CutPrefix(string(name), "token:")
	if !ours {
		key = alias(name)
	}
	if within, rest, ok := strings.Cut(key, "/"); ok {
		palette, key = within, rest
	}
	if name == theme.ColorNameShadow {
		return color.NRGBA{A: 0x14}
	}
	if c, ok := t.palettes[palette][key]; ok {
		return c
	}
	return t.Theme.Color(name, variant)
}

// alias is the token that serves one of Fyne's own colour names, empty for none.
func alias(name fyne.ThemeColorName) string {
	switch name {
	case theme.ColorNameBackground:
		return "background"
	case theme.ColorNameForeground:
		return "text"
	case theme.ColorNamePlaceHolder, theme.ColorNameDisabled:
		return "text-muted"
	case theme.ColorNamePrimary, theme.ColorNameHyperlink:
		return "accent"
	case theme.ColorNameForegroundOnPrimary:
		return "accent-text"
	case theme.ColorNameButton, theme.ColorNameInputBackground:
		return "surface"
	case theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground:
		return "raised"
	case theme.ColorNameDisabledButton, theme.ColorNameHover, theme.ColorNamePressed, theme.ColorNameHeaderBackground:
		return "sunken"
	case theme.ColorNameFocus, theme.ColorNameSelection:
		return "accent-soft"
	case theme.ColorNameInputBorder, theme.ColorNameScrollBar:
		return "control-border"
	case theme.ColorNameSeparator:
		return "border"
	case theme.ColorNameError:
		return "danger"
	case theme.ColorNameSuccess:
		return "success"
	case theme.ColorNameWarning:
		return "waiting"
	}
	return ""
}

// Size implements fyne.Theme.
func (t *deskTheme) Size(name fyne.ThemeSizeName) float32 {
	if v, ok := t.sizes[name]; ok {
		return v
	}
	return t.Theme.Size(name)
}

// Font implements fyne.Theme.
func (t *deskTheme) Font(style fyne.TextStyle) fyne.Resource {
	if style.Monospace || style.Symbol {
		return t.Theme.Font(style)
	}
	if f := t.fonts[fyne.TextStyle{Bold: style.Bold, Italic: style.Italic && !style.Bold}]; f != nil {
		return f
	}
	return t.Theme.Font(style)
}

// stage is the colour behind pictures.
func stage() color.Color { return kit.Color(kit.Stage) }

// selfStage is the colour behind our own picture.
func selfStage() color.Color { return kit.Color(kit.CallControl) }
