// Package ui is the desk as the clinician sees it: a function of call.State and of
// its own navigation, which emits call.Event and nothing else. It knows neither the
// network nor the devices, and runs without a display for its tests.
//
// All methods but Run are for the UI thread; Run reaches it through Options.Post.
package ui

import (
	"context"
	"image"
	"reflect"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Frames has the newest picture of everybody. Pictures are tight RGBA and must not
// change until two more have been asked for.
type Frames interface {
	// Latest returns the newest picture of a person and its number; "" is ourselves,
	// and nil means no picture.
	Latest(peer string) (img *image.RGBA, seq uint64)
}

// Paper is a PDF that is open, pdf.Document in the program. Close may be called at any time.
type Paper interface {
	Pages() int
	// Page draws the page of that number, from 0, with its longer side longest pixels.
	Page(ctx context.Context, number, longest int) (*image.RGBA, error)
	Close()
}

// Post runs a function on the UI thread: fyne.Do in the program.
type Post func(func())

// Options are the ways out of the package. Emit and Post are needed; a nil one of
// the others means that the program cannot do it.
type Options struct {
	Emit   func(call.Event)
	Post   Post
	Frames Frames
	// Level is what the microphone hears, 0 to 1.
	Level func() float64
	// LevelOf is how loud somebody is, 0 to 1.
	LevelOf func(peer string) float64
	// Focused is told the accessible name of what has the keyboard.
	Focused func(name string)
	// Active is told, once a minute at most, that somebody is at the desk.
	Active func()
	// Notify shows a notification of the system, Title sets the window's title and
	// Chime plays a short sound.
	Notify func(title, body string)
	Title  func(string)
	Chime  func()
	// Copy puts a text on the clipboard and OpenURL shows a page in the browser.
	Copy    func(string)
	OpenURL func(string)
	// PickFiles asks which files to send, and PickFolder where to keep one; nothing is called
	// when the clinician thinks better of it. Downloads is where files are kept otherwise.
	PickFiles   func(chosen func(paths []string))
	PickPicture func(chosen func(path string)) // PNG, JPEG or PDF
	PickFolder  func(chosen func(dir string))
	// OpenPaper opens a PDF: content, or where that is nil the file at path. Its errors are those
	// of package pdf where the PDF is to blame.
	OpenPaper func(path string, content []byte) (Paper, error)
	// Save asks where to keep a content, and keeps it.
	Save      func(name string, content []byte)
	Downloads string
	// Aside runs what would hold the UI thread up; nil means at once, here.
	Aside func(work func())
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Language is the system's, used while the settings name none.
	Language string
	// Version is shown in the help.
	Version string
	// System is the operating system as runtime.GOOS names it, for the sentences on
	// how to allow a device.
	System string
}

// screen is what fills the window.
type screen interface {
	object() fyne.CanvasObject
	// show brings the screen up to date.
	show(call.State)
	// tick moves its clocks; it tells whether the layout must follow.
	tick(now time.Time) bool
	// frames pulls pictures and levels, at the screen's pace.
	frames()
	// first is what gets the keyboard when the screen comes, nil for nothing.
	first() fyne.Focusable
	// leave is called when the screen goes.
	leave()
}

// name of a screen.
type name string

const (
	atSignIn   name = "signin"
	atToday    name = "today"
	atDevices  name = "devices"
	atSettings name = "settings"
	atWaiting  name = "waiting"
	atCall     name = "call"
	atEnded    name = "ended"
	// atDiagnosis is beside the rail, and alone when nobody is signed in.
	atDiagnosis      name = "diagnosis"
	atDiagnosisAlone name = "diagnosis-alone"
)

// UI is the desk.
type UI struct {
	o        Options
	words    words
	host     *kit.Host
	canvas   fyne.Canvas
	root     *fyne.Container
	backdrop *mover
	active   time.Time // when somebody was last said to be at the desk

	state   call.State
	began   bool
	place   name // where the clinician is when in no room
	at      name
	screen  screen
	dialog  *dialog
	draft   draft
	door    arrivals
	online  time.Time // when the agenda was last current
	clocked time.Time
	input   input
	// adjusted is the number of the setting that was changed last; it gets the keyboard
	// back after the change has built the screen anew.
	adjusted int
	live     liveness
	beside   beside
	drawing  drawing
	viewing  viewing
}

// New makes a desk that shows nothing until Show. It needs fyne.CurrentApp, whose
// theme it sets, now and whenever the settings change.
func New(o Options) *UI {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Aside == nil {
		o.Aside = func(work func()) { work() }
	}
	if o.Emit == nil {
		o.Emit = func(call.Event) {}
	}
	fyne.CurrentApp().Settings().SetTheme(NewTheme(call.Settings{}))
	u := &UI{o: o, place: atToday}
	u.backdrop = newMover(kit.Background, u.touched)
	u.host = &kit.Host{Key: u.typed, Shortcut: u.shortcut, Focused: u.reveal, Touched: u.touched}
	u.root = container.New(&windowLayout{}, u.backdrop)
	return u
}

// Content is the whole window. Set it once; screens change inside.
func (u *UI) Content() fyne.CanvasObject { return u.root }

// Show brings the desk to this state. It costs little when nothing changed, and
// keeps focus, half-typed text and scroll position.
func (u *UI) Show(s call.State) {
	if u.began && reflect.DeepEqual(u.state, s) {
		return
	}
	if u.onlyPointed(s) {
		return
	}
	redress := !u.began || u.state.Settings != s.Settings
	heldUp := s.Call.Live() && s.Call.Problem.WantsLogin() && !u.state.Call.Problem.WantsLogin()
	answered := u.state.Invite.Phase == call.InviteSending && s.Invite.Phase != call.InviteSending
	before := u.state.Call
	u.state = s
	u.announceChat(before)
	if redress {
		u.redress()
	}
	if s.Agenda.Online {
		u.online = u.o.Now()
	}
	if s.Account.Phase != call.SignedIn {
		u.online = time.Time{}
	}
	u.follow(redress)
	if redress && u.dialog != nil {
		// What had the keyboard before is gone with the old screen.
		if u.dialog.before = nil; u.dialog.again != nil {
			u.dialog.again()
		}
	}
	u.begin()
	if answered && u.dialog == nil {
		u.openInvite() // its dialog was closed meanwhile; the link is shown only now
	}
	if heldUp && u.dialog == nil {
		u.openProxy() // the room does not come back without
	}
	u.announce()
}

// onlyPointed takes fingers that moved on a shown screen, which they do many times a second: all
// else stays as it is.
func (u *UI) onlyPointed(s call.State) bool {
	screen, ok := u.screen.(*callScreen)
	before := u.state
	before.Call.Dots = s.Call.Dots
	if !u.began || !ok || !reflect.DeepEqual(before, s) {
		return false
	}
	u.state = s
	screen.screen.mark(s.Call)
	return true
}

// begin is the part of Show that every change of navigation needs too.
func (u *UI) begin() {
	u.began = true
	u.screen.show(u.state)
	u.screen.object().Refresh()
	if u.dialog != nil {
		u.dialog.update(u.state)
	}
	u.setLive()
}

// redress applies language, theme and text size.
func (u *UI) redress() {
	language := u.state.Settings.Language
	if language == "" {
		language = u.o.Language
	}
	u.words = loadWords(language)
	fyne.CurrentApp().Settings().SetTheme(NewTheme(u.state.Settings))
}

// where tells which screen the state asks for.
func (u *UI) where() name {
	switch {
	case u.state.Account.Phase != call.SignedIn && u.place == atDiagnosis && u.at != atDiagnosis:
		return atDiagnosisAlone
	case u.state.Account.Phase != call.SignedIn:
		return atSignIn
	case u.state.Call.Phase == call.Entering || u.state.Call.Phase == call.Waiting:
		return atWaiting
	case u.state.Call.Phase == call.Ended:
		return atEnded
	case u.state.Call.Phase != call.Idle:
		return atCall
	}
	return u.place
}

// follow changes the screen when the state or the clinician asks for another.
func (u *UI) follow(rebuild bool) {
	want := u.where()
	if u.screen != nil && want == u.at && !rebuild {
		return
	}
	moved := want != u.at || u.screen == nil
	if moved {
		u.closeDialog()
		if u.screen != nil {
			u.screen.leave()
		}
		if want == atSignIn {
			u.place = atToday
		}
	}
	u.at = want
	u.screen = u.make(want)
	u.screen.show(u.state)
	u.root.Objects = []fyne.CanvasObject{u.backdrop, u.screen.object()}
	u.root.Refresh()
	if moved || want == atSettings {
		u.focus(u.screen.first())
	}
}

func (u *UI) make(want name) screen {
	switch want {
	case atSignIn:
		return newSignIn(u)
	case atDevices:
		return newShell(u, newDevices(u))
	case atSettings:
		return newShell(u, newSettings(u))
	case atDiagnosis:
		return newShell(u, newDiagnosis(u))
	case atDiagnosisAlone:
		return newDiagnosis(u)
	case atWaiting:
		return newWaiting(u)
	case atCall:
		return newCall(u)
	case atEnded:
		return newEnded(u)
	default:
		return newShell(u, newToday(u))
	}
}

// visit goes to another place, when in no room.
func (u *UI) visit(place name) {
	u.place = place
	u.closeDialog()
	u.follow(false)
	u.begin()
}

// relayout is called when the height of something on screen changed.
func (u *UI) relayout() { u.screen.object().Refresh() }

func (u *UI) emit(e call.Event) {
	u.touched()
	u.o.Emit(e)
}

// touched notes a key, a click or a pointer that moves: somebody is at the desk.
func (u *UI) touched() {
	if u.o.Active == nil || u.state.Account.Phase != call.SignedIn || u.o.Now().Sub(u.active) < time.Minute {
		return
	}
	u.active = u.o.Now()
	u.o.Active()
}

// now is the server's clock, which all times of the agenda follow.
func (u *UI) now() time.Time { return u.o.Now().Add(u.state.Agenda.Skew) }

// focus gives the keyboard to something; nil takes it from everything.
func (u *UI) focus(f fyne.Focusable) {
	if u.canvas == nil {
		return
	}
	if f == nil {
		u.canvas.Unfocus()
		return
	}
	u.canvas.Focus(f)
}

// reveal scrolls to what has got the keyboard.
func (u *UI) reveal(o fyne.CanvasObject) {
	page := u.page()
	if page == nil || u.canvas == nil {
		return
	}
	page.Reveal(o)
}

// tellFocus names what has the keyboard.
func (u *UI) tellFocus() {
	if u.canvas == nil || u.o.Focused == nil {
		return
	}
	if a, ok := u.canvas.Focused().(fyne.Accessible); ok {
		u.o.Focused(a.AccessibilityLabel())
	}
}

// page is the scrolling part in front, nil when there is none.
func (u *UI) page() *kit.Page {
	if u.dialog != nil {
		return u.dialog.sheet.Page()
	}
	if s, ok := u.screen.(interface{ scroll() *kit.Page }); ok {
		return s.scroll()
	}
	return nil
}
