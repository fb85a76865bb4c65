package wire

// The messages of key agreement travel between two participants who are both in the
// call. The server hands each on as it is, with Peer changed from the addressee to the
// sender, and reads none. docs/protocol.md, "Keys", has the computation; byte strings are
// base64 (RFC 4648, section 4).

// Commit binds its sender to the Reveal that follows, before either side has seen the
// other's. A second Commit begins the agreement anew.
type Commit struct {
	Peer string `json:"peer"`
	// Commitment is a SHA-256, 32 bytes.
	Commitment string `json:"commitment"`
}

// Reveal opens a commitment. It is sent once the other side's Commit is here.
type Reveal struct {
	Peer string `json:"peer"`
	// Key is a public key of DHKEM(P-256, HKDF-SHA256): 65 bytes (RFC 9180, section 4.1).
	Key string `json:"key"`
	// Nonce is 32 random bytes.
	Nonce string `json:"nonce"`
}

// Encapsulate carries a shared secret to the key that was revealed: enc of RFC 9180, 65
// bytes.
type Encapsulate struct {
	Peer string `json:"peer"`
	Enc  string `json:"enc"`
}

// Sealed carries what only its addressee can read: eight bytes of a counter that grows,
// and the ciphertext under the pair's key.
type Sealed struct {
	Peer string `json:"peer"`
	Data string `json:"data"`
}

// Topic names the feature that Data is of, so that the server can tell who may send it
// without reading it.
type Topic string

// The topics.
const (
	TopicChat     Topic = "chat"     // conversation
	TopicFiles    Topic = "files"    // offers of files
	TopicBoard    Topic = "board"    // what is drawn
	TopicScreen   Topic = "screen"   // pointing on a shared screen
	TopicSnapshot Topic = "snapshot" // photographs that are asked for and given
)

// Topics lists every topic.
func Topics() []Topic {
	return []Topic{TopicChat, TopicFiles, TopicBoard, TopicScreen, TopicSnapshot}
}

// Data carries what a feature of the call says, sealed as Sealed is, with topic and view bound
// in. It may be lost with a line, or when the addressee reads too slowly; features say
// again what matters.
type Data struct {
	Peer  string `json:"peer"`
	Topic Topic  `json:"topic"`
	// View: a receipt, or a request for what is missing. It changes nothing that others see,
	// so those who only watch say it too.
	View bool   `json:"view,omitempty"`
	Data string `json:"data"`
}

func (Data) wireType() string        { return "data" }
func (Commit) wireType() string      { return "commit" }
func (Reveal) wireType() string      { return "reveal" }
func (Encapsulate) wireType() string { return "encapsulate" }
func (Sealed) wireType() string      { return "sealed" }
