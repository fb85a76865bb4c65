package photo

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAsk(t *testing.T) {
	now := time.Unix(1e9, 0)
	a := New(func() time.Time { return now })
	said := func(want ...string) {
		t.Helper()
		out := a.Take()
		if len(out) != len(want) {
			t.Fatalf("said %d things, want %v", len(out), want)
		}
		for i, o := range out {
			if !strings.HasPrefix(string(o.Payload), `{"`+want[i]+`":{"id":"`) || o.Peer != "p" || len(o.Payload) > payloadMost {
				t.Errorf("said %s to %s, want %s", o.Payload, o.Peer, want[i])
			}
		}
	}
	hears := func(payload string) {
		t.Helper()
		if err := a.Hear("p", []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	a.Ask("p", false)
	said("ask")
	id := a.View()[0].ID
	a.Tick()
	said()
	now = now.Add(againAfter)
	a.Tick()
	said("ask") // until an end is heard
	hears(`{"answer":{"id":"` + id + `","state":"shown"}}`)
	if !a.Changed() || a.View()[0].State != Shown {
		t.Errorf("%+v", a.View())
	}
	_ = a.Hear("q", []byte(`{"answer":{"id":"`+id+`","state":"refused"}}`)) // not theirs to answer
	now = now.Add(againAfter)
	a.Tick()
	said("ask")
	hears(`{"answer":{"id":"` + id + `","state":"taken"}}`)
	hears(`{"answer":{"id":"` + id + `","state":"refused"}}`) // the first end counts
	if a.View()[0].State != Taken {
		t.Errorf("%+v", a.View())
	}
	now = now.Add(time.Minute)
	a.Tick()
	said()
	// A swap beside it; taken back, and again when it still stands there.
	a.Ask("p", true)
	swap := a.View()[1].ID
	said("swap")
	a.Cancel("p")
	said("cancel")
	hears(`{"answer":{"id":"` + swap + `","state":"shown"}}`)
	said("cancel")
	hears(`{"answer":{"id":"unknown","state":"shown"}}`)
	said("cancel")
	// Nobody gets a photograph from here.
	hears(`{"ask":{"id":"x-1","torch":true,"camera":"user"}}`)
	said("answer")
	// A new ask takes the place of one that stands; who left is asked nothing.
	a.Ask("p", false)
	a.Ask("p", false)
	said("ask", "cancel", "ask")
	a.Meet("p")
	said("ask")
	a.Part("p")
	now = now.Add(time.Minute)
	a.Tick()
	said()
	if len(a.View()) != 0 {
		t.Errorf("%+v", a.View())
	}
	for range 3 * keptMost {
		a.Ask(fmt.Sprint(now), false)
		a.Cancel(fmt.Sprint(now))
	}
	if len(a.asks) > keptMost {
		t.Errorf("%d are kept", len(a.asks))
	}
}

func FuzzHear(f *testing.F) {
	f.Add([]byte(`{"answer":{"id":"a","state":"shown"}}`))
	f.Add([]byte(`{"ask":{"id":"a"}}`))
	f.Add([]byte(`{"ask":{"id":"a"},"swap":{"id":"b"}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		a := New(time.Now)
		a.Ask("p", false)
		_ = a.Hear("p", payload)
		for _, out := range a.Take() {
			if _, err := decode(out.Payload); err != nil {
				t.Fatalf("we say %s: %v", out.Payload, err)
			}
		}
	})
}
