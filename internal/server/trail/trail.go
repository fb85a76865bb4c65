// Package trail keeps the access trail: who did what, when, in which room and with which
// result, for six to twelve months.
//
// People, accounts and rooms are in it by alias only, actions and results are closed
// lists, and there is no field for text: nothing that is said or done in a consultation
// can get in. Each record is chained to the one before by SHA-256, so that one that was
// changed, added or taken out afterwards is found without any key.
package trail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"ekermed.example/ekermed/internal/server/alias"
	"ekermed.example/ekermed/internal/server/store"
)

// Action is what was done.
type Action string

// The actions; there are no others.
const (
	SignIn         Action = "sign_in"
	SignInFailed   Action = "sign_in_failed"
	SignOut        Action = "sign_out"
	Invited        Action = "invited"   // an appointment was made
	Cancelled      Action = "cancelled" // and taken back
	LinkOpened     Action = "link_opened"
	LinkRefused    Action = "link_refused"
	PassRefused    Action = "pass_refused"
	Joined         Action = "joined" // somebody came to a room: the patient waits, the clinician is in
	Admitted       Action = "admitted"
	Refused        Action = "refused"
	Left           Action = "left"
	Removed        Action = "removed"
	SessionEnded   Action = "session_ended" // the clinician ended the consultation for everybody
	RoomLocked     Action = "room_locked"
	RoomUnlocked   Action = "room_unlocked"
	Held           Action = "held"                // set on hold in a call
	Unheld         Action = "unheld"              // taken back
	HandedOver     Action = "handed_over"         // a colleague holds the room now
	LinkShared     Action = "link_shared"         // a link has brought more than one person
	SessionLapsed  Action = "session_lapsed"      // nobody was at the desk
	CodeAsked      Action = "second_factor_asked" // the password was right
	FactorSet      Action = "second_factor_set"
	FactorRemoved  Action = "second_factor_removed"
	RecoveryUsed   Action = "recovery_code_used"
	AccountAdded   Action = "account_added"
	AccountLocked  Action = "account_disabled"
	AccountReset   Action = "account_reset"
	JournalOpened  Action = "journal_opened"
	JournalRefused Action = "journal_refused"
	JournalDue     Action = "journal_shredded" // the key of a day was destroyed
	Exported       Action = "exported"
	Erased         Action = "erased"
	RecordsLost    Action = "records_lost" // Count of them: the queue was full, or the disk
)

// Result is how it ended.
type Result string

// OK is the result of what went well. The others are codes of the protocol
// (docs/protocol.md), reasons for leaving and refusals of the journal.
const OK Result = "ok"

// known tells whether a record may say this.
func known(a Action, r Result) bool {
	return slices.Contains([]Action{
		SignIn, SignInFailed, SignOut, Invited, Cancelled, LinkOpened, LinkRefused, PassRefused, Joined, Admitted, Refused, Left, Removed, SessionEnded,
		RoomLocked, RoomUnlocked, Held, Unheld, HandedOver, LinkShared, SessionLapsed, CodeAsked, FactorSet, FactorRemoved, RecoveryUsed,
		AccountAdded, AccountLocked, AccountReset, JournalOpened, JournalRefused, JournalDue, Exported, Erased, RecordsLost,
	}, a) && slices.Contains([]Result{
		OK, "credentials", "session", "second_factor_wrong", "second_factor_missing", "locked", "unknown_link", "early", "expired", "cancelled", "pass", "full", "order", "role", "version", "internal", "not_found",
		"left", "lost", "refused", "removed", "ended", "replaced", "slow", "shutdown",
		"malformed", "unsigned", "signature", "stale", "replayed", "day", "purpose", "recipient", "gone",
	}, r)
}

// Record is one line of the trail.
type Record struct {
	What Action
	// Who did it, and Whom it was done to when that is somebody else.
	Who, Whom alias.Alias
	Room      alias.Alias
	Result    Result
	Count     int64 // of RecordsLost
}

