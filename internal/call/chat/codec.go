package chat

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Limits of what another participant may send.
const (
	payloadMost = 24 << 10 // bytes
	idMost      = 48
	gotMost     = 64
	agoMost     = 24 * 3600 * 1000 // ms
)

// ErrMalformed: what came is no message of a conversation.
var ErrMalformed = errors.New("malformed message of the conversation")

// said is what one says to another: exactly one of its fields. docs/protocol.md, 13.2.
type said struct {
	Say *say `json:"say,omitempty"`
	// Back returns to its author what they said, for they have begun anew.
	Back *say `json:"back,omitempty"`
	// Live is what stands in the author's field now; Typing only that something does.
	Live   *live `json:"live,omitempty"`
	Typing bool  `json:"typing,omitempty"`
	// Got confirms; Met names the run of the sender's program. They are views.
	Got []string `json:"got,omitempty"`
	Met string   `json:"met,omitempty"`
}

// say is a message.
type say struct {
	// ID is unique for its author.
	ID   string `json:"id"`
	Text string `json:"text"`
	// Ago is how long ago it was written, in ms: nobody's clock is trusted.
	Ago int64 `json:"ago"`
}

type live struct {
	Text string `json:"text"`
}

// receipt tells what is a view, see wire.Data.
func (s said) receipt() bool { return s.Got != nil || s.Met != "" }

func decode(payload []byte) (said, error) {
	var s said
	if len(payload) > payloadMost {
		return s, fmt.Errorf("%w: %d bytes", ErrMalformed, len(payload))
	}
	if err := json.Unmarshal(payload, &s); err != nil {
		return s, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	for _, m := range []*say{s.Say, s.Back} {
		if m == nil {
			continue
		}
		m.Text, m.Ago = Clean(m.Text), min(max(m.Ago, 0), agoMost)
		if m.ID == "" || len(m.ID) > idMost || m.Text == "" {
			return s, fmt.Errorf("%w: no number or no text", ErrMalformed)
		}
	}
	if s.Live != nil {
		s.Live.Text = Clean(s.Live.Text)
	}
	if len(s.Got) > gotMost || len(s.Met) > idMost {
		return s, fmt.Errorf("%w: too long", ErrMalformed)
	}
	return s, nil
}
