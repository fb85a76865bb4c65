package run

import (
	"context"
	"net"
	"slices"
	"time"

	"ekermed.example/ekermed/internal/call"
)

// lookEvery is how often the machine's addresses are read. Asking is the same on every
// system and costs some 50 µs; the systems' own notices are three programs to write, and
// come no sooner than is needed here.
const lookEvery = 500 * time.Millisecond

// watchNetwork tells when the machine has other addresses than before: another Wi-Fi, a
// VPN that came or went, a cable put in elsewhere. A machine that has lost its network
// waits for the next one.
func watchNetwork(ctx context.Context, post func(call.Event)) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	known := addresses()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := addresses()
		if len(now) == 0 || slices.Equal(now, known) {
			continue
		}
		known = now
		post(call.NetworkChanged{})
	}
}

// addresses lists where packets may come from, in order. Those that no router knows are
// left out, for they come and go with every container and sleeping neighbour.
func addresses() []string {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var list []string
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			list = append(list, n.IP.String())
		}
	}
	slices.Sort(list)
	return list
}
