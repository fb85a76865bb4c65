package board

import (
	"errors"
	"image"
	"image/color"
	"time"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/call/pdf"
	"ekermed.example/ekermed/internal/call/picture"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Words are the texts of the desk in one language.
type Words interface {
	T(key string, pairs ...string) string
}

// Hands do what the board itself cannot. Each may be nil.
type Hands struct {
	// NameOf is what a person is called.
	NameOf func(peer string) string
	// Picture lets the person choose a picture to lie under the drawing: send it, and give it to
	// the board and to SetGround.
	Picture func()
	// Save keeps an export: ending is "png" or "svg".
	Save func(content []byte, ending string)
	// Ask asks a question with one button that does it, and one that does not.
	Ask func(question, yes string, do func())
	// Key gets the keys that nothing here uses.
	Key func(*fyne.KeyEvent)
}

// Panel is the board with its tools.
type Panel struct {
	// Root is what to show.
	Root *fyne.Container
	// Surface is the board in it.
	Surface *Surface

	b      *board.Board
	words  Words
	hands  Hands
	ttf    []byte
	ground image.Image
	awaits string // the sentence that stands until the ground is here
	saying string // the one that stands now

	bar    *bar
	said   *kit.Text
	notice *fyne.Container
	entry  *kit.Entry
	asking *fyne.Container
	place  board.At
}

// NewPanel shows b. now is the clock.
func NewPanel(host *kit.Host, words Words, b *board.Board, hands Hands, now func() time.Time) (*Panel, error) {
	ttf, err := assets.File("fonts/AtkinsonHyperlegible-Regular.ttf")
	if err != nil {
		return nil, err
	}
	s, err := NewSurface(b, ttf, kit.Color(kit.Stage), now)
	if err != nil {
		return nil, err
	}
	p := &Panel{Surface: s, b: b, words: words, hands: hands, ttf: ttf}
	s.Name = words.T("desktop.board.canvas") + ". " + words.T("desktop.board.how")
	if !b.MayDraw() {
		s.Name = words.T("desktop.board.canvas_watch")
	}
	s.NameOf, s.Key = hands.NameOf, hands.Key
	s.Clear, s.Write, s.Refused = p.clear, p.write, p.Refused
	s.Changed = func() { p.bar.show() }
	p.bar = newBar(host, p)

	p.said = kit.NewText("", kit.Body, kit.CallInk)
	p.notice = kit.Layers(kit.NewPanel(kit.CallBar, kit.CallWaiting, kit.RadiusM), kit.Inset(kit.S, kit.M, p.said))
	p.notice.Hide()
	if !b.MayDraw() {
		p.say("desktop.board.watching")
	}
	p.entry = kit.NewTextEntry(host, words.T("desktop.board.text_label"), 2)
	put := kit.NewButton(host, kit.Primary, "check", words.T("desktop.board.text_put"), p.put).Small()
	leave := kit.NewButton(host, kit.Secondary, "x", words.T("common.cancel"), p.leave).Small()
	p.asking = kit.Layers(kit.NewPanel(kit.Surface, kit.ControlBorder, kit.RadiusM),
		kit.Inset(kit.M, kit.M, kit.Column(kit.S, kit.NewText(words.T("desktop.board.text_label"), kit.Body, kit.Ink), kit.Bare(p.entry), kit.Row(kit.S, put, leave))))
	p.asking.Hide()
	p.Root = container.New(&arrangement{p}, s, p.bar.root, p.notice, p.asking)
	p.bar.show()
	return p, nil
}

// Refresh shows what has changed. Call it at the pace of the screen.
func (p *Panel) Refresh() {
	p.Surface.Refresh()
	p.bar.show()
}

// SetGround gives the content of the board's ground, once it is here; nil for none. It costs
// nothing when it is there already.
func (p *Panel) SetGround(m image.Image) {
	if p.ground != m {
		p.ground = m
		p.Surface.SetGround(m)
	}
}

// Await says that the ground is on its way, or with lost that it did not come; with neither
// there is nothing to say any more.
func (p *Panel) Await(coming, lost bool) {
	before := p.awaits
	switch p.awaits = ""; {
	case coming:
		p.awaits = "desktop.board.ground_coming"
	case lost:
		p.awaits = "desktop.board.ground_lost"
	}
	if p.awaits != before && (p.saying == before || p.saying == "") {
		p.say("")
	}
}

// Refused puts what Hear or a tool refused into a sentence.
func (p *Panel) Refused(err error) {
	switch {
	case errors.Is(err, board.ErrFull) && p.b.Full():
		p.say("desktop.board.full")
	case errors.Is(err, board.ErrNotAllowed) && !p.b.MayDraw():
		p.say("desktop.board.watching")
	default:
		p.say("desktop.board.refused")
	}
}

// Unlaid says why a picture could not be laid under the drawing.
func (p *Panel) Unlaid(err error) {
	var paper pdf.Error
	if errors.As(err, &paper) {
		p.say(PaperKey(paper))
		return
	}
	var refused picture.Error
	if errors.As(err, &refused) {
		p.say("desktop.board.picture_refused")
		return
	}
	p.say("desktop.board.ground_unsent")
}

// PaperKey is the key of the sentence that says why a PDF is not shown.
func PaperKey(err pdf.Error) string {
	switch err.Why {
	case pdf.Locked:
		return "pdf.locked"
	case pdf.TooLarge:
		return "pdf.large"
	case pdf.TooSlow:
		return "pdf.slow"
	}
	return "pdf.damaged"
}

// say shows a sentence, or with no key takes it away: what is waited for is said then.
func (p *Panel) say(key string) {
	if key == "" {
		key = p.awaits
	}
	if p.saying = key; key == "" {
		p.notice.Hide()
		return
	}
	p.said.Set(p.words.T(key))
	p.notice.Show()
	if p.Root != nil {
		p.Root.Refresh()
	}
}

func (p *Panel) clear() {
	do := func() {
		if err := p.b.Clear(); err != nil {
			p.Refused(err)
		}
		p.Refresh()
	}
	if p.hands.Ask != nil {
		p.hands.Ask(p.words.T("desktop.board.clear_ask"), p.words.T("desktop.board.clear"), do)
	}
}

func (p *Panel) save(ending string) {
	if p.hands.Save == nil {
		return
	}
	export := func() ([]byte, error) { return PNG(p.b, p.ttf, p.ground) }
	if ending == "svg" {
		export = func() ([]byte, error) { return SVG(p.b, p.ground) }
	}
	content, err := export()
	if err != nil {
		p.Refused(err)
		return
	}
	p.hands.Save(content, ending)
}

// write asks for a text where it will stand.
func (p *Panel) write(at board.At, where fyne.Position) {
	p.place = at
	p.entry.SetText("")
	size := p.asking.MinSize()
	room := p.Surface.Size()
	size.Width = fyne.Min(fyne.Max(size.Width, kit.Em(20)), room.Width)
	p.asking.Resize(size)
	p.asking.Move(fyne.NewPos(fyne.Max(0, fyne.Min(where.X, room.Width-size.Width)), fyne.Max(0, fyne.Min(where.Y, room.Height-size.Height))))
	p.asking.Show()
	if c := fyne.CurrentApp().Driver().CanvasForObject(p.Surface); c != nil {
		c.Focus(p.entry)
	}
}

func (p *Panel) put() {
	if err := p.b.Write(p.Surface.Style(), p.place, p.entry.Text); err != nil {
		p.Refused(err)
	}
	p.leave()
}

func (p *Panel) leave() {
	p.asking.Hide()
	if c := fyne.CurrentApp().Driver().CanvasForObject(p.Surface); c != nil {
		c.Focus(p.Surface)
	}
	p.Refresh()
}

// arrangement gives the bar the height it needs and the surface the rest.
type arrangement struct{ p *Panel }

func (a *arrangement) MinSize([]fyne.CanvasObject) fyne.Size {
	m := a.p.Surface.MinSize()
	return fyne.NewSize(fyne.Max(m.Width, 320), m.Height+a.p.bar.height(fyne.Max(a.p.Root.Size().Width, 320)))
}

func (a *arrangement) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	h := a.p.bar.height(size.Width)
	a.p.Surface.Move(fyne.Position{})
	a.p.Surface.Resize(fyne.NewSize(size.Width, fyne.Max(0, size.Height-h)))
	a.p.bar.root.Move(fyne.NewPos(0, size.Height-h))
	a.p.bar.root.Resize(fyne.NewSize(size.Width, h))
	edge := kit.Size(kit.M)
	w := fyne.Min(size.Width-2*edge, kit.Em(40))
	a.p.notice.Move(fyne.NewPos((size.Width-w)/2, edge))
	a.p.notice.Resize(fyne.NewSize(w, kit.HeightFor(a.p.notice, w)))
}

func rgba(c uint32) func() color.Color { return func() color.Color { return rgb(c) } }
