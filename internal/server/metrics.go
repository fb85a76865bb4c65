package server

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ekermed.example/ekermed/internal/server/crowd"
	"ekermed.example/ekermed/internal/server/journal"
)

// measured is the operator's page: numbers of the whole, never of one room or person.
// What counts people, rooms or calls is coarse (package crowd); packets and bytes are
// those of the machine, which every switch beside it counts too.
func (a *App) measured() http.Handler {
	r := prometheus.NewRegistry()
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "ekermed", Name: name, Help: help}, value))
	}
	counter := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "ekermed", Name: name, Help: help}, value))
	}
	some := func(n int) float64 { return float64(crowd.Step(n)) }
	const fives = " In steps of five; only none is shown as 0."
	gauge("rooms", "Rooms that are open."+fives, func() float64 { n, _ := a.rooms.Rooms(); return some(n) })
	gauge("people", "People waiting or in a call."+fives, func() float64 { _, n := a.rooms.Rooms(); return some(n) })
	gauge("sfu_seats", "People whose media passes through the SFU."+fives, func() float64 { return some(int(a.sfu.Stats().Seats)) })
	counter("sfu_packets_total", "RTP packets forwarded by the SFU.", func() float64 { return float64(a.sfu.Stats().Packets) })
	counter("sfu_bytes_total", "RTP payload bytes forwarded by the SFU.", func() float64 { return float64(a.sfu.Stats().Bytes) })
	counter("sfu_key_requests_total", "Key-frame requests sent to publishers.", func() float64 { return float64(a.sfu.Stats().KeyRequests) })
	if a.relay != nil {
		gauge("turn_allocations", "TURN allocations in use."+fives, func() float64 { return some(a.relay.Allocations()) })
	}
	for _, part := range []journal.Part{journal.TURN, journal.SFU} {
		gauge("outage_"+part.String(), "1 while "+part.String()+" is out of order.", func() float64 {
			if a.records.ailing(part) {
				return 1
			}
			return 0
		})
	}
	r.MustRegister(a.records.figures)
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{}))
	return mux
}
