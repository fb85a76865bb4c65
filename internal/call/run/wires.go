package run

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"sync/atomic"

	"github.com/pion/webrtc/v4"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/link"
	"ekermed.example/ekermed/internal/call/peer"
	"ekermed.example/ekermed/internal/call/portal"
	"ekermed.example/ekermed/internal/call/seal"
	"ekermed.example/ekermed/internal/call/wire"
)

// wires is the media side of one room: a goroutine that takes what concerns media
// connections in order, and holds those there are. Mostly that is one; while a new one
// is made, two.
type wires struct {
	desk     *Desk
	room     *link.Link
	keys     *seal.Group // its Sender and Receivers alone
	post     func(call.Event)
	loopback bool
	queue    chan call.Connect
	end      chan struct{}
	// expected: somebody lets sound or picture out, so silence means trouble.
	expected atomic.Bool
	flooded  atomic.Bool

	// conns, by generation, belong to the goroutine of run.
	conns map[uint32]*peer.Peer
}

func (d *Desk) newWires(room *link.Link, post func(call.Event)) *wires {
	w := &wires{
		desk: d, room: room, keys: d.keys, post: post, queue: make(chan call.Connect, 128), end: make(chan struct{}),
		conns: map[uint32]*peer.Peer{},
	}
	if u, err := url.Parse(d.portal.Base); err == nil {
		w.loopback = portal.Loopback(u.Hostname())
	}
	devices := d.devices
	d.wg.Go(func() { w.run(devices) })
	return w
}

// take hands over a message; a caller's candidates are some dozens, so the queue suffices.
func (w *wires) take(e call.Connect) {
	if w == nil {
		return
	}
	select {
	case w.queue <- e:
	default:
		w.flooded.Store(true) // what is lost may be the word to close: run begins anew
	}
}

func (w *wires) close() { close(w.end) }

func (w *wires) run(devices *devices) {
	defer w.settle(0)
	for {
		select {
		case e := <-w.queue:
			if w.flooded.CompareAndSwap(true, false) {
				w.begin()
				continue
			}
			// Not the error itself: it may quote the other side's addresses.
			if w.handle(e, devices) != nil {
				w.desk.o.Log.Error("a message about media could not be used", "type", wire.Type(e.Message))
			}
		case <-w.end:
			return
		}
	}
}

// begin closes everything after a flood, and says so: what is needed is offered anew.
func (w *wires) begin() {
	w.desk.o.Log.Error("too many messages about media at once")
	for len(w.queue) > 0 {
		<-w.queue
	}
	gens := slices.Collect(maps.Keys(w.conns))
	w.settle(0)
	for _, gen := range gens {
		w.post(call.MediaDown{Gen: gen})
	}
}

func (w *wires) handle(e call.Connect, devices *devices) error {
	switch m := e.Message.(type) {
	case wire.Direct:
		conn, err := w.open(m.Gen, peer.Options{ICE: m.ICE, Peer: m.Peer, RelayOnly: m.Relay, Candidate: w.candidate(m.Gen)}, devices)
		if err != nil || !m.Call {
			return err
		}
		offer, err := conn.Call(m.Gen)
		if err != nil {
			return err
		}
		w.certify(m.Gen, offer.SDP, "")
		return w.room.Send(offer)
	case wire.Offer:
		conn := w.conns[m.Gen]
		if conn == nil && m.Round > 1 {
			return w.room.Send(wire.Renew{Gen: m.Gen}) // a round of a connection that is closed here
		}
		if conn == nil {
			var err error
			if conn, err = w.open(m.Gen, peer.Options{ICE: e.ICE}, devices); err != nil {
				return err
			}
		}
		answer, err := conn.Answer(m)
		if err != nil {
			return err
		}
		w.certify(m.Gen, answer.SDP, m.SDP)
		return w.room.Send(answer)
	case wire.Answer:
		if conn := w.conns[m.Gen]; conn != nil {
			w.certify(m.Gen, "", m.SDP)
			return conn.Accept(m)
		}
	case wire.Candidate:
		if conn := w.conns[m.Gen]; conn != nil {
			return conn.Candidate(m)
		}
	case wire.Settle:
		w.settle(m.Gen)
	}
	return nil
}

// open makes a connection beside those that carry the call; a try that never did is over.
func (w *wires) open(gen uint32, o peer.Options, devices *devices) (*peer.Peer, error) {
	for old, conn := range w.conns {
		if !conn.Ready() {
			conn.Close()
			delete(w.conns, old)
		}
	}
	if w.keys == nil {
		return nil, errNoKeys
	}
	media := devices.wait()
	media.SealWith(w.keys.Sender().Seal)
	o.Media, o.Loopback, o.Expected = media, w.loopback, w.expected.Load
	o.Open = func(from string, kind wire.Kind) func([]byte) ([]byte, error) {
		return w.keys.Receiver(from).Stream(kind).Open
	}
	if dialer := w.desk.o.Dialer; dialer != nil {
		o.Dial = dialer.DialTLS
	}
	o.Up = func(_ string, kind wire.Kind) { w.post(call.MediaUp{Gen: gen, Kind: kind}) }
	o.Ready = func() { w.post(call.MediaReady{Gen: gen}) }
	o.Down = func() { w.post(call.MediaDown{Gen: gen}) }
	o.Path = func(p peer.Path) { w.post(call.MediaPath{Gen: gen, Path: call.Path(p)}) }
	conn, err := peer.New(o)
	if err != nil {
		return nil, err
	}
	w.conns[gen] = conn
	w.desk.show(conn)
	return conn, nil
}

// errNoKeys: nothing can be sealed, so nothing is sent.
var errNoKeys = errors.New("there are no keys for this room")

// certify says which certificates the descriptions of a direct connection name.
func (w *wires) certify(gen uint32, ours, theirs string) {
	if conn := w.conns[gen]; conn != nil && conn.Direct() != "" {
		w.post(certified{peer: conn.Direct(), gen: gen, ours: seal.Fingerprints(ours), theirs: seal.Fingerprints(theirs)})
	}
}

func (w *wires) candidate(gen uint32) func(webrtc.ICECandidateInit) {
	return func(c webrtc.ICECandidateInit) {
		m := wire.Candidate{Gen: gen, Candidate: c.Candidate}
		if c.SDPMid != nil {
			m.Mid = *c.SDPMid
		}
		if c.SDPMLineIndex != nil {
			m.Index = *c.SDPMLineIndex
		}
		if err := w.room.Send(m); err != nil {
			w.desk.o.Log.Error("media connection", "error", err)
		}
	}
}

// settle keeps one connection and closes the others.
func (w *wires) settle(gen uint32) {
	w.desk.show(w.conns[gen])
	for old, conn := range w.conns {
		if old != gen {
			conn.Close()
			delete(w.conns, old)
		}
	}
}

// expected tells whether anybody in the call lets sound or picture out.
func expected(c call.Consultation) bool {
	for _, p := range c.Others() {
		if (p.Audio || p.Video) && !p.Away {
			return true
		}
	}
	return false
}

// show makes a connection the one that Stats tells of.
func (d *Desk) show(p *peer.Peer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats = p
}
