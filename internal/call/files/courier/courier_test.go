package courier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"ekermed.example/ekermed/internal/call/files/parcel"
	"ekermed.example/ekermed/internal/call/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// progress notes what is told, and may end the transfer.
type progress struct {
	begun []Sending
	waits func(n int)
	n     int
}

func (p *progress) Begun(s Sending) { p.begun = append(p.begun, s) }
func (p *progress) Moved(int64)     {}
func (p *progress) Waits(error) {
	p.n++
	if p.waits != nil {
		p.waits(p.n)
	}
}

func server(t *testing.T, do http.HandlerFunc) Server {
	t.Helper()
	s := httptest.NewServer(do)
	transport := &http.Transport{}
	t.Cleanup(func() { transport.CloseIdleConnections(); s.Close() })
	return Server{Base: s.URL, Token: func() string { return "token" }, Client: &http.Client{Transport: transport}}
}

// Whatever the server says it has, no two texts are ever sealed under one nonce: a piece that
// must go again goes as it is, or the file is begun anew under another key.
func TestNothingIsSealedTwice(t *testing.T) {
	size := int64(3*wire.MaxPiece + 5)
	for name, lie := range map[string]func(n int, honest int64) int64{
		"less than before": func(n int, honest int64) int64 {
			if n%3 == 2 {
				return 0
			}
			return honest
		},
		"more than was sent": func(_ int, honest int64) int64 { return honest + 1 },
		"half of each":       func(n int, honest int64) int64 { return honest - int64(n%2)*1000 },
	} {
		var mu sync.Mutex
		pieces := map[string]map[int64]string{} // by blob and offset: what stood there first
		n, blobs := 0, 0
		have := int64(0)
		s := server(t, func(rw http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			switch r.Method {
			case http.MethodPost:
				blobs++
				have = 0
				fmt.Fprintf(rw, `{"id":"blob-%d"}`, blobs)
			case http.MethodHead:
				rw.Header().Set(offsetHeader, fmt.Sprint(have))
			case http.MethodPatch:
				var at int64
				_, _ = fmt.Sscan(r.Header.Get(offsetHeader), &at)
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				blob := pieces[r.URL.Path]
				if blob == nil {
					blob = map[int64]string{}
					pieces[r.URL.Path] = blob
				}
				for i := range body { // compare with what was sent for the same place before
					if i%997 == 0 {
						if was, ok := blob[at+int64(i)]; ok && was != string(body[i:i+1]) {
							t.Errorf("%s: another text at %d of %s", name, at+int64(i), r.URL.Path)
						}
						blob[at+int64(i)] = string(body[i : i+1])
					}
				}
				n++
				have = lie(n, at+int64(len(body)))
				rw.Header().Set(offsetHeader, fmt.Sprint(have))
				rw.WriteHeader(http.StatusNoContent)
			}
		})
		opens := 0
		p := &progress{}
		source := Source{Size: size, Open: func() (io.ReadCloser, error) {
			opens++ // a file that is another one each time it is read
			return io.NopCloser(io.LimitReader(&endless{byte(opens)}, size)), nil
		}}
		_, err := NewUpload(s, source).Run(t.Context(), p)
		if name != "half of each" && !errors.Is(err, ErrGone) || name == "half of each" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		keys := map[string]bool{}
		for _, b := range p.begun {
			keys[string(b.Key)] = true
		}
		if len(keys) != len(p.begun) || len(p.begun) > anew || opens != len(p.begun) {
			t.Errorf("%s: begun %d times with %d keys, opened %d times", name, len(p.begun), len(keys), opens)
		}
	}
}

type endless struct{ b byte }

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = e.b
	}
	return len(b), nil
}

