package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/drop"
)

// The headers are those of tus 1.0, whose offsets the IETF's draft on resumable uploads
// took over. The rest of either is not here: a piece is a request of its own, so that it
// passes proxies that hold whole bodies back and allow 1 MiB.
const (
	offsetHeader = "Upload-Offset"
	lengthHeader = "Upload-Length"
	pieceType    = "application/offset+octet-stream"
)

// stall is how long a piece may stand still, and pieceLimit how long it may take in all;
// growLimit is how long a reader waits for a file to grow.
const (
	stall      = 15 * time.Second
	pieceLimit = 5 * time.Minute
	growLimit  = 10 * time.Second
)

func (w *Web) fileRoutes(mux *http.ServeMux) {
	if w.o.Files == nil {
		return
	}
	mux.HandleFunc("POST /api/v1/files", answer(w, w.newFile))
	mux.HandleFunc("PATCH /api/v1/files/{id}", w.shared(w.addPiece))
	mux.HandleFunc("GET /api/v1/files/{id}", w.shared(w.getPiece)) // and HEAD
	mux.HandleFunc("DELETE /api/v1/files/{id}", w.shared(w.dropFile))
}

// bodyLimit is how large the body of a request may be. Nothing but a piece has PATCH.
func bodyLimit(r *http.Request) int64 {
	if r.Method == http.MethodPatch {
		return wire.MaxPiece
	}
	return wire.MaxMessage
}

// sharer is who asks, when they may.
func (w *Web) sharer(r *http.Request) (drop.Owner, error) {
	who, failure := w.o.Rooms.MayShare(bearer(r))
	if failure != nil {
		return drop.Owner{}, &access.Refusal{Code: failure.Code, Text: failure.Text}
	}
	return drop.Owner(who), nil
}

// shared turns a piece's handler into one that answers its error as a Failure.
func (w *Web) shared(do func(http.ResponseWriter, *http.Request, drop.Owner) error) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		who, err := w.sharer(r)
		if err == nil {
			err = do(rw, r, who)
		}
		if err == nil {
			return
		}
		answer(w, func(*http.Request) (struct{}, error) { return struct{}{}, refusal(err) })(rw, r)
	}
}

// refusal names what the store says.
func refusal(err error) error {
	no := func(code wire.Code) error { return &access.Refusal{Code: code, Text: err.Error()} }
	switch {
	case errors.Is(err, drop.ErrNotFound):
		return no(wire.CodeNotFound)
	case errors.Is(err, drop.ErrSize):
		return no(wire.CodeTooLarge)
	case errors.Is(err, drop.ErrQuota):
		return no(wire.CodeQuota)
	case errors.Is(err, drop.ErrBusy):
		return &access.Refusal{Code: wire.CodeSlowDown, Text: err.Error(), Wait: time.Second}
	case errors.Is(err, drop.ErrOffset), errors.Is(err, drop.ErrTaken):
		return no(wire.CodeOffset)
	case errors.Is(err, drop.ErrFull):
		return &access.Refusal{Code: wire.CodeStorage, Text: drop.ErrFull.Error()}
	}
	return err
}

func (w *Web) newFile(r *http.Request) (wire.FileID, error) {
	who, err := w.sharer(r)
	if err != nil {
		return wire.FileID{}, err
	}
	in, err := decode[wire.NewFile](r)
	if err != nil {
		return wire.FileID{}, err
	}
	id, err := w.o.Files.Create(who, int64(in.Size))
	if errors.Is(err, drop.ErrFull) {
		w.o.Log.Error("a file could not be kept: the disk is full; free some room in the data folder")
	}
	return wire.FileID{ID: id}, refusal(err)
}

func (w *Web) addPiece(rw http.ResponseWriter, r *http.Request, who drop.Owner) error {
	offset, err := strconv.ParseInt(r.Header.Get(offsetHeader), 10, 64)
	if err != nil || r.Header.Get("Content-Type") != pieceType {
		return &access.Refusal{Code: wire.CodeMalformed, Text: "a piece has Content-Type " + pieceType + " and " + offsetHeader}
	}
	if r.ContentLength < 0 {
		return &access.Refusal{Code: wire.CodeMalformed, Text: "a piece has a Content-Length"}
	}
	if r.ContentLength > wire.MaxPiece {
		return &access.Refusal{Code: wire.CodeTooLarge, Text: fmt.Sprintf("a piece has %d bytes at most", wire.MaxPiece)}
	}
	control := http.NewResponseController(rw)
	body := &moving{r.Body, pace(control.SetReadDeadline)}
	status, err := w.o.Files.Append(who, r.PathValue("id"), offset, r.ContentLength, body)
	if err != nil && !errors.Is(err, drop.ErrCut) {
		_, _ = io.Copy(io.Discard, body) // who is still sending would not see the answer
	}
	// The server's own limit on writing has run since the request began.
	pace(control.SetWriteDeadline)()
	if status.Size > 0 {
		progress(rw, status)
	}
	if errors.Is(err, drop.ErrFull) {
		w.o.Log.Error("a file could not be kept: the disk is full; free some room in the data folder")
	}
	switch {
	case err == nil:
		rw.WriteHeader(http.StatusNoContent)
	case errors.Is(err, drop.ErrCut):
		rw.WriteHeader(http.StatusRequestTimeout) // what came in stays
		return nil
	}
	return err
}

