package ui

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// desk is a UI in a window without a display, with everything it said to the
// outside.
type desk struct {
	*UI
	t            *testing.T
	window       fyne.Window
	keys         *keyCanvas
	events       []call.Event
	notified     []string
	titles       []string
	chimes       int
	copied       string
	saved        []string
	savedContent []byte
	clock        time.Time
	frames       *fakeFrames
	level        float64
	picked       string // by PickPicture
	papers       map[string]*fakePaper
}

// keyCanvas serves shortcuts, which Fyne's canvas for tests does not.
type keyCanvas struct {
	fyne.Canvas
	shortcuts fyne.ShortcutHandler
}

func (c *keyCanvas) AddShortcut(s fyne.Shortcut, f func(fyne.Shortcut)) {
	c.shortcuts.AddShortcut(s, f)
}

// noon is the time of every test: 3 June 2026, 10:42.
func noon() time.Time { return time.Date(2026, 6, 3, 10, 42, 0, 0, time.Local) }

func newDesk(t *testing.T, width, height float32) *desk {
	t.Helper()
	test.NewTempApp(t)
	d := &desk{t: t, clock: noon(), frames: &fakeFrames{}, level: 0.55, picked: "/home/anne/genou.png"}
	d.UI = New(Options{
		Emit: func(e call.Event) { d.events = append(d.events, e) }, Post: func(f func()) { f() },
		Frames: d.frames, Level: func() float64 { return d.level },
		Notify: func(title, body string) { d.notified = append(d.notified, title+" / "+body) },
		Title:  func(s string) { d.titles = append(d.titles, s) }, Chime: func() { d.chimes++ },
		Copy: func(s string) { d.copied = s }, OpenURL: func(string) {},
		PickPicture: func(chosen func(string)) { chosen(d.picked) },
		OpenPaper:   d.openPaper,
		Save:        func(name string, content []byte) { d.saved = append(d.saved, name); d.savedContent = content },
		Now:         func() time.Time { return d.clock }, Language: "fr", Version: "1.0.0", System: "windows",
	})
	d.window = test.NewTempWindow(t, d.Content())
	d.window.SetPadded(false)
	d.window.Resize(fyne.NewSize(width, height))
	d.keys = &keyCanvas{Canvas: d.window.Canvas()}
	d.Register(d.keys)
	return d
}

// take returns the events since the last take.
func (d *desk) take() []call.Event {
	all := d.events
	d.events = nil
	return all
}

// buttons lists the visible buttons in front, by what is written on them.
func (d *desk) buttons() []*kit.Button {
	var all []*kit.Button
	var root fyne.CanvasObject = d.Content()
	if top := d.window.Canvas().Overlays().Top(); top != nil {
		root = top
	}
	walk(root, func(o fyne.CanvasObject) {
		if b, ok := o.(*kit.Button); ok {
			all = append(all, b)
		}
	})
	return all
}

func (d *desk) button(label string) *kit.Button {
	d.t.Helper()
	var have []string
	for _, b := range d.buttons() {
		if b.Label() == label {
			return b
		}
		have = append(have, b.Label())
	}
	d.t.Fatalf("no button %q among %q", label, have)
	return nil
}

// text is everything that can be read in front, line by line.
func (d *desk) text() string {
	var all []string
	var root fyne.CanvasObject = d.Content()
	if top := d.window.Canvas().Overlays().Top(); top != nil {
		root = top
	}
	walk(root, func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *kit.Text:
			all = append(all, o.Text())
		case *kit.Button:
			all = append(all, o.Label())
		}
	})
	return strings.Join(all, "\n")
}

// walk visits every visible object.
func walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if !o.Visible() {
		return
	}
	visit(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			walk(child, visit)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			walk(child, visit)
		}
	}
}

// The keyboard, as the driver would deliver it.
func (d *desk) key(k fyne.KeyName) {
	c := d.window.Canvas()
	if f := c.Focused(); f != nil {
		f.TypedKey(&fyne.KeyEvent{Name: k})
	} else if typed := c.OnTypedKey(); typed != nil {
		typed(&fyne.KeyEvent{Name: k})
	}
}

func (d *desk) ctrl(k fyne.KeyName) {
	s := &desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierControl}
	c := d.window.Canvas()
	if f, ok := c.Focused().(fyne.Shortcutable); ok {
		f.TypedShortcut(s)
		return
	}
	d.keys.shortcuts.TypedShortcut(s)
}

func (d *desk) tab(n int) {
	for range n {
		d.window.Canvas().FocusNext()
	}
}

func (d *desk) typeText(s string) {
	d.t.Helper()
	f := d.window.Canvas().Focused()
	if f == nil {
		d.t.Fatalf("nothing has the keyboard to type %q", s)
	}
	for _, r := range s {
		f.TypedRune(r)
	}
}

// focusedOn is the accessible name of what has the keyboard.
func (d *desk) focusedOn() string {
	if a, ok := d.window.Canvas().Focused().(fyne.Accessible); ok {
		return a.AccessibilityLabel()
	}
	return ""
}

// fakeFrames has a picture for everybody in on.
type fakeFrames struct {
	pictures map[string]*image.RGBA
	seq      uint64
	asked    int
}

func (f *fakeFrames) Latest(peer string) (*image.RGBA, uint64) {
	f.asked++
	return f.pictures[peer], f.seq
}

func (f *fakeFrames) set(peer string, m *image.RGBA) {
	if f.pictures == nil {
		f.pictures = map[string]*image.RGBA{}
	}
	f.pictures[peer] = m
	f.seq++
}