// What will not change by itself ends a try; what may, is tried again until it works.
func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		final  bool
	}{
		{413, `{"code":"too_large","text":"x"}`, true}, {507, `{"code":"quota","text":"x"}`, true}, {507, `{"code":"storage","text":"x"}`, true}, {403, `{"code":"role","text":"x"}`, true},
		{404, `{"code":"not_found","text":"x"}`, true}, {404, "404 page not found", true}, {405, "", true}, {403, "<html>blocked</html>", true}, {413, "<html>nginx</html>", true},
		{401, `{"code":"pass","text":"x"}`, false}, {403, `{"code":"order","text":"x"}`, false}, {429, `{"code":"slow_down","text":"x"}`, false}, {500, `{"code":"internal","text":"x"}`, false}, {502, "<html>", false}, {503, "", false}, {408, "", false},
		{200, `{"id":""}`, false}, {200, `[`, false},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		s := server(t, func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(tt.status)
			_, _ = io.WriteString(rw, tt.body)
		})
		p := &progress{waits: func(n int) {
			if n == 2 {
				cancel()
			}
		}}
		_, err := NewUpload(s, BytesSource([]byte("x"))).Run(ctx, p)
		var no *Refusal
		if tt.final && (!errors.As(err, &no) || p.n != 0) || !tt.final && (!errors.Is(err, context.Canceled) || p.n != 2) {
			t.Errorf("%d %s: %v after %d waits", tt.status, tt.body, err, p.n)
		}
		cancel()
	}
}

// A fetch that is answered with something else: another length, another place, too much,
// an error page, nothing.
func TestStrangeAnswers(t *testing.T) {
	key := bytes.Repeat([]byte{1}, parcel.KeySize)
	seal, err := parcel.NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := seal.Seal(nil, []byte("bonjour"), true)
	if err != nil {
		t.Fatal(err)
	}
	right := fmt.Sprintf("bytes 0-%d/%d", len(whole)-1, len(whole))
	for name, tt := range map[string]struct {
		status int
		at     string
		body   []byte
		want   error
	}{
		"right":           {206, right, whole, nil},
		"more than asked": {206, right, append(bytes.Clone(whole), 1), nil}, // what is over is not read
		"longer":          {206, fmt.Sprintf("bytes 0-%d/%d", len(whole)-1, len(whole)+1), whole, parcel.ErrForged},
		"elsewhere":       {206, fmt.Sprintf("bytes 1-%d/%d", len(whole), len(whole)), whole, parcel.ErrForged},
		"not told":        {206, "", whole, parcel.ErrForged},
		"beyond":          {416, "", nil, parcel.ErrForged},
		"gone":            {404, "", []byte(`{"code":"not_found","text":"x"}`), ErrGone},
		"all of it":       {200, "", whole, context.Canceled}, // no 206: a proxy's page, say
		"an error":        {502, "", []byte("<html>"), context.Canceled},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		s := server(t, func(rw http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Authorization"); got != "Bearer token" || r.Header.Get("Range") != fmt.Sprintf("bytes=0-%d", len(whole)-1) {
				t.Errorf("asked with %v", r.Header)
			}
			if tt.at != "" {
				rw.Header().Set("Content-Range", tt.at)
			}
			rw.WriteHeader(tt.status)
			_, _ = rw.Write(tt.body)
		})
		var out bytes.Buffer
		f, err := NewFetch(s, Sending{"blob", key}, int64(len("bonjour")), &out)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Run(ctx, &progress{waits: func(int) { cancel() }})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if tt.want == nil && out.String() != "bonjour" {
			t.Errorf("%s: %q", name, out.String())
		}
		cancel()
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// What cannot be written says why.
func TestUnwritable(t *testing.T) {
	key := make([]byte, parcel.KeySize)
	seal, err := parcel.NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := seal.Seal(nil, []byte("x"), true)
	if err != nil {
		t.Fatal(err)
	}
	s := server(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Range", "bytes 0-16/17")
		rw.WriteHeader(206)
		_, _ = rw.Write(whole)
	})
	full := errors.New("full")
	f, err := NewFetch(s, Sending{"blob", key}, 1, failing{full})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Run(t.Context(), &progress{}); !errors.Is(err, ErrUnwritable) || !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if _, err := NewFetch(s, Sending{"blob", nil}, 1, io.Discard); err == nil {
		t.Error("without a key")
	}
	if _, err := FileSource(t.TempDir()); !errors.Is(err, ErrUnreadable) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := FileSource(t.TempDir() + "/" + strings.Repeat("x", 9)); !errors.Is(err, ErrUnreadable) {
		t.Errorf("nothing: %v", err)
	}
}
