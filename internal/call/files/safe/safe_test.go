package safe

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// names is what hostile and honest names become, for both twins.
func names(t testing.TB) [][2]string {
	t.Helper()
	b, err := os.ReadFile("testdata/names.json")
	if err != nil {
		t.Fatal(err)
	}
	var all [][2]string
	if err := json.Unmarshal(b, &all); err != nil || len(all) < 40 {
		t.Fatalf("%d names, %v", len(all), err)
	}
	return all
}

// Threats 18 and 19: no path, nothing that hides or turns letters, no device, no hidden file.
func TestName(t *testing.T) {
	for _, n := range names(t) {
		if got := Name(n[0]); got != n[1] {
			t.Errorf("%q becomes %q, want %q", n[0], got, n[1])
		}
	}
	for _, n := range []string{"\xff\xfe.txt", "a\xffb.txt"} { // no UTF-8, which JSON cannot hold
		if got := Name(n); !utf8.ValidString(got) || !strings.HasSuffix(got, "txt") {
			t.Errorf("%q becomes %q", n, got)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, n := range names(f) {
		f.Add(n[0])
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := Name(s)
		if n == "" || len(n) > MaxName+1 || !utf8.ValidString(n) || strings.ContainsAny(n, "/\\:*?\"<>|\x00\n\u202e\u200b") || strings.HasPrefix(n, ".") || strings.HasSuffix(n, ".") || strings.HasSuffix(n, " ") || reserved(n) || filepath.Base(n) != n {
			t.Fatalf("%q becomes %q", s, n)
		}
		if next := numbered(n, 7); !utf8.ValidString(next) || filepath.Base(next) != next || Extension(next) != Extension(n) || !strings.Contains(next, " (7)") {
			t.Fatalf("%q is numbered %q", n, next)
		}
		if again := Name(n); again != n {
			t.Fatalf("%q becomes %q, and that %q", s, n, again)
		}
	})
}

// What is in a file counts, and its name where that is worse.
func TestKind(t *testing.T) {
	exe := append([]byte("MZ"), make([]byte, 200)...)
	binary.LittleEndian.PutUint32(exe[0x3c:], 0x80)
	copy(exe[0x80:], "PE\x00\x00")
	for _, tt := range []struct {
		name    string
		content []byte
		mime    string
		warning Warning
	}{
		{"a.png", picture(t, "png", 3, 3), "image/png", None},
		{"a.JPG", picture(t, "jpeg", 3, 3), "image/jpeg", None},
		{"a.jpg", picture(t, "png", 3, 3), "image/png", Mismatch},
		{"lettre.pdf", []byte("%PDF-1.7\n1 0 obj"), "application/pdf", None},
		{"lettre.pdf", exe, "application/vnd.microsoft.portable-executable", Program},
		{"photo.jpg.exe", picture(t, "jpeg", 3, 3), "image/jpeg", Program},
		{"photo.jpg", []byte("\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 100)), "application/x-elf", Program},
		{"notes.txt", []byte("#!/bin/sh\nrm -rf /\n"), "text/x-shellscript", Program},
		{"notes.txt", []byte("bonjour"), "text/plain", None},
		{"a.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "image/svg+xml", Active},
		{"a.png", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`), "image/svg+xml", Active},
		{"a.txt", []byte("<!DOCTYPE html><html><script>x</script>"), "text/html", Active},
		{"bilan.docm", []byte("PK\x03\x04 and so on"), "application/zip", Macros},
		{"a.lnk", []byte("whatever"), "text/plain", Program},
		{"a.unknown", []byte{0, 1, 2, 3}, "application/octet-stream", None},
		{"README", []byte("x"), "text/plain", None},
	} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, tt.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if k, err := KindOf(path, tt.name); err != nil || k.MIME != tt.mime || k.Warning != tt.warning {
			t.Errorf("%s: %+v, %v; want %s %q", tt.name, k, err, tt.mime, tt.warning)
		}
		if k := KindOfBytes(tt.content, tt.name); k.MIME != tt.mime || k.Warning != tt.warning {
			t.Errorf("%s, in memory: %+v", tt.name, k)
		}
	}
	if _, err := KindOf(filepath.Join(t.TempDir(), "none"), "none"); err == nil {
		t.Error("a file that there is not has a kind")
	}
}

func picture(t testing.TB, format string, w, h int) []byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.RGBA{200, 30, 30, 255}})
	for i := range m.Pix {
		m.Pix[i] = 1
	}
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, m)
	case "jpeg":
		err = jpeg.Encode(&b, m, nil)
	case "gif":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a PNG that says it is w by h, and is next to nothing.
func bomb(t testing.TB, w, h uint32) []byte {
	t.Helper()
	b := picture(t, "png", 1, 1)
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// webp1 is a lossless WebP of one pixel.
const webp1 = "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"

func TestThumbnail(t *testing.T) {
	for _, tt := range []struct {
		name string
		b    []byte
		w, h int // 0: none
	}{
		{"wide", picture(t, "png", 1000, 500), 256, 128},
		{"high", picture(t, "jpeg", 300, 900), 85, 256},
		{"small", picture(t, "gif", 7, 9), 7, 9},
		{"a line", picture(t, "png", 5000, 1), 256, 1},
		{"webp", []byte(webp1), 1, 1},
		{"too many pixels", picture(t, "png", 6000, 6000), 0, 0},
		{"a bomb", bomb(t, 20_000, 20_000), 0, 0},
		{"a larger one", bomb(t, 1<<31-1, 1<<31-1), 0, 0},
		{"cut", picture(t, "png", 100, 100)[:60], 0, 0},
		{"svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`), 0, 0},
		{"bmp", []byte("BM" + strings.Repeat("\x00", 60)), 0, 0},
		{"sound", []byte("RIFF\x24\x00\x00\x00WAVEfmt "), 0, 0},
		{"nothing", nil, 0, 0},
	} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, tt.b, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := Thumbnail(path)
		switch {
		case tt.w == 0 && err == nil:
			t.Errorf("%s: a picture of %v", tt.name, m.Bounds())
		case tt.w > 0 && (err != nil || m.Bounds() != image.Rect(0, 0, tt.w, tt.h)):
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, picture(t, "png", 1000, 500), 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := Thumbnail(path); err != nil || m.RGBAAt(100, 100) != (color.RGBA{200, 30, 30, 255}) {
		t.Errorf("the colours: %v", err)
	}
}

func FuzzThumbnail(f *testing.F) {
	for _, b := range [][]byte{picture(f, "png", 5, 5), picture(f, "jpeg", 5, 5), picture(f, "gif", 5, 5), []byte(webp1), bomb(f, 9999, 9999)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		m, err := thumbnail(bytes.NewReader(b))
		if err == nil && (m.Bounds().Dx() > ThumbnailSize || m.Bounds().Dy() > ThumbnailSize || m.Bounds().Empty()) {
			t.Fatal(m.Bounds())
		}
	})
}

func scanner(t *testing.T, script string) Scanner {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the scanners of this test are shell scripts")
	}
	path := filepath.Join(t.TempDir(), "scan")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return Scanner{Command: []string{path, "--no-summary", "{file}"}, Limit: time.Minute}
}

// The IT department's scanner: 0 passes, 1 refuses, anything else is not checked; the name of
// the file is an argument and nothing that a shell reads.
func TestScanner(t *testing.T) {
	file := filepath.Join(t.TempDir(), `a file; touch $(echo x) "&`)
	if err := os.WriteFile(file, []byte("good"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		s    Scanner
		want error
	}{
		"passes":   {scanner(t, `test "$1" = --no-summary && grep -q good "$2"`), nil},
		"refuses":  {scanner(t, `grep -q good "$2" && exit 1; exit 0`), ErrInfected},
		"breaks":   {scanner(t, `exit 2`), ErrUnchecked},
		"killed":   {scanner(t, `kill -9 $$`), ErrUnchecked},
		"is not":   {Scanner{Command: []string{"/none/scan", "{file}"}}, ErrUnchecked},
		"too slow": {Scanner{Command: scanner(t, `sleep 60`).Command, Limit: 100 * time.Millisecond}, ErrUnchecked},
		"none":     {Scanner{}, nil},
		// Nothing says where the file goes: it comes last, and is looked at.
		"unnamed": {Scanner{Command: scanner(t, `grep -q good "$2" && exit 1; exit 0`).Command[:2]}, ErrInfected},
		"faulty":  {Scanner{Fault: errors.New("misspelt")}, ErrUnchecked},
	} {
		if err := tt.s.Check(t.Context(), file); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if err := tt.s.CheckBytes(t.Context(), []byte("good")); !errors.Is(err, tt.want) {
			t.Errorf("%s, in memory: %v, want %v", name, err, tt.want)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := scanner(t, `exit 0`).Check(ended, file); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A file is kept under its safe name, for nobody else to read, and no other is touched.
func TestLanding(t *testing.T) {
	dir := t.TempDir()
	own := filepath.Join(dir, "a.tar.gz")
	if err := os.WriteFile(own, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(t.TempDir(), "elsewhere"), filepath.Join(dir, "a.tar (1).gz")); err != nil {
		t.Fatal(err)
	}
	land := func(name string) string {
		t.Helper()
		l, err := Land(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Write([]byte("theirs")); err != nil {
			t.Fatal(err)
		}
		path, err := l.Keep(name)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	if got := land("../../a.tar.gz"); got != filepath.Join(dir, "a.tar (2).gz") {
		t.Errorf("kept as %s", got)
	}
	turkish := "a.\u0130\u0130\u0130\u0130" // longer in lower case
	if first, second := land(turkish), land(turkish); filepath.Base(first) != turkish || filepath.Base(second) != "a (1)."+turkish[2:] {
		t.Errorf("kept as %s and %s", first, second)
	}
	plain := land("/etc/cron.d/x")
	if plain != filepath.Join(dir, "x") {
		t.Errorf("kept as %s", plain)
	}
	if info, err := os.Stat(plain); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if b, err := os.ReadFile(own); err != nil || string(b) != "mine" {
		t.Errorf("%q %v", b, err)
	}
	l, err := Land(dir)
	if err != nil {
		t.Fatal(err)
	}
	l.Discard()
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 6 {
		t.Errorf("%d files, %v", len(list), err)
	}
	if _, err := Land(filepath.Join(dir, "none")); err == nil {
		t.Error("in a folder that there is not")
	}
}
