package ui

import (
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// middle sets one object in the middle of whatever room there is.
func middle(o fyne.CanvasObject) *fyne.Container { return container.New(middleLayout{}, o) }

type middleLayout struct{}

func (middleLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(32, 32) }

func (middleLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	pad := kit.Size(kit.M)
	w := fyne.Min(size.Width-2*pad, kit.Em(30))
	h := kit.HeightFor(objects[0], w)
	objects[0].Move(fyne.NewPos((size.Width-w)/2, (size.Height-h)/2))
	objects[0].Resize(fyne.NewSize(w, h))
}

// windowLayout fills the window with every object, and asks for little: screens
// scroll when the window is small.
type windowLayout struct{}

func (windowLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(640, 480) }

func (windowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.Position{})
		o.Resize(size)
	}
}
