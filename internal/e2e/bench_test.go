package e2e

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// rounds is how many admissions the median is taken of.
const rounds = 10

// TestBenchFirstPicture measures, ten times on loopback, how long after "Faire entrer"
// the first remote picture is on both screens, and what the call costs the desktop. It
// asserts no time: make bench prints the figures.
func TestBenchFirstPicture(t *testing.T) {
	if os.Getenv("E2E_BENCH") == "" {
		t.Log("figures are printed by make bench")
		return
	}
	sc, ctx := newScene(t), t.Context()
	must(t, sc.SetServer(ctx, "127.0.0.1:0"))
	must(t, sc.SetDesk(ctx))
	b, err := sc.StartBrowser("chromium", sc.Sound, false)
	must(t, err)
	var desk, page, both []time.Duration
	for round := range rounds {
		invited, err := sc.Server.Invite(lab.Email, "patient@example.org", "Yann Kermadec")
		must(t, err)
		must(t, sc.Join(ctx, b, invited.Link))
		d, p, err := sc.Admit(ctx, b)
		must(t, err)
		desk, page, both = append(desk, d), append(page, p), append(both, max(d, p))
		if round == 0 {
			time.Sleep(3 * time.Second)
			before, frames := cpu(t, "ekermed-desktop", sc), sc.Desktop.Status().Peers[0].FramesShown
			time.Sleep(10 * time.Second)
			used, shown := cpu(t, "ekermed-desktop", sc)-before, sc.Desktop.Status().Peers[0].FramesShown-frames
			fmt.Printf("BENCH desktop in a call at 640x360: %.0f %% of a core, %.1f ms a frame shown, %.1f frames a second (software GL)\n",
				used.Seconds()*10, used.Seconds()*1000/float64(max(shown, 1)), float64(shown)/10)
		}
		must(t, sc.Display.Key("ctrl+l"))
		_, err = sc.Desktop.Wait(ctx, "the end", 10*time.Second, func(s lab.Status) bool { return s.Phase == "ended" })
		must(t, err)
		must(t, lab.Until(ctx, "today", 10*time.Second, func() bool {
			must(t, sc.Display.Key("Return")) // the end screen's own button
			time.Sleep(300 * time.Millisecond)
			return sc.Desktop.Status().Phase == "home"
		}))
	}
	for _, m := range []struct {
		name string
		all  []time.Duration
	}{{"desktop", desk}, {"page", page}, {"both", both}} {
		slices.Sort(m.all)
		fmt.Printf("BENCH first picture after admission, %s: median %d ms, min %d, max %d (of %d)\n", m.name,
			(m.all[rounds/2-1]+m.all[rounds/2]).Milliseconds()/2, m.all[0].Milliseconds(), m.all[rounds-1].Milliseconds(), rounds)
	}
}

// cpu is the processor time that a program of this lab has used.
func cpu(t *testing.T, program string, sc *lab.Scene) time.Duration {
	t.Helper()
	for _, pid := range sc.Desktop.Processes(program) {
		text, err := os.ReadFile("/proc/" + pid + "/stat")
		must(t, err)
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+2:]))
		user, err := strconv.Atoi(fields[11])
		must(t, err)
		system, err := strconv.Atoi(fields[12])
		must(t, err)
		return time.Duration(user+system) * 10 * time.Millisecond
	}
	t.Fatalf("%s does not run", program)
	return 0
}
