package ui

import (
	"crypto/rand"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/board"
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
}

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
	if !u.drawing.open && b.Version() != before && !b.Empty() {
		u.drawing.by = id
	}
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
			NameOf: func(id string) string { return u.writer(u.state.Call, id, id == u.state.Call.Self) },
			Save:   u.saveBoard,
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

func (u *UI) saveBoard(content []byte, ending string) {
	if u.o.Save != nil {
		u.o.Save(u.words.T("desktop.board.file")+"."+ending, content)
	}
}
