package pdf

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"os"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/picture"
)

// open opens a PDF with a reader that the tests of one function share.
func open(t testing.TB, r *Reader, content []byte) (*Document, error) {
	t.Helper()
	d, err := r.Open(t.Context(), content)
	if err == nil {
		t.Cleanup(d.Close)
	}
	return d, err
}

func reader(t testing.TB) *Reader {
	r := &Reader{}
	t.Cleanup(r.Close)
	return r
}

// The tests share a reader, as documents do.
func TestDocuments(t *testing.T) {
	r := reader(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *Reader)
	}{
		{"Pages", testPages}, {"Form", testForm}, {"Refused", testRefused}, {"RefusedPages", testRefusedPages}, {"Sizes", testSizes},
		{"ScriptsDoNothing", testScriptsDoNothing}, {"TooSlow", testTooSlow}, {"ReaderCloses", testReaderCloses},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, r) })
	}
}

// at names the colour at a place, in parts of the width and the height.
func at(m *image.RGBA, x, y float64) string {
	c := m.RGBAAt(int(x*float64(m.Rect.Dx())), int(y*float64(m.Rect.Dy())))
	switch {
	case c.A != 255:
		return "clear"
	case c.R > 200 && c.G > 200 && c.B > 200:
		return "white"
	case c.R > 200 && c.G < 60 && c.B < 60:
		return "red"
	case c.B > 200 && c.R < 60 && c.G < 60:
		return "blue"
	}
	return fmt.Sprint(c)
}

// dark counts the pixels of ink in a part of the picture.
func dark(m *image.RGBA, part image.Rectangle) (n int) {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if c := m.RGBAAt(x, y); c.R < 80 && c.G < 80 && c.B < 80 {
				n++
			}
		}
	}
	return n
}

func testPages(t *testing.T, r *Reader) {
	turned := a4(1)
	turned.entries = "/Rotate 90"
	d, err := open(t, r, write("", a4(1), a4(3), turned))
	if err != nil || d.Pages() != 3 {
		t.Fatalf("%v", err)
	}
	for number, want := range []struct {
		size                   image.Point
		field, foot, bar, none [2]float64
	}{
		{image.Pt(848, 1200), [2]float64{0.2, 0.2}, [2]float64{0.06, 0.9}, [2]float64{0.06, 0.9}, [2]float64{0.1, 0.9}},
		{image.Pt(848, 1200), [2]float64{0.2, 0.2}, [2]float64{0.06, 0.9}, [2]float64{0.14, 0.9}, [2]float64{0.18, 0.9}},
		{image.Pt(1200, 848), [2]float64{0.8, 0.2}, [2]float64{0.1, 0.06}, [2]float64{0.1, 0.06}, [2]float64{0.1, 0.1}},
	} {
		m, err := d.Page(t.Context(), number, 1200)
		if err != nil {
			t.Fatal(err)
		}
		if m.Rect.Size() != want.size || at(m, want.field[0], want.field[1]) != "red" || at(m, want.foot[0], want.foot[1]) != "blue" ||
			at(m, want.bar[0], want.bar[1]) != "blue" || at(m, want.none[0], want.none[1]) != "white" || at(m, 0.7, 0.7) != "white" {
			t.Errorf("page %d: %v, %s %s %s %s", number, m.Rect, at(m, want.field[0], want.field[1]), at(m, want.foot[0], want.foot[1]), at(m, want.none[0], want.none[1]), at(m, 0.7, 0.7))
		}
	}
	m, err := d.Page(t.Context(), 0, 1200)
	if err != nil {
		t.Fatal(err)
	}
	if n := dark(m, image.Rect(440, 280, 720, 400)); n < 500 || n > 20000 {
		t.Errorf("the word has %d dark pixels", n)
	}
	if m, err := d.Page(t.Context(), 0, 1<<20); err != nil || m.Rect.Dy() != picture.Longest {
		t.Errorf("it is as large as asked: %v %v", m.Bounds(), err)
	}
	for _, number := range []int{-1, 3} {
		if m, err := d.Page(t.Context(), number, 100); err == nil {
			t.Errorf("there is a page %d of %v", number, m.Rect)
		}
	}
	d.Close()
	if _, err := d.Page(t.Context(), 0, 100); !errors.Is(err, Error{Damaged}) {
		t.Errorf("closed: %v", err)
	}
}

