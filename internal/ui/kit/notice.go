package kit

import "fyne.io/fyne/v2"

// Tone is what a pill or banner is about; it always comes with an icon and a word.
type Tone int

// The tones.
const (
	Neutral Tone = iota
	Info
	Amber     // somebody waits
	DeepAmber // somebody has waited for long
	Good
	Bad
)

func (t Tone) look() look {
	switch t {
	case Info:
		return look{AccentSoft, Accent, None}
	case Amber:
		return look{WaitingSoft, Waiting, None}
	case DeepAmber:
		return look{Waiting, WaitingText, None}
	case Good:
		return look{SuccessSoft, Success, None}
	case Bad:
		return look{DangerSoft, Danger, None}
	default:
		return look{Sunken, Muted, None}
	}
}

// Pill is a status: an icon and a word or two.
type Pill struct {
	// Box is what goes on the screen.
	Box   *fyne.Container
	panel *Panel
	icon  *Icon
	text  *Text
}

// NewPill shows a status.
func NewPill(tone Tone, icon, text string) *Pill {
	l := tone.look()
	p := &Pill{panel: NewPanel(l.fill, None, RadiusRound), icon: NewIcon(icon, Caption, l.ink),
		text: NewText(text, Caption, l.ink).Bold().Fit(Whole)}
	p.Box = Layers(p.panel, Inset(XS, S, Inset(Zero, XS, Row(XS, p.icon, p.text))))
	return p
}

// Text is what the pill says.
func (p *Pill) Text() string { return p.text.Text() }

// Set changes the status and tells whether anything changed.
func (p *Pill) Set(tone Tone, icon, text string) bool {
	l := tone.look()
	changed := p.text.Text() != text || p.panel.fill != l.fill
	p.panel.Set(l.fill, None)
	p.icon.Set(icon, l.ink)
	p.text.Paint(l.ink)
	p.text.Set(text)
	return changed
}

// Banner is a sentence with what to do next, across the screen.
type Banner struct {
	// Box is what goes on the screen.
	Box         *fyne.Container
	panel       *Panel
	icon        *Icon
	text, after *Text
	tone        Tone
}

// NewBanner is hidden until Say; buttons stand at its end.
func NewBanner(buttons ...fyne.CanvasObject) *Banner {
	b := &Banner{panel: NewPanel(Sunken, None, RadiusM), icon: NewIcon("info", Lead, Ink),
		text: NewText("", Body, Ink).Bold(), after: NewText("", Body, Ink)}
	words := Column(XS, b.text, b.after)
	objects := append([]fyne.CanvasObject{b.icon, words}, buttons...)
	b.Box = Layers(b.panel, Inset(M, M, Spread(M, 14, words, objects...)))
	b.Box.Hide()
	return b
}

// Text is the sentence shown, empty when hidden.
func (b *Banner) Text() string {
	if !b.Box.Visible() {
		return ""
	}
	return b.text.Text()
}

// Say shows a sentence and the next action; an empty sentence hides the banner. It
// tells whether anything changed.
func (b *Banner) Say(tone Tone, icon, sentence, action string) bool {
	if sentence == "" {
		if !b.Box.Visible() {
			return false
		}
		b.Box.Hide()
		return true
	}
	if b.Box.Visible() && b.text.Text() == sentence && b.after.Text() == action && b.tone == tone {
		return false
	}
	l := tone.look()
	b.tone = tone
	b.panel.Set(l.fill, None)
	b.icon.Set(icon, l.ink)
	b.text.Set(sentence)
	b.after.Set(action)
	ink := Ink
	if tone == DeepAmber {
		ink = l.ink
	}
	b.text.Paint(ink)
	b.after.Paint(ink)
	b.after.Hidden = action == ""
	b.Box.Show()
	return true
}
