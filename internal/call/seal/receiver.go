package seal

import (
	"errors"
	"slices"
	"sync"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// ErrNoKey: the frame is sealed with a key that is not here, not yet or not any more.
var ErrNoKey = errors.New("no key for this frame")

var (
	errRepeated = errors.New("a sealed frame came twice")
	errLate     = errors.New("a sealed frame came far too late")
)

// How keys of a sender are kept. The one before is still needed for frames on their way.
const (
	keysKept = 4
	oldLife  = 5 * time.Second
	// behind is how far a stream may begin behind what was opened already: a track that
	// comes two ways during a change.
	behind = 512
)

// Receiver opens what one other participant sends. Any goroutine may use it.
type Receiver struct {
	now func() time.Time

	mu     sync.Mutex
	keys   []*heldKey // oldest first
	clear  bool
	counts Counts
}

type heldKey struct {
	*frameKey
	newest uint64    // highest counter opened, plus one
	since  time.Time // when a newer key was first used; zero while none was
}

// Counts are how many frames were opened, refused as forged or far too late, dropped for
// want of a key, and dropped because they were opened before: networks repeat packets.
type Counts struct{ Opened, Refused, NoKey, Repeated uint64 }

func newReceiver(now func() time.Time) *Receiver { return &Receiver{now: now} }

// add takes a key; one that is here already stays.
func (r *Receiver) add(base []byte, kid uint64) error {
	key, err := newFrameKey(base, kid)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.keys, func(k *heldKey) bool { return k.kid == kid }) {
		return nil
	}
	r.keys = append(r.keys, &heldKey{frameKey: key})
	if len(r.keys) > keysKept {
		r.keys = r.keys[len(r.keys)-keysKept:]
	}
	return nil
}

// forget drops all keys: the sender begins anew.
func (r *Receiver) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = nil
}

// open lets frames pass that are not sealed, or not.
func (r *Receiver) open(clear bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear = clear
}

// Counts tells how it goes.
func (r *Receiver) Counts() Counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts
}

// Stream is one track of the sender on one connection; its frames may come out of order
// by a few, and never twice. Its own goroutine uses it.
type Stream struct {
	from    *Receiver
	kind    wire.Kind
	windows map[*heldKey]*window
}

// Stream begins a track.
func (r *Receiver) Stream(kind wire.Kind) *Stream {
	return &Stream{from: r, kind: kind, windows: map[*heldKey]*window{}}
}

// Open returns the frame, in memory of its own when it was sealed. What cannot be opened
// must not be shown.
func (s *Stream) Open(frame []byte) ([]byte, error) {
	r := s.from
	n := clearBytes(s.kind)
	h, size, err := parseHeader(frame[min(n, len(frame)):])
	if err == nil && len(frame) < n+size+tagSize {
		err = errShort
	}
	r.mu.Lock()
	clear := r.clear
	var key *heldKey
	if err == nil {
		key = r.findLocked(h.kid)
	}
	r.mu.Unlock()
	switch {
	case key == nil && clear:
		return frame, nil
	case err != nil:
		return nil, r.refuse(err)
	case key == nil:
		return nil, r.miss()
	}
	plain, err := key.open(append(make([]byte, 0, len(frame)), frame[:n]...), h, size, metadata(s.kind, frame[:n]), frame[n:])
	if err != nil {
		if clear {
			return frame, nil // its first bytes look like a header
		}
		return nil, r.refuse(err)
	}
	if err := s.fresh(key, h.ctr); err != nil {
		return nil, r.refuse(err)
	}
	return plain, nil
}

// findLocked returns the key, after it let old ones go.
func (r *Receiver) findLocked(kid uint64) *heldKey {
	now := r.now()
	r.keys = slices.DeleteFunc(r.keys, func(k *heldKey) bool { return !k.since.IsZero() && now.Sub(k.since) > oldLife })
	for _, k := range r.keys {
		if k.kid == kid {
			return k
		}
	}
	return nil
}

func (r *Receiver) refuse(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == errRepeated {
		r.counts.Repeated++
	} else {
		r.counts.Refused++
	}
	return err
}

func (r *Receiver) miss() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.NoKey++
	return ErrNoKey
}

// fresh notes a frame that is authentic; an error when it came before.
func (s *Stream) fresh(key *heldKey, ctr uint64) error {
	r := s.from
	r.mu.Lock()
	defer r.mu.Unlock()
	w := s.windows[key]
	if w == nil {
		if ctr+behind < key.newest {
			return errLate
		}
		w = &window{}
		s.windows[key] = w
		for old := range s.windows {
			if !slices.Contains(r.keys, old) && old != key {
				delete(s.windows, old)
			}
		}
	}
	if err := w.take(ctr); err != nil {
		return err
	}
	r.counts.Opened++
	if key.newest == 0 { // the first of this key: those before it are old now
		now := r.now()
		for _, k := range r.keys {
			if k == key {
				break
			}
			if k.since.IsZero() {
				k.since = now
			}
		}
	}
	key.newest = max(key.newest, ctr+1)
	return nil
}

// window remembers which of the newest counters were seen.
type window struct {
	top  uint64 // highest seen, plus one
	seen [windowSize / 64]uint64
}

const windowSize = 256

func (w *window) take(ctr uint64) error {
	if ctr >= w.top {
		for n := w.top; n <= ctr && n < w.top+windowSize; n++ {
			w.seen[n%windowSize/64] &^= 1 << (n % 64)
		}
		if ctr >= w.top+windowSize {
			clear(w.seen[:])
		}
		w.top = ctr + 1
	} else if ctr+windowSize < w.top {
		return errLate
	}
	at, bit := ctr%windowSize/64, uint64(1)<<(ctr%64)
	if w.seen[at]&bit != 0 {
		return errRepeated
	}
	w.seen[at] |= bit
	return nil
}
