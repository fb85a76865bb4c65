package wire

// Welcome answers Hello with everything the participant may see: a snapshot that
// replaces whatever the client knew before.
type Welcome struct {
	Version int `json:"version"`
	// Self is the participant's id in this room; it survives a resume.
	Self string `json:"self"`
	Role Role   `json:"role"`
	// Room is a random id of this room, for support.
	Room string `json:"room"`
	// Resume brings the participant back after a dropped connection.
	Resume string `json:"resume"`
	// People lists everybody this participant may see, themselves included.
	People []Person    `json:"people,omitempty"`
	ICE    []ICEServer `json:"ice,omitempty"`
	// Gen is the generation of the media connection the server holds for this
	// participant, 0 when none. A client that does not have it asks for a new one by
	// Renew.
	Gen uint32 `json:"gen"`
	// Rekey is how often keys of frames are changed, in seconds; 0 leaves it to the client.
	Rekey float64 `json:"rekey,omitempty"`
	// Sealed: this server lets nobody in who cannot seal frames, so a client that can must
	// never send one in clear.
	Sealed bool `json:"sealed,omitempty"`
	// Locked: nobody new can come, see Lock.
	Locked bool `json:"locked,omitempty"`
	// Files is left out for those who may not send files, and where nobody may.
	Files Files `json:"files,omitzero"`
}

// Files is a participant's right to /api/v1/files. It holds while they are in the call.
type Files struct {
	// Token goes into "Authorization: Bearer".
	Token string `json:"token"`
	// Limit is how large a file may be, in bytes, before it is sealed.
	Limit int `json:"limit"`
}

// Person is one person in a room.
type Person struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Role  Role   `json:"role"`
	Place Place  `json:"place"`
	// Relation tells who a guest is to the patient or what they do, as the invitation said:
	// "daughter", "Breton". May be empty.
	Relation string `json:"relation,omitempty"`
	// Again: the link that brought this person has brought somebody else too. Ask who they
	// are before letting them in.
	Again bool `json:"again,omitempty"`
	// Ready: has agreed to capture and waits with devices chosen.
	Ready bool `json:"ready"`
	// Away: the connection dropped and may still come back.
	Away bool `json:"away"`
	// Audio and Video: what the person lets out now.
	Audio bool `json:"audio"`
	Video bool `json:"video"`
	// Hand: wants to say something.
	Hand bool `json:"hand,omitempty"`
	// Screen: shows their screen now.
	Screen bool `json:"screen,omitempty"`
	// Keys and Seal: what the person's program can do, see Ready.
	Keys bool `json:"keys,omitempty"`
	Seal bool `json:"seal,omitempty"`
	// Since is when the person came, in seconds since 1970-01-01 UTC.
	Since float64 `json:"since"`
}

// ICEServer is a STUN or TURN server the client may use (W3C RTCIceServer).
type ICEServer struct {
	URLs       []string `json:"urls,omitempty"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// Presence tells that a person came or changed; it replaces what was known of them.
type Presence struct {
	Person Person `json:"person"`
}

// Gone tells that a person left the room.
type Gone struct {
	ID     string `json:"id"`
	Reason Reason `json:"reason"`
}

// Admitted tells the participant that the door is open, or that the hold is over, with
// fresh ICE servers.
type Admitted struct {
	ICE []ICEServer `json:"ice,omitempty"`
}

// Locked tells that the room was closed, or opened again.
type Locked struct {
	On bool `json:"on"`
}

// Direct opens a connection straight to the only other person in the call, beside the
// connections there are. Both get it, with the same generation; the server hands their
// Offer, Answer and Candidate on.
type Direct struct {
	Gen uint32 `json:"gen"`
	// Peer is the id of the other person.
	Peer string `json:"peer"`
	// Call: this side makes the offer; else it waits for one.
	Call bool `json:"call"`
	// Relay: candidates of type relay only. No side learns an address of the other.
	Relay bool `json:"relay"`
	// ICE are fresh servers for this connection.
	ICE []ICEServer `json:"ice,omitempty"`
}

// Settle tells that the connection of this generation carries the call now: close those
// of lower generations. When there is none of this generation, no media is left.
type Settle struct {
	Gen uint32 `json:"gen"`
}

// Offer carries an SDP offer: the server's, or with Direct the caller's. Gen names a
// media connection of this participant: a higher Gen means a new RTCPeerConnection. It
// only grows, even over a restart of the server. Round counts offers within a generation.
type Offer struct {
	Gen   uint32 `json:"gen"`
	Round uint32 `json:"round"`
	SDP   string `json:"sdp"`
	// ICE comes with the server's first round of a generation: credentials are fresh for
	// it. Clients send none.
	ICE []ICEServer `json:"ice,omitempty"`
}

// Probed answers Probe.
type Probed struct {
	// ICE are every STUN and TURN server there is, each URL on its own, so that each can be
	// tried alone.
	ICE []ICEServer `json:"ice,omitempty"`
}

// Said is a short message from the clinician to a waiting person.
type Said struct {
	// From is the id of the person who wrote.
	From string `json:"from"`
	Text string `json:"text"`
}

// Silenced asks the client to mute its microphone now; see Silence.
type Silenced struct {
	// By is the id of who asks.
	By string `json:"by"`
}

// Ended tells that the participant's consultation is over; the connection closes.
type Ended struct {
	Reason Reason `json:"reason"`
	Text   string `json:"text,omitempty"`
}

// Failure tells that a request was refused. Code is stable; Text is for people
// who read logs. After a fatal failure the connection closes.
type Failure struct {
	Code  Code   `json:"code"`
	Text  string `json:"text"`
	Fatal bool   `json:"fatal"`
}

// Pong answers Ping.
type Pong struct {
	At float64 `json:"at"`
}

// Agenda is the clinician's day, sent after Watch and again at every change.
type Agenda struct {
	Appointments []Appointment `json:"appointments,omitempty"`
	// Now is the server's clock, so that waiting times do not trust the desk's: seconds
	// since 1970-01-01 UTC.
	Now float64 `json:"now"`
}

func (Welcome) wireType() string  { return "welcome" }
func (Presence) wireType() string { return "presence" }
func (Gone) wireType() string     { return "gone" }
func (Admitted) wireType() string { return "admitted" }
func (Locked) wireType() string   { return "locked" }
func (Direct) wireType() string   { return "direct" }
func (Settle) wireType() string   { return "settle" }
func (Offer) wireType() string    { return "offer" }
func (Probed) wireType() string   { return "probed" }
func (Said) wireType() string     { return "said" }
func (Silenced) wireType() string { return "silenced" }
func (Ended) wireType() string    { return "ended" }
func (Failure) wireType() string  { return "failure" }
func (Pong) wireType() string     { return "pong" }
func (Agenda) wireType() string   { return "agenda" }
