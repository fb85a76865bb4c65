package parcel

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
)

func key(n byte) []byte { return bytes.Repeat([]byte{n}, KeySize) }

// body is a file of size bytes that is nowhere the same.
func body(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
}

func chunks(b []byte, size int) [][]byte {
	if len(b) == 0 {
		return [][]byte{{}}
	}
	return slices.Collect(slices.Chunk(b, size))
}

func seal(t testing.TB, key, plain []byte) [][]byte {
	t.Helper()
	s, err := NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	parts := chunks(plain, ChunkSize)
	for i, part := range parts {
		c, err := s.Seal(nil, part, i == len(parts)-1)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

func open(key []byte, sealed [][]byte) ([]byte, error) {
	o, err := NewOpener(key)
	if err != nil {
		return nil, err
	}
	var plain []byte
	for i, c := range sealed {
		if plain, err = o.Open(plain, c, i == len(sealed)-1); err != nil {
			return nil, err
		}
	}
	return plain, nil
}

func TestThereAndBack(t *testing.T) {
	for _, size := range []int{0, 1, ChunkSize - 1, ChunkSize, ChunkSize + 1, 3*ChunkSize + 7} {
		plain := body(size)
		sealed := seal(t, key(1), plain)
		if got := int64(len(slices.Concat(sealed...))); got != Sealed(int64(size)) {
			t.Errorf("%d bytes become %d, foretold %d", size, got, Sealed(int64(size)))
		}
		got, err := open(key(1), sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes come back as %d, %v", size, len(got), err)
		}
	}
}

// Whatever is done to what travels, it does not open.
func TestTampering(t *testing.T) {
	good := seal(t, key(1), body(3*ChunkSize+7))
	flip := func(chunk, at int) func([][]byte) [][]byte {
		return func(s [][]byte) [][]byte { s[chunk][at] ^= 1; return s }
	}
	for name, bend := range map[string]func([][]byte) [][]byte{
		"a bit":            flip(1, 5),
		"a bit of the tag": flip(3, len(good[3])-1),
		"cut at a chunk":   func(s [][]byte) [][]byte { return s[:3] },
		"cut in a chunk":   func(s [][]byte) [][]byte { s[3] = s[3][:10]; return s },
		"the first gone":   func(s [][]byte) [][]byte { return s[1:] },
		"two exchanged":    func(s [][]byte) [][]byte { s[0], s[1] = s[1], s[0]; return s },
		"one twice":        func(s [][]byte) [][]byte { return append(s[:1:1], s...) },
		"more at the end":  func(s [][]byte) [][]byte { return append(s, s[0]) },
		"of another file":  func(s [][]byte) [][]byte { s[1] = seal(t, key(2), body(3*ChunkSize))[1]; return s },
		"nothing":          func([][]byte) [][]byte { return [][]byte{{}} },
	} {
		bent := make([][]byte, len(good))
		for i := range good {
			bent[i] = bytes.Clone(good[i])
		}
		if plain, err := open(key(1), bend(bent)); !errors.Is(err, ErrForged) {
			t.Errorf("%s: %d bytes, %v", name, len(plain), err)
		}
	}
	if _, err := open(key(2), good); !errors.Is(err, ErrForged) {
		t.Errorf("another key: %v", err)
	}
}

// Nothing follows the last chunk, and a short one is the last: else a nonce could be used twice.
func TestSealsOnce(t *testing.T) {
	s, err := NewSealer(key(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Seal(nil, body(7), false); err == nil {
		t.Error("a short chunk in the middle")
	}
	if _, err := s.Seal(nil, body(ChunkSize+1), true); err == nil {
		t.Error("a chunk that is too long")
	}
	if _, err := s.Seal(nil, body(7), true); err != nil {
		t.Error(err)
	}
	if _, err := s.Seal(nil, body(7), true); err == nil {
		t.Error("a chunk after the last")
	}
	for _, wrong := range [][]byte{nil, make([]byte, 32)} {
		if _, err := NewSealer(wrong); err == nil {
			t.Errorf("a key of %d bytes", len(wrong))
		}
	}
}

// vector is a file whose bytes are body's, and the SHA-256 of what it becomes. Sealed is
// there for the short ones.
type vector struct {
	Key, Sealed, Sum string
	Size             int
}

// The page's twin is checked against the same file. UPDATE_VECTORS=1 makes it anew.
func TestSharedVectors(t *testing.T) {
	text := base64.StdEncoding.EncodeToString
	if os.Getenv("UPDATE_VECTORS") != "" {
		var made []vector
		for i, size := range []int{0, 1, 17, ChunkSize - 1, ChunkSize, ChunkSize + 1, 2 * ChunkSize, 5*ChunkSize + 3} {
			k := key(byte(i + 1))
			sealed := slices.Concat(seal(t, k, body(size))...)
			sum := sha256.Sum256(sealed)
			v := vector{Key: text(k), Size: size, Sum: text(sum[:])}
			if size < 100 {
				v.Sealed = text(sealed)
			}
			made = append(made, v)
		}
		b, err := json.MarshalIndent(made, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/shared.json", append(b, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile("testdata/shared.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(b, &all); err != nil || len(all) < 8 {
		t.Fatalf("%d vectors, %v", len(all), err)
	}
	for _, v := range all {
		k, err := base64.StdEncoding.DecodeString(v.Key)
		if err != nil {
			t.Fatal(err)
		}
		sealed := slices.Concat(seal(t, k, body(v.Size))...)
		sum := sha256.Sum256(sealed)
		if text(sum[:]) != v.Sum || v.Sealed != "" && text(sealed) != v.Sealed {
			t.Errorf("%d bytes: %x", v.Size, sum)
		}
	}
}
