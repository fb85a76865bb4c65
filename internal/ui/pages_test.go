package ui

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/pdf"
	"ekermed.example/ekermed/internal/call/picture"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// fakePaper is a letter of so many pages.
type fakePaper struct {
	pages        int
	refused, bad error // opening it, drawing a page
	drawn        []int
	closed       int
}

func (p *fakePaper) Pages() int { return p.pages }
func (p *fakePaper) Close()     { p.closed++ }

func (p *fakePaper) Page(ctx context.Context, number, longest int) (*image.RGBA, error) {
	if p.drawn = append(p.drawn, number); p.bad != nil || ctx.Err() != nil {
		return nil, p.bad
	}
	return letter(number, longest), nil
}

// letter is a page as one looks from afar.
func letter(number, longest int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, longest*210/297, longest))
	draw.Draw(m, m.Rect, image.White, image.Point{}, draw.Src)
	unit := longest / 100
	bar := func(x, y, w, h int, c color.Color) {
		draw.Draw(m, image.Rect(x*unit, y*unit, (x+w)*unit, (y+h)*unit), image.NewUniform(c), image.Point{}, draw.Src)
	}
	bar(8, 8, 22, 3, color.RGBA{30, 90, 110, 255})
	bar(8, 13, 14, 1, color.Gray{150})
	for line := range 24 {
		bar(8, 24+line*3, 40+(line*7+number*5)%14, 1, color.Gray{90})
	}
	return m
}

func (d *desk) openPaper(path string, content []byte) (Paper, error) {
	p := d.papers[path]
	if content != nil {
		p = d.papers[string(content)]
	}
	if p.refused != nil {
		return nil, p.refused
	}
	return p, nil
}

// leaf opens the chooser of a PDF at a page.
func (d *desk) leaf(pages, at int) {
	d.BoardMeet("me", "p1", true)
	d.papers = map[string]*fakePaper{"/home/anne/lettre.pdf": {pages: pages}}
	d.layPath("/home/anne/lettre.pdf")
	for range at {
		test.Tap(d.named("Page suivante", "Next page"))
	}
}

// named is the button with one of these accessible names.
func (d *desk) named(names ...string) *kit.Button {
	d.t.Helper()
	for _, b := range d.buttons() {
		for _, name := range names {
			if b.Name == name {
				return b
			}
		}
	}
	d.t.Fatalf("no button named %q", names)
	return nil
}

// papers is a call with a PDF that was received.
func papers(s call.State) call.State {
	s.Call.FileLimit = 100_000_000
	s.Call.Files = []files.Item{{ID: "p1/4", From: "p1", Name: "résultats.pdf", Kind: pdf.Kind, Size: 412_000, State: files.Done, Path: "/home/anne/résultats.pdf"}}
	return s
}

// laidPage is the picture that was laid.
func (d *desk) laidPage() image.Image {
	d.t.Helper()
	all := wishes[call.LayPicture](d.take())
	if len(all) != 1 || all[0].Path != "" || all[0].File != "" {
		d.t.Fatalf("laid %d", len(all))
	}
	read, err := picture.Read(all[0].Content)
	if err != nil || picture.KindOf(all[0].Content) != picture.PNG {
		d.t.Fatalf("laid %v", err)
	}
	return read.Image
}

// One page is laid at once, wherever it comes from, and its PDF is closed.
func TestLayOnePage(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(papers(inCall(call.Talking, admitted("Camille Moreau"))))
	d.BoardMeet("me", "p1", true)
	d.papers = map[string]*fakePaper{"/home/anne/résultats.pdf": {pages: 1}, "/home/anne/Lettre.PDF": {pages: 1}, "in memory": {pages: 1}}
	d.turnTo(filesPart)
	test.Tap(d.button("Mettre au tableau"))
	if m := d.laidPage(); m.Bounds().Dy() != picture.Longest || !d.drawing.open || d.dialog != nil {
		t.Errorf("a page of %v", m.Bounds())
	}
	d.picked = "/home/anne/Lettre.PDF"
	test.Tap(d.named("Image ou PDF en fond"))
	d.laidPage()
	d.layFile(files.Item{ID: "9", Kind: pdf.Kind, Content: []byte("in memory")})
	d.laidPage()
	for path, p := range d.papers {
		if p.closed != 1 || len(p.drawn) != 1 {
			t.Errorf("%s: closed %d times, drawn %v", path, p.closed, p.drawn)
		}
	}
}

