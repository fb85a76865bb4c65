package ui

import (
	"image"
	"path/filepath"
	"strings"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/pdf"
	"ekermed.example/ekermed/internal/call/picture"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// seenAt is the longer side of a photograph on the screen, in pixels: more would only cost time.
const seenAt = 2000

// photograph tells whether a file is one that somebody took when they were asked.
func photograph(item files.Item) bool { return item.Use == files.Snapshot && !item.Mine }

// picturesque tells whether a file that is here can lie under the whiteboard: a picture, or a page
// of a PDF.
func picturesque(item files.Item, paper bool) bool {
	here := !item.Mine && item.State == files.Done && (item.Content != nil || item.Path != "")
	switch item.Kind {
	case picture.PNG, picture.JPEG:
		return here && item.Size <= picture.MaxBytes
	case pdf.Kind:
		return here && paper && item.Size <= pdf.MaxBytes
	}
	return false
}

// photoDialog is a photograph as large as the window has room, with what may be done about it.
// It is in memory alone.
type photoDialog struct {
	u                           *UI
	id                          string
	quarters                    int // that it is turned clockwise
	seen                        *image.RGBA
	view                        *canvas.Image
	state                       *kit.Text
	left, right, lay, keep, not *kit.Button
	close                       *kit.Button
}

// openPhoto shows a photograph that is here.
func (u *UI) openPhoto(id string) {
	item, ok := u.file(id)
	if !ok || item.Content == nil || u.at != atCall {
		return
	}
	w, h := u.words, u.host
	d := &photoDialog{u: u, id: id, view: &canvas.Image{FillMode: canvas.ImageFillContain}, state: kit.NewText(w.T("desktop.photo.opening"), kit.Body, kit.CallInk).Align(fyne.TextAlignCenter)}
	d.left = kit.NewButton(h, kit.Secondary, "arrow-counter-clockwise", w.T("desktop.photo.left"), func() { d.turn(-1) }).Small()
	d.right = kit.NewButton(h, kit.Secondary, "arrow-clockwise", w.T("desktop.photo.right"), func() { d.turn(1) }).Small()
	d.lay = kit.NewButton(h, kit.Secondary, "pencil-simple", w.T("desktop.photo.annotate"), func() {
		u.closeDialog()
		u.layPicture(call.LayPicture{File: id, Quarters: d.quarters})
	}).Small()
	d.keep = kit.NewButton(h, kit.Secondary, "download-simple", w.T("desktop.photo.save"), d.save).Small()
	d.not = kit.NewButton(h, kit.Plain, "trash", w.T("desktop.photo.erase"), d.erase).Small()
	d.close = kit.NewButton(h, kit.Primary, "", w.T("common.close"), u.closeDialog).Small()
	d.able(false)
	who := u.writer(u.state.Call, item.From, false)
	stage := container.New(&photoStage{u, 17}, kit.NewPanel(kit.Stage, kit.None, kit.RadiusM), d.view, middle(d.state))
	content := kit.Column(kit.M, kit.Column(kit.XS, heading(w.T("desktop.photo.of", "name", who)), kit.NewText(w.T("desktop.photo.memory"), kit.Caption, kit.Muted)), stage)
	foot := kit.RowAligned(fyne.TextAlignTrailing, kit.S, d.left, d.right, d.lay, d.keep, d.not, d.close)
	u.open(&dialog{name: "photo", sheet: kit.NewSheet(70, content, foot), show: d.show, again: func() { u.openPhoto(id) }}, d.close)
	u.o.Aside(func() {
		seen, err := picture.Upright(item.Content, seenAt)
		u.o.Post(func() { d.came(seen, err) })
	})
}

// file finds one by its id here.
func (u *UI) file(id string) (files.Item, bool) {
	for _, it := range u.state.Call.Files {
		if it.ID == id {
			return it, true
		}
	}
	return files.Item{}, false
}

// came puts the picture on the stage, or says that it cannot be shown: it can still be saved.
func (d *photoDialog) came(seen *image.RGBA, err error) {
	if err != nil {
		d.state.Set(d.u.words.T("desktop.photo.unseen"))
		d.keep.Able(d.u.o.Save != nil)
		return
	}
	d.seen, d.state.Hidden = seen, true
	d.able(true)
	d.turn(0)
}

func (d *photoDialog) able(able bool) {
	d.left.Able(able)
	d.right.Able(able)
	d.lay.Able(able && d.u.drawing.board != nil && d.u.state.Call.FileLimit > 0)
	d.keep.Able(able && d.u.o.Save != nil)
}

// turn turns the picture by a quarter of a circle.
func (d *photoDialog) turn(by int) {
	d.quarters = (d.quarters + by + 4) % 4
	d.view.Image = picture.Turned(d.seen, d.quarters)
	d.view.Refresh()
}

// show closes the dialog when the photograph is gone.
func (d *photoDialog) show(call.State) {
	if item, _ := d.u.file(d.id); item.Content == nil && d.u.dialog != nil && d.u.dialog.name == "photo" {
		d.u.closeDialog()
	}
}

// save keeps the photograph where the clinician chooses: as it came, or as it was turned.
func (d *photoDialog) save() {
	u, quarters := d.u, d.quarters
	item, _ := u.file(d.id)
	u.o.Aside(func() {
		content := item.Content
		if quarters != 0 {
			turned, err := picture.Redraw(content, quarters, 0)
			if err != nil {
				return // it was shown, so it can be drawn
			}
			content = turned
		}
		u.o.Post(func() { u.o.Save(photoName(item.Name, content), content) })
	})
}

// photoName is a name with the ending that its content has.
func photoName(name string, content []byte) string {
	ending := map[string]string{picture.PNG: ".png", picture.JPEG: ".jpg"}[picture.KindOf(content)]
	if ending == "" {
		return name
	}
	return strings.TrimSuffix(name, filepath.Ext(name)) + ending
}

// erase forgets the photograph, after a question.
func (d *photoDialog) erase() {
	u, w := d.u, d.u.words
	u.ask(ask{name: "erase", title: w.T("desktop.photo.erase_title"), text: w.T("desktop.photo.erase_text"), kind: kit.Risky, icon: "trash", do: w.T("desktop.photo.erase"),
		done: func(string) { u.emit(call.EraseFile{ID: d.id}) }})
}

// photoStage gives a photograph what the window leaves to a dialog, less the height of what is
// around it, in ems.
type photoStage struct {
	u    *UI
	less float32
}

// MinSize implements fyne.Layout.
func (p *photoStage) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(kit.Em(8), fyne.Max(kit.Em(10), p.u.canvas.Size().Height-kit.Em(p.less)))
}

// Layout implements fyne.Layout.
func (*photoStage) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
	}
	inner := kit.Size(kit.S)
	objects[1].Move(fyne.NewPos(inner, inner))
	objects[1].Resize(size.SubtractWidthHeight(2*inner, 2*inner))
}
