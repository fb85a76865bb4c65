package web

import (
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// A try of the network gets every server on its own, an echo for each renew, and an end.
func TestProbe(t *testing.T) {
	r := newRig(t)
	c := r.dial()
	c.send(t, wire.Probe{Version: wire.Version})
	probed := until[wire.Probed](t, c)
	if len(probed.ICE) != 2 || len(probed.ICE[0].URLs) != 1 {
		t.Errorf("servers %+v", probed.ICE)
	}
	for gen := range uint32(roundsAtMost) {
		c.send(t, wire.Renew{})
		if o := until[wire.Offer](t, c); o.Gen != gen+1 {
			t.Errorf("generation %d", o.Gen)
		}
		c.send(t, wire.Answer{Gen: gen + 1, Round: 1})
	}
	c.send(t, wire.Renew{})
	if f := until[wire.Failure](t, c); f.Code != wire.CodeSlowDown || !f.Fatal {
		t.Errorf("one too many: %+v", f)
	}
}

func TestProbeRefusals(t *testing.T) {
	r := newRig(t)
	for _, m := range []wire.Message{wire.Admit{}, wire.Answer{}, wire.Hello{Version: wire.Version}} {
		c := r.dial()
		c.send(t, wire.Probe{Version: wire.Version})
		until[wire.Probed](t, c)
		c.send(t, m)
		if f := until[wire.Failure](t, c); !f.Fatal {
			t.Errorf("%s: %+v", wire.Type(m), f)
		}
	}
	c := r.dial()
	c.send(t, wire.Probe{Version: 99})
	if f := until[wire.Failure](t, c); f.Code != wire.CodeVersion {
		t.Errorf("%+v", f)
	}
	// The same source again and again is asked to wait.
	for range 20 {
		c := r.dial()
		c.send(t, wire.Probe{Version: wire.Version})
		m, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		if f, ok := m.(wire.Failure); ok {
			if f.Code != wire.CodeSlowDown {
				t.Errorf("%+v", f)
			}
			return
		}
	}
	t.Error("never asked to slow down")
}

// One who keeps a try of the network open is let go, however much they say.
func TestProbeEnds(t *testing.T) {
	r := newRig(t)
	r.web.probes.life = 300 * time.Millisecond
	c := r.dial()
	c.send(t, wire.Probe{Version: wire.Version})
	until[wire.Probed](t, c)
	if f := until[wire.Failure](t, c); f.Code != wire.CodeSlowDown || !f.Fatal {
		t.Errorf("%+v", f)
	}
}

// A source has few tries at once, and gets them back.
func TestProbesOfOneSource(t *testing.T) {
	r := newRig(t)
	var open []*client
	for range ofOneSource {
		c := r.dial()
		c.send(t, wire.Probe{Version: wire.Version})
		until[wire.Probed](t, c)
		open = append(open, c)
	}
	c := r.dial()
	c.send(t, wire.Probe{Version: wire.Version})
	if f := until[wire.Failure](t, c); f.Code != wire.CodeSlowDown || !f.Fatal {
		t.Errorf("%+v", f)
	}
	open[0].ws.Close()
	eventually(t, "a place", func() bool {
		r.web.probes.mu.Lock()
		defer r.web.probes.mu.Unlock()
		return r.web.probes.all == ofOneSource-1
	})
	c = r.dial()
	c.send(t, wire.Probe{Version: wire.Version})
	until[wire.Probed](t, c)
}
