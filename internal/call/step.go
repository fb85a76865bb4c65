package call

import (
	"cmp"
	"slices"
	"time"

	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/wire"
)

// Step is the whole machine: the state after an event that happened now, and what
// must be done about it. It changes nothing that s points to.
func Step(s State, ev Event, now time.Time) (State, []Effect) {
	switch ev := ev.(type) {
	case SignIn, SignOut, Active, ProxyLogin, SessionOpened, SessionResuming, SessionClosed, AgendaCame, AgendaLost, Warned:
		return stepAccount(s, ev, now)
	case SendInvite, CloseInvite, InviteDone, CancelAppointment:
		return stepInvite(s, ev)
	case Preview, Choose, TestSpeaker, SetSettings, Remembered, DevicesFound, DevicesOpened:
		return stepDevices(s, ev)
	case Heard:
		return stepHeard(s, ev.Message, now)
	case MediaUp, MediaReady, MediaPath, MediaDown:
		return stepMedia(s, ev, now)
	case RunDiagnosis, StopDiagnosis, DiagnosisTold, DiagnosisDone:
		return stepDiagnosis(s, ev, now)
	case AskScreen, SurfacesFound, ShowScreen, SharingStarted, SharingEnded, HoldScreen, HideScreen:
		return stepSharing(s, ev)
	case NetworkChanged:
		return networkChanged(s)
	}
	return stepCall(s, ev, now)
}

func stepAccount(s State, ev Event, now time.Time) (State, []Effect) {
	switch ev := ev.(type) {
	case SignIn:
		// An earlier session that cannot be checked holds nobody up.
		stuck := s.Account.Phase == SigningIn && s.Account.Problem != nil
		if s.Account.Phase == SignedIn || (s.Account.Phase == SigningIn && !stuck) {
			return s, nil
		}
		ev.Server = cmp.Or(s.Managed.Server, ev.Server)
		s.Account = Account{Phase: SigningIn, Server: ev.Server, Email: ev.Email, Factor: ev.Code != ""}
		return s, []Effect{OpenSession(ev)}
	case Active:
		if s.Account.Phase == SignedIn {
			return s, []Effect{Stir{}}
		}
	case ProxyLogin:
		return proxyLogin(s, ev)
	case SessionResuming:
		s.Account.Phase, s.Account.Problem = SigningIn, nil
	case SessionOpened:
		warning := s.Account.Problem
		if warning != nil && warning.Code != ProblemKeyring {
			warning = nil // it kept us out, and does not any more
		}
		s.Account = Account{Phase: SignedIn, Server: ev.Server, Email: ev.Session.Email, Name: ev.Session.Name, Problem: warning}
		return s, []Effect{save(s), FollowAgenda{}}
	case SessionClosed:
		return closed(s, ev.Problem)
	case SignOut:
		if s.Call.Live() {
			return s, nil // leave the call first
		}
		return signedOut(s, nil, StopAgenda{}, CloseSession{})
	case AgendaCame:
		s.Agenda = Agenda{Online: true, Appointments: ev.Agenda.Appointments, Skew: s.Agenda.Skew}
		if ev.Agenda.Now > 0 {
			s.Agenda.Skew = time.UnixMilli(int64(ev.Agenda.Now * 1000)).Sub(now)
		}
	case AgendaLost:
		ended := ev.Problem.Code == ProblemCode(wire.CodeSession) || ev.Problem.Code == ProblemCode(wire.CodeIdle)
		if ended && !s.Call.Live() {
			return signedOut(s, &ev.Problem, StopAgenda{}, CloseSession{})
		}
		s.Agenda.Online, s.Agenda.Problem = false, &ev.Problem
	case Warned:
		s.Account.Problem = &ev.Problem
	}
	return s, nil
}

// proxyLogin answers a proxy, and tries again what it held up.
func proxyLogin(s State, ev ProxyLogin) (State, []Effect) {
	problem := s.ProxyProblem()
	if problem == nil {
		return s, nil
	}
	effects := []Effect{TellProxy{Host: problem.Detail, User: ev.User, Password: ev.Password}}
	if s.Account.Phase == SignedIn {
		if s.Invite.Problem.WantsLogin() {
			s.Invite.Problem = nil // it can be sent again
		}
		return s, append(effects, Redial{})
	}
	s.Account.Phase, s.Account.Problem = SigningIn, nil
	return s, append(effects, TryAgain{})
}

// closed takes why there is no session. Once the server has asked for a code, it is asked
// for until the password turns out to be wrong.
func closed(s State, why *Problem) (State, []Effect) {
	factor := s.Account.Factor && (why == nil || why.Code != ProblemCode(wire.CodeCredentials))
	if why != nil {
		switch wire.Code(why.Code) {
		case wire.CodeSecondFactor:
			factor, why = true, nil // a question, and nothing that went wrong
		case wire.CodeSecondFactorWrong:
			factor = true
		}
	}
	s, effects := signedOut(s, why, StopAgenda{})
	s.Account.Factor = factor
	return s, effects
}

