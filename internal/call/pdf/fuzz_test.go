package pdf

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Whatever a file says, it ends in pictures of the size asked for or in an Error, in bounded time
// and memory.
func FuzzDocument(f *testing.F) {
	turned := a4(2)
	turned.entries = "/Rotate 270 /Annots [3 0 R]"
	for _, seed := range [][]byte{write("", a4(1), turned), many(3), locked(), circle(), []byte("%PDF-1.4 trailer << /Root 1 0 R >>"), write("", sheet{10, 10, "", "BI /W 4 /H 4 /BPC 8 /CS /G ID 0123456789abcdef EI"})} {
		f.Add(seed)
	}
	r := reader(f)
	if err := r.prepare(f.Context()); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		fine := func(err error) bool {
			var own Error
			return errors.As(err, &own) && own.Why != ""
		}
		d, err := r.Open(ctx, content)
		if err != nil {
			if !fine(err) {
				t.Fatalf("no error of its own: %v", err)
			}
			return
		}
		defer d.Close()
		if d.Pages() < 1 || d.Pages() > MaxPages {
			t.Fatalf("%d pages", d.Pages())
		}
		m, err := d.Page(ctx, d.Pages()-1, 64)
		if err != nil {
			if !fine(err) {
				t.Fatalf("no error of its own: %v", err)
			}
			return
		}
		if max(m.Rect.Dx(), m.Rect.Dy()) != 64 {
			t.Fatalf("a page of %v", m.Rect)
		}
	})
}
