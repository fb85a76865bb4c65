package ui

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/board"
	"ekermed.example/ekermed/internal/call/chat"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/pdf"
	"ekermed.example/ekermed/internal/call/photo"
	"ekermed.example/ekermed/internal/call/picture"
	"ekermed.example/ekermed/internal/call/pointing"
	"ekermed.example/ekermed/internal/call/wire"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// askedByProxy is a day whose server is behind a proxy that wants a login.
func askedByProxy(s *call.State) {
	s.Agenda.Online, s.Agenda.Problem = false, &call.Problem{Code: call.ProblemProxyLogin, Detail: "proxy.hopital.example"}
}

// guest is somebody who was invited beside the patient.
func guest(id, name string, role wire.Role, relation string, place wire.Place) wire.Person {
	p := somebody(id, name, time.Minute)
	p.Role, p.Relation, p.Place = role, relation, place
	return p
}

// colleagueThere is a colleague who can take over.
func colleagueThere() wire.Person {
	p := guest("g1", "Dr Paul Riou", wire.RoleColleague, "", wire.PlaceCall)
	p.Ready = true
	return p
}

// handedOver is a call that the colleague leads since now.
func handedOver() call.State {
	leader := colleagueThere()
	leader.Role = wire.RoleClinician
	s := inCall(call.Talking, admitted("Camille Moreau"), leader, guest("g2", "Dr Nora Le Bris", wire.RoleColleague, "", wire.PlaceCall))
	s.Call.People[0].Role = wire.RoleColleague
	s.Call.Took, s.Call.TookAt = leader.ID, noon()
	return s
}

// scene is one screen in one state.
type scene struct {
	name  string
	state call.State
	do    func(*desk)
}

