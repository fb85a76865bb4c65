package main

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/run"
	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/devices"
)

// status is the snapshot for support. It holds no secret; names are those on screen.
type status struct {
	Phase      string         `json:"phase"`
	Online     bool           `json:"online"` // the agenda is current
	Route      string         `json:"route"`
	Path       statusPath     `json:"path"`
	SafetyCode string         `json:"safety_code"`
	Secrecy    string         `json:"secrecy"`
	Room       string         `json:"room"`
	Self       statusSelf     `json:"self"`
	Peers      []statusPeer   `json:"peers"`
	Door       []statusDoor   `json:"door"`
	Together   statusTogether `json:"together"`
	Devices    statusDevices  `json:"devices"`
	// Focus is the accessible name of what has the keyboard.
	Focus string         `json:"focus"`
	Error *statusProblem `json:"error"`
}

// statusPath is how media travels: candidate types, and the protocol that leaves here.
type statusPath struct {
	Local    string `json:"local"`
	Remote   string `json:"remote"`
	Protocol string `json:"protocol"`
	// Profile is the SRTP protection profile.
	Profile string `json:"srtp_profile"`
}

type statusSelf struct {
	Width       int     `json:"width"`
	Height      int     `json:"height"`
	FPS         float64 `json:"fps"`
	AudioMSSent uint64  `json:"audio_ms_sent"`
}

// statusTogether counts what is done together: never what is in it.
type statusTogether struct {
	Messages int `json:"messages"`
	// Delivered are messages of ours that somebody confirmed.
	Delivered int `json:"delivered"`
	Files     int `json:"files"`
	// Received are files of others that are kept here, and Given those of ours that somebody has.
	Received int `json:"received"`
	Given    int `json:"given"`
	// Failed are files that did not come or go, with a sentence about it on screen.
	Failed int `json:"failed"`
	// Sharing: our screen is shown. Screen is what somebody else shows, as it arrives.
	Sharing bool         `json:"sharing"`
	Screen  statusScreen `json:"screen"`
}

type statusScreen struct {
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	FramesShown uint64 `json:"frames_shown"`
}

func together(c call.Consultation, counters func(string) devices.Counters) statusTogether {
	out := statusTogether{Messages: len(c.Chat.Messages), Files: len(c.Files), Sharing: c.Sharing.On()}
	for _, m := range c.Chat.Messages {
		if m.Mine && m.Got > 0 {
			out.Delivered++
		}
	}
	for _, f := range c.Files {
		if !f.Mine && f.State == files.Done {
			out.Received++
		}
		if f.State == files.Failed {
			out.Failed++
		}
		for _, reply := range f.Replies {
			if f.Mine && reply == files.Received {
				out.Given++
				break
			}
		}
	}
	if p, ok := c.Presenter(); ok && p.ID != c.Self {
		n := counters(wire.ScreenStream(p.ID))
		out.Screen = statusScreen{n.Width, n.Height, n.Frames}
	}
	return out
}

// statusSealed are frames that were opened, refused as forged or far too late, dropped
// because their key was not there, and dropped because they had been opened before.
type statusSealed struct {
	Opened   uint64 `json:"opened"`
	Refused  uint64 `json:"refused"`
	NoKey    uint64 `json:"no_key"`
	Repeated uint64 `json:"repeated"`
}

