package jitter

// descriptor is what a VP8 payload descriptor says (RFC 7741, section 4.2), as far as
// putting frames together needs it.
type descriptor struct {
	size  int  // bytes to skip
	start bool // first packet of a frame: S set and partition 0
	key   bool // that frame is a key frame (RFC 6386, section 9.1)
	picture
}

// picture is a PictureID; modulus is 0 when the sender gives none.
type picture struct {
	id      uint16
	modulus uint32 // 2 to the power of 7 or 15
}

// follows tells whether p is the picture next to before, when no more than missing
// packets lie between them.
func (p picture) follows(before picture, missing int64) bool {
	return p.modulus > 0 && p.modulus == before.modulus && missing < int64(p.modulus) &&
		uint32(p.id) == (uint32(before.id)+1)%p.modulus
}

// describe reads the descriptor; ok is false when the payload is too short for it.
func describe(b []byte) (d descriptor, ok bool) {
	if len(b) == 0 {
		return d, false
	}
	at := 1
	if b[0]&0x80 != 0 { // X: extensions
		if len(b) < 2 {
			return d, false
		}
		ext := b[1]
		at = 2
		if ext&0x80 != 0 { // I: picture id, one or two bytes
			if len(b) <= at {
				return d, false
			}
			d.picture = picture{uint16(b[at]), 1 << 7}
			if b[at]&0x80 != 0 {
				if len(b) <= at+1 {
					return d, false
				}
				d.picture = picture{uint16(b[at]&0x7f)<<8 | uint16(b[at+1]), 1 << 15}
				at++
			}
			at++
		}
		if ext&0x40 != 0 { // L: TL0PICIDX
			at++
		}
		if ext&0x30 != 0 { // T or K: TID, Y, KEYIDX
			at++
		}
	}
	if len(b) <= at {
		return d, false
	}
	d.size = at
	d.start = b[0]&0x17 == 0x10
	d.key = d.start && b[at]&1 == 0
	return d, true
}
