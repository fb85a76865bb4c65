package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"filippo.io/age"
)

// A segment file is a head and records, all of recordSize:
//
//	0..7    "ekjourn1"
//	8..17   the day, such as 2026-11-05
//	18..21  the segment's number in the day, big endian
//	22..53  the last link of the segment before it, or 0
//	54..69  which half of the vault belongs to it
//	70..71  length of what follows, big endian
//	72..    the other half, encrypted with age
//	then    the first link, SHA-256 over all of the above
const (
	magic        = "ekjourn1"
	headFixed    = 72
	headMost     = 8 << 10
	segmentMost  = 1 << 16 // records; a longer day takes another segment
	segmentBytes = headMost + sha256.Size + segmentMost*recordSize
)

type head struct {
	day    string
	number uint32
	before link
	half   [16]byte
	sealed []byte
}

func (h head) encode() ([]byte, link) {
	b := make([]byte, 0, headFixed+len(h.sealed)+sha256.Size)
	b = append(b, magic...)
	b = append(b, h.day...)
	b = binary.BigEndian.AppendUint32(b, h.number)
	b = append(b, h.before[:]...)
	b = append(b, h.half[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.sealed)))
	b = append(b, h.sealed...)
	first := link(sha256.Sum256(b))
	return append(b, first[:]...), first
}

// errTorn is a head that was not written to its end: the server was cut off or the disk
// was full. It holds nothing.
var errTorn = errors.New("its head was not written to the end")

// segment is a file that was read, not opened.
type segment struct {
	head
	first   link
	records [][]byte
	torn    int // bytes of a last record that was not written to its end
}

func parseSegment(b []byte) (*segment, error) {
	if len(b) < headFixed {
		return nil, errTorn
	}
	if string(b[:8]) != magic {
		return nil, errors.New("it does not begin like a segment of the journal")
	}
	s := &segment{head: head{day: string(b[8:18]), number: binary.BigEndian.Uint32(b[18:]), before: link(b[22:54]), half: [16]byte(b[54:70])}}
	end := headFixed + int(binary.BigEndian.Uint16(b[70:]))
	if end > headMost {
		return nil, errors.New("its head is too long")
	}
	if len(b) < end+sha256.Size {
		return nil, errTorn
	}
	s.sealed = b[headFixed:end]
	s.first = link(b[end : end+sha256.Size])
	if _, err := parseDay(s.day); err != nil || link(sha256.Sum256(b[:end])) != s.first {
		return nil, errors.New("its head is damaged")
	}
	rest := b[end+sha256.Size:]
	for len(rest) >= recordSize {
		s.records = append(s.records, rest[:recordSize])
		rest = rest[recordSize:]
	}
	if len(s.records) > segmentMost {
		return nil, fmt.Errorf("it has more than %d records", segmentMost)
	}
	s.torn = len(rest)
	return s, nil
}

// last is the link after the last whole record.
func (s *segment) last() link { return s.after(len(s.records)) }

// after is the link after n records.
func (s *segment) after(n int) link {
	if n == 0 {
		return s.first
	}
	return link(s.records[n-1][sealedSize:])
}

// damaged is the number, from 1, of the first record that is not as it was written; 0
// when all are.
func (s *segment) damaged() int {
	for i, r := range s.records {
		if s.after(i).next(uint32(i), r[:sealedSize]) != s.after(i+1) {
			return i + 1
		}
	}
	return 0
}

func readSegment(path string) (*segment, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(segmentBytes)+1))
	if err != nil {
		return nil, err
	}
	if len(b) > segmentBytes {
		return nil, errors.New("it is too large for a segment of the journal")
	}
	return parseSegment(b)
}

// writer appends to a segment of its own.
type writer struct {
	file *os.File
	day  string
	keys *ratchet
	last link
}

// begin makes the next segment of a day. On an error nothing of it is left.
func begin(folder, day string, before link, to []age.Recipient, half []byte) (*writer, error) {
	dir := filepath.Join(folder, day)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	paths, err := segments(folder, day)
	if err != nil {
		return nil, err
	}
	number := 1
	if len(paths) > 0 {
		number = numberOf(paths[len(paths)-1]) + 1
	}
	a := freshHalf()
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to...)
	if err == nil {
		_, err = w.Write(a)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("encrypting for journal.recipients: %w", err)
	}
	text, first := head{day, uint32(number), before, nameOf(half), sealed.Bytes()}.encode()
	keys, err := newRatchet(a, half, first[:])
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf("%04d.segment", number)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), syncDir(dir)); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return &writer{f, day, keys, first}, nil
}

// put appends one event, and returns when the disk has it. After an error the writer is
// of no use: its key has moved on, and what was half written cannot be continued.
func (w *writer) put(e Entry) error {
	record, after, err := w.keys.seal(e, w.last)
	if err == nil {
		_, err = w.file.Write(record)
	}
	if err == nil {
		err = w.file.Sync()
	}
	w.last = after
	return err
}

func (w *writer) full() bool { return w.keys.n >= segmentMost }

func (w *writer) close() error {
	clear(w.keys.key[:])
	return w.file.Close()
}

// segments are the files of a day, in order.
func segments(folder, day string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(globQuote(folder), day, "*.segment"))
	if err != nil {
		return nil, err
	}
	paths = slices.DeleteFunc(paths, func(p string) bool { return numberOf(p) == 0 })
	slices.SortFunc(paths, func(a, b string) int { return numberOf(a) - numberOf(b) })
	return paths, nil
}

// globQuote takes a folder's name as it is.
func globQuote(path string) string {
	return regexp.MustCompile(`[*?\[\\]`).ReplaceAllString(path, `\$0`)
}

// numberOf is the number in a segment's name, 0 when it is no segment's.
func numberOf(path string) int {
	m := regexp.MustCompile(`^(\d{4,9})\.segment$`).FindStringSubmatch(filepath.Base(path))
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}

// days are those that have a folder, in order.
func days(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, e := range entries { // ReadDir sorts
		if _, err := parseDay(e.Name()); err == nil && e.IsDir() {
			list = append(list, e.Name())
		}
	}
	return list, nil
}

// parseDay reads a day such as 2026-11-05. A day of the journal is one of UTC.
func parseDay(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Format(time.DateOnly) != s {
		return t, fmt.Errorf("%q is not a day such as 2026-11-05", s)
	}
	return t, nil
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }
