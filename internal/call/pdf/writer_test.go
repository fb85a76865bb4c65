package pdf

import (
	"bytes"
	"fmt"
)

// writer writes small PDFs, good ones and others.
type writer struct{ objects []string }

// add takes an object and answers its number.
func (w *writer) add(format string, args ...any) int {
	w.objects = append(w.objects, fmt.Sprintf(format, args...))
	return len(w.objects)
}

// stream takes one with content.
func (w *writer) stream(entries, content string) int {
	return w.add("<< %s /Length %d >>\nstream\n%s\nendstream", entries, len(content), content)
}

// bytes is the file. The catalogue is the object root; trailer is what else the trailer says.
func (w *writer) bytes(root int, trailer string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	at := make([]int, len(w.objects))
	for i, o := range w.objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, v := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", v)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root %d 0 R %s >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, root, trailer, xref)
	return b.Bytes()
}

// sheet is one page: its size in points, further entries, and what is drawn.
type sheet struct {
	width, height  float64
	entries, draws string
}

// a4 is a page with a red field in its upper left quarter, a word in black, and its own number of
// blue bars at the foot.
func a4(number int) sheet {
	draws := "1 0 0 rg 0 421 297.5 421 re f BT 0 g /F1 48 Tf 320 600 Td (Bonjour) Tj ET 0 0 1 rg"
	for i := range number {
		draws += fmt.Sprintf(" %d 40 12 80 re f", 30+24*i)
	}
	return sheet{595, 842, "", draws}
}

// write is a PDF of these pages; catalogue is what else its catalogue says.
func write(catalogue string, sheets ...sheet) []byte {
	var w writer
	root, tree := w.add(""), w.add("")
	font := w.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	kids := ""
	for _, s := range sheets {
		content := w.stream("", s.draws)
		page := w.add("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %g %g] /Contents %d 0 R /Resources << /Font << /F1 %d 0 R >> >> %s >>", tree, s.width, s.height, content, font, s.entries)
		kids += fmt.Sprintf("%d 0 R ", page)
	}
	w.objects[root-1] = fmt.Sprintf("<< /Type /Catalog /Pages %d 0 R %s >>", tree, catalogue)
	w.objects[tree-1] = fmt.Sprintf("<< /Type /Pages /Count %d /Kids [ %s] >>", len(sheets), kids)
	return w.bytes(root, "")
}
