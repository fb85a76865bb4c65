package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func text(t *testing.T, r Request) []byte {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func account() Account { return Account{1, 2, 3, 4, 5, 6, 7, 8, 9, 10} }

// day is today, in the bubble.
func day() string { return dayOf(time.Now()) }

// The day's journal cannot be opened even from a backup taken on day 2, by nobody, with
// the keys of all three; nor could what is left on the machine be.
func TestOnDayEightNotEvenABackupOfDayTwoOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		j, stop := d.start()
		defer stop()
		first := day()
		j.Note(Began{account(), Direct})
		time.Sleep(36 * time.Hour) // day 2
		j.Note(Ended{account(), Direct, 20})
		synctest.Wait()
		backup := newDesk(t)
		backup.who, backup.boss = d.who, d.boss
		if err := os.CopyFS(backup.data, os.DirFS(d.data)); err != nil {
			t.Fatal(err)
		}
		opened := func(d *desk, on string) {
			t.Helper()
			for reader := range 3 {
				if list, err := d.open(on, Billing, reader); err != nil || len(list) != 1 {
					t.Errorf("reader %d: %v %v", reader, list, err)
				}
			}
		}
		opened(d, first)
		together := *backup // the backup and the vault, while there is one
		together.vault = d.vault
		opened(&together, first)
		kept, err := os.ReadFile(vault(d.vault).path(first))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*24*time.Hour + 11*time.Hour) // day 7, its last hour
		opened(d, first)
		time.Sleep(time.Hour) // day 8
		synctest.Wait()
		for name, at := range map[string]*desk{"the machine": d, "the backup alone": backup, "the backup on the machine": &together} {
			for reader := range 3 {
				list, err := at.open(first, Billing, reader)
				if list != nil || err == nil {
					t.Errorf("%s: reader %d opened %v", name, reader, list)
				}
				d.says(err, "destroyed")
			}
		}
		// Not by the program's good will: without its calendar, all three identities meet
		// a secret of which half is nowhere.
		for _, who := range d.who[:3] {
			_, _, err := Opening{Data: backup.data, Vault: d.vault}.read(first, who)
			d.says(err, "no key", first)
			s, err := readSegment(backup.files()[0])
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.open(who, freshHalf()); err == nil {
				t.Error("opened with any half")
			}
			s.half = nameOf(make([]byte, halfSize)) // a liar about the half
			if list, err := s.open(who, make([]byte, halfSize)); err == nil || len(list) != 0 {
				t.Errorf("opened %v with a half that is not the day's", list)
			}
		}
		holds := func(dir string) bool {
			found := false
			err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
				if err != nil || e.IsDir() {
					return err
				}
				b, err := os.ReadFile(path)
				found = found || strings.Contains(string(b), string(kept))
				return err
			})
			if err != nil {
				t.Error(err)
			}
			return found
		}
		if holds(d.data) || holds(d.vault) || holds(backup.data) {
			t.Error("the half is still somewhere")
		}
		if days, err := days(filepath.Join(d.data, folderName)); err != nil || len(days) == 0 || days[0] == first {
			t.Errorf("the stream of the day is still there: %v %v", days, err)
		}
		second := dayOf(time.Now().AddDate(0, 0, -6)) // is not due
		opened(d, second)
	})
}