func signedOut(s State, why *Problem, effects ...Effect) (State, []Effect) {
	s.Account = Account{Phase: SignedOut, Server: s.Account.Server, Email: s.Account.Email, Problem: why}
	s.Agenda, s.Invite = Agenda{}, Invite{}
	return s, effects
}

func stepInvite(s State, ev Event) (State, []Effect) {
	switch ev := ev.(type) {
	case SendInvite:
		if s.Account.Phase != SignedIn || s.Invite.Phase == InviteSending {
			return s, nil
		}
		s.Invite = Invite{Phase: InviteSending, To: ev.Email}
		return s, []Effect{Book(ev)}
	case InviteDone:
		if s.Invite.Phase != InviteSending {
			return s, nil
		}
		s.Invite.Phase, s.Invite.Problem = InviteFailed, ev.Problem
		if ev.Problem == nil {
			s.Invite.Phase, s.Invite.Link, s.Invite.Mail = InviteSent, ev.Invited.Link, ev.Invited.Mail
		}
	case CloseInvite:
		s.Invite = Invite{}
	case CancelAppointment:
		return s, []Effect{Cancel(ev)}
	}
	return s, nil
}

func stepDevices(s State, ev Event) (State, []Effect) {
	switch ev := ev.(type) {
	case Preview:
		if s.Call.Live() {
			return s, nil // the call has them open
		}
		if !ev.On {
			s.Devices.Open = false
			return s, []Effect{CloseDevices{}}
		}
		return s, []Effect{OpenDevices{s.Devices.Chosen}}
	case Choose:
		s.Devices.Chosen = ev.Choice
		effects := []Effect{save(s)}
		if s.Devices.Open || s.Call.Live() {
			effects = append(effects, SwitchDevices(ev))
		}
		return s, effects
	case TestSpeaker:
		return s, []Effect{PlayTest{s.Devices.Chosen}}
	case SetSettings:
		s.Settings = ev.Settings
		return s, []Effect{save(s)}
	case Remembered:
		s.Settings, s.Devices.Chosen = ev.Settings, ev.Choice
		if s.Account.Phase != SignedIn {
			s.Account.Server, s.Account.Email = cmp.Or(s.Managed.Server, ev.Server), ev.Email
		}
	case DevicesFound:
		s.Devices.Cameras, s.Devices.Microphones, s.Devices.Speakers = ev.Cameras, ev.Microphones, ev.Speakers
	case DevicesOpened:
		s.Devices.Open = ev.Open
		s.Devices.Camera, s.Devices.Microphone, s.Devices.Speaker = ev.Camera, ev.Microphone, ev.Speaker
		return tellMedia(s, nil)
	}
	return s, nil
}

func save(s State) Effect {
	return Save{Remembered{Settings: s.Settings, Choice: s.Devices.Chosen, Server: s.Account.Server, Email: s.Account.Email}}
}

// Live tells that there is a room to be in: anything but Idle and Ended.
func (c Consultation) Live() bool { return c.Phase != Idle && c.Phase != Ended }

// media is what others are told: what is on and has a working device behind it.
func (s State) media() wire.Media {
	return wire.Media{
		Audio: s.Call.Audio && s.Devices.Microphone == nil,
		Video: s.Call.Video && s.Devices.Camera == nil,
	}
}

// ready tells the room that we agreed to the capture.
func (s State) ready() wire.Ready {
	m := s.media()
	return wire.Ready{Audio: m.Audio, Video: m.Video, Direct: true, Chooses: true, Keys: true, Seal: true}
}

// tellMedia tells the room what we let out, once we are in it.
func tellMedia(s State, effects []Effect) (State, []Effect) {
	if s.Call.Live() && s.Call.Self != "" {
		effects = append(effects, Tell{s.media()})
	}
	return s, effects
}

