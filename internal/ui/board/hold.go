package board

import (
	"ekermed.example/ekermed/internal/call/board"
	"fyne.io/fyne/v2"
)

// freehand tells whether a tool draws while it moves, shaped whether between two corners.
func (t Tool) freehand() bool { return t == Tool(board.Pen) || t == Tool(board.Highlighter) }

func (t Tool) shaped() bool {
	switch board.Kind(t) {
	case board.Line, board.Arrow, board.Rectangle, board.Ellipse:
		return true
	}
	return false
}

// did tells of what was done, or why it could not be.
func (s *Surface) did(err error) {
	if err != nil {
		s.from, s.at = nil, nil
		s.painter.Draft(nil)
		if s.Refused != nil {
			s.Refused(err)
		}
	}
	if s.Changed != nil {
		s.Changed()
	}
	s.Refresh()
}

// down puts the tool on the board.
func (s *Surface) down(at board.At) {
	s.held = true
	switch {
	case s.tool == Laser:
		s.b.Point(at.X, at.Y, true)
	case !s.b.MayDraw() || s.tool == Hand:
	case s.tool == Eraser:
		_, err := s.b.Erase(at, eraserRadius)
		s.did(err)
	case s.tool == Tool(board.Text):
		s.held = false
		if s.Write != nil {
			s.Write(at, s.place(at.X, at.Y))
		}
	case s.tool.freehand():
		s.did(s.b.Begin(board.Kind(s.tool), s.style, at))
	case s.tool.shaped():
		s.from, s.at = &at, &at
	}
}

// move moves the tool while it is down.
func (s *Surface) move(at board.At) {
	if !s.held {
		return
	}
	s.b.Point(at.X, at.Y, s.tool == Laser)
	switch {
	case s.tool == Eraser:
		_, err := s.b.Erase(at, eraserRadius)
		s.did(err)
	case s.tool.freehand():
		s.did(s.b.Extend(at))
	case s.from != nil:
		s.at = &at
		draft, err := board.Draft(board.Kind(s.tool), s.style, *s.from, at)
		if err == nil {
			s.painter.Draft(draft)
		}
		s.Refresh()
	}
}

// up lifts it.
func (s *Surface) up() {
	if !s.held {
		return
	}
	from, at := s.from, s.at
	s.held, s.from, s.at = false, nil, nil
	s.painter.Draft(nil)
	s.b.End()
	var err error
	if from != nil && *from != *at {
		err = s.b.Add(board.Kind(s.tool), s.style, *from, *at)
	}
	s.did(err)
}

// cancel lifts it and takes back what it drew.
func (s *Surface) cancel() {
	drawn := s.held && s.tool.freehand()
	s.held, s.from, s.at = false, nil, nil
	s.painter.Draft(nil)
	s.b.End()
	if drawn {
		s.b.Undo()
	}
	s.Refresh()
}

// FocusGained implements fyne.Focusable.
func (s *Surface) FocusGained() { s.focused = true; s.Refresh() }

// FocusLost implements fyne.Focusable.
func (s *Surface) FocusLost() {
	s.up()
	s.focused, s.keyed = false, false
	s.Refresh()
}

// TypedRune implements fyne.Focusable.
func (s *Surface) TypedRune(r rune) {
	switch r {
	case '+', '=':
		s.Zoom(1.25)
	case '-':
		s.Zoom(0.8)
	}
}

// TypedKey implements fyne.Focusable.
func (s *Surface) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		s.step(-1, 0)
	case fyne.KeyRight:
		s.step(1, 0)
	case fyne.KeyUp:
		s.step(0, -1)
	case fyne.KeyDown:
		s.step(0, 1)
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		s.press()
	case fyne.KeyDelete:
		if s.Clear != nil && s.b.MayDraw() {
			s.Clear()
		}
	case fyne.KeyEscape:
		if s.held {
			s.cancel()
			return
		}
		fallthrough
	default:
		if s.Key != nil {
			s.Key(e)
		}
	}
}

// TypedShortcut implements fyne.Shortcutable.
func (s *Surface) TypedShortcut(shortcut fyne.Shortcut) {
	back := false
	switch shortcut := shortcut.(type) {
	case *fyne.ShortcutUndo:
		back = true
	case *fyne.ShortcutRedo:
	case fyne.KeyboardShortcut:
		// Ctrl+Shift+Z, which Fyne has no name for.
		if shortcut.Key() != fyne.KeyZ || shortcut.Mod() != fyne.KeyModifierShortcutDefault|fyne.KeyModifierShift {
			return
		}
	default:
		return
	}
	if back {
		s.b.Undo()
	} else {
		s.b.Redo()
	}
	s.did(nil)
}

// step moves the keyboard's cursor, or with the hand what is seen.
func (s *Surface) step(dx, dy float64) {
	if s.tool == Hand {
		s.pan(float32(-dx*60), float32(-dy*60))
		return
	}
	s.keyed = true
	s.cursor.X = min(max(s.cursor.X+dx*stride, 0), board.Width)
	s.cursor.Y = min(max(s.cursor.Y+dy*stride, 0), board.Height)
	if at, size := s.place(s.cursor.X, s.cursor.Y), s.Size(); at.X < 0 || at.Y < 0 || at.X > size.Width || at.Y > size.Height {
		s.middle = [2]float64{s.cursor.X, s.cursor.Y}
	}
	if s.held {
		s.move(s.cursor)
	} else {
		s.b.Point(s.cursor.X, s.cursor.Y, false)
	}
	s.Refresh()
}

// press puts the tool down at the cursor, or lifts it.
func (s *Surface) press() {
	s.keyed = true
	if s.held {
		s.up()
		return
	}
	s.down(s.cursor)
	if s.tool == Eraser || s.tool == Hand {
		s.up() // done with one press
	}
	s.Refresh()
}
