package ui

import (
	"bytes"
	"image"
	"image/color"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/picture"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// wishes are the events of one kind.
func wishes[T call.Event](all []call.Event) (some []T) {
	for _, e := range all {
		if wish, ok := e.(T); ok {
			some = append(some, wish)
		}
	}
	return some
}

// A photograph is turned for good: what is saved and what is laid on the board is what is seen.
func TestPhotograph(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(pictured(inCall(call.Talking, admitted("Camille Moreau"))))
	d.BoardMeet("me", "p1", true)
	d.turnTo(filesPart)
	test.Tap(d.button("Voir la photo"))
	test.Tap(d.button("Enregistrer…"))
	if content := d.state.Call.Files[1].Content; len(d.saved) != 1 || d.saved[0] != "photo-2026-06-03-10h41.jpg" || !bytes.Equal(d.savedContent, content) {
		t.Errorf("saved as %q: %d bytes", d.saved, len(d.savedContent))
	}
	test.Tap(d.button("Tourner à gauche"))
	test.Tap(d.button("Enregistrer…"))
	if saved, err := picture.Read(d.savedContent); err != nil || saved.Width != 800 || saved.Height != 600 {
		t.Errorf("a turned one is saved as %+v, %v", saved, err)
	}
	test.Tap(d.button("Tourner à gauche"))
	d.take()
	test.Tap(d.button("Annoter"))
	expect(t, d.take(), call.LayPicture{File: "7", Quarters: 2})
	if d.dialog != nil || !d.drawing.open {
		t.Error("the board is not there")
	}
	d.openPhoto("7")
	test.Tap(d.button("Effacer"))
	expect(t, d.take())
	test.Tap(d.button("Effacer"))
	expect(t, d.take(), call.EraseFile{ID: "7"})
	d.openPhoto("7")
	gone := pictured(d.state)
	gone.Call.Files[1].State, gone.Call.Files[1].Content = files.Erased, nil
	d.Show(gone)
	if d.dialog != nil {
		t.Error("a photograph that is gone is still shown")
	}
	d.openPhoto("8")
	if d.dialog != nil {
		t.Error("nothing is shown")
	}
}

// A received picture goes on the board from its row, one of the disk by the bar's button.
func TestLayPicture(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(pictured(inCall(call.Talking, admitted("Camille Moreau"))))
	d.BoardMeet("me", "p1", true)
	d.turnTo(filesPart)
	test.Tap(d.button("Mettre au tableau"))
	expect(t, d.take(), call.LayPicture{File: "3"})
	s := d.screen.(*callScreen)
	if s.board == nil || !d.drawing.open {
		t.Fatal("the board is not open")
	}
	says := func(what, want string) {
		t.Helper()
		d.screen.frames()
		if !bytes.Contains([]byte(d.text()), []byte(want)) {
			t.Errorf("%s: %q is not said in\n%s", what, want, d.text())
		}
	}
	says("pressed", "L’image du tableau arrive…")
	d.BoardLay(board.Ground{}, picture.Error{Why: "neither"})
	says("no picture", "Cette image ne peut pas servir de fond")
	d.turnTo(noPart)
	for _, b := range d.buttons() {
		if b.Name == "Image ou PDF en fond" {
			test.Tap(b)
		}
	}
	expect(t, d.take(), call.LayPicture{Path: "/home/anne/genou.png"})
	d.BoardLay(board.Ground{}, errNo{})
	says("not sent", "n’a pas pu être lue ou envoyée")
}

type errNo struct{}

func (errNo) Error() string { return "no" }

// What lies under the board is asked for once, shown when it is the picture that was laid, and
// otherwise said to be missing.
func TestGroundOfOthers(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(inCall(call.Talking, admitted("Camille Moreau")))
	d.BoardMeet("me", "p1", true)
	g := board.Ground{File: "the-file-of-the-ground", Width: 40, Height: 30, SHA: string(bytes.Repeat([]byte{'a'}, 64))}
	d.BoardLay(g, nil)
	for range 3 {
		d.tick()
	}
	if asked := wishes[call.WantGround](d.take()); len(asked) != 1 || asked[0].File != g.File {
		t.Errorf("asked %v", asked)
	}
	d.ctrl(fyne.KeyB)
	s := d.screen.(*callScreen)
	offered := func(change func(*files.Item)) (coming, lost bool, m image.Image) {
		it := files.Item{ID: "p1/" + g.File, Offer: g.File, From: "p1", Use: files.Backdrop, Size: 1000, State: files.Fetching}
		change(&it)
		state := d.state
		state.Call.Files = []files.Item{it}
		d.Show(state)
		m, coming, lost = d.ground(d.clock)
		return coming, lost, m
	}
	right := &picture.Picture{Width: 40, Height: 30, SHA: g.SHA, Image: portrait(40, 30, color.RGBA{120, 60, 60, 255}, color.RGBA{60, 120, 60, 255})}
	other := *right
	other.SHA = string(bytes.Repeat([]byte{'b'}, 64))
	large := *right
	large.Width = 41
	for what, tt := range map[string]struct {
		change             func(*files.Item)
		coming, lost, here bool
	}{
		"fetched":    {func(*files.Item) {}, true, false, false},
		"here":       {func(it *files.Item) { it.State, it.Picture = files.Done, right }, false, false, true},
		"another":    {func(it *files.Item) { it.State, it.Picture = files.Done, &other }, false, true, false},
		"other size": {func(it *files.Item) { it.State, it.Picture = files.Done, &large }, false, true, false},
		"failed":     {func(it *files.Item) { it.State = files.Failed }, false, true, false},
		"taken back": {func(it *files.Item) { it.State = files.Withdrawn }, false, true, false},
		"too large":  {func(it *files.Item) { it.State, it.Size = files.Ready, picture.MaxBytes+1 }, false, true, false},
		"no ground":  {func(it *files.Item) { it.Use = files.Plain }, true, false, false},
	} {
		if coming, lost, m := offered(tt.change); coming != tt.coming || lost != tt.lost || (m != nil) != tt.here {
			t.Errorf("%s: coming %v, lost %v, here %v", what, coming, lost, m != nil)
		}
	}
	if _, _, m := offered(func(it *files.Item) { it.State, it.Picture = files.Done, right }); m == nil {
		t.Fatal("not here")
	}
	d.screen.frames()
	before := d.window.Canvas().Capture()
	d.clock = d.clock.Add(time.Minute)
	if coming, lost, _ := offered(func(it *files.Item) { it.Offer = "another" }); coming || !lost {
		t.Errorf("nobody offers it: coming %v, lost %v", coming, lost)
	}
	d.screen.frames()
	after := d.window.Canvas().Capture()
	at := image.Pt(300, 300)
	if before.At(at.X, at.Y) == after.At(at.X, at.Y) || s.board == nil {
		t.Error("the picture was not on the board, or stays there")
	}
	d.drawing.board.Undo()
	if m, coming, lost := d.ground(d.clock); m != nil || coming || lost {
		t.Error("undone, and still there")
	}
}

// TestFocusStaysWithTheFile: a button that goes when it was pressed gives the keyboard to
// another one of the same file.
func TestFocusStaysWithTheFile(t *testing.T) {
	state := inCall(call.Talking, admitted("Camille Moreau"))
	state.Call.Files = []files.Item{{ID: "p1/a", From: "p1", Use: files.Plain, Name: "a.bin", Size: 10, State: files.Ready}}
	d := newDesk(t, 1280, 800)
	d.Show(state)
	d.turnTo(filesPart)
	row := d.screen.(*callScreen).panel.files.rows["p1/a"]
	d.focus(row.take)
	fetching := state
	fetching.Call.Files = []files.Item{{ID: "p1/a", From: "p1", Use: files.Plain, Name: "a.bin", Size: 10, State: files.Fetching}}
	d.Show(fetching)
	if got := d.canvas.Focused(); got != row.pause {
		t.Errorf("%v has the keyboard, not the button that pauses", got)
	}
	done := state
	done.Call.Files = []files.Item{{ID: "p1/a", From: "p1", Use: files.Plain, Name: "a.bin", Size: 10, State: files.Erased}}
	d.Show(done)
	if got := d.canvas.Focused(); got == nil || !got.(fyne.CanvasObject).Visible() {
		t.Errorf("%v has the keyboard", got)
	}
}
