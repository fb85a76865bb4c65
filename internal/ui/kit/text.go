package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Fit is what a text does when there is too little width.
type Fit int

// The ways a text fits.
const (
	// Wrapped breaks between words, and within a word that is too long.
	Wrapped Fit = iota
	// Elided stays on one line and ends in an ellipsis.
	Elided
	// Whole stays on one line and claims the width it needs.
	Whole
)

// Text is a piece of text in the product's type sizes and colours.
type Text struct {
	widget.BaseWidget
	text  string
	size  fyne.ThemeSizeName
	color fyne.ThemeColorName
	bold  bool
	fit   Fit
	align fyne.TextAlign
}

// NewText is wrapped text.
func NewText(text string, size fyne.ThemeSizeName, color fyne.ThemeColorName) *Text {
	t := &Text{text: text, size: size, color: color}
	t.ExtendBaseWidget(t)
	return t
}

// Bold makes the text bold.
func (t *Text) Bold() *Text { t.bold = true; return t }

// Fit sets what happens when there is too little width.
func (t *Text) Fit(f Fit) *Text { t.fit = f; return t }

// Align sets the alignment of the lines.
func (t *Text) Align(a fyne.TextAlign) *Text { t.align = a; return t }

// Text is what is shown.
func (t *Text) Text() string { return t.text }

// Set shows another text; an equal one costs nothing.
func (t *Text) Set(text string) {
	if t.text != text {
		t.text = text
		t.Refresh()
	}
}

// Paint changes the colour.
func (t *Text) Paint(color fyne.ThemeColorName) {
	if t.color != color {
		t.color = color
		t.Refresh()
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (t *Text) AccessibilityLabel() string { return t.text }

// AccessibilityRole implements fyne.Accessible.
func (t *Text) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (t *Text) style() fyne.TextStyle { return fyne.TextStyle{Bold: t.bold} }

func (t *Text) measure(s string) fyne.Size { return fyne.MeasureText(s, Size(t.size), t.style()) }

// lineHeight leaves a little air between lines.
func (t *Text) lineHeight() float32 {
	return t.measure("É").Height + Size(t.size)*0.12
}

// HeightFor is the height of the lines at this width.
func (t *Text) HeightFor(width float32) float32 {
	return float32(len(t.lines(width))) * t.lineHeight()
}

// MinSize implements fyne.CanvasObject.
func (t *Text) MinSize() fyne.Size {
	natural := t.measure(t.text).Width
	switch t.fit {
	case Whole:
		return fyne.NewSize(natural, t.lineHeight())
	case Elided:
		return fyne.NewSize(fyne.Min(natural, Em(4)), t.lineHeight())
	default:
		width := t.Size().Width
		if width == 0 {
			width = natural
		}
		return fyne.NewSize(fyne.Min(natural, Em(4)), t.HeightFor(width))
	}
}

// lines breaks the text for a width.
func (t *Text) lines(width float32) []string {
	switch {
	case t.fit == Whole:
		return []string{t.text}
	case t.fit == Elided:
		return []string{t.elide(t.text, width)}
	}
	var all []string
	for _, paragraph := range strings.Split(t.text, "\n") {
		all = append(all, t.wrap(paragraph, width)...)
	}
	return all
}

func (t *Text) wrap(paragraph string, width float32) []string {
	if width <= 0 || t.measure(paragraph).Width <= width {
		return []string{paragraph}
	}
	var all []string
	line := ""
	for _, word := range strings.Split(paragraph, " ") {
		next := word
		if line != "" {
			next = line + " " + word
		}
		if t.measure(next).Width <= width {
			line = next
			continue
		}
		if line != "" {
			all = append(all, line)
		}
		for t.measure(word).Width > width {
			head := t.head(word, width)
			if head == word {
				break
			}
			all = append(all, head)
			word = word[len(head):]
		}
		line = word
	}
	return append(all, line)
}

// head is the longest beginning of word that fits, one letter at least.
func (t *Text) head(word string, width float32) string {
	last := 0
	for i := range word {
		if i > 0 && t.measure(word[:i]).Width > width {
			break
		}
		last = i
	}
	if last == 0 {
		for i := range word {
			if i > 0 {
				return word[:i]
			}
		}
		return word
	}
	return word[:last]
}

func (t *Text) elide(s string, width float32) string {
	if width <= 0 || t.measure(s).Width <= width+0.5 {
		return s
	}
	head := t.head(s, width-t.measure("…").Width)
	return strings.TrimRight(head, " ") + "…"
}

// CreateRenderer implements fyne.Widget.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	r := &textRenderer{t: t}
	r.Refresh()
	return r
}

type textRenderer struct {
	t     *Text
	lines []fyne.CanvasObject
}

func (r *textRenderer) Destroy()                     {}
func (r *textRenderer) MinSize() fyne.Size           { return r.t.MinSize() }
func (r *textRenderer) Objects() []fyne.CanvasObject { return r.lines }
func (r *textRenderer) Layout(size fyne.Size)        { r.set(size) }

func (r *textRenderer) Refresh() {
	r.set(r.t.Size())
	canvas.Refresh(r.t)
}

func (r *textRenderer) set(size fyne.Size) {
	lines := r.t.lines(size.Width)
	for len(r.lines) < len(lines) {
		r.lines = append(r.lines, canvas.NewText("", nil))
	}
	r.lines = r.lines[:len(lines)]
	h := r.t.lineHeight()
	y := float32(0)
	if r.t.fit != Wrapped {
		y = fyne.Max(0, (size.Height-h)/2)
	}
	for i, s := range lines {
		line := r.lines[i].(*canvas.Text)
		line.Text, line.Color, line.TextSize = s, Color(r.t.color), Size(r.t.size)
		line.TextStyle, line.Alignment = r.t.style(), r.t.align
		line.Move(fyne.NewPos(0, y))
		line.Resize(fyne.NewSize(size.Width, h))
		y += h
	}
}