func progress(rw http.ResponseWriter, s drop.Status) {
	h := rw.Header()
	h.Set("Cache-Control", "no-store")
	h.Set(offsetHeader, strconv.FormatInt(s.Have, 10))
	h.Set(lengthHeader, strconv.FormatInt(s.Size, 10))
}

// getPiece answers what there is from the range's beginning on, at most a piece. When that
// is not here yet it waits a little, then answers 204: ask again.
func (w *Web) getPiece(rw http.ResponseWriter, r *http.Request, who drop.Owner) error {
	status, err := w.o.Files.Stat(who.Room, r.PathValue("id"))
	if err != nil {
		return err
	}
	progress(rw, status)
	if r.Method == http.MethodHead {
		rw.WriteHeader(http.StatusOK)
		return nil
	}
	from, n, ok := byteRange(r.Header.Get("Range"))
	if !ok {
		return &access.Refusal{Code: wire.CodeMalformed, Text: "a piece is asked for by Range: bytes=FROM- or bytes=FROM-TO"}
	}
	if from >= status.Size {
		rw.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", status.Size))
		rw.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), growLimit)
	defer cancel()
	piece, err := w.o.Files.Read(ctx, who, r.PathValue("id"), from, min(n, wire.MaxPiece))
	if err != nil {
		return err
	}
	defer piece.Close()
	progress(rw, piece.Status)
	if piece.Length == 0 {
		rw.WriteHeader(http.StatusNoContent)
		return nil
	}
	h := rw.Header()
	// It is ciphertext; whatever a browser is made to do with this address, it must not show it.
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment")
	h.Set("Content-Length", strconv.FormatInt(piece.Length, 10))
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+piece.Length-1, piece.Size))
	rw.WriteHeader(http.StatusPartialContent)
	more := pace(http.NewResponseController(rw).SetWriteDeadline)
	buf := make([]byte, 32<<10)
	for {
		more()
		if _, err := io.CopyBuffer(rw, io.LimitReader(piece, int64(len(buf))), buf); err != nil {
			return nil // the reader went away: it asks again
		}
		if piece.Length -= int64(len(buf)); piece.Length <= 0 {
			return nil
		}
	}
}

func (w *Web) dropFile(rw http.ResponseWriter, r *http.Request, who drop.Owner) error {
	if err := w.o.Files.Remove(who, r.PathValue("id")); err != nil {
		return err
	}
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(http.StatusNoContent)
	return nil
}

// byteRange reads a Range of one part that has a beginning (RFC 9110, section 14.1.2).
func byteRange(s string) (from, n int64, ok bool) {
	part, found := strings.CutPrefix(s, "bytes=")
	first, last, dash := strings.Cut(part, "-")
	from, err := strconv.ParseInt(first, 10, 64)
	if !found || !dash || err != nil || from < 0 {
		return 0, 0, false
	}
	if last == "" {
		return from, wire.MaxPiece, true
	}
	to, err := strconv.ParseInt(last, 10, 64)
	if err != nil || to < from {
		return 0, 0, false
	}
	return from, to - from + 1, true
}

// moving reads a body whose deadline follows its progress: a slow line may take its time,
// one that stands still may not.
type moving struct {
	io.Reader
	more func()
}

func (m *moving) Read(b []byte) (int, error) {
	m.more()
	return m.Reader.Read(b)
}

// pace moves a deadline on each time that it is called, up to pieceLimit. Where it cannot be
// set, the server's own holds.
func pace(set func(time.Time) error) func() {
	end := time.Now().Add(pieceLimit)
	return func() {
		at := time.Now().Add(stall)
		if at.After(end) {
			at = end
		}
		_ = set(at)
	}
}
