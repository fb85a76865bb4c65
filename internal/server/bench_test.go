package server

import (
	"slices"
	"testing"
	"time"
)

// BenchmarkDialToFirstPacket is what a patient waits for once they may come in, as
// far as the server makes them wait: from the dial of the WebSocket with a pass, over
// admission, offer and answer, ICE and DTLS, to the first packet of the clinician.
// The client runs in the same process and uses the same two cores.
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
	var took []time.Duration
	for b.Loop() {
		pass, err := s.access.Join(b.Context(), code, "s")
		from := time.Now()
		g := s.enter(b, pass, err, nil)
		select {
		case <-g.up:
		case <-time.After(20 * time.Second):
			b.Fatal("no packet came")
		}
		took = append(took, time.Since(from))
		b.StopTimer()
		g.leave()
		b.StartTimer()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
}
