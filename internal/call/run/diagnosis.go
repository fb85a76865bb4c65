package run

import (
	"context"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/portal"
	"ekermed.example/ekermed/internal/call/probe"
)

// diagnose tries the network to a server, on connections of its own.
func (d *Desk) diagnose(e call.Diagnose) {
	ctx, cancel := context.WithCancel(d.ctx)
	d.undiagnose = cancel
	base, err := portal.Parse(e.Server)
	if err != nil {
		base = "" // nothing can be reached there, and the result says so
	}
	o := probe.Options{Base: base, TLS: d.o.TLS, Client: d.o.Client}
	if d.portal.Base == base {
		o.Socket = d.portal.Socket() // which may have a host of its own
	}
	if d.o.Dialer != nil {
		o.Dialer = d.o.Dialer
	}
	d.work(func(context.Context) call.Event {
		defer cancel()
		probe.Run(ctx, o, func(r call.Result) { d.Post(call.DiagnosisTold{Try: e.Try, Result: r}) })
		return call.DiagnosisDone{Try: e.Try, Online: len(addresses()) > 0}
	})
}
