package ui

import (
	"cmp"
	"strconv"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

func micIcon(on bool) string {
	if on {
		return "microphone"
	}
	return "microphone-slash"
}

func micLabel(on bool) string {
	if on {
		return "common.microphone"
	}
	return "desktop.call.microphone_off"
}

func cameraIcon(on bool) string {
	if on {
		return "video-camera"
	}
	return "video-camera-slash"
}

func cameraLabel(on bool) string {
	if on {
		return "common.camera"
	}
	return "desktop.call.camera_off"
}

// callBar is the one bar of a call: microphone, camera, settings, people, leave.
type callBar struct {
	u                                                             *UI
	root                                                          *fyne.Container
	microphone, camera, share, draw, write, adjust, people, leave *kit.Button
}

func newCallBar(u *UI) *callBar {
	w, h := u.words, u.host
	b := &callBar{u: u}
	b.microphone = kit.NewButton(h, kit.OnCall, "microphone", w.T("common.microphone"), func() { u.emit(call.SetAudio{On: !u.state.Call.Audio}) }).Stacked().Hint(w.keys("D"))
	b.camera = kit.NewButton(h, kit.OnCall, "video-camera", w.T("common.camera"), func() { u.emit(call.SetVideo{On: !u.state.Call.Video}) }).Stacked().Hint(w.keys("E"))
	b.share = kit.NewButton(h, kit.OnCall, "monitor", w.T("desktop.share.do"), u.openSharing).Stacked().Hint(w.keys("S"))
	b.draw = kit.NewButton(h, kit.OnCall, "pencil-simple", w.T("desktop.board.do"), u.toggleBoard).Stacked().Hint(w.keys("B"))
	b.write = kit.NewButton(h, kit.OnCall, "chat-circle-text", w.T("desktop.chat.do"), func() { u.toggle(cmp.Or(u.beside.open, chatPart)) }).Stacked().Hint(w.keys("K"))
	b.adjust = kit.NewButton(h, kit.OnCall, "sliders-horizontal", w.T("desktop.call.adjust"), u.openSettings).Stacked().Hint(w.keys(","))
	b.people = kit.NewButton(h, kit.OnCall, "users", w.T("desktop.people.do"), u.openPeople).Stacked().Hint(w.keys("P"))
	b.leave = kit.NewButton(h, kit.LeaveCall, "phone-disconnect", w.T("common.leave"), u.leaveRoom).Stacked().Hint(w.keys("L"))
	b.root = kit.Layers(kit.NewPanel(kit.CallBar, kit.CallControl, kit.RadiusL),
		kit.Inset(kit.S, kit.S, kit.RowAligned(fyne.TextAlignCenter, kit.S, b.microphone, b.camera, b.share, b.draw, b.write, b.people, b.adjust, b.leave)))
	return b
}

func (b *callBar) show(c call.Consultation) {
	w := b.u.words
	kind := func(on bool) kit.Kind {
		if on {
			return kit.OnCall
		}
		return kit.OffCall
	}
	b.microphone.Set(kind(c.Audio), micIcon(c.Audio), w.T(micLabel(c.Audio)))
	b.camera.Set(kind(c.Video), cameraIcon(c.Video), w.T(cameraLabel(c.Video)))
	share, showing := w.T("desktop.share.do"), kit.OnCall
	if c.Sharing.On() {
		share, showing = w.T("desktop.share.undo"), kit.OffCall
	}
	drawing := kit.OnCall
	if b.u.drawing.open {
		drawing = kit.OffCall
	}
	b.draw.Set(drawing, "pencil-simple", w.T("desktop.board.do"))
	b.draw.Able(b.u.drawing.board != nil)
	b.share.Set(showing, "monitor", share)
	write, n := w.T("desktop.chat.do"), b.u.unread()+b.u.unfiled()
	b.write.Name = write
	if n > 0 {
		write, b.write.Name = w.T("desktop.chat.do_unread", "n", strconv.Itoa(n)), w.N("desktop.chat.unread", n)
	}
	b.write.Set(kit.OnCall, "chat-circle-text", write)
	b.microphone.Name, b.camera.Name = w.T("desktop.call.mute"), w.T("desktop.call.camera_stop")
	if !c.Audio {
		b.microphone.Name = w.T("desktop.call.unmute")
	}
	if !c.Video {
		b.camera.Name = w.T("desktop.call.camera_start")
	}
}

// inUse tells whether the pointer or the keyboard is on the bar.
func (b *callBar) inUse() bool {
	for _, button := range []*kit.Button{b.microphone, b.camera, b.share, b.draw, b.write, b.people, b.adjust, b.leave} {
		if button.Hovered() || button.Focused() {
			return true
		}
	}
	return false
}

// chip is a piece of information on top of a picture.
func chip(o fyne.CanvasObject) *fyne.Container {
	return kit.Layers(kit.NewPanel(kit.CallBar, kit.CallControl, kit.RadiusM), kit.Inset(kit.S, kit.M, o))
}

// mover is a ground that notices a pointer moving over it.
type mover struct {
	widget.BaseWidget
	fill  fyne.ThemeColorName
	moved func()
	// pressed may be nil; it is told of a press before moved.
	pressed func()
}

func newMover(fill fyne.ThemeColorName, moved func()) *mover {
	m := &mover{fill: fill, moved: moved}
	m.ExtendBaseWidget(m)
	return m
}

// MouseIn implements desktop.Hoverable.
func (m *mover) MouseIn(*desktop.MouseEvent) { m.moved() }

// MouseMoved implements desktop.Hoverable.
func (m *mover) MouseMoved(*desktop.MouseEvent) { m.moved() }

// MouseOut implements desktop.Hoverable.
func (m *mover) MouseOut() {}

// Tapped implements fyne.Tappable.
func (m *mover) Tapped(*fyne.PointEvent) {
	if m.pressed != nil {
		m.pressed()
	}
	m.moved()
}

// CreateRenderer implements fyne.Widget.
func (m *mover) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(kit.NewPanel(m.fill, kit.None, kit.Zero))
}
