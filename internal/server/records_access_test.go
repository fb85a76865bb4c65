package server

import (
	"context"
	"slices"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/alias"
	"ekermed.example/ekermed/internal/server/room"
	"ekermed.example/ekermed/internal/server/store"
	"ekermed.example/ekermed/internal/server/trail"
)

// What is done to people in a room, and about second factors and sessions, is in the
// trail: who did it, to whom, with which result.
func TestTheTrailTellsWhoDidWhatToWhom(t *testing.T) {
	cfg := development(t)
	s, err := store.Open(t.Context(), cfg.Server.Data)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := newRecords(cfg, s, discard())
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	r.left = func(account string) { left = append(left, account) }
	door := func(act room.Act, by string, role wire.Role, why wire.Reason) {
		r.Door(room.Door{Act: act, Appointment: "a", Owner: "acc", Person: "pat", Role: wire.RolePatient, By: by, ByRole: role, Why: why})
	}
	door(room.Admitted, "c", wire.RoleClinician, "")
	door(room.Admitted, "col", wire.RoleColleague, "")
	door(room.Again, "", "", "")
	door(room.Barred, "", "", "")
	door(room.Held, "c", wire.RoleClinician, "")
	door(room.Unheld, "col", wire.RoleColleague, "")
	door(room.Went, "col", wire.RoleColleague, wire.ReasonRemoved)
	door(room.Went, "c", wire.RoleClinician, wire.ReasonRefused)
	r.Door(room.Door{Act: room.HandedOver, Appointment: "a", Owner: "acc", Person: "col", Role: wire.RoleColleague, By: "c", ByRole: wire.RoleClinician})
	r.Door(room.Door{Act: room.Locked, Appointment: "a", Owner: "acc", Person: "c", Role: wire.RoleClinician})
	r.Door(room.Door{Act: room.Unlocked, Appointment: "a", Owner: "acc", Person: "c", Role: wire.RoleClinician})
	if len(left) > 0 {
		t.Error("the clinician went out of the room")
	}
	r.Door(room.Door{Act: room.Went, Appointment: "a", Owner: "acc", Person: "c", Role: wire.RoleClinician, Why: wire.ReasonLost})
	for _, e := range []access.Event{
		{Act: access.ActSignIn, Account: "acc", Refused: wire.CodeSecondFactor}, {Act: access.ActSignIn, Account: "acc", Refused: wire.CodeSecondFactorWrong},
		{Act: access.ActSignIn, Account: "acc", Refused: wire.CodeSecondFactorMissing}, {Act: access.ActRecovery, Account: "acc"}, {Act: access.ActLapse, Account: "acc", Refused: wire.CodeIdle},
	} {
		r.access(e)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.trail.Run(ctx); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{
		r.names.Of(alias.Account, "acc").String(): "clinician", r.names.Of(alias.Person, "pat").String(): "patient", r.names.Of(alias.Person, "col").String(): "colleague", "": "",
	}
	var got []string
	if err := trail.Each(t.Context(), s, time.Time{}, func(l trail.Line) error {
		got = append(got, names[l.Who]+" "+string(l.What)+" "+names[l.Whom]+" "+string(l.Result))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"clinician admitted patient ok", "colleague admitted patient ok", "patient link_shared  ok", "patient joined  locked", "clinician held patient ok", "colleague unheld patient ok",
		"colleague removed patient removed", "clinician refused patient refused", "clinician handed_over colleague ok", "clinician room_locked  ok", "clinician room_unlocked  ok", "clinician left  lost",
		"clinician second_factor_asked  ok", "clinician sign_in_failed  second_factor_wrong", "clinician sign_in_failed  second_factor_missing", "clinician recovery_code_used  ok", "clinician session_lapsed  ok",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant\n%q", got, want)
	}
	if !slices.Equal(left, []string{"acc"}) {
		t.Errorf("left %v", left)
	}
}
