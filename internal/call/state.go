// Package call is the clinician's side of e-KerMed as values: what the desk shows,
// what may happen, and how one leads to the other (Step). It does no I/O; package
// run executes what Step asks for, and package ui draws State.
package call

import (
	"slices"
	"time"

	"ekermed.example/ekermed/internal/call/chat"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/photo"
	"ekermed.example/ekermed/internal/call/pointing"
	"ekermed.example/ekermed/internal/call/wire"
)

// State is everything the desktop may show. It is a value that observers receive
// as a whole and must not change.
type State struct {
	Account   Account
	Agenda    Agenda
	Invite    Invite
	Devices   Devices
	Call      Consultation
	Diagnosis Diagnosis
	Settings  Settings
	Managed   Managed
}

// Managed is what the IT department has set for this machine. It stays as it is for a run.
type Managed struct {
	// Server is the one that is used here, and no other; empty: any.
	Server string
	// NoFiles: none is sent and none taken.
	NoFiles bool
}

// AccountPhase is where signing in stands.
type AccountPhase string

// The phases of Account.
const (
	SignedOut AccountPhase = "signed_out"
	SigningIn AccountPhase = "signing_in"
	SignedIn  AccountPhase = "signed_in"
)

// Account is who sits at the desk.
type Account struct {
	Phase AccountPhase
	// Server is the base URL, such as https://ekermed.example.org.
	Server string
	Email  string
	Name   string
	// Factor: the server wants a code beside the password, which was right.
	Factor bool
	// Problem is why the last try failed, or why the session ended; nil when all is well.
	Problem *Problem
}

// Agenda is the clinician's day, kept current by the server.
type Agenda struct {
	// Online is false while the server cannot be reached: Appointments is then a copy
	// of what was last known, and Problem says why.
	Online       bool
	Appointments []wire.Appointment
	// Skew is the server's clock minus ours.
	Skew    time.Duration
	Problem *Problem
}

// InvitePhase is where the newest invitation stands.
type InvitePhase string

// The phases of Invite.
const (
	InviteIdle    InvitePhase = ""
	InviteSending InvitePhase = "sending"
	InviteSent    InvitePhase = "sent"
	InviteFailed  InvitePhase = "failed"
)

// Invite is the newest invitation made at this desk.
type Invite struct {
	Phase InvitePhase
	// To is the patient's address.
	To string
	// Link can be copied as long as it stands here; the server keeps only a hash.
	Link string
	// Mail is how the mail left: "sent", "queued" or "outbox".
	Mail    string
	Problem *Problem
}

// Device is one camera, microphone or speaker.
type Device struct {
	ID   string
	Name string
}

// Surface is a screen or a window that can be shown.
type Surface struct {
	ID string
	// Name is a window's title; empty for a screen, which has a Number from 1 on.
	Name          string
	Number        int
	Width, Height int
	// Asks: the system asks the person what to show, once it is started; what they choose is
	// not told, and the rest here is empty.
	Asks bool
}

// Sharing is what we show of our screen.
type Sharing struct {
	// Asking: the clinician is choosing; Surfaces are what there is once Listed.
	Asking, Listed bool
	Surfaces       []Surface
	// Starting: one is being started, which may wait for the person.
	Starting bool
	// Surface is what is shown, its ID empty when nothing is.
	Surface Surface
	Paused  bool
	Problem *Problem
}

// On tells whether something is shown.
func (s Sharing) On() bool { return s.Surface.ID != "" }

// Choice names the devices to use by id; empty means the system's default, or the
// first one.
type Choice struct {
	Camera, Microphone, Speaker string
}

// Devices is what the machine has, what was chosen, and what is wrong with it.
type Devices struct {
	Cameras, Microphones, Speakers []Device
	Chosen                         Choice
	// Open: the camera and microphone are in use now, for a preview or a call.
	Open bool
	// One problem for each kind, nil when it works or was not tried.
	Camera, Microphone, Speaker *Problem
}

// Settings is what the clinician chose once and keeps.
type Settings struct {
	// Language is "fr" or "en"; empty follows the system.
	Language string
	// Theme is "light", "dark" or empty for the system's.
	Theme string
	// TextScale multiplies all type sizes: 1, 1.25, 1.5 or 2.
	TextScale float32
}

