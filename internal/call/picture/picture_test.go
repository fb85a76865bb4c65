package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

// corners is a picture of four colours, so that it is seen how it lies: red, green / blue, white.
func corners(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	all := [2][2]color.RGBA{{{255, 0, 0, 255}, {0, 255, 0, 255}}, {{0, 0, 255, 255}, {255, 255, 255, 255}}}
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, all[2*y/h][2*x/w])
		}
	}
	return m
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// exif puts an EXIF part with an orientation, and a place that nobody should learn, into a JPEG.
func exif(content []byte, order binary.AppendByteOrder, head string, orientation uint16) []byte {
	part := append([]byte("Exif\x00\x00"+head), order.AppendUint16(nil, 42)...)
	part = order.AppendUint32(part, 8)
	part = order.AppendUint16(part, 2)
	for _, tag := range [][2]uint16{{0x010f, 7}, {0x0112, orientation}} {
		part = order.AppendUint16(part, tag[0])
		part = order.AppendUint16(part, 3)
		part = order.AppendUint32(part, 1)
		part = order.AppendUint16(part, tag[1])
		part = order.AppendUint16(part, 0)
	}
	part = append(part, "Brest 48.39 N 4.48 W"...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(part)+2))...)
	return append(append(out, part...), content[2:]...)
}

// looks names the corners of a picture, clockwise from the upper left.
func looks(m image.Image) string {
	b := m.Bounds()
	name := ""
	for _, at := range []image.Point{{4, 4}, {b.Dx() - 5, 4}, {b.Dx() - 5, b.Dy() - 5}, {4, b.Dy() - 5}} {
		r, g, bl, _ := m.At(b.Min.X+at.X, b.Min.Y+at.Y).RGBA()
		switch red, green, blue := r > 0x8000, g > 0x8000, bl > 0x8000; {
		case red && green && blue:
			name += "w"
		case red:
			name += "r"
		case green:
			name += "g"
		case blue:
			name += "b"
		default:
			name += "?"
		}
	}
	return name
}

func TestRead(t *testing.T) {
	p, err := Read(asPNG(t, corners(400, 300)))
	if err != nil || p.Width != 400 || p.Height != 300 || looks(p.Image) != "rgwb" || len(p.SHA) != 64 {
		t.Fatalf("%+v %v", p, err)
	}
	p, err = Read(asJPEG(t, image.NewGray(image.Rect(0, 0, 6000, 50))))
	if err != nil || p.Width != 6000 || p.Image.Rect.Size() != image.Pt(3200, 26) {
		t.Errorf("%+v %v", p, err)
	}
	// What is clear lies on paper.
	p, err = Read(asPNG(t, image.NewNRGBA(image.Rect(0, 0, 40, 40))))
	if err != nil || looks(p.Image) != "wwww" {
		t.Errorf("a clear picture: %v %v", looks(p.Image), err)
	}
}

func TestNoPicture(t *testing.T) {
	good := asPNG(t, corners(400, 300))
	bomb := bytes.Clone(good) // a PNG that says it has 16000 × 16000 pixels
	copy(bomb[16:], []byte{0, 0, 0x3e, 0x80, 0, 0, 0x3e, 0x80})
	long := asJPEG(t, image.NewGray(image.Rect(0, 0, 16385, 1)))
	for name, content := range map[string][]byte{
		"empty": nil, "svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "half": good[:len(good)/2], "half a JPEG": asJPEG(t, corners(200, 200))[:700],
		"pdf": []byte("%PDF-1.7"), "gif": []byte("GIF89a\x01\x00\x01\x00"), "bomb": bomb, "long": long, "large": append(bytes.Clone(good), make([]byte, MaxBytes)...),
	} {
		var why Error
		if _, err := Read(content); !errors.As(err, &why) || why.Why == "" {
			t.Errorf("%s is read: %v", name, err)
		}
		if _, err := Upright(content, Longest); !errors.As(err, &why) {
			t.Errorf("%s is seen: %v", name, err)
		}
		if _, err := Redraw(content, 1, 0); !errors.As(err, &why) {
			t.Errorf("%s is drawn anew: %v", name, err)
		}
	}
}

