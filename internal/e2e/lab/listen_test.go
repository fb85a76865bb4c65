package lab

import (
	"testing"
	"time"

	"ekermed.example/ekermed/internal/devices/fake"
)

// A crowd has no gap; one that is torn into it is measured.
func TestLongestGap(t *testing.T) {
	speech, err := fake.Speech()
	if err != nil {
		t.Fatal(err)
	}
	sound := crowd(speech)
	if gap := LongestGap(sound); gap > 50*time.Millisecond {
		t.Errorf("a crowd is silent for %s", gap)
	}
	if gap := LongestGap(speech); gap < 100*time.Millisecond {
		t.Errorf("a sentence has no pause longer than %s", gap)
	}
	const torn = 300 * time.Millisecond
	for name, at := range map[string]int{"beginning": 0, "middle": len(sound) / 2, "end": len(sound) - int(fake.Rate*torn/time.Second)} {
		hole := append([]int16(nil), sound...)
		clear(hole[at : at+int(fake.Rate*torn/time.Second)])
		if gap := LongestGap(hole); gap < torn-20*time.Millisecond || gap > torn+60*time.Millisecond {
			t.Errorf("%s: %s torn out, %s measured", name, torn, gap)
		}
	}
	if gap := LongestGap(make([]int16, fake.Rate)); gap != time.Second {
		t.Errorf("a second of nothing has a gap of %s", gap)
	}
}
