package files

import (
	"image"

	"ekermed.example/ekermed/internal/call/picture"
)

// State is where a file stands.
type State string

// The states. Of one's own: Uploading, Ready (at the server, for others to fetch), Done
// (everybody has it). Of somebody else's: Ready (may be taken), Fetching, Checking, Done.
// Either: Paused (by hand or by the line, as Problem tells), Failed, Withdrawn. Erased is one
// that was here, in memory, until somebody wanted it gone.
const (
	Uploading State = "uploading"
	Ready     State = "ready"
	Fetching  State = "fetching"
	Checking  State = "checking"
	Paused    State = "paused"
	Done      State = "done"
	Failed    State = "failed"
	Withdrawn State = "withdrawn"
	Erased    State = "erased"
)

// Problem says why, as a code: the screen has the sentence.
type Problem string

// The problems. Those that a server or another person's client may name are stable.
const (
	// Of a file that is to be sent.
	ProblemOff        Problem = "off"        // nobody sends files here, or not in this role
	ProblemEmpty      Problem = "empty"      // it has 0 bytes
	ProblemTooLarge   Problem = "too_large"  // over the limit
	ProblemTooMany    Problem = "too_many"   // more than are kept in view
	ProblemUnreadable Problem = "unreadable" // it cannot be read
	ProblemChanged    Problem = "changed"    // it is not what it was when it was chosen
	ProblemQuota      Problem = "quota"      // too much is under way
	ProblemStorage    Problem = "storage"    // the server's disk is full
	ProblemRefused    Problem = "refused"    // the server, or a proxy on the way, does not take it
	// Of a file that is fetched.
	ProblemForged    Problem = "forged"    // it was changed on its way, or is not what was announced
	ProblemGone      Problem = "gone"      // it is no longer there
	ProblemLeft      Problem = "left"      // its sender left before it was whole
	ProblemDisk      Problem = "disk"      // the disk here is full
	ProblemFolder    Problem = "folder"    // the folder cannot be written to
	ProblemInfected  Problem = "infected"  // the scanner refuses it
	ProblemUnchecked Problem = "unchecked" // the scanner could not check it
	ProblemDeclined  Problem = "declined"  // somebody does not want it
	// Of both, while it is paused.
	ProblemOffline Problem = "offline" // the line is down: it goes on by itself
	ProblemByHand  Problem = "by_hand" // until somebody goes on with it
)

// Item is all that a screen shows of one file.
type Item struct {
	// ID names it here; Offer is the id that travels, which two people may choose alike.
	ID, Offer string
	// Mine: sent from here. From is the other sender's id.
	Mine bool
	From string
	Use  Use
	// Name is safe to show and to keep.
	Name string
	// Size and Done are bytes of the file.
	Size, Done int64
	State      State
	Problem    Problem
	// Kind is a MIME type: the sender's word for it, and once it is Done by its content.
	Kind string
	// Warning is by content and name once Done, by the name before.
	Warning string
	// Thumbnail is at most 256 pixels wide and high; nil of what is no picture. Path is where
	// it was kept. Both of somebody else's, once it is Done.
	Thumbnail *image.RGBA
	Path      string
	// Content is the file where it was kept in memory, and nowhere else. It does not change.
	Content []byte
	// Picture is what lies under a whiteboard: of a Backdrop of one's own, and of somebody
	// else's once it is Done.
	Picture *picture.Picture
	// Whole: its sender has sent all of it.
	Whole bool
	// Replies are what its addressees said, by their ids, and Reasons why they refused.
	Replies map[string]Reply
	Reasons map[string]Problem
}