func stepCall(s State, ev Event, now time.Time) (State, []Effect) {
	switch ev := ev.(type) {
	case OpenRoom:
		return enter(s, ev.Appointment)
	case LetIn:
		return ask(s, ev.Appointment, wire.Admit{Peer: ev.Peer})
	case TurnAway:
		return ask(s, ev.Appointment, wire.Refuse{Peer: ev.Peer, Text: ev.Text})
	case SendNote:
		return ask(s, ev.Appointment, wire.Note{Peer: ev.Peer, Text: ev.Text})
	case Lock:
		if s.Call.Leads() {
			return tell(s, wire.Lock(ev))
		}
	case HandOver:
		if s.Call.MayTake(ev.Peer) {
			return tell(s, wire.Handover(ev))
		}
	case SetAside:
		return tell(s, wire.Hold(ev))
	case LowerHand:
		return tell(s, wire.Hand{Peer: ev.Peer})
	case MuteThem:
		return tell(s, wire.Silence(ev))
	case PutOut:
		return tell(s, wire.Remove{Peer: ev.Peer})
	case SetAudio:
		if s.Call.Live() {
			s.Call.Audio = ev.On
			return tellMedia(s, []Effect{Mute{wire.Audio, !ev.On}})
		}
	case SetVideo:
		if s.Call.Live() {
			s.Call.Video = ev.On
			return tellMedia(s, []Effect{Mute{wire.Video, !ev.On}})
		}
	case Leave:
		if s.Call.Live() {
			return finish(s, now, wire.ReasonLeft, nil, Tell{wire.Leave{End: !ev.Stay && s.Call.Leads()}})
		}
	case CloseEnd:
		if s.Call.Phase == Ended {
			s.Call = Consultation{}
		}
	case Paired:
		if s.Call.Live() {
			s.Call.paired(ev)
		}
	case Compare:
		s.Call.compared(ev)
	case SendFiles, TakeFile, PauseFile, CancelFile, DeclineFile, EraseFile, LayPicture, WantGround, AskPhoto, PointAt:
		if s.Call.Live() {
			return s, []Effect{Handle{ev}}
		}
	case Photographed:
		if s.Call.Live() {
			s.Call.Photos = ev.Asks
		}
	case Pointed:
		if s.Call.Live() {
			s.Call.Dots = ev.Dots
		}
	case Filed:
		if s.Call.Live() {
			s.Call.Files = ev.Files
		}
	case Say:
		if s.Call.Live() {
			return s, []Effect{Write(ev)}
		}
	case Typing:
		if s.Call.Live() {
			return s, []Effect{Draft(ev)}
		}
	case Chatted:
		if s.Call.Live() {
			s.Call.Chat = ev.View
		}
	case LinkDown:
		return linkDown(s, ev, now)
	}
	return s, nil
}

func enter(s State, appointment string) (State, []Effect) {
	if s.Account.Phase != SignedIn || s.Call.Live() {
		return s, nil
	}
	s, effects := stopDiagnosis(s)
	s.Call = Consultation{Phase: Entering, Appointment: appointment, Audio: true, Video: true}
	// Devices first: the media connection needs them. Open ones stay open.
	return s, append(effects, OpenDevices{s.Devices.Chosen}, Mute{wire.Audio, false}, Mute{wire.Video, false}, Enter{appointment})
}

// ask sends a wish about somebody at the door, entering the room first when needed.
func ask(s State, appointment string, m wire.Message) (State, []Effect) {
	switch {
	case !s.Call.Live():
		s, effects := enter(s, appointment)
		if s.Call.Live() {
			s.Call.pending = []wire.Message{m}
		}
		return s, effects
	case s.Call.Appointment != appointment:
		return s, nil // one consultation at a time
	case s.Call.Self == "" || s.Call.Phase == Reconnecting:
		s.Call.pending = append(slices.Clone(s.Call.pending), m)
		return s, nil
	}
	return s, []Effect{Tell{m}}
}

// tell sends a wish about the call that we are in; one that cannot be sent now is not kept,
// for the room may be another by then.
func tell(s State, m wire.Message) (State, []Effect) {
	if !s.Call.Live() || s.Call.Self == "" || s.Call.away {
		return s, nil
	}
	return s, []Effect{Tell{m}}
}

func linkDown(s State, ev LinkDown, now time.Time) (State, []Effect) {
	if !s.Call.Live() {
		return s, nil
	}
	if ev.Final {
		return finish(s, now, wire.ReasonLost, &ev.Problem)
	}
	if s.Call.Phase != Reconnecting {
		s.Call.Phase, s.Call.Lost = Reconnecting, now
	}
	s.Call.Problem, s.Call.away = &ev.Problem, true
	return s, nil
}

func finish(s State, now time.Time, why wire.Reason, problem *Problem, effects ...Effect) (State, []Effect) {
	s.Call.Phase, s.Call.Reason, s.Call.Problem, s.Call.pending = Ended, why, problem, nil
	s.Call.EndedAt, s.Devices.Open, s.Call.Sharing = now, false, Sharing{}
	s.Call.Files = forgotten(s.Call.Files)
	return s, append(effects, HangUp{}, CloseDevices{})
}

// forgotten are the files without what was kept of them in memory: it goes with the call.
func forgotten(all []files.Item) []files.Item {
	all = slices.Clone(all)
	for i := range all {
		if all[i].Use != files.Plain {
			all[i].Content, all[i].Picture, all[i].Thumbnail = nil, nil, nil
		}
	}
	return all
}
