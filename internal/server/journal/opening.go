package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"
)

// Result is how an attempt to open the journal ended. The names are stable.
type Result string

// The results.
const (
	Opened    Result = "ok"
	Malformed Result = "malformed" // the request cannot be read
	Unsigned  Result = "unsigned"
	Forged    Result = "signature" // signed by nobody who may, or changed afterwards
	Stale     Result = "stale"     // expired, too old, or of the future
	Replayed  Result = "replayed"  // used before
	OtherDay  Result = "day"       // the request is for another day
	Unfit     Result = "purpose"   // a purpose that the journal does not serve
	Stranger  Result = "recipient" // the identity is not one of the three, or not the one that the request names
	Destroyed Result = "gone"      // the key of the day is no more
)

// Reading is one attempt, for the access trail.
type Reading struct {
	Result Result
	// Reader is the public key of the identity that was to open; Manager the one that the
	// request says it is signed by, which is proven only by a Result of Opened. Each is
	// empty when its file cannot be read.
	Reader, Manager string
}

// Recorder keeps the access trail.
type Recorder interface {
	RecordReading(ctx context.Context, r Reading) error
}

// Nonces remembers the requests that were used.
type Nonces interface {
	// UseNonce answers false when the nonce was used before. It may be forgotten after until.
	UseNonce(ctx context.Context, nonce string, until time.Time) (bool, error)
}

// Opening is what opening a day takes. Nothing is returned that was not recorded first.
type Opening struct {
	Data, Vault string
	// Recipients and Managers are as configured.
	Recipients, Managers []string
	Nonces               Nonces
	Recorder             Recorder
}

// refusal is a Result with its sentence.
type refusal struct {
	result Result
	text   string
}

func (r *refusal) Error() string { return r.text }

func refuse(result Result, format string, args ...any) error {
	return &refusal{result, fmt.Sprintf(format, args...)}
}

// Open reads the events of a day that the request's purpose allows, in order. identity is
// the text of an age identity file, request that of a signed Request. Every attempt is
// recorded. With damage in the stream the answer holds what can be read, and the error
// says what cannot.
func (o Opening) Open(ctx context.Context, day string, identity, request []byte) ([]Entry, error) {
	r, who, err := o.check(ctx, day, identity, request)
	var list []Entry
	var damage error
	if err == nil {
		list, damage, err = o.read(day, who)
	}
	reading := Reading{Opened, holder(identity), r.Manager}
	var no *refusal
	switch {
	case errors.As(err, &no):
		reading.Result = no.result
	case err != nil:
		return nil, err // the machine's fault: nothing was seen
	}
	if failed := o.Recorder.RecordReading(ctx, reading); failed != nil {
		return nil, errors.Join(err, fmt.Errorf("the access trail cannot be written, so nothing is shown: %w", failed))
	}
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(e Entry) bool { return e.Event.purpose() != r.Purpose })
	return list, damage
}

// check answers the request, and the identity that it is for. A nonce is used up last, so
// that nobody spends one who could not open.
func (o Opening) check(ctx context.Context, day string, identity, request []byte) (Request, *age.X25519Identity, error) {
	r, err := decodeRequest(request)
	if err != nil {
		return Request{}, nil, refuse(Malformed, "the request cannot be used: %v", err)
	}
	who := matching(identity, r.Recipient)
	now := time.Now()
	switch signed := r.signature(o.Managers); {
	case signed == Unsigned:
		return r, who, refuse(Unsigned, "the request is not signed; have a manager make one with `ekermed-server journal request`")
	case signed != Opened:
		return r, who, refuse(signed, "the request is not signed by a key in journal.managers, or was changed afterwards; have a manager make a new one")
	case !r.fresh(now):
		return r, who, refuse(Stale, "the request has expired, is more than %s old or comes from the future; check both clocks, and have a manager make a new one", RequestLife)
	case r.Day != day:
		return r, who, refuse(OtherDay, "the request is for %s, not for %s; have a manager make one for that day", r.Day, day)
	case r.Purpose != Outages && r.Purpose != Billing:
		return r, who, refuse(Unfit, "the journal is not there for the purpose %q; a request may be for %s or %s", r.Purpose, Outages, Billing)
	case !slices.Contains(o.Recipients, r.Recipient):
		return r, who, refuse(Stranger, "the request names a key that is not in journal.recipients; have a manager make one for one of the three")
	case who == nil:
		return r, who, refuse(Stranger, "this identity is not the one that the request is for; each of the three opens with their own, on a request that names it")
	case due(day, now):
		return r, who, refuse(Destroyed, "%s is more than %d days ago; its key has been destroyed", day, Kept)
	}
	first, err := o.Nonces.UseNonce(ctx, r.Nonce, r.Issued.Add(2*RequestLife))
	if err != nil {
		return r, who, fmt.Errorf("noting that the request is used: %w", err)
	}
	if !first {
		return r, who, refuse(Replayed, "the request was used before; have a manager make a new one")
	}
	return r, who, nil
}

