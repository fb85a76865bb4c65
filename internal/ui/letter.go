package ui

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call"
)

// The words of a diagnosis. The page writes the same ones, from the same texts; what the
// page cannot tell is under "desktop.diag.".

// number writes n with the language's decimal sign.
func (w words) number(n float64, decimals int) string {
	text := strconv.FormatFloat(n, 'f', decimals, 64)
	if w.Language() == "fr" {
		text = strings.ReplaceAll(text, ".", ",")
	}
	return text
}

// port names where packets go: "UDP 443", or "UDP élevé (51234)" in a range.
func (w words) port(t call.Target, high bool) string {
	key := "diag.port.tcp"
	switch {
	case t == (call.Target{}):
		return ""
	case high:
		key = "diag.port.high"
	case t.Over == "udp":
		key = "diag.port.udp"
	}
	return w.T(key, "port", strconv.Itoa(t.Port))
}

// figures writes what was measured, and why it is not simply good.
func (w words) figures(r call.Result) []string {
	var out []string
	f := r.Figures
	ms := func(key string, d time.Duration) {
		if d > 0 {
			out = append(out, w.T(key, "n", w.number(max(1, d.Seconds()*1000), 0)))
		}
	}
	if strings.HasPrefix(string(r.Kind), "media") {
		ms("diag.figure.ready", f.Ready)
	} else {
		ms("diag.figure.ms", f.Ready)
	}
	ms("diag.figure.trip", f.Trip)
	if f.Echoed {
		rate := w.T("diag.figure.mbit", "n", w.number(f.Rate/1e6, 1))
		if f.Rate < 995e3 {
			rate = w.T("diag.figure.kbit", "n", w.number(f.Rate/1e3, 0))
		}
		if f.Capped {
			rate = w.T("diag.figure.least", "rate", rate)
		}
		decimals := 0
		if f.Loss > 0 && f.Loss < 10 {
			decimals = 1
		}
		out = append(out, rate, w.T("diag.figure.loss", "n", w.number(f.Loss, decimals)))
	}
	if r.Why != "" {
		out = append(out, w.why(r.Why))
	}
	return out
}

func (w words) why(why call.Why) string {
	if key := "diag.why." + string(why); w.Has(key) {
		return w.T(key)
	}
	return w.T("desktop.diag.why." + string(why))
}

// verdict says what the results mean, and what to do.
func (w words) verdict(d call.Diagnosis) (sentence, action string) {
	tcp, udp := w.T("diag.port.tcp", "port", "443"), w.T("diag.port.udp", "port", "443")
	for _, r := range d.Results {
		switch {
		case r.Target == (call.Target{}):
		case r.ID == string(call.TestTURNTLS):
			tcp = w.port(r.Target, false)
		case r.ID == string(call.TestMediaUDP):
			udp = w.port(r.Target, r.High())
		}
	}
	key := "diag.verdict." + string(d.Verdict)
	return w.T(key, "tcp", tcp, "udp", udp), w.T(key+"_action", "tcp", tcp, "udp", udp)
}

// letter is the text for IT: what was tried, what came of it, what to open. Nothing in it
// tells who the person is, and no address of theirs.
func (w words) letter(d call.Diagnosis, program, system string) string {
	host := d.Server
	if u, err := url.Parse(d.Server); err == nil && u.Host != "" {
		host = u.Host
	}
	says, _ := w.verdict(d)
	out := []string{w.T("diag.it.head"), "", w.T("diag.it.host", "host", clean(host)),
		w.T("diag.it.at", "time", d.At.Format("2006-01-02 15:04 (UTC-07:00)")),
		w.T("desktop.diag.program", "version", program, "system", system),
		"", w.T("diag.it.verdict", "text", says), "", w.T("diag.it.results")}
	for _, r := range d.Results {
		if r.State == call.TestWaiting || r.State == call.TestRunning {
			continue
		}
		result := w.T("diag.state." + string(r.State))
		if details := w.figures(r); len(details) > 0 {
			result += fmt.Sprintf(" (%s)", strings.Join(details, ", "))
		}
		test := w.T("diag.test." + string(r.Kind))
		if r.Target == (call.Target{}) {
			out = append(out, w.T("diag.it.line_bare", "test", test, "result", result))
			continue
		}
		target := w.port(r.Target, r.High()) + " " + clean(r.Target.Host)
		out = append(out, w.T("diag.it.line", "test", test, "target", target, "result", result))
	}
	out = append(out, "")
	if needs := call.Needs(d.Results); len(needs) == 0 {
		out = append(out, w.T("diag.it.nothing"))
	} else {
		out = append(out, w.T("diag.it.open"))
		for _, n := range needs {
			out = append(out, w.T("diag.it.item", "port", w.port(n.Target, false), "host", clean(n.Host), "what", w.T("diag.it."+n.What)))
		}
	}
	return strings.Join(append(out, "", w.T("diag.it.guide", "url", clean(d.Server)+"/network-guide")), "\n")
}
