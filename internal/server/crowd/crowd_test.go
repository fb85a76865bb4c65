package crowd

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Whatever happens, nobody sees a number below five, a step below five, or a change
// within the hour.
func TestFewAreHidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New("direct", "relay")
		for i := range uint64(23) {
			c.Add("relay")
			if got := c.Shown()["relay"]; got > i {
				t.Fatalf("%d are shown within the hour of %d", got, i+1)
			}
			time.Sleep(time.Hour)
			want := (i + 1) / Least * Least
			if got := c.Shown(); got["relay"] != want || got["direct"] != 0 {
				t.Errorf("after %d: %v, want %d", i+1, got, want)
			}
			c.Add("direct " + "Yann") // no kind of ours
		}
		if got := c.Shown(); len(got) != 2 {
			t.Errorf("kinds of others: %v", got)
		}
		// Ten at once do not show before the hour is over.
		for range 10 {
			c.Add("direct")
		}
		if got := c.Shown()["direct"]; got != 0 {
			t.Errorf("%d are shown at once", got)
		}
		time.Sleep(time.Hour)
		if got := c.Shown()["direct"]; got != 10 {
			t.Errorf("%d are shown later", got)
		}
	})
}

func TestStep(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 5, 4: 5, 5: 5, 6: 10, 11: 15} {
		if got := Step(n); got != want {
			t.Errorf("Step(%d) = %d, want %d", n, got, want)
		}
	}
}
