package ui

import (
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// widest is whose picture is the largest.
func widest(s *callScreen) string {
	id, w := "", float32(0)
	for _, t := range s.tiles {
		if t.root.Size().Width > w+1 {
			id, w = t.id, t.root.Size().Width
		} else if t.root.Size().Width > w-1 {
			id = "" // alike
		}
	}
	return id
}

// Somebody is pinned by the button on their picture, by the keyboard or by a press on the picture;
// they stay large until they are let go, or have left.
func TestPin(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(six())
	s := d.screen.(*callScreen)
	if widest(s) != "" {
		t.Errorf("%s is large already", widest(s))
	}
	var reached []string
	for range 20 {
		if d.tab(1); d.focusedOn() == "Épingler\u00a0: Lou Moreau" {
			break
		}
		reached = append(reached, d.focusedOn())
	}
	if d.focusedOn() != "Épingler\u00a0: Lou Moreau" {
		t.Fatalf("the pin cannot be reached, only %q", reached)
	}
	d.key(fyne.KeyReturn)
	if widest(s) != "p4" || d.focusedOn() != "Désépingler\u00a0: Lou Moreau" {
		t.Errorf("%s is large, the keyboard is at %q", widest(s), d.focusedOn())
	}
	d.window.Canvas().Unfocus()
	s.pointed()
	d.clock = d.clock.Add(6 * time.Second)
	d.tick()
	if !s.tiles[3].pin.Visible() || s.tiles[0].pin.Visible() {
		t.Error("only the pin of who is pinned stays")
	}
	s.tiles[0].press() // it brings the bar back
	s.pointed()
	if widest(s) != "p4" {
		t.Errorf("%s is large", widest(s))
	}
	s.tiles[0].press()
	if widest(s) != "p1" {
		t.Errorf("after a press on another: %s", widest(s))
	}
	left := six()
	left.Call.People = append(left.Call.People[:1:1], left.Call.People[2:]...)
	d.Show(left)
	if widest(s) != "" || d.viewing.pinned != "" {
		t.Errorf("who left is still pinned; %s is large", widest(s))
	}
	if d.take() != nil {
		t.Error("others were told of it")
	}
	other := six()
	other.Call.Appointment = "another"
	d.pin("p2")
	d.Show(other)
	if d.viewing.pinned != "" {
		t.Error("pinned in another consultation")
	}
}

// In the speaker's view who speaks is large, once who was large is quiet; pinning goes before.
func TestSpeakerView(t *testing.T) {
	d := newDesk(t, 1280, 800)
	loud := map[string]float64{}
	d.o.LevelOf = func(id string) float64 { return loud[id] }
	d.Show(six())
	s := d.screen.(*callScreen)
	test.Tap(d.button("Voir qui parle"))
	speak := func(id string, for_ time.Duration) {
		loud = map[string]float64{id: 0.9}
		for range int(for_ / (100 * time.Millisecond)) {
			d.clock = d.clock.Add(100 * time.Millisecond)
			d.screen.frames()
		}
	}
	want := func(what, id string) {
		t.Helper()
		if got := widest(s); got != id {
			t.Errorf("%s: %s is large, not %s", what, got, id)
		}
	}
	want("nobody has spoken", "p1")
	speak("p4", time.Second)
	want("one speaks", "p4")
	speak("p5", time.Second)
	want("in the middle of it", "p4")
	speak("p5", 2*time.Second)
	want("the first is quiet", "p5")
	speak("", 10*time.Second)
	want("all are quiet", "p5")
	d.pin("p2")
	speak("p4", 5*time.Second)
	want("pinned", "p2")
	d.pin("p2")
	speak("p4", time.Second)
	want("let go", "p4")
	test.Tap(d.button("Voir tout le monde"))
	want("all alike", "")
}

// Who is pinned stays well seen beside a screen that is shown.
func TestPinnedBesideAScreen(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(inCall(call.Talking, presenting(), guest("p2", "Inès Le Bihan", wire.RoleInterpreter, "langue des signes", wire.PlaceCall)))
	s := d.screen.(*callScreen)
	before, room := s.tiles[1].root.Size().Width, s.screen.view.Size().Width
	d.pin("p2")
	if after := s.tiles[1].root.Size().Width; widest(s) != "p2" || after < 1.4*before {
		t.Errorf("from %v to %v wide", before, after)
	}
	if s.screen.view.Size().Width >= room || s.screen.view.Size().Width < 600 {
		t.Errorf("the screen has %v of %v", s.screen.view.Size().Width, room)
	}
	for _, tile := range s.tiles {
		at := tile.root.Position().Add(s.people.Position())
		if at.X < s.screen.view.Position().X+s.screen.view.Size().Width || at.Y+tile.root.Size().Height > 800 {
			t.Errorf("%s lies at %v", tile.id, at)
		}
	}
}