// Phase is where a consultation stands.
type Phase string

// The phases of a consultation.
const (
	// Idle: in no room.
	Idle Phase = ""
	// Entering: the room is being opened.
	Entering Phase = "entering"
	// Waiting: in the room, nobody has been let in.
	Waiting Phase = "waiting"
	// Connecting: somebody was let in; no picture or sound of theirs yet.
	Connecting Phase = "connecting"
	// Talking: media flows.
	Talking Phase = "talking"
	// Reconnecting: the server or the media connection went away; it is being retried.
	Reconnecting Phase = "reconnecting"
	// Ended: over; Reason says why. Stays until the clinician closes it.
	Ended Phase = "ended"
)

// Consultation is one room as its clinician lives it.
type Consultation struct {
	Phase Phase
	// Appointment is the id of the appointment, Room the server's id for support.
	Appointment string
	Room        string
	// Self is our own id; People holds everybody, ourselves included.
	Self   string
	People []wire.Person
	// Audio and Video: what we let out. They survive reconnecting.
	Audio, Video bool
	// Route tells how media travels: "" (none yet), RouteDirect, RouteRelay or RouteServer.
	Route string
	// Path is what its packets do.
	Path Path
	// Pairings are the key agreements with those in the call; Sealed tells that frames are
	// sealed from end to end. Secrecy sums both up.
	Pairings []Pairing
	Sealed   bool
	// Sharing is what we show of our screen.
	Sharing Sharing
	// Chat is what was written. It stays with the end screen, and goes with it.
	Chat chat.View
	// Files are those sent and offered, in the order of their coming; FileLimit is how large
	// one may be, in bytes, 0 while none may be sent.
	Files     []files.Item
	FileLimit int64
	// Photos are what people were asked: photographs, which come as files, and other cameras.
	Photos []photo.Ask
	// Dots are where people point on the screen that is shown, ourselves among them.
	Dots []pointing.Dot
	// Gen is the generation of the newest media connection, 0 when there is none.
	Gen uint32
	// Began is when the first picture or sound came; zero before.
	Began time.Time
	// Lost is when Reconnecting began.
	Lost time.Time
	// EndedAt and Reason are set when Phase is Ended.
	EndedAt time.Time
	Reason  wire.Reason
	// Locked: nobody new can come to the door.
	Locked bool
	// Left names the person who left last while the call goes on, for a notice.
	Left string
	// Took is who was given the lead of the consultation last, by id, and TookAt when; empty
	// and zero while nobody was.
	Took   string
	TookAt time.Time
	// Seen: a picture was shown during the call. A call without one was sound only.
	Seen    bool
	Problem *Problem

	// differed: the clinician found a code different. broken: an agreement was tampered
	// with. See Secrecy.
	differed, broken bool
	connections      []connection
	// away: the room's connection is down.
	away bool
	// owed is the generation that failed while the server could not be asked for a new
	// one; 0 when none.
	owed uint32
	// pending waits for the room to open.
	pending []wire.Message
	ice     []wire.ICEServer
}

// Problem is something that went wrong, in a form that screens put into words:
// the texts file has "problem.CODE" with the sentence and "problem.CODE.action" with
// what to do next.
type Problem struct {
	Code ProblemCode
	// Detail fills {detail} in the sentence: a device's name, a host, a wait in seconds.
	Detail string
}

// ProblemCode names a problem. A refusal by the server keeps its wire.Code.
type ProblemCode string

