package room

import (
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// Act is what happens to somebody at the door of a room.
type Act string

// The acts.
const (
	Came     Act = "came" // a patient waits, a clinician is in
	Admitted Act = "admitted"
	Went     Act = "went" // for the reason that is told with it
	Closed   Act = "closed"
	Held     Act = "held"
	Unheld   Act = "unheld"
	Locked   Act = "locked"
	Unlocked Act = "unlocked"
	// Barred: somebody came to a locked room. Again: somebody came by a link that has brought
	// somebody else too.
	Barred Act = "barred"
	Again  Act = "again"
	// HandedOver: this person holds the room now, by the will of By.
	HandedOver Act = "handed_over"
)

// Door is one event at a door.
type Door struct {
	Act         Act
	Appointment string
	Owner       string // account of the appointment's clinician
	Person      string
	// Role is what they came as: a handover changes what they may do, not who they are.
	Role wire.Role
	Why  wire.Reason // of Went
	// By did it: a person's id and role, as above, empty when nobody in the room did.
	By     string
	ByRole wire.Role
}

// Phase is where a call stands.
type Phase string

// The phases.
const (
	// Began: two people have media from each other. Ended: they no longer talk.
	Began Phase = "began"
	Ended Phase = "ended"
	// Failed: a way for media did not come about.
	Failed Phase = "failed"
)

// Call is one event of a room's call: of its clinician and at least one more.
type Call struct {
	Phase       Phase
	Appointment string
	Owner       string
	// Server: the media go, or were to go, through the SFU; else directly or through TURN.
	Server bool
	People []string // who is in the call
	Video  bool     // Ended: somebody sent pictures
	Length time.Duration
}

// Witness is told what happens, on the room's own goroutine: it must not block.
type Witness interface {
	Door(Door)
	Call(Call)
}

// spell is the present call as the witness is told of it.
type spell struct {
	tried time.Time // when media were begun; zero before
	began time.Time // when they had arrived; zero before
	video bool
	// astray: the direct way failed. It is told once, however often it is tried again.
	astray bool
}

func (r *room) door(act Act, p, by *person, why wire.Reason) {
	w := r.hub.o.Witness
	if w == nil {
		return
	}
	d := Door{Act: act, Appointment: r.appointment, Owner: r.owner, Person: p.ID, Role: p.entry.Role, Why: why}
	if by != nil {
		d.By, d.ByRole = by.ID, by.entry.Role
	}
	w.Door(d)
}

func (r *room) call(phase Phase, in []*person) {
	w := r.hub.o.Witness
	if w == nil {
		return
	}
	c := Call{Phase: phase, Appointment: r.appointment, Owner: r.owner, Server: r.route.way == serverWay, Video: r.spell.video}
	for _, p := range in {
		c.People = append(c.People, p.ID)
	}
	if phase == Ended {
		c.Length = r.hub.o.Now().Sub(r.spell.began)
	}
	w.Call(c)
}

// astray tells that the direct way failed for these.
func (r *room) astray(in []*person) {
	if !r.spell.astray {
		r.spell.astray = true
		r.call(Failed, in)
	}
}

// watch takes note of where the call stands after something happened.
func (r *room) watch() {
	in := r.talkers()
	if in == nil {
		return
	}
	if r.spell.tried.IsZero() {
		r.spell.tried = r.hub.o.Now()
	}
	if r.spell.began.IsZero() && r.talking(in) {
		r.spell.began = r.hub.o.Now()
		r.call(Began, in)
	}
	for _, p := range in {
		r.spell.video = r.spell.video || !r.spell.began.IsZero() && p.Video
	}
}

// talking tells whether two people have media from each other.
func (r *room) talking(in []*person) bool {
	if r.route.way == directWay {
		return r.route.settled
	}
	up := 0
	for _, p := range in {
		if speaks(p.Role) && p.seat != nil && p.upServer == p.seat.Gen() {
			up++
		}
	}
	return up >= 2
}

// parting ends the call when p, who goes, leaves nobody to talk. It comes before their
// media and tickets are taken away.
func (r *room) parting(p *person, why wire.Reason) {
	in := r.talkers()
	if in == nil || !p.talks() || !speaks(p.Role) {
		return
	}
	left, clinician := 0, false
	for _, other := range in {
		if other != p && speaks(other.Role) {
			left++
			clinician = clinician || other.Role == wire.RoleClinician
		}
	}
	if left > 0 && clinician && left+1 > 2 {
		return
	}
	now := r.hub.o.Now()
	switch {
	case !r.spell.began.IsZero():
		if why == wire.ReasonLost { // they were gone all that time
			r.spell.began = r.spell.began.Add(min(r.hub.o.Grace, now.Sub(r.spell.began)))
		}
		r.call(Ended, in)
	case r.spell.astray && r.route.way != serverWay: // is told
	case !r.spell.tried.IsZero() && now.Sub(r.spell.tried) >= directLimit: // who hangs up before is no failure
		r.call(Failed, in)
	}
	r.spell = spell{}
}
