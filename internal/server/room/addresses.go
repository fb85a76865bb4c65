package room

import (
	"slices"
	"strconv"
	"strings"
)

// What one side may learn of the other when no address is to be known (threat 17): the
// server, which hands offers, answers and candidates on, lets only relays through. The
// client is asked to make no others, and need not be trusted to obey.

// relayed is a candidate (RFC 8839 section 5.1) as the other side may see it: that of a
// relay, without the address that the relay sees; empty for any other.
func relayed(candidate string) string {
	words := strings.Fields(candidate)
	if len(words) == 0 {
		return candidate // the end of candidates
	}
	// Where browsers read the type, and nowhere else.
	if len(words) < 8 || words[6] != "typ" || words[7] != "relay" || slices.Contains(words[8:], "typ") {
		return ""
	}
	for _, number := range []string{words[1], words[3], words[5]} { // component, priority, port: no place for an address
		if _, err := strconv.ParseUint(number, 10, 32); err != nil {
			return ""
		}
	}
	for i := 8; i+1 < len(words); i += 2 {
		switch words[i] {
		case "raddr":
			words[i+1] = "0.0.0.0"
		case "rport":
			words[i+1] = "0"
		}
	}
	return strings.Join(words, " ")
}

// hideAddresses takes out of an SDP every address that is not a relay's.
func hideAddresses(sdp string) string {
	var kept []string
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(sdp), "\n") {
		switch {
		case strings.HasPrefix(line, "a=candidate:"):
			candidate := relayed(strings.TrimPrefix(line, "a="))
			if candidate == "" {
				continue
			}
			line = "a=" + candidate
		case strings.HasPrefix(line, "c="):
			line = "c=IN IP4 0.0.0.0"
		case strings.HasPrefix(line, "o="):
			if words := strings.Fields(line); len(words) == 6 {
				line = strings.Join(append(words[:3], "IN", "IP4", "0.0.0.0"), " ")
			}
		case strings.HasPrefix(line, "a=rtcp:"), strings.HasPrefix(line, "a=remote-candidates:"):
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\r\n")
}
