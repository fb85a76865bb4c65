package proxy

import (
	"context"
	"net/url"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The system is asked once for many connections, and again after a while; when it takes
// long, the connection does not wait for it.
func TestFinder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		slow := 10 * time.Second
		f := finder{seen: map[string]*finding{}, find: func(u *url.URL) (*url.URL, error) {
			asked.Add(1)
			time.Sleep(slow)
			return url.Parse("http://proxy.test?" + u.String())
		}}
		start := time.Now()
		if p, err := f.proxy(t.Context(), target); p != nil || err != nil || time.Since(start) != findLimit {
			t.Errorf("%v %v after %s", p, err, time.Since(start))
		}
		time.Sleep(slow)
		for range 3 {
			if p, err := f.proxy(t.Context(), target); err != nil || p == nil || p.RawQuery != "https://"+target+"/" {
				t.Errorf("%v %v", p, err)
			}
		}
		if asked.Load() != 1 {
			t.Errorf("asked %d times", asked.Load())
		}
		time.Sleep(findAgain)
		slow = 0
		if _, err := f.proxy(t.Context(), target); err != nil || asked.Load() != 2 {
			t.Errorf("asked %d times, %v", asked.Load(), err)
		}
		slow = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := f.proxy(ctx, "other.test:443"); err == nil {
			t.Error("waited longer than it may")
		}
		time.Sleep(slow)
	})
}
