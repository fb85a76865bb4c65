package room

import (
	"strings"
	"testing"
)

// FuzzHideAddresses: whatever a client sends, only relays are named in what the other
// side gets, and no address that a relay sees.
func FuzzHideAddresses(f *testing.F) {
	f.Add("v=0\r\no=- 1 2 IN IP4 192.168.7.4\r\nc=IN IP4 192.168.7.4\r\na=candidate:1 1 udp 1 192.168.7.4 9 typ host\r\n")
	f.Add("a=candidate:2 1 udp 99 198.51.100.10 50001 typ relay raddr 192.168.7.4 rport 50000\n")
	f.Add("a=rtcp:9 IN IP6 ::1\ra=candidate:x typ relay typ host")
	f.Add("a=candidate:2 1 udp raddr 192.168.10 50001 typ relay raddr 192.168.7.4 rport 50000\n")
	f.Fuzz(func(t *testing.T, sdp string) {
		for line := range strings.SplitSeq(hideAddresses(sdp), "\r\n") {
			words := strings.Fields(line)
			for i := 0; i+1 < len(words); i++ {
				if words[i] == "typ" && strings.HasPrefix(line, "a=candidate:") && words[len(words)-1] != "typ" && !strings.Contains(line, "typ relay") {
					t.Errorf("%q lets %q through", sdp, line)
				}
				if words[i] == "raddr" && strings.HasPrefix(line, "a=candidate:") && words[i+1] != "0.0.0.0" {
					t.Errorf("%q lets %q through", sdp, line)
				}
			}
			if strings.HasPrefix(line, "c=") && line != "c=IN IP4 0.0.0.0" {
				t.Errorf("%q lets %q through", sdp, line)
			}
		}
	})
}
