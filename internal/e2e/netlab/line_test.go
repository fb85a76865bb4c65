//go:build linux

package netlab

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// The line between two namespaces delays and loses what it was set to. The limits are
// generous: the machine may be busy.
func TestLine(t *testing.T) {
	const packets = 1000
	set := Line{Delay: 60 * time.Millisecond, Loss: 0.03}
	n := open(t, Plan{Home: Side{NAT: PlainNAT, Line: set}})
	mirror(t, n.Server, 3478)
	c, err := n.Home.Host.Dial(t.Context(), "udp", ServerAddress+":3478")
	must(t, err)
	defer c.Close()
	sent := make([]time.Time, packets)
	go func() { // ends with the last packet
		for i := range packets {
			sent[i] = time.Now()
			_, _ = fmt.Fprintf(c, "%d", i)
			time.Sleep(2 * time.Millisecond)
		}
	}()
	got, sum := 0, time.Duration(0)
	b := make([]byte, 100)
	for {
		must(t, c.SetReadDeadline(time.Now().Add(2*time.Second)))
		k, err := c.Read(b)
		if err != nil {
			break
		}
		var number int
		_, err = fmt.Sscan(strings.Fields(string(b[:k]))[1], &number)
		must(t, err)
		got++
		sum += time.Since(sent[number])
	}
	if got == 0 {
		t.Fatal("nothing came back")
	}
	mean, lost := sum/time.Duration(got), 1-float64(got)/packets
	t.Logf("round trip %s, %.1f %% lost both ways together", mean.Round(100*time.Microsecond), 100*lost)
	if mean < 120*time.Millisecond || mean > 150*time.Millisecond {
		t.Errorf("round trip of %s over twice %s", mean, set.Delay)
	}
	if lost < 0.03 || lost > 0.09 {
		t.Errorf("%.3f lost over twice %.3f", lost, set.Loss)
	}
}

// The line bounds the rate.
func TestRate(t *testing.T) {
	n := open(t, Plan{Home: Side{Line: Line{Rate: 2000}}})
	l, err := n.Server.Listen("0.0.0.0:443")
	must(t, err)
	defer l.Close()
	const bytes = 500_000
	go func() { // ends with the connection
		if c, err := l.Accept(); err == nil {
			_, _ = c.Write(make([]byte, bytes))
			_ = c.Close()
		}
	}()
	c, err := n.Home.Host.Dial(t.Context(), "tcp", ServerAddress+":443")
	must(t, err)
	defer c.Close()
	begin := time.Now()
	k, err := io.Copy(io.Discard, c)
	must(t, err)
	rate := float64(8*k) / time.Since(begin).Seconds() / 1000
	t.Logf("%.0f kbit/s", rate)
	if k != bytes || rate > 2000 || rate < 1200 {
		t.Errorf("%d bytes at %.0f kbit/s through 2000", k, rate)
	}
}
