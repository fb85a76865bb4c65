package pdf

import (
	"testing"

	"ekermed.example/ekermed/internal/call/picture"
)

// BenchmarkFirst is what the first PDF waits for, BenchmarkOpen each after it.
func BenchmarkFirst(b *testing.B) {
	content := write("", a4(1))
	for b.Loop() {
		var r Reader
		d, err := r.Open(b.Context(), content)
		if err != nil {
			b.Fatal(err)
		}
		d.Close()
		r.Close()
	}
}

func BenchmarkOpen(b *testing.B) {
	r, content := reader(b), write("", a4(1))
	if err := r.prepare(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		d, err := r.Open(b.Context(), content)
		if err != nil {
			b.Fatal(err)
		}
		d.Close()
	}
}

// BenchmarkPage draws a page as large as it is laid.
func BenchmarkPage(b *testing.B) {
	d, err := open(b, reader(b), write("", a4(1)))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := d.Page(b.Context(), 0, picture.Longest); err != nil {
			b.Fatal(err)
		}
	}
}