// What was filled into a form, or noted, is on the paper for those who read it.
func testForm(t *testing.T, r *Reader) {
	var w writer
	root, tree, page := w.add(""), w.add(""), w.add("")
	look := w.stream("/Type /XObject /Subtype /Form /BBox [0 0 200 100]", "0 0 1 rg 0 0 200 100 re f")
	field := w.add("<< /Type /Annot /Subtype /Widget /FT /Tx /T (dose) /V (1 g) /F 4 /Rect [100 100 300 200] /AP << /N %d 0 R >> >>", look)
	note := w.add("<< /Type /Annot /Subtype /Stamp /F 4 /Rect [100 500 300 600] /AP << /N %d 0 R >> >>", look)
	w.objects[root-1] = fmt.Sprintf("<< /Type /Catalog /Pages %d 0 R /AcroForm << /Fields [%d 0 R] >> >>", tree, field)
	w.objects[tree-1] = fmt.Sprintf("<< /Type /Pages /Count 1 /Kids [%d 0 R] >>", page)
	w.objects[page-1] = fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 400 800] /Annots [%d 0 R %d 0 R] >>", tree, field, note)
	d, err := open(t, r, w.bytes(root, ""))
	if err != nil {
		t.Fatal(err)
	}
	m, err := d.Page(t.Context(), 0, 800)
	if err != nil || at(m, 0.5, 650./800) != "blue" || at(m, 0.5, 250./800) != "blue" || at(m, 0.5, 0.5) != "white" {
		t.Errorf("%v: field %s, note %s", err, at(m, 0.5, 650./800), at(m, 0.5, 250./800))
	}
}

// many is a PDF whose page tree says each of its leaves is a page.
func many(pages int) []byte {
	var w writer
	w.add("<< /Type /Catalog /Pages 2 0 R >>")
	w.add("<< /Type /Pages /Count %d /Kids [%s] >>", pages, strings.Repeat(" 3 0 R", pages))
	w.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>")
	return w.bytes(1, "")
}

// locked is a PDF that nobody knows the password of.
func locked() []byte {
	var w writer
	w.add("<< /Type /Catalog /Pages 2 0 R >>")
	w.add("<< /Type /Pages /Count 1 /Kids [3 0 R] >>")
	w.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>")
	key := strings.Repeat("a7", 32)
	w.add("<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>", key, key)
	return w.bytes(1, "/Encrypt 4 0 R /ID [<00> <00>]")
}

// bomb is a PDF whose page is a few hundred kilobytes that unpack to 160 MB.
func bomb() []byte {
	var packed bytes.Buffer
	packed.WriteString("\x78\x01")
	z, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		return nil
	}
	_, _ = z.Write(bytes.Repeat([]byte(" "), 8<<20)) // into memory
	_ = z.Flush()
	piece := bytes.Clone(packed.Bytes()[2:])
	for range 19 {
		packed.Write(piece) // it refers to nothing before itself
	}
	_ = z.Close()
	var w writer
	w.add("<< /Type /Catalog /Pages 2 0 R >>")
	w.add("<< /Type /Pages /Count 1 /Kids [3 0 R] >>")
	w.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R >>")
	w.stream("/Filter /FlateDecode", packed.String())
	return w.bytes(1, "")
}

// labour is a PDF that fits into a message and takes years to draw: each form draws the next ten
// times.
func labour() []byte {
	var w writer
	w.add("<< /Type /Catalog /Pages 2 0 R >>")
	w.add("<< /Type /Pages /Count 1 /Kids [3 0 R] >>")
	w.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>")
	w.stream("", "/F Do")
	for next := 6; next < 18; next++ {
		w.stream(fmt.Sprintf("/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources << /XObject << /F %d 0 R >> >>", next), strings.Repeat("/F Do ", 10))
	}
	w.stream("/Type /XObject /Subtype /Form /BBox [0 0 100 100]", "1 0 0 rg 0 0 100 100 re f")
	return w.bytes(1, "")
}

// circle is a PDF whose page tree leads back to its root.
func circle() []byte {
	var w writer
	w.add("<< /Type /Catalog /Pages 2 0 R >>")
	w.add("<< /Type /Pages /Count 3 /Kids [3 0 R] /Parent 3 0 R >>")
	w.add("<< /Type /Pages /Count 3 /Kids [2 0 R 3 0 R] /Parent 2 0 R >>")
	return w.bytes(1, "")
}

func testRefused(t *testing.T, r *Reader) {
	whole := write("", a4(1), a4(2))
	for name, tt := range map[string]struct {
		content []byte
		why     Why
	}{
		"empty":      {nil, NotPDF},
		"a picture":  {[]byte("\x89PNG\r\n\x1a\n"), NotPDF},
		"late mark":  {append(make([]byte, 1024), whole...), NotPDF},
		"mark alone": {[]byte("%PDF-1.7"), Damaged},
		"cut":        {whole[:len(whole)/6], Damaged},
		"locked":     {locked(), Locked},
		"too many":   {many(10_000), TooLarge},
		"one more":   {many(MaxPages + 1), TooLarge},
		"no pages":   {write(""), Damaged},
		"too long":   {append(bytes.Clone(whole), make([]byte, MaxBytes)...), TooLarge},
	} {
		if d, err := open(t, r, tt.content); !errors.Is(err, Error{tt.why}) {
			t.Errorf("%s: %v, %+v", name, err, d)
		}
	}
	if d, err := open(t, r, many(MaxPages)); err != nil || d.Pages() != MaxPages {
		t.Errorf("%d pages: %v", MaxPages, err)
	}
}

