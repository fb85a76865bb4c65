package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// pair sets two objects side by side, the first with three fifths.
type pair struct{ width float32 }

func (l *pair) widths(width float32) (a, b float32) {
	free := width - Size(M)
	return free * 3 / 5, free * 2 / 5
}

func (l *pair) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	a, b := l.widths(size.Width)
	objects[0].Move(fyne.Position{})
	objects[0].Resize(fyne.NewSize(a, size.Height))
	objects[1].Move(fyne.NewPos(a+Size(M), 0))
	objects[1].Resize(fyne.NewSize(b, size.Height))
}

func (l *pair) MinSize(objects []fyne.CanvasObject) fyne.Size {
	w := objects[0].MinSize().Width + objects[1].MinSize().Width + Size(M)
	a, b := l.widths(fyne.Max(w, l.width))
	return fyne.NewSize(w, fyne.Max(HeightFor(objects[0], a), HeightFor(objects[1], b)))
}

func (l *pair) heightFor(objects []fyne.CanvasObject, width float32) float32 {
	a, b := l.widths(width)
	return fyne.Max(HeightFor(objects[0], a), HeightFor(objects[1], b))
}

// Pair sets two objects side by side, the first with three fifths of the width.
func Pair(a, b fyne.CanvasObject) *fyne.Container { return container.New(&pair{}, a, b) }

// sides sets two objects beside each other, or one below the other.
type sides struct {
	factor, min, width float32
}

// Sides sets a and b beside each other at their own heights, a factor times as wide
// as b; when b would get less than min ems, a stands above b.
func Sides(factor, min float32, a, b fyne.CanvasObject) *fyne.Container {
	return container.New(&sides{factor: factor, min: min}, a, b)
}

// split returns the widths of both, and whether they stand above each other.
func (l *sides) split(width float32) (a, b float32, above bool) {
	b = (width - Size(XL)) / (1 + l.factor)
	if b < Em(l.min) {
		return width, width, true
	}
	return b * l.factor, b, false
}

func (l *sides) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	wa, wb, above := l.split(size.Width)
	ha := HeightFor(objects[0], wa)
	objects[0].Move(fyne.Position{})
	objects[0].Resize(fyne.NewSize(wa, ha))
	at := fyne.NewPos(wa+Size(XL), 0)
	if above {
		at = fyne.NewPos(0, ha+Size(L))
	}
	objects[1].Move(at)
	objects[1].Resize(fyne.NewSize(wb, HeightFor(objects[1], wb)))
}

func (l *sides) heightFor(objects []fyne.CanvasObject, width float32) float32 {
	wa, wb, above := l.split(width)
	ha, hb := HeightFor(objects[0], wa), HeightFor(objects[1], wb)
	if above {
		return ha + Size(L) + hb
	}
	return fyne.Max(ha, hb)
}

func (l *sides) MinSize(objects []fyne.CanvasObject) fyne.Size {
	w := fyne.Max(objects[0].MinSize().Width, objects[1].MinSize().Width)
	return fyne.NewSize(w, l.heightFor(objects, fyne.Max(w, l.width)))
}

// ratio keeps width over height.
type ratio struct{ aspect, width float32 }

// Ratio gives o a height that follows its width.
func Ratio(aspect float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(&ratio{aspect: aspect}, o)
}

func (l *ratio) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	objects[0].Move(fyne.Position{})
	objects[0].Resize(fyne.NewSize(size.Width, size.Width/l.aspect))
}

func (l *ratio) heightFor(_ []fyne.CanvasObject, width float32) float32 { return width / l.aspect }

func (l *ratio) MinSize([]fyne.CanvasObject) fyne.Size {
	w := fyne.Max(64, l.width)
	return fyne.NewSize(64, w/l.aspect)
}