func TestTurned(t *testing.T) {
	m := corners(60, 40)
	for quarters, want := range map[int]string{0: "rgwb", 1: "brgw", 2: "wbrg", 3: "gwbr", 4: "rgwb", -1: "gwbr", -5: "gwbr"} {
		got := Turned(m, quarters)
		size := image.Pt(60, 40)
		if quarters%2 != 0 {
			size = image.Pt(40, 60)
		}
		if looks(got) != want || got.Rect.Size() != size {
			t.Errorf("%d quarters: %s, %v", quarters, looks(got), got.Rect.Size())
		}
	}
	for orientation, want := range map[int]string{1: "rgwb", 2: "grbw", 3: "wbrg", 4: "bwgr", 5: "rbwg", 6: "brgw", 7: "wgrb", 8: "gwbr", 9: "rgwb"} {
		if got := looks(held(m, orientation)); got != want {
			t.Errorf("held as %d: %s, not %s", orientation, got, want)
		}
	}
}

// A telephone's picture is seen as it was held, and what is handed on says nothing else.
func TestRedraw(t *testing.T) {
	plain := asJPEG(t, corners(600, 400))
	for _, order := range []struct {
		binary.AppendByteOrder
		head string
	}{{binary.LittleEndian, "II"}, {binary.BigEndian, "MM"}} {
		content := exif(plain, order, order.head, 6)
		seen, err := Upright(content, Longest)
		if err != nil || looks(seen) != "brgw" || seen.Rect.Size() != image.Pt(400, 600) {
			t.Fatalf("%s: %v %v", order.head, seen.Rect, err)
		}
		out, err := Redraw(content, 1, 300)
		if err != nil || KindOf(out) != JPEG || bytes.Contains(out, []byte("Brest")) || bytes.Contains(out, []byte("Exif")) {
			t.Fatalf("%s: %v", order.head, err)
		}
		p, err := Read(out)
		if err != nil || looks(p.Image) != "wbrg" || p.Width != 300 || p.Height != 200 {
			t.Errorf("%s: %+v %v", order.head, p, err)
		}
	}
	out, err := Redraw(asPNG(t, corners(600, 400)), -1, 0)
	if err != nil || KindOf(out) != PNG {
		t.Fatal(err)
	}
	if p, err := Read(out); err != nil || looks(p.Image) != "gwbr" || p.Width != 400 {
		t.Errorf("%+v %v", p, err)
	}
}

func FuzzPicture(f *testing.F) {
	f.Add(asPNG(f, corners(40, 30)))
	f.Add(asJPEG(f, corners(40, 30)))
	f.Add(exif(asJPEG(f, corners(8, 8)), binary.LittleEndian, "II", 6))
	f.Add(exif(asJPEG(f, corners(8, 8)), binary.BigEndian, "MM", 3))
	f.Fuzz(func(t *testing.T, content []byte) {
		if n := orientation(content); n < 1 || n > 8 {
			t.Fatal(n)
		}
		if len(content) > 33 && KindOf(content) == PNG {
			copy(content[16:], []byte{0, 0, 0, content[19], 0, 0, 0, content[23]}) // small, so that much is tried
		}
		p, err := Read(content)
		if err == nil && (p.Image.Rect.Empty() || p.Width < 1) {
			t.Fatal("an empty picture")
		}
		if err != nil || p.Width*p.Height > 1<<20 {
			return
		}
		out, err := Redraw(content, 1, 64)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Read(out); err != nil || max(again.Width, again.Height) > 64 {
			t.Fatalf("%+v %v", again, err)
		}
	})
}

// What has letters stays sharp, what has a photograph stays small.
func TestEncode(t *testing.T) {
	noise := image.NewRGBA(image.Rect(0, 0, 1200, 1000))
	for i, v := 0, uint32(1); i < len(noise.Pix); i++ {
		v = v*1664525 + 1013904223
		noise.Pix[i] = byte(v >> 24)
	}
	for i := 3; i < len(noise.Pix); i += 4 {
		noise.Pix[i] = 255
	}
	for name, tt := range map[string]struct {
		m    *image.RGBA
		kind string
	}{"letters": {corners(1200, 1000), PNG}, "a scan": {noise, JPEG}} {
		content, err := Encode(tt.m)
		if err != nil || KindOf(content) != tt.kind || len(content) > sharpMost {
			t.Errorf("%s: %s of %d bytes, %v", name, KindOf(content), len(content), err)
		}
		if p, err := Read(content); err != nil || p.Width != 1200 || p.Height != 1000 {
			t.Errorf("%s: %+v %v", name, p, err)
		}
	}
}
