package pipewire

import (
	"bytes"
	"debug/elf"
	"errors"
	"image"
	"math"
	"os"
	"strings"
	"testing"
)

// A picture of two rows of three pixels in a memory of 64 bytes, 16 a row, beginning at 8.
func small() frame {
	return frame{order: bgrx, width: 3, height: 2, maxSize: 64, offset: 8, size: 32, stride: 16}
}

func memory() []byte {
	m := make([]byte, 64)
	for i := range m {
		m[i] = byte(i)
	}
	return m
}

func TestFrame(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*frame)
		size   image.Point
		pix    []byte
	}{
		"rows with a gap": {func(*frame) {}, image.Pt(3, 2), []byte{8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35}},
		"tight":           {func(f *frame) { f.stride = 12 }, image.Pt(3, 2), memory()[8:32]},
		"red first":       {func(f *frame) { f.order, f.height = rgbx, 1 }, image.Pt(3, 1), []byte{10, 9, 8, 11, 14, 13, 12, 15, 18, 17, 16, 19}},
		"to the last":     {func(f *frame) { f.offset, f.size = 36, 28 }, image.Pt(3, 2), append(memory()[36:48:48], memory()[52:64]...)},
		"a part":          {func(f *frame) { f.cropped, f.cropX, f.cropY, f.cropW, f.cropH = true, 1, 1, 1, 1 }, image.Pt(1, 1), memory()[28:32]},
		"a part beyond": {func(f *frame) { f.cropped, f.cropX, f.cropY, f.cropW, f.cropH = true, -1, -5, 2, math.MaxUint32 }, image.Pt(1, 2),
			append(memory()[8:12:12], memory()[24:28]...)},
	} {
		t.Run(name, func(t *testing.T) {
			f := small()
			c.change(&f)
			p, err := f.check()
			if err != nil {
				t.Fatal(err)
			}
			if pix := p.tighten(memory()[p.offset:][:p.length]); p.size != c.size || !bytes.Equal(pix, c.pix) {
				t.Errorf("%v %d, want %v %d", p.size, pix, c.size, c.pix)
			}
		})
	}
}

func TestNoFrame(t *testing.T) {
	for name, change := range map[string]func(*frame){
		"unknown colours":  func(f *frame) { f.order = 0 },
		"no width":         func(f *frame) { f.width = 0 },
		"no height":        func(f *frame) { f.height = 0 },
		"too wide":         func(f *frame) { f.width, f.stride = sideMost+1, 4*sideMost+4 },
		"too high":         func(f *frame) { f.height = math.MaxUint32 },
		"rows too short":   func(f *frame) { f.stride = 11 },
		"rows backwards":   func(f *frame) { f.stride = -16 },
		"rows too long":    func(f *frame) { f.height, f.stride = 1, math.MaxInt32 },
		"too little":       func(f *frame) { f.size = 27 },
		"beyond the end":   func(f *frame) { f.offset = 37 },
		"far beyond":       func(f *frame) { f.offset = math.MaxUint32 },
		"nothing shown":    func(f *frame) { f.cropped = true },
		"a part elsewhere": func(f *frame) { f.cropped, f.cropX, f.cropW, f.cropH = true, 3, 1, 1 },
		"a part before":    func(f *frame) { f.cropped, f.cropX, f.cropW, f.cropH = true, math.MinInt32, 7, 7 },
	} {
		f := small()
		change(&f)
		if p, err := f.check(); !errors.Is(err, errFrame) {
			t.Errorf("%s: %+v %v", name, p, err)
		}
	}
}

// FuzzFrame: whatever the other side says, nothing outside the memory is read.
func FuzzFrame(f *testing.F) {
	s := small()
	f.Add(1, s.width, s.height, s.offset, s.size, s.stride, uint32(64), false, int32(0), int32(0), uint32(0), uint32(0))
	f.Add(2, s.width, s.height, s.offset, s.size, s.stride, uint32(64), true, int32(-1), int32(1), uint32(9), uint32(math.MaxUint32))
	f.Fuzz(func(t *testing.T, colours int, width, height, offset, size uint32, stride int32, most uint32, cropped bool, x, y int32, w, h uint32) {
		most %= 1 << 16
		told := frame{order(colours), width, height, cropped, x, y, w, h, most, offset, size, stride}
		p, err := told.check()
		if err != nil {
			return
		}
		if pix := p.tighten(make([]byte, most)[p.offset:][:p.length]); len(pix) != 4*p.size.X*p.size.Y || p.size.X < 1 || p.size.Y < 1 {
			t.Errorf("%+v gave %d bytes of %v", told, len(pix), p.size)
		}
	})
}

// The program starts where there is no PipeWire: the library is not among those it needs.
func TestNotLinked(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	needs, err := program.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range needs {
		if strings.Contains(name, "pipewire") {
			t.Errorf("this program does not start without %s", name)
		}
	}
}
