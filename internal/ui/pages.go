package ui

import (
	"context"
	"errors"
	"image"
	"path/filepath"
	"strconv"
	"strings"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/pdf"
	"ekermed.example/ekermed/internal/call/picture"
	uiboard "ekermed.example/ekermed/internal/ui/board"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

const (
	// leafAt is the longer side of a page in the chooser, in pixels: enough to know it by.
	leafAt = 1400
	// fewPages are leafed through; among more of them a number is typed.
	fewPages = 8
)

// layPath lays a file of this machine under the board: a picture, or a page of a PDF.
func (u *UI) layPath(path string) {
	if u.o.OpenPaper != nil && strings.EqualFold(filepath.Ext(path), ".pdf") {
		u.layPaper(path, nil)
		return
	}
	u.layPicture(call.LayPicture{Path: path})
}

// layFile does so with one that was received.
func (u *UI) layFile(item files.Item) {
	if u.o.OpenPaper != nil && item.Kind == pdf.Kind {
		u.layPaper(item.Path, item.Content)
		return
	}
	u.layPicture(call.LayPicture{File: item.ID})
}

// layPaper opens a PDF and lays its page, or lets the clinician choose one of several.
func (u *UI) layPaper(path string, content []byte) {
	b := u.drawing.board
	if u.at != atCall || b == nil {
		return
	}
	u.makeReady()
	u.o.Aside(func() {
		paper, err := u.o.OpenPaper(path, content)
		u.o.Post(func() {
			switch {
			case err != nil:
				u.unlaid(b, err)
			case u.drawing.board != b || u.at != atCall: // the call is over
				paper.Close()
			case paper.Pages() == 1:
				u.layPage(b, paper, 0)
			default:
				u.drawing.laying = false
				u.choosePage(paper, 0)
			}
		})
	})
}

// makeReady opens the board, which says that a picture is on its way.
func (u *UI) makeReady() {
	u.drawing.laying = true
	if !u.drawing.open {
		u.toggleBoard()
	}
}

// unlaid says why there is no picture, where the board is still the one it was meant for.
func (u *UI) unlaid(b *board.Board, err error) {
	if u.drawing.board == b {
		u.BoardLay(board.Ground{}, err)
	}
}

// layPage draws a page, closes the PDF and lays the picture.
func (u *UI) layPage(b *board.Board, paper Paper, number int) {
	u.makeReady()
	u.o.Aside(func() {
		m, err := paper.Page(context.Background(), number, picture.Longest)
		paper.Close()
		var content []byte
		if err == nil {
			content, err = picture.Encode(m)
		}
		u.o.Post(func() {
			switch {
			case err != nil:
				u.unlaid(b, err)
			case u.drawing.board == b:
				u.layPicture(call.LayPicture{Content: content})
			}
		})
	})
}

// pageDialog lets the clinician choose a page of a PDF.
type pageDialog struct {
	u      *UI
	paper  Paper
	ctx    context.Context
	stop   context.CancelFunc
	number int // from 0
	// drawing: a page is being drawn. passed: the paper is somebody else's now. over: nobody looks.
	drawing, passed, over bool
	view                  *canvas.Image
	state, place          *kit.Text
	before, next, lay     *kit.Button
	entry                 *kit.Entry // nil where pages are few
}

// choosePage opens the chooser at a page. The paper is closed with it.
func (u *UI) choosePage(paper Paper, number int) {
	if u.canvas == nil {
		paper.Close()
		return
	}
	w, h := u.words, u.host
	d := &pageDialog{u: u, paper: paper, number: number, view: &canvas.Image{FillMode: canvas.ImageFillContain},
		state: kit.NewText("", kit.Body, kit.CallInk).Align(fyne.TextAlignCenter), place: kit.NewText("", kit.Body, kit.Ink).Align(fyne.TextAlignCenter)}
	d.ctx, d.stop = context.WithCancel(context.Background())
	d.before = kit.NewButton(h, kit.Secondary, "arrow-left", "", func() { d.turn(d.number - 1) }).Small().Named(w.T("pdf.before"))
	d.next = kit.NewButton(h, kit.Secondary, "arrow-right", "", func() { d.turn(d.number + 1) }).Small().Named(w.T("pdf.next"))
	// What is written does not wrap, and the buttons stay where they are.
	wide := func(ems float32, o fyne.CanvasObject) fyne.CanvasObject {
		return container.NewGridWrap(fyne.NewSize(kit.Em(ems), o.MinSize().Height), o)
	}
	d.place.Set(w.T("pdf.of", "n", "1", "pages", "1"))
	leaf := []fyne.CanvasObject{d.before, wide(9.5, d.place), d.next}
	if paper.Pages() > fewPages {
		d.entry = kit.NewEntry(h, w.T("pdf.go"))
		d.entry.OnSubmitted = d.typed
		label := kit.NewText(w.T("pdf.go"), kit.Body, kit.Muted).Align(fyne.TextAlignTrailing)
		leaf = append(leaf, kit.Row(kit.S, wide(8.5, label), wide(5, d.entry)))
	}
	board := u.drawing.board
	d.lay = kit.NewButton(h, kit.Primary, "pencil-simple", w.T("pdf.lay"), func() {
		d.passed = true
		u.closeDialog()
		u.layPage(board, paper, d.number)
	})
	cancel := kit.NewButton(h, kit.Secondary, "", w.T("common.cancel"), u.closeDialog)
	stage := container.New(&photoStage{u, 20}, kit.NewPanel(kit.Stage, kit.None, kit.RadiusM), d.view, middle(d.state))
	content := kit.Column(kit.M, heading(w.T("pdf.title")), kit.RowAligned(fyne.TextAlignLeading, kit.S, leaf...), stage)
	foot := kit.RowAligned(fyne.TextAlignTrailing, kit.M, cancel, d.lay)
	u.open(&dialog{name: "pages", sheet: kit.NewSheet(52, content, foot), closed: d.closed, again: func() {
		d.passed = true
		u.choosePage(paper, d.number)
	}}, d.lay)
	d.turn(number)
}

// closed lets the paper go, unless somebody else has it now.
func (d *pageDialog) closed() {
	d.over = true
	if !d.passed {
		d.stop()
		d.u.o.Aside(d.paper.Close) // which waits for a page under way
	}
}

// typed goes to the page whose number was typed; what is none changes nothing.
func (d *pageDialog) typed(text string) {
	d.entry.SetText("")
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		d.turn(n - 1)
	}
}

