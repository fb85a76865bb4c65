package jitter

import "time"

// clockRate is that of Opus in RTP, whatever is encoded (RFC 7587, section 4.1).
const clockRate = 48000

// unit is 20 ms in the units of clockRate.
const unit = clockRate / 50

const (
	binSize   = clockRate / 200 // 5 ms
	bins      = 100             // up to 500 ms
	baseSlots = 8               // seconds that the fastest packet is remembered
)

// arrival learns how unevenly packets come: for each, how much longer it travelled
// than the fastest of the last seconds (the relative transit of RFC 3550, section
// 6.4.1, kept as a histogram that forgets). From it comes the delay that lets all but
// a few arrive in time.
type arrival struct {
	epoch   time.Time
	base    [baseSlots]int64
	filled  [baseSlots]bool
	second  int64
	weights [bins]float64
	seen    int
	// peak is the lateness of packets that came too late, and falls slowly.
	peak float64
}

// observe takes in one packet and returns its relative transit in clock units.
func (a *arrival) observe(timestamp int64, now time.Time) int64 {
	if a.epoch.IsZero() {
		a.epoch = now
		// Before anything is known, assume 40 ms.
		a.weights[40*clockRate/1000/binSize] = 1
	}
	since := now.Sub(a.epoch)
	transit := since.Microseconds()*clockRate/1_000_000 - timestamp
	second := int64(since / time.Second)
	for a.second < second {
		a.second++
		a.filled[a.second%baseSlots] = false
		if second-a.second > baseSlots {
			a.second = second - baseSlots
		}
	}
	k := second % baseSlots
	if !a.filled[k] || transit < a.base[k] {
		a.base[k], a.filled[k] = transit, true
	}
	least := transit
	for i, ok := range a.filled {
		if ok {
			least = min(least, a.base[i])
		}
	}
	relative := transit - least
	a.learn(relative)
	return relative
}

func (a *arrival) learn(relative int64) {
	a.seen++
	keep := min(1-1/float64(a.seen+2), 0.995)
	for i := range a.weights {
		a.weights[i] *= keep
	}
	a.weights[min(max(relative/binSize, 0), bins-1)] += 1 - keep
}

// tooLate notes that a packet with this relative transit missed its moment.
func (a *arrival) tooLate(relative int64) {
	a.peak = max(a.peak, float64(min(relative, bins*binSize)))
}

// relax lets the memory of late packets fade, once for each 20 ms: by half in 14 s.
func (a *arrival) relax() { a.peak *= 0.999 }

// forget starts again, after the source changed.
func (a *arrival) forget() { *a = arrival{peak: a.peak} }

// target is the wanted delay in clock units: 97 % of packets are faster.
func (a *arrival) target() int64 {
	sum := 0.0
	at := 0
	for ; at < bins-1; at++ {
		sum += a.weights[at]
		if sum >= 0.97 {
			break
		}
	}
	return min(max(int64(at+1)*binSize, int64(a.peak)+binSize), bins*binSize)
}
