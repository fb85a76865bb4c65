package seal

import (
	"encoding/json"

	"ekermed.example/ekermed/internal/call/wire"
)

// inner is what a pair tells each other in Sealed: exactly one of its fields.
type inner struct {
	Key  *key    `json:"key,omitempty"`
	Have *uint64 `json:"have,omitempty"`
	Bind *bind   `json:"bind,omitempty"`
}

// key is the sender's next frame key.
type key struct {
	Kid uint64 `json:"kid"`
	// Base is the base key of SFrame, KeySize bytes.
	Base []byte `json:"base"`
}

// bind is the fingerprint of the certificate that the sender uses on a direct connection,
// as in SDP (RFC 8122, section 5).
type bind struct {
	Gen         uint32 `json:"gen"`
	Fingerprint string `json:"fingerprint"`
}

func (g *Group) tell(peer string, m inner) {
	plain, err := json.Marshal(m)
	if err != nil {
		return // numbers and strings can always be written
	}
	g.o.Send(wire.Sealed{Peer: peer, Data: g.peers[peer].pair.out.seal(plain, nil)})
	clear(plain)
}

// heard notes that the other side has the pair's key too.
func (g *Group) heard(p *partner) {
	if !p.heard {
		p.heard, p.patience, g.changed = true, stuckAfter, true
		p.agreed++
	}
}

// Say sends what a feature says to another participant, who alone can read it; false when
// no key is shared with them yet. It may be lost.
func (g *Group) Say(peer string, topic wire.Topic, view bool, said []byte) bool {
	p := g.peers[peer]
	if p == nil || !p.heard || p.broken || g.alarmed {
		return false
	}
	g.o.Send(wire.Data{Peer: peer, Topic: topic, View: view, Data: p.pair.out.seal(said, aside(topic, view))})
	return true
}

// said hands on what a feature of the other side said.
func (g *Group) said(p *partner, m wire.Data) {
	plain, err := p.pair.in.open(m.Data, aside(m.Topic, m.View))
	if err != nil {
		return
	}
	g.heard(p)
	if g.o.Said != nil && !p.broken && !g.alarmed {
		g.o.Said(m.Peer, m.Topic, m.View, plain)
	}
}

// aside is what the server sees of what a feature says.
func aside(topic wire.Topic, view bool) []byte {
	if view {
		topic += " view"
	}
	return []byte(labelData + " " + string(topic))
}

// unsealed takes what a pair's other side says. What cannot be opened is of an earlier
// agreement, or not theirs; it is ignored, and said again by who is honest.
func (g *Group) unsealed(peer string, p *partner, m wire.Sealed) {
	plain, err := p.pair.in.open(m.Data, nil)
	if err != nil {
		return
	}
	defer clear(plain)
	g.heard(p)
	var said inner
	if json.Unmarshal(plain, &said) != nil {
		return
	}
	switch {
	case said.Key != nil && len(said.Key.Base) == KeySize && said.Key.Kid < maxKid:
		r := g.Receiver(peer)
		if !p.keyed {
			p.keyed = true
			r.forget()
		}
		if r.add(said.Key.Base, said.Key.Kid) == nil {
			g.tell(peer, inner{Have: &said.Key.Kid})
		}
		clear(said.Key.Base)
	case said.Have != nil:
		if g.next != nil && *said.Have == g.next.kid {
			g.next.have[peer] = true
			g.settle()
		} else if *said.Have == g.current.kid {
			g.current.have[peer] = true
		}
	case said.Bind != nil && len(said.Bind.Fingerprint) <= 512:
		p.said[said.Bind.Gen] = said.Bind.Fingerprint
		bound(p.said)
		g.compare(p, said.Bind.Gen)
	}
}