// Of several pages one is chosen, by keyboard too.
func TestChoosePage(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(papers(inCall(call.Talking, admitted("Camille Moreau"))))
	d.leaf(3, 0)
	p := d.papers["/home/anne/lettre.pdf"]
	if d.dialog == nil || d.focusedOn() != "Mettre au tableau" {
		t.Fatalf("the keyboard is at %q", d.focusedOn())
	}
	for range 4 {
		d.tab(1)
		if d.focusedOn() == "Page suivante" {
			break
		}
	}
	d.key(fyne.KeySpace)
	d.key(fyne.KeySpace)
	if d.focusedOn() != "Page précédente" {
		t.Errorf("at the last page the keyboard is at %q", d.focusedOn())
	}
	d.key(fyne.KeySpace)
	says := func(want string) {
		t.Helper()
		found := false
		walk(d.dialog.sheet, func(o fyne.CanvasObject) {
			text, ok := o.(*kit.Text)
			found = found || ok && text.Text() == want
		})
		if !found {
			t.Errorf("%q is not said", want)
		}
	}
	says("Page 2 sur 3")
	d.Show(func() call.State { s := d.state; s.Settings.Language = "en"; return s }())
	says("Page 2 of 3")
	if p.closed != 0 {
		t.Error("closed by another language")
	}
	d.take()
	test.Tap(d.button("Put on the whiteboard"))
	d.laidPage()
	if p.closed != 1 || p.drawn[len(p.drawn)-1] != 1 || d.dialog != nil {
		t.Errorf("closed %d times, drawn %v", p.closed, p.drawn)
	}
}

// Among many pages a number is typed; what is no page changes nothing, and Escape lays nothing.
func TestTypePage(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(papers(inCall(call.Talking, admitted("Camille Moreau"))))
	d.leaf(120, 0)
	p := d.papers["/home/anne/lettre.pdf"]
	for range 5 {
		d.tab(1)
		if d.focusedOn() == "Aller à la page" {
			break
		}
	}
	for _, text := range []string{"7", "", "deux", "999", "-4", "12"} {
		d.typeText(text)
		d.key(fyne.KeyReturn)
	}
	if want := []int{0, 6, 119, 0, 11}; len(p.drawn) != len(want) || p.drawn[1] != 6 || p.drawn[2] != 119 || p.drawn[4] != 11 {
		t.Errorf("drawn %v, not %v", p.drawn, want)
	}
	d.take()
	d.key(fyne.KeyEscape)
	if got := wishes[call.LayPicture](d.take()); len(got) != 0 || p.closed != 1 || d.dialog != nil || d.drawing.laying {
		t.Errorf("laid %v, closed %d times", got, p.closed)
	}
}

// Who leafs on while a page is drawn sees the last one only, and the call may end meanwhile.
func TestLeafFast(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(papers(inCall(call.Talking, admitted("Camille Moreau"))))
	var later []func()
	d.o.Aside = func(work func()) { later = append(later, work) }
	run := func() {
		for len(later) > 0 {
			next := later[0]
			later = later[1:]
			next()
		}
	}
	d.BoardMeet("me", "p1", true)
	p := &fakePaper{pages: 5}
	d.papers = map[string]*fakePaper{"a.pdf": p}
	d.layPath("a.pdf")
	if !d.drawing.laying {
		t.Error("nobody says that it opens")
	}
	run()
	for range 3 {
		test.Tap(d.named("Page suivante"))
	}
	if !d.button("Mettre au tableau").Disabled() {
		t.Error("a page that is not seen can be laid")
	}
	run()
	if len(p.drawn) != 2 && len(p.drawn) != 3 || p.drawn[len(p.drawn)-1] != 3 || d.button("Mettre au tableau").Disabled() {
		t.Errorf("drawn %v", p.drawn)
	}
	test.Tap(d.named("Page suivante"))
	d.closeDialog()
	run()
	if p.closed != 1 {
		t.Errorf("closed %d times", p.closed)
	}
	d.layPath("a.pdf")
	d.BoardClose()
	run()
	if p.closed != 2 || d.dialog != nil {
		t.Errorf("after the call: closed %d times", p.closed)
	}
}

// What cannot be shown is said in words.
func TestPaperRefused(t *testing.T) {
	for why, want := range map[pdf.Why]string{pdf.Locked: "mot de passe", pdf.Damaged: "abîmé", pdf.NotPDF: "abîmé", pdf.TooLarge: "trop grand", pdf.TooSlow: "trop de travail"} {
		d := newDesk(t, 1280, 800)
		d.Show(papers(inCall(call.Talking, admitted("Camille Moreau"))))
		d.BoardMeet("me", "p1", true)
		d.papers = map[string]*fakePaper{"a.pdf": {refused: pdf.Error{Why: why}}, "b.pdf": {pages: 1, bad: pdf.Error{Why: why}}}
		for path, p := range d.papers {
			d.layPath(path)
			d.screen.frames()
			if !strings.Contains(d.text(), want) || d.drawing.laying {
				t.Errorf("%s, %s: %q is not said in\n%s", path, why, want, d.text())
			}
			if p.pages > 0 && p.closed != 1 {
				t.Errorf("closed %d times", p.closed)
			}
		}
		if got := wishes[call.LayPicture](d.take()); len(got) != 0 {
			t.Errorf("laid %v", got)
		}
	}
}
