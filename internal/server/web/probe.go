package web

import (
	"cmp"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ekermed.example/ekermed/internal/call/wire"
)

// probing bounds the tries of the network that go on at once, ofOneSource those of one
// source, and roundsAtMost and probeLife those of one connection. Nobody signs in for a
// try, so it must not become a way to keep a relay.
const (
	probing      = 40
	ofOneSource  = 4
	roundsAtMost = 8
	probeLife    = 3 * time.Minute // one takes half a minute
)

// Echo returns what it is sent (package sfu).
type Echo interface {
	Answer(wire.Answer) error
	Close()
}

// Prober gives what a try of the network needs.
type Prober interface {
	// Echo opens an echo at the SFU and makes its offer.
	Echo(gen uint32) (Echo, wire.Offer, error)
	// ICE lists every STUN and TURN server with credentials for one try; Revoke ends them.
	ICE(peer string) []wire.ICEServer
	Revoke(peer string)
}

// probe serves one try of the network.
func (w *Web) probe(r *http.Request, c *conn) {
	if err := w.o.Access.MayProbe(w.source(r)); err != nil {
		c.refuse(w.failure(err))
		return
	}
	end, ok := w.probes.begin(w.source(r))
	if !ok {
		c.refuse(wire.Failure{Code: wire.CodeSlowDown, Text: "too many tries of the network at once"})
		return
	}
	defer end()
	life := time.AfterFunc(cmp.Or(w.probes.life, probeLife), func() {
		c.refuse(wire.Failure{Code: wire.CodeSlowDown, Text: "a try of the network takes less time than this"})
	})
	defer life.Stop()
	name := "probe-" + w.o.Access.ProbeID()
	defer w.o.Prober.Revoke(name)
	c.Send(wire.Probed{ICE: oneByOne(w.o.Prober.ICE(name))})
	var echo Echo
	drop := func() {
		if echo != nil {
			echo.Close()
		}
	}
	defer func() { drop() }()
	pace := rate.NewLimiter(perSecond, burst)
	gen := uint32(0)
	for {
		m, failure := c.read(silence)
		if failure == nil && !pace.Allow() {
			failure = &wire.Failure{Code: wire.CodeSlowDown, Text: "too many messages at once"}
		}
		if failure != nil {
			c.refuse(*failure)
			return
		}
		switch m := m.(type) {
		case wire.Ping:
			c.Send(wire.Pong(m))
		case wire.Renew:
			drop()
			if gen++; gen > roundsAtMost {
				c.refuse(wire.Failure{Code: wire.CodeSlowDown, Text: "too many tries on one connection"})
				return
			}
			var offer wire.Offer
			var err error
			if echo, offer, err = w.o.Prober.Echo(gen); err != nil {
				w.o.Log.Error("echo", "error", err)
				c.refuse(wire.Failure{Code: wire.CodeInternal, Text: "the server could not do this; try again later"})
				return
			}
			c.Send(offer)
		case wire.Answer:
			if echo == nil || echo.Answer(m) != nil {
				c.refuse(wire.Failure{Code: wire.CodeMedia, Text: "the answer could not be taken"})
				return
			}
		case wire.Candidate: // the SFU is ICE lite and needs none
		default:
			c.refuse(wire.Failure{Code: wire.CodeOrder, Text: wire.Type(m) + " is not for here"})
			return
		}
	}
}

// tries counts the tries of the network that are under way.
type tries struct {
	life time.Duration // zero: probeLife

	mu      sync.Mutex
	all     int
	sources map[string]int
}

// begin counts one until end.
func (t *tries) begin(source string) (end func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all >= probing || t.sources[source] >= ofOneSource {
		return nil, false
	}
	if t.sources == nil {
		t.sources = map[string]int{}
	}
	t.all++
	t.sources[source]++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.all--
		if t.sources[source]--; t.sources[source] == 0 {
			delete(t.sources, source)
		}
	}, true
}

// oneByOne gives each URL a server of its own.
func oneByOne(servers []wire.ICEServer) []wire.ICEServer {
	var list []wire.ICEServer
	for _, s := range servers {
		for _, url := range s.URLs {
			list = append(list, wire.ICEServer{URLs: []string{url}, Username: s.Username, Credential: s.Credential})
		}
	}
	return list
}
