// Package journal keeps the sealed stream: what a technician needs after an outage and an
// accountant for an invoice, for seven days, for three people, on a manager's request.
//
// Nothing else can be in it. An Event is one of a closed list of types with fixed fields,
// none of which is text and none of which is about health; whoever took part in a call is
// not told, and the account that pays is a number made by HMAC (package alias).
//
// A day is a folder of segments, one a run of the server. Each segment has a secret in
// two halves: one is encrypted with age for the three and lies at its head, the other is
// the day's and lies in the vault, which no backup of the data holds. Records are sealed
// under a key that moves on after each (HKDF), so that what was written cannot be read
// again by the server itself. On the eighth day the vault's half is overwritten and
// removed: then nobody opens the day, whatever copies there are.
package journal

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Event is something that the journal may hold: one of the types of this file.
type Event interface {
	put(p *payload)
	purpose() Purpose
}

// Purpose is what the journal may be opened for; there is no third.
type Purpose string

// The purposes.
const (
	Outages Purpose = "outage"  // technical events only
	Billing Purpose = "billing" // billing events only
)

// Route is the way that a call's media took.
type Route byte

// The routes.
const (
	Direct Route = iota + 1 // between the participants
	Relay                   // the same, through TURN
	Server                  // through the SFU
)

// String is the name of a route, and is stable.
func (r Route) String() string {
	switch r {
	case Direct:
		return "direct"
	case Relay:
		return "relay"
	case Server:
		return "sfu"
	}
	return "unknown"
}

// Part is a part of the datacentre that calls need.
type Part byte

// The parts.
const (
	TURN Part = iota + 1
	SFU
)

// String is the name of a part, and is stable.
func (p Part) String() string {
	switch p {
	case TURN:
		return "turn"
	case SFU:
		return "sfu"
	}
	return "unknown"
}

// Account is the number of an account on an invoice.
type Account [10]byte

// String writes it as 16 letters and digits, like package alias.
func (a Account) String() string {
	return base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding).EncodeToString(a[:])
}

// The technical events.
type (
	// Started and Stopped: the server takes calls, and no longer.
	Started struct{}
	Stopped struct{}
	// Outage began, or is Over.
	Outage struct {
		Part Part
		Over bool
	}
	// Connected: two people have media. Failed: a way did not come about.
	Connected struct{ Route Route }
	Failed    struct{ Route Route }
)

// The billing events.
type (
	// Began: a call of this account has media.
	Began struct {
		Account Account
		Route   Route
	}
	// Ended: it is over. Minutes that were begun count whole.
	Ended struct {
		Account Account
		Route   Route
		Minutes uint16
	}
)

func (Started) purpose() Purpose   { return Outages }
func (Stopped) purpose() Purpose   { return Outages }
func (Outage) purpose() Purpose    { return Outages }
func (Connected) purpose() Purpose { return Outages }
func (Failed) purpose() Purpose    { return Outages }
func (Began) purpose() Purpose     { return Billing }
func (Ended) purpose() Purpose     { return Billing }

// The kinds of event, as they are written.
const (
	kindStarted byte = iota + 1
	kindStopped
	kindOutage
	kindConnected
	kindFailed
	kindBegan
	kindEnded
)

// payload is an event before it is sealed: every one has the same size.
//
//	0      version, 1
//	1      kind
//	2..9   minutes since 1970 (UTC), big endian: no more precision than an invoice needs
//	10     route, or 0
//	11     part, or 0
//	12     1 when an outage is over
//	13     0
//	14..15 minutes, big endian
//	16..25 account
//	26..47 0
type payload [48]byte

const payloadVersion = 1

func (Started) put(p *payload)     { p[1] = kindStarted }
func (Stopped) put(p *payload)     { p[1] = kindStopped }
func (e Connected) put(p *payload) { p[1], p[10] = kindConnected, byte(e.Route) }
func (e Failed) put(p *payload)    { p[1], p[10] = kindFailed, byte(e.Route) }

func (e Outage) put(p *payload) {
	p[1], p[11] = kindOutage, byte(e.Part)
	if e.Over {
		p[12] = 1
	}
}

func (e Began) put(p *payload) {
	p[1], p[10] = kindBegan, byte(e.Route)
	copy(p[16:26], e.Account[:])
}

func (e Ended) put(p *payload) {
	p[1], p[10] = kindEnded, byte(e.Route)
	binary.BigEndian.PutUint16(p[14:], e.Minutes)
	copy(p[16:26], e.Account[:])
}

// Entry is an event and its minute.
type Entry struct {
	At    time.Time
	Event Event
}

func encode(e Entry) payload {
	p := payload{payloadVersion}
	binary.BigEndian.PutUint64(p[2:], uint64(e.At.Unix()/60))
	e.Event.put(&p)
	return p
}

// decode reads what encode wrote, and nothing else: a bit that an event has no use for
// must be 0.
func decode(b []byte) (Entry, error) {
	var p payload
	if len(b) != len(p) {
		return Entry{}, fmt.Errorf("a record of %d bytes instead of %d", len(b), len(p))
	}
	copy(p[:], b)
	if p[0] != payloadVersion {
		return Entry{}, fmt.Errorf("a record of version %d; this program reads version %d", p[0], payloadVersion)
	}
	minute := binary.BigEndian.Uint64(p[2:])
	if minute > 1<<32 { // the year 10136
		return Entry{}, errors.New("a record of an impossible time")
	}
	route, part := Route(p[10]), Part(p[11])
	var account Account
	copy(account[:], p[16:26])
	e := Entry{At: time.Unix(int64(minute)*60, 0).UTC()}
	switch p[1] {
	case kindStarted:
		e.Event = Started{}
	case kindStopped:
		e.Event = Stopped{}
	case kindOutage:
		e.Event = Outage{part, p[12] == 1}
	case kindConnected:
		e.Event = Connected{route}
	case kindFailed:
		e.Event = Failed{route}
	case kindBegan:
		e.Event = Began{account, route}
	case kindEnded:
		e.Event = Ended{account, route, binary.BigEndian.Uint16(p[14:])}
	default:
		return Entry{}, fmt.Errorf("a record of an unknown kind %d; open the journal with the program that wrote it", p[1])
	}
	if route > Server || part > SFU || encode(e) != p {
		return Entry{}, errors.New("a record with a value that its kind cannot have")
	}
	return e, nil
}
