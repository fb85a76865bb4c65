package probe

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"ekermed.example/ekermed/internal/call"
)

// healthLimit bounds what is read of an answer, in bytes.
const healthLimit = 64 << 10

// https asks whether the server is well, and is sure that it is the server who answers.
func (p *prober) https(ctx context.Context) (call.Figures, error) {
	from := time.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.o.Base+"/healthz", nil)
	if err != nil {
		return call.Figures{}, err
	}
	transport := &http.Transport{TLSClientConfig: p.o.TLS.Clone(), DialContext: p.o.Dialer.DialContext, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return failed(call.WhyProxy) }}
	answer, err := client.Do(r)
	if err != nil {
		return call.Figures{}, err
	}
	defer answer.Body.Close()
	figures := call.Figures{Ready: time.Since(from)}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, healthLimit))
	if err != nil {
		return call.Figures{}, err
	}
	var health struct{ Status string }
	switch err := json.Unmarshal(raw, &health); {
	case err == nil && health.Status == "ok":
		return figures, nil
	case err == nil && health.Status == "failing":
		return call.Figures{}, failed(call.WhyFailing)
	}
	return call.Figures{}, failed(call.WhyProxy)
}
