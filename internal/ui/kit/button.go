package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Kind is what a button looks like and so how much it matters.
type Kind int

// The kinds of buttons.
const (
	Primary          Kind = iota // the one thing to do on a screen
	Secondary                    // outlined
	Quiet                        // words only
	Plain                        // words only, for what is seldom wanted
	Risky                        // what cannot be taken back
	OnCall                       // in the bar of a call
	OffCall                      // in the bar of a call, for what is switched off
	LeaveCall                    // the red button of a call
	Nav                          // a place to go to
	NavHere                      // the place where one is
	OverPicture                  // a mark on top of a picture, with small words
	OverPictureAlarm             // the same, for what must be seen
)

// Button is a labelled button with an icon, a visible focus and at least 44 pixels
// of height. Enter and space press it.
type Button struct {
	widget.BaseWidget
	// Tap is called when the button is pressed.
	Tap func()
	// Name is the accessible name when the label alone is not enough, such as
	// "Faire entrer Camille Moreau".
	Name string

	host     *Host
	kind     Kind
	icon     string
	label    string
	hint     string
	stacked  bool
	disabled bool
	focused  bool
	hovered  bool
	small    bool
}

// NewButton makes a button; icon may be empty.
func NewButton(host *Host, kind Kind, icon, label string, tap func()) *Button {
	b := &Button{host: host, kind: kind, icon: icon, label: label, Tap: tap}
	b.ExtendBaseWidget(b)
	return b
}

// Stacked sets the icon above the label, as in the bar of a call.
func (b *Button) Stacked() *Button { b.stacked = true; return b }

// Small makes a button less wide, for rows with several.
func (b *Button) Small() *Button { b.small = true; return b }

// Named gives the button an accessible name.
func (b *Button) Named(name string) *Button { b.Name = name; return b }

// Hint writes the shortcut on the button; empty takes it away.
func (b *Button) Hint(keys string) *Button {
	if b.hint != keys {
		b.hint = keys
		b.Refresh()
	}
	return b
}

// Label is what is written on the button.
func (b *Button) Label() string { return b.label }

// Kind is the button's dress now.
func (b *Button) Kind() Kind { return b.kind }

// Hovered tells whether the pointer is on the button.
func (b *Button) Hovered() bool { return b.hovered }

// Focused tells whether the button has the keyboard.
func (b *Button) Focused() bool { return b.focused }

// Set changes kind, icon and label at once; equal ones cost nothing.
func (b *Button) Set(kind Kind, icon, label string) {
	if b.kind != kind || b.icon != icon || b.label != label {
		b.kind, b.icon, b.label = kind, icon, label
		b.Refresh()
	}
}

// Able enables or disables.
func (b *Button) Able(able bool) {
	if b.disabled == able {
		b.disabled = !able
		b.Refresh()
	}
}

// Enable, Disable and Disabled implement fyne.Disableable.
func (b *Button) Enable() { b.Able(true) }

// Disable implements fyne.Disableable.
func (b *Button) Disable() { b.Able(false) }

// Disabled implements fyne.Disableable.
func (b *Button) Disabled() bool { return b.disabled }

// Tapped implements fyne.Tappable.
func (b *Button) Tapped(*fyne.PointEvent) { b.press() }

func (b *Button) press() {
	b.host.touched()
	if !b.disabled && b.Tap != nil {
		b.Tap()
	}
}

// FocusGained implements fyne.Focusable.
func (b *Button) FocusGained() {
	b.focused = true
	b.Refresh()
	b.host.focused(b)
}

// FocusLost implements fyne.Focusable.
func (b *Button) FocusLost() {
	b.focused = false
	b.Refresh()
}

// TypedRune implements fyne.Focusable.
func (b *Button) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		b.press()
	default:
		b.host.key(e)
	}
}

// MouseIn implements desktop.Hoverable.
func (b *Button) MouseIn(*desktop.MouseEvent) {
	b.host.touched()
	b.hovered = true
	b.Refresh()
}

// MouseMoved implements desktop.Hoverable.
func (b *Button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (b *Button) MouseOut() {
	b.hovered = false
	b.Refresh()
}

// Cursor implements desktop.Cursorable.
func (b *Button) Cursor() desktop.Cursor {
	if b.disabled {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// AccessibilityLabel implements fyne.Accessible.
func (b *Button) AccessibilityLabel() string {
	if b.Name != "" {
		return b.Name
	}
	return b.label
}

// AccessibilityRole implements fyne.Accessible.
func (b *Button) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (b *Button) textName() fyne.ThemeSizeName {
	if b.stacked || b.kind == OverPicture || b.kind == OverPictureAlarm {
		return Caption
	}
	return Body
}

func (b *Button) textSize() float32 { return Size(b.textName()) }

func (b *Button) style() fyne.TextStyle {
	return fyne.TextStyle{Bold: b.kind != Nav && b.kind != Plain}
}

func (b *Button) padding() (h, v float32) {
	switch {
	case b.stacked:
		return Em(0.6), Em(0.55)
	case b.small:
		return Em(0.9), 8
	default:
		return Em(1.25), 11
	}
}