// holder is the public key of the first identity in a file.
func holder(file []byte) string {
	list, err := age.ParseIdentities(bytes.NewReader(file))
	if err != nil {
		return ""
	}
	if x, ok := list[0].(*age.X25519Identity); ok {
		return x.Recipient().String()
	}
	return ""
}

// matching is the identity of a file that has this public key, or nil.
func matching(file []byte, public string) *age.X25519Identity {
	list, err := age.ParseIdentities(bytes.NewReader(file))
	if err != nil {
		return nil
	}
	for _, i := range list {
		if x, ok := i.(*age.X25519Identity); ok && x.Recipient().String() == public {
			return x
		}
	}
	return nil
}

// read opens every segment of a day.
func (o Opening) read(day string, who age.Identity) (list []Entry, damage, err error) {
	half, err := vault(o.Vault).half(day)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, refuse(Destroyed, "journal.vault has no key for %s: it was destroyed, or there was no journal that day", day)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("key of %s in journal.vault: %w", day, err)
	}
	defer clear(half)
	paths, err := segments(filepath.Join(o.Data, folderName), day)
	if err != nil {
		return nil, nil, err
	}
	opened := 0
	for _, path := range paths {
		s, err := readSegment(path)
		if errors.Is(err, errTorn) {
			continue
		}
		var entries []Entry
		if err == nil {
			entries, err = s.open(who, half)
		}
		if err != nil {
			damage = errors.Join(damage, fmt.Errorf("segment %d of %s: %w", numberOf(path), day, err))
		}
		if err == nil || entries != nil {
			opened++
		}
		list = append(list, entries...)
	}
	if opened == 0 && damage != nil {
		return nil, nil, refuse(Destroyed, "%s cannot be opened: %v", day, damage)
	}
	return list, damage, nil
}

// open decrypts a segment. Records that are damaged are skipped and told.
func (s *segment) open(who age.Identity, half []byte) ([]Entry, error) {
	if nameOf(half) != s.half {
		return nil, errors.New("its key in journal.vault was lost, and another has taken its place")
	}
	plain, err := age.Decrypt(bytes.NewReader(s.sealed), who)
	if err != nil {
		return nil, errors.New("it was written for other keys than that of this identity")
	}
	a, err := io.ReadAll(io.LimitReader(plain, halfSize+1))
	if err != nil || len(a) != halfSize {
		return nil, errors.New("its head is damaged")
	}
	keys, err := newRatchet(a, bytes.Clone(half), s.first[:])
	if err != nil {
		return nil, err
	}
	list := make([]Entry, 0, len(s.records))
	var damage error
	for i, record := range s.records {
		e, err := keys.unseal(record, s.after(i))
		switch {
		case err == nil:
			list = append(list, e)
		case damage == nil:
			damage = fmt.Errorf("record %d is damaged and left out; `ekermed-server journal verify` tells more", i+1)
		}
	}
	return list, damage
}
