package run

import (
	"context"

	"ekermed.example/ekermed/internal/call"
)

// devices is one opened set: a goroutine opens it and then does, in order, what is
// asked of it, so that a slow camera holds up nobody.
type devices struct {
	tasks chan func(context.Context, Media)
	ready chan struct{} // closed once set is there
	set   Media
}

// wait returns the set, waiting for slow cameras.
func (v *devices) wait() Media {
	<-v.ready
	return v.set
}

func keyFrame(_ context.Context, m Media) { m.KeyFrame() }

func (d *Desk) device(effect call.Effect) {
	switch e := effect.(type) {
	case call.OpenDevices:
		d.openDevices(e.Choice)
	case call.SwitchDevices:
		d.ask(func(ctx context.Context, m Media) { d.Post(m.Switch(ctx, e.Choice)) })
	case call.Mute:
		d.ask(func(_ context.Context, m Media) { m.Mute(e.Kind, e.Muted) })
	case call.ListSurfaces:
		d.work(func(ctx context.Context) call.Event {
			all, problem := d.o.Machine.Screens(ctx)
			return call.SurfacesFound{Surfaces: all, Problem: problem}
		})
	case call.StartSharing:
		d.shares++
		entry, share := d.entry, d.shares
		post := func(ev call.Event) { d.Post(late{event: ev, entry: entry, share: share}) }
		d.ask(func(_ context.Context, m Media) {
			m.Share(e.Surface.ID, func() { post(call.SharingStarted(e)) },
				func(why *call.Problem) { post(call.SharingEnded{Problem: why}) })
		})
	case call.PauseSharing:
		d.ask(func(_ context.Context, m Media) { m.PauseShare(e.On) })
	case call.StopSharing:
		d.shares++
		d.ask(func(_ context.Context, m Media) { m.Unshare() })
	case call.CloseDevices:
		if d.devices != nil {
			close(d.devices.tasks)
			d.devices = nil
		}
	case call.PlayTest:
		d.work(func(ctx context.Context) call.Event {
			d.o.Machine.Test(ctx, e.Choice)
			return nil
		})
	}
}

// ask queues work for the open devices; without any there is nothing to do.
func (d *Desk) ask(do func(context.Context, Media)) {
	if d.devices == nil {
		return
	}
	select {
	case d.devices.tasks <- do:
	default:
		d.o.Log.Warn("devices do not keep up")
	}
}

func (d *Desk) openDevices(choice call.Choice) {
	if d.devices != nil {
		return
	}
	v := &devices{tasks: make(chan func(context.Context, Media), 64), ready: make(chan struct{})}
	d.devices = v
	ctx := d.ctx
	d.wg.Go(func() {
		set, opened := d.o.Machine.Open(ctx, choice, func(later call.DevicesOpened) { d.Post(later) })
		v.set = set
		close(v.ready)
		d.Post(opened)
		for do := range v.tasks {
			do(ctx, set)
		}
		if err := set.Close(); err != nil {
			d.o.Log.Warn("closing devices", "error", err)
		}
	})
}