func scenes() []scene {
	with := func(s call.State, change func(*call.State)) call.State { change(&s); return s }
	out := call.State{Account: call.Account{Phase: call.SignedOut}, Settings: call.Settings{TextScale: 1}}
	known := with(out, func(s *call.State) {
		s.Account.Server, s.Account.Email = "https://ekermed.example.org", "anne.legoff@hopital.example"
	})
	problem := func(s call.State, code call.ProblemCode, detail string) call.State {
		s.Account.Problem = &call.Problem{Code: code, Detail: detail}
		return s
	}
	invite := func(d *desk) { d.ctrl(fyne.KeyN) }
	second := somebody("p2", "Nora Petit", 2*time.Minute)
	silent := admitted("Camille Moreau")
	silent.Video = false
	muted := admitted("Camille Moreau")
	muted.Audio = false
	away := admitted("Camille Moreau")
	away.Away = true
	held := admitted("Camille Moreau")
	held.Place = wire.PlaceHold
	twice := somebody("p1", "Camille Moreau", 12*time.Minute)
	twice.Again = true
	notReady := somebody("p3", "Hugo Lambert", 40*time.Second)
	notReady.Ready = false
	devices := func(d *desk) { d.visit(atDevices) }
	diagnose := func(d *desk) { d.visit(atDiagnosis) }
	return []scene{
		{"d1-first", out, nil},
		{"d1-known", known, nil},
		{"d1-busy", with(known, func(s *call.State) { s.Account.Phase = call.SigningIn }), nil},
		{"d1-wrong", problem(known, "credentials", ""), nil},
		{"d1-code", with(known, func(s *call.State) { s.Account.Factor = true }), func(d *desk) { d.screen.(*signIn).password.SetText("correct horse") }},
		{"d1-code-wrong", with(problem(known, "second_factor_wrong", ""), func(s *call.State) { s.Account.Factor = true }), nil},
		{"d1-idle", problem(known, "idle", ""), nil},
		{"d1-offline", problem(known, call.ProblemOffline, "ekermed.example.org"), nil},
		{"d1-proxy", problem(known, call.ProblemProxyLogin, "proxy.hopital.example"), nil},
		{"d1-proxy-wrong", problem(known, call.ProblemProxyWrong, "proxy.hopital.example"), func(d *desk) {
			d.typeText("alegoff")
			d.tab(1)
			d.typeText("secret")
		}},
		{"d1-proxy-refused", problem(known, call.ProblemProxy, "proxy.hopital.example (403)"), nil},
		{"d2-proxy", with(fullDay(), askedByProxy), func(d *desk) { d.online = noon().Add(-7 * time.Minute); d.screen.show(d.state); d.relayout() }},
		{"d2-proxy-login", with(fullDay(), askedByProxy), func(d *desk) { d.openProxy() }},
		{"d2-empty", signedIn(), nil},
		{"d2-waiting", fullDay(), nil},
		{"d2-again", with(fullDay(), func(s *call.State) { s.Agenda.Appointments[3].People[0].Again = true }), nil},
		{"d2-guest", with(fullDay(), func(s *call.State) {
			p := &s.Agenda.Appointments[3].People[0]
			p.Name, p.Role, p.Relation = "Inès Le Bihan", wire.RoleInterpreter, "breton"
		}), nil},
		{"d2-late", with(fullDay(), func(s *call.State) { s.Agenda.Appointments[3].People[0].Since -= 1500 }), nil},
		{"d2-offline", with(fullDay(), func(s *call.State) {
			s.Agenda.Online, s.Agenda.Problem = false, &call.Problem{Code: call.ProblemOffline, Detail: "ekermed.example.org"}
		}), func(d *desk) { d.online = noon().Add(-7 * time.Minute); d.screen.show(d.state); d.relayout() }},
		{"d3-form", fullDay(), invite},
		{"d3-later", fullDay(), func(d *desk) {
			invite(d)
			d.tab(2)
			d.key(fyne.KeyRight)
		}},
		{"d3-invalid", fullDay(), func(d *desk) { invite(d); d.typeText("camille@"); d.key(fyne.KeyReturn) }},
		{"d3-sending", fullDay(), func(d *desk) {
			invite(d)
			d.typeText("camille.moreau@exemple.fr")
			s := fullDay()
			s.Invite = call.Invite{Phase: call.InviteSending, To: "camille.moreau@exemple.fr"}
			d.Show(s)
		}},
		{"d3-sent", fullDay(), func(d *desk) {
			invite(d)
			s := fullDay()
			s.Invite = call.Invite{Phase: call.InviteSent, To: "camille.moreau@exemple.fr", Mail: "sent", Link: "https://ekermed.example.org/r/K7RQ-2MXP-9D4T-VHWB"}
			d.Show(s)
		}},
		{"d3-failed", fullDay(), func(d *desk) {
			invite(d)
			s := fullDay()
			s.Invite = call.Invite{Phase: call.InviteFailed, Problem: &call.Problem{Code: call.ProblemOffline, Detail: "ekermed.example.org"}}
			d.Show(s)
		}},
		{"d4-preview", with(signedIn(), func(s *call.State) { s.Devices.Open = true }), devices},
		{"d4-denied", with(signedIn(), func(s *call.State) {
			s.Devices.Camera = &call.Problem{Code: call.ProblemDenied}
			s.Devices.Microphone = &call.Problem{Code: call.ProblemInUse, Detail: "Microphone intégré"}
		}), devices},
		{"d4-none", with(signedIn(), func(s *call.State) {
			s.Devices = call.Devices{Camera: &call.Problem{Code: call.ProblemNoDevice}, Speaker: &call.Problem{Code: call.ProblemNoSound}}
		}), devices},
		{"d5-running", diagnosed(halfway()), diagnose},
		{"d5-direct", diagnosed(direct()), diagnose},
		{"d5-tls", diagnosed(throughTLS()), diagnose},
		{"d5-blocked", diagnosed(blocked()), diagnose},
		{"d5-alone", with(problem(known, call.ProblemOffline, "ekermed.example.org"), func(s *call.State) { s.Diagnosis = unreached() }), diagnose},
		{"d6-empty", inCall(call.Waiting), nil},
		{"d6-two", inCall(call.Waiting, somebody("p1", "Camille Moreau", 12*time.Minute), notReady), nil},
		{"d6-again", with(inCall(call.Waiting, twice, guest("p4", "Inès Le Bihan", wire.RoleInterpreter, "breton", wire.PlaceWaiting)), func(s *call.State) { s.Call.Locked = true }), nil},
		{"d6-refuse", inCall(call.Waiting, somebody("p1", "Camille Moreau", 12*time.Minute)), func(d *desk) { d.button(d.words.T("desktop.refuse.do")).Tapped(nil) }},
		{"d7-talking", inCall(call.Talking, admitted("Camille Moreau")), nil},
		{"d7-rest", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) {
			d.byPointer()
			d.clock = d.clock.Add(6 * time.Second)
			d.tick()
		}},
		{"d7-muted", with(inCall(call.Talking, muted), func(s *call.State) { s.Call.Audio, s.Call.Video = false, false }), nil},
		{"d7-audio", with(inCall(call.Talking, silent), func(s *call.State) { s.Call.Video = false }), nil},
		{"d7-connecting", with(inCall(call.Connecting, admitted("Camille Moreau")), func(s *call.State) { s.Call.Route = "" }), func(d *desk) { d.frames.pictures["p1"] = nil }},
		{"d7-reconnecting", with(inCall(call.Reconnecting, admitted("Camille Moreau")), func(s *call.State) { s.Call.Lost = noon().Add(-5 * time.Second) }), nil},
		{"d7-reduced", with(inCall(call.Talking, admitted("Camille Moreau")), func(s *call.State) {
			s.Call.Route, s.Call.Path = call.RouteRelay, call.Path{Local: "relay", Remote: "relay", Protocol: "tls"}
		}), nil},
		{"d7-sealed", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) { d.agree(call.Pairing{}) }},
		{"d7-code", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) {
			d.agree(call.Pairing{})
			d.state.Call.Path.Profile = "AEAD_AES_128_GCM"
			d.openSecrecy()
		}},
		{"d7-compared", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) { d.agree(call.Pairing{Compared: true}); d.openSecrecy() }},
		{"d7-broken", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) { d.agree(call.Pairing{Standing: call.StandingBroken}); d.openSecrecy() }},
		{"d7-away", inCall(call.Talking, away), nil},
		{"d7-left", with(inCall(call.Talking), func(s *call.State) { s.Call.Left = "Camille Moreau" }), nil},
		{"d7-door", inCall(call.Talking, admitted("Camille Moreau"), second), nil},
		{"d7-locked", with(inCall(call.Talking, admitted("Camille Moreau")), func(s *call.State) { s.Call.Locked = true }), nil},
		{"d7-held", with(inCall(call.Connecting, held), func(s *call.State) { s.Call.Route = "" }), nil},
		{"d7-people", inCall(call.Talking, admitted("Camille Moreau"), guest("g1", "Dr Paul Riou", wire.RoleColleague, "", wire.PlaceCall),
			guest("g2", "Ana Costa", wire.RoleObserver, "étudiante", wire.PlaceCall), guest("g3", "Lou Moreau", wire.RoleCompanion, "fille", wire.PlaceHold),
			guest("g4", "Inès Le Bihan", wire.RoleInterpreter, "breton", wire.PlaceWaiting)), func(d *desk) { d.openPeople() }},
		{"d9-photo", with(written(inCall(call.Talking, admitted("Camille Moreau"), guest("g1", "Lou Moreau", wire.RoleCompanion, "fille", wire.PlaceCall)), 0), func(s *call.State) {
			s.Call.Photos = []photo.Ask{{ID: "1", Peer: "p1", State: photo.Shown}, {ID: "2", Peer: "g1", State: photo.Refused}}
		}), func(d *desk) { d.openPeople() }},
		{"d7-people-locked", with(inCall(call.Talking, admitted("Camille Moreau")), func(s *call.State) { s.Call.Locked = true }), func(d *desk) { d.openPeople() }},
		{"d7-hand-over-list", inCall(call.Talking, admitted("Camille Moreau"), colleagueThere()), func(d *desk) { d.openPeople() }},
		{"d7-hand-over", inCall(call.Talking, admitted("Camille Moreau"), colleagueThere()), func(d *desk) {
			d.openPeople()
			d.button(d.words.T("desktop.people.give")).Tapped(nil)
		}},
		{"d7-handed-over", handedOver(), nil},
		{"d7-handed-over-list", handedOver(), func(d *desk) { d.openPeople() }},
		{"d7-remove", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) {
			d.openPeople()
			d.button(d.words.T("desktop.people.remove")).Tapped(nil)
		}},
		{"d7-six", six(), func(d *desk) { d.o.LevelOf = func(id string) float64 { return map[string]float64{"p2": 0.8}[id] } }},
		{"d7-speaker", six(), func(d *desk) {
			d.o.LevelOf = func(id string) float64 { return map[string]float64{"p2": 0.8}[id] }
			test.Tap(d.button(d.words.T("desktop.people.speaker")))
			d.screen.frames()
		}},
		{"d7-pinned", six(), func(d *desk) { d.pin("p2") }},
		{"d7-pinned-two", inCall(call.Talking, admitted("Camille Moreau"), guest("p2", "Inès Le Bihan", wire.RoleInterpreter, "langue des signes", wire.PlaceCall)), func(d *desk) { d.pin("p1") }},
		{"d7-screen-pinned", inCall(call.Talking, presenting(), guest("p2", "Inès Le Bihan", wire.RoleInterpreter, "langue des signes", wire.PlaceCall)), func(d *desk) { d.pin("p2") }},
		{"d7-board-pinned", inCall(call.Talking, admitted("Camille Moreau"), guest("p2", "Inès Le Bihan", wire.RoleInterpreter, "langue des signes", wire.PlaceCall)), func(d *desk) {
			d.sketch()
			d.ctrl(fyne.KeyB)
			d.pin("p2")
		}},
		{"d7-board", inCall(call.Talking, admitted("Camille Moreau"), guest("p2", "Inès Le Bihan", wire.RoleInterpreter, "breton", wire.PlaceCall)), func(d *desk) { d.sketch(); d.ctrl(fyne.KeyB) }},
		{"d7-board-empty", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) { d.BoardMeet("me", "p1", true); d.ctrl(fyne.KeyB) }},
		{"d8-board-ground", filed(inCall(call.Talking, admitted("Camille Moreau"))), func(d *desk) { d.lay(true); d.sketch(); d.ctrl(fyne.KeyB) }},
		{"d8-board-coming", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) { d.lay(false); d.sketch(); d.ctrl(fyne.KeyB) }},
		{"d8-board-lost", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) {
			d.lay(false)
			d.ctrl(fyne.KeyB)
			d.screen.frames()
			d.clock = d.clock.Add(time.Minute)
		}},
		{"d7-board-news", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) { d.sketch() }},
		{"d7-share", with(inCall(call.Talking, admitted("Camille Moreau")), func(s *call.State) {
			s.Call.Sharing = call.Sharing{Asking: true, Listed: true, Surfaces: surfaces()}
		}), func(d *desk) { d.ctrl(fyne.KeyS) }},
		{"d7-share-none", with(inCall(call.Talking, admitted("Camille Moreau")), func(s *call.State) {
			s.Call.Sharing = call.Sharing{Asking: true, Listed: true, Problem: &call.Problem{Code: call.ProblemWayland}}
		}), func(d *desk) { d.ctrl(fyne.KeyS) }},
		{"d7-share-asks", with(inCall(call.Talking, admitted("Camille Moreau")), func(s *call.State) {
			s.Call.Sharing = call.Sharing{Asking: true, Listed: true, Starting: true, Surfaces: []call.Surface{{ID: "portal", Asks: true}}}
		}), func(d *desk) { d.ctrl(fyne.KeyS) }},
		{"d7-sharing-chosen", with(inCall(call.Talking, admitted("Camille Moreau")), func(s *call.State) {
			s.Call.Sharing.Surface = call.Surface{ID: "portal", Asks: true}
		}), nil},
		{"d7-sharing", with(inCall(call.Talking, admitted("Camille Moreau")), func(s *call.State) { s.Call.Sharing.Surface = surfaces()[1] }), nil},
		{"d7-sharing-paused", with(inCall(call.Talking, admitted("Camille Moreau")), func(s *call.State) {
			s.Call.Sharing = call.Sharing{Surface: surfaces()[0], Paused: true}
		}), nil},
		{"d7-screen", inCall(call.Talking, presenting(), guest("p2", "Inès Le Bihan", wire.RoleInterpreter, "breton", wire.PlaceCall)), nil},
		{"d7-screen-points", with(inCall(call.Talking, presenting(), guest("p2", "Inès Le Bihan", wire.RoleInterpreter, "breton", wire.PlaceCall)), func(s *call.State) {
			s.Call.Dots = []pointing.Dot{{Peer: "me", At: pointing.Place{X: 3100, Y: 4200}}, {Peer: "p1", At: pointing.Place{X: 9800, Y: 7000}}}
		}), func(d *desk) { test.Tap(d.button(d.words.T("desktop.share.point"))) }},
		{"d7-screen-larger", inCall(call.Talking, presenting(), guest("p2", "Inès Le Bihan", wire.RoleInterpreter, "breton", wire.PlaceCall)), func(d *desk) {
			d.screen.(*callScreen).screen.view.Zoom(2.2)
		}},
		{"d7-sharing-pointed", with(inCall(call.Talking, admitted("Camille Moreau")), func(s *call.State) {
			s.Call.Sharing.Surface = surfaces()[1]
			s.Call.People[0].Screen = true
			s.Call.Dots = []pointing.Dot{{Peer: "p1", At: pointing.Place{X: 3100, Y: 4200}}}
		}), nil},
		{"d7-news", written(inCall(call.Talking, admitted("Camille Moreau")), 3), nil},
		{"d8-chat", written(inCall(call.Talking, admitted("Camille Moreau")), 9), func(d *desk) { d.ctrl(fyne.KeyK) }},
		{"d8-chat-deaf", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) { d.ctrl(fyne.KeyK) }},
		{"d8-chat-empty", written(inCall(call.Talking, admitted("Camille Moreau")), 0), func(d *desk) { d.ctrl(fyne.KeyK) }},
		{"d8-chat-writing", with(written(inCall(call.Talking, admitted("Camille Moreau")), 2), func(s *call.State) {
			s.Call.Chat.Writing = []chat.Writing{{From: "p1", Text: "Depuis lundi, surtout le ma"}}
		}), func(d *desk) { d.ctrl(fyne.KeyK); d.typeText("Et la nuit ?") }},
		{"d8-chat-full", with(written(inCall(call.Talking, admitted("Camille Moreau")), 4), func(s *call.State) { s.Call.Chat.Full = true }), func(d *desk) { d.ctrl(fyne.KeyK) }},
		{"d8-files", filed(written(inCall(call.Talking, admitted("Camille Moreau")), 0)), func(d *desk) { d.ctrl(fyne.KeyK); d.turnTo(filesPart) }},
		{"d8-files-pictures", pictured(written(inCall(call.Talking, admitted("Camille Moreau")), 0)), func(d *desk) { d.BoardMeet("me", "p1", true); d.ctrl(fyne.KeyK); d.turnTo(filesPart) }},
		{"d9-photo-view", pictured(inCall(call.Talking, admitted("Camille Moreau"))), func(d *desk) { d.BoardMeet("me", "p1", true); d.openPhoto("7") }},
		{"d9-photo-turned", pictured(inCall(call.Talking, admitted("Camille Moreau"))), func(d *desk) {
			d.BoardMeet("me", "p1", true)
			d.openPhoto("7")
			test.Tap(d.button(d.words.T("desktop.photo.right")))
		}},
		{"d9-photo-unseen", with(pictured(inCall(call.Talking, admitted("Camille Moreau"))), func(s *call.State) { s.Call.Files[1].Content = []byte("\x89PNG\r\n\x1a\n") }), func(d *desk) { d.openPhoto("7") }},
		{"d9-photo-erase", pictured(inCall(call.Talking, admitted("Camille Moreau"))), func(d *desk) {
			d.openPhoto("7")
			test.Tap(d.button(d.words.T("desktop.photo.erase")))
		}},
		{"d9-pages", pictured(inCall(call.Talking, admitted("Camille Moreau"))), func(d *desk) { d.leaf(7, 1) }},
		{"d9-pages-many", pictured(inCall(call.Talking, admitted("Camille Moreau"))), func(d *desk) { d.leaf(120, 0) }},
		{"d9-pages-unseen", pictured(inCall(call.Talking, admitted("Camille Moreau"))), func(d *desk) {
			d.leaf(3, 0)
			d.papers["/home/anne/lettre.pdf"].bad = pdf.Error{Why: pdf.TooSlow}
			test.Tap(d.named("Page suivante", "Next page"))
		}},
		{"d8-board-pdf-locked", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) {
			d.BoardMeet("me", "p1", true)
			d.papers = map[string]*fakePaper{"/home/anne/lettre.pdf": {refused: pdf.Error{Why: pdf.Locked}}}
			d.layPath("/home/anne/lettre.pdf")
		}},
		{"d8-files-pdf", papers(inCall(call.Talking, admitted("Camille Moreau"))), func(d *desk) { d.BoardMeet("me", "p1", true); d.turnTo(filesPart) }},
		{"d8-files-empty", with(written(inCall(call.Talking, admitted("Camille Moreau")), 0), func(s *call.State) { s.Call.FileLimit = 100_000_000 }), func(d *desk) { d.ctrl(fyne.KeyK); d.turnTo(filesPart) }},
		{"d7-files-news", filed(inCall(call.Talking, admitted("Camille Moreau"))), nil},
		{"d7-settings", inCall(call.Talking, admitted("Camille Moreau")), func(d *desk) { d.ctrl(fyne.KeyComma) }},
		{"d11-video", with(inCall(call.Talking), func(s *call.State) {
			s.Call.Phase, s.Call.Reason, s.Call.EndedAt = call.Ended, wire.ReasonEnded, noon()
		}), nil},
		{"d11-lost", with(inCall(call.Talking), func(s *call.State) {
			s.Call.Phase, s.Call.Reason, s.Call.EndedAt, s.Call.Seen = call.Ended, wire.ReasonLost, noon(), false
		}), nil},
		{"d12-settings", signedIn(), func(d *desk) { d.ctrl(fyne.KeyComma) }},
		{"f1-help", fullDay(), func(d *desk) { d.key(fyne.KeyF1) }},
	}
}

