// Package server puts the server together: what there is, in which order it starts
// and in which order it stops.
package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/compat"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/drop"
	"ekermed.example/ekermed/internal/server/edge"
	"ekermed.example/ekermed/internal/server/factor"
	"ekermed.example/ekermed/internal/server/journal"
	"ekermed.example/ekermed/internal/server/mail"
	"ekermed.example/ekermed/internal/server/notice"
	"ekermed.example/ekermed/internal/server/relay"
	"ekermed.example/ekermed/internal/server/room"
	"ekermed.example/ekermed/internal/server/sfu"
	"ekermed.example/ekermed/internal/server/store"
	"ekermed.example/ekermed/internal/server/web"
)

// stopLimit is how long a stop may take before connections are cut.
const stopLimit = 8 * time.Second

// App is a server whose sockets are open.
type App struct {
	cfg     config.Config
	log     *slog.Logger
	url     string // public, without a slash at its end
	local   string // http://localhost:PORT with --dev
	store   *store.Store
	sfu     *sfu.SFU
	relay   *relay.Relay
	rooms   *room.Hub
	records *records
	mailer  *mail.Mailer
	files   *drop.Store // nil when nobody sends files
	site    *web.Web
	http    *http.Server
	port    *edge.Port
	leaf    *x509.Certificate
	metrics *http.Server
	metered net.Listener
	udp     *net.UDPConn // nil with a range of media ports
	// relayUDP is nil when TURN over UDP is off, relayTLS when TURN over TLS is.
	relayUDP *net.UDPConn
	relayTLS net.Addr
	undo     stack
	writing  sync.WaitGroup
}

// stack is a list of things to undo, last first.
type stack []step

type step struct {
	name string
	do   func() error
}

func (s *stack) push(name string, do func() error) { *s = append(*s, step{name, do}) }

func (s *stack) unwind(log *slog.Logger) error {
	var errs []error
	for i := len(*s) - 1; i >= 0; i-- {
		if err := (*s)[i].do(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, fmt.Errorf("stopping %s: %w", (*s)[i].name, err))
		}
		log.Debug("stopped", "part", (*s)[i].name)
	}
	*s = nil
	return errors.Join(errs...)
}

// New opens the store and every socket. When one fails, what was opened is closed.
func New(ctx context.Context, cfg config.Config, log *slog.Logger) (*App, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, log: log}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.undo.unwind(log))
	}
	return a, nil
}

func (a *App) open(ctx context.Context) error {
	certificate, err := a.certificate()
	if err != nil {
		return err
	}
	a.leaf = certificate.Leaf
	if a.store, err = store.Open(ctx, a.cfg.Server.Data); err != nil {
		return err
	}
	a.undo.push("store", a.store.Close)
	if a.records, err = newRecords(a.cfg, a.store, a.log); err != nil {
		return err
	}
	if err := a.openFiles(); err != nil {
		return err
	}
	if err := a.listenHTTP(certificate); err != nil {
		return err
	}
	if err := a.openMedia(certificate); err != nil {
		return err
	}
	return a.wire()
}

// certificate loads the pair and checks that it is for the names that clients use.
func (a *App) certificate() (tls.Certificate, error) {
	if a.cfg.Dev && a.cfg.Server.Certificate == "" {
		return edge.SelfSigned()
	}
	pair, err := edge.Load(a.cfg.Server.Certificate, a.cfg.Server.Key)
	if err != nil || a.cfg.Dev {
		return pair, err
	}
	return pair, covers(a.cfg, pair)
}

// covers checks the certificate against each name that clients look for in it.
func covers(cfg config.Config, pair tls.Certificate) error {
	for _, address := range []struct{ key, url string }{{"server.url", cfg.Server.URL}, {"server.socket_url", cfg.Server.SocketURL}} {
		u, err := url.Parse(address.url)
		if err != nil || u.Hostname() == "" {
			continue
		}
		if err := edge.Covers(cfg.Server.Certificate, pair, address.key, u.Hostname()); err != nil {
			return err
		}
	}
	if cfg.Turn.TLS == "" || cfg.Turn.Host == "" {
		return nil
	}
	return edge.Covers(cfg.Server.Certificate, pair, "turn.host", cfg.Turn.Host)
}

func (a *App) listenHTTP(certificate tls.Certificate) error {
	var err error
	a.port, err = listenTCP(a.cfg, "server.listen", a.cfg.Server.Listen, certificate, edge.Protocols{Web: true, TURN: a.cfg.SharesTCP(), Plain: a.cfg.Dev})
	if err != nil {
		return err
	}
	a.undo.push("web socket", a.port.Close)
	a.url = strings.TrimSuffix(a.cfg.Server.URL, "/")
	if a.cfg.Dev {
		a.local = "http://localhost:" + strconv.Itoa(a.port.Addr().(*net.TCPAddr).Port)
		if a.url == "" {
			a.url = "https://" + a.port.Addr().String()
		}
	}
	if a.cfg.Metrics.Listen != "" {
		if a.metered, err = edge.TCP("metrics.listen", a.cfg.Metrics.Listen); err != nil {
			return err
		}
		a.undo.push("metrics socket", a.metered.Close)
	}
	return nil
}

