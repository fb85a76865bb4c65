package stage

import "image"

// Scaler resizes pictures plane by plane with bilinear filtering, averaging 2×2 first
// when it must shrink to less than half. It keeps its tables between frames of the
// same size. Not for use by two goroutines at once.
type Scaler struct {
	luma, chroma axis
	half         [2]*image.YCbCr
	// squeeze maps full range to limited range, for cameras that deliver JPEG.
	squeeze *[2][256]byte
}

// axis is where each column of the result looks in the source: left neighbour and
// weight of the right one in 1/256.
type axis struct {
	from, to int
	index    []int32
	weight   []int32
}

func (a *axis) prepare(from, to int) {
	if a.from == from && a.to == to {
		return
	}
	a.from, a.to = from, to
	a.index, a.weight = make([]int32, to), make([]int32, to)
	for i := range to {
		a.index[i], a.weight[i] = position(i, from, to)
	}
}

// position maps the middle of result sample i into the source, in 1/256 of a sample.
func position(i, from, to int) (index, weight int32) {
	p := (int64(2*i+1)*int64(from)*128/int64(to) - 128)
	p = min(max(p, 0), int64(from-1)*256)
	index, weight = int32(p>>8), int32(p&255)
	if int(index) == from-1 && from > 1 {
		index, weight = index-1, 256
	}
	return index, weight
}

// Scale writes src, of any size and chroma ratio, into dst, which must be 4:2:0 with
// tight planes (as image.NewYCbCr makes them). With fullRange the source is JPEG's
// full range and is brought to limited range.
func (s *Scaler) Scale(dst, src *image.YCbCr, fullRange bool) {
	// Two buffers in turn: halving again must not read and write the same one.
	for turn := 0; dst.Rect.Dx()*2 < src.Rect.Dx() && dst.Rect.Dy()*2 < src.Rect.Dy(); turn ^= 1 {
		s.half[turn] = halve(s.half[turn], src)
		src = s.half[turn]
	}
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	sw, sh := src.Rect.Dx(), src.Rect.Dy()
	cw, ch := chromaSize(src)
	y0, c0 := src.YOffset(src.Rect.Min.X, src.Rect.Min.Y), src.COffset(src.Rect.Min.X, src.Rect.Min.Y)
	s.luma.prepare(sw, w)
	s.chroma.prepare(cw, (w+1)/2)
	scalePlane(dst.Y, dst.YStride, w, h, src.Y[y0:], src.YStride, sw, sh, &s.luma)
	scalePlane(dst.Cb, dst.CStride, (w+1)/2, (h+1)/2, src.Cb[c0:], src.CStride, cw, ch, &s.chroma)
	scalePlane(dst.Cr, dst.CStride, (w+1)/2, (h+1)/2, src.Cr[c0:], src.CStride, cw, ch, &s.chroma)
	if fullRange {
		s.limit(dst)
	}
}

// chromaSize is the size of the colour planes.
func chromaSize(m *image.YCbCr) (w, h int) {
	w, h = m.Rect.Dx(), m.Rect.Dy()
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		return (w + 1) / 2, h
	case image.YCbCrSubsampleRatio420:
		return (w + 1) / 2, (h + 1) / 2
	case image.YCbCrSubsampleRatio440:
		return w, (h + 1) / 2
	case image.YCbCrSubsampleRatio411:
		return (w + 3) / 4, h
	case image.YCbCrSubsampleRatio410:
		return (w + 3) / 4, (h + 1) / 2
	}
	return w, h
}

