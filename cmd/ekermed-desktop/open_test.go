package main

import (
	"errors"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"ekermed.example/ekermed/internal/call/pdf"
)

// small is a PDF whose page is red.
const small = `%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Count 1 /Kids [3 0 R] >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 80 45] /Contents 4 0 R >> endobj
4 0 obj << /Length 25 >> stream
1 0 0 rg 0 0 80 45 re f  
endstream endobj
trailer << /Root 1 0 R >>
`

func TestOpenPaper(t *testing.T) {
	o := &opener{ctx: t.Context()}
	defer o.reader.Close()
	dir := t.TempDir()
	file := func(name string, size int64, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if size > 0 {
			if err := os.Truncate(path, size); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	for name, from := range map[string]struct {
		path    string
		content []byte
	}{"a file": {path: file("lettre.pdf", 0, small)}, "in memory": {content: []byte(small)}} {
		p, err := o.paper(from.path, from.content)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m, err := p.Page(t.Context(), 0, 160)
		if err != nil || p.Pages() != 1 || m.Rect.Dx() != 160 || m.Rect.Dy() != 90 || m.RGBAAt(80, 45) != (color.RGBA{255, 0, 0, 255}) {
			t.Errorf("%s: %d pages, %v, %v", name, p.Pages(), m.Bounds(), err)
		}
		p.Close()
	}
	for name, path := range map[string]string{"no PDF": file("image.pdf", 0, "\x89PNG"), "too long": file("lourd.pdf", pdf.MaxBytes+1, small)} {
		if p, err := o.paper(path, nil); p != nil || !errors.As(err, new(pdf.Error)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := o.paper(filepath.Join(dir, "nothing.pdf"), nil); p != nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