// filed is a call with files in every state that matters.
func filed(s call.State) call.State {
	s.Call.FileLimit = 100_000_000
	s.Call.Files = []files.Item{
		{ID: "1", Mine: true, Name: "Ordonnance.pdf", Size: 84_312, State: files.Ready, Replies: map[string]files.Reply{"p1": files.Received}},
		{ID: "2", Mine: true, Name: "IRM genou droit.zip", Size: 61_400_000, Done: 22_000_000, State: files.Uploading},
		{ID: "3", From: "p1", Name: "photo de la cheville.jpg", Kind: "image/jpeg", Size: 2_431_000, State: files.Done, Path: "/home/anne/photo.jpg", Thumbnail: selfPicture()},
		{ID: "4", From: "p1", Name: "resultats.pdf", Size: 412_000, State: files.Ready},
		{ID: "5", From: "p1", Name: "programme.exe", Size: 9_100_000, Done: 3_000_000, State: files.Paused, Problem: files.ProblemOffline, Warning: "program"},
		{ID: "6", Mine: true, Name: "vide.txt", State: files.Failed, Problem: files.ProblemEmpty},
	}
	return s
}

// photographed is a photograph as a telephone takes it, upright.
func photographed() []byte {
	var out bytes.Buffer
	_ = jpeg.Encode(&out, portrait(600, 800, color.RGBA{206, 196, 182, 255}, color.RGBA{92, 122, 92, 255}), nil) // memory takes everything
	return out.Bytes()
}