type seater struct {
	sfu     *sfu.SFU
	records *records
}

func (s seater) Seat(room, peer string, speaks bool, next func() uint32, out func(wire.Message)) (room.Seat, error) {
	sit := s.sfu.Seat
	if !speaks {
		sit = s.sfu.Watch
	}
	seat, err := sit(room, peer, next, out)
	s.records.state(journal.SFU, err)
	return seat, err
}

// prober serves tries of the network.
type prober struct {
	sfu *sfu.SFU
	tickets
}

func (p prober) ICE(peer string) []wire.ICEServer { return p.tickets.ICE(peer, true) }

func (p prober) Echo(gen uint32) (web.Echo, wire.Offer, error) {
	echo, offer, err := p.sfu.Echo(gen)
	if err != nil {
		return nil, offer, err
	}
	return echo, offer, nil
}

// wire joins the parts: the room tells the agenda, the web serves both.
func (a *App) wire() error {
	zone, err := time.LoadLocation(a.cfg.Practice.TimeZone)
	if err != nil {
		return fmt.Errorf("practice.time_zone: %w", err)
	}
	o := accessOptions(a.cfg, a.store, zone)
	o.Note = a.records.access
	o.Busy = func(account string) bool { return a.rooms.Busy(account) }
	o.Factors, o.FactorRequired = a.store, a.cfg.Access.SecondFactor == config.FactorRequired
	if o.Key, err = factor.Load(a.cfg.Server.Data); err != nil {
		return err
	}
	ac := access.New(o)
	a.records.left = ac.Left
	if a.relay != nil {
		a.records.carried = a.relay.Carried
	}
	agenda := web.NewAgenda(ac, func() *room.Hub { return a.rooms })
	rooms := room.Options{
		Seater: seater{a.sfu, a.records}, Tickets: tickets{a.relay}, Policy: room.Policy(a.cfg.Room.Route),
		Grace: time.Duration(a.cfg.Room.Grace), Linger: 30 * time.Second,
		Rekey: time.Duration(a.cfg.Room.Rekey), Recertify: time.Duration(a.cfg.Room.Recertify), Sealed: a.cfg.Room.Sealing == config.SealingRequired,
		Changed: agenda.Changed,
		Done:    a.done(agenda),
		Witness: a.records,
		Now:     time.Now, Log: a.log.With("part", "room"),
	}
	if a.files != nil { // an interface that holds nil is not nil
		rooms.Files, rooms.FileLimit = a.files, a.cfg.Files.Largest*config.Megabyte
	}
	a.rooms = room.NewHub(rooms)
	a.mailer = NewMailer(a.cfg, zone, a.log.With("part", "mail"))
	base := a.url
	origins := a.cfg.Server.Origins
	if a.cfg.Dev {
		base = a.local
		port := a.port.Addr().(*net.TCPAddr).Port
		origins = append(origins, a.url, fmt.Sprintf("https://localhost:%d", port), fmt.Sprintf("http://127.0.0.1:%d", port))
	}
	proxies, err := config.Prefixes(a.cfg.Server.TrustedProxies)
	if err != nil {
		return fmt.Errorf("server.trusted_proxies: %w", err)
	}
	guide, err := a.guide(base)
	if err != nil {
		return err
	}
	pages, err := notice.Handler("s/", a.cfg)
	if err != nil {
		return err
	}
	browsers, err := compat.Handler("s/")
	if err != nil {
		return err
	}
	if a.site, err = web.New(web.Options{
		Access: ac, Rooms: a.rooms, Agenda: agenda, Prober: prober{a.sfu, tickets{a.relay}}, Post: Post{a.mailer, base},
		URL: base, Socket: a.cfg.Server.SocketURL, Origins: origins, Proxies: proxies, Health: a.healthy, Guide: guide, Notice: pages, Compat: browsers, Files: a.files, Log: a.log.With("part", "web"),
	}); err != nil {
		return err
	}
	handler, err := a.site.Handler()
	if err != nil {
		return err
	}
	if a.cfg.Dev {
		handler = loopbackOnly(handler)
	}
	errorLog := slog.NewLogLogger(silence{}, slog.LevelDebug) // net/http's own lines name addresses
	a.http = &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second, MaxHeaderBytes: 16 << 10, ErrorLog: errorLog}
	a.metrics = &http.Server{Handler: a.measured(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: errorLog}
	return nil
}

