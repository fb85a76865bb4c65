package jitter

import "time"

// at returns the packet of this number, nil when it is not there.
func (v *Video) at(number int64) *videoPacket {
	s := &v.ring[number%videoWindow]
	if !s.used || s.number != number {
		return nil
	}
	return s
}

// found is what a walk over the packets of one frame came to.
type found int

const (
	whole   found = iota // complete; end is the number after it
	hole                 // a packet is missing at end
	broken               // not the beginning of a frame
	nothing              // no packet there or after
)

// walk looks at the frame that should begin at number.
func (v *Video) walk(number int64) (end int64, what found) {
	first := v.at(number)
	switch {
	case first == nil && number > v.seq.highest:
		return number, nothing
	case first == nil:
		return number, hole
	case first.padding || !first.start:
		return number, broken
	}
	for end = number; end <= v.seq.highest; end++ {
		p := v.at(end)
		switch {
		case p == nil:
			return end, hole
		case p.padding:
			continue
		case p.timestamp != first.timestamp || (end > number && p.start):
			return end, whole // its sender sets no marker
		case p.marker:
			return end + 1, whole
		}
	}
	return end, nothing
}

// stepLocked yields a frame, or says how long to sleep and whether to ask for a key frame.
func (v *Video) stepLocked(now time.Time) (f Frame, wait time.Duration, ask, ok bool) {
	const long = time.Hour
	if v.synced {
		v.skipPadding()
		end, what := v.walk(v.next)
		switch what {
		case whole:
			return v.takeLocked(v.next, end, now), 0, false, true
		case nothing:
			v.gapAt = time.Time{}
			return f, long, false, false
		case hole:
			if v.gapAt.IsZero() || v.gap != end {
				v.gap, v.gapAt = end, now
			}
			if left := v.bound - now.Sub(v.gapAt); left > 0 {
				return f, left, false, false
			}
		}
		v.synced = false
		v.gapAt = time.Time{}
		v.stats.Concealed++
	}
	// Out of step: only a key frame helps. One that is nearly there is waited for.
	coming := false
	for n := v.next; n <= v.seq.highest; n++ {
		p := v.at(n)
		if p == nil || !p.key {
			continue
		}
		end, what := v.walk(n)
		if what == whole {
			return v.takeLocked(n, end, now), 0, false, true
		}
		if now.Sub(p.arrived) < v.bound {
			coming = true
		}
	}
	if coming {
		return f, leastBound / 4, false, false
	}
	if left := firstPatience - now.Sub(v.begun); left > 0 {
		return f, left, false, false
	}
	if v.stats.Received == v.keyAfter {
		return f, long, false, false // nobody sends: asking would be noise
	}
	if left := keyEvery - now.Sub(v.keyAt); left > 0 && !v.keyAt.IsZero() {
		return f, left, false, false
	}
	v.keyAt, v.keyAfter = now, v.stats.Received
	v.stats.KeyFrames++
	return f, keyEvery, true, false
}

// skipPadding goes on to the next picture over what holds nothing of one: padding that
// came, and padding that was lost. The latter is known by the pictures around it, whose
// numbers follow one another: a sender without RTX (RFC 4588) counts padding between
// frames among its packets, and cannot send it again.
func (v *Video) skipPadding() {
	end, missing := v.next, int64(0)
	for n := v.next; n <= v.seq.highest; n++ {
		p := v.at(n)
		if p == nil {
			missing++
			continue
		}
		if !p.padding {
			if p.start && p.follows(v.picture, missing) {
				end = n
			}
			break
		}
		if missing == 0 {
			end = n + 1
		}
	}
	for ; v.next < end; v.next++ {
		if p := v.at(v.next); p != nil {
			p.used = false
		}
	}
}

// takeLocked copies the frame out and gives up everything before it.
func (v *Video) takeLocked(begin, end int64, now time.Time) Frame {
	first := v.at(begin)
	f := Frame{Timestamp: first.timestamp, Key: first.key}
	size := 0
	earliest := first.arrived
	for n := begin; n < end; n++ {
		p := v.at(n)
		size += len(p.payload)
		if p.arrived.Before(earliest) {
			earliest = p.arrived
		}
	}
	f.Data = make([]byte, 0, size)
	for n := begin; n < end; n++ {
		f.Data = append(f.Data, v.at(n).payload...)
	}
	started := v.taken
	v.taken = true
	for n := v.next; n < end; n++ {
		if p := v.at(n); p != nil {
			p.used = false
		} else if started {
			v.stats.Lost++
		}
	}
	v.next, v.synced, v.gapAt = end, true, time.Time{}
	v.picture = first.picture
	v.stats.Delay += (now.Sub(earliest) - v.stats.Delay) / 16
	return f
}
