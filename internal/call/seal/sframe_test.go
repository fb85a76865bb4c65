package seal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func number(t testing.TB, s string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func load(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

// The vectors of RFC 9605, appendix C.
func TestRFC9605(t *testing.T) {
	var v struct {
		Header []struct{ Kid, Ctr, Encoded string }
		SFrame []struct {
			Kid, Ctr, Metadata, Nonce, Pt, Ct string
			BaseKey                           string `json:"base_key"`
			Salt                              string `json:"sframe_salt"`
		}
	}
	load(t, "rfc9605.json", &v)
	if len(v.Header) < 200 || len(v.SFrame) == 0 {
		t.Fatal("vectors are missing")
	}
	for _, c := range v.Header {
		want := header{number(t, c.Kid), number(t, c.Ctr)}
		if got := want.append(nil); hex.EncodeToString(got) != c.Encoded {
			t.Errorf("%+v: %x, want %s", want, got, c.Encoded)
		}
		h, size, err := parseHeader(append(unhex(t, c.Encoded), 1, 2, 3))
		if err != nil || h != want || size != len(c.Encoded)/2 {
			t.Errorf("%s: %+v of %d bytes, %v", c.Encoded, h, size, err)
		}
	}
	for _, c := range v.SFrame {
		k, err := newFrameKey(unhex(t, c.BaseKey), number(t, c.Kid))
		if err != nil {
			t.Fatal(err)
		}
		nonce := k.nonce(number(t, c.Ctr))
		if hex.EncodeToString(k.salt[:]) != c.Salt || hex.EncodeToString(nonce[:]) != c.Nonce {
			t.Errorf("salt %x nonce %x", k.salt, nonce)
		}
		if got := k.seal(nil, number(t, c.Ctr), unhex(t, c.Metadata), unhex(t, c.Pt)); hex.EncodeToString(got) != c.Ct {
			t.Errorf("%x, want %s", got, c.Ct)
		}
	}
}

func pairUp(t testing.TB) (*Sender, *Receiver, *time.Time) {
	t.Helper()
	now := time.Now()
	s, r := &Sender{}, newReceiver(func() time.Time { return now })
	base := bytes.Repeat([]byte{7}, KeySize)
	if err := s.use(base, 1); err != nil {
		t.Fatal(err)
	}
	if err := r.add(base, 1); err != nil {
		t.Fatal(err)
	}
	return s, r, &now
}

func TestFrames(t *testing.T) {
	s, r, now := pairUp(t)
	pictures, sounds := r.Stream(wire.Video), r.Stream(wire.Audio)
	sealed := func(kind wire.Kind, b ...byte) []byte {
		f, err := s.Seal(kind, b)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	opens := func(st *Stream, f []byte, want ...byte) {
		t.Helper()
		if got, err := st.Open(f); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%x: %x %v", f, got, err)
		}
	}
	fails := func(st *Stream, f []byte, want error) {
		t.Helper()
		if got, err := st.Open(f); err != want {
			t.Errorf("%x: %x %v, want %v", f, got, err, want)
		}
	}
	picture := sealed(wire.Video, 0x10, 1, 2, 3)
	if picture[0] != 0x10 || bytes.Contains(picture, []byte{1, 2, 3}) || len(picture) > 4+Overhead {
		t.Errorf("sealed: %x", picture)
	}
	opens(pictures, picture, 0x10, 1, 2, 3)
	fails(pictures, picture, errRepeated)
	for i := range picture { // every bit counts, the clear one too
		changed := bytes.Clone(picture)
		changed[i] ^= 1
		if got, err := r.Stream(wire.Video).Open(changed); err == nil {
			t.Errorf("byte %d changed: %x", i, got)
		}
	}
	if got, err := sounds.Open(sealed(wire.Video, 1, 2)[1:]); err == nil { // a picture is no sound
		t.Errorf("%x", got)
	}
	shown := sealed(wire.Screen, 0x10, 4)
	if got, err := pictures.Open(shown); err == nil { // nor is a screen a camera
		t.Errorf("%x", got)
	}
	opens(r.Stream(wire.Screen), shown, 0x10, 4)
	sound := sealed(wire.Audio, 9)
	opens(sounds, sound, 9)
	fails(pictures, []byte{1}, errShort)
	fails(pictures, nil, errShort)
	fails(sounds, []byte{0xff, 1}, errShort)

	// Some come out of order; none of long ago.
	old := sealed(wire.Audio, 1)
	late := sealed(wire.Audio, 2)
	for range windowSize - 1 {
		opens(sounds, sealed(wire.Audio, 3), 3)
	}
	opens(sounds, late, 2)
	opens(sounds, sealed(wire.Audio, 3), 3)
	fails(sounds, old, errLate)
	// Nor on a track that begins.
	for range behind {
		opens(sounds, sealed(wire.Audio, 3), 3)
	}
	fails(r.Stream(wire.Audio), sound, errLate)

	// A new key: what is on its way under the old one is still opened, for a while.
	before := sealed(wire.Audio, 4)
	long := sealed(wire.Audio, 4)
	next := bytes.Repeat([]byte{8}, KeySize)
	if err := s.use(next, 2); err != nil {
		t.Fatal(err)
	}
	fails(sounds, sealed(wire.Audio, 5), ErrNoKey)
	if err := r.add(next, 2); err != nil {
		t.Fatal(err)
	}
	opens(sounds, sealed(wire.Audio, 6), 6)
	opens(sounds, before, 4)
	*now = now.Add(oldLife + time.Second)
	fails(sounds, long, ErrNoKey)
	if c := r.Counts(); c.NoKey != 2 || c.Opened == 0 || c.Refused == 0 {
		t.Errorf("counts %+v", c)
	}
}

// When somebody in the call cannot open sealed frames, clear ones pass, and what is
// sealed is still opened.
func TestClear(t *testing.T) {
	s, r, _ := pairUp(t)
	st := r.Stream(wire.Audio)
	plain := []byte{0x11, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}
	if _, err := st.Open(plain); err == nil {
		t.Error("a frame in clear was taken for a sealed one")
	}
	sealed, err := s.Seal(wire.Audio, plain)
	if err != nil {
		t.Fatal(err)
	}
	s.open(true)
	r.open(true)
	if f, err := s.Seal(wire.Audio, plain); err != nil || !bytes.Equal(f, plain) {
		t.Errorf("%x %v", f, err)
	}
	for _, f := range [][]byte{plain, sealed} {
		if got, err := st.Open(f); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%x %v", got, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	s, r, _ := pairUp(f)
	for _, kind := range []wire.Kind{wire.Audio, wire.Video} {
		sealed, err := s.Seal(kind, []byte("a frame"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(sealed, kind == wire.Video)
	}
	f.Add([]byte{0xff, 1, 2, 3}, true)
	f.Fuzz(func(t *testing.T, in []byte, video bool) {
		kind := wire.Audio
		if video {
			kind = wire.Video
		}
		if plain, err := r.Stream(kind).Open(in); err == nil && !bytes.HasSuffix(plain, []byte(" frame")) {
			t.Errorf("%x opens as %x", in, plain)
		}
		h, size, err := parseHeader(in)
		if err == nil && (size > len(in) || size > maxHeader) {
			t.Errorf("%x: a header of %d bytes", in, size)
		}
		if err == nil {
			if again, n, err := parseHeader(h.append(nil)); err != nil || again != h || n > size {
				t.Errorf("%+v is written otherwise: %+v", h, again)
			}
		}
	})
}

// A second of 720p at 30 pictures and 1.8 Mbit/s, with its sound.
func BenchmarkSecond720p30(b *testing.B) {
	s, _, _ := pairUp(b)
	picture, sound := make([]byte, 1_800_000/8/30), make([]byte, 80)
	b.SetBytes(int64(30*len(picture) + 50*len(sound)))
	for b.Loop() {
		for range 30 {
			if _, err := s.Seal(wire.Video, picture); err != nil {
				b.Fatal(err)
			}
		}
		for range 50 {
			if _, err := s.Seal(wire.Audio, sound); err != nil {
				b.Fatal(err)
			}
		}
	}
	perSecond := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(100*perSecond.Seconds(), "%core")
	b.ReportMetric(float64(perSecond.Microseconds())/80, "µs/frame")
}

func BenchmarkOpen720p(b *testing.B) {
	s, r, _ := pairUp(b)
	st := r.Stream(wire.Video)
	picture := make([]byte, 1_800_000/8/30)
	b.SetBytes(int64(len(picture)))
	for b.Loop() {
		sealed, err := s.Seal(wire.Video, picture)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := st.Open(sealed); err != nil {
			b.Fatal(err)
		}
	}
}
