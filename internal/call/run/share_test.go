package run

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/wire"
)

// slowScreen is a system that asks, and hands out an answer when it likes.
type slowScreen struct {
	Media
	began []func()
	over  []func(*call.Problem)
}

func (s *slowScreen) Share(_ string, began func(), over func(*call.Problem)) {
	s.began, s.over = append(s.began, began), append(s.over, over)
}
func (*slowScreen) Unshare() {}

type portalled struct{ Machine }

func (portalled) Screens(context.Context) ([]call.Surface, *call.Problem) {
	return []call.Surface{{ID: "theirs", Asks: true}}, nil
}

// What the system's question comes to belongs to the question that stands: not to one that
// was put away, whose news may have been on its way.
func TestLateScreen(t *testing.T) {
	d := New(Options{Machine: portalled{}, Changed: func(call.State) {}, Log: slog.New(slog.DiscardHandler), Now: time.Now}, call.Remembered{})
	d.ctx = t.Context()
	d.state.Call = call.Consultation{Phase: call.Talking, Self: "me", People: []wire.Person{{ID: "me", Role: wire.RoleClinician, Place: wire.PlaceCall}}}
	d.devices = &devices{tasks: make(chan func(context.Context, Media), 16)}
	media := &slowScreen{}
	run := func(events ...call.Event) { // as Run does, and the goroutine of the devices
		for _, ev := range events {
			d.take(ev)
		}
		d.wg.Wait()
		for len(d.events)+len(d.devices.tasks) > 0 {
			select {
			case ev := <-d.events:
				d.take(ev)
			case do := <-d.devices.tasks:
				do(t.Context(), media)
			}
		}
	}
	sharing := func() call.Sharing { return d.state.Call.Sharing }
	run(call.AskScreen{On: true})
	if len(media.began) != 1 || !sharing().Starting {
		t.Fatalf("the system does not ask: %+v", sharing())
	}
	run(call.AskScreen{}, call.AskScreen{On: true})
	if len(media.began) != 2 || !sharing().Starting {
		t.Fatalf("the system does not ask anew: %+v", sharing())
	}
	media.began[0]()
	media.over[0](&call.Problem{Code: call.ProblemScreenGone})
	run()
	if !sharing().Starting || sharing().On() || sharing().Problem != nil {
		t.Errorf("news of the first question: %+v", sharing())
	}
	media.began[1]()
	run()
	if !sharing().On() {
		t.Errorf("news of the second: %+v", sharing())
	}
	run(call.HideScreen{})
	media.over[1](&call.Problem{Code: call.ProblemScreenGone})
	run()
	if sharing().On() || sharing().Problem != nil {
		t.Errorf("news of what was ended: %+v", sharing())
	}
}
