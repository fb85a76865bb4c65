package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// three days with two segments each, of four records each (and what starts and stops).
func threeDays(t *testing.T) *desk {
	d := newDesk(t)
	for i := range 3 {
		if i > 0 {
			time.Sleep(24 * time.Hour)
		}
		for range 2 {
			d.write(Began{account(), Direct}, Ended{account(), Direct, 1})
		}
	}
	return d
}

func damage(t *testing.T, d *desk) (all string, torn int) {
	t.Helper()
	list, err := Verify(d.data)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		all += v.Damage
		torn += v.Torn
	}
	return all, torn
}

func TestVerify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := threeDays(t)
		list, err := Verify(d.data)
		if err != nil || len(list) != 3 {
			t.Fatalf("%+v %v", list, err)
		}
		for i, v := range list {
			if v.Segments != 2 || v.Records != 8 || v.Torn != 0 || v.Damage != "" || len(v.Head) != 64 || i > 0 && v.Head == list[i-1].Head {
				t.Errorf("%+v", v)
			}
		}
		if list, err := Verify(t.TempDir()); err != nil || list != nil {
			t.Errorf("without a journal: %v %v", list, err)
		}
		// Days that were removed in time are not missed.
		if err := os.RemoveAll(filepath.Join(d.data, folderName, list[0].Day)); err != nil {
			t.Fatal(err)
		}
		if all, _ := damage(t, d); all != "" {
			t.Error(all)
		}
	})
}

// Any byte that is flipped is found, and named by the first record that it damages.
func TestAFlippedByteIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := threeDays(t)
		path := d.files()[2] // the second day's first
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		heads := len(whole) - 4*recordSize
		for at := range whole {
			d.edit(path, func(b []byte) []byte { b[at] ^= 1 << (at % 8); return b })
			got, _ := damage(t, d)
			want := "segment 1 of 2000-01-02: "
			if at >= heads {
				want += fmt.Sprintf("record %d is damaged", (at-heads)/recordSize+1)
			}
			if !strings.HasPrefix(got, want) {
				t.Fatalf("byte %d: %q, want %q", at, got, want)
			}
			d.edit(path, func([]byte) []byte { return append([]byte(nil), whole...) })
		}
		if got, _ := damage(t, d); got != "" {
			t.Error(got)
		}
		// The rest of a damaged segment can still be read, and the damage is told.
		d.edit(path, func(b []byte) []byte { b[heads+recordSize+5] ^= 1; return b })
		events, err := d.open("2000-01-02", Billing, 1)
		d.says(err, "record 2", "verify")
		if len(events) != 3 {
			t.Errorf("%v", events)
		}
	})
}

// Records that are cut off, exchanged or taken from elsewhere are found, and a torn last
// record is told and skipped.
func TestCuts(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(d *desk, files []string)
		want   string
		torn   int
	}{
		"a torn last record":       {func(d *desk, f []string) { d.edit(f[5], func(b []byte) []byte { return b[:len(b)-1] }) }, "", 1},
		"a torn last head":         {func(d *desk, f []string) { d.edit(f[5], func(b []byte) []byte { return b[:100] }) }, "", 1},
		"an empty last segment":    {func(d *desk, f []string) { d.edit(f[5], func(b []byte) []byte { return nil }) }, "", 1},
		"the end of a segment":     {func(d *desk, f []string) { d.edit(f[2], func(b []byte) []byte { return b[:len(b)-recordSize] }) }, "segment 2 of 2000-01-02: it does not follow", 0},
		"the end of a day":         {func(d *desk, f []string) { d.edit(f[3], func(b []byte) []byte { return b[:len(b)-recordSize] }) }, "segment 1 of 2000-01-03: it does not follow", 0},
		"a segment removed":        {func(d *desk, f []string) { _ = os.Remove(f[2]) }, "segment 2 of 2000-01-02: segment 1 is missing", 0},
		"a segment of another day": {func(d *desk, f []string) { d.edit(f[3], func([]byte) []byte { b, _ := os.ReadFile(f[1]); return b }) }, "segment 2 of 2000-01-02: it is segment 2 of 2000-01-01", 0},
		"two records exchanged": {func(d *desk, f []string) {
			d.edit(f[2], func(b []byte) []byte {
				end := len(b)
				one := append([]byte(nil), b[end-3*recordSize:end-2*recordSize]...)
				copy(b[end-3*recordSize:], b[end-2*recordSize:end-recordSize])
				copy(b[end-2*recordSize:], one)
				return b
			})
		}, "segment 1 of 2000-01-02: record 2 is damaged", 0},
		"not a segment": {func(d *desk, f []string) {
			d.edit(f[2], func([]byte) []byte { return []byte(strings.Repeat("x", 1000)) })
		}, "segment 1 of 2000-01-02: it does not begin like", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := threeDays(t)
			tt.change(d, d.files())
			got, torn := damage(t, d)
			if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" || torn != tt.torn {
				t.Errorf("%s: %q, %d torn", name, got, torn)
			}
			if tt.torn > 0 { // a restart goes on behind it
				d.write(Began{account(), Direct})
				if got, torn := damage(t, d); got != "" || torn != 1 {
					t.Errorf("%s, then a restart: %q, %d torn", name, got, torn)
				}
				if _, err := d.open(day(), Billing, 0); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func FuzzSegment(f *testing.F) {
	text, _ := head{day: "2026-11-05", number: 1, sealed: []byte("age")}.encode()
	f.Add(text)
	f.Add(append(text, make([]byte, recordSize+3)...))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseSegment(b)
		if err != nil {
			return
		}
		again, first := s.encode()
		if first != s.first || len(again)+len(s.records)*recordSize+s.torn != len(b) {
			t.Errorf("read as another segment")
		}
		s.damaged()
		s.last()
	})
}

func FuzzRecord(f *testing.F) {
	for _, e := range []Event{Started{}, Stopped{}, Outage{TURN, true}, Connected{Relay}, Failed{Server}, Began{account(), Direct}, Ended{account(), Direct, 7}} {
		p := encode(Entry{time.Unix(1800000000, 0), e})
		f.Add(p[:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decode(b)
		if err != nil {
			return
		}
		if p := encode(e); string(p[:]) != string(b) {
			t.Errorf("%x was read as %+v", b, e)
		}
	})
}

func FuzzRequest(f *testing.F) {
	r, err := NewRequest("2026-11-05", Billing, "age1qqqqqqqqqqqqqqqq", time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	file, public, err := NewManagerKey()
	if err != nil {
		f.Fatal(err)
	}
	key, err := ParseManagerKey(file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(fmt.Appendf(nil, `{"version":1,"day":"2026-11-05","purpose":"billing","recipient":"%s","issued":"2026-11-05T10:00:00Z","expires":"2026-11-05T11:00:00Z","nonce":"%s","manager":"%s","signature":"AAAA"}`, r.Recipient, r.Nonce, public))
	f.Add([]byte(`{"version":1,"day":"2026-11-05\nx"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRequest(b)
		if err != nil {
			return
		}
		// Each field is a line of what is signed: none can pass for another.
		if n := strings.Count(string(r.signed()), "\n"); n != 8 {
			t.Errorf("%d lines are signed:\n%s", n, r.signed())
		}
		if r.signature([]string{public}) == Opened {
			t.Errorf("forged: %s", b)
		}
		if r.Sign(key).signature([]string{public}) != Opened {
			t.Errorf("signed, and not taken: %s", b)
		}
	})
}