// A page that cannot be drawn says so, and the next document knows nothing of it.
func testRefusedPages(t *testing.T, r *Reader) {
	for name, tt := range map[string]struct {
		content []byte
		why     Why
	}{
		"a circle": {circle(), Damaged},
	} {
		d, err := open(t, r, tt.content)
		if err == nil {
			_, err = d.Page(t.Context(), 0, 500)
		}
		if !errors.Is(err, Error{tt.why}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d, err := open(t, r, write("", a4(1)))
	if err != nil {
		t.Fatal(err)
	}
	if m, err := d.Page(t.Context(), 0, 500); err != nil || at(m, 0.2, 0.2) != "red" {
		t.Errorf("after these: %v", err)
	}
}

// Whatever size a page says it has, its picture has the one that was asked for.
func testSizes(t *testing.T, r *Reader) {
	sheets := []sheet{{1e7, 1e7, "", ""}, {14400, 1, "", ""}, {1, 14400, "", ""}, {0, 0, "", ""}, {595, 842, "/UserUnit 1e9", ""}, {1e-3, 1e-3, "", ""}, {-100, 100, "", ""}}
	d, err := open(t, r, write("", sheets...))
	if err != nil {
		t.Fatal(err)
	}
	for i := range sheets {
		m, err := d.Page(t.Context(), i, 640)
		if errors.Is(err, Error{Damaged}) {
			t.Logf("page %d is refused", i)
			continue
		}
		if err != nil || max(m.Rect.Dx(), m.Rect.Dy()) != 640 || min(m.Rect.Dx(), m.Rect.Dy()) < 1 {
			t.Errorf("%+v: %v %v", sheets[i], m.Bounds(), err)
		}
	}
}

// Scripts are text: this PDFium has nothing that could run one.
func testScriptsDoNothing(t *testing.T, r *Reader) {
	script := "/OpenAction << /S /JavaScript /JS (while \\(true\\) { app.alert\\(1\\); }) >> /AA << /WC << /S /JavaScript /JS (while \\(true\\) {}) >> >>"
	var seen [][]byte
	for _, catalogue := range []string{"", script} {
		d, err := open(t, r, write(catalogue, a4(2)))
		if err != nil {
			t.Fatal(err)
		}
		m, err := d.Page(t.Context(), 0, 300)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, m.Pix)
	}
	if !bytes.Equal(seen[0], seen[1]) {
		t.Error("the script changes the page")
	}
	code, err := unpack()
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"v8::", "quickjs", "SyntaxError", "EcmaScript"} {
		if bytes.Contains(code, []byte(engine)) {
			t.Errorf("%q is in this PDFium", engine)
		}
	}
}

// The engine is stopped in the midst of its work, and its document with it; others go on.
func testTooSlow(t *testing.T, r *Reader) {
	other, err := open(t, r, write("", a4(1)))
	if err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]struct {
		context func() (context.Context, context.CancelFunc)
		is      error
	}{
		"late": {func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 200*time.Millisecond)
		}, Error{TooSlow}},
		"unwell": {func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(200*time.Millisecond, cancel)
			return ctx, cancel
		}, context.Canceled},
	} {
		d, err := open(t, r, labour())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := end.context()
		_, err = d.Page(ctx, 0, 500)
		cancel()
		if !errors.Is(err, end.is) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := d.Page(t.Context(), 0, 500); !errors.Is(err, Error{Damaged}) {
			t.Errorf("%s, and then: %v", name, err)
		}
	}
	if m, err := other.Page(t.Context(), 0, 500); err != nil || at(m, 0.2, 0.2) != "red" {
		t.Errorf("the other document: %v", err)
	}
}

// A reader can be closed at any time, and used again.
func testReaderCloses(t *testing.T, r *Reader) {
	d, err := open(t, r, write("", a4(1)))
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := d.Page(t.Context(), 0, 100); !errors.Is(err, Error{Damaged}) {
		t.Errorf("its document goes on: %v", err)
	}
	r.most = 1024 // 64 MiB, and a page that unpacks to more
	d, err = open(t, r, bomb())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Page(t.Context(), 0, 100); !errors.Is(err, Error{TooLarge}) {
		t.Errorf("a bomb: %v", err)
	}
	if d, err = open(t, r, write("", a4(1))); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	for range 4 { // they wait for one another
		go func() {
			_, err := d.Page(t.Context(), 0, 200)
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// The engine is the one that pdfium.sh fetches.
func TestOrigin(t *testing.T) {
	code, err := unpack()
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("pdfium.sh")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(code)
	if !bytes.Contains(script, []byte(hex.EncodeToString(sum[:]))) {
		t.Errorf("pdfium.sh does not name %x", sum)
	}
}
