package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Entry is Fyne's entry that hands on the keys and shortcuts it has no use for.
type Entry struct {
	widget.Entry
	// Name is the accessible name: the field's label.
	Name string
	// ReadOnly: the text can be read, selected and copied, and not changed by hand.
	ReadOnly bool
	// Send is called by Enter; in an entry of several lines Shift and Enter break the line
	// then. Nil leaves Enter to the entry.
	Send func()
	host *Host
	ring *focusRing
}

// NewEntry is a one-line entry.
func NewEntry(host *Host, name string) *Entry {
	e := &Entry{host: host, Name: name}
	e.Wrapping = fyne.TextWrapOff
	e.ExtendBaseWidget(e)
	return e
}

// NewTextEntry is an entry of several lines.
func NewTextEntry(host *Host, name string, rows int) *Entry {
	e := NewEntry(host, name)
	e.MultiLine, e.Wrapping = true, fyne.TextWrapWord
	e.SetMinRowsVisible(rows)
	return e
}

// TypedKey implements fyne.Focusable.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyEscape, fyne.KeyF1:
		e.host.key(k)
	case fyne.KeyReturn, fyne.KeyEnter:
		if e.Send != nil {
			e.enter()
			return
		}
		if !e.ReadOnly {
			e.Entry.TypedKey(k)
		}
	case fyne.KeyBackspace, fyne.KeyDelete:
		if !e.ReadOnly {
			e.Entry.TypedKey(k)
		}
	default:
		e.Entry.TypedKey(k)
	}
}

// enter sends, or breaks the line with Shift.
func (e *Entry) enter() {
	keys, ok := fyne.CurrentApp().Driver().(desktop.Driver)
	if ok && keys.CurrentKeyModifiers()&fyne.KeyModifierShift != 0 && e.MultiLine {
		e.Entry.TypedRune('\n')
		return
	}
	e.Send()
}

// TypedRune implements fyne.Focusable.
func (e *Entry) TypedRune(r rune) {
	e.host.touched()
	if !e.ReadOnly {
		e.Entry.TypedRune(r)
	}
}

// TappedSecondary opens the menu, which would paste into what is only read.
func (e *Entry) TappedSecondary(p *fyne.PointEvent) {
	if !e.ReadOnly {
		e.Entry.TappedSecondary(p)
	}
}

// TypedShortcut implements fyne.Shortcutable.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	switch s.(type) {
	case *fyne.ShortcutCut, *fyne.ShortcutPaste, *fyne.ShortcutUndo, *fyne.ShortcutRedo:
		if e.ReadOnly {
			return
		}
	}
	e.Entry.TypedShortcut(s)
	e.host.shortcut(s)
}

// AcceptsTab leaves Tab to the focus, also in an entry of several lines.
func (e *Entry) AcceptsTab() bool { return false }

// FocusGained implements fyne.Focusable.
func (e *Entry) FocusGained() {
	e.Entry.FocusGained()
	e.ring.set(true)
	e.host.focused(e)
}

// FocusLost implements fyne.Focusable.
func (e *Entry) FocusLost() {
	e.Entry.FocusLost()
	e.ring.set(false)
}

// AccessibilityLabel implements fyne.Accessible.
func (e *Entry) AccessibilityLabel() string { return e.Name }

// AccessibilityRole implements fyne.Accessible. Fyne has no role for an entry yet.
func (e *Entry) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// Picker is Fyne's drop-down list with the product's keys and focus.
type Picker struct {
	widget.Select
	// Name is the accessible name: the question.
	Name string
	host *Host
	ring *focusRing
}

// NewPicker lists options; changed is called with the index chosen by hand.
func NewPicker(host *Host, name string, changed func(index int)) *Picker {
	p := &Picker{host: host, Name: name}
	p.OnChanged = func(string) { changed(p.SelectedIndex()) }
	p.ExtendBaseWidget(p)
	return p
}

// Fill sets options and the chosen one (-1 for none) without calling back.
func (p *Picker) Fill(options []string, chosen int, none string) {
	changed := p.OnChanged
	p.OnChanged = nil
	p.PlaceHolder = none
	p.SetOptions(options)
	if chosen >= 0 {
		p.SetSelectedIndex(chosen)
	} else {
		p.ClearSelected()
	}
	if len(options) == 0 {
		p.Disable()
	} else {
		p.Enable()
	}
	p.OnChanged = changed
}

