package board

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// version of the payloads. Another one is ignored: it comes from a later program.
const version = 1

// message is one payload.
type message struct {
	// have: what the sender has of each author. me is who they write as, hear whom they
	// hear themself, and all who is asked for what anybody else drew.
	me   string
	have []seen
	hear []string
	all  string
	// log: operations.
	log []batch
	// ask: answer with what you have.
	ask bool
	// point: a pointer's newest places, the last one the newest; press: as a laser. gone:
	// it was taken away.
	point []Point
	press bool
	gone  bool
}

// batch is a part of an author's log, the first one with number from.
type batch struct {
	author string
	from   int
	ops    []string
}

func (m message) encode() string {
	b := strconv.AppendInt([]byte(`{"v":`), version, 10)
	if m.me != "" {
		b = append(appendText(append(b, `,"me":`...), m.me), `,"have":`...)
		b = appendSeen(b, m.have)
		b = append(b, `,"hear":[`...)
		for i, id := range m.hear {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(b, id)
		}
		b = appendText(append(b, `],"all":`...), m.all)
	}
	if len(m.log) > 0 {
		b = append(b, `,"log":[`...)
		for i, l := range m.log {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(append(b, '['), l.author), ',')
			b = append(strconv.AppendInt(b, int64(l.from), 10), ",["...)
			for j, raw := range l.ops {
				if j > 0 {
					b = append(b, ',')
				}
				b = append(b, raw...)
			}
			b = append(b, "]]"...)
		}
		b = append(b, ']')
	}
	if m.ask {
		b = append(b, `,"ask":1`...)
	}
	if len(m.point) > 0 {
		b = appendPoints(append(b, `,"point":`...), m.point, false)
		if m.press {
			b = append(b, `,"press":1`...)
		}
	}
	if m.gone {
		b = append(b, `,"gone":1`...)
	}
	return string(append(b, '}'))
}

type wireMessage struct {
	V     int               `json:"v"`
	Me    string            `json:"me"`
	Have  json.RawMessage   `json:"have"`
	Hear  []string          `json:"hear"`
	All   string            `json:"all"`
	Log   []json.RawMessage `json:"log"`
	Ask   int               `json:"ask"`
	Point []int             `json:"point"`
	Press int               `json:"press"`
	Gone  int               `json:"gone"`
}

// decoded is a message with its operations read.
type decoded struct {
	message
	ops [][]op // of each batch
}

// decode reads a payload. What does not encode to the same bytes again is refused. A
// payload of another version gives ok false and no error.
func decode(payload []byte) (m decoded, ok bool, err error) {
	if len(payload) > MaxPayload {
		return m, false, fmt.Errorf("a payload of %d bytes: %w", len(payload), ErrTooLarge)
	}
	var w wireMessage
	if err := json.Unmarshal(payload, &w); err != nil {
		return m, false, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	if w.V != version {
		return m, false, nil
	}
	m.ask, m.press, m.gone = w.Ask == 1, w.Press == 1, w.Gone == 1
	if w.Me != "" {
		if err := m.readHave(w); err != nil {
			return m, false, err
		}
	}
	for _, raw := range w.Log {
		if err := m.readBatch(raw); err != nil {
			return m, false, err
		}
	}
	if w.Point != nil {
		if m.point, err = readPoints(w.Point, false, 1, maxTrail); err != nil {
			return m, false, err
		}
	}
	if m.encode() != string(payload) {
		return m, false, fmt.Errorf("%w: not in the one form that it has", ErrMalformed)
	}
	return m, true, nil
}

func (m *decoded) readHave(w wireMessage) error {
	m.me, m.hear, m.all = w.Me, w.Hear, w.All
	if !validAuthor(w.Me) || w.All != "" && !validID(w.All) || len(w.Hear) > maxPeers {
		return fmt.Errorf("%w: who", ErrMalformed)
	}
	for _, id := range w.Hear {
		if !validID(id) {
			return fmt.Errorf("%w: who", ErrMalformed)
		}
	}
	var err error
	m.have, err = readSeen(w.Have)
	return err
}

func (m *decoded) readBatch(raw json.RawMessage) error {
	var parts, ops []json.RawMessage
	var l batch
	if json.Unmarshal(raw, &parts) != nil || len(parts) != 3 || json.Unmarshal(parts[0], &l.author) != nil ||
		json.Unmarshal(parts[1], &l.from) != nil || json.Unmarshal(parts[2], &ops) != nil ||
		!validAuthor(l.author) || !validCount(l.from) || len(ops) == 0 {
		return fmt.Errorf("%w: log", ErrMalformed)
	}
	list := make([]op, len(ops))
	for i, raw := range ops {
		o, err := decodeOp(raw)
		if err != nil {
			return err
		}
		list[i] = o
		l.ops = append(l.ops, string(raw))
	}
	m.log, m.ops = append(m.log, l), append(m.ops, list)
	return nil
}