// Keeper is where the trail lies (package store).
type Keeper interface {
	AppendTrail(ctx context.Context, follow func(last store.TrailRow) []store.TrailRow) error
	EachTrail(ctx context.Context, do func(store.TrailRow) error) error
	PruneTrail(ctx context.Context, before time.Time) (int64, error)
}

// The bounds of a Trail.
const (
	queued     = 1024 // records that may wait for the disk
	batch      = 64   // records written at once
	writeLimit = 5 * time.Second
	// Refusals cost nothing to whoever knocks at random, and must not fill the disk.
	refusals, perMinute = 600, 60
)

type timed struct {
	Record
	at time.Time
}

// Trail takes records from any goroutine and writes them in one. The nil Trail takes them
// too and does nothing.
type Trail struct {
	keeper Keeper
	months int
	log    *slog.Logger
	queue  chan timed
	lost   atomic.Int64
	pace   *rate.Limiter // of refusals
	once   sync.Once
}

// New makes a Trail that keeps its records for so many months.
func New(k Keeper, months int, log *slog.Logger) *Trail {
	return &Trail{keeper: k, months: months, log: log, queue: make(chan timed, queued), pace: rate.NewLimiter(rate.Every(time.Minute/perMinute), refusals)}
}

// Note takes a record. It never waits: what finds no room is counted, and the count is
// recorded when there is room again. The same goes for more than 60 refusals a minute
// (600 at once).
func (t *Trail) Note(r Record) {
	if t == nil {
		return
	}
	if !known(r.What, r.Result) {
		t.once.Do(func() { t.log.Error("a record is not one that the access trail takes", "what", r.What) })
		return
	}
	knock := r.What == SignInFailed || r.What == LinkRefused || r.What == PassRefused
	if knock && !t.pace.Allow() {
		t.lost.Add(1)
		return
	}
	select {
	case t.queue <- timed{r, time.Now()}:
	default:
		t.lost.Add(1)
	}
}

// Append writes a record at once, for what must not happen unrecorded.
func (t *Trail) Append(ctx context.Context, r Record) error {
	if !known(r.What, r.Result) {
		return fmt.Errorf("the access trail takes no record of %q with %q", r.What, r.Result)
	}
	return t.append(ctx, []timed{{r, time.Now()}})
}

// Run writes what is noted, and removes what is older than it may be: at once, and then
// every day. When ctx ends it writes what is queued and returns. No failure of the disk
// ends it.
func (t *Trail) Run(ctx context.Context) error {
	t.prune()
	daily := time.NewTicker(24 * time.Hour)
	defer daily.Stop()
	tell := time.NewTicker(time.Minute)
	defer tell.Stop()
	failing := false
	for {
		var list []timed
		ended := false
		select {
		case r := <-t.queue:
			list = append(list, r)
		case <-daily.C:
			t.prune()
		case <-tell.C: // of what was lost
		case <-ctx.Done():
			ended = true
		}
		for more := true; more; {
			list, more = t.collect(list)
			failing = t.flush(list, failing)
			list = nil
		}
		if ended {
			return nil
		}
	}
}

// collect takes what is queued, up to a batch; more says that there may be still more.
func (t *Trail) collect(list []timed) (all []timed, more bool) {
	for len(list) < batch {
		select {
		case r := <-t.queue:
			list = append(list, r)
		default:
			return list, false
		}
	}
	return list, true
}

// flush writes records and the number of those that were lost before them. It answers
// whether the disk fails; that is said once.
func (t *Trail) flush(list []timed, failing bool) bool {
	lost := t.lost.Swap(0)
	if lost > 0 {
		list = append(list, timed{Record{What: RecordsLost, Result: OK, Count: lost}, time.Now()})
	}
	if len(list) == 0 {
		return failing
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeLimit)
	defer cancel()
	err := t.append(ctx, list)
	if err == nil {
		if failing {
			t.log.Warn("the access trail is written again")
		}
		return false
	}
	if lost > 0 {
		list = list[:len(list)-1]
	}
	t.lost.Add(lost + int64(len(list))) // told when the disk takes it
	if !failing {
		t.log.Error("the access trail cannot be written; the server goes on and counts what is lost", "error", err)
	}
	return true
}

