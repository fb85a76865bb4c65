package ui

import (
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/pointing"
	"ekermed.example/ekermed/internal/call/wire"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// A press on the screen that somebody shows points once the switch is on; the tools go and come
// with the bar.
func TestPointingOnAScreen(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.frames.set(wire.ScreenStream("p1"), screenPicture())
	d.Show(inCall(call.Talking, presenting()))
	d.screen.frames()
	s := d.screen.(*callScreen)
	view := s.screen.view
	press := func() {
		view.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(view.Size().Width/2, view.Size().Height/2)}, Button: desktop.MouseButtonPrimary})
	}
	press()
	view.MouseUp(nil)
	if wishes[call.PointAt](d.take()) != nil {
		t.Error("a press points without the switch")
	}
	test.Tap(d.button("Montrer du doigt"))
	if d.window.Canvas().Focused() != fyne.Focusable(view) {
		t.Error("the arrow keys do not move the finger")
	}
	d.take()
	press()
	d.clock = d.clock.Add(1100 * time.Millisecond)
	d.screen.frames()
	view.MouseUp(nil)
	middle := call.PointAt{At: pointing.Place{X: 5000, Y: 5000}}
	expect(t, d.take(), middle, middle, call.PointAt{Off: true})
	test.Tap(d.button("Montrer du doigt"))
	d.window.Canvas().Unfocus()
	s.pointed()
	d.clock = d.clock.Add(6 * time.Second)
	d.tick()
	if s.screen.tools.Visible() {
		t.Error("the tools stay when the bar steps back")
	}
	view.MouseMoved(nil)
	if !s.screen.tools.Visible() || !s.bar.root.Visible() {
		t.Error("they do not come back")
	}
	d.Show(inCall(call.Talking, admitted("Camille Moreau")))
	if s.screen.tools.Visible() || view.Visible() || view.Shown() {
		t.Error("the screen is gone, and still there")
	}
}

// Fingers that move cost no new screen, and are told in words while we show ours.
func TestFingersOfOthers(t *testing.T) {
	d := newDesk(t, 1280, 800)
	ours := inCall(call.Talking, admitted("Camille Moreau"))
	ours.Call.Sharing.Surface = surfaces()[0]
	d.Show(ours)
	asked := d.frames.asked
	pointed := ours
	pointed.Call.Dots = []pointing.Dot{{Peer: "p1", At: pointing.Place{X: 1, Y: 2}}}
	d.Show(pointed)
	if !strings.Contains(d.text(), "Camille Moreau montre quelque chose") || d.frames.asked != asked {
		t.Errorf("pictures were asked for %d times more; it says\n%s", d.frames.asked-asked, d.text())
	}
	d.Show(ours)
	if strings.Contains(d.text(), "montre quelque chose") || !strings.Contains(d.text(), "vu par les autres") {
		t.Error("the finger is gone, and still told of")
	}
}
