package ui

import (
	"crypto/rand"
	"image"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/picture"
	uiboard "ekermed.example/ekermed/internal/ui/board"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// drawing is the whiteboard of a call. The UI thread owns it, because it is drawn on many
// times a second: what others drew comes by the methods Board…, and what is to be sent
// leaves as events.
type drawing struct {
	self  string
	board *board.Board
	open  bool
	// by drew while it was closed; empty when that was seen.
	by string
	// wanted is the file of the ground that was asked for, since then. laying: a picture of
	// ours is being made ready.
	wanted string
	since  time.Time
	laying bool
}

// patience is how long a ground whose file nobody offers is waited for.
const patience = 20 * time.Second

// BoardMeet tells that a channel with somebody is open, or open again. self is our own id:
// with another one the board is a new one.
func (u *UI) BoardMeet(self, id string, mayDraw bool) {
	if u.drawing.board == nil || u.drawing.self != self {
		b, err := board.New(board.Options{Self: self, Run: strings.ToLower(rand.Text()[:12]), MayDraw: true})
		if err != nil {
			return // ids of this server always fit
		}
		u.drawing = drawing{self: self, board: b}
		u.redraw()
	}
	u.drawing.board.Meet(id, mayDraw)
}

// BoardPart tells that somebody left.
func (u *UI) BoardPart(id string) {
	if u.drawing.board != nil {
		u.drawing.board.Part(id)
	}
}

// BoardHear takes what somebody's board says.
func (u *UI) BoardHear(id string, payload []byte) {
	b := u.drawing.board
	if b == nil {
		return
	}
	before := b.Version()
	// What makes no sense, or is too much, changes nothing; the board that is open says so.
	if err := b.Hear(id, payload, u.o.Now()); err != nil {
		if s, ok := u.screen.(*callScreen); ok && s.board != nil {
			s.board.Refused(err)
		}
	}
	if !u.drawing.open && b.Version() != before && !b.Empty() && u.drawing.by != id {
		u.drawing.by = id
		if u.at == atCall {
			u.begin() // the notice of it
		}
	}
}

// BoardLay makes a picture of ours the ground of the board, or tells why it cannot be.
func (u *UI) BoardLay(g board.Ground, refused error) {
	u.drawing.laying = false
	if u.drawing.board == nil {
		return
	}
	s, _ := u.screen.(*callScreen)
	shown := s != nil && s.board != nil
	if refused != nil {
		if shown {
			s.board.Unlaid(refused)
		}
		return
	}
	if err := u.drawing.board.SetGround(&g); err != nil && shown {
		s.board.Refused(err)
	}
}

// layPicture lays a picture under the board for everybody, and opens it.
func (u *UI) layPicture(w call.LayPicture) {
	if u.at != atCall || u.drawing.board == nil {
		return
	}
	u.emit(w)
	u.drawing.laying = true
	if !u.drawing.open {
		u.toggleBoard()
	}
}

// ground is what lies under the board as far as it is here. Otherwise it is on its way, or did
// not come: nobody offers it, or what was offered is another picture than the one laid.
func (u *UI) ground(now time.Time) (m image.Image, coming, lost bool) {
	g := u.drawing.board.Ground()
	if g == nil {
		u.drawing.wanted = ""
		return nil, u.drawing.laying, false
	}
	if u.drawing.wanted != g.File {
		u.drawing.wanted, u.drawing.since = g.File, now
		u.o.Emit(call.WantGround{File: g.File}) // nobody need be at the desk for it
	}
	offered := false
	for _, it := range u.state.Call.Files {
		if it.Use != files.Backdrop || it.Offer != g.File {
			continue
		}
		offered = true
		switch {
		case it.Picture != nil && it.Picture.SHA == g.SHA && it.Picture.Width == g.Width && it.Picture.Height == g.Height:
			return it.Picture.Image, u.drawing.laying, false
		case it.Picture == nil && it.Size <= picture.MaxBytes && it.State != files.Failed && it.State != files.Withdrawn:
			coming = true
		}
	}
	coming = coming || !offered && now.Sub(u.drawing.since) < patience
	return nil, coming || u.drawing.laying, !coming
}

// lie shows on the open board what lies under it.
func (s *callScreen) lie() {
	m, coming, lost := s.u.ground(s.u.o.Now())
	s.board.SetGround(m)
	s.board.Await(coming, lost)
}

// BoardClose forgets the board: the call is over.
func (u *UI) BoardClose() {
	u.drawing = drawing{}
	u.redraw()
}

// redraw lets the screen take another board.
func (u *UI) redraw() {
	if s, ok := u.screen.(*callScreen); ok {
		s.board = nil
		s.show(u.state)
		s.root.Refresh()
	}
}

// sendBoard sends what was drawn; it is called at the pace of the screen.
func (u *UI) sendBoard(now time.Time) {
	if u.drawing.board == nil {
		return
	}
	u.ground(now) // it is fetched also while nobody looks
	for _, out := range u.drawing.board.Take(now) {
		u.o.Emit(call.Drawn{To: out.To, Payload: out.Data}) // nobody need be at the desk for it
	}
}

// toggleBoard opens the whiteboard on the stage, or closes it.
func (u *UI) toggleBoard() {
	s, ok := u.screen.(*callScreen)
	if !ok || u.dialog != nil {
		return
	}
	u.drawing.open = !u.drawing.open && u.drawing.board != nil
	u.drawing.by = ""
	s.show(u.state)
	s.root.Refresh()
	if u.drawing.open && s.board != nil {
		u.focus(s.board.Surface)
	} else {
		u.focus(s.bar.draw)
	}
}

// draws puts the board on the stage; it tells whether it is there.
func (s *callScreen) draws() bool {
	u := s.u
	if u.drawing.open && s.board == nil && u.drawing.board != nil {
		panel, err := uiboard.NewPanel(u.host, u.words, u.drawing.board, uiboard.Hands{
			Picture: u.choosePicture(),
			NameOf:  func(id string) string { return u.writer(u.state.Call, id, id == u.state.Call.Self) },
			Save:    u.saveBoard,
			Ask: func(question, yes string, do func()) {
				u.ask(ask{name: "clear", title: question, text: "", kind: kit.Risky, icon: "trash", do: yes, done: func(string) { do() }})
			},
			Key: u.typed,
		}, u.o.Now)
		if err != nil {
			u.drawing.open = false // the font is embedded and tested
			return false
		}
		s.board = panel
		s.easel.Objects = []fyne.CanvasObject{panel.Root}
	}
	s.easel.Hidden = !u.drawing.open || s.board == nil
	return !s.easel.Hidden
}

// choosePicture asks for a picture to lie under the board; nil where none can be sent.
func (u *UI) choosePicture() func() {
	if u.o.PickPicture == nil || u.state.Call.FileLimit <= 0 {
		return nil
	}
	return func() {
		u.o.PickPicture(u.layPath)
	}
}

func (u *UI) saveBoard(content []byte, ending string) {
	if u.o.Save != nil {
		u.o.Save(u.words.T("desktop.board.file")+"."+ending, content)
	}
}
