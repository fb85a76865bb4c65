// Package run executes a desk: one goroutine owns the state, takes events, steps, and
// does what Step asks for. Everything slow happens in goroutines that post an event
// when they are done.
package run

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/call/files/safe"
	"ekermed.example/ekermed/internal/call/link"
	"ekermed.example/ekermed/internal/call/peer"
	"ekermed.example/ekermed/internal/call/portal"
	"ekermed.example/ekermed/internal/call/seal"
	"ekermed.example/ekermed/internal/call/wire"
)

// Media is one opened set of devices.
type Media interface {
	peer.Media
	// SealWith seals every frame that leaves from now on.
	SealWith(by func(kind wire.Kind, frame []byte) ([]byte, error))
	Mute(kind wire.Kind, muted bool)
	Switch(ctx context.Context, choice call.Choice) call.DevicesOpened
	// Share shows a screen or window, and returns at once. began is told when it is shown;
	// over when it is gone or cannot be, with nil when the person chose nothing. Unshare ends
	// it: when it returns, nothing of it leaves any more, and neither is told from then on.
	Share(surface string, began func(), over func(*call.Problem))
	PauseShare(on bool)
	Unshare()
	Close() error
}

// Machine opens devices.
type Machine interface {
	// Open never fails as a whole: what does not work is told in the event, and what
	// stops or starts working afterwards by later.
	Open(ctx context.Context, choice call.Choice, later func(call.DevicesOpened)) (Media, call.DevicesOpened)
	// Screens lists what can be shown.
	Screens(ctx context.Context) ([]call.Surface, *call.Problem)
	// Test plays a short sound.
	Test(ctx context.Context, choice call.Choice)
}

// Memory keeps what outlives a run. Secret is the session token, in the system's
// keyring; an error means that it is kept for this run only.
type Memory interface {
	Save(call.Remembered) error
	SaveSecret(server, email, token string) error
	DropSecret(server, email string) error
	// SaveProxy keeps what a proxy wants to know, by its host, where secrets are kept.
	SaveProxy(host, user, password string) error
}

// Board is the whiteboard, which its screen owns.
type Board interface {
	// Meet: a channel with somebody is open, or open again; self is our own id.
	Meet(self, peer string, mayDraw bool)
	Part(peer string)
	Hear(peer string, payload []byte)
	// Lay: this picture is on its way to everybody, make it the ground; or why it cannot be.
	Lay(g board.Ground, refused error)
	Close()
}

// Dialer opens what goes over TCP, through a proxy where there is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	// DialTLS is for TURN: with TLS when name is that of a server, without when empty.
	DialTLS(ctx context.Context, address, name string) (net.Conn, error)
	// Login says who we are to a proxy, from the next connection on.
	Login(host, user, password string)
}

// Options configure a Desk.
type Options struct {
	Machine Machine
	Memory  Memory
	// Dialer is nil where connections are opened directly.
	Dialer Dialer
	// Client names the program and its version to the server.
	Client string
	// Board gets what concerns the whiteboard, in order, from the desk's goroutine; it must not
	// block. Nil when there is none. What it says comes back as call.Drawn.
	Board Board
	// Scanner looks at files before they are kept; its zero value lets them pass.
	Scanner safe.Scanner
	// Managed is what the IT department has set for this machine.
	Managed call.Managed
	TLS     *tls.Config
	// Changed gets every new state, from the desk's goroutine. It must not block.
	Changed func(call.State)
	Log     *slog.Logger
	Now     func() time.Time
}

// queued is how many events may wait.
const queued = 256

// closing is how long a goodbye may take.
const closing = 2 * time.Second

// Desk runs one clinician's desk.
type Desk struct {
	o      Options
	events chan call.Event
	wg     sync.WaitGroup

	// What follows belongs to the goroutine of Run.
	ctx    context.Context
	state  call.State
	portal portal.Portal
	giveUp context.CancelFunc // ends the checking of an earlier session
	again  func()             // tries again at once what a proxy holds up
	// undiagnose ends the trying of the network.
	undiagnose context.CancelFunc
	agenda     *link.Link
	room       *link.Link
	resume     *resume
	entry      uint64 // counts rooms entered, so that late news of an old one is dropped
	shares     uint64 // counts screens started and stopped, likewise
	devices    *devices
	wires      *wires
	keys       *seal.Group // of the present room
	features   *features   // with keys

	// stats are read by others.
	mu     sync.Mutex
	stats  *peer.Peer
	opener *seal.Group // its Receivers alone
}

// New makes a desk that starts from a remembered state.
func New(o Options, r call.Remembered) *Desk {
	d := &Desk{o: o, events: make(chan call.Event, queued), giveUp: func() {}, again: func() {}, undiagnose: func() {}}
	d.portal.TLS = o.TLS
	if o.Dialer != nil {
		d.portal.Dial = o.Dialer.DialContext
	}
	d.state, _ = call.Step(call.State{Account: call.Account{Phase: call.SignedOut}, Managed: o.Managed}, r, o.Now())
	return d
}

