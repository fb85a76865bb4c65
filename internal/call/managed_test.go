package call

import (
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// What the IT department has set holds whatever was remembered, typed or told by the server.
func TestManaged(t *testing.T) {
	now := time.Unix(1000, 0)
	welcome := Heard{wire.Welcome{Self: "me", Room: "r", People: []wire.Person{me, atDoor}, Files: wire.Files{Token: "t", Limit: 1000}}}
	for _, tt := range []struct {
		managed Managed
		server  string
		limit   int64
	}{
		{Managed{}, "https://typed.example", 1000},
		{Managed{Server: "https://ours.example"}, "https://ours.example", 1000},
		{Managed{NoFiles: true}, "https://typed.example", 0},
	} {
		s, _ := Step(State{Account: Account{Phase: SignedOut}, Managed: tt.managed}, Remembered{Server: "https://typed.example", Email: "anne@h.example"}, now)
		if s.Account.Server != tt.server || s.Account.Email != "anne@h.example" {
			t.Errorf("%+v: remembers %+v", tt.managed, s.Account)
		}
		s, effects := Step(s, SignIn{Server: "https://typed.example", Email: "anne@h.example", Password: "x"}, now)
		if s.Account.Server != tt.server || !has(effects, func(e OpenSession) bool { return e.Server == tt.server && e.Password == "x" }) {
			t.Errorf("%+v: signs in at %q, %+v", tt.managed, s.Account.Server, effects)
		}
		for _, ev := range []Event{signedIn, LetIn{"a1", "p"}, welcome} {
			s, _ = Step(s, ev, now)
		}
		if s.Call.FileLimit != tt.limit || s.Managed != tt.managed {
			t.Errorf("%+v: files of %d bytes, %+v", tt.managed, s.Call.FileLimit, s.Managed)
		}
	}
}
