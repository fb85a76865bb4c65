package ui

import (
	"reflect"
	"testing"

	"ekermed.example/ekermed/internal/call"
	"fyne.io/fyne/v2"
)

// Where the system asks what to show, our dialog says so, and goes when that is answered or
// takes the system's question with it.
func TestSystemAsks(t *testing.T) {
	talking := inCall(call.Talking, admitted("Camille Moreau"))
	asking := talking
	asking.Call.Sharing = call.Sharing{Asking: true, Listed: true, Starting: true, Surfaces: []call.Surface{{ID: "theirs", Asks: true}}}
	shown := talking
	shown.Call.Sharing.Surface = asking.Call.Sharing.Surfaces[0]
	emits := func(d *desk, want ...call.Event) {
		t.Helper()
		if got := d.take(); len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("emitted %+v, want %+v", got, want)
		}
	}
	for name, end := range map[string]call.State{"shown": shown, "nothing chosen": talking} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, 1280, 800)
			d.Show(talking)
			d.take()
			d.ctrl(fyne.KeyS)
			emits(d, call.AskScreen{On: true})
			d.Show(talking) // the desk has not heard yet
			if d.dialog == nil {
				t.Fatal("the dialog is gone too early")
			}
			d.Show(asking)
			// A change of how it looks leaves the question alone.
			dark := asking
			dark.Settings.Theme = "dark"
			d.Show(dark)
			if d.dialog == nil {
				t.Fatal("the dialog is gone with the theme")
			}
			emits(d)
			d.Show(end)
			if d.dialog != nil {
				t.Error("the dialog stays")
			}
			emits(d)
		})
	}
	t.Run("put away", func(t *testing.T) {
		d := newDesk(t, 1280, 800)
		d.Show(talking)
		d.take()
		d.ctrl(fyne.KeyS)
		d.Show(asking)
		d.key(fyne.KeyEscape)
		emits(d, call.AskScreen{On: true}, call.AskScreen{})
	})
}