func (t *Trail) append(ctx context.Context, list []timed) error {
	return t.keeper.AppendTrail(ctx, func(last store.TrailRow) []store.TrailRow {
		rows := make([]store.TrailRow, 0, len(list))
		for _, r := range list {
			row := store.TrailRow{
				Seq: last.Seq + 1, At: r.at.Truncate(time.Second), What: string(r.What), Who: r.Who.String(), Whom: r.Whom.String(),
				Room: r.Room.String(), Result: string(r.Result), Count: r.Count,
			}
			row.Hash = link(last.Hash, row)
			rows = append(rows, row)
			last = row
		}
		return rows
	})
}

// link is SHA-256 over the link before and the row, each text with its length.
func link(before []byte, r store.TrailRow) []byte {
	h := sha256.New()
	h.Write([]byte("ekermed access trail\x00"))
	h.Write([]byte{byte(len(before))})
	h.Write(before)
	var n [24]byte
	binary.BigEndian.PutUint64(n[:], uint64(r.Seq))
	binary.BigEndian.PutUint64(n[8:], uint64(r.At.Unix()))
	binary.BigEndian.PutUint64(n[16:], uint64(r.Count))
	h.Write(n[:])
	for _, s := range []string{r.What, r.Who, r.Whom, r.Room, r.Result} {
		var size [4]byte
		binary.BigEndian.PutUint32(size[:], uint32(len(s)))
		h.Write(size[:])
		h.Write([]byte(s))
	}
	return h.Sum(nil)
}

func (t *Trail) prune() {
	ctx, cancel := context.WithTimeout(context.Background(), writeLimit)
	defer cancel()
	n, err := t.keeper.PruneTrail(ctx, time.Now().AddDate(0, -t.months, 0))
	if err != nil {
		t.log.Error("old records of the access trail could not be removed; it is tried again tomorrow", "error", err)
	}
	if n > 0 {
		t.log.Info("old records of the access trail were removed", "records", n)
	}
}

// Verified is what Verify found.
type Verified struct {
	// First and Last are the numbers of the oldest and newest record; Last is one less than
	// First when there is none.
	First, Last int64
	// Head is the link of the newest. Who notes it elsewhere can tell later whether records
	// were cut off the end.
	Head string
	// Damage says, in a sentence, what is not as it was written; empty when all is.
	Damage string
}

// Verify checks the whole chain. An error is about the database; damage is in the answer.
func Verify(ctx context.Context, k Keeper) (Verified, error) {
	var v Verified
	var last store.TrailRow
	begun := false
	err := k.EachTrail(ctx, func(r store.TrailRow) error {
		switch {
		case !begun:
			begun, v.First = true, r.Seq+1
		case v.Damage != "":
		case r.Seq != last.Seq+1:
			v.Damage = fmt.Sprintf("record %d of the access trail is missing; those before it are as they were written", last.Seq+1)
		case !bytes.Equal(r.Hash, link(last.Hash, r)):
			v.Damage = fmt.Sprintf("record %d of the access trail is not as it was written, or the one before it was replaced; restore the database from a backup to compare", r.Seq)
		}
		last = r
		return nil
	})
	v.Last, v.Head = last.Seq, hex.EncodeToString(last.Hash)
	return v, err
}

// Line is a record as it is shown.
type Line struct {
	Seq    int64     `json:"seq"`
	At     time.Time `json:"at"`
	What   Action    `json:"what"`
	Who    string    `json:"who,omitempty"`
	Whom   string    `json:"whom,omitempty"`
	Room   string    `json:"room,omitempty"`
	Result Result    `json:"result"`
	Count  int64     `json:"count,omitempty"`
}

// Each gives the records from a time on, in order.
func Each(ctx context.Context, k Keeper, since time.Time, do func(Line) error) error {
	first := true
	return k.EachTrail(ctx, func(r store.TrailRow) error {
		if first || r.At.Before(since) {
			first = false
			return nil
		}
		return do(Line{r.Seq, r.At.UTC(), Action(r.What), r.Who, r.Whom, r.Room, Result(r.Result), r.Count})
	})
}