// pictured is a call with pictures that were received: a file, a photograph, one that was erased
// and one beneath the whiteboard.
func pictured(s call.State) call.State {
	s.Call.FileLimit = 100_000_000
	content := photographed()
	s.Call.Files = []files.Item{
		{ID: "3", From: "p1", Name: "radio du poignet.png", Kind: "image/png", Size: 2_431_000, State: files.Done, Path: "/home/anne/radio du poignet.png", Thumbnail: selfPicture()},
		{ID: "7", From: "p1", Use: files.Snapshot, Name: "photo-2026-06-03-10h41.jpg", Kind: "image/jpeg", Size: 1_874_000, State: files.Done, Content: content, Thumbnail: portrait(192, 256, color.RGBA{206, 196, 182, 255}, color.RGBA{92, 122, 92, 255})},
		{ID: "8", From: "p1", Use: files.Snapshot, Name: "photo-2026-06-03-10h38.jpg", Kind: "image/jpeg", Size: 1_874_000, State: files.Erased},
		{ID: "9", From: "p1", Use: files.Backdrop, Name: "ground", Kind: "image/jpeg", Size: 1_874_000, State: files.Ready},
	}
	return s
}

// lay lets somebody lay a picture under the board; here tells whether its file has come.
func (d *desk) lay(here bool) {
	d.BoardMeet("me", "p1", true)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, patientPicture(), nil); err != nil {
		d.t.Fatal(err)
	}
	read, err := picture.Read(out.Bytes())
	if err != nil {
		d.t.Fatal(err)
	}
	d.BoardLay(board.Ground{File: "the-file-of-the-ground", Width: read.Width, Height: read.Height, SHA: read.SHA}, nil)
	if here {
		s := d.state
		s.Call.Files = append(slices.Clone(s.Call.Files), files.Item{ID: "p1/the-file-of-the-ground", Offer: "the-file-of-the-ground", From: "p1", Use: files.Backdrop, State: files.Done, Picture: read})
		d.Show(s)
	}
}

