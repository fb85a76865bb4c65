package proxy

import (
	"strings"
	"testing"
)

// Whatever a proxy says: no panic, no endless reading, and Basic only where it is named.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\n\r\nhello", "HTTP/1.0 407 Who\r\nProxy-Authenticate: Negotiate, Basic realm=\"a, b\\\"\"\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "\x16\x03\x01",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		source := strings.NewReader(s)
		answer, err := newInput(source).answer()
		if read := len(s) - source.Len(); read > answerLimit {
			t.Errorf("read %d bytes", read)
		}
		if err != nil {
			if answer != nil || len(err.Error()) > 200 {
				t.Errorf("%v and %q", answer, err)
			}
			return
		}
		if answer.StatusCode/100 == 1 {
			t.Errorf("took %s", answer.Status)
		}
		named := answer.Header.Values("Proxy-Authenticate")
		if basic(named) && len(named) > 0 && !strings.Contains(strings.ToLower(strings.Join(named, " ")), "basic") {
			t.Errorf("Basic in %q", named)
		}
	})
}
