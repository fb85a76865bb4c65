package ui

import (
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"ekermed.example/ekermed/internal/ui/video"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// devicePickers are the three lists of devices with what is wrong with each, the
// microphone's meter and the speaker's test. Screens D4 and the settings show them.
type devicePickers struct {
	u                           *UI
	box                         *fyne.Container
	camera, microphone, speaker *devicePicker
	meter                       *kit.Meter
	test                        *kit.Button
}

// devicePicker is one list.
type devicePicker struct {
	picker  *kit.Picker
	problem *kit.Banner
	devices []call.Device
	chosen  string
	filled  bool
}

func newDevicePickers(u *UI) *devicePickers {
	w := u.words
	d := &devicePickers{u: u, meter: kit.NewMeter(w.T("desktop.devices.meter"))}
	list := func(label string, set func(*call.Choice, string)) *devicePicker {
		p := &devicePicker{problem: kit.NewBanner()}
		p.picker = kit.NewPicker(u.host, label, func(i int) {
			if i < 0 || i >= len(p.devices) {
				return
			}
			choice := u.state.Devices.Chosen
			set(&choice, p.devices[i].ID)
			u.emit(call.Choose{Choice: choice})
		})
		return p
	}
	d.camera = list(w.T("common.camera"), func(c *call.Choice, id string) { c.Camera = id })
	d.microphone = list(w.T("desktop.devices.microphone"), func(c *call.Choice, id string) { c.Microphone = id })
	d.speaker = list(w.T("desktop.devices.speaker"), func(c *call.Choice, id string) { c.Speaker = id })
	d.test = kit.NewButton(u.host, kit.Secondary, "speaker-high", w.T("desktop.devices.test"), func() { u.emit(call.TestSpeaker{}) })
	meter := kit.Spread(kit.S, 6, d.meter, kit.NewIcon("microphone", kit.Body, kit.Muted), d.meter)
	d.box = kit.Column(kit.L,
		kit.Column(kit.S, kit.Label(d.camera.picker.Name, d.camera.picker).Box, d.camera.problem.Box),
		kit.Column(kit.S, kit.Label(d.microphone.picker.Name, d.microphone.picker).Box, meter,
			kit.NewText(w.T("desktop.devices.meter_hint"), kit.Caption, kit.Muted), d.microphone.problem.Box),
		kit.Column(kit.S, kit.Label(d.speaker.picker.Name, d.speaker.picker).Box, d.speaker.problem.Box, kit.Row(kit.S, d.test)))
	return d
}

func (d *devicePickers) show(s call.Devices) {
	w := d.u.words
	d.camera.fill(w, s.Cameras, s.Chosen.Camera, w.T("desktop.devices.no_camera"))
	d.microphone.fill(w, s.Microphones, s.Chosen.Microphone, w.T("desktop.devices.no_microphone"))
	d.speaker.fill(w, s.Speakers, s.Chosen.Speaker, w.T("desktop.devices.no_speaker"))
	d.say(d.camera, s.Camera)
	d.say(d.microphone, s.Microphone)
	d.say(d.speaker, s.Speaker)
	d.test.Able(len(s.Speakers) > 0)
}

// say shows a problem; when the system forbids a device, how to allow it on this
// system.
func (d *devicePickers) say(p *devicePicker, problem *call.Problem) {
	w := d.u.words
	sentence, action := w.problem(problem)
	if problem != nil && problem.Code == call.ProblemDenied {
		action = w.T(howTo(d.u.o.System))
	}
	p.problem.Say(kit.Bad, "warning-circle", sentence, action)
}

func howTo(system string) string {
	switch system {
	case "windows":
		return "desktop.devices.allow_windows"
	case "darwin":
		return "desktop.devices.allow_macos"
	}
	return "desktop.devices.allow_linux"
}

func (p *devicePicker) fill(w words, devices []call.Device, chosen, none string) {
	same := p.filled && p.chosen == chosen && len(p.devices) == len(devices)
	for i := 0; same && i < len(devices); i++ {
		same = p.devices[i] == devices[i]
	}
	if same {
		return
	}
	p.devices, p.chosen, p.filled = devices, chosen, true
	var names []string
	index := -1
	for i, d := range devices {
		name := clean(d.Name)
		if name == "" {
			name = w.T("desktop.devices.nameless")
		}
		for _, other := range names {
			if other == name { // Fyne finds the choice by its words.
				name = w.T("desktop.devices.same_name", "name", name, "n", string(rune('1'+i)))
			}
		}
		names = append(names, name)
		if d.ID == chosen {
			index = i
		}
	}
	if index < 0 && len(devices) > 0 {
		index = 0
	}
	p.picker.Fill(names, index, none)
}

// devices is screen D4: how one looks and sounds, and with which devices.
type devices struct {
	u       *UI
	root    *kit.Page
	view    *video.View
	nothing *fyne.Container
	why     *kit.Text
	pickers *devicePickers
	asked   bool
}

func newDevices(u *UI) *devices {
	w := u.words
	d := &devices{u: u, pickers: newDevicePickers(u)}
	d.view = video.New(stage, kit.Size(kit.RadiusL), w.T("desktop.devices.preview"))
	d.why = kit.NewText("", kit.Body, kit.CallMuted).Align(fyne.TextAlignCenter)
	d.nothing = middle(kit.Column(kit.S, centred(kit.NewIcon("video-camera-slash", kit.Display, kit.CallMuted)), d.why))
	preview := kit.Ratio(16.0/9, container.NewStack(d.view, d.nothing))
	words := kit.Column(kit.XS, kit.NewText(w.T("desktop.devices.title"), kit.Title, kit.Ink).Bold(),
		kit.NewText(w.T("desktop.devices.lead"), kit.Body, kit.Muted))
	body := kit.Sides(1.1, 17, kit.Column(kit.M, preview, kit.NewText(w.T("desktop.devices.private"), kit.Caption, kit.Muted)), d.pickers.box)
	d.root = kit.NewPage(kit.Inset(kit.XL, kit.XL, kit.Measured(66, kit.Column(kit.L, words, kit.Card(body)))), false)
	return d
}

func (d *devices) object() fyne.CanvasObject { return d.root }
func (d *devices) scroll() *kit.Page         { return d.root }
func (d *devices) tick(time.Time) bool       { return false }
func (d *devices) first() fyne.Focusable     { return nil }

// leave gives the camera back.
func (d *devices) leave() {
	if d.asked && !inRoom(d.u.state.Call.Phase) {
		d.u.emit(call.Preview{On: false})
	}
}

func (d *devices) show(s call.State) {
	if !d.asked {
		d.asked = true
		if !s.Devices.Open {
			d.u.emit(call.Preview{On: true})
		}
	}
	d.pickers.show(s.Devices)
	w := d.u.words
	why := w.T("desktop.devices.opening")
	if s.Devices.Camera != nil {
		why, _ = w.problem(s.Devices.Camera)
	}
	d.why.Set(why)
	d.frames()
}

func (d *devices) frames() {
	drawSelf(d.u, d.view, d.u.state.Devices.Open && d.u.state.Devices.Camera == nil)
	d.nothing.Hidden = d.view.Shown()
	d.pickers.meter.SetLevel(d.u.level())
}

// drawSelf shows the newest picture of ourselves, or none. It tells whether the
// shape of the picture has changed.
func drawSelf(u *UI, v *video.View, on bool) bool {
	if !on || u.o.Frames == nil {
		return v.Clear()
	}
	return v.Draw(u.o.Frames.Latest(""))
}