type statusPeer struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Role        string `json:"role"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	FramesShown uint64 `json:"frames_shown"`
	// Sealed counts sealed frames of this person.
	Sealed        statusSealed `json:"sealed"`
	FPS           float64      `json:"fps"`
	AudioMSPlayed uint64       `json:"audio_ms_played"`
	RTTMS         float64      `json:"rtt_ms"`
	Loss          float64      `json:"loss"`
}

// statusDoor is somebody who waits, in the agenda or in the open room.
type statusDoor struct {
	Appointment string `json:"appointment"`
	ID          string `json:"id"`
	Name        string `json:"name"`
}

type statusDevices struct {
	Camera     string `json:"camera"`
	Microphone string `json:"microphone"`
	Speaker    string `json:"speaker"`
	Open       bool   `json:"open"`
}

type statusProblem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// report keeps the snapshot file: at every change, and four times a second in a call.
func report(ctx context.Context, path string, desk *run.Desk, m *machine, latest func() *call.State, log *slog.Logger) error {
	if path == "" {
		return nil
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var last status
	var wrote time.Time
	for {
		if s := latest(); s != nil {
			now := snapshot(*s, desk, m)
			changed := !reflect.DeepEqual(still(now), still(last))
			if changed || (s.Call.Live() && time.Since(wrote) > 250*time.Millisecond) {
				last, wrote = now, time.Now()
				text, err := json.MarshalIndent(now, "", "  ")
				if err == nil {
					err = replace(path, append(text, '\n'))
				}
				if err != nil {
					log.Warn("the status file is not written", "error", err)
				}
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// still is a status without the figures that always move.
func still(s status) status {
	s.Self, s.Together.Screen = statusSelf{}, statusScreen{}
	peers := make([]statusPeer, len(s.Peers))
	for i, p := range s.Peers {
		peers[i] = statusPeer{ID: p.ID, Name: p.Name, Role: p.Role, Width: p.Width, Height: p.Height}
	}
	s.Peers = peers
	return s
}

func snapshot(s call.State, desk *run.Desk, m *machine) status {
	out := status{Phase: phase(s), Online: s.Agenda.Online, Route: s.Call.Route, Secrecy: string(s.Call.Secrecy()), Path: statusPath(s.Call.Path), Room: s.Call.Room, Peers: []statusPeer{}, Door: []statusDoor{}}
	out.Devices = statusDevices{word(s.Devices.Camera), word(s.Devices.Microphone), word(s.Devices.Speaker), s.Devices.Open}
	if name := m.focus.Load(); name != nil {
		out.Focus = *name
	}
	for _, p := range []*call.Problem{s.Call.Problem, s.Account.Problem, s.Agenda.Problem} {
		if p != nil && out.Error == nil {
			out.Error = &statusProblem{string(p.Code), p.Detail}
		}
	}
	for _, a := range s.Agenda.Appointments {
		for _, p := range a.People {
			if p.Place == "waiting" {
				out.Door = append(out.Door, statusDoor{a.ID, p.ID, p.Name})
			}
		}
	}
	session := m.session.Load()
	counters := func(peer string) devices.Counters {
		if session == nil {
			return devices.Counters{}
		}
		return session.Counters(peer)
	}
	if len(s.Call.Pairings) > 0 && s.Call.Pairings[0].Standing == call.StandingAgreed {
		out.SafetyCode = safetyCode(s.Call.Pairings[0].Code, s.Settings.Language)
	}
	out.Together = together(s.Call, counters)
	own := counters("")
	out.Self = statusSelf{own.Width, own.Height, own.FPS, own.AudioMS}
	rtt, loss := desk.Stats()
	for _, p := range s.Call.Others() {
		c := counters(p.ID)
		out.Peers = append(out.Peers, statusPeer{
			ID: p.ID, Name: p.Name, Role: string(p.Role), Width: c.Width, Height: c.Height, FramesShown: c.Frames,
			Sealed: statusSealed(desk.Opened(p.ID)), FPS: c.FPS, AudioMSPlayed: c.AudioMS, RTTMS: float64(rtt.Microseconds()) / 1000, Loss: loss,
		})
	}
	return out
}

// safetyCode writes a code in words of a language, French unless it is another.
func safetyCode(code [4]byte, language string) string {
	words, err := assets.SafetyWords(cmp.Or(language, assets.Languages()[0]))
	if err != nil {
		return "" // the lists are embedded
	}
	four := make([]string, len(code))
	for i, n := range code {
		four[i] = words[n]
	}
	return strings.Join(four, " ")
}

// phase is one word for where the desk stands.
func phase(s call.State) string {
	switch {
	case s.Account.Phase != call.SignedIn:
		return string(s.Account.Phase)
	case s.Call.Phase == call.Idle:
		return "home"
	}
	return string(s.Call.Phase)
}

func word(p *call.Problem) string {
	if p == nil {
		return "ok"
	}
	return string(p.Code)
}
