package ui

import (
	"testing"

	"ekermed.example/ekermed/internal/call"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// benchDesk is a call at 1280x800 with a 720p picture.
func benchDesk(b *testing.B) (*UI, *fakeFrames, fyne.Window) {
	a := test.NewApp()
	b.Cleanup(a.Quit)
	f := &fakeFrames{}
	u := New(Options{Post: func(f func()) { f() }, Frames: f, Now: noon, Language: "fr"})
	w := test.NewWindow(u.Content())
	w.Resize(fyne.NewSize(1280, 800))
	u.Register(&keyCanvas{Canvas: w.Canvas()})
	f.set("p1", patientPicture())
	f.set("", selfPicture())
	u.Show(inCall(call.Talking, admitted("Camille Moreau")))
	return u, f, w
}

// A tick with a new picture: what the desk itself costs, without the drawing.
func BenchmarkFrame(b *testing.B) {
	u, f, _ := benchDesk(b)
	b.ReportAllocs()
	for b.Loop() {
		f.seq++
		u.tick()
	}
}

// A state that equals the last one.
func BenchmarkShowSame(b *testing.B) {
	u, _, _ := benchDesk(b)
	s := inCall(call.Talking, admitted("Camille Moreau"))
	b.ReportAllocs()
	for b.Loop() {
		u.Show(s)
	}
}

// Everything drawn by the software painter of the tests; a graphics card does better.
func BenchmarkDraw(b *testing.B) {
	u, f, w := benchDesk(b)
	for b.Loop() {
		f.seq++
		u.tick()
		w.Canvas().Capture()
	}
}
