package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Errors that Decode wraps. Callers map them to CodeMalformed and CodeTooLarge.
var (
	ErrTooLarge  = errors.New("over the size limit")
	ErrMalformed = errors.New("malformed message")
)

type envelope struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// Encode writes m as {"type":…,"data":…}.
func Encode(m Message) ([]byte, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", m.wireType(), err)
	}
	return json.Marshal(envelope{m.wireType(), data})
}

type decoder func(json.RawMessage, bool) (Message, error)

func as[T Message](raw json.RawMessage, strictly bool) (Message, error) {
	var v T
	if err := unmarshal(raw, &v, strictly); err != nil {
		return nil, err
	}
	return v, nil
}

// fromClient finds the decoder of what clients send, by type.
func fromClient(kind string) decoder {
	switch kind {
	case "hello":
		return as[Hello]
	case "watch":
		return as[Watch]
	case "probe":
		return as[Probe]
	case "ready":
		return as[Ready]
	case "admit":
		return as[Admit]
	case "refuse":
		return as[Refuse]
	case "note":
		return as[Note]
	case "lock":
		return as[Lock]
	case "remove":
		return as[Remove]
	case "hold":
		return as[Hold]
	case "handover":
		return as[Handover]
	case "offer":
		return as[Offer]
	case "answer":
		return as[Answer]
	case "candidate":
		return as[Candidate]
	case "commit":
		return as[Commit]
	case "reveal":
		return as[Reveal]
	case "encapsulate":
		return as[Encapsulate]
	case "sealed":
		return as[Sealed]
	case "data":
		return as[Data]
	case "up":
		return as[Up]
	case "renew":
		return as[Renew]
	case "media":
		return as[Media]
	case "share":
		return as[Share]
	case "hand":
		return as[Hand]
	case "silence":
		return as[Silence]
	case "leave":
		return as[Leave]
	case "ping":
		return as[Ping]
	}
	return nil
}

func fromServer(kind string) decoder {
	switch kind {
	case "welcome":
		return as[Welcome]
	case "presence":
		return as[Presence]
	case "gone":
		return as[Gone]
	case "admitted":
		return as[Admitted]
	case "locked":
		return as[Locked]
	case "direct":
		return as[Direct]
	case "settle":
		return as[Settle]
	case "offer":
		return as[Offer]
	case "answer":
		return as[Answer]
	case "candidate":
		return as[Candidate]
	case "commit":
		return as[Commit]
	case "reveal":
		return as[Reveal]
	case "encapsulate":
		return as[Encapsulate]
	case "sealed":
		return as[Sealed]
	case "data":
		return as[Data]
	case "probed":
		return as[Probed]
	case "said":
		return as[Said]
	case "silenced":
		return as[Silenced]
	case "ended":
		return as[Ended]
	case "failure":
		return as[Failure]
	case "pong":
		return as[Pong]
	case "agenda":
		return as[Agenda]
	}
	return nil
}

// ClientMessages and ServerMessages list what each side may send, for the
// TypeScript writer and for tests.
func ClientMessages() []Message {
	return []Message{Hello{}, Watch{}, Probe{}, Ready{}, Admit{}, Refuse{}, Note{}, Lock{}, Remove{}, Hold{}, Handover{}, Offer{}, Answer{}, Candidate{}, Commit{}, Reveal{}, Encapsulate{}, Sealed{}, Data{Topic: TopicChat}, Up{}, Renew{}, Media{}, Share{}, Hand{}, Silence{}, Leave{}, Ping{}}
}

// ServerMessages lists every message the server may send.
func ServerMessages() []Message {
	return []Message{Welcome{}, Presence{}, Gone{}, Admitted{}, Locked{}, Direct{}, Settle{}, Offer{}, Answer{}, Candidate{}, Commit{}, Reveal{}, Encapsulate{}, Sealed{}, Data{Topic: TopicChat}, Probed{}, Said{}, Silenced{}, Ended{}, Failure{}, Pong{}, Agenda{}}
}

// Bodies lists the types of the HTTP interface that are not messages.
func Bodies() []any {
	return []any{SignIn{}, Session{}, Invite{}, Guest{}, Invited{}, GuestLink{}, LinkInfo{}, LinkCode{}, Pass{}, NewFile{}, FileID{}}
}

