package courier

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"

	"ekermed.example/ekermed/internal/call/files/parcel"
	"ekermed.example/ekermed/internal/call/wire"
)

// Fetch is one file on its way from the server. It survives Run, which may be called again.
type Fetch struct {
	server Server
	blob   string
	size   int64
	to     io.Writer
	open   *parcel.Opener
	sum    hash.Hash
	// have is how much of the sealed file was taken, pending what of it is no whole chunk yet.
	have    int64
	pending []byte
	written int64
}

// NewFetch prepares one: blob and key as its sender told them, size of the file in bytes.
func NewFetch(server Server, s Sending, size int64, to io.Writer) (*Fetch, error) {
	open, err := parcel.NewOpener(s.Key)
	if err != nil {
		return nil, err
	}
	return &Fetch{server: server, blob: s.Blob, size: size, to: to, open: open, sum: sha256.New()}, nil
}

// Run fetches, opens and writes until the file is whole, also while its sender still sends,
// and returns its SHA-256. When ctx ends it returns ctx's error; call it again to go on. Any
// other error is the end: ErrGone, ErrUnwritable, parcel.ErrForged, a Refusal.
func (f *Fetch) Run(ctx context.Context, p Progress) ([]byte, error) {
	var rest patience
	whole := parcel.Sealed(f.size)
	for f.have < whole {
		have := f.have
		err := f.piece(ctx, whole)
		p.Moved(f.written)
		if f.have > have {
			rest.reset()
		}
		var later errLater
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(err, &later):
			p.Waits(later.error)
		default:
			return nil, err
		}
		if !rest.sleep(ctx) {
			return nil, ctx.Err()
		}
	}
	return f.sum.Sum(nil), nil
}

// piece asks for what comes next.
func (f *Fetch) piece(ctx context.Context, whole int64) error {
	to := min(f.have+wire.MaxPiece, whole) - 1
	a, err := f.server.ask(ctx, http.MethodGet, f.blob, map[string]string{"Range": fmt.Sprintf("bytes=%d-%d", f.have, to), "Accept-Encoding": "identity"}, nil)
	if err != nil {
		return err
	}
	defer a.Close()
	switch a.StatusCode {
	case http.StatusNoContent:
		return nil // the sender is slower than we are
	case http.StatusPartialContent:
	case http.StatusRequestedRangeNotSatisfiable:
		return parcel.ErrForged // shorter than it was said to be
	default:
		return a.refusal()
	}
	// A part of a file of another length, or from elsewhere in it, is not the file.
	if !strings.HasPrefix(a.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", f.have)) || !strings.HasSuffix(a.Header.Get("Content-Range"), fmt.Sprintf("/%d", whole)) {
		return parcel.ErrForged
	}
	return f.take(io.LimitReader(a, to+1-f.have), whole)
}

// take opens each chunk as it becomes whole.
func (f *Fetch) take(r io.Reader, whole int64) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		f.pending = append(f.pending, buf[:n]...)
		f.have += int64(n)
		for len(f.pending) >= parcel.SealedChunk || f.have == whole && len(f.pending) > 0 {
			c := f.pending[:min(len(f.pending), parcel.SealedChunk)]
			if err := f.chunk(c, f.have == whole && len(c) == len(f.pending)); err != nil {
				return err
			}
			f.pending = append(f.pending[:0], f.pending[len(c):]...)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errLater{err}
		}
	}
}

func (f *Fetch) chunk(c []byte, last bool) error {
	opened, err := f.open.Open(nil, c, last)
	if err != nil {
		return err
	}
	f.sum.Write(opened)
	f.written += int64(len(opened))
	if _, err := f.to.Write(opened); err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	return nil
}
