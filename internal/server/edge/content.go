package edge

import "encoding/binary"

// What a packet or a stream is for, by its first bytes (RFC 7983, RFC 8489, RFC 8656).
const (
	stunHeader  = 20
	magicCookie = 0x2112a442
	binding     = 0x001
	username    = 0x0006
	// A TURN packet is no larger than what the relay reads at once; longer ones are not
	// TURN over UDP, which stays below the path's MTU.
	turnMTU = 1600
)

// forTURN tells whether a packet on the shared UDP socket is for the STUN and TURN
// server. All others are for the SFU: ICE checks (Binding requests with a USERNAME and
// answers to ours), DTLS, SRTP.
func forTURN(b []byte) bool {
	switch {
	case len(b) == 0:
		return false
	case b[0] >= 64 && b[0] <= 79: // ChannelData
		return true
	case b[0] > 3 || len(b) < stunHeader || binary.BigEndian.Uint32(b[4:]) != magicCookie:
		return false
	}
	kind := binary.BigEndian.Uint16(b)
	if method := kind&0x000f | kind&0x00e0>>1 | kind&0x3e00>>2; method != binding {
		return true
	}
	if request := kind&0x0110 == 0; !request {
		return false
	}
	for b = b[stunHeader:]; len(b) >= 4; {
		length := (int(binary.BigEndian.Uint16(b[2:])) + 3) &^ 3
		if binary.BigEndian.Uint16(b) == username {
			return false
		}
		if len(b) < 4+length {
			break
		}
		b = b[4+length:]
	}
	return true
}

// speaksTURN judges the first byte of a stream: the two highest bits of STUN are zero,
// and no HTTP method begins so.
func speaksTURN(first byte) bool { return first&0xc0 == 0 }