// DecodeClient reads one message that a client sent. It is strict: unknown types,
// unknown fields, trailing bytes and values over a limit are errors.
func DecodeClient(b []byte) (Message, error) {
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("message of %d bytes: %w of %d", len(b), ErrTooLarge, MaxMessage)
	}
	var e envelope
	if err := unmarshal(b, &e, true); err != nil {
		return nil, err
	}
	dec := fromClient(e.Type)
	if dec == nil {
		return nil, fmt.Errorf("%w: unknown type %.20q", ErrMalformed, e.Type)
	}
	m, err := dec(e.Data, true)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Type, err)
	}
	if err := check(m); err != nil {
		return nil, fmt.Errorf("%s: %w", e.Type, err)
	}
	return m, nil
}

// DecodeServer reads one message that the server sent. Unknown fields are ignored;
// an unknown type gives a nil message and no error, so that old clients live on.
func DecodeServer(b []byte) (Message, error) {
	var e envelope
	if err := unmarshal(b, &e, false); err != nil {
		return nil, err
	}
	dec := fromServer(e.Type)
	if dec == nil {
		return nil, nil
	}
	m, err := dec(e.Data, false)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Type, err)
	}
	return m, nil
}

// DecodeBody reads the JSON body of an HTTP request into v, strictly.
func DecodeBody(b []byte, v any) error { return unmarshal(b, v, true) }

func unmarshal(b []byte, v any, strictly bool) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if strictly {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: bytes after the end", ErrMalformed)
	}
	return nil
}

func check(m Message) error {
	switch m := m.(type) {
	case Hello:
		return errors.Join(size("pass", m.Pass, MaxToken), size("resume", m.Resume, MaxToken), text("client", m.Client, MaxClient))
	case Watch:
		return errors.Join(size("session", m.Session, MaxToken), text("client", m.Client, MaxClient))
	case Probe:
		return text("client", m.Client, MaxClient)
	case Admit:
		return size("peer", m.Peer, MaxToken)
	case Refuse:
		return errors.Join(size("peer", m.Peer, MaxToken), text("text", m.Text, MaxText))
	case Note:
		return errors.Join(size("peer", m.Peer, MaxToken), text("text", m.Text, MaxText))
	case Remove:
		return errors.Join(size("peer", m.Peer, MaxToken), text("text", m.Text, MaxText))
	case Hand:
		return size("peer", m.Peer, MaxToken)
	case Silence:
		return size("peer", m.Peer, MaxToken)
	case Hold:
		return size("peer", m.Peer, MaxToken)
	case Handover:
		return size("peer", m.Peer, MaxToken)
	case Offer:
		if len(m.ICE) > 0 {
			return fmt.Errorf("%w: servers are not for clients to name", ErrMalformed)
		}
		return description(m.SDP)
	case Answer:
		return description(m.SDP)
	case Candidate:
		return errors.Join(size("candidate", m.Candidate, MaxCandidate), size("mid", m.Mid, 16))
	case Commit:
		return errors.Join(size("peer", m.Peer, MaxToken), size("commitment", m.Commitment, MaxKey))
	case Reveal:
		return errors.Join(size("peer", m.Peer, MaxToken), size("key", m.Key, MaxKey), size("nonce", m.Nonce, MaxKey))
	case Encapsulate:
		return errors.Join(size("peer", m.Peer, MaxToken), size("enc", m.Enc, MaxKey))
	case Sealed:
		return errors.Join(size("peer", m.Peer, MaxToken), size("data", m.Data, MaxSealed))
	case Data:
		if !slices.Contains(Topics(), m.Topic) {
			return fmt.Errorf("%w: unknown topic %.20q", ErrMalformed, m.Topic)
		}
		return errors.Join(size("peer", m.Peer, MaxToken), size("data", m.Data, MaxSealed))
	}
	return nil
}

// description checks an SDP. Keys are exchanged by DTLS (RFC 8827, section 6.5), never
// written down in it (RFC 4568).
func description(sdp string) error {
	if strings.Contains(sdp, "a=crypto:") {
		return fmt.Errorf("%w: keys in a description", ErrMalformed)
	}
	return size("sdp", sdp, MaxSDP)
}

func size(field, s string, limit int) error {
	if len(s) > limit {
		return fmt.Errorf("%s of %d bytes: %w of %d", field, len(s), ErrTooLarge, limit)
	}
	return nil
}

func text(field, s string, limit int) error {
	if n := utf8.RuneCountInString(s); n > limit {
		return fmt.Errorf("%s of %d characters: %w of %d", field, n, ErrTooLarge, limit)
	}
	return nil
}
