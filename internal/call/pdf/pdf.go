// Package pdf makes pictures of the pages of a PDF that comes from outside. PDFium reads it,
// compiled to WebAssembly: whatever the file makes of it happens in a memory of its own that is
// bounded and given back, without files, network, clock or scripts, and ends when its time is over.
package pdf

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math"
	"sync"
	"time"

	"ekermed.example/ekermed/internal/call/picture"
)

// Kind is the MIME type.
const Kind = "application/pdf"

// Limits of a PDF.
const (
	// MaxBytes is how large its file may be: more than a picture, for one of many scanned pages
	// is common. All of it lies in the engine's memory.
	MaxBytes = 50 << 20
	// MaxPages is how many pages it may have: nobody finds a page among more by leafing.
	MaxPages = 500
	// patience is how long the engine works at opening it or at drawing one page.
	patience = 20 * time.Second
)

// Why a PDF is not shown.
type Why string

// The reasons.
const (
	NotPDF   Why = "not a PDF"
	Locked   Why = "protected by a password"
	Damaged  Why = "damaged"
	TooLarge Why = "too large"
	TooSlow  Why = "too much work"
)

// Error says why a PDF, or a page of it, is not shown.
type Error struct{ Why Why }

func (e Error) Error() string { return "the PDF cannot be shown: " + string(e.Why) }

// Is tells whether content says of itself that it is a PDF. As other programs do, it looks for
// the mark in the first kilobyte.
func Is(content []byte) bool {
	return bytes.Contains(content[:min(len(content), 1024)], []byte("%PDF-"))
}

// Document is a PDF that was opened. Its methods may be called from several goroutines and wait
// for one another.
type Document struct {
	pages int

	mu        sync.Mutex
	engine    *engine // nil once it is closed or broken
	doc, form uint64  // its handles
}

// Open reads a PDF, in 20 s at most; the first takes a second or two more. The document must be
// closed. The error is an Error where the file is to blame.
func (r *Reader) Open(ctx context.Context, content []byte) (*Document, error) {
	if !Is(content) {
		return nil, Error{NotPDF}
	}
	if len(content) > MaxBytes {
		return nil, Error{TooLarge}
	}
	e, err := r.start(ctx)
	if err != nil {
		return nil, blame(ctx, err)
	}
	d := &Document{engine: e}
	if err := d.open(ctx, content); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// open lets the engine read the content.
func (d *Document) open(ctx context.Context, content []byte) error {
	return d.work(ctx, func(e *engine) error {
		at := e.call("malloc", uint64(len(content)))
		if !e.write(at, content) {
			return Error{TooLarge}
		}
		if d.doc = e.call("FPDF_LoadMemDocument64", at, uint64(len(content)), 0); d.doc == 0 {
			return Error{refusal(e.call("FPDF_GetLastError"))}
		}
		// Without what is done for forms, nothing that was filled in is drawn. All that this says is
		// which version of the interface it is: nothing of ours is ever called back.
		info := make([]byte, 256)
		info[0] = 2
		place := e.call("malloc", uint64(len(info)))
		e.write(place, info)
		d.form = e.call("FPDFDOC_InitFormFillEnvironment", d.doc, place)
		d.pages = int(int32(e.call("FPDF_GetPageCount", d.doc)))
		switch {
		case e.err == nil && d.pages < 1:
			return Error{Damaged}
		case d.pages > MaxPages:
			return Error{TooLarge}
		}
		return nil
	})
}

// refusal translates the engine's last error (fpdfview.h, FPDF_ERR_…).
func refusal(code uint64) Why {
	switch code {
	case 4, 5: // FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
		return Locked
	}
	return Damaged
}

// Pages is how many there are, at least one.
func (d *Document) Pages() int { return d.pages }

// flags are FPDF_ANNOT, for what was filled in or noted, and FPDF_REVERSE_BYTE_ORDER: red first.
const flags = 0x01 | 0x10

// xrgb is FPDFBitmap_BGRx, which lets the engine smooth letters on an opaque ground.
const xrgb = 3

// Page draws the page of that number, from 0, on white, with its longer side longest pixels, and
// at most picture.Longest. Its error is an Error where the file is to blame; after one that is
// TooSlow, or that broke the engine, the document shows nothing more.
func (d *Document) Page(ctx context.Context, number, longest int) (*image.RGBA, error) {
	if number < 0 || number >= d.pages {
		return nil, errors.New("there is no such page")
	}
	var out *image.RGBA
	err := d.work(ctx, func(e *engine) error {
		page := e.call("FPDF_LoadPage", d.doc, uint64(number))
		if page == 0 {
			return Error{Damaged}
		}
		size, ok := fit(e.float("FPDF_GetPageWidthF", page), e.float("FPDF_GetPageHeightF", page), min(longest, picture.Longest))
		if !ok {
			return Error{Damaged}
		}
		w, h := uint64(size.X), uint64(size.Y)
		pixels := e.call("malloc", w*h*4)
		bitmap := e.call("FPDFBitmap_CreateEx", w, h, xrgb, pixels, w*4)
		if pixels == 0 || bitmap == 0 {
			return Error{TooLarge}
		}
		e.call("FPDFBitmap_FillRect", bitmap, 0, 0, w, h, 0xffffffff)
		e.call("FPDF_RenderPageBitmap", bitmap, page, 0, 0, w, h, 0, flags)
		e.call("FPDF_FFLDraw", d.form, bitmap, page, 0, 0, w, h, 0, flags)
		out = e.picture(pixels, size)
		e.call("FPDFBitmap_Destroy", bitmap)
		e.call("free", pixels)
		e.call("FPDF_ClosePage", page)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// fit is the size in pixels of a page whose sides are in points.
func fit(width, height float64, longest int) (image.Point, bool) {
	side := max(width, height)
	if math.IsNaN(side) || math.IsInf(side, 0) || width <= 0 || height <= 0 || longest < 1 {
		return image.Point{}, false
	}
	pixels := func(v float64) int { return max(1, int(math.Round(v/side*float64(longest)))) }
	return image.Pt(pixels(width), pixels(height)), true
}

// work lets the engine do something within its time. An engine that broke is ended.
func (d *Document) work(ctx context.Context, do func(*engine) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.engine == nil {
		return Error{Damaged}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	d.engine.ctx, d.engine.err = ctx, nil
	err := do(d.engine)
	if d.engine.err == nil {
		return err
	}
	err = blame(ctx, d.engine.err)
	d.endLocked()
	return err
}

// blame says what an engine broke of.
func blame(ctx context.Context, broken error) error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Error{TooSlow}
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(broken, errFull):
		return Error{TooLarge}
	case errors.Is(broken, errEngine):
		return broken
	}
	return Error{Damaged}
}

// Close ends the engine and gives its memory back. More than once is harmless.
func (d *Document) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.endLocked()
}

func (d *Document) endLocked() {
	if d.engine != nil {
		d.engine.end()
		d.engine = nil
	}
}
