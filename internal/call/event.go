package call

import (
	"time"

	"ekermed.example/ekermed/internal/call/chat"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/photo"
	"ekermed.example/ekermed/internal/call/pointing"
	"ekermed.example/ekermed/internal/call/wire"
)

// Event is what happens at a desk: a wish of the clinician's or news from outside.
type Event interface{ event() }

// What the clinician wishes. Screens emit these and nothing else.
type (
	// SignIn asks the server for a session.
	// Code is the second factor, when Account.Factor asks for it.
	SignIn struct{ Server, Email, Password, Code string }
	// Active: somebody is at the desk; told now and then, not at every key.
	Active struct{}
	// SignOut ends the session and forgets it.
	SignOut struct{}
	// ProxyLogin says who we are to the proxy that asks.
	ProxyLogin struct{ User, Password string }
	// SendInvite makes an appointment and has the mail sent. A zero At means now.
	SendInvite struct {
		Email, Name string
		At          time.Time
		Minutes     int
		Language    string
	}
	// CloseInvite forgets the newest invitation and its link.
	CloseInvite struct{}
	// CancelAppointment takes an appointment back.
	CancelAppointment struct{ ID string }
	// OpenRoom enters an appointment's room without letting anybody in.
	OpenRoom struct{ Appointment string }
	// LetIn admits a waiting person, entering the room first when needed.
	LetIn struct{ Appointment, Peer string }
	// TurnAway refuses a waiting person, with a sentence if wanted.
	TurnAway struct{ Appointment, Peer, Text string }
	// SendNote writes to a waiting person, entering the room first when needed.
	SendNote struct{ Appointment, Peer, Text string }
	// Lock closes the room of the call to newcomers, or opens it.
	Lock struct{ On bool }
	// SetAside sets somebody in the call on hold, or takes them back.
	SetAside struct {
		Peer string
		On   bool
	}
	// LowerHand answers somebody's raised hand. MuteThem asks somebody, or with no Peer
	// everybody, to mute.
	LowerHand struct{ Peer string }
	MuteThem  struct{ Peer string }
	// HandOver gives the consultation to a colleague in the call: we become theirs.
	HandOver struct{ Peer string }
	// PutOut takes somebody out of the call.
	PutOut struct{ Peer string }
	// SetAudio and SetVideo mute and unmute.
	SetAudio struct{ On bool }
	SetVideo struct{ On bool }
	// Compare says that somebody's safety code is the same on their side, or is not.
	Compare struct {
		Peer string
		Code [4]byte
		Same bool
	}
	// AskScreen asks what can be shown, or puts the question away. ShowScreen begins to show
	// one, HoldScreen freezes it, HideScreen ends it.
	AskScreen  struct{ On bool }
	ShowScreen struct{ Surface Surface }
	HoldScreen struct{ On bool }
	HideScreen struct{}
	// SendFiles offers files of this machine to everybody. TakeFile fetches one of somebody
	// else's into a folder, and a photograph that somebody was asked for into memory; PauseFile halts a transfer or goes on, CancelFile ends it or takes
	// the file back, DeclineFile says that it is not wanted.
	SendFiles struct{ Paths []string }
	TakeFile  struct{ ID, Dir string }
	PauseFile struct {
		ID string
		On bool
	}
	CancelFile  struct{ ID string }
	DeclineFile struct{ ID string }
	// EraseFile forgets a photograph that was received.
	EraseFile struct{ ID string }
	// LayPicture lays a picture under the whiteboard for everybody: a file of this machine, or
	// one that was received, by its id, turned clockwise by quarters of a circle; or Content, the
	// file of a picture that was made here, as of a page.
	LayPicture struct {
		Path, File string
		Quarters   int
		Content    []byte
	}
	// WantGround fetches the picture under the whiteboard, by the id that its file travels by.
	WantGround struct{ File string }
	// Drawn is what our whiteboard says, to one person or with To empty to everybody.
	Drawn struct {
		To      string
		Payload []byte
	}
	// PointAt says where we point on the screen that somebody shows, or with Off that we do not
	// any more.
	PointAt struct {
		At  pointing.Place
		Off bool
	}
	// AskPhoto asks somebody for a photograph in full resolution, with Swap to turn to their
	// other camera, or with On unset takes that back. It comes as a file.
	AskPhoto struct {
		Peer     string
		On, Swap bool
	}
	// Say writes in the conversation. Typing tells what stands in our field: the others see
	// it with Show, else only that we type.
	Say    struct{ Text string }
	Typing struct {
		Text string
		Show bool
	}
	// Leave ends the consultation for everybody, or with Stay, and while another leads it, only
	// closes our side.
	Leave struct{ Stay bool }
	// CloseEnd puts the end screen away.
	CloseEnd struct{}
	// Preview opens or closes camera and microphone outside a call.
	Preview struct{ On bool }
	// Choose picks devices; they change at once, also in a call.
	Choose struct{ Choice Choice }
	// TestSpeaker plays a short sound.
	TestSpeaker struct{}
	// RunDiagnosis tries the network to the account's server, not during a call;
	// StopDiagnosis gives it up.
	RunDiagnosis  struct{}
	StopDiagnosis struct{}
	// SetSettings keeps language, theme and text size.
	SetSettings struct{ Settings Settings }
)