// done marks an appointment as held. The room must not wait for the disk; Run waits
// for what is under way before the store closes.
func (a *App) done(agenda *web.Agenda) func(string) {
	return func(appointment string) {
		a.writing.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			if err := a.store.SetStatus(ctx, appointment, string(wire.StatusDone)); err != nil {
				a.log.Error("marking an appointment as done", "error", err)
			}
			if ap, err := a.store.Appointment(ctx, appointment); err == nil {
				agenda.Changed(ap.Account, appointment)
			}
		})
	}
}

func (a *App) healthy(r *http.Request) error { return a.store.Ping(r.Context()) }

// loopbackOnly is serve --dev's fence: requests from this machine, by its own names.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		ip := net.ParseIP(host)
		name := r.Host
		if h, _, err := net.SplitHostPort(r.Host); err == nil {
			name = h
		}
		named := name == "localhost" || net.ParseIP(strings.Trim(name, "[]")).IsLoopback()
		if err != nil || ip == nil || !ip.IsLoopback() || !named {
			http.Error(rw, "serve --dev answers this machine only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(rw, r)
	})
}

// URL is the public base address, Local the plain one of --dev (else empty), and UDP
// the media socket's address, or host:first-last with a range of ports.
func (a *App) URL() string   { return a.url }
func (a *App) Local() string { return a.local }
func (a *App) UDP() string {
	if a.udp == nil {
		return a.mediaAddress(a.cfg.Media.MinPort) + "-" + strconv.Itoa(a.cfg.Media.MaxPort)
	}
	return a.udp.LocalAddr().String()
}

// Metrics is the address of the operator's page, empty when off.
func (a *App) Metrics() string {
	if a.metered == nil {
		return ""
	}
	return a.metered.Addr().String()
}

// Run serves until ctx ends, then stops in order: rooms tell their people, peers
// close, TURN, HTTP, journal and trail, store.
func (a *App) Run(ctx context.Context) error {
	rooms, closeRooms := context.WithCancel(context.Background())
	defer closeRooms()
	var g errgroup.Group
	failed := make(chan struct{})
	member := func(name string, run func() error) {
		g.Go(func() error {
			if err := run(); err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
				select {
				case <-failed:
				default:
					close(failed)
				}
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	emptied := make(chan struct{})
	member("rooms", func() error {
		defer close(emptied)
		return a.rooms.Run(rooms)
	})
	member("web", func() error { return a.http.Serve(a.port.Web()) })
	if a.metered != nil {
		member("metrics", func() error { return a.metrics.Serve(a.metered) })
	}
	mailing, stopMail := context.WithCancel(ctx)
	defer stopMail()
	member("mail", func() error { return a.mailer.Run(mailing) })
	member("watch", func() error { return a.watch(mailing) })
	member("retention", func() error { return a.retain(mailing) })
	if a.files != nil {
		member("files", func() error { return a.files.Run(mailing) })
	}
	// What is still told while rooms and sites close belongs into the records.
	recording, stopRecording := context.WithCancel(context.Background())
	defer stopRecording()
	a.records.say(a.cfg)
	if h := a.cfg.Hosting; h.Country != "" {
		a.log.Info("hosted", "country", h.Country, "operator", h.Operator, "certificate", h.Certificate)
	}
	member("journal", func() error { return a.records.journal.Run(recording) })
	member("trail", func() error { return a.records.trail.Run(recording) })
	select {
	case <-ctx.Done():
	case <-failed:
	}
	a.log.Info("stopping")
	stopMail()
	closeRooms() // tells everybody `shutdown` and closes their connections
	<-emptied
	limit, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	a.site.Close()
	err := errors.Join(a.http.Shutdown(limit), a.metrics.Shutdown(limit))
	stopRecording()
	err = errors.Join(err, g.Wait())
	a.writing.Wait()
	return errors.Join(err, a.undo.unwind(a.log))
}

// NewAccess is access as the configuration wants it; the command line uses it too.
func NewAccess(cfg config.Config, s *store.Store, zone *time.Location) *access.Access {
	return access.New(accessOptions(cfg, s, zone))
}

func accessOptions(cfg config.Config, s *store.Store, zone *time.Location) access.Options {
	return access.Options{
		Accounts: s, Appointments: s, Passes: s,
		OpensBefore: time.Duration(cfg.Room.OpensBefore), ClosesAfter: time.Duration(cfg.Room.ClosesAfter),
		Session: time.Duration(cfg.Room.Session), Idle: time.Duration(cfg.Access.Idle), Practice: cfg.Practice.Name, Phone: cfg.Practice.Phone,
		Zone: zone, Now: time.Now,
	}
}
