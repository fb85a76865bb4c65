package server

import (
	"slices"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// BenchmarkDialToFirstPacket is what a patient waits for once they may come in, as
// far as the server makes them wait: from the dial of the WebSocket with a pass, over
// admission, offer and answer, ICE and DTLS, to the first packet of the clinician.
// The client runs in the same process and uses the same two cores. offer-ms is the part
// before ICE; of what follows, 200 ms are pion's client, which nominates its pair at its
// next tick (browsers nominate at once).
func BenchmarkDialToFirstPacket(b *testing.B) {
	s := start(b, development(b))
	a := s.clinician(b)
	id, code := s.book(b, a)
	pass, err := s.access.ClinicianPass(b.Context(), a, id)
	s.enter(b, pass, err, nil) // admits whoever is ready
	// Somebody is in the call already, so that the clinician publishes.
	pass, err = s.access.Join(b.Context(), code, "s")
	first := s.enter(b, pass, err, nil)
	<-first.up
	var offer, took []time.Duration
	for b.Loop() {
		pass, err := s.access.Join(b.Context(), code, "s")
		from := time.Now()
		g := s.enter(b, pass, err, nil)
		select {
		case <-g.up:
		case <-time.After(20 * time.Second):
			b.Fatal("no packet came")
		}
		took, offer = append(took, time.Since(from)), append(offer, g.offered.Sub(from))
		b.StopTimer()
		g.send(wire.Leave{}) // or the room fills with people who may come back
		<-g.done
		g.leave()
		b.StartTimer()
	}
	b.ReportMetric(at(took, 50), "median-ms")
	b.ReportMetric(at(took, 95), "p95-ms")
	b.ReportMetric(at(offer, 50), "offer-ms")
}

// at is a percentile, in milliseconds.
func at(took []time.Duration, percent int) float64 {
	slices.Sort(took)
	return float64(took[len(took)*percent/100].Microseconds()) / 1000
}