// The half is overwritten before its name goes away: who holds the file open sees it.
func TestTheHalfIsOverwritten(t *testing.T) {
	v := vault(t.TempDir())
	old, err := v.make("2026-11-05")
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(v.path("2026-11-05"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	at := time.Date(2026, 11, 12, 0, 0, 0, 0, time.UTC)
	if gone, err := v.shred(at.Add(-time.Second)); err != nil || len(gone) != 0 {
		t.Fatalf("destroyed too early: %v %v", gone, err)
	}
	if gone, err := v.shred(at); err != nil || len(gone) != 1 || gone[0] != "2026-11-05" {
		t.Fatalf("%v %v", gone, err)
	}
	b := make([]byte, 2*halfSize)
	if n, _ := f.Read(b); n != halfSize || string(b[:n]) == string(old) {
		t.Errorf("%d bytes of it are still %x", n, b[:n])
	}
	if _, err := os.Stat(v.path("2026-11-05")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// What a journal that was turned off wrote before is destroyed in time all the same.
func TestTurnedOffStillDestroys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.write(Connected{Direct})
		first := day()
		o := d.options()
		o.Recipients = nil
		var told []string
		o.Shredded = func(day string) { told = append(told, day) }
		j, err := New(o)
		if err != nil || j.On() {
			t.Fatal(err)
		}
		time.Sleep(8 * 24 * time.Hour)
		j.purge()
		if len(told) != 1 || told[0] != first || len(d.files()) != 0 {
			t.Errorf("destroyed %v, left %v", told, d.files())
		}
		var none *Journal
		none.Note(Started{})
		j.Note(Started{})
	})
}

func TestPurposesAreKeptApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		events := []Event{Connected{Relay}, Began{account(), Relay}, Outage{TURN, false}, Ended{account(), Relay, 65535}, Outage{TURN, true}, Failed{Server}}
		d.write(events...)
		billing, err := d.open(day(), Billing, 0)
		if want := []Event{events[1], events[3]}; err != nil || !reflect.DeepEqual(billing, want) {
			t.Errorf("%+v %v", billing, err)
		}
		outage, err := d.open(day(), Outages, 2)
		if want := []Event{Started{}, events[0], events[2], events[4], events[5], Stopped{}}; err != nil || !reflect.DeepEqual(outage, want) {
			t.Errorf("%+v %v", outage, err)
		}
	})
}

// Who may not, may not; and the trail has it.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(10 * 24 * time.Hour) // a bubble begins on the first day of 2000
		d := newDesk(t)
		d.write(Began{account(), Direct})
		good := func(bend func(*Request)) func() Request {
			return func() Request { return d.request(day(), Billing, 0, bend) }
		}
		used := good(nil)()
		if _, err := d.opening().Open(t.Context(), day(), file(d.who[0]), text(t, used)); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			request func() Request
			reader  int
			day     string
			want    Result
			words   []string
		}{
			"unsigned":               {func() Request { r := good(nil)(); r.Signature = ""; return r }, 0, "", Unsigned, []string{"not signed", "journal request"}},
			"no manager":             {func() Request { r := good(nil)(); r.Manager = ""; return r }, 0, "", Unsigned, []string{"not signed"}},
			"signed by a stranger":   {func() Request { return good(nil)().Sign(d.thief) }, 0, "", Forged, []string{"journal.managers"}},
			"signed in their name":   {func() Request { r := good(nil)().Sign(d.thief); r.Manager = used.Manager; return r }, 0, "", Forged, []string{"journal.managers"}},
			"another signature":      {func() Request { r := good(nil)(); r.Signature = used.Signature; return r }, 0, "", Forged, []string{"changed afterwards"}},
			"changed purpose":        {func() Request { r := good(nil)(); r.Purpose = Outages; return r }, 0, "", Forged, []string{"changed afterwards"}},
			"changed day":            {func() Request { r := good(nil)(); r.Day = "2000-01-10"; return r }, 0, "2000-01-10", Forged, []string{"changed afterwards"}},
			"longer life":            {func() Request { r := good(nil)(); r.Expires = r.Expires.Add(time.Hour); return r }, 0, "", Forged, []string{"changed afterwards"}},
			"changed nonce":          {func() Request { r := used; r.Nonce = strings.Repeat("A", 24); return r }, 0, "", Forged, []string{"changed afterwards"}},
			"expired":                {good(func(r *Request) { r.Expires = time.Now().UTC() }), 0, "", Stale, []string{"expired"}},
			"a day old":              {good(func(r *Request) { r.Issued, r.Expires = time.Now().Add(-24*time.Hour), time.Now().Add(time.Hour) }), 0, "", Stale, []string{"24h"}},
			"of the future":          {good(func(r *Request) { r.Issued = time.Now().Add(6 * time.Minute) }), 0, "", Stale, []string{"future"}},
			"replayed":               {func() Request { return used }, 0, "", Replayed, []string{"used before"}},
			"for another day":        {good(nil), 0, "2000-01-10", OtherDay, []string{"2000-01-10"}},
			"another purpose":        {good(func(r *Request) { r.Purpose = "curiosity" }), 0, "", Unfit, []string{"curiosity", "outage", "billing"}},
			"the fourth":             {good(nil), 3, "", Stranger, []string{"identity"}},
			"the fourth, named":      {good(func(r *Request) { r.Recipient = d.who[3].Recipient().String() }), 3, "", Stranger, []string{"journal.recipients"}},
			"another of the three":   {good(nil), 1, "", Stranger, []string{"identity"}},
			"a day that is long ago": {good(func(r *Request) { r.Day = "1999-12-25" }), 0, "1999-12-25", Destroyed, []string{"destroyed"}},
			"a day without journal":  {good(func(r *Request) { r.Day = "2000-01-09" }), 0, "2000-01-09", Destroyed, []string{"no journal"}},
		} {
			if tt.day == "" {
				tt.day = day()
			}
			before := len(d.trail)
			list, err := d.opening().Open(t.Context(), tt.day, file(d.who[tt.reader]), text(t, tt.request()))
			if list != nil {
				t.Errorf("%s: read %v", name, list)
			}
			d.says(err, tt.words...)
			if len(d.trail) != before+1 || d.trail[before].Result != tt.want {
				t.Errorf("%s: the trail has %+v, want %s", name, d.trail[before:], tt.want)
			} else if d.trail[before].Reader != d.who[tt.reader].Recipient().String() {
				t.Errorf("%s: the trail says that %s tried", name, d.trail[before].Reader)
			}
		}
		for _, bad := range []string{"", "{}", "null", "[1]", string(text(t, used)) + "{}", strings.Replace(string(text(t, used)), `"day"`, `"health":"flu","day"`, 1), strings.Repeat(" ", 5000)} {
			before := len(d.trail)
			if list, err := d.opening().Open(t.Context(), day(), file(d.who[0]), []byte(bad)); err == nil || list != nil {
				t.Errorf("%.40q was taken", bad)
			}
			if len(d.trail) != before+1 || d.trail[before].Result != Malformed {
				t.Errorf("%.40q: the trail has %+v", bad, d.trail[before:])
			}
		}
		if _, err := d.opening().Open(t.Context(), day(), []byte("no identity"), text(t, good(nil)())); err == nil {
			t.Error("opened without an identity")
		}
	})
}