// turn goes to a page.
func (d *pageDialog) turn(number int) {
	w, pages := d.u.words, d.paper.Pages()
	d.number = min(max(number, 0), pages-1)
	d.place.Set(w.T("pdf.of", "n", strconv.Itoa(d.number+1), "pages", strconv.Itoa(pages)))
	d.before.Able(d.number > 0)
	d.next.Able(d.number < pages-1)
	switch focused := d.u.canvas.Focused(); {
	case focused == d.before && d.number == 0:
		d.u.focus(d.next)
	case focused == d.next && d.number == pages-1:
		d.u.focus(d.before)
	}
	d.u.dialog.update(d.u.state)
	d.draw()
}

// draw lets the page be drawn; who leafs on meanwhile sees the last one only.
func (d *pageDialog) draw() {
	if d.drawing {
		return
	}
	d.drawing = true
	d.lay.Able(false)
	d.say("pdf.coming")
	number := d.number
	d.u.o.Aside(func() {
		m, err := d.paper.Page(d.ctx, number, leafAt)
		d.u.o.Post(func() {
			if d.drawing = false; d.over {
				return
			}
			if number != d.number {
				d.draw()
				return
			}
			d.came(m, err)
		})
	})
}

// came shows a page, or says why it cannot be shown.
func (d *pageDialog) came(m *image.RGBA, err error) {
	d.view.Image = nil
	if err == nil {
		d.view.Image = m
		d.say("")
	} else {
		var why pdf.Error
		_ = errors.As(err, &why) // otherwise it is taken for damaged
		d.say(uiboard.PaperKey(why))
	}
	d.view.Refresh()
	d.lay.Able(err == nil)
	if err == nil && d.u.canvas.Focused() == nil {
		d.u.focus(d.lay)
	}
}

// say puts a sentence on the stage, above the page that is still seen.
func (d *pageDialog) say(key string) {
	d.state.Hidden = key == ""
	if key != "" {
		d.state.Set(d.u.words.T(key))
		d.view.Image = nil
		d.view.Refresh()
	}
	d.u.dialog.update(d.u.state)
}
