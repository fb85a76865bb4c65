package run

import (
	"context"
	"errors"
	"sync"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/link"
	"ekermed.example/ekermed/internal/call/portal"
	"ekermed.example/ekermed/internal/call/wire"
)

// resume is the token that brings us back to our place; the link's goroutine reads
// what the desk's writes.
type resume struct {
	mu    sync.Mutex
	token string
}

func (r *resume) set(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.token = token
}

func (r *resume) get() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.token
}

func (d *Desk) enter(e call.Enter) {
	d.entry++
	entry, p, back := d.entry, d.portal, &resume{}
	d.resume = back
	post := func(ev call.Event) { d.Post(late{event: ev, entry: entry}) }
	d.room = link.Open(d.ctx, link.Options{
		URL: p.Socket(), TLS: p.TLS, Dial: p.Dial,
		First: func(ctx context.Context) (wire.Message, error) {
			hello := wire.Hello{Version: wire.Version, Resume: back.get(), Client: d.o.Client}
			if hello.Resume == "" {
				pass, err := p.Pass(ctx, e.Appointment)
				if err != nil {
					return nil, err
				}
				hello.Pass = pass.Pass
			}
			return hello, nil
		},
		Fatal: func(err error) bool {
			var no *portal.Refusal
			return errors.As(err, &no) && no.Wait == 0
		},
		Heard: func(m wire.Message) {
			if f, ok := m.(wire.Failure); ok && f.Code == wire.CodePass {
				back.set("") // our place is gone; the link comes back with a new pass
				return
			}
			post(call.Heard{Message: m})
		},
		Down: func(err error, final bool) { post(call.LinkDown{Problem: p.Explain(err), Final: final}) },
	})
	d.hold(d.newKeys())
	d.wires = d.newWires(d.room, post)
}

// tell sends a message in the room.
func (d *Desk) tell(m wire.Message) {
	if d.room == nil {
		return
	}
	if err := d.room.Send(m); err != nil {
		d.o.Log.Warn("message not sent", "type", wire.Type(m), "error", err)
	}
}

func (d *Desk) hangUp() {
	d.entry++ // what the room still says is no news
	room, wires := d.room, d.wires
	d.room, d.wires, d.resume = nil, nil, nil
	d.hold(nil)
	if wires != nil {
		wires.close()
	}
	if room != nil {
		d.wg.Go(func() { room.Close(closing) })
	}
}