// A refused request is not used up; and what the trail cannot take is not shown.
func TestNothingIsShownThatIsNotRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.write(Began{account(), Direct})
		r := text(t, d.request(day(), Billing, 0, nil))
		if _, err := d.opening().Open(t.Context(), day(), file(d.who[3]), r); err == nil {
			t.Error("the fourth opened")
		}
		d.broken = errors.New("the disk is full")
		list, err := d.opening().Open(t.Context(), day(), file(d.who[0]), r)
		if list != nil {
			t.Errorf("shown without a record: %v", list)
		}
		d.says(err, "nothing is shown", "disk is full")
		d.broken = nil
		if list, err := d.open(day(), Billing, 0); err != nil || len(list) != 1 {
			t.Errorf("%v %v", list, err)
		}
	})
}

// The key of what was written is not in memory any more: from the present state, what
// comes can be read and what was cannot.
func TestTheMorningCannotBeReadAtNoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		j, stop := d.start()
		for range 3 {
			j.Note(Began{account(), Direct})
		}
		synctest.Wait()
		taken := *j.w.keys // the machine at noon
		if taken.n != 4 {
			t.Fatalf("after %d records", taken.n)
		}
		for range 3 {
			j.Note(Ended{account(), Direct, 1})
		}
		synctest.Wait()
		stop()
		s, err := readSegment(d.files()[0])
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range s.records {
			keys := taken
			read := false
			for range len(s.records) { // this key and all that follow from it
				if _, err := keys.unseal(r, s.after(i)); err == nil {
					read = true
				}
			}
			if read != (i >= 4) {
				t.Errorf("record %d: read is %t", i+1, read)
			}
		}
	})
}

// Every record has the same size, whatever it says.
func TestSizesTellNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.write(Connected{Direct}, Began{account(), Direct}, Outage{SFU, true}, Ended{account(), Server, 999})
		s, err := readSegment(d.files()[0])
		if err != nil || len(s.records) != 6 || s.torn != 0 {
			t.Errorf("%d records, %d bytes more, %v", len(s.records), s.torn, err)
		}
	})
}

