package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Sheet is a dialog: its content on a card in the middle of the window, everything
// else veiled. It goes on the canvas' overlays, which keeps the focus inside.
type Sheet struct {
	widget.BaseWidget
	page  *Page
	foot  *fyne.Container
	width float32
}

// NewSheet shows content on a card at most width ems wide. A long content scrolls;
// the buttons below it always stay in sight.
func NewSheet(width float32, content fyne.CanvasObject, buttons *fyne.Container) *Sheet {
	s := &Sheet{page: NewPage(Inset(L, L, content), false), foot: Inset(M, L, buttons), width: width}
	s.ExtendBaseWidget(s)
	return s
}

// Page is the scrolling part.
func (s *Sheet) Page() *Page { return s.page }

// Tapped swallows taps beside the card: a dialog closes by its buttons or Escape,
// so that half-typed text is not lost by a slip.
func (s *Sheet) Tapped(*fyne.PointEvent) {}

// MinSize implements fyne.CanvasObject.
func (s *Sheet) MinSize() fyne.Size { return s.page.MinSize() }

// CreateRenderer implements fyne.Widget.
func (s *Sheet) CreateRenderer() fyne.WidgetRenderer {
	r := &sheetRenderer{s: s, scrim: canvas.NewRectangle(nil), card: canvas.NewRectangle(color.Transparent),
		rule: canvas.NewRectangle(color.Transparent)}
	r.paint()
	return r
}

type sheetRenderer struct {
	s                 *Sheet
	scrim, card, rule *canvas.Rectangle
}

func (r *sheetRenderer) Destroy()           {}
func (r *sheetRenderer) MinSize() fyne.Size { return r.s.MinSize() }

func (r *sheetRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.scrim, r.card, r.s.page, r.rule, r.s.foot}
}

func (r *sheetRenderer) Layout(size fyne.Size) {
	r.scrim.Resize(size)
	margin := Size(L)
	w := fyne.Min(Em(r.s.width), size.Width-2*margin)
	foot := HeightFor(r.s.foot, w)
	page := fyne.Min(r.s.page.ContentHeight(w), size.Height-2*margin-foot)
	h := page + foot
	at := fyne.NewPos((size.Width-w)/2, (size.Height-h)/2)
	put := func(o fyne.CanvasObject, y, w, h float32) {
		o.Move(at.AddXY(0, y))
		o.Resize(fyne.NewSize(w, h))
	}
	put(r.card, 0, w, h)
	put(r.s.page, 0, w, page)
	put(r.rule, page, w, 1)
	put(r.s.foot, page, w, foot)
}

func (r *sheetRenderer) paint() {
	r.scrim.FillColor = tint(Scrim, 0x99)
	r.card.FillColor, r.card.CornerRadius = Color(Raised), Size(RadiusL)
	r.rule.FillColor = Color(Border)
	r.card.StrokeColor, r.card.StrokeWidth = Color(Border), 1
}

func (r *sheetRenderer) Refresh() {
	r.paint()
	r.Layout(r.s.Size())
	r.scrim.Refresh()
	r.card.Refresh()
	r.rule.Refresh()
	r.s.page.Refresh()
	r.s.foot.Refresh()
}
