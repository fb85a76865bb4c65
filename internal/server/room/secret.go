package room

import (
	"time"

	"golang.org/x/time/rate"

	"ekermed.example/ekermed/internal/call/wire"
)

// How many messages of key agreement one person may send: a change of keys among six
// costs ten, and honest programs repeat what was lost.
const (
	secretsEvery = 50 * time.Millisecond
	secretsBurst = 120
)

// How much of features one person may send: drawing sends thirty messages a second to each
// of five others. Bytes are those of the sealed text.
const (
	dataEvery      = 4 * time.Millisecond
	dataBurst      = 1000
	dataBytes      = 1 << 20 // a second
	dataBytesBurst = 4 << 20
)

func secrets() *rate.Limiter { return rate.NewLimiter(rate.Every(secretsEvery), secretsBurst) }

// allowance is what is left to one person of what features may send.
type allowance struct{ messages, bytes *rate.Limiter }

func data() allowance {
	return allowance{rate.NewLimiter(rate.Every(dataEvery), dataBurst), rate.NewLimiter(dataBytes, dataBytesBurst)}
}

func (a allowance) take(now time.Time, size int) bool {
	return a.messages.AllowN(now, 1) && a.bytes.AllowN(now, size)
}

// secret hands a message of key agreement, or under its keys, on, unread, between two who are in the call and
// agreed to capture. What comes too often, or for somebody who has just left, is dropped:
// it is said again.
func (r *room) secret(p *person, m wire.Message) {
	to, now := "", r.hub.o.Now()
	switch said := m.(type) {
	case wire.Commit:
		to, said.Peer = said.Peer, p.ID
		m = said
	case wire.Reveal:
		to, said.Peer = said.Peer, p.ID
		m = said
	case wire.Encapsulate:
		to, said.Peer = said.Peer, p.ID
		m = said
	case wire.Sealed:
		to, said.Peer = said.Peer, p.ID
		m = said
	case wire.Data:
		to, said.Peer = said.Peer, p.ID
		m = said
	}
	other := r.people[to]
	if other == nil || other == p || !p.talks() || !other.talks() {
		return
	}
	if d, ok := m.(wire.Data); ok {
		if !p.data.take(now, len(d.Data)) {
			return
		}
	} else if !p.secrets.AllowN(now, 1) {
		return
	}
	other.conn.Send(m)
}

// talks: was let in, and agreed to capture.
func (p *person) talks() bool { return p.Place == wire.PlaceCall && p.Ready }

// recertify makes a direct connection anew after a while, beside the present one: the
// new one has certificates, and so keys, of its own.
func (r *room) recertify(gen uint32) {
	if r.hub.o.Recertify <= 0 {
		return
	}
	r.route.limit = time.AfterFunc(r.hub.o.Recertify, func() {
		r.post(func() {
			pair := r.route.pair
			if r.route.gen != gen || r.route.way != directWay || !r.route.settled {
				return
			}
			if pair[0].Away || pair[1].Away {
				r.recertify(gen) // a new one could not be made now
				return
			}
			r.meet(pair[0], pair[1])
		})
	})
}