// The problems a desk can meet by itself.
const (
	ProblemOffline     ProblemCode = "offline"     // the server cannot be reached
	ProblemCertificate ProblemCode = "certificate" // the server's certificate is not trusted
	ProblemAddress     ProblemCode = "address"     // the server's address is not one
	ProblemKeyring     ProblemCode = "keyring"     // the session cannot be kept: this run only
	ProblemProxyLogin  ProblemCode = "proxy_login" // a proxy wants a login; Detail is its host
	ProblemProxyWrong  ProblemCode = "proxy_wrong" // it does not take the one it was given; Detail is its host
	ProblemProxy       ProblemCode = "proxy"       // it refuses, or cannot be reached; Detail is its host
	ProblemNoDevice    ProblemCode = "no_device"   // no camera, microphone or speaker
	ProblemInUse       ProblemCode = "in_use"      // taken by another program
	ProblemDenied      ProblemCode = "denied"      // the system forbids it
	ProblemUnplugged   ProblemCode = "unplugged"   // went away while in use
	ProblemNoSound     ProblemCode = "no_sound"    // no sound system at all
	ProblemDevice      ProblemCode = "device"      // any other fault of a device
	ProblemScreen      ProblemCode = "screen"      // no screen can be shown
	ProblemWayland     ProblemCode = "wayland"     // nor here, where only a portal may and is missing
	ProblemScreenGone  ProblemCode = "screen_gone" // what was shown is gone
	ProblemMediaLost   ProblemCode = "media_lost"  // the media connection failed
	ProblemBadEmail    ProblemCode = "bad_email"   // not a mail address
	ProblemUnexpected  ProblemCode = "unexpected"  // anything else; Detail has it
)

// WantsLogin tells whether a proxy waits to be told who we are; p may be nil.
func (p *Problem) WantsLogin() bool {
	return p != nil && (p.Code == ProblemProxyLogin || p.Code == ProblemProxyWrong)
}

// ProxyProblem is why a proxy waits to be told who we are, wherever that was met; nil
// when none does.
func (s State) ProxyProblem() *Problem {
	if s.Account.Phase != SignedIn {
		if s.Account.Problem.WantsLogin() {
			return s.Account.Problem
		}
		return nil
	}
	for _, p := range []*Problem{s.Agenda.Problem, s.Call.Problem, s.Invite.Problem} {
		if p.WantsLogin() {
			return p
		}
	}
	return nil
}

// Find returns the person with this id.
func (c Consultation) Find(id string) (wire.Person, bool) {
	for _, p := range c.People {
		if p.ID == id {
			return p, true
		}
	}
	return wire.Person{}, false
}

// Others returns the people in the call other than ourselves.
func (c Consultation) Others() []wire.Person {
	var others []wire.Person
	for _, p := range c.People {
		if p.ID != c.Self && p.Place == wire.PlaceCall {
			others = append(others, p)
		}
	}
	return others
}

// Voices are Others but those who only watch: without one there is nobody to talk to.
func (c Consultation) Voices() []wire.Person {
	return slices.DeleteFunc(c.Others(), func(p wire.Person) bool { return p.Role == wire.RoleObserver })
}

// OnHold returns the people who are set aside.
func (c Consultation) OnHold() []wire.Person {
	var held []wire.Person
	for _, p := range c.People {
		if p.Place == wire.PlaceHold {
			held = append(held, p)
		}
	}
	return held
}

// alone: nobody to talk to, and nobody who would be taken back.
func (c Consultation) alone() bool { return len(c.Voices()) == 0 && len(c.OnHold()) == 0 }

// Leads tells whether the consultation is ours to lead: until the server says that it is
// somebody else's, an account's own is.
func (c Consultation) Leads() bool {
	self, ok := c.Find(c.Self)
	return !ok || self.Role == wire.RoleClinician
}

// MayTake tells whether we can hand over to this person now.
func (c Consultation) MayTake(peer string) bool {
	p, ok := c.Find(peer)
	return ok && c.Leads() && p.Role == wire.RoleColleague && p.Place == wire.PlaceCall && p.Ready && !p.Away
}

// Over tells whether we may put this person out, set them on hold or have them muted; the
// server has the last word.
func (c Consultation) Over(p wire.Person) bool {
	return p.ID != c.Self && p.Role != wire.RoleClinician && (c.Leads() || p.Role != wire.RoleColleague)
}

// AtTheDoor returns the people who wait to be let in.
func (c Consultation) AtTheDoor() []wire.Person {
	var door []wire.Person
	for _, p := range c.People {
		if p.Place == wire.PlaceWaiting {
			door = append(door, p)
		}
	}
	return door
}
