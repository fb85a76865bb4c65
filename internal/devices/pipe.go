package devices

import "sync"

// pipe carries sound from a device's thread to a goroutine. It is bounded: when nobody
// reads, the oldest sound is forgotten.
type pipe struct {
	fresh chan struct{}

	mu     sync.Mutex
	ring   []int16
	at, n  int // first sample, how many
	forgot int // samples forgotten since the last read
}

func newPipe(samples int) *pipe {
	return &pipe{fresh: make(chan struct{}, 1), ring: make([]int16, samples)}
}

// write never blocks.
func (p *pipe) write(pcm []int16) {
	p.mu.Lock()
	for _, v := range pcm {
		p.ring[(p.at+p.n)%len(p.ring)] = v
		if p.n < len(p.ring) {
			p.n++
		} else {
			p.at = (p.at + 1) % len(p.ring)
			p.forgot++
		}
	}
	p.mu.Unlock()
	select {
	case p.fresh <- struct{}{}:
	default:
	}
}

// read fills pcm and tells how many samples were forgotten before it; ok is false when
// there is not enough yet.
func (p *pipe) read(pcm []int16) (forgot int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n < len(pcm) {
		return 0, false
	}
	p.takeLocked(pcm)
	forgot, p.forgot = p.forgot, 0
	return forgot, true
}

func (p *pipe) takeLocked(pcm []int16) {
	for i := range pcm {
		pcm[i] = p.ring[(p.at+i)%len(p.ring)]
	}
	p.at = (p.at + len(pcm)) % len(p.ring)
	p.n -= len(pcm)
}

// readUpTo fills pcm with what there is and silence after it, and first forgets the
// oldest so that no more than keep samples stay behind.
func (p *pipe) readUpTo(pcm []int16, keep int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n > keep+len(pcm) {
		skip := p.n - keep/2 - len(pcm)
		p.at = (p.at + skip) % len(p.ring)
		p.n -= skip
	}
	have := min(p.n, len(pcm))
	p.takeLocked(pcm[:have])
	clear(pcm[have:])
	p.forgot = 0
}

// empty forgets everything.
func (p *pipe) empty() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n, p.forgot = 0, 0
}
