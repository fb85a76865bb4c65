package call

import "ekermed.example/ekermed/internal/call/wire"

// Effect is what Step wants done. Package run does it and posts the result as an
// Event; an effect that says nothing of a result has none.
type Effect interface{ effect() }

// The effects.
type (
	// OpenSession asks the server for a session; SessionOpened or SessionClosed answers.
	OpenSession SignIn
	// Stir tells the server that somebody is at the desk.
	Stir struct{}
	// CloseSession ends the session at the server and forgets it here.
	CloseSession struct{}
	// TellProxy says who we are to a proxy, and keeps it for later runs.
	TellProxy struct{ Host, User, Password string }
	// TryAgain repeats at once the sign-in, or the check of an earlier session, that a
	// proxy held up; what answers these answers it.
	TryAgain struct{}
	// FollowAgenda keeps the agenda current; AgendaCame and AgendaLost tell.
	FollowAgenda struct{}
	// StopAgenda ends FollowAgenda.
	StopAgenda struct{}
	// Book sends an invitation; InviteDone answers.
	Book SendInvite
	// Cancel takes an appointment back.
	Cancel struct{ ID string }
	// Enter opens the room of an appointment; Heard and LinkDown tell what comes.
	Enter struct{ Appointment string }
	// Tell sends a message in the room.
	Tell struct{ Message wire.Message }
	// HangUp closes the room, after what was told before, and the media connection.
	HangUp struct{}
	// Connect takes a message about media connections: Direct, Offer, Answer, Candidate or
	// Settle. ICE are the servers for a new one.
	Connect struct {
		Message wire.Message
		ICE     []wire.ICEServer
	}
	// ListSurfaces looks for screens and windows that can be shown; SurfacesFound answers.
	ListSurfaces struct{}
	// StartSharing shows one; SharingStarted or SharingEnded answers, and SharingEnded when it
	// is gone.
	StartSharing struct{ Surface Surface }
	PauseSharing struct{ On bool }
	StopSharing  struct{}
	// Handle does what concerns a file, a photograph, the picture under the whiteboard or a
	// finger on a screen: SendFiles, TakeFile, PauseFile, CancelFile, DeclineFile, EraseFile,
	// LayPicture, WantGround, AskPhoto or PointAt. Filed, Photographed and Pointed tell what came of it.
	Handle struct{ Wish Event }
	// Write says something in the conversation, and Draft what stands in our field; Chatted
	// tells what came of it.
	Write struct{ Text string }
	Draft struct {
		Text string
		Show bool
	}
	// Doubt asks whether the connection to the room is alive, and redials when it is not.
	Doubt struct{}
	// Redial leaves the present connections to the server for new ones.
	Redial struct{}
	// OpenDevices opens what is chosen; DevicesOpened answers.
	OpenDevices struct{ Choice Choice }
	// SwitchDevices changes devices while they are open; DevicesOpened answers.
	SwitchDevices struct{ Choice Choice }
	// CloseDevices lets camera and microphone go.
	CloseDevices struct{}
	// Mute stops or starts what a device lets out.
	Mute struct {
		Kind  wire.Kind
		Muted bool
	}
	// PlayTest sounds the speaker.
	PlayTest struct{ Choice Choice }
	// Diagnose tries the network to a server; DiagnosisTold and DiagnosisDone answer.
	Diagnose struct {
		Server string
		Try    uint32
	}
	// EndDiagnosis ends Diagnose.
	EndDiagnosis struct{}
	// Save keeps settings, devices, server and address for the next run.
	Save struct{ Remembered Remembered }
)

func (OpenSession) effect()   {}
func (Stir) effect()          {}
func (CloseSession) effect()  {}
func (TellProxy) effect()     {}
func (TryAgain) effect()      {}
func (FollowAgenda) effect()  {}
func (StopAgenda) effect()    {}
func (Book) effect()          {}
func (Cancel) effect()        {}
func (Enter) effect()         {}
func (Tell) effect()          {}
func (HangUp) effect()        {}
func (Connect) effect()       {}
func (ListSurfaces) effect()  {}
func (StartSharing) effect()  {}
func (PauseSharing) effect()  {}
func (StopSharing) effect()   {}
func (Handle) effect()        {}
func (Write) effect()         {}
func (Draft) effect()         {}
func (Doubt) effect()         {}
func (Redial) effect()        {}
func (OpenDevices) effect()   {}
func (SwitchDevices) effect() {}
func (CloseDevices) effect()  {}
func (Mute) effect()          {}
func (PlayTest) effect()      {}
func (Diagnose) effect()      {}
func (EndDiagnosis) effect()  {}
func (Save) effect()          {}