// What comes from outside. Package run posts these.
type (
	// SessionOpened: signed in, now or from the keyring.
	SessionOpened struct {
		Session wire.Session
		Server  string
	}
	// SessionResuming: a session of an earlier run is being asked about.
	SessionResuming struct{}
	// SessionClosed: refused, ended by the server, or unreachable at sign-in.
	SessionClosed struct{ Problem *Problem }
	// AgendaCame and AgendaLost follow the agenda connection.
	AgendaCame struct{ Agenda wire.Agenda }
	AgendaLost struct{ Problem Problem }
	// InviteDone answers SendInvite.
	InviteDone struct {
		Invited wire.Invited
		Problem *Problem
	}
	// LinkDown: the room's connection broke; it is retried unless Final.
	LinkDown struct {
		Problem Problem
		Final   bool
	}
	// Heard is a message from the server in the room.
	Heard struct{ Message wire.Message }
	// MediaUp: picture or sound of somebody arrived on the media connection.
	MediaUp struct {
		Gen  uint32
		Kind wire.Kind
	}
	// MediaReady: the connection of this generation can take an older one's place.
	MediaReady struct{ Gen uint32 }
	// MediaPath: how its packets travel now.
	MediaPath struct {
		Gen  uint32
		Path Path
	}
	// MediaDown: nothing comes on the connection of this generation any more.
	MediaDown struct{ Gen uint32 }
	// Paired: how far the key agreements are, and whether frames are sealed.
	Paired struct {
		Pairings []Pairing
		Sealed   bool
	}
	// SurfacesFound answers AskScreen.
	SurfacesFound struct {
		Surfaces []Surface
		Problem  *Problem
	}
	// SharingStarted: a screen is being taken, and SharingEnded that it is not any more, or
	// never was; the problem says why, nil when the person chose nothing.
	SharingStarted struct{ Surface Surface }
	SharingEnded   struct{ Problem *Problem }
	// Filed: the files are these now.
	Filed struct{ Files []files.Item }
	// Pointed: people point here now.
	Pointed struct{ Dots []pointing.Dot }
	// Photographed: what people were asked is this now.
	Photographed struct{ Asks []photo.Ask }
	// Chatted: the conversation is this now.
	Chatted struct{ View chat.View }
	// NetworkChanged: the machine has other addresses than before.
	NetworkChanged struct{}
	// DevicesFound lists what the machine has.
	DevicesFound struct{ Cameras, Microphones, Speakers []Device }
	// DevicesOpened answers the opening of devices: what works and what does not.
	DevicesOpened struct {
		Open                        bool
		Camera, Microphone, Speaker *Problem
	}
	// Remembered brings back what was kept from an earlier run.
	Remembered struct {
		Settings Settings
		Choice   Choice
		Server   string
		Email    string
	}
	// DiagnosisTold is what one test has come to, and DiagnosisDone that all have; Try is
	// that of Diagnose. Online is whether the machine has an address.
	DiagnosisTold struct {
		Try    uint32
		Result Result
	}
	DiagnosisDone struct {
		Try    uint32
		Online bool
	}
	// Warned shows a problem of the account that stops nothing.
	Warned struct{ Problem Problem }
)

func (SignIn) event()            {}
func (Active) event()            {}
func (Lock) event()              {}
func (SetAside) event()          {}
func (LowerHand) event()         {}
func (MuteThem) event()          {}
func (HandOver) event()          {}
func (PutOut) event()            {}
func (SignOut) event()           {}
func (ProxyLogin) event()        {}
func (SendInvite) event()        {}
func (CloseInvite) event()       {}
func (CancelAppointment) event() {}
func (OpenRoom) event()          {}
func (LetIn) event()             {}
func (TurnAway) event()          {}
func (SendNote) event()          {}
func (SetAudio) event()          {}
func (SetVideo) event()          {}
func (AskScreen) event()         {}
func (ShowScreen) event()        {}
func (HoldScreen) event()        {}
func (HideScreen) event()        {}
func (SurfacesFound) event()     {}
func (SharingStarted) event()    {}
func (SharingEnded) event()      {}
func (SendFiles) event()         {}
func (TakeFile) event()          {}
func (PauseFile) event()         {}
func (CancelFile) event()        {}
func (DeclineFile) event()       {}
func (EraseFile) event()         {}
func (LayPicture) event()        {}
func (WantGround) event()        {}
func (Filed) event()             {}
func (Drawn) event()             {}
func (AskPhoto) event()          {}
func (PointAt) event()           {}
func (Pointed) event()           {}
func (Photographed) event()      {}
func (Say) event()               {}
func (Typing) event()            {}
func (Chatted) event()           {}
func (Leave) event()             {}
func (CloseEnd) event()          {}
func (Preview) event()           {}
func (Choose) event()            {}
func (TestSpeaker) event()       {}
func (RunDiagnosis) event()      {}
func (StopDiagnosis) event()     {}
func (DiagnosisTold) event()     {}
func (DiagnosisDone) event()     {}
func (SetSettings) event()       {}
func (SessionOpened) event()     {}
func (SessionResuming) event()   {}
func (SessionClosed) event()     {}
func (AgendaCame) event()        {}
func (AgendaLost) event()        {}
func (InviteDone) event()        {}
func (LinkDown) event()          {}
func (Heard) event()             {}
func (MediaUp) event()           {}
func (MediaReady) event()        {}
func (MediaPath) event()         {}
func (MediaDown) event()         {}
func (Paired) event()            {}
func (Compare) event()           {}
func (NetworkChanged) event()    {}
func (DevicesFound) event()      {}
func (DevicesOpened) event()     {}
func (Remembered) event()        {}
func (Warned) event()            {}
