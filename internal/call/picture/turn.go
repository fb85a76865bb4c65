package picture

import (
	"bytes"
	"encoding/binary"
	"image"
)

// Turned is a picture turned clockwise by quarters of a circle, which may be negative. The same
// picture is answered when there is nothing to turn.
func Turned(m *image.RGBA, quarters int) *image.RGBA {
	switch ((quarters % 4) + 4) % 4 {
	case 1:
		return moved(m, true, func(x, y, w, h int) (int, int) { return h - 1 - y, x })
	case 2:
		return moved(m, false, func(x, y, w, h int) (int, int) { return w - 1 - x, h - 1 - y })
	case 3:
		return moved(m, true, func(x, y, w, h int) (int, int) { return y, w - 1 - x })
	}
	return m
}

// held turns a picture as its camera was held: orientation is that of EXIF, 1 to 8.
func held(m *image.RGBA, orientation int) *image.RGBA {
	if orientation == 2 || orientation == 4 || orientation == 5 || orientation == 7 {
		m = moved(m, false, func(x, y, w, h int) (int, int) { return w - 1 - x, y }) // mirrored besides
	}
	switch orientation {
	case 3, 4:
		return Turned(m, 2)
	case 5, 8:
		return Turned(m, 3)
	case 6, 7:
		return Turned(m, 1)
	}
	return m
}

// moved takes each pixel to another place, in a picture of the same size, or with sides swapped.
func moved(m *image.RGBA, swap bool, to func(x, y, w, h int) (int, int)) *image.RGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	size := image.Pt(w, h)
	if swap {
		size = image.Pt(h, w)
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	for y := range h {
		row := m.Pix[y*m.Stride:]
		for x := range w {
			tx, ty := to(x, y, w, h)
			copy(out.Pix[ty*out.Stride+4*tx:][:4], row[4*x:])
		}
	}
	return out
}

// orientation finds how the camera was held in the EXIF part of a JPEG (CIPA DC-008, 4.6.4,
// tag 0x0112): 1 to 8, and 1 where nothing is said. Of some hundred tags this one is wanted,
// so it is looked for here rather than by a library that reads them all.
func orientation(content []byte) int {
	if KindOf(content) != JPEG {
		return 1
	}
	for at := 2; at+4 <= len(content) && content[at] == 0xff; {
		marker, length := content[at+1], int(binary.BigEndian.Uint16(content[at+2:]))
		if marker == 0xff {
			at++ // a byte that fills up
			continue
		}
		if marker == 0xda || length < 2 || at+2+length > len(content) {
			break // the pixels begin
		}
		if part := content[at+4 : at+2+length]; marker == 0xe1 && bytes.HasPrefix(part, []byte("Exif\x00\x00")) {
			return tagged(part[6:])
		}
		at += 2 + length
	}
	return 1
}

// tagged looks through the first directory of a TIFF header.
func tagged(tiff []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(tiff, []byte("MM")) {
		order = binary.BigEndian
	}
	if len(tiff) < 10 {
		return 1
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := int(order.Uint16(tiff[at:]))
	tiff = tiff[at+2:]
	for range entries {
		if len(tiff) < 12 {
			break
		}
		if order.Uint16(tiff) == 0x0112 {
			if v := int(order.Uint16(tiff[8:])); v >= 1 && v <= 8 {
				return v
			}
		}
		tiff = tiff[12:]
	}
	return 1
}
