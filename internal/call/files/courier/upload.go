package courier

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"

	"ekermed.example/ekermed/internal/call/files/parcel"
	"ekermed.example/ekermed/internal/call/wire"
)

// pieceChunks is how many chunks travel in one request: as many as wire.MaxPiece holds.
const pieceChunks = wire.MaxPiece / parcel.SealedChunk

// Source is a file to be sent.
type Source struct {
	// Size in bytes; what Open gives must have exactly as many.
	Size int64
	// Open is called again when the file must be sent from the beginning. Read may answer
	// ErrChanged.
	Open func() (io.ReadCloser, error)
}

// Sending is what is told to those who will fetch a file: once it is begun, and again if it
// had to be begun anew.
type Sending struct {
	Blob string
	Key  []byte
}

// UploadProgress is told how an upload goes.
type UploadProgress interface {
	Progress
	// Begun: it has a place at the server; again when it had to begin anew.
	Begun(Sending)
}

// Upload is one file on its way to the server. It survives Run, which may be called again.
type Upload struct {
	server Server
	source Source

	file   io.ReadCloser
	seal   *parcel.Sealer
	sum    hash.Hash
	blob   string
	begins int

	read int64 // of the source
	// Each chunk is sealed once: a file may change under our hands, and two texts under one
	// nonce would show each other. So what may have to be sent again is kept as it is.
	piece []byte
	at    int64 // where in the sealed file piece begins
}

// NewUpload prepares one.
func NewUpload(server Server, source Source) *Upload { return &Upload{server: server, source: source} }

// Run sends until everything is at the server, and returns the file's SHA-256. When ctx ends
// it returns ctx's error; call it again to go on. Any other error is the end. Called again
// after its end it looks whether the file is still there, and sends it anew when not.
func (u *Upload) Run(ctx context.Context, p UploadProgress) ([]byte, error) {
	var rest patience
	for {
		at := u.at
		err := u.try(ctx, p)
		if u.at > at {
			rest.reset()
		}
		var later errLater
		switch {
		case err == nil:
			u.Close()
			return u.sum.Sum(nil), nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, ErrGone) && u.begins < anew:
			u.forget()
			p.Moved(0)
		case errors.As(err, &later):
			p.Waits(later.error)
		default:
			return nil, err
		}
		if !rest.sleep(ctx) {
			return nil, ctx.Err()
		}
	}
}

// Blob is the file's id at the server, empty while there is none.
func (u *Upload) Blob() string { return u.blob }

// Close forgets the file; the server's part is not removed.
func (u *Upload) Close() {
	if u.file != nil {
		u.file.Close()
	}
	u.file, u.piece = nil, nil
}

// forget makes the next try a new beginning, under a new key.
func (u *Upload) forget() {
	u.Close()
	u.blob, u.seal, u.sum, u.read, u.at = "", nil, nil, 0, 0
}

// try sends as far as it goes.
func (u *Upload) try(ctx context.Context, p UploadProgress) error {
	if u.blob == "" {
		if err := u.begin(ctx, p); err != nil {
			return err
		}
	} else if err := u.agree(ctx); err != nil {
		return err
	}
	whole := parcel.Sealed(u.source.Size)
	for {
		p.Moved(plain(u.at, u.source.Size))
		if len(u.piece) == 0 {
			if u.at == whole {
				return nil
			}
			if err := u.fill(); err != nil {
				return err
			}
		}
		if err := u.put(ctx); err != nil {
			return err
		}
	}
}

// begin asks for a place, and reads from the beginning.
func (u *Upload) begin(ctx context.Context, p UploadProgress) error {
	if u.file == nil {
		var err error
		if u.file, err = u.source.Open(); err != nil {
			return fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
	}
	body, err := json.Marshal(wire.NewFile{Size: int(parcel.Sealed(u.source.Size))})
	if err != nil {
		return err
	}
	a, err := u.server.ask(ctx, http.MethodPost, "", map[string]string{"Content-Type": "application/json"}, body)
	if err != nil {
		return err
	}
	defer a.Close()
	if a.StatusCode != http.StatusOK {
		if err := a.refusal(); !errors.Is(err, ErrGone) {
			return err
		}
		return &Refusal{wire.Failure{Code: wire.CodeNotFound, Text: "this server takes no files"}}
	}
	var made wire.FileID
	raw, err := io.ReadAll(io.LimitReader(a, 4096))
	if err != nil {
		return errLater{err}
	}
	if err := json.Unmarshal(raw, &made); err != nil || made.ID == "" {
		return errLater{errors.New("the server named no file")}
	}
	key := make([]byte, parcel.KeySize)
	rand.Read(key)
	if u.seal, err = parcel.NewSealer(key); err != nil {
		return err
	}
	u.blob, u.sum = made.ID, sha256.New()
	u.begins++
	p.Begun(Sending{Blob: u.blob, Key: key})
	return nil
}

// agree asks how far the server is, after a piece that may have come through or not.
func (u *Upload) agree(ctx context.Context) error {
	a, err := u.server.ask(ctx, http.MethodHead, u.blob, nil, nil)
	if err != nil {
		return err
	}
	defer a.Close()
	if a.StatusCode == http.StatusNotFound { // the answer to HEAD has no body that says more
		return ErrGone
	}
	if a.StatusCode != http.StatusOK {
		return a.refusal()
	}
	return u.reached(a)
}

// reached takes what the server has off the piece.
func (u *Upload) reached(a *answer) error {
	n, err := a.offset()
	if err != nil {
		return err
	}
	if n < u.at || n > u.at+int64(len(u.piece)) {
		return ErrGone // it is not what we sent: only a new beginning helps
	}
	u.piece, u.at = u.piece[n-u.at:], n
	return nil
}

// fill seals the next piece.
func (u *Upload) fill() error {
	u.piece = u.piece[:0]
	chunk := make([]byte, parcel.ChunkSize)
	for range pieceChunks {
		n := min(u.source.Size-u.read, parcel.ChunkSize)
		if _, err := io.ReadFull(u.file, chunk[:n]); err != nil {
			return unread(err)
		}
		u.read += n
		last := u.read == u.source.Size
		if last {
			// One more byte must not be there, and the reader looks once more at the file.
			if n, err := io.ReadFull(u.file, make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
				return unread(err)
			}
		}
		u.sum.Write(chunk[:n])
		var err error
		if u.piece, err = u.seal.Seal(u.piece, chunk[:n], last); err != nil {
			return err
		}
		if last {
			return nil
		}
	}
	return nil
}

func unread(err error) error {
	if err == nil || errors.Is(err, ErrChanged) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrChanged
	}
	return fmt.Errorf("%w: %w", ErrUnreadable, err)
}

func (u *Upload) put(ctx context.Context) error {
	a, err := u.server.ask(ctx, http.MethodPatch, u.blob, map[string]string{"Content-Type": pieceType, offsetHeader: strconv.FormatInt(u.at, 10)}, u.piece)
	if err != nil {
		return err
	}
	defer a.Close()
	if a.StatusCode != http.StatusNoContent {
		return a.refusal()
	}
	return u.reached(a)
}

// plain is how much of a file of size bytes stands in the first sealed bytes.
func plain(sealed, size int64) int64 {
	return min(size, sealed-sealed/parcel.SealedChunk*parcel.TagSize)
}
