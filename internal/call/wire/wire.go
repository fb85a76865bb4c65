// Package wire is the e-KerMed protocol: every message that the desktop, the
// patient's page and the server exchange over the signalling WebSocket, and the
// bodies of the HTTP interface under /api/v1.
//
// It is written once, here. internal/server/web/src/wire.gen.ts is generated from
// it, and docs/protocol.md tells the rules that types cannot.
package wire

import "strings"

//go:generate go run ./tsgen -src . -o ../../server/web/src/wire.gen.ts

// Version is the protocol version a client names in Hello and Watch. The server
// refuses another major version with CodeVersion.
const Version = 1

// Limits that the server enforces on everything a client sends. Sizes are bytes,
// except MaxName and MaxText, which count Unicode code points.
const (
	MaxMessage   = 64 << 10 // one WebSocket message
	MaxSDP       = 48 << 10
	MaxCandidate = 512
	MaxToken     = 128
	MaxName      = 80
	MaxText      = 2000
	MaxClient    = 120
	MaxKey       = 96 // a key or nonce in base64
	MaxSealed    = 32 << 10
)

// MaxPiece is how much of a sealed file travels in one request of /api/v1/files, in bytes:
// what reverse proxies let through when nobody has told them otherwise.
const MaxPiece = 1048576

// Role is what a participant may do in a room.
type Role string

// The roles of a room.
const (
	// RoleClinician holds the room: the appointment's own clinician, or whom it was handed to.
	RoleClinician Role = "clinician"
	RolePatient   Role = "patient"
	// RoleColleague is another professional, who helps to run the call.
	RoleColleague   Role = "colleague"
	RoleInterpreter Role = "interpreter"
	// RoleCompanion is somebody at the patient's side: family, a carer.
	RoleCompanion Role = "companion"
	// RoleObserver sees and hears, and is neither seen nor heard.
	RoleObserver Role = "observer"
)

// Roles lists every role.
func Roles() []Role {
	return []Role{RolePatient, RoleClinician, RoleColleague, RoleInterpreter, RoleCompanion, RoleObserver}
}

// Guest tells whether somebody of this role may be invited beside the patient.
func (r Role) Guest() bool {
	switch r {
	case RoleColleague, RoleInterpreter, RoleCompanion, RoleObserver:
		return true
	}
	return false
}

// Watches tells whether somebody of this role only watches: neither seen nor heard, and
// changes nothing that others see.
func (r Role) Watches() bool { return r == RoleObserver }

// Kind tells sound from picture.
type Kind string

// The kinds of media.
const (
	Audio Kind = "audio"
	Video Kind = "video"
	// Screen is what somebody shows of their screen, beside their camera.
	Screen Kind = "screen"
)

// screenPrefix stands before a person's id in the name of a media stream (msid, RFC 8830)
// that carries their screen. No id has a full stop.
const screenPrefix = "screen."

// ScreenStream names the media stream of a person's screen.
func ScreenStream(person string) string { return screenPrefix + person }

// OfScreen tells whose screen a media stream carries; false when it is the person
// themselves.
func OfScreen(stream string) (person string, screen bool) {
	return strings.CutPrefix(stream, screenPrefix)
}

// Place is where a person stands in the room.
type Place string

// The places of a room.
const (
	// PlaceWaiting: at the door. Nothing of this person is forwarded.
	PlaceWaiting Place = "waiting"
	// PlaceCall: in the call.
	PlaceCall Place = "call"
	// PlaceHold: was in the call and is set aside. Nothing of this person is forwarded, and
	// nothing of the others to them.
	PlaceHold Place = "hold"
)

// Reason tells why somebody is gone or a consultation ended.
type Reason string

// The reasons of Gone and Ended.
const (
	ReasonLeft      Reason = "left"      // by their own button
	ReasonLost      Reason = "lost"      // the connection went away and did not come back
	ReasonRefused   Reason = "refused"   // the clinician did not let them in
	ReasonRemoved   Reason = "removed"   // put out of the call
	ReasonEnded     Reason = "ended"     // the clinician ended the consultation
	ReasonReplaced  Reason = "replaced"  // the same participant opened another connection
	ReasonSlow      Reason = "slow"      // the participant did not read fast enough
	ReasonShutdown  Reason = "shutdown"  // the server is being stopped
	ReasonCancelled Reason = "cancelled" // the appointment was cancelled
)

// Message is one of the messages of this package.
type Message interface{ wireType() string }

// Type is the "type" that m travels under.
func Type(m Message) string { return m.wireType() }