// The disk is full: the server goes on and says so once; later it writes again, and what
// was written before is whole.
func TestFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		j, stop := d.start()
		j.Note(Began{account(), Direct})
		synctest.Wait()
		name := j.w.file.Name()
		if err := j.w.file.Close(); err != nil { // every write fails
			t.Fatal(err)
		}
		if err := os.Rename(d.vault, d.vault+".gone"); err != nil { // and no segment can begin
			t.Fatal(err)
		}
		for range 10 {
			j.Note(Connected{Direct})
		}
		synctest.Wait()
		if err := os.Rename(d.vault+".gone", d.vault); err != nil {
			t.Fatal(err)
		}
		j.Note(Ended{account(), Direct, 3})
		synctest.Wait()
		stop()
		log := d.log.String()
		if strings.Count(log, "cannot be written") != 1 || !strings.Contains(log, "written again") || !strings.Contains(log, "lost=10") {
			t.Errorf("the log says %s", log)
		}
		if len(d.files()) != 2 || d.files()[0] != name {
			t.Errorf("%v", d.files())
		}
		if list, err := d.open(day(), Billing, 0); err != nil || len(list) != 2 {
			t.Errorf("%v %v", list, err)
		}
		if v, err := Verify(d.data); err != nil || v[0].Damage != "" {
			t.Errorf("%+v %v", v, err)
		}
	})
}

// The queue has an end, and whoever notes never waits.
func TestNoteNeverWaits(t *testing.T) {
	d := newDesk(t)
	j, err := New(d.options())
	if err != nil {
		t.Fatal(err)
	}
	for range queued + 7 { // nobody writes
		j.Note(Connected{Direct})
	}
	if n := j.lost.Load(); n != 7 {
		t.Errorf("%d were counted as lost", n)
	}
}

func TestReadersAndVault(t *testing.T) {
	d := newDesk(t)
	three := d.readers()
	for name, tt := range map[string]struct {
		keys  []string
		words []string
	}{
		"one":        {three[:1], []string{"1 instead of ", "exactly 3"}},
		"two":        {three[:2], []string{"exactly 3"}},
		"four":       {append([]string{d.who[3].Recipient().String()}, three...), []string{"4 instead of ", "exactly 3"}},
		"twice":      {[]string{three[0], three[1], three[0]}, []string{"twice"}},
		"no key":     {[]string{three[0], three[1], "age1nonsense"}, []string{"age1nonsense", "keygen"}},
		"a secret":   {[]string{three[0], three[1], "AGE-SECRET-KEY-1"}, []string{"public key"}},
		"an address": {[]string{three[0], three[1], "anne@h.example"}, []string{"anne@h.example"}},
	} {
		o := d.options()
		o.Recipients = tt.keys
		_, err := New(o)
		if err == nil {
			t.Errorf("%s: taken", name)
		}
		d.says(err, tt.words...)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.MkdirAll(d.data, 0o700), os.Symlink(d.data, link)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{d.data, filepath.Join(d.data, "vault"), filepath.Join(d.data, "a", "..", "b", "c"), filepath.Dir(d.data), filepath.Join(link, "vault"), link, "/"} {
		o := d.options()
		o.Vault = bad
		_, err := New(o)
		if err == nil {
			t.Errorf("vault %s is in the data folder", bad)
		}
		d.says(err, "journal.vault", "server.data", "apart")
	}
	for _, good := range []string{d.data + "-vault", filepath.Join(filepath.Dir(d.data), "other")} {
		if err := Apart(d.data, good); err != nil {
			t.Error(err)
		}
	}
	open := filepath.Join(t.TempDir(), "open")
	if err := errors.Join(os.Mkdir(open, 0o755), os.Chmod(open, 0o755)); err != nil {
		t.Fatal(err)
	}
	o := d.options()
	o.Vault = open
	_, err := New(o)
	d.says(err, "journal.vault", "0755", "chmod 0700")
}

func ExampleRoute_String() {
	fmt.Println(Direct, Relay, Server, Route(9), TURN, SFU)
	// Output: direct relay sfu unknown turn sfu
}
