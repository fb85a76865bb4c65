package main

import (
	"fyne.io/fyne/v2"

	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/ui"
)

// paper hands what concerns the whiteboard to its owner, the UI thread, in order.
type paper struct{ screens *ui.UI }

// Meet implements run.Board.
func (p *paper) Meet(self, peer string, mayDraw bool) {
	fyne.Do(func() { p.screens.BoardMeet(self, peer, mayDraw) })
}

// Part implements run.Board.
func (p *paper) Part(peer string) { fyne.Do(func() { p.screens.BoardPart(peer) }) }

// Hear implements run.Board.
func (p *paper) Hear(peer string, payload []byte) {
	fyne.Do(func() { p.screens.BoardHear(peer, payload) })
}

// Lay implements run.Board.
func (p *paper) Lay(g board.Ground, refused error) {
	fyne.Do(func() { p.screens.BoardLay(g, refused) })
}

// Close implements run.Board.
func (p *paper) Close() { fyne.Do(p.screens.BoardClose) }
