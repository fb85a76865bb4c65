package board

import (
	"image/color"

	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// bar holds the tools, the colours and widths, and everything else, in groups that wrap.
type bar struct {
	p          *Panel
	root       *fyne.Container
	flow       *flow
	tools      map[Tool]*kit.Button
	shown      Tool // whose name is written
	colours    []*swatch
	widths     []*swatch
	undo, redo *kit.Button
	noGround   *kit.Button
}

func newBar(host *kit.Host, p *Panel) *bar {
	b := &bar{p: p, tools: map[Tool]*kit.Button{}, flow: &flow{}}
	word := func(key string) string { return p.words.T("desktop.board." + key) }
	button := func(icon, name string, tap func()) *kit.Button {
		return kit.NewButton(host, kit.OnCall, icon, "", func() { p.say(""); tap(); b.show() }).Named(name).Small()
	}
	var groups []fyne.CanvasObject
	group := func(items ...fyne.CanvasObject) {
		groups = append(groups, container.New(&flow{}, items...))
	}
	s := p.Surface
	if p.b.MayDraw() {
		var tools []fyne.CanvasObject
		for _, tool := range toolbox() {
			b.tools[tool] = button(icon(tool), word(string(tool)), func() { s.Take(tool) })
			tools = append(tools, b.tools[tool])
		}
		group(tools...)
		group(b.styles(word)...)
		b.undo = button("arrow-u-up-left", word("undo"), func() { p.b.Undo(); p.Refresh() })
		b.redo = button("arrow-u-up-right", word("redo"), func() { p.b.Redo(); p.Refresh() })
		group(b.undo, b.redo, button("trash", word("clear"), p.clear))
	}
	group(button("magnifying-glass-plus", word("nearer"), func() { s.Zoom(1.5) }), button("magnifying-glass-minus", word("farther"), func() { s.Zoom(1 / 1.5) }), button("frame-corners", word("whole"), s.Whole))
	var keep []fyne.CanvasObject
	if p.b.MayDraw() {
		b.noGround = button("x", word("no_ground"), func() {
			if err := p.b.SetGround(nil); err != nil {
				p.Refused(err)
			}
			p.Refresh()
		})
		if p.hands.Picture != nil {
			keep = append(keep, button("image", word("ground"), p.hands.Picture))
		}
		keep = append(keep, b.noGround)
	}
	for _, ending := range []string{"png", "svg"} {
		keep = append(keep, kit.NewButton(host, kit.OnCall, "download-simple", map[string]string{"png": "PNG", "svg": "SVG"}[ending], func() { p.save(ending) }).Named(word(ending)).Small())
	}
	group(keep...)
	b.root = kit.Layers(kit.NewPanel(kit.CallBar, kit.None, kit.Zero), container.New(b.flow, groups...))
	b.flow.gap, b.flow.edge = kit.Size(kit.M), kit.Size(kit.S)
	return b
}

// styles are the colours and the widths.
func (b *bar) styles(word func(string) string) (items []fyne.CanvasObject) {
	s := b.p.Surface
	names := []string{word("black"), word("blue"), word("orange"), word("green"), word("violet"), word("brown")}
	for i, ink := range board.Palette() {
		w := newSwatch(names[i], 8, rgba(ink.Line), func() { s.Dress(board.Style{Colour: i, Width: s.Style().Width}); b.show() })
		b.colours, items = append(b.colours, w), append(items, w)
	}
	names = []string{word("fine"), word("medium"), word("thick"), word("broad")}
	for i := range board.Widths() {
		ink := func() color.Color { return rgb(board.Palette()[s.Style().Colour].Line) }
		w := newSwatch(names[i], []float32{2, 4, 8, 14}[i], ink, func() { s.Dress(board.Style{Colour: s.Style().Colour, Width: i}); b.show() })
		b.widths, items = append(b.widths, w), append(items, w)
	}
	for _, list := range [][]*swatch{b.colours, b.widths} {
		for _, w := range list {
			w.key = b.p.hands.Key
		}
	}
	return items
}

// show fits the buttons to what can be done now.
func (b *bar) show() {
	if tool := b.p.Surface.Tool(); tool != b.shown {
		// The tool in hand has its name written beside it.
		for t, button := range b.tools {
			if t == tool {
				button.Set(kit.OffCall, icon(t), b.p.words.T("desktop.board."+string(t)))
			} else {
				button.Set(kit.OnCall, icon(t), "")
			}
		}
		b.shown = tool
		b.relayout()
	}
	for i, w := range b.colours {
		w.choose(i == b.p.Surface.Style().Colour)
	}
	for i, w := range b.widths {
		w.choose(i == b.p.Surface.Style().Width)
		w.Refresh()
	}
	if b.undo == nil {
		return
	}
	b.undo.Able(b.p.b.CanUndo())
	b.redo.Able(b.p.b.CanRedo())
	if shown := b.p.b.Ground() != nil; shown != b.noGround.Visible() {
		if shown {
			b.noGround.Show()
		} else {
			b.noGround.Hide()
		}
		b.relayout()
	}
}

// relayout makes room when a button has grown or come.
func (b *bar) relayout() {
	for _, o := range b.root.Objects {
		if c, ok := o.(*fyne.Container); ok {
			for _, group := range c.Objects {
				group.Refresh()
			}
		}
	}
	b.root.Refresh()
	if b.p.Root != nil {
		b.p.Root.Refresh()
	}
}

// toolbox are the tools in the order in which they are offered.
func toolbox() []Tool {
	return []Tool{Tool(board.Pen), Tool(board.Highlighter), Tool(board.Line), Tool(board.Arrow), Tool(board.Rectangle), Tool(board.Ellipse), Tool(board.Text), Eraser, Laser, Hand}
}

func icon(t Tool) string {
	return map[Tool]string{
		Tool(board.Pen): "pencil-simple", Tool(board.Highlighter): "highlighter", Tool(board.Line): "line-segment", Tool(board.Arrow): "arrow-up-right",
		Tool(board.Rectangle): "rectangle", Tool(board.Ellipse): "circle", Tool(board.Text): "text-t", Eraser: "eraser", Laser: "hand-pointing", Hand: "hand",
	}[t]
}

// height is what the bar needs at a width.
func (b *bar) height(width float32) float32 {
	groups := b.root.Objects[len(b.root.Objects)-1].(*fyne.Container).Objects
	return b.flow.height(groups, width)
}

// flow sets objects side by side, in the middle, and wraps them. It asks for the width of
// its widest child only, so that a narrow window can hold it.
type flow struct{ gap, edge float32 }

type line struct {
	objects       []fyne.CanvasObject
	width, height float32
}

// wanted is the size of a child: of a group as wide as it likes to be.
func wanted(o fyne.CanvasObject, most float32) fyne.Size {
	c, ok := o.(*fyne.Container)
	if !ok {
		return o.MinSize()
	}
	f, ok := c.Layout.(*flow)
	if !ok {
		return o.MinSize()
	}
	w := float32(0)
	for _, l := range f.lines(c.Objects, most) {
		w = fyne.Max(w, l.width)
	}
	return fyne.NewSize(w, f.height(c.Objects, most))
}

func (f *flow) lines(objects []fyne.CanvasObject, most float32) (lines []line) {
	gap := fyne.Max(f.gap, 4)
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		size := wanted(o, most)
		if n := len(lines) - 1; n >= 0 && lines[n].width+gap+size.Width <= most {
			lines[n].objects = append(lines[n].objects, o)
			lines[n].width += gap + size.Width
			lines[n].height = fyne.Max(lines[n].height, size.Height)
			continue
		}
		lines = append(lines, line{[]fyne.CanvasObject{o}, size.Width, size.Height})
	}
	return lines
}

func (f *flow) height(objects []fyne.CanvasObject, width float32) float32 {
	h := 2 * f.edge
	for i, l := range f.lines(objects, width-2*f.edge) {
		if i > 0 {
			h += 4
		}
		h += l.height
	}
	return h
}

// Layout implements fyne.Layout.
func (f *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := f.edge
	for _, l := range f.lines(objects, size.Width-2*f.edge) {
		x := (size.Width - l.width) / 2
		for _, o := range l.objects {
			want := wanted(o, size.Width-2*f.edge)
			o.Resize(want)
			o.Move(fyne.NewPos(x, y+(l.height-want.Height)/2))
			x += want.Width + fyne.Max(f.gap, 4)
		}
		y += l.height + 4
	}
}

// MinSize implements fyne.Layout.
func (f *flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	w := float32(0)
	for _, o := range objects {
		if c, ok := o.(*fyne.Container); ok {
			w = fyne.Max(w, c.MinSize().Width)
		} else {
			w = fyne.Max(w, o.MinSize().Width)
		}
	}
	return fyne.NewSize(w+2*f.edge, 0)
}
