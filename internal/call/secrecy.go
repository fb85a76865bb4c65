package call

import "slices"

// Secrecy is how far the encryption of a call reaches, as far as it can be shown: the
// screen claims no more.
type Secrecy string

// The levels of Secrecy.
const (
	// SecrecyNone: no media yet.
	SecrecyNone Secrecy = ""
	// SecrecyServer: encrypted up to the server, which takes part in the exchange of keys.
	SecrecyServer Secrecy = "server"
	// SecrecyAgreeing: frames are sealed, the agreement with somebody is under way.
	SecrecyAgreeing Secrecy = "agreeing"
	// SecrecyEnd: only the people in the call have the keys, unless somebody sits in
	// between, which comparing the codes would show.
	SecrecyEnd Secrecy = "end"
	// SecrecyVerified: the codes were compared.
	SecrecyVerified Secrecy = "verified"
	// SecrecyBroken: something does not fit. Somebody may sit in between.
	SecrecyBroken Secrecy = "broken"
)

// Standing is how far the key agreement with one other person is, see package seal.
type Standing string

// The standings.
const (
	StandingWithout  Standing = ""
	StandingAgreeing Standing = "agreeing"
	StandingAgreed   Standing = "agreed"
	StandingBroken   Standing = "broken"
)

// Pairing is the key agreement with one other person.
type Pairing struct {
	Peer     string
	Standing Standing
	// Code is the safety code: four numbers of words.
	Code [4]byte
	// Proven is the newest generation of a direct connection whose certificate the other
	// side confirmed.
	Proven uint32
	// Compared and Differs are what the clinician said of the code.
	Compared, Differs bool
}

// Secrecy tells how far the encryption reaches now.
func (c Consultation) Secrecy() Secrecy {
	if c.Route == "" {
		return SecrecyNone
	}
	level := SecrecyVerified
	lower := func(to Secrecy) {
		order := []Secrecy{SecrecyBroken, SecrecyServer, SecrecyAgreeing, SecrecyEnd, SecrecyVerified}
		if slices.Index(order, to) < slices.Index(order, level) {
			level = to
		}
	}
	if len(c.Pairings) == 0 {
		lower(SecrecyServer)
	}
	if c.differed || c.broken {
		lower(SecrecyBroken)
	}
	for _, p := range c.Pairings {
		switch {
		case p.Standing == StandingBroken || p.Differs:
			lower(SecrecyBroken)
		case p.Standing == StandingWithout:
			lower(SecrecyServer)
		case !c.Sealed:
			// Also on a direct connection: the server says where frames go, and could have
			// them come by another one.
			lower(SecrecyServer)
		case p.Standing == StandingAgreeing:
			lower(SecrecyAgreeing)
		case !p.Compared:
			lower(SecrecyEnd)
		}
	}
	return level
}

// Pairing is the agreement with a person.
func (c Consultation) Pairing(peer string) (Pairing, bool) {
	for _, p := range c.Pairings {
		if p.Peer == peer {
			return p, true
		}
	}
	return Pairing{}, false
}

// paired takes how far the agreements are. That codes are the same holds for that code
// alone. A warning stays for the whole consultation, whoever leaves or begins anew: nobody
// but the clinician takes back that codes differ, and nobody that an agreement was broken.
func (c *Consultation) paired(ev Paired) {
	pairings := slices.Clone(ev.Pairings)
	for i := range pairings {
		before, ok := c.Pairing(pairings[i].Peer)
		same := ok && before.Code == pairings[i].Code && pairings[i].Standing == StandingAgreed
		pairings[i].Compared = same && before.Compared
		pairings[i].Differs = same && before.Differs
		c.broken = c.broken || pairings[i].Standing == StandingBroken
	}
	c.Pairings, c.Sealed = pairings, ev.Sealed
}

// compared takes what the clinician says of a code.
func (c *Consultation) compared(ev Compare) {
	pairings := slices.Clone(c.Pairings)
	for i := range pairings {
		if p := &pairings[i]; p.Peer == ev.Peer && p.Standing == StandingAgreed && p.Code == ev.Code {
			p.Compared, p.Differs = ev.Same, !ev.Same
			c.differed = !ev.Same
		}
	}
	c.Pairings = pairings
}