func scalePlane(dst []byte, dstride, w, h int, src []byte, sstride, sw, sh int, x *axis) {
	if sw == w && sh == h {
		for row := range h {
			copy(dst[row*dstride:row*dstride+w], src[row*sstride:])
		}
		return
	}
	index, weight := x.index[:w], x.weight[:w]
	for row := range h {
		top, down := position(row, sh, h)
		a := src[int(top)*sstride:]
		b := a
		if sh > 1 {
			b = src[int(top+1)*sstride:]
		}
		out := dst[row*dstride : row*dstride+w]
		if sw == 1 {
			for i := range out {
				out[i] = byte((int32(a[0])*(256-down) + int32(b[0])*down) >> 8)
			}
			continue
		}
		for i := range out {
			at, right := index[i], weight[i]
			pa, pb := a[at:at+2], b[at:at+2]
			up := int32(pa[0])*(256-right) + int32(pa[1])*right
			lo := int32(pb[0])*(256-right) + int32(pb[1])*right
			out[i] = byte((up*(256-down) + lo*down + 32768) >> 16)
		}
	}
}

// halve averages 2×2, so that shrinking a lot does not skip pixels and flicker. It
// writes into to when that has the right size.
func halve(to, src *image.YCbCr) *image.YCbCr {
	w, h := src.Rect.Dx()/2, src.Rect.Dy()/2
	if to == nil || to.Rect.Dx() != w || to.Rect.Dy() != h || to.SubsampleRatio != src.SubsampleRatio {
		to = image.NewYCbCr(image.Rect(0, 0, w, h), src.SubsampleRatio)
	}
	y0, c0 := src.YOffset(src.Rect.Min.X, src.Rect.Min.Y), src.COffset(src.Rect.Min.X, src.Rect.Min.Y)
	scw, sch := chromaSize(src)
	cw, ch := chromaSize(to)
	cw, ch = min(cw, max(scw/2, 1)), min(ch, max(sch/2, 1))
	halvePlane(to.Y, to.YStride, w, h, src.Y[y0:], src.YStride)
	if scw > 1 && sch > 1 {
		halvePlane(to.Cb, to.CStride, cw, ch, src.Cb[c0:], src.CStride)
		halvePlane(to.Cr, to.CStride, cw, ch, src.Cr[c0:], src.CStride)
	}
	// An odd source leaves the last column or row of colour without a pair.
	extend(to.Cb, to.CStride, to, cw, ch)
	extend(to.Cr, to.CStride, to, cw, ch)
	return to
}

func extend(plane []byte, stride int, m *image.YCbCr, cw, ch int) {
	w, h := chromaSize(m)
	for row := 0; w > cw && row < ch; row++ {
		plane[row*stride+cw] = plane[row*stride+cw-1]
	}
	if h > ch {
		copy(plane[ch*stride:ch*stride+w], plane[(ch-1)*stride:])
	}
}

func halvePlane(dst []byte, dstride, w, h int, src []byte, sstride int) {
	for row := range h {
		a, b := src[2*row*sstride:][:2*w], src[(2*row+1)*sstride:][:2*w]
		out := dst[row*dstride : row*dstride+w]
		for i := range out {
			pa, pb := a[2*i:2*i+2], b[2*i:2*i+2]
			out[i] = byte((int(pa[0]) + int(pa[1]) + int(pb[0]) + int(pb[1]) + 2) >> 2)
		}
	}
}

func (s *Scaler) limit(m *image.YCbCr) {
	if s.squeeze == nil {
		s.squeeze = &[2][256]byte{}
		for i := range 256 {
			s.squeeze[0][i] = byte(16 + (i*219+127)/255)
			s.squeeze[1][i] = byte(128 + (i-128)*224/255)
		}
	}
	for i, v := range m.Y {
		m.Y[i] = s.squeeze[0][v]
	}
	for i, v := range m.Cb {
		m.Cb[i] = s.squeeze[1][v]
	}
	for i, v := range m.Cr {
		m.Cr[i] = s.squeeze[1][v]
	}
}

// Fit is the largest even size within maxW × maxH that has the shape of w × h and is
// not larger than it; at least 2 × 2.
func Fit(w, h, maxW, maxH int) (int, int) {
	if w > maxW {
		w, h = maxW, h*maxW/w
	}
	if h > maxH {
		w, h = w*maxH/h, maxH
	}
	return max(w&^1, 2), max(h&^1, 2)
}
