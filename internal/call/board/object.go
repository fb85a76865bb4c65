package board

// Kind is what an object is.
type Kind string

// The kinds of objects.
const (
	Pen         Kind = "pen"
	Highlighter Kind = "high"
	Line        Kind = "line"
	Arrow       Kind = "arrow"
	Rectangle   Kind = "rect"
	Ellipse     Kind = "oval"
	Text        Kind = "text"
)

// freehand kinds are strokes that grow.
func (k Kind) freehand() bool { return k == Pen || k == Highlighter }

// corners are the points that a new object of this kind may have, at least and at most.
func (k Kind) corners() (least, most int) {
	switch k {
	case Pen, Highlighter:
		return 1, maxBatch
	case Line, Arrow, Rectangle, Ellipse:
		return 2, 2
	case Text:
		return 1, 1
	}
	return 1, 0
}

// Pressures are the steps of pressure, from 0; MiddlePressure is that of a mouse.
const (
	Pressures      = 16
	MiddlePressure = 8
)

// Point is a position in tenths of a unit and, for a pen, how hard it was pressed.
type Point struct {
	X, Y     int
	Pressure int
}

// Style is a colour and a width, or the size of a text, by their places in Palette and
// Widths.
type Style struct{ Colour, Width int }

// Ink is a colour of the palette: of lines and letters, and of the highlighter.
type Ink struct{ Line, High uint32 }

// Palette are the colours, as 0xRRGGBB. Each line has a contrast of at least 3 to 1 to the
// white page, and any two differ for people with any kind of colour blindness.
func Palette() []Ink {
	return []Ink{
		{0x14262c, 0xc9d3d7}, // black, grey
		{0x1d2ff7, 0xa6d5f7}, // blue
		{0xf26707, 0xffc9a3}, // orange
		{0x17a479, 0xa5e8cf}, // green
		{0xbe5add, 0xf6c6e6}, // violet, pink
		{0x6f2d00, 0xfff07a}, // brown, yellow
	}
}

// Widths are the widths of lines, in tenths.
func Widths() []int { return []int{20, 40, 80, 160} }

// HighWidth is how many times wider a highlighter is than a line of the same place.
const HighWidth = 5

// Sizes are the heights of letters, in tenths.
func Sizes() []int { return []int{240, 360, 540, 800} }

// ID names an object for ever: its author and the number of the operation that made it.
type ID struct {
	Author string
	Seq    int
}

// Object is one thing on the board.
type Object struct {
	ID     ID
	Kind   Kind
	Style  Style
	Points []Point
	Text   string
	// Done: the stroke does not grow any more.
	Done bool

	clock  int
	hidden bool
	covers int // clears that took it away
	box    Box // once it was asked for
}

// Visible tells whether the object is to be drawn.
func (o *Object) Visible() bool { return !o.hidden && o.covers == 0 }

// before is the drawing order: by clock, then author, then number.
func (o *Object) before(p *Object) int {
	switch {
	case o.clock != p.clock:
		return o.clock - p.clock
	case o.ID.Author != p.ID.Author:
		if o.ID.Author < p.ID.Author {
			return -1
		}
		return 1
	}
	return o.ID.Seq - p.ID.Seq
}

// Ground is a picture under the drawing. Its content travels as a file.
type Ground struct {
	// File is the id that the file goes by.
	File string
	// Width and Height are its own, in pixels.
	Width, Height int
	// SHA is the SHA-256 of its bytes, 64 hexadecimal digits in lower case.
	SHA string
}

// MaxGround is the largest side of a ground, in pixels.
const MaxGround = 16384

func (g Ground) valid() bool {
	if !validID(g.File) || g.Width < 1 || g.Height < 1 || g.Width > MaxGround || g.Height > MaxGround || len(g.SHA) != 64 {
		return false
	}
	for _, c := range []byte(g.SHA) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}

// Place is where the ground lies on the page, in tenths: as large as fits, in the middle.
func (g Ground) Place() Box {
	w, h := Width*Tenths, Height*Tenths
	if g.Width*h > g.Height*w {
		h = g.Height * w / g.Width
	} else {
		w = g.Width * h / g.Height
	}
	x, y := (Width*Tenths-w)/2, (Height*Tenths-h)/2
	return Box{x, y, x + w, y + h}
}

// Box is a part of the page, in tenths: from Left, Top up to Right, Bottom.
type Box struct{ Left, Top, Right, Bottom int }

// Meets tells whether two boxes share anything.
func (b Box) Meets(c Box) bool {
	return b.Left <= c.Right && c.Left <= b.Right && b.Top <= c.Bottom && c.Top <= b.Bottom
}

// Join is the box around both.
func (b Box) Join(c Box) Box {
	return Box{min(b.Left, c.Left), min(b.Top, c.Top), max(b.Right, c.Right), max(b.Bottom, c.Bottom)}
}

// Box is around everything that the object paints.
func (o *Object) Box() Box {
	if o.box == (Box{}) {
		o.box = o.boxFrom(0)
	}
	return o.box
}

// boxFrom is Box for the points from the nth on.
func (o *Object) boxFrom(n int) Box {
	p := o.Points[n]
	box := Box{p.X, p.Y, p.X, p.Y}
	for _, p := range o.Points[n:] {
		box = box.Join(Box{p.X, p.Y, p.X, p.Y})
	}
	if o.Kind == Text {
		lines, longest := measure(o.Text)
		size := Sizes()[o.Style.Width]
		// Generous: letters of a hand's writing are wider than those of ours.
		box.Right += longest * size * 11 / 10
		box.Bottom += lines * size * 3 / 2
	}
	grow := o.reach()
	return Box{box.Left - grow, box.Top - grow, box.Right + grow, box.Bottom + grow}
}

// reach is how far from its points an object paints, in tenths.
func (o *Object) reach() int {
	w := Widths()[o.Style.Width]
	switch o.Kind {
	case Highlighter:
		return w*HighWidth/2 + Tenths
	case Arrow:
		return headSize(w) + w + Tenths
	}
	return w + Tenths
}
