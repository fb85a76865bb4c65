package ui

import (
	"image/color"
	"math"
	"testing"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// luminance is the relative luminance of WCAG 2.2.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	lin := func(v uint32) float64 {
		f := float64(v) / 0xffff
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Every text the desk writes can be read on what it is written upon (WCAG 1.4.3), and
// what must be seen of a control too (1.4.11).
func TestContrast(t *testing.T) {
	type pair struct {
		ink, ground fyne.ThemeColorName
		least       float64
	}
	var pairs []pair
	for _, ground := range []fyne.ThemeColorName{kit.Background, kit.Surface, kit.Raised, kit.Sunken} {
		for _, ink := range []fyne.ThemeColorName{kit.Ink, kit.Muted, kit.Accent, kit.Danger} {
			pairs = append(pairs, pair{ink, ground, 4.5})
		}
		pairs = append(pairs, pair{kit.FocusRing, ground, 3}, pair{kit.ControlBorder, ground, 3})
	}
	pairs = append(pairs, pair{kit.AccentText, kit.Accent, 4.5}, pair{kit.AccentText, kit.AccentHover, 4.5},
		pair{kit.Accent, kit.AccentSoft, 4.5}, pair{kit.Ink, kit.AccentSoft, 4.5},
		pair{kit.Waiting, kit.WaitingSoft, 4.5}, pair{kit.Ink, kit.WaitingSoft, 4.5}, pair{kit.WaitingText, kit.Waiting, 4.5},
		pair{kit.Danger, kit.DangerSoft, 4.5}, pair{kit.Ink, kit.DangerSoft, 4.5}, pair{kit.DangerText, kit.Danger, 4.5},
		pair{kit.Success, kit.SuccessSoft, 4.5}, pair{kit.Waiting, kit.Surface, 3}, pair{kit.Success, kit.Border, 3},
		pair{kit.CallInk, kit.Stage, 4.5}, pair{kit.CallMuted, kit.Stage, 4.5}, pair{kit.CallInk, kit.CallBar, 4.5},
		pair{kit.CallMuted, kit.CallBar, 4.5}, pair{kit.CallInk, kit.CallControl, 4.5}, pair{kit.CallWaiting, kit.CallBar, 4.5},
		pair{kit.Stage, kit.CallInk, 4.5}, pair{kit.CallDangerText, kit.CallDanger, 4.5}, pair{kit.CallMuted, kit.CallControl, 3})
	for _, name := range []string{"light", "dark"} {
		th := NewTheme(call.Settings{Theme: name})
		for _, p := range pairs {
			ink, ground := th.Color(p.ink, theme.VariantLight), th.Color(p.ground, theme.VariantLight)
			if got := contrast(ink, ground); got < p.least {
				t.Errorf("%s: %s on %s has %.2f, needs %.1f", name, p.ink, p.ground, got, p.least)
			}
		}
	}
}

// Every name that package kit asks for is in tokens.json, in both palettes.
func TestThemeKnowsItsTokens(t *testing.T) {
	tok, err := loadTokens()
	if err != nil {
		t.Fatal(err)
	}
	for key := range tok.Color["light"] {
		if tok.Color["dark"][key] == "" {
			t.Errorf("%s is in light only", key)
		}
	}
	for key := range tok.Color["dark"] {
		if tok.Color["light"][key] == "" {
			t.Errorf("%s is in dark only", key)
		}
	}
	light := NewTheme(call.Settings{Theme: "light"}).(*deskTheme)
	for _, name := range []fyne.ThemeSizeName{kit.XS, kit.S, kit.M, kit.L, kit.XL, kit.XXL, kit.RadiusS, kit.RadiusM, kit.RadiusL,
		kit.RadiusRound, kit.Caption, kit.Body, kit.Lead, kit.Title, kit.Display} {
		if light.sizes[name] == 0 {
			t.Errorf("no size for %s", name)
		}
	}
}

func TestThemeFollowsSettings(t *testing.T) {
	system := NewTheme(call.Settings{})
	if system.Color(kit.Surface, theme.VariantDark) == system.Color(kit.Surface, theme.VariantLight) {
		t.Error("without a choice the theme must follow the system")
	}
	dark := NewTheme(call.Settings{Theme: "dark"})
	if dark.Color(kit.Surface, theme.VariantLight) != system.Color(kit.Surface, theme.VariantDark) {
		t.Error("a chosen theme must not follow the system")
	}
	large := NewTheme(call.Settings{TextScale: 2})
	if large.Size(kit.Body) != 2*system.Size(kit.Body) || large.Size(theme.SizeNameText) != 2*system.Size(theme.SizeNameText) {
		t.Error("text does not grow with the text scale")
	}
	if large.Size(kit.M) != system.Size(kit.M) {
		t.Error("spaces must not grow with the text scale")
	}
	for _, s := range []float32{-1, 0, 100} {
		if NewTheme(call.Settings{TextScale: s}).Size(kit.Body) != system.Size(kit.Body) {
			t.Errorf("text scale %v is not put right", s)
		}
	}
	if name := large.Font(fyne.TextStyle{Bold: true}).Name(); name != "AtkinsonHyperlegible-Bold.ttf" {
		t.Errorf("bold is written with %s", name)
	}
}
