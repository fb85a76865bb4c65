package server

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// measured is the operator's page: numbers of the whole, never of one room or person.
func (a *App) measured() http.Handler {
	r := prometheus.NewRegistry()
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "ekermed", Name: name, Help: help}, value))
	}
	counter := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "ekermed", Name: name, Help: help}, value))
	}
	gauge("rooms", "Rooms that are open.", func() float64 { n, _ := a.rooms.Rooms(); return float64(n) })
	gauge("people", "People waiting or in a call.", func() float64 { _, n := a.rooms.Rooms(); return float64(n) })
	gauge("sfu_seats", "People whose media passes through the SFU.", func() float64 { return float64(a.sfu.Stats().Seats) })
	counter("sfu_packets_total", "RTP packets forwarded by the SFU.", func() float64 { return float64(a.sfu.Stats().Packets) })
	counter("sfu_bytes_total", "RTP payload bytes forwarded by the SFU.", func() float64 { return float64(a.sfu.Stats().Bytes) })
	counter("sfu_key_requests_total", "Key-frame requests sent to publishers.", func() float64 { return float64(a.sfu.Stats().KeyRequests) })
	if a.relay != nil {
		gauge("turn_allocations", "TURN allocations in use.", func() float64 { return float64(a.relay.Allocations()) })
	}
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{}))
	return mux
}
