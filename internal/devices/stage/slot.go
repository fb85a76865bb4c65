package stage

import (
	"image"
	"sync"
)

// Slot keeps the newest picture for a screen that looks when it likes. It recycles
// four buffers in turn: the one being written, the newest, the one the reader holds,
// and one to spare, so that a picture handed out is never written to while it is the
// last one handed out. There is one reader.
type Slot struct {
	put    sync.Mutex // held by whoever puts a picture in
	scaler Scaler
	mid    *image.YCbCr

	mu     sync.Mutex
	ring   [4]*image.RGBA
	latest int // index of the newest; -1: none
	lent   int // index the reader holds; -1: none
	turn   int
	seq    uint64
	w, h   int // largest tile; 0: the picture's own size
}

// NewSlot makes a slot for tiles of at most w × h pixels; pictures keep their shape and
// are never enlarged.
func NewSlot(w, h int) *Slot { return &Slot{latest: -1, lent: -1, w: w, h: h} }

// Resize changes the size of the tile, from the next picture on.
func (s *Slot) Resize(w, h int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.w, s.h = w, h
}

// Put scales, converts and publishes a picture. The picture is not kept.
func (s *Slot) Put(m *image.YCbCr) {
	s.put.Lock()
	defer s.put.Unlock()
	s.mu.Lock()
	maxW, maxH := s.w, s.h
	at := s.free()
	s.mu.Unlock()
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if maxW > 0 && maxH > 0 && (w > maxW || h > maxH) {
		w, h = Fit(w, h, maxW, maxH)
		if s.mid == nil || s.mid.Rect.Dx() != w || s.mid.Rect.Dy() != h {
			s.mid = image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
		}
		s.scaler.Scale(s.mid, m, false)
		m = s.mid
	}
	out := s.ring[at]
	if out == nil || out.Rect.Dx() != w || out.Rect.Dy() != h {
		out = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	if Convert(out, m) != nil {
		return // a camera with another chroma ratio never comes here: it was scaled
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring[at], s.latest = out, at
	s.seq++
}

// free finds the buffer unused for longest.
func (s *Slot) free() int {
	for {
		s.turn = (s.turn + 1) % len(s.ring)
		if s.turn != s.latest && s.turn != s.lent {
			return s.turn
		}
	}
}

// Latest returns the newest picture and its number, which grows with each; nil when
// there is none. The picture stays as it is until Latest has returned another one.
func (s *Slot) Latest() (*image.RGBA, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest < 0 {
		return nil, s.seq
	}
	s.lent = s.latest
	return s.ring[s.latest], s.seq
}

// Clear takes the picture away, so that nothing old is shown as if it were live.
func (s *Slot) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest >= 0 {
		s.latest = -1
		s.seq++
	}
}
