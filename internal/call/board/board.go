// Package board is the whiteboard: what several people draw at once, kept the same for all
// of them without anybody in the middle.
//
// Everybody writes a log of operations of their own, numbered from 1, and hands it to the
// others. What is on the board is a function of the logs alone: whoever has the same logs
// sees the same picture, in whatever order they came (docs/protocol.md, "Whiteboard"). The
// package has no clock, no goroutine and no I/O: times come as arguments, payloads go out
// by Take and come in by Hear.
//
// internal/server/web/src/board is its twin on the page; testdata/shared.json holds both to
// the same bytes.
package board

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// The page is Width by Height units; a unit is one pixel of a picture of that size. Inside
// the package and on the wire positions are whole tenths of a unit.
const (
	Width  = 1600
	Height = 900
	// Tenths are in a unit.
	Tenths = 10
)

// Limits. What goes beyond one is refused where it is decoded, and never stored.
const (
	// MaxPayload is the largest payload, in bytes.
	MaxPayload = 16 << 10
	// MaxAuthors write on one board. Half of the places are kept for those who are met.
	MaxAuthors = 64
	// MaxLog is what one author may write, in bytes as cost counts them.
	MaxLog = 1 << 20
	// MaxOperations of one author.
	MaxOperations = 1 << 15
	// MaxObjects of one author.
	MaxObjects = 4000
	// MaxPoints of one stroke; a longer one goes on as another.
	MaxPoints = 4000
	// MaxText is the length of a text, in code points, and MaxLines its lines.
	MaxText  = 500
	MaxLines = 20
)

const (
	maxClears   = 200 // of one author; later ones do nothing
	maxRelayed  = MaxAuthors / 2
	maxPeers    = 32
	maxRaw      = 7000 // an operation, encoded
	maxBatch    = 1000 // points in one operation
	maxTargets  = 50   // objects that one operation hides or shows
	maxClock    = 1 << 40
	maxCount    = 1<<31 - 1
	maxPosition = 32767 // tenths, either side of 0
	maxUndo     = 200
	window      = 16 // how far ahead a register's count may be
)

// Errors that Hear and the tools wrap. The screen has a sentence for each.
var (
	// ErrMalformed: a payload that this encoding would not write.
	ErrMalformed = errors.New("malformed")
	// ErrTooLarge: over a limit of one payload or operation.
	ErrTooLarge = errors.New("too large")
	// ErrFull: an author has written all that a board takes. What is there stays.
	ErrFull = errors.New("the board is full")
	// ErrNotAllowed: who only watches wrote something.
	ErrNotAllowed = errors.New("may only watch")
	// ErrStranger: a payload from somebody whom we have not met.
	ErrStranger = errors.New("not met")
	// ErrNotFinite: a position that is no number.
	ErrNotFinite = errors.New("not a finite number")
)

// Options of a board.
type Options struct {
	// Self is our id among the participants: letters, digits, - and _, 64 at most.
	Self string
	// Run is random, new for each start of a program: who begins anew with the same id must
	// not number their operations from 1 again. Lower-case letters and digits, 16 at most.
	Run string
	// MayDraw is false for who only watches.
	MayDraw bool
}

// Board is one whiteboard as one person has it. It is not safe for use by several
// goroutines.
type Board struct {
	self, me string
	mayDraw  bool

	peers   map[string]*peer
	speaker string // whom we ask for what the absent drew

	authors map[string]*author
	model   model
	damage  damage

	live    *stroke
	erasing bool // what the eraser takes belongs to the last deed
	undo    []deed
	redo    []deed

	pointers map[string]*pointer
	pointing pointing

	took, told time.Time
	news       bool // something was logged since the last announcement
}

// New makes an empty board.
func New(o Options) (*Board, error) {
	me := o.Self + "~" + o.Run
	if !validAuthor(me) {
		return nil, errors.New("board: an id of letters, digits, - and _ and a run of lower-case letters and digits are needed")
	}
	return &Board{
		self: o.Self, me: me, mayDraw: o.MayDraw,
		peers: map[string]*peer{}, authors: map[string]*author{}, pointers: map[string]*pointer{},
		model: newModel(),
	}, nil
}

// Version grows with every change of the picture.
func (b *Board) Version() uint64 { return b.damage.version }

// Changes are the parts of the page, in tenths, that may look different than at an
// earlier version; all is true when that version is too long ago or everything changed.
func (b *Board) Changes(since uint64) (parts []Box, all bool) { return b.damage.since(since) }

// Visible calls yield for what is to be drawn, the lowest first: highlighters lie
// beneath everything else. The objects must not be changed.
func (b *Board) Visible(yield func(*Object) bool) {
	for _, beneath := range []bool{true, false} {
		for _, o := range b.model.order {
			if o.Visible() && (o.Kind == Highlighter) == beneath && !yield(o) {
				return
			}
		}
	}
}

// Ground is the picture beneath the drawing; nil for a white page.
func (b *Board) Ground() *Ground { return b.model.ground.winner.ground }

// MayDraw tells whether we are more than a watcher.
func (b *Board) MayDraw() bool { return b.mayDraw }

// SetMayDraw changes our role.
func (b *Board) SetMayDraw(may bool) { b.mayDraw = may }

// Full tells that our own drawings have used up their room: nothing more can be added,
// while hiding and undoing still work.
func (b *Board) Full() bool {
	a := b.authors[b.me]
	return a != nil && a.full(drawing)
}

// Empty tells whether nothing is to be seen.
func (b *Board) Empty() bool {
	if b.Ground() != nil {
		return false
	}
	for range b.Visible {
		return false
	}
	return true
}

// validAuthor tells whether s may name an author: a participant's id and a run.
func validAuthor(s string) bool {
	id, run, ok := strings.Cut(s, "~")
	return ok && validID(id) && len(run) <= 16 && validID(run) && run == strings.ToLower(run) && !strings.ContainsAny(run, "-_")
}

// validID tells whether s may be the id of a participant or of a file.
func validID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range []byte(s) {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_') {
			return false
		}
	}
	return true
}

// personOf is the participant behind an author.
func personOf(author string) string {
	id, _, _ := strings.Cut(author, "~")
	return id
}

// sorted are the keys of m in byte order.
func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