// MinSize leaves long names to be cut.
func (p *Picker) MinSize() fyne.Size {
	m := p.Select.MinSize()
	return fyne.NewSize(fyne.Min(m.Width, Em(8)), fyne.Max(44, m.Height))
}

// TypedKey implements fyne.Focusable.
func (p *Picker) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyEscape, fyne.KeyF1:
		p.host.key(k)
	case fyne.KeyReturn, fyne.KeyEnter:
		p.Select.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	default:
		p.Select.TypedKey(k)
	}
}

// FocusGained implements fyne.Focusable.
func (p *Picker) FocusGained() {
	p.Select.FocusGained()
	p.ring.set(true)
	p.host.focused(p)
}

// FocusLost implements fyne.Focusable.
func (p *Picker) FocusLost() {
	p.Select.FocusLost()
	p.ring.set(false)
}

// AccessibilityLabel implements fyne.Accessible.
func (p *Picker) AccessibilityLabel() string { return p.Name + ", " + p.Selected }

// AccessibilityRole implements fyne.Accessible.
func (p *Picker) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Field is a labelled control with a sentence about what is wrong with it.
type Field struct {
	// Box is what goes on the screen.
	Box     *fyne.Container
	label   *Text
	problem *fyne.Container
	said    *Text
}

// Label puts a name above an entry, a picker or a choice.
func Label(name string, control fyne.CanvasObject) *Field {
	f := &Field{label: NewText(name, Body, Ink).Bold(), said: NewText("", Body, Danger)}
	icon := NewIcon("warning-circle", Body, Danger)
	f.problem = SpreadTop(S, 4, f.said, icon, f.said)
	f.problem.Hide()
	f.Box = Column(S, f.label, ringed(control), f.problem)
	return f
}

// Bare is Label without the words above, where they would say nothing new.
func Bare(control fyne.CanvasObject) *fyne.Container { return ringed(control) }

// Wrong shows a sentence below the control; an empty one takes it away. It tells
// whether anything changed.
func (f *Field) Wrong(sentence string) bool {
	if f.said.Text() == sentence && f.problem.Visible() == (sentence != "") {
		return false
	}
	f.said.Set(sentence)
	if sentence == "" {
		f.problem.Hide()
	} else {
		f.problem.Show()
	}
	return true
}

// ringed gives Fyne's own controls the product's focus ring.
func ringed(control fyne.CanvasObject) *fyne.Container {
	ring := newFocusRing()
	switch c := control.(type) {
	case *Entry:
		c.ring = ring
	case *Picker:
		c.ring = ring
		return container.New(&layers{}, ring, NewPanel(Surface, ControlBorder, RadiusM), control)
	default:
		return container.New(&layers{}, control)
	}
	return container.New(&layers{}, ring, control)
}

// focusRing is drawn around a control that has the keyboard.
type focusRing struct {
	widget.BaseWidget
	on bool
}

func newFocusRing() *focusRing {
	r := &focusRing{}
	r.ExtendBaseWidget(r)
	return r
}

func (f *focusRing) set(on bool) {
	if f != nil && f.on != on {
		f.on = on
		f.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (f *focusRing) CreateRenderer() fyne.WidgetRenderer {
	return &ringRenderer{f, canvas.NewRectangle(color.Transparent)}
}

type ringRenderer struct {
	f    *focusRing
	rect *canvas.Rectangle
}

func (r *ringRenderer) Destroy()                     {}
func (r *ringRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r *ringRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.rect} }

func (r *ringRenderer) Layout(size fyne.Size) {
	r.rect.Move(fyne.NewPos(-4, -4))
	r.rect.Resize(size.AddWidthHeight(8, 8))
}

func (r *ringRenderer) Refresh() {
	r.rect.CornerRadius, r.rect.StrokeWidth, r.rect.StrokeColor = Size(RadiusM)+4, 0, color.Transparent
	if r.f.on {
		r.rect.StrokeWidth, r.rect.StrokeColor = 2.5, Color(FocusRing)
	}
	r.rect.Refresh()
}
