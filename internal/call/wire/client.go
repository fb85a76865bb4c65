package wire

// Hello enters a room. It is the first message of a participant's connection.
type Hello struct {
	Version int `json:"version"`
	// Pass is the single-use room pass from POST /api/v1/join or
	// /api/v1/appointments/{id}/pass. Empty when Resume is given.
	Pass string `json:"pass,omitempty"`
	// Resume is the token of an earlier Welcome: the participant comes back under
	// the same id, and an older connection of theirs is closed with ReasonReplaced.
	Resume string `json:"resume,omitempty"`
	// Client names the program and its version, for support.
	Client string `json:"client,omitempty"`
}

// Watch opens a clinician's agenda: it is the first message of a connection
// that follows who arrives, and is answered with Agenda.
type Watch struct {
	Version int `json:"version"`
	// Session is the bearer token of POST /api/v1/session.
	Session string `json:"session"`
	Client  string `json:"client,omitempty"`
}

// Probe opens a connection that tries the network, outside any consultation: it is the
// first message, and is answered with Probed. Each Renew after that is answered with an
// Offer of one data channel, labelled "probe", that returns what it is sent.
type Probe struct {
	Version int    `json:"version"`
	Client  string `json:"client,omitempty"`
}

// Ready tells that the participant has agreed to the capture of camera and
// microphone (or to go on without). Media starts only after Ready and Admit.
type Ready struct {
	Audio bool `json:"audio"`
	Video bool `json:"video"`
	// Direct tells that the client understands Direct. Without it all media of its room
	// goes through the server.
	Direct bool `json:"direct,omitempty"`
	// Chooses tells that the client, when it calls and so controls ICE (RFC 8445, section
	// 6.1.1), chooses the best way there is, not the first that works.
	Chooses bool `json:"chooses,omitempty"`
	// Keys tells that the client takes part in key agreement (see Commit), Seal that it can
	// seal and open frames with those keys.
	Keys bool `json:"keys,omitempty"`
	Seal bool `json:"seal,omitempty"`
}

// Admit lets a waiting person in. Clinicians, and colleagues in the call.
type Admit struct {
	Peer string `json:"peer"`
}

// Refuse sends a waiting person away, with a sentence if wanted. Clinicians, and
// colleagues in the call.
type Refuse struct {
	Peer string `json:"peer"`
	Text string `json:"text,omitempty"`
}

// Note sends a short message to a waiting person. Clinicians, and colleagues in the call.
type Note struct {
	Peer string `json:"peer"`
	Text string `json:"text"`
}

// Lock closes the room, or opens it again: nobody new can come, not even to the door. Who
// is there stays, and who was away comes back. Who holds the room only.
type Lock struct {
	On bool `json:"on"`
}

// Remove puts a person out of the call, with a sentence if wanted. Their way back leads to
// the door. Clinicians, and colleagues in the call; never a clinician, and a colleague by
// the clinician only.
type Remove struct {
	Peer string `json:"peer"`
	Text string `json:"text,omitempty"`
}

// Hold sets a person of the call aside, or takes them back: meanwhile they see and hear
// nobody, and nobody sees or hears them. Who may is as for Remove.
type Hold struct {
	Peer string `json:"peer"`
	On   bool   `json:"on"`
}

// Handover gives the room to a colleague in the call: the two exchange their roles, and
// everybody learns it by Presence. When who got it so leaves, or is lost, the room is again
// that of the clinician whose appointment it is. Who holds the room only.
type Handover struct {
	Peer string `json:"peer"`
}

// Answer carries the SDP answer to the Offer of the same generation and round: to the
// server, or through it to the one who called (see Direct).
type Answer struct {
	Gen   uint32 `json:"gen"`
	Round uint32 `json:"round"`
	SDP   string `json:"sdp"`
}

// Candidate carries one ICE candidate (RFC 8840) of a media connection, either way.
type Candidate struct {
	Gen       uint32 `json:"gen"`
	Candidate string `json:"candidate"`
	Mid       string `json:"mid"`
	Index     uint16 `json:"index"`
}

// Up tells that media of the others arrives on the connection of this generation. The
// server answers with Settle once the older connections are of no use to anybody.
type Up struct {
	Gen uint32 `json:"gen"`
}

// Renew asks for a fresh media connection because the present one failed or fell
// silent. The server answers with an Offer or a Direct of a higher generation.
type Renew struct {
	// Gen is the generation that failed; an older one is ignored.
	Gen uint32 `json:"gen"`
}

// Media tells what the sender lets out now: false means muted or camera off.
type Media struct {
	Audio bool `json:"audio"`
	Video bool `json:"video"`
}

// Share tells that the sender begins to show their screen, or ends it. One person at a time
// does; the second is refused with CodeSharing. It travels through the server, on the
// second video line of its offers.
type Share struct {
	On bool `json:"on"`
}

// Hand raises the sender's hand, or lowers it. Clinicians, and colleagues in the call, may
// lower that of Peer.
type Hand struct {
	Up   bool   `json:"up"`
	Peer string `json:"peer,omitempty"`
}

// Silence asks a person, or with no Peer everybody else but clinicians, to mute their
// microphone. Their programs do so at once, and they may switch it on again. Clinicians, and
// colleagues in the call.
type Silence struct {
	Peer string `json:"peer,omitempty"`
}

// Leave says goodbye. The server answers by closing the connection.
type Leave struct {
	// End ends the consultation for everybody. Who holds the room only.
	End bool `json:"end,omitempty"`
}

// Ping asks for a Pong; clients that cannot see WebSocket control frames use it
// to notice a dead connection.
type Ping struct {
	// At is returned unchanged.
	At float64 `json:"at"`
}

func (Hello) wireType() string     { return "hello" }
func (Watch) wireType() string     { return "watch" }
func (Probe) wireType() string     { return "probe" }
func (Ready) wireType() string     { return "ready" }
func (Admit) wireType() string     { return "admit" }
func (Refuse) wireType() string    { return "refuse" }
func (Note) wireType() string      { return "note" }
func (Lock) wireType() string      { return "lock" }
func (Remove) wireType() string    { return "remove" }
func (Hold) wireType() string      { return "hold" }
func (Handover) wireType() string  { return "handover" }
func (Answer) wireType() string    { return "answer" }
func (Candidate) wireType() string { return "candidate" }
func (Up) wireType() string        { return "up" }
func (Renew) wireType() string     { return "renew" }
func (Media) wireType() string     { return "media" }
func (Share) wireType() string     { return "share" }
func (Hand) wireType() string      { return "hand" }
func (Silence) wireType() string   { return "silence" }
func (Leave) wireType() string     { return "leave" }
func (Ping) wireType() string      { return "ping" }
