package files

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"ekermed.example/ekermed/internal/call/files/parcel"
	"ekermed.example/ekermed/internal/call/files/safe"
)

// MaxPayload is the longest control message, in bytes. They travel over the sealed channel
// between two people (docs/protocol.md, 14.4), each of them may come twice, and a newer one
// of the same id replaces an older one.
const MaxPayload = 16 << 10

// Use is what a file is for. Clients show only what they know.
type Use string

// The uses.
const (
	// Plain: somebody sends a file.
	Plain Use = "file"
	// Snapshot: a photograph that somebody asked for.
	Snapshot Use = "snapshot"
	// Backdrop: what a whiteboard is drawn on.
	Backdrop Use = "backdrop"
)

// Reply is what the addressee of a file says of it.
type Reply string

// The replies.
const (
	// Accepted: it is being fetched.
	Accepted Reply = "accepted"
	// Received: it is here, whole and checked.
	Received Reply = "received"
	// Refused: it will not be taken, for the reason that is told with it.
	Refused Reply = "refused"
)

// offer tells of a file, again whenever something of it changed.
type offer struct {
	ID   string `json:"id"`
	Use  Use    `json:"use"`
	Name string `json:"name"`
	// Size in bytes.
	Size int64 `json:"size"`
	// Kind is a MIME type, as the sender says.
	Kind string `json:"kind,omitempty"`
	Blob string `json:"blob"`
	Key  []byte `json:"key"`
	// Sum is the SHA-256 of the file; absent while it is being sent.
	Sum []byte `json:"sum,omitempty"`
}

// withdrawn takes a file back.
type withdrawn struct {
	ID string `json:"id"`
}

// answer replies to an offer.
type answer struct {
	ID    string  `json:"id"`
	Reply Reply   `json:"reply"`
	Why   Problem `json:"why,omitempty"`
}

// control is one of the three.
type control interface{ controlType() string }

func (offer) controlType() string     { return "offer" }
func (withdrawn) controlType() string { return "withdrawn" }
func (answer) controlType() string    { return "answer" }

type envelope struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

var errMalformed = errors.New("malformed message about a file")

func encode(c control) ([]byte, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return json.Marshal(envelope{c.controlType(), data})
}

// decode reads what another participant sent: nothing in it is taken on trust. A type that
// is not known gives nil and no error, and unknown members are ignored.
func decode(b []byte) (control, error) {
	if len(b) > MaxPayload {
		return nil, fmt.Errorf("%w: %d bytes", errMalformed, len(b))
	}
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	switch e.Type {
	case "offer":
		return checked(e.Data, offer.check)
	case "withdrawn":
		return checked(e.Data, func(w withdrawn) bool { return isID(w.ID) })
	case "answer":
		return checked(e.Data, answer.check)
	}
	return nil, nil
}

func checked[T control](data json.RawMessage, good func(T) bool) (control, error) {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	if !good(v) {
		return nil, fmt.Errorf("%w: a value out of bounds", errMalformed)
	}
	return v, nil
}

// isID takes base64url of 16 bytes and what looks like it.
func isID(s string) bool { return matches(`^[A-Za-z0-9_-]{16,64}$`, s) }

func matches(pattern, s string) bool { return regexp.MustCompile(pattern).MatchString(s) }

// maxSaid is the longest name that is read at all, in bytes, before it is made safe.
const maxSaid = 1024

// maxSize keeps sizes within what JavaScript counts exactly; the limit of a server is lower.
const maxSize = 1 << 50

func (o offer) check() bool {
	return isID(o.ID) && isID(o.Blob) && len(o.Name) <= maxSaid && o.Size > 0 && o.Size <= maxSize &&
		matches(`^[a-z]{1,16}$`, string(o.Use)) && len(o.Key) == parcel.KeySize && (len(o.Sum) == 0 || len(o.Sum) == 32) &&
		o.kindIsGood()
}

func (o offer) kindIsGood() bool {
	return o.Kind == "" || matches(`^[a-z0-9.+-]{1,63}/[a-z0-9.+-]{1,127}$`, o.Kind)
}

func (a answer) check() bool {
	known := a.Reply == Accepted || a.Reply == Received || a.Reply == Refused
	return isID(a.ID) && known && (a.Why == "" || matches(`^[a-z_]{1,32}$`, string(a.Why)))
}

// named is the offer with a name that can be shown.
func (o offer) named() offer {
	o.Name = safe.Name(o.Name)
	return o
}
