// Package courier carries sealed files to the server and from there, over HTTP: in pieces,
// with patience when the line drops, and going on where it stopped.
package courier

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// Errors that a transfer ends with.
var (
	// ErrGone: the file is not at the server any more, and was not begun anew.
	ErrGone = errors.New("the file is no longer there")
	// ErrChanged: the file is not the one that was chosen: it grew, shrank or was written to.
	ErrChanged = errors.New("the file changed while it was sent")
	// ErrUnreadable: it cannot be read.
	ErrUnreadable = errors.New("the file cannot be read")
	// ErrUnwritable: what came cannot be written; it wraps the writer's own error.
	ErrUnwritable = errors.New("the file cannot be written")
)

// Refusal is a no of the server that will not change by itself.
type Refusal struct{ wire.Failure }

func (r *Refusal) Error() string { return r.Text }

// Server is where files go. It is a value.
type Server struct {
	Base string // https://host[/prefix], without a slash at its end
	// Token is that of the newest wire.Files, empty while there is none. Any goroutine calls it.
	Token func() string
	// Client's transport knows proxies and certificates. Its Timeout must be 0: a slow line
	// may take its time.
	Client *http.Client
}

// How patient a transfer is.
const (
	stall     = 30 * time.Second // with nothing moving
	firstWait = 300 * time.Millisecond
	mostWait  = 5 * time.Second
	// anew is how often a file that the server lost is sent from the beginning.
	anew = 3
)

// Headers as docs/protocol.md, 14.3, has them.
const (
	offsetHeader = "Upload-Offset"
	pieceType    = "application/offset+octet-stream"
)

// errLater: it may well work in a moment.
type errLater struct{ error }

func (e errLater) Unwrap() error { return e.error }

// answer is what a request came to. Close its Body.
type answer struct {
	*http.Response
	moved func()
	end   func()
}

func (a *answer) Close() {
	a.Body.Close()
	a.end()
}

// Read reads the body while it moves.
func (a *answer) Read(b []byte) (int, error) {
	n, err := a.Body.Read(b)
	a.moved()
	return n, err
}

// ask sends one request. It is cut when nothing moves for stall.
func (s Server) ask(ctx context.Context, method, id string, header map[string]string, body []byte) (*answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	watch := time.AfterFunc(stall, func() { cancel(errors.New("nothing moves")) })
	moved := func() { watch.Reset(stall) }
	end := func() { watch.Stop(); cancel(nil) }
	path := s.Base + "/api/v1/files"
	if id != "" {
		path += "/" + url.PathEscape(id)
	}
	var from io.Reader
	if body != nil {
		from = &moving{bytes.NewReader(body), moved}
	}
	r, err := http.NewRequestWithContext(ctx, method, path, from)
	if err != nil {
		end()
		return nil, err
	}
	r.ContentLength = int64(len(body))
	r.Header.Set("Authorization", "Bearer "+s.Token())
	for k, v := range header {
		r.Header.Set(k, v)
	}
	response, err := s.Client.Do(r)
	if err != nil {
		end()
		return nil, errLater{err}
	}
	return &answer{response, moved, end}, nil
}

type moving struct {
	io.Reader
	moved func()
}

func (m *moving) Read(b []byte) (int, error) {
	m.moved()
	return m.Reader.Read(b)
}

// refusal reads why a request failed, and tells what may pass from what will not.
func (a *answer) refusal() error {
	raw, err := io.ReadAll(io.LimitReader(a, 4096))
	if err != nil {
		return errLater{err}
	}
	no := &Refusal{}
	_ = json.Unmarshal(raw, &no.Failure) // a proxy's page is no Failure
	if no.Text == "" {
		no.Text = "the server answered " + a.Status
	}
	switch {
	case no.Code == wire.CodeNotFound:
		return ErrGone
	case final(no.Code, a.StatusCode):
		return no
	}
	// The door, a hold, a token that comes with the next welcome, a busy server, a proxy
	// whose server is away: all of these pass.
	return errLater{no}
}

func final(code wire.Code, status int) bool {
	switch code {
	case wire.CodeTooLarge, wire.CodeQuota, wire.CodeStorage, wire.CodeRole, wire.CodeMalformed, wire.CodeOrigin:
		return true
	case "": // somebody on the way speaks: a proxy that takes no such request
		return status >= 400 && status < 500 && status != http.StatusUnauthorized && status != http.StatusProxyAuthRequired && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
	}
	return false
}

// offset reads how far the server is.
func (a *answer) offset() (int64, error) {
	n, err := strconv.ParseInt(a.Header.Get(offsetHeader), 10, 64)
	if err != nil || n < 0 {
		return 0, errLater{fmt.Errorf("the server answered %s without %s", a.Status, offsetHeader)}
	}
	return n, nil
}

// Remove tells the server that a file is no longer offered. It tries once.
func (s Server) Remove(ctx context.Context, id string) error {
	a, err := s.ask(ctx, http.MethodDelete, id, nil, nil)
	if err != nil {
		return err
	}
	defer a.Close()
	if a.StatusCode != http.StatusNoContent {
		return a.refusal()
	}
	return nil
}

// patience waits between tries, longer each time that nothing came of one.
type patience struct{ wait time.Duration }

func (p *patience) reset() { p.wait = 0 }

// sleep answers false when ctx ended.
func (p *patience) sleep(ctx context.Context) bool {
	p.wait = min(max(2*p.wait, firstWait), mostWait)
	t := time.NewTimer(p.wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Progress tells how a transfer goes, from the goroutine that runs it.
type Progress interface {
	// Moved: so many bytes of the file are through.
	Moved(done int64)
	// Waits: the line is down, or the server not ready; it is tried again.
	Waits(err error)
}
