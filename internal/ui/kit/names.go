// Package kit is the set of small widgets that every screen of the desk is built
// from: text that wraps, buttons with a visible focus, cards, pills, banners,
// segmented choices. Their colours and sizes come from the theme by the names of
// assets/tokens.json, so that a change of theme needs a Refresh and nothing else.
package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Colours by their token: the theme of package ui resolves them.
const (
	Background    fyne.ThemeColorName = "token:background"
	Surface       fyne.ThemeColorName = "token:surface"
	Raised        fyne.ThemeColorName = "token:raised"
	Sunken        fyne.ThemeColorName = "token:sunken"
	Border        fyne.ThemeColorName = "token:border"
	ControlBorder fyne.ThemeColorName = "token:control-border"
	Ink           fyne.ThemeColorName = "token:text"
	Muted         fyne.ThemeColorName = "token:text-muted"
	Accent        fyne.ThemeColorName = "token:accent"
	AccentHover   fyne.ThemeColorName = "token:accent-hover"
	AccentText    fyne.ThemeColorName = "token:accent-text"
	AccentSoft    fyne.ThemeColorName = "token:accent-soft"
	Waiting       fyne.ThemeColorName = "token:waiting"
	WaitingText   fyne.ThemeColorName = "token:waiting-text"
	WaitingSoft   fyne.ThemeColorName = "token:waiting-soft"
	Danger        fyne.ThemeColorName = "token:danger"
	DangerText    fyne.ThemeColorName = "token:danger-text"
	DangerSoft    fyne.ThemeColorName = "token:danger-soft"
	Success       fyne.ThemeColorName = "token:success"
	SuccessSoft   fyne.ThemeColorName = "token:success-soft"
	FocusRing     fyne.ThemeColorName = "token:focus"
	Scrim         fyne.ThemeColorName = "token:scrim"

	Stage          fyne.ThemeColorName = "token:call/stage"
	CallBar        fyne.ThemeColorName = "token:call/bar"
	CallInk        fyne.ThemeColorName = "token:call/text"
	CallMuted      fyne.ThemeColorName = "token:call/text-muted"
	CallControl    fyne.ThemeColorName = "token:call/control"
	CallDanger     fyne.ThemeColorName = "token:call/danger"
	CallDangerText fyne.ThemeColorName = "token:call/danger-text"
	CallWaiting    fyne.ThemeColorName = "token:call/waiting"

	// None is no colour at all.
	None fyne.ThemeColorName = ""
)

// Sizes by their token. Type sizes grow with the text scale, spaces do not.
const (
	XS  fyne.ThemeSizeName = "space:xs"
	S   fyne.ThemeSizeName = "space:s"
	M   fyne.ThemeSizeName = "space:m"
	L   fyne.ThemeSizeName = "space:l"
	XL  fyne.ThemeSizeName = "space:xl"
	XXL fyne.ThemeSizeName = "space:xxl"
	// Zero is no space.
	Zero fyne.ThemeSizeName = ""

	RadiusS     fyne.ThemeSizeName = "radius:s"
	RadiusM     fyne.ThemeSizeName = "radius:m"
	RadiusL     fyne.ThemeSizeName = "radius:l"
	RadiusRound fyne.ThemeSizeName = "radius:round"

	Caption fyne.ThemeSizeName = "type:caption"
	Body    fyne.ThemeSizeName = "type:body"
	Lead    fyne.ThemeSizeName = "type:lead"
	Title   fyne.ThemeSizeName = "type:title"
	Display fyne.ThemeSizeName = "type:display"
)

// Color resolves a colour of the present theme; None is transparent.
func Color(name fyne.ThemeColorName) color.Color {
	if name == None {
		return color.Transparent
	}
	return theme.Color(name)
}

// Size resolves a size of the present theme; Zero is 0.
func Size(name fyne.ThemeSizeName) float32 {
	if name == Zero {
		return 0
	}
	return theme.Size(name)
}

// Em is the size of body text now: widths that must follow the text scale are
// given in it.
func Em(n float32) float32 { return n * Size(Body) }

// tint is the colour with another opacity, for hover and press.
func tint(name fyne.ThemeColorName, alpha uint8) color.Color {
	r, g, b, _ := Color(name).RGBA()
	return color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), alpha}
}

// Host is where widgets send what they do not use themselves, so that shortcuts
// work whatever has the focus.
type Host struct {
	// Key gets keys the focused widget has no use for: F1, Escape.
	Key func(*fyne.KeyEvent)
	// Shortcut gets shortcuts the focused widget has no use for.
	Shortcut func(fyne.Shortcut)
	// Focused is told which object has got the focus, to bring it into view.
	Focused func(fyne.CanvasObject)
	// Touched is told that somebody types or points at something.
	Touched func()
}

func (h *Host) touched() {
	if h != nil && h.Touched != nil {
		h.Touched()
	}
}

func (h *Host) key(e *fyne.KeyEvent) {
	h.touched()
	if h != nil && h.Key != nil {
		h.Key(e)
	}
}

func (h *Host) shortcut(s fyne.Shortcut) {
	h.touched()
	if h != nil && h.Shortcut != nil {
		h.Shortcut(s)
	}
}

func (h *Host) focused(o fyne.CanvasObject) {
	h.touched()
	if h != nil && h.Focused != nil {
		h.Focused(o)
	}
}
