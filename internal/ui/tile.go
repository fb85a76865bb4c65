package ui

import (
	"image/color"
	"math"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/ui/kit"
	"ekermed.example/ekermed/internal/ui/video"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// tile is one person in a call: the picture, or who it is and why there is none.
type tile struct {
	u      *UI
	id     string
	wants  bool // the person lets a picture out
	root   *fyne.Container
	view   *video.View
	calm   *fyne.Container
	face   fyne.CanvasObject
	avatar *kit.Avatar
	name   *kit.Text
	why    *kit.Text
	tag    *nameTag
	pin    *kit.Button
}

// speaksAt is the loudness of speech; heldFor bridges the pauses between words.
const (
	speaksAt = 0.35
	heldFor  = 700 * time.Millisecond
)

// nameTag stands on a picture when there are several: who it is, that they speak, and that
// they raise a hand. Speech is told by a word, an icon and a frame.
type nameTag struct {
	root, speaks *fyne.Container
	name         *kit.Text
	hand         *kit.Icon
	frame        *canvas.Rectangle
	spoke        time.Time
	// pin makes the person large: offered when somebody is at the bar, and where it has room.
	pin              *kit.Button
	offered, cramped bool
}

// offer lets the pin come and go.
func (g *nameTag) offer(on bool) {
	g.offered = on
	g.pin.Hidden = !on || g.cramped
}

func newNameTag(w words, pin *kit.Button) *nameTag {
	g := &nameTag{pin: pin, name: kit.NewText("", kit.Caption, kit.CallInk).Bold().Fit(kit.Whole), hand: kit.NewIcon("hand", kit.Body, kit.CallWaiting), frame: canvas.NewRectangle(color.Transparent)}
	g.speaks = kit.Row(kit.XS, kit.NewIcon("speaker-high", kit.Caption, kit.CallInk), kit.NewText(w.T("desktop.call.speaks"), kit.Caption, kit.CallInk).Fit(kit.Whole))
	g.frame.StrokeWidth = 4
	g.root = container.New(&tagLayout{g}, g.frame, chip(kit.Row(kit.S, g.hand, g.name, g.speaks)), pin)
	return g
}

// show takes the person; alone, the name stands elsewhere.
func (g *nameTag) show(p wire.Person, name string, alone bool) {
	g.name.Set(name)
	g.hand.Hidden = !p.Hand
	g.root.Hidden = p.ID == "" || alone && !p.Hand
}

// loud takes how loud the person is now.
func (g *nameTag) loud(level float64, now time.Time) {
	if level >= speaksAt {
		g.spoke = now
	}
	quiet := now.Sub(g.spoke) > heldFor
	if g.speaks.Hidden == quiet && g.frame.Hidden == quiet {
		return
	}
	g.speaks.Hidden, g.frame.Hidden = quiet, quiet
	g.frame.StrokeColor = kit.Color(kit.CallInk)
	g.root.Refresh()
}

// tagLayout frames the picture, and sets the name at its lower left, with the pin after it.
type tagLayout struct{ g *nameTag }

func (*tagLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(32, 18) }

func (l *tagLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	tag := objects[1].MinSize()
	gap := kit.Size(kit.S)
	roomless := size.Width < tag.Width/2 || size.Height < tag.Height
	if objects[1].(*fyne.Container).Hidden = roomless; roomless {
		tag = fyne.Size{}
	}
	objects[1].Resize(fyne.NewSize(fyne.Min(tag.Width, fyne.Max(0, size.Width-2*gap)), tag.Height))
	objects[1].Move(fyne.NewPos(gap, size.Height-tag.Height-gap))
	pin := objects[2].MinSize()
	if x := 2*gap + objects[1].Size().Width; x+pin.Width+gap <= size.Width && tag.Height > 0 {
		objects[2].Resize(pin)
		objects[2].Move(fyne.NewPos(x, size.Height-gap-(tag.Height+pin.Height)/2))
	} else { // at the other corner, where the picture is narrow
		objects[2].Resize(pin)
		objects[2].Move(fyne.NewPos(fyne.Max(0, size.Width-pin.Width), 0))
	}
	l.g.cramped = size.Width < pin.Width || size.Height < pin.Height
	l.g.offer(l.g.offered)
}

func newTile(u *UI) *tile {
	t := &tile{u: u, view: video.New(stage, 0, ""),
		avatar: kit.NewAvatar("", kit.Display, 3.4, kit.CallControl, kit.CallInk),
		name:   kit.NewText("", kit.Title, kit.CallInk).Bold().Align(fyne.TextAlignCenter),
		why:    kit.NewText("", kit.Lead, kit.CallMuted).Align(fyne.TextAlignCenter)}
	t.face = centred(t.avatar)
	t.calm = container.New(&calmLayout{t}, kit.Column(kit.M, t.face, kit.Column(kit.XS, t.name, t.why)))
	t.pin = kit.NewButton(u.host, kit.OverPicture, "push-pin", "", func() { u.pin(t.id) }).Small()
	t.tag = newNameTag(u.words, t.pin)
	press := newMover(kit.None, func() {
		if s, ok := u.screen.(*callScreen); ok {
			s.pointed()
		}
	})
	press.pressed = func() { t.press() }
	t.root = container.NewStack(t.view, t.calm, press, t.tag.root)
	return t
}

// press on a picture makes its person large or lets them go; while the bar steps back it only
// brings that back.
func (t *tile) press() {
	if t.pin.Visible() && t.id != "" {
		t.u.pin(t.id)
	}
}

// show takes a person and the words for when there is no picture.
func (t *tile) show(p wire.Person, name, why string, alone bool) {
	t.tag.show(p, name, alone)
	t.id, t.wants, t.view.Name = p.ID, p.Video && !p.Away, name
	t.avatar.Set(initials(name))
	t.calm.Refresh()
	t.name.Set(name)
	t.name.Hidden = name == ""
	t.why.Set(why)
	t.frame()
}

// frame pulls the newest picture. It tells whether there is one now.
func (t *tile) frame() bool {
	if !t.wants || t.id == "" || t.u.o.Frames == nil {
		t.view.Clear()
	} else {
		t.view.Draw(t.u.o.Frames.Latest(t.id))
	}
	if t.id != "" && t.u.o.LevelOf != nil && t.tag.root.Visible() {
		t.tag.loud(t.u.o.LevelOf(t.id), t.u.o.Now())
	} else {
		t.tag.loud(0, t.u.o.Now())
	}
	if hidden := t.view.Shown(); hidden != t.calm.Hidden {
		t.calm.Hidden = hidden
		t.root.Refresh()
	}
	return t.view.Shown()
}

// calmLayout sets the words above the bar of the call, and leaves the initials out
// where there is no room for them.
type calmLayout struct{ t *tile }

func (calmLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(32, 32) }

func (l *calmLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := fyne.Max(0, fyne.Min(size.Width-2*kit.Size(kit.M), kit.Em(30)))
	l.t.name.Hidden, l.t.why.Hidden = l.t.name.Text() == "", false
	if l.t.id != "" && size.Height < kit.Em(9) { // in a strip the tag has the name: only the initials
		l.t.name.Hidden, l.t.why.Hidden = true, true
		l.t.face.(*fyne.Container).Hidden = size.Height < l.t.avatar.MinSize().Height
		h := fyne.Min(kit.HeightFor(objects[0], w), size.Height)
		objects[0].Move(fyne.NewPos((size.Width-w)/2, (size.Height-h)/2))
		objects[0].Resize(fyne.NewSize(w, h))
		return
	}
	above, below := kit.Em(3.5), kit.Em(6.5)
	room := size.Height - above - below
	if room < kit.Em(4) {
		above, room = 0, size.Height
	}
	show := func(face bool) float32 {
		l.t.face.(*fyne.Container).Hidden = !face
		return kit.HeightFor(objects[0], w)
	}
	h := show(l.t.id != "")
	if h > room {
		h = show(false)
	}
	objects[0].Move(fyne.NewPos((size.Width-w)/2, above+fyne.Max(0, (room-h)/2)))
	objects[0].Resize(fyne.NewSize(w, h))
}

// tiles sets up to six pictures so that each is as large as can be.
type tiles struct{}

func (tiles) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(64, 36) }

func (tiles) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	n := len(objects)
	if n == 0 {
		return
	}
	columns := 1
	if n > 1 {
		columns = int(math.Ceil(math.Sqrt(float64(n))))
		if size.Height > size.Width {
			columns = max(1, columns-1)
		}
	}
	rows := (n + columns - 1) / columns
	gap := float32(0)
	if n > 1 {
		gap = kit.Size(kit.S)
	}
	cell := fyne.NewSize((size.Width-gap*float32(columns-1))/float32(columns), (size.Height-gap*float32(rows-1))/float32(rows))
	for i, o := range objects {
		o.Move(fyne.NewPos(float32(i%columns)*(cell.Width+gap), float32(i/columns)*(cell.Height+gap)))
		o.Resize(cell)
	}
}
