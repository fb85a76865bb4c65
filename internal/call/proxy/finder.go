package proxy

import (
	"context"
	"net/url"
	"sync"
	"time"
)

const (
	// findLimit is how long a connection waits to be told its proxy: where systems look
	// for a script in vain, they look for long.
	findLimit = 4 * time.Second
	// findAgain is how long an answer counts.
	findAgain = 30 * time.Second
)

// finder asks for the proxy of each target, and remembers for a while.
type finder struct {
	find func(target *url.URL) (*url.URL, error)

	mu   sync.Mutex
	seen map[string]*finding
}

// finding is one answer, there once done is closed.
type finding struct {
	done  chan struct{}
	proxy *url.URL
	err   error
	at    time.Time
}

func (f *finder) proxy(ctx context.Context, address string) (*url.URL, error) {
	if f.find == nil {
		return nil, nil
	}
	now := f.ask(address)
	timer := time.NewTimer(findLimit)
	defer timer.Stop()
	select {
	case <-now.done:
	case <-timer.C:
		return nil, nil // as if there were none; the answer is there next time
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if now.err != nil {
		return nil, &UnreachableError{Err: now.err}
	}
	return now.proxy, nil
}

// ask begins to look for a proxy unless that is under way or was done a moment ago.
func (f *finder) ask(address string) *finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old := f.seen[address]; old != nil {
		select {
		case <-old.done:
			if time.Since(old.at) < findAgain {
				return old
			}
		default:
			return old
		}
	}
	if len(f.seen) > 32 { // servers are few
		clear(f.seen)
	}
	now := &finding{done: make(chan struct{})}
	f.seen[address] = now
	go func() { // ends with the system's answer
		defer close(now.done)
		now.proxy, now.err = f.find(&url.URL{Scheme: "https", Host: address, Path: "/"})
		now.at = time.Now()
	}()
	return now
}
