package server

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ekermed.example/ekermed/internal/server/crowd"
	"ekermed.example/ekermed/internal/server/journal"
)

// span is a bucket of the histogram of calls.
type span struct {
	kind    string
	upTo    float64 // minutes; the last has none
	nominal float64 // what a call in it counts for in the sum
}

// spans are coarse on purpose: exact lengths would tell calls apart.
func spans() []span {
	return []span{{"5", 5, 2.5}, {"15", 15, 10}, {"30", 30, 22.5}, {"60", 60, 45}, {"more", 0, 60}}
}

// audioOnly stands for the route of a call in which nobody sent pictures.
const audioOnly = "audio"

// figures are the anonymous statistics of calls: how many took which way and how long,
// and how many ways did not come about. They pass through package crowd.
type figures struct {
	routes, minutes, failures    *crowd.Cells
	routed, lasted, notConnected *prometheus.Desc
}

func newFigures() *figures {
	kinds := make([]string, 0, len(spans()))
	for _, s := range spans() {
		kinds = append(kinds, s.kind)
	}
	const hidden = " In steps of five, each on the hour."
	return &figures{
		routes:       crowd.New(journal.Direct.String(), journal.Relay.String(), journal.Server.String(), audioOnly),
		minutes:      crowd.New(kinds...),
		failures:     crowd.New(journal.Direct.String(), journal.Relay.String(), journal.Server.String()),
		routed:       prometheus.NewDesc("ekermed_calls_ended_total", "Calls that ended, by the way of their media."+hidden, []string{"route"}, nil),
		lasted:       prometheus.NewDesc("ekermed_call_minutes", "Length of calls that ended; the sum counts each bucket's middle."+hidden, nil, nil),
		notConnected: prometheus.NewDesc("ekermed_call_setup_failures_total", "Ways for media that did not come about."+hidden, []string{"route"}, nil),
	}
}

func (f *figures) ended(route journal.Route, video bool, length time.Duration) {
	kind := route.String()
	if !video {
		kind = audioOnly
	}
	f.routes.Add(kind)
	for _, s := range spans() {
		if s.upTo == 0 || length.Minutes() <= s.upTo {
			f.minutes.Add(s.kind)
			return
		}
	}
}

func (f *figures) failed(route journal.Route) { f.failures.Add(route.String()) }

// Describe and Collect make it a prometheus.Collector.
func (f *figures) Describe(to chan<- *prometheus.Desc) {
	to <- f.routed
	to <- f.lasted
	to <- f.notConnected
}

// Collect shows what the crowd hides nobody in.
func (f *figures) Collect(to chan<- prometheus.Metric) {
	for kind, n := range f.routes.Shown() {
		to <- prometheus.MustNewConstMetric(f.routed, prometheus.CounterValue, float64(n), kind)
	}
	for kind, n := range f.failures.Shown() {
		to <- prometheus.MustNewConstMetric(f.notConnected, prometheus.CounterValue, float64(n), kind)
	}
	shown := f.minutes.Shown()
	var count uint64
	var sum float64
	buckets := map[float64]uint64{}
	for _, s := range spans() {
		count += shown[s.kind]
		sum += float64(shown[s.kind]) * s.nominal
		if s.upTo > 0 {
			buckets[s.upTo] = count
		}
	}
	to <- prometheus.MustNewConstHistogram(f.lasted, count, sum, buckets)
}
