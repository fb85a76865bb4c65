package ui

import (
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// filing is the files of a call, in the panel.
type filing struct {
	u      *UI
	root   *fyne.Container
	page   *kit.Page
	empty  *fyne.Container
	list   *fyne.Container
	rows   map[string]*fileRow
	limit  *kit.Text
	choose *kit.Button
}

func newFiling(u *UI) *filing {
	w := u.words
	f := &filing{u: u, list: kit.Column(kit.M), rows: map[string]*fileRow{}, limit: kit.NewText("", kit.Caption, kit.Muted)}
	f.choose = kit.NewButton(u.host, kit.Primary, "paperclip", w.T("desktop.files.send"), func() {
		if u.o.PickFiles != nil {
			u.o.PickFiles(u.SendFiles)
		}
	})
	f.empty = kit.Column(kit.S, centred(kit.NewIcon("file", kit.Display, kit.Muted)),
		kit.NewText(w.T("desktop.files.empty"), kit.Body, kit.Ink).Align(fyne.TextAlignCenter),
		kit.NewText(w.T("desktop.files.empty_hint"), kit.Caption, kit.Muted).Align(fyne.TextAlignCenter))
	f.page = kit.NewPage(kit.Inset(kit.M, kit.M, kit.Column(kit.M, f.empty, f.list)), false)
	f.root = container.New(foot{}, f.page, kit.Inset(kit.M, kit.M, kit.Column(kit.S, f.choose, f.limit)))
	return f
}

// SendFiles offers files of this machine to everybody in the call: chosen, or dropped on
// the window.
func (u *UI) SendFiles(paths []string) {
	if u.at != atCall || len(paths) == 0 {
		return
	}
	u.emit(call.SendFiles{Paths: paths})
	u.turnTo(filesPart)
}

func (f *filing) show(c call.Consultation) {
	w := f.u.words
	var objects []fyne.CanvasObject
	kept := map[string]*fileRow{}
	for _, item := range c.Files {
		if !listed(item) {
			continue
		}
		row := f.rows[item.ID]
		if row == nil {
			row = newFileRow(f.u, item.ID, f.choose)
		}
		kept[item.ID] = row
		row.show(c, item)
		objects = append(objects, row.root)
	}
	f.rows = kept
	grown := len(objects) > len(f.list.Objects)
	f.list.Objects = objects
	f.empty.Hidden = len(objects) > 0
	f.page.Refresh()
	if grown {
		f.page.Bottom()
	}
	f.choose.Able(c.FileLimit > 0)
	switch {
	case c.FileLimit > 0:
		f.limit.Set(w.T("desktop.files.limit", "size", w.bytes(c.FileLimit)))
	case f.u.state.Managed.NoFiles:
		f.limit.Set(w.T("desktop.files.managed"))
	default:
		f.limit.Set(w.T("desktop.files.off"))
	}
	f.u.beside.filed = offered(c.Files)
}

// listed tells whether a file has a row: what lies under the whiteboard is seen there, and a
// photograph that was erased is gone.
func listed(item files.Item) bool { return item.Use != files.Backdrop && item.State != files.Erased }

// offered counts the files of others.
func offered(all []files.Item) int {
	n := 0
	for _, f := range all {
		if !f.Mine && f.Use != files.Backdrop { // one that was erased still counts as seen
			n++
		}
	}
	return n
}

// fileRow is one file with what may be done about it.
type fileRow struct {
	u                    *UI
	choose               *kit.Button // of the list
	item                 files.Item
	root                 *fyne.Container
	icon                 *kit.Icon
	thumb                *canvas.Image
	name, about, trouble *kit.Text
	bar                  *progress
	take, elsewhere      *kit.Button
	pause, stop, folder  *kit.Button
	see, lay             *kit.Button // of pictures
	buttons              *fyne.Container
}

func newFileRow(u *UI, id string, choose *kit.Button) *fileRow {
	w, h := u.words, u.host
	r := &fileRow{u: u, choose: choose, icon: kit.NewIcon("file", kit.Title, kit.Accent), thumb: &canvas.Image{FillMode: canvas.ImageFillContain},
		name: kit.NewText("", kit.Body, kit.Ink).Bold(), about: kit.NewText("", kit.Caption, kit.Muted), trouble: kit.NewText("", kit.Caption, kit.Danger), bar: newProgress()}
	r.thumb.SetMinSize(fyne.NewSquareSize(kit.Em(5)))
	r.see = kit.NewButton(h, kit.Secondary, "corners-out", w.T("desktop.photo.see"), func() { u.openPhoto(id) }).Small()
	r.lay = kit.NewButton(h, kit.Secondary, "image", w.T("desktop.files.lay"), func() { u.layFile(r.item) }).Small()
	r.take = kit.NewButton(h, kit.Secondary, "download-simple", w.T("desktop.files.take"), func() { u.emit(call.TakeFile{ID: id, Dir: u.o.Downloads}) }).Small()
	r.elsewhere = kit.NewButton(h, kit.Secondary, "folder-open", w.T("desktop.files.elsewhere"), func() {
		if u.o.PickFolder != nil {
			u.o.PickFolder(func(dir string) { u.emit(call.TakeFile{ID: id, Dir: dir}) })
		}
	}).Small()
	r.pause = kit.NewButton(h, kit.Secondary, "pause", "", func() { u.emit(call.PauseFile{ID: id, On: r.item.State != files.Paused}) }).Small()
	r.stop = kit.NewButton(h, kit.Plain, "x", "", func() {
		if !r.item.Mine && r.item.State == files.Ready {
			u.emit(call.DeclineFile{ID: id})
			return
		}
		u.emit(call.CancelFile{ID: id})
	}).Small()
	r.folder = kit.NewButton(h, kit.Secondary, "folder-open", w.T("desktop.files.folder"), func() {
		if u.o.OpenURL != nil {
			u.o.OpenURL("file://" + filepath.ToSlash(filepath.Dir(r.item.Path)))
		}
	}).Small()
	r.buttons = kit.Row(kit.S, r.take, r.elsewhere, r.pause, r.see, r.lay, r.folder, r.stop)
	words := kit.Column(kit.XS, r.name, r.about, r.bar.root, r.trouble)
	r.root = kit.Layers(kit.NewPanel(kit.Surface, kit.Border, kit.RadiusM), kit.Inset(kit.M, kit.M, kit.Column(kit.S,
		kit.SpreadTop(kit.M, 8, words, r.icon, words), r.thumb, r.buttons)))
	return r
}

func (r *fileRow) show(c call.Consultation, item files.Item) {
	w := r.u.words
	if item.Thumbnail != nil && r.thumb.Image != image.Image(item.Thumbnail) {
		r.thumb.Image = item.Thumbnail
		r.thumb.Refresh()
	}
	r.thumb.Hidden = item.Thumbnail == nil
	r.item = item
	if strings.HasPrefix(item.Kind, "image/") {
		r.icon.Set("file-image", kit.Accent)
	}
	r.name.Set(item.Name)
	name := item.Name
	if photograph(item) {
		name = w.T("desktop.photo.of", "name", r.u.writer(c, item.From, false))
		r.name.Set(name)
	}
	about := []string{w.bytes(item.Size)}
	if !item.Mine && !photograph(item) {
		about = append(about, r.u.writer(c, item.From, false))
	}
	r.about.Set(strings.Join(append(about, w.fileState(c, item)), " · "))
	moving := item.State == files.Uploading || item.State == files.Fetching || item.State == files.Paused
	r.bar.root.Hidden = !moving
	if item.Size > 0 {
		r.bar.set(float32(item.Done) / float32(item.Size))
	}
	var trouble []string
	if item.Problem != "" {
		trouble = append(trouble, w.T("files.problem."+string(item.Problem), "limit", w.bytes(c.FileLimit)))
	}
	if item.Warning != "" && !item.Mine {
		trouble = append(trouble, w.T("files.warning."+item.Warning))
	}
	r.trouble.Set(strings.Join(trouble, "\n"))
	r.trouble.Hidden = len(trouble) == 0
	if len(trouble) == 1 && (item.Problem == files.ProblemOffline || item.Problem == files.ProblemByHand) {
		r.trouble.Paint(kit.Muted)
	} else {
		r.trouble.Paint(kit.Danger)
	}
	waits := !item.Mine && (item.State == files.Ready || item.State == files.Failed && slices.Contains(again(), item.Problem))
	r.take.Hidden, r.elsewhere.Hidden = !waits, !waits || r.u.o.PickFolder == nil || photograph(item)
	r.pause.Hidden = !moving || item.Problem == files.ProblemOffline
	r.pause.Set(kit.Secondary, "pause", w.T("desktop.files.pause"))
	if item.State == files.Paused {
		r.pause.Set(kit.Secondary, "play", w.T("desktop.files.go_on"))
	}
	r.see.Hidden = item.Content == nil
	r.lay.Hidden = !picturesque(item, r.u.o.OpenPaper != nil) || r.u.drawing.board == nil || c.FileLimit <= 0
	r.folder.Hidden = item.Path == "" || r.u.o.OpenURL == nil
	r.stop.Hidden = item.State == files.Withdrawn || item.State == files.Failed || !item.Mine && item.State == files.Done
	switch {
	case !item.Mine && item.State == files.Ready:
		r.stop.Set(kit.Plain, "x", w.T("desktop.files.decline"))
	case item.Mine && (item.State == files.Ready || item.State == files.Done):
		r.stop.Set(kit.Plain, "x", w.T("desktop.files.withdraw"))
	default:
		r.stop.Set(kit.Plain, "x", w.T("common.cancel"))
	}
	r.buttons.Hidden = true
	next, lost := r.choose, false
	for _, b := range []*kit.Button{r.stop, r.folder, r.lay, r.see, r.pause, r.elsewhere, r.take} {
		r.buttons.Hidden = r.buttons.Hidden && b.Hidden
		b.Name = w.T("desktop.named", "do", b.Label(), "name", name)
		if lost = lost || b.Hidden && b.Focused(); !b.Hidden {
			next = b
		}
	}
	if lost {
		r.u.focus(next) // the keyboard stays with the file
	}
}

// again are the problems after which a file can be taken anew.
func again() []files.Problem {
	return []files.Problem{files.ProblemDisk, files.ProblemFolder, files.ProblemUnchecked, files.ProblemDeclined, files.ProblemRefused}
}

// fileState says where a file stands: of our own, who has it.
func (w words) fileState(c call.Consultation, item files.Item) string {
	if item.Mine && (item.State == files.Ready || item.State == files.Done) {
		has := 0
		for _, reply := range item.Replies {
			if reply == files.Received {
				has++
			}
		}
		if has > 0 {
			return w.N("desktop.files.received", has)
		}
		return w.T("desktop.files.offered")
	}
	state := w.T("files.state." + string(item.State))
	if item.Content != nil {
		state = w.T("desktop.photo.here")
	}
	if item.Size > 0 && (item.State == files.Uploading || item.State == files.Fetching || item.State == files.Paused) {
		state += fmt.Sprintf(" %d\u00a0%%", 100*item.Done/item.Size)
	}
	return state
}

// bytes writes a size as people do.
func (w words) bytes(n int64) string {
	units := []string{"o", "Ko", "Mo", "Go"}
	point := ","
	if w.Language() != "fr" {
		units, point = []string{"B", "kB", "MB", "GB"}, "."
	}
	size, unit := float64(n), 0
	for size >= 1000 && unit < len(units)-1 {
		size, unit = size/1000, unit+1
	}
	text := fmt.Sprintf("%.1f", size)
	if size >= 10 || unit == 0 {
		text = fmt.Sprintf("%.0f", size)
	}
	return strings.Replace(strings.TrimSuffix(text, ".0"), ".", point, 1) + "\u00a0" + units[unit]
}

// progress is a bar that fills.
type progress struct {
	root *fyne.Container
	part float32
}

func newProgress() *progress {
	p := &progress{}
	p.root = container.New(p, kit.NewPanel(kit.Sunken, kit.None, kit.RadiusRound), kit.NewPanel(kit.Accent, kit.None, kit.RadiusRound))
	return p
}

func (p *progress) set(part float32) {
	if part = min(max(part, 0), 1); part != p.part {
		p.part = part
		p.root.Refresh()
	}
}

// MinSize implements fyne.Layout.
func (p *progress) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(kit.Em(4), kit.Em(0.4))
}

// Layout implements fyne.Layout.
func (p *progress) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	objects[1].Resize(fyne.NewSize(size.Width*p.part, size.Height))
}
