package stage

import (
	"fmt"
	"image"
)

// Convert writes a 4:2:0 picture in limited range BT.601 into dst, an RGBA picture of
// the same size with tight rows, two rows and two columns at a time because they share
// their colour. Coefficients are those of ITU-R BT.601 in 1/65536.
func Convert(dst *image.RGBA, src *image.YCbCr) error {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	if dst.Rect.Dx() != w || dst.Rect.Dy() != h || dst.Stride != 4*w || src.SubsampleRatio != image.YCbCrSubsampleRatio420 {
		return fmt.Errorf("converting %dx%d (%v) into %dx%d with stride %d: want equal sizes, 4:2:0 and tight rows",
			w, h, src.SubsampleRatio, dst.Rect.Dx(), dst.Rect.Dy(), dst.Stride)
	}
	y0, c0 := src.YOffset(src.Rect.Min.X, src.Rect.Min.Y), src.COffset(src.Rect.Min.X, src.Rect.Min.Y)
	cw := (w + 1) / 2
	for row := 0; row < h; row += 2 {
		c := c0 + row/2*src.CStride
		cb, cr := src.Cb[c:c+cw], src.Cr[c:c+cw]
		a := y0 + row*src.YStride
		pair(dst.Pix[row*dst.Stride:][:4*w], src.Y[a:a+w], cb, cr)
		if row+1 < h {
			a += src.YStride
			pair(dst.Pix[(row+1)*dst.Stride:][:4*w], src.Y[a:a+w], cb, cr)
		}
	}
	return nil
}

// pair converts one row; two neighbours share one colour.
func pair(out, luma, cb, cr []byte) {
	n := len(luma) / 2
	cb, cr = cb[:len(cb):len(cb)], cr[:len(cb)]
	for i := range n {
		u, v := int32(cb[i])-128, int32(cr[i])-128
		r := 104597*v + 32768
		g := -25675*u - 53279*v + 32768
		b := 132201*u + 32768
		two := luma[2*i : 2*i+2]
		eight := out[8*i : 8*i+8]
		y := (int32(two[0]) - 16) * 76309
		eight[0], eight[1], eight[2], eight[3] = clip(y+r), clip(y+g), clip(y+b), 255
		y = (int32(two[1]) - 16) * 76309
		eight[4], eight[5], eight[6], eight[7] = clip(y+r), clip(y+g), clip(y+b), 255
	}
	if len(luma)&1 != 0 {
		u, v := int32(cb[n])-128, int32(cr[n])-128
		y := (int32(luma[2*n])-16)*76309 + 32768
		out[8*n], out[8*n+1] = clip(y+104597*v), clip(y-25675*u-53279*v)
		out[8*n+2], out[8*n+3] = clip(y+132201*u), 255
	}
}

// clip brings a value in 1/65536 into 0 to 255.
func clip(v int32) byte {
	if uint32(v) < 1<<24 {
		return byte(v >> 16)
	}
	return byte(^(v >> 31))
}

// FromImage writes any picture into a 4:2:0 one of the same size in limited range, for
// the rare camera that delivers RGB. It is slow and general.
func FromImage(dst *image.YCbCr, src image.Image) {
	b := src.Bounds()
	for row := 0; row < dst.Rect.Dy(); row++ {
		for col := 0; col < dst.Rect.Dx(); col++ {
			r, g, bl, _ := src.At(b.Min.X+col, b.Min.Y+row).RGBA()
			y, cb, cr := FromRGB(byte(r>>8), byte(g>>8), byte(bl>>8))
			dst.Y[row*dst.YStride+col] = y
			if row&1 == 0 && col&1 == 0 {
				dst.Cb[row/2*dst.CStride+col/2], dst.Cr[row/2*dst.CStride+col/2] = cb, cr
			}
		}
	}
}

// FromRGB is the limited-range BT.601 colour of an RGB one.
func FromRGB(r, g, b byte) (y, cb, cr byte) {
	ri, gi, bi := int(r), int(g), int(b)
	return byte((16829*ri + 33039*gi + 6416*bi + 16<<16 + 32768) >> 16),
		byte((-9714*ri - 19071*gi + 28784*bi + 128<<16 + 32768) >> 16),
		byte((28784*ri - 24103*gi - 4681*bi + 128<<16 + 32768) >> 16)
}

// FromBGRX writes a picture of four bytes a pixel, blue first, in tight rows, into a 4:2:0
// one of the same size in limited range.
func FromBGRX(dst *image.YCbCr, pix []byte) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	for row := 0; row < h; row++ {
		line := pix[4*w*row : 4*w*(row+1)]
		out := dst.Y[row*dst.YStride : row*dst.YStride+w]
		for col := range out {
			p := line[4*col : 4*col+4]
			out[col] = byte((16829*int(p[2]) + 33039*int(p[1]) + 6416*int(p[0]) + 16<<16 + 32768) >> 16)
		}
		if row&1 != 0 {
			continue
		}
		below := line
		if row+1 < h {
			below = pix[4*w*(row+1) : 4*w*(row+2)]
		}
		for col := 0; col < w; col += 2 { // the mean of four, or text gets coloured edges
			next := min(col+1, w-1)
			var b, g, r int
			for _, p := range [4][]byte{line[4*col:], line[4*next:], below[4*col:], below[4*next:]} {
				b, g, r = b+int(p[0]), g+int(p[1]), r+int(p[2])
			}
			at := row/2*dst.CStride + col/2
			dst.Cb[at] = byte((-9714*r - 19071*g + 28784*b + 512<<16 + 131072) >> 18)
			dst.Cr[at] = byte((28784*r - 24103*g - 4681*b + 512<<16 + 131072) >> 18)
		}
	}
}