// sketch lets the patient draw.
func (d *desk) sketch() {
	d.BoardMeet("me", "p1", true)
	theirs, err := board.New(board.Options{Self: "p1", Run: "r1", MayDraw: true})
	if err != nil {
		d.t.Fatal(err)
	}
	theirs.Meet("me", true)
	draw := func(kind board.Kind, style board.Style, points ...board.At) {
		if err := theirs.Begin(kind, style, points[0]); err != nil {
			d.t.Fatal(err)
		}
		if err := theirs.Extend(points[1:]...); err != nil {
			d.t.Fatal(err)
		}
		theirs.End()
	}
	draw(board.Pen, board.Style{}, board.At{X: 300, Y: 200, Pressure: 0.5}, board.At{X: 420, Y: 480, Pressure: 0.8}, board.At{X: 700, Y: 520, Pressure: 0.4}, board.At{X: 900, Y: 300, Pressure: 0.7})
	if err := theirs.Add(board.Ellipse, board.Style{Colour: 2, Width: 2}, board.At{X: 640, Y: 420}, board.At{X: 900, Y: 640}); err != nil {
		d.t.Fatal(err)
	}
	if err := theirs.Write(board.Style{Width: 1}, board.At{X: 950, Y: 600}, "J’ai mal ici"); err != nil {
		d.t.Fatal(err)
	}
	for n := range 20 {
		now := d.clock.Add(time.Duration(n) * 100 * time.Millisecond)
		for _, out := range theirs.Take(now) {
			d.BoardHear("p1", out.Data)
		}
		for _, out := range d.drawing.board.Take(now) {
			if err := theirs.Hear("me", out.Data, now); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	if d.drawing.board.Empty() {
		d.t.Fatal("nothing arrived on the board")
	}
}

// six people are in the call: one speaks, one raises a hand, one has no picture.
func six() call.State {
	people := []wire.Person{admitted("Camille Moreau")}
	for i, name := range []string{"Inès Le Bihan", "Dr Paul Riou", "Lou Moreau", "Yann Kermadec"} {
		p := guest(fmt.Sprintf("p%d", i+2), name, []wire.Role{wire.RoleInterpreter, wire.RoleColleague, wire.RoleCompanion, wire.RoleCompanion}[i], "", wire.PlaceCall)
		p.Hand, p.Video = i == 2, i != 1
		people = append(people, p)
	}
	return inCall(call.Talking, people...)
}

func surfaces() []call.Surface {
	return []call.Surface{{ID: "screen:0", Number: 1, Width: 1920, Height: 1080}, {ID: "window:7", Name: "Imagerie – Examen du 12 novembre", Width: 1400, Height: 900},
		{ID: "window:9", Name: "Messagerie", Width: 1100, Height: 800}}
}

// presenting is the patient, who shows a screen.
func presenting() wire.Person {
	p := admitted("Camille Moreau")
	p.Screen = true
	return p
}

// screenPicture is a page of text.
func screenPicture() *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, 1280, 720))
	for i := range m.Pix {
		m.Pix[i] = 0xff
	}
	for y := 80; y < 640; y += 28 {
		for x := 120; x < 1160-y%7*60; x++ {
			for dy := range 8 {
				m.Set(x, y+dy, color.RGBA{60, 70, 80, 255})
			}
		}
	}
	return m
}

