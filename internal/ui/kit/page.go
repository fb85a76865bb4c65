package kit

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Page scrolls its content down, at the width it has itself; a content shorter than
// the page may be set in its middle.
type Page struct {
	widget.BaseWidget
	scroll *container.Scroll
	layout *pageLayout
}

type pageLayout struct {
	width  float32
	middle bool
}

func (l *pageLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		h := HeightFor(o, size.Width)
		y := float32(0)
		if l.middle {
			y = fyne.Max(0, (size.Height-h)/2)
		}
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, h))
	}
}

func (l *pageLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	h := float32(0)
	for _, o := range objects {
		h = fyne.Max(h, HeightFor(o, l.width))
	}
	return fyne.NewSize(0, h)
}

// NewPage scrolls o; with middle set a short o stands in the middle of the page.
func NewPage(o fyne.CanvasObject, middle bool) *Page {
	p := &Page{layout: &pageLayout{middle: middle}}
	p.scroll = container.NewVScroll(container.New(p.layout, o))
	p.ExtendBaseWidget(p)
	return p
}

// Resize implements fyne.CanvasObject.
func (p *Page) Resize(size fyne.Size) {
	p.layout.width = size.Width
	p.BaseWidget.Resize(size)
}

// MinSize is small: a page scrolls.
func (p *Page) MinSize() fyne.Size { return fyne.NewSize(Em(8), Em(6)) }

// ContentHeight is what the content would need at this width.
func (p *Page) ContentHeight(width float32) float32 {
	return HeightFor(p.scroll.Content.(*fyne.Container).Objects[0], width)
}

// Reveal scrolls so that o is in view, when it is within the page.
func (p *Page) Reveal(o fyne.CanvasObject) {
	if !within(p.scroll.Content, o) {
		return // the buttons below a dialog are always in sight
	}
	driver := fyne.CurrentApp().Driver()
	y := driver.AbsolutePositionForObject(o).Y - driver.AbsolutePositionForObject(p.scroll).Y
	margin := Size(L)
	offset := p.scroll.Offset
	switch {
	case y < margin:
		offset.Y += y - margin
	case y+o.Size().Height > p.Size().Height-margin:
		offset.Y += y + o.Size().Height - p.Size().Height + margin
	default:
		return
	}
	offset.Y = fyne.Max(0, fyne.Min(offset.Y, p.scroll.Content.MinSize().Height-p.Size().Height))
	p.scroll.ScrollToOffset(offset)
}

func within(tree, o fyne.CanvasObject) bool {
	c, ok := tree.(*fyne.Container)
	return tree == o || ok && slices.ContainsFunc(c.Objects, func(part fyne.CanvasObject) bool { return within(part, o) })
}

// Bottom scrolls to the end.
func (p *Page) Bottom() { p.scroll.ScrollToBottom() }

// Top scrolls back to the beginning.
func (p *Page) Top() { p.scroll.ScrollToTop() }

// CreateRenderer implements fyne.Widget.
func (p *Page) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.scroll) }