// portrait draws somebody before a wall, so that pictures of screens look like use.
func portrait(w, h int, wall, coat color.RGBA) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	mix := func(a color.RGBA, f float64) color.RGBA {
		return color.RGBA{uint8(float64(a.R) * f), uint8(float64(a.G) * f), uint8(float64(a.B) * f), 255}
	}
	skin, hair := color.RGBA{224, 178, 150, 255}, color.RGBA{70, 48, 38, 255}
	cx, fh := float64(w)/2, float64(h)
	in := func(x, y int, ox, oy, rx, ry float64) bool {
		dx, dy := (float64(x)-cx-ox*fh)/(rx*fh), (float64(y)-oy*fh)/(ry*fh)
		return dx*dx+dy*dy < 1
	}
	for y := range h {
		for x := range w {
			light := 0.82 + 0.18*math.Cos(float64(x)/float64(w)*2.4) - 0.12*float64(y)/fh
			c := mix(wall, light)
			if x > w*7/10 && x < w*9/10 && y > h/8 && y < h/2 {
				c = mix(color.RGBA{235, 243, 248, 255}, 1-0.1*float64(y)/fh)
			}
			switch {
			case in(x, y, 0, 0.44, 0.135, 0.185):
				c = mix(skin, 1-0.12*math.Abs(float64(x)-cx)/(0.135*fh))
				if in(x, y, -0.05, 0.42, 0.014, 0.011) || in(x, y, 0.05, 0.42, 0.014, 0.011) {
					c = hair
				}
				if in(x, y, 0, 0.53, 0.045, 0.009) {
					c = color.RGBA{170, 96, 92, 255}
				}
				if y < int(0.335*fh) {
					c = hair
				}
			case in(x, y, 0, 0.42, 0.165, 0.215) && y < int(0.52*fh):
				c = hair
			case in(x, y, 0, 0.66, 0.06, 0.1):
				c = mix(skin, 0.86)
			case in(x, y, 0, 1.02, 0.36, 0.36):
				c = mix(coat, 1-0.2*math.Abs(float64(x)-cx)/(0.36*fh))
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func patientPicture() *image.RGBA {
	return portrait(1280, 720, color.RGBA{176, 190, 182, 255}, color.RGBA{62, 92, 122, 255})
}

func selfPicture() *image.RGBA {
	return portrait(640, 360, color.RGBA{206, 212, 216, 255}, color.RGBA{240, 244, 246, 255})
}

// States of the desk, as the machine would make them.
func signedIn() call.State {
	return call.State{Account: call.Account{Phase: call.SignedIn, Server: "https://ekermed.example.org", Email: "anne.legoff@hopital.example", Name: "Dr Anne Le Goff"},
		Agenda:   call.Agenda{Online: true},
		Settings: call.Settings{TextScale: 1},
		Devices: call.Devices{
			Cameras:     []call.Device{{ID: "c1", Name: "Caméra intégrée HD"}, {ID: "c2", Name: "Logitech C920"}},
			Microphones: []call.Device{{ID: "m1", Name: "Microphone intégré"}, {ID: "m2", Name: "Casque Jabra Evolve 65"}},
			Speakers:    []call.Device{{ID: "s1", Name: "Haut-parleurs intégrés"}},
		}}
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func somebody(id, name string, since time.Duration) wire.Person {
	return wire.Person{ID: id, Name: name, Role: wire.RolePatient, Place: wire.PlaceWaiting, Ready: true, Audio: true, Video: true,
		Since: unix(noon().Add(-since))}
}

func clinician() wire.Person {
	return wire.Person{ID: "me", Name: "Dr Anne Le Goff", Role: wire.RoleClinician, Place: wire.PlaceCall, Ready: true, Audio: true, Video: true}
}

func appointment(id, name string, start time.Duration, people ...wire.Person) wire.Appointment {
	return wire.Appointment{ID: id, PatientName: name, PatientEmail: id + "@exemple.example", Status: wire.StatusPlanned,
		Start: unix(noon().Truncate(time.Hour).Add(start)), Minutes: 30, People: people}
}

func fullDay() call.State {
	s := signedIn()
	done := appointment("paul", "Paul Girard", -90*time.Minute)
	done.Status = wire.StatusDone
	cancelled := appointment("lea", "Léa Fontaine", -30*time.Minute)
	cancelled.Status = wire.StatusCancelled
	s.Agenda.Appointments = []wire.Appointment{
		appointment("jean", "", 75*time.Minute), done, cancelled,
		appointment("camille", "Camille Moreau", 30*time.Minute, somebody("p1", "Camille Moreau", 12*time.Minute)),
		appointment("marc", "Marc Dubois", 15*time.Minute),
		appointment("ines", "Inès Benali", 165*time.Minute),
	}
	return s
}

func inCall(phase call.Phase, people ...wire.Person) call.State {
	s := fullDay()
	s.Agenda.Appointments[3].People = nil
	s.Devices.Open = true
	s.Call = call.Consultation{Phase: phase, Appointment: "camille", Room: "r1", Self: "me", People: append([]wire.Person{clinician()}, people...),
		Audio: true, Video: true, Route: "sfu"}
	if phase == call.Talking || phase == call.Reconnecting {
		s.Call.Began, s.Call.Seen = noon().Add(-725*time.Second), true
	}
	return s
}

// agree lets the keys with Camille be agreed.
func (d *desk) agree(p call.Pairing) {
	s := d.state
	p.Peer, p.Code = "p1", [4]byte{229, 17, 64, 120}
	if p.Standing == "" {
		p.Standing = call.StandingAgreed
	}
	s.Call.Sealed, s.Call.Pairings = true, []call.Pairing{p}
	d.Show(s)
}

func admitted(name string) wire.Person {
	p := somebody("p1", name, 15*time.Minute)
	p.Place = wire.PlaceCall
	return p
}