// State is the state before Run; afterwards Options.Changed tells.
func (d *Desk) State() call.State { return d.state }

// Post hands over an event; it may be called from anywhere.
func (d *Desk) Post(ev call.Event) {
	d.events <- ev
}

// SignedIn starts with a session from an earlier run, which the server is asked about.
func (d *Desk) SignedIn(server, token string) {
	d.Post(restored{server: server, token: token})
}

// restored asks whether a kept session is still good. It is the runner's own event.
type restored struct {
	call.Event
	server, token string
}

// Stats are the media connection's round trip and loss; zero outside a call.
func (d *Desk) Stats() (time.Duration, float64) {
	d.mu.Lock()
	p := d.stats
	d.mu.Unlock()
	if p == nil {
		return 0, 0
	}
	return p.Stats()
}

// Opened counts the sealed frames of a person in the call; zero when there are none.
func (d *Desk) Opened(person string) seal.Counts {
	d.mu.Lock()
	keys := d.opener
	d.mu.Unlock()
	if keys == nil {
		return seal.Counts{}
	}
	return keys.Receiver(person).Counts()
}

// Run owns the desk until ctx ends; then it leaves the room and lets devices go.
func (d *Desk) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.Background())
	d.ctx = work
	d.o.Changed(d.state)
	d.wg.Go(func() { watchNetwork(work, d.Post) })
	clock := time.NewTicker(keysTick)
	defer clock.Stop()
	for {
		select {
		case <-clock.C:
			d.tick()
		case ev := <-d.events:
			d.take(ev)
		case <-ctx.Done():
			d.take(call.Leave{Stay: true})
			d.stopAgenda()
			stop()
			d.drain()
			return nil
		}
	}
}

// drain lets what is under way end, and drops its news.
func (d *Desk) drain() {
	done := make(chan struct{})
	go func() { // ends when the work has
		d.wg.Wait()
		close(done)
	}()
	for {
		select {
		case <-d.events:
		case <-done:
			return
		}
	}
}

func (d *Desk) take(ev call.Event) {
	switch own := ev.(type) {
	case restored:
		d.restore(own)
		return
	case call.Drawn:
		d.drawn(own)
		return
	case posted:
		if own.entry == d.entry {
			own.do()
			d.share()
		}
		return
	case late:
		if own.entry != d.entry {
			return // about a room that we have left
		}
		if own.share != 0 && own.share != d.shares {
			return // about a screen that we show no more
		}
		ev = own.event
	case call.SessionOpened:
		d.portal.Base, d.portal.Token, d.portal.Apart = own.Server, own.Session.Token, own.Session.Socket
		d.again = func() {} // it knows the password
	case call.SessionClosed:
		if !own.Problem.WantsLogin() {
			d.again = func() {}
		}
	}
	if heard, ok := ev.(call.Heard); ok {
		if w, ok := heard.Message.(wire.Welcome); ok && d.resume != nil {
			d.resume.set(w.Resume)
		}
	}
	next, effects := call.Step(d.state, ev, d.o.Now())
	d.state = next
	if d.wires != nil {
		d.wires.expected.Store(expected(next.Call))
	}
	for _, effect := range effects {
		d.do(effect)
	}
	d.o.Changed(d.state)
	d.agree(ev)
}

// late is news of one room, or of one screen shown there.
type late struct {
	call.Event
	event call.Event
	entry uint64
	share uint64 // 0 for all other news
}

// work runs something slow; what it returns is posted.
func (d *Desk) work(do func(ctx context.Context) call.Event) {
	ctx := d.ctx
	d.wg.Go(func() {
		if ev := do(ctx); ev != nil {
			d.Post(ev)
		}
	})
}

func (d *Desk) do(effect call.Effect) {
	switch e := effect.(type) {
	case call.OpenSession:
		d.signIn(e)
	case call.Stir:
		d.stir()
	case call.CloseSession:
		d.signOut()
	case call.FollowAgenda:
		d.followAgenda()
	case call.StopAgenda:
		d.stopAgenda()
	case call.Book:
		d.book(e)
	case call.Cancel:
		d.cancel(e)
	case call.Save:
		d.save(e)
	case call.Enter:
		d.enter(e)
	case call.Tell:
		d.tell(e.Message)
	case call.HangUp:
		d.hangUp()
	case call.Connect:
		d.wires.take(e)
	case call.Diagnose:
		d.diagnose(e)
	case call.EndDiagnosis:
		d.undiagnose()
	case call.TellProxy:
		d.tellProxy(e)
	case call.TryAgain:
		d.again()
	case call.Handle:
		d.handle(e.Wish)
	case call.Write:
		if d.features != nil {
			d.features.chat.Write(e.Text)
		}
	case call.Draft:
		if d.features != nil {
			d.features.chat.Draft(e.Text, e.Show)
		}
	case call.Doubt:
		if d.room != nil {
			d.room.Doubt()
		}
	case call.Redial:
		for _, l := range []*link.Link{d.agenda, d.room} {
			if l != nil {
				l.Redial()
			}
		}
	default:
		d.device(effect)
	}
}
