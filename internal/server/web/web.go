// Package web is the HTTP side of the server: the patient's page, the network test, the interface
// under /api/v1, and the WebSocket on which package wire is spoken.
package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"html"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/drop"
	"ekermed.example/ekermed/internal/server/room"
)

//go:embed dist
var dist embed.FS

// Options configure a Web.
type Options struct {
	Access *access.Access
	Rooms  *room.Hub
	Agenda *Agenda
	Prober Prober
	Post   Post
	// URL is the public base address, without a slash at its end. Its path, if any, is
	// the prefix under which a proxy serves us.
	URL string
	// Socket is the address of the WebSocket when it has a host of its own (wss), or empty.
	Socket string
	// Origins are further web origins that may open the WebSocket.
	Origins []string
	// Proxies are believed about whom they speak for (X-Forwarded-For).
	Proxies []netip.Prefix
	// Health answers nil when the server can do its work.
	Health func(*http.Request) error
	// Guide serves /network-guide and its formats; nil leaves it out.
	// Notice serves /privacy and /security; nil leaves them out.
	Notice http.Handler
	// Compat serves /compat and /compat.json; nil leaves them out.
	Compat http.Handler
	Guide  http.Handler
	// Files keeps what participants send each other; nil leaves it out.
	Files *drop.Store
	Log   *slog.Logger
}

// Web serves everything under Options.URL.
type Web struct {
	o       Options
	prefix  string
	policy  string
	origins []string
	pending atomic.Int64 // WebSockets that have not said who they are
	probes  tries        // of the network, under way

	sockets sync.WaitGroup
	mu      sync.Mutex
	conns   map[*conn]bool // open WebSockets; nil once Close has begun
}

// New makes a Web.
func New(o Options) (*Web, error) {
	base, err := url.Parse(o.URL)
	if err != nil {
		return nil, err
	}
	socket, err := url.Parse(o.Socket)
	if err != nil {
		return nil, err
	}
	own := base.Scheme + "://" + base.Host
	return &Web{o: o, prefix: strings.TrimSuffix(base.Path, "/"), policy: policy(base, socket), conns: map[*conn]bool{}, origins: append([]string{own}, o.Origins...)}, nil
}

// Close ends every WebSocket after what is queued for it, and waits. The HTTP server
// does not know them any more, so its own shutdown does not.
func (w *Web) Close() {
	w.mu.Lock()
	conns := w.conns
	w.conns = nil
	w.mu.Unlock()
	for c := range conns {
		c.Close()
	}
	w.sockets.Wait()
}

// keep takes note of an open WebSocket; it answers false when Close has begun.
func (w *Web) keep(c *conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conns == nil {
		return false
	}
	w.conns[c] = true
	w.sockets.Add(1)
	return true
}

func (w *Web) forget(c *conn) {
	w.mu.Lock()
	delete(w.conns, c) // of a nil map too
	w.mu.Unlock()
	w.sockets.Done()
}

// Handler routes all requests.
func (w *Web) Handler() (http.Handler, error) {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	patient, err := w.page(built, "index.html")
	if err != nil {
		return nil, err
	}
	diag, err := w.page(built, "diag.html")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	// GET covers HEAD: a mail scanner that follows the link changes nothing.
	mux.HandleFunc("GET /r/{code}", patient)
	mux.HandleFunc("GET /diag", diag)
	files, err := newStatic(built)
	if err != nil {
		return nil, err
	}
	mux.Handle("GET /s/{file...}", http.StripPrefix("/s", files))
	mux.HandleFunc("GET /ws", w.socket)
	mux.HandleFunc("GET /healthz", w.health)
	if w.o.Guide != nil {
		for _, format := range []string{"", ".html", ".md", ".json", ".svg"} {
			mux.Handle("GET /network-guide"+format, w.o.Guide)
		}
	}
	if w.o.Notice != nil {
		mux.Handle("GET /privacy", w.o.Notice)
		mux.Handle("GET /security", w.o.Notice)
	}
	if w.o.Compat != nil {
		mux.Handle("GET /compat", w.o.Compat)
		mux.Handle("GET /compat.json", w.o.Compat)
	}
	mux.HandleFunc("POST /api/v1/session", answer(w, w.signIn))
	mux.HandleFunc("GET /api/v1/session", answer(w, w.session))
	mux.HandleFunc("DELETE /api/v1/session", answer(w, w.signOut))
	mux.HandleFunc("POST /api/v1/session/activity", answer(w, w.active))
	mux.HandleFunc("GET /api/v1/appointments", answer(w, w.agenda))
	mux.HandleFunc("POST /api/v1/appointments", answer(w, w.invite))
	mux.HandleFunc("POST /api/v1/appointments/{id}/pass", answer(w, w.clinicianPass))
	mux.HandleFunc("POST /api/v1/appointments/{id}/cancel", answer(w, w.cancel))
	mux.HandleFunc("POST /api/v1/link", answer(w, w.link))
	mux.HandleFunc("POST /api/v1/join", answer(w, w.join))
	w.fileRoutes(mux)
	return w.guard(http.StripPrefix(w.prefix, mux)), nil
}

// page serves one of the pages. They ask for nothing before a button is pressed, so they
// are told here where the WebSocket is.
func (w *Web) page(built fs.FS, name string) (http.HandlerFunc, error) {
	text, err := fs.ReadFile(built, name)
	if err != nil {
		return nil, errors.New("the pages are not built: run make web")
	}
	text = bytes.Replace(text, []byte(`data-socket=""`), []byte(`data-socket="`+html.EscapeString(w.o.Socket)+`"`), 1)
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		rw.Header().Set("Cache-Control", "no-store")
		_, _ = rw.Write(text) // a reader that went away needs no answer
	}, nil
}

// policy is the pages': everything from here, nothing inline, never in a frame. The
// WebSocket is named because older browsers do not take it for 'self', and because it
// may have a host of its own.
func policy(base, apart *url.URL) string {
	socket := "ws" + strings.TrimPrefix(base.Scheme, "http") + "://" + base.Host
	if apart.Host != "" {
		socket += " " + apart.Scheme + "://" + apart.Host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; " +
		"media-src 'self' blob:; connect-src 'self' " + socket + "; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

func (w *Web) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h := rw.Header()
		h.Set("Content-Security-Policy", w.policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), geolocation=(), payment=(), usb=()")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !w.originOK(r) {
			fail(rw, http.StatusForbidden, wire.Failure{Code: wire.CodeOrigin, Text: "this page is not one of ours"})
			return
		}
		r.Body = http.MaxBytesReader(rw, r.Body, bodyLimit(r))
		next.ServeHTTP(rw, r)
	})
}

// originOK takes our own origins, and programs that are no browsers and so send none.
// Nothing here rests on cookies, so there is no standing a foreign page could borrow.
func (w *Web) originOK(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin == "" || slices.Contains(w.origins, origin)
}

func (w *Web) health(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	if err := w.o.Health(r); err != nil {
		w.o.Log.Error("not healthy", "error", err)
		rw.WriteHeader(http.StatusServiceUnavailable)
		_, _ = rw.Write([]byte(`{"status":"failing"}` + "\n"))
		return
	}
	_, _ = rw.Write([]byte(`{"status":"ok"}` + "\n"))
}

func reply(rw http.ResponseWriter, status int, body any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(body) // a reader that went away needs no answer
}

func fail(rw http.ResponseWriter, status int, f wire.Failure) { reply(rw, status, f) }
