package wire

// The bodies of the HTTP interface. Every error answer is a Failure.

// SignIn is the body of POST /api/v1/session.
type SignIn struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	// Code is the second factor: six digits, or a recovery code. Sent when CodeSecondFactor
	// asked for it.
	Code string `json:"code,omitempty"`
}

// Session answers SignIn; Token goes into "Authorization: Bearer".
type Session struct {
	Token string `json:"token"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Role  Role   `json:"role"`
	// Expires is in seconds since 1970-01-01 UTC.
	Expires float64 `json:"expires"`
	// Socket is the WebSocket's address; empty: BASE/ws.
	Socket string `json:"socket,omitempty"`
}

// Invite is the body of POST /api/v1/appointments.
type Invite struct {
	PatientEmail string `json:"patient_email"`
	PatientName  string `json:"patient_name,omitempty"`
	// At is the start, RFC 3339; empty means now.
	At string `json:"at,omitempty"`
	// Minutes is the planned length, 5 to 240; 0 means 30.
	Minutes  int    `json:"minutes,omitempty"`
	Language string `json:"language,omitempty"`
	// Guests get links of their own, MaxGuests at most.
	Guests []Guest `json:"guests,omitempty"`
}

// MaxGuests is how many people may be invited beside the patient.
const MaxGuests = 8

// Guest is somebody invited beside the patient.
type Guest struct {
	// Role is one for which Role.Guest holds.
	Role  Role   `json:"role"`
	Name  string `json:"name"`
	Email string `json:"email"`
	// Relation tells who they are, see Person.
	Relation string `json:"relation,omitempty"`
}

// GuestLink is what became of one Guest; it is the only time the link can be read.
type GuestLink struct {
	Role Role   `json:"role"`
	Name string `json:"name"`
	Link string `json:"link"`
	// Mail is as in Invited.
	Mail string `json:"mail"`
}

// Invited answers Invite. It is the only time the link can be read.
type Invited struct {
	Appointment Appointment `json:"appointment"`
	Link        string      `json:"link"`
	// Mail is "sent", "queued" (the SMTP server will be tried again), "outbox" (there is
	// none), or "failed": pass the link on another way.
	Mail string `json:"mail"`
	// Guests are in the order of Invite.
	Guests []GuestLink `json:"guests,omitempty"`
}

// AppointmentStatus is where an appointment stands.
type AppointmentStatus string

// The states of an appointment.
const (
	StatusPlanned   AppointmentStatus = "planned"
	StatusDone      AppointmentStatus = "done"
	StatusCancelled AppointmentStatus = "cancelled"
)

// Appointment is one appointment as its clinician sees it.
type Appointment struct {
	ID           string            `json:"id"`
	PatientName  string            `json:"patient_name"`
	PatientEmail string            `json:"patient_email"`
	Status       AppointmentStatus `json:"status"`
	// Start is in seconds since 1970-01-01 UTC.
	Start   float64 `json:"start"`
	Minutes int     `json:"minutes"`
	// People are in the room now: waiting or in the call.
	People []Person `json:"people,omitempty"`
}

// LinkStatus is what a link is good for now.
type LinkStatus string

// The states of a patient's link.
const (
	LinkEarly     LinkStatus = "early"     // before the door opens
	LinkOpen      LinkStatus = "open"      // may join
	LinkLate      LinkStatus = "late"      // past the planned start, may still join
	LinkExpired   LinkStatus = "expired"   // over
	LinkCancelled LinkStatus = "cancelled" // by the clinician
)

// LinkInfo answers POST /api/v1/link: what the welcome screen shows. Asking changes nothing.
type LinkInfo struct {
	Status    LinkStatus `json:"status"`
	Clinician string     `json:"clinician"`
	// Practice and Phone tell whom to call when it does not work; may be empty.
	Practice string `json:"practice,omitempty"`
	Phone    string `json:"phone,omitempty"`
	// Start, Opens and Closes are in seconds since 1970-01-01 UTC.
	Start    float64 `json:"start"`
	Opens    float64 `json:"opens"`
	Closes   float64 `json:"closes"`
	Minutes  int     `json:"minutes"`
	Language string  `json:"language"`
	// Role and Name are of whom the link was made for; the patient's name is left out.
	Role Role   `json:"role,omitempty"`
	Name string `json:"name,omitempty"`
	// Now is the server's clock, so that a countdown does not trust the device's.
	Now float64 `json:"now"`
}

// LinkCode is the body of POST /api/v1/link and POST /api/v1/join.
type LinkCode struct {
	Code string `json:"code"`
}

// Pass answers POST /api/v1/join and POST /api/v1/appointments/{id}/pass: it opens
// one room once, as one role, within a minute.
type Pass struct {
	Pass string `json:"pass"`
	// Expires is in seconds since 1970-01-01 UTC.
	Expires float64 `json:"expires"`
	// Socket is the WebSocket's address; empty: BASE/ws.
	Socket string `json:"socket,omitempty"`
}

// NewFile is the body of POST /api/v1/files: a sealed file is going to come, in pieces.
type NewFile struct {
	// Size is the whole length in bytes, as sealed.
	Size int `json:"size"`
}

// FileID answers NewFile.
type FileID struct {
	ID string `json:"id"`
}