// written is a call in which n messages were written.
func written(s call.State, n int) call.State {
	texts := []string{
		"Bonjour, vous m’entendez bien ?", "Oui, très bien. Je vous écris le nom du médicament : Amoxicilline 500 mg.",
		"Merci. L’ordonnance est sur https://ordonnances.exemple.fr/k7rq-2mxp", "Je l’ai ouverte.", "Prenez-en un matin et soir, pendant six jours.",
		"D’accord. Et si la fièvre revient ?", "Appelez le cabinet : 02 98 00 00 00.", "Merci docteur 🙏", "À mardi.",
	}
	s.Call.Self = "me"
	for i := range s.Call.People {
		s.Call.People[i].Keys = true
	}
	for i, text := range texts[:n] {
		m := chat.Message{From: "me", ID: fmt.Sprint(i), Text: text, Mine: true, At: noon().Add(time.Duration(i-n) * time.Minute), Got: 1}
		if i%2 == 1 {
			m.From, m.Mine = "p1", false
		} else if i == n-1 && n > 4 {
			m.Got, m.Missing = 0, []string{"p1"}
		}
		s.Call.Chat.Messages = append(s.Call.Chat.Messages, m)
	}
	return s
}

// play sets a scene on a fresh desk.
func (d *desk) play(sc scene, settings call.Settings) {
	d.frames.set("p1", patientPicture())
	d.frames.set("p2", patientPicture())
	d.frames.set("", selfPicture())
	d.frames.set(wire.ScreenStream("p1"), screenPicture())
	for _, id := range []string{"p4", "p5"} {
		d.frames.set(id, patientPicture())
	}
	sc.state.Settings = settings
	d.input.moved = d.clock
	d.Show(sc.state)
	if sc.do != nil {
		sc.do(d)
	}
	s := d.state
	s.Settings = settings
	d.Show(s)
	d.screen.frames()
	if d.dialog != nil && d.dialog.frames != nil {
		d.dialog.frames()
	}
}

