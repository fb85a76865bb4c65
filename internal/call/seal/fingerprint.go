package seal

import (
	"slices"
	"strings"
)

// Fingerprints are the certificates that a session description names (RFC 8122, section
// 5): in lower case, sorted, without repetition, joined by a space.
func Fingerprints(sdp string) string {
	var all []string
	for line := range strings.Lines(sdp) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "a=fingerprint:"); ok {
			all = append(all, strings.ToLower(strings.TrimSpace(value)))
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}
