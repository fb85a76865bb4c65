package run

import (
	"testing"

	"ekermed.example/ekermed/internal/call"
)

// The desk tries the network before anybody signs in, and gives it up when told to.
func TestDiagnosis(t *testing.T) {
	server := startServer(t, t.TempDir(), "127.0.0.1:0")
	d := startDesk(t)
	d.Post(call.SignIn{Server: server.Local, Email: "nobody@h.example", Password: "wrong"})
	d.until(t, "refused", func(s call.State) bool { return s.Account.Phase == call.SignedOut && s.Account.Problem != nil })

	d.Post(call.RunDiagnosis{})
	d.until(t, "running", func(s call.State) bool { return len(s.Diagnosis.Results) > 0 && s.Diagnosis.Results[0].Works() })
	d.Post(call.StopDiagnosis{})
	d.until(t, "stopped", func(s call.State) bool { return s.Diagnosis.Phase == call.DiagnosisIdle })

	d.Post(call.RunDiagnosis{})
	s := d.until(t, "a verdict", func(s call.State) bool { return s.Diagnosis.Phase == call.DiagnosisOver })
	if s.Diagnosis.Verdict != call.VerdictDirect && s.Diagnosis.Verdict != call.VerdictDirectSlow {
		t.Errorf("%+v", s.Diagnosis)
	}
}