func (d *desk) save(dir, name string) {
	d.t.Helper()
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, d.window.Canvas().Capture()); err != nil {
		d.t.Fatal(err)
	}
}

// Every screen in every state, as pictures for people to judge: UI_PICTURES names the
// folder, UI_SCENES a pattern; without a folder one scene is drawn.
func TestPictures(t *testing.T) {
	dir, pattern := os.Getenv("UI_PICTURES"), os.Getenv("UI_SCENES")
	if pattern == "" {
		pattern = "*"
	}
	if dir == "" { // nobody looks: one scene shows that pictures can be made
		dir, pattern = t.TempDir(), "d2-waiting"
	}
	looks := []struct {
		name     string
		settings call.Settings
		w, h     float32
	}{
		{"fr-light", call.Settings{Language: "fr", Theme: "light", TextScale: 1}, 1280, 800},
		{"fr-dark", call.Settings{Language: "fr", Theme: "dark", TextScale: 1}, 1280, 800},
		{"en-light", call.Settings{Language: "en", Theme: "light", TextScale: 1}, 1280, 800},
		{"en-dark", call.Settings{Language: "en", Theme: "dark", TextScale: 1}, 1280, 800},
		{"large", call.Settings{Language: "fr", Theme: "light", TextScale: 2}, 1280, 800},
		{"small", call.Settings{Language: "fr", Theme: "light", TextScale: 1}, 900, 600},
		{"small-large", call.Settings{Language: "fr", Theme: "dark", TextScale: 2}, 900, 600},
	}
	for _, sc := range scenes() {
		for _, look := range looks {
			name := sc.name + "-" + look.name
			if ok, _ := filepath.Match(pattern, name); !ok {
				continue
			}
			t.Run(name, func(t *testing.T) {
				d := newDesk(t, look.w, look.h)
				d.play(sc, look.settings)
				d.save(dir, name)
			})
		}
	}
}
