package seal

import (
	"fmt"
	"sync"

	"ekermed.example/ekermed/internal/call/wire"
)

// Sender seals what one participant sends. One counter runs for all their tracks, so
// that no nonce is used twice. Any goroutine may use it.
type Sender struct {
	mu    sync.Mutex
	key   *frameKey
	ctr   uint64
	clear bool
}

// use changes the key; the counter begins anew with it.
func (s *Sender) use(base []byte, kid uint64) error {
	key, err := newFrameKey(base, kid)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key, s.ctr = key, 0
	return nil
}

// open lets frames pass in clear, or not.
func (s *Sender) open(clear bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear = clear
}

// Seal returns the frame as it may leave: sealed, in memory of its own; or frame itself
// when somebody in the call cannot open sealed ones, which the screen says then.
func (s *Sender) Seal(kind wire.Kind, frame []byte) ([]byte, error) {
	s.mu.Lock()
	key, ctr := s.key, s.ctr
	if s.clear {
		s.mu.Unlock()
		return frame, nil
	}
	s.ctr++
	s.mu.Unlock()
	n := clearBytes(kind)
	if key == nil || len(frame) < n {
		return nil, fmt.Errorf("sealing %s of %d bytes: no key, or nothing to seal", kind, len(frame))
	}
	out := make([]byte, n, len(frame)+Overhead)
	copy(out, frame)
	return key.seal(out, ctr, metadata(kind, frame[:n]), frame[n:]), nil
}
