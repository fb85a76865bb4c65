package wire

// Code names a failure. Codes are stable: clients choose their words by them.
type Code string

// The failure codes of the WebSocket and of /api/v1.
const (
	CodeVersion     Code = "version"     // the protocol version is not spoken here
	CodeMalformed   Code = "malformed"   // not JSON, unknown type or field, a value out of bounds
	CodeTooLarge    Code = "too_large"   // over a size limit
	CodeOrder       Code = "order"       // a message that is not allowed at this point
	CodeRole        Code = "role"        // the role may not do this
	CodePass        Code = "pass"        // the pass or resume token is unknown, used or expired
	CodeSession     Code = "session"     // not signed in, or the session has ended
	CodeCredentials Code = "credentials" // wrong address or password
	CodeIdle        Code = "idle"        // the session lapsed: nobody was at the desk
	// The password was right, and a code is wanted too; that code is wrong, was used or is
	// over; this server wants one and the account has no second factor yet.
	CodeSecondFactor        Code = "second_factor"
	CodeSecondFactorWrong   Code = "second_factor_wrong"
	CodeSecondFactorMissing Code = "second_factor_missing"

	CodeSlowDown    Code = "slow_down"    // too many tries; wait and try again
	CodeUnknownLink Code = "unknown_link" // no such link, or no longer
	CodeEarly       Code = "early"        // the appointment has not opened yet
	CodeExpired     Code = "expired"      // the appointment is over
	CodeCancelled   Code = "cancelled"    // the appointment was cancelled
	CodeNoPeer      Code = "no_peer"      // nobody with this id waits here
	CodeMedia       Code = "media"        // the media connection could not be set up
	CodeFull        Code = "full"         // the room is full
	CodeLocked      Code = "locked"       // the clinician has closed the room
	CodeSlow        Code = "slow"         // the client reads too slowly
	CodeSeal        Code = "seal"         // the server wants programs that can seal frames
	CodeSharing     Code = "sharing"      // somebody shares a screen already, or this room cannot
	CodeOrigin      Code = "origin"       // the page asking is not one of ours
	CodeNotFound    Code = "not_found"    // no such thing
	CodeOffset      Code = "offset"       // a piece of a file that does not begin where the last one ended
	CodeQuota       Code = "quota"        // too many files, or too much in them
	CodeStorage     Code = "storage"      // the server's disk is full
	CodeInternal    Code = "internal"     // our fault; it is in the log
)
