package run

import (
	"net/url"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/link"
	"ekermed.example/ekermed/internal/call/peer"
	"ekermed.example/ekermed/internal/call/portal"
	"ekermed.example/ekermed/internal/call/wire"
)

// wires is the media side of one room: a goroutine that takes offers in order and
// holds the one media connection there is.
type wires struct {
	offers chan call.Connect
	end    chan struct{}
}

func (d *Desk) newWires(room *link.Link, post func(call.Event)) *wires {
	w := &wires{offers: make(chan call.Connect, 8), end: make(chan struct{})}
	loopback := false
	if u, err := url.Parse(d.portal.Base); err == nil {
		loopback = portal.Loopback(u.Hostname())
	}
	devices := d.devices
	d.wg.Go(func() {
		var conn *peer.Peer
		var gen uint32
		drop := func() {
			d.show(nil)
			if conn != nil {
				conn.Close()
			}
			conn = nil
		}
		defer drop()
		for {
			var e call.Connect
			select {
			case e = <-w.offers:
			case <-w.end:
				return
			}
			if conn == nil || gen != e.Offer.Gen {
				drop() // the server has closed its end of the old one
				gen = e.Offer.Gen
				var err error
				if conn, err = peer.New(peer.Options{
					ICE: e.ICE, Media: devices.wait(), Loopback: loopback,
					Up:   func(_ string, kind wire.Kind) { post(call.MediaUp{Gen: e.Offer.Gen, Kind: kind}) },
					Down: func() { post(call.MediaDown{Gen: e.Offer.Gen}) },
				}); err != nil {
					d.o.Log.Error("media connection", "error", err)
					continue
				}
				d.show(conn)
			}
			answer, err := conn.Answer(e.Offer)
			if err == nil {
				err = room.Send(answer)
			}
			if err != nil {
				d.o.Log.Error("media connection", "error", err)
			}
		}
	})
	return w
}

// offer hands over an offer; the server sends one at a time, so the queue suffices.
func (w *wires) offer(e call.Connect) {
	if w == nil {
		return
	}
	select {
	case w.offers <- e:
	default:
	}
}

func (w *wires) close() { close(w.end) }

// show makes a connection the one that Stats tells of.
func (d *Desk) show(p *peer.Peer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats = p
}
