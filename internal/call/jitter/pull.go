package jitter

// Pull returns what to play for the next 20 ms (or for the packets' own length, if the
// sender uses another). It never blocks.
func (a *Audio) Pull() Unit {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return Unit{}
	}
	a.arrival.relax()
	if !a.playing && !a.beginLocked() {
		return Unit{}
	}
	a.reviewLocked()
	if a.hold {
		a.hold = false
		a.stats.Concealed++
		return Unit{Kind: Lost}
	}
	a.shortenLocked()
	if p := a.at(a.next); p != nil {
		return a.dueLocked(p)
	}
	if a.highestNumber() < a.next {
		return a.dryLocked()
	}
	return a.missingLocked()
}

func (a *Audio) at(number int64) *audioPacket {
	s := &a.ring[number%audioWindow]
	if !s.used || s.number != number {
		return nil
	}
	return s
}

// highestNumber is that of the last packet taken in.
func (a *Audio) highestNumber() int64 { return a.seq.highest }

// lossy is the share of lost packets from which on one unit more is buffered, so that
// the packet after a lost one is there in time to recover it.
const lossy = 0.01

// wantedLocked is the delay to aim for.
func (a *Audio) wantedLocked() int64 {
	target := a.arrival.target()
	if a.loss > lossy {
		target += a.span
	}
	return target
}

// lostLocked counts packets that were not there in time.
func (a *Audio) lostLocked(n int64) {
	a.stats.Lost += uint64(n)
	a.loss += (1 - a.loss) * float64(min(n, 10)) / 256
}

// following finds the first packet at or after number.
func (a *Audio) following(number int64) *audioPacket {
	for n := number; n <= a.highestNumber() && n < number+audioWindow; n++ {
		if p := a.at(n); p != nil {
			return p
		}
	}
	return nil
}

// beginLocked starts to play once enough is there, or the first packet waited long enough.
func (a *Audio) beginLocked() bool {
	first := a.following(a.next)
	if first == nil {
		return false
	}
	target := a.wantedLocked()
	buffered := a.highest + a.span - first.timestamp
	a.waited++
	if buffered < target && int64(a.waited)*unit < target+unit {
		return false
	}
	a.playing, a.held = true, 0
	a.skipLocked(target)
	first = a.following(a.next)
	a.next, a.clock = first.number, first.timestamp
	return true
}

// skipLocked leaves out packets until no more than the target is buffered.
func (a *Audio) skipLocked(target int64) {
	for {
		first := a.following(a.next)
		if first == nil || a.highest+a.span-first.timestamp <= target+a.span || a.following(first.number+1) == nil {
			return // the last one always stays
		}
		first.used = false
		a.next = first.number + 1
		a.stats.Dropped++
	}
}

// reviewLocked compares the delay with the target, once a second: the highest level in
// that second is the delay of the packets that were not held up.
func (a *Audio) reviewLocked() {
	level := a.highest + a.span - a.clock
	target := a.wantedLocked() + a.span
	a.level = max(a.level, level)
	if level > target+most {
		// A burst after a stall. Late sound is worse than a gap.
		a.skipLocked(target)
		if first := a.following(a.next); first != nil {
			a.next, a.clock = first.number, first.timestamp
		}
		a.level, a.pulls, a.arrived = 0, 0, 0
		return
	}
	a.pulls++
	if a.pulls < review {
		return
	}
	// With few packets (a pause of the sender) the level says nothing.
	if a.arrived >= review/2 {
		switch {
		case a.level < target-a.span:
			a.hold = true
		case a.level > target+a.span && a.drop == 0:
			a.drop = review - 1
		}
	}
	a.level, a.pulls, a.arrived = 0, 0, 0
	if a.hold {
		// Growing is urgent: look again soon.
		a.pulls = review * 4 / 5
		a.arrived = review / 2
	}
}

// shortenLocked leaves out the packet that is due, if it is a quiet one, or if none
// was quiet for a second.
func (a *Audio) shortenLocked() {
	if a.drop == 0 {
		return
	}
	a.drop--
	p := a.at(a.next)
	if p == nil || a.at(a.next+1) == nil {
		return
	}
	if a.drop > 0 && len(p.payload)*16 > a.size*3/4 {
		return
	}
	p.used = false
	a.next++
	a.clock = p.timestamp + a.span
	a.drop = 0
	a.stats.Dropped++
}

// dueLocked plays p, unless its time has not come because the sender paused.
func (a *Audio) dueLocked(p *audioPacket) Unit {
	ahead := p.timestamp - a.clock
	if a.held > 0 {
		// What was made up meanwhile counts as time gone by.
		ahead -= min(max(ahead, 0), int64(a.held)*a.span)
		a.held = 0
		a.clock = p.timestamp - ahead
	}
	if ahead > a.span/2 && ahead <= farJump {
		a.clock += a.span
		return Unit{}
	}
	p.used = false
	a.next++
	a.clock = p.timestamp + a.span
	a.loss -= a.loss / 256
	a.one = append(a.one[:0], p.payload...)
	return Unit{Payload: a.one, Kind: Present}
}

// dryLocked makes up for having nothing at all. The clock stands still: when packets
// come again, they are not late, the delay has grown.
func (a *Audio) dryLocked() Unit {
	a.held++
	if a.held > patience {
		a.pauseLocked()
		return Unit{}
	}
	if a.held > concealed {
		return Unit{}
	}
	a.stats.Concealed++
	return Unit{Kind: Lost}
}

// missingLocked makes up for a hole that has something behind it.
func (a *Audio) missingLocked() Unit {
	p := a.following(a.next)
	if p == nil {
		a.next = a.highestNumber() + 1
		return a.dryLocked()
	}
	left := p.timestamp - a.clock
	if a.held > 0 {
		left -= min(max(left, 0), int64(a.held)*a.span)
		a.held = 0
		a.clock = p.timestamp - left
	}
	if left <= a.span/2 || left > farJump {
		// Its time has come, or this is another beginning: go on with it.
		a.lostLocked(p.number - a.next)
		a.next = p.number
		return a.dueLocked(p)
	}
	a.clock += a.span
	a.stats.Concealed++
	if p.number == a.next+1 {
		a.lostLocked(1)
		a.next++
		a.two = append(a.two[:0], p.payload...)
		return Unit{Next: a.two, Kind: Lost}
	}
	if p.number > a.next {
		a.lostLocked(1)
		a.next++
	}
	return Unit{Kind: Lost}
}
