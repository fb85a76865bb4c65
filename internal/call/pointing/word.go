package pointing

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// payloadMost is the longest message, in bytes.
const payloadMost = 256

// ErrMalformed: what came is no message of pointing.
var ErrMalformed = errors.New("malformed message about a place on a screen")

// word is one message: a position, or that there is none any more.
type word struct {
	at  Place
	off bool
}

func (w word) encode() []byte {
	if w.off {
		return []byte(`{"off":true}`)
	}
	return []byte(`{"at":[` + strconv.Itoa(w.at.X) + `,` + strconv.Itoa(w.at.Y) + `]}`)
}

// decode reads what came, as the page's decode does. The members are taken by their exact names,
// which encoding/json does not do for a struct.
func decode(payload []byte) (word, error) {
	if len(payload) > payloadMost {
		return word{}, fmt.Errorf("%w: %d bytes", ErrMalformed, len(payload))
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(payload, &o); err != nil {
		return word{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	at, pointed := o["at"]
	off, lifted := o["off"]
	if pointed == lifted {
		return word{}, fmt.Errorf("%w: not one of at and off", ErrMalformed)
	}
	if lifted {
		if string(off) != "true" {
			return word{}, fmt.Errorf("%w: off is not true", ErrMalformed)
		}
		return word{off: true}, nil
	}
	var xy []*float64
	if err := json.Unmarshal(at, &xy); err != nil || len(xy) != 2 || !inside(xy[0]) || !inside(xy[1]) {
		return word{}, fmt.Errorf("%w: no place", ErrMalformed)
	}
	return word{at: Place{int(*xy[0]), int(*xy[1])}}, nil
}

func inside(n *float64) bool { return n != nil && *n == math.Trunc(*n) && *n >= 0 && *n <= Whole }
