package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ekermed.example/ekermed/internal/call/pdf"
	"ekermed.example/ekermed/internal/ui"
)

// opener opens PDFs for the whiteboard. What it needs is made when the first one comes.
type opener struct {
	ctx    context.Context
	reader pdf.Reader
}

// paper opens content, or where that is nil the file at path.
func (o *opener) paper(path string, content []byte) (ui.Paper, error) {
	if content == nil {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("opening the PDF: %w", err)
		}
		defer f.Close()
		// One that is too long is refused as a PDF.
		if content, err = io.ReadAll(io.LimitReader(f, pdf.MaxBytes+1)); err != nil {
			return nil, fmt.Errorf("reading the PDF %q: %w", filepath.Base(path), err)
		}
	}
	d, err := o.reader.Open(o.ctx, content)
	if err != nil {
		return nil, err // and no Paper that is not nil
	}
	return d, nil
}
