package room

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// shelf notes what a room says of files.
type shelf struct {
	mu   sync.Mutex
	left []string
	over []string
}

func (s *shelf) Left(_, person string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = append(s.left, person)
}

func (s *shelf) Over(room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = append(s.over, room)
}

func (s *shelf) is(left ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Equal(s.left, left)
}

func (s *shelf) overs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.over)
}

// Who may send and fetch files: everybody in the call but observers, with a token of their
// own, as long as they are there.
func TestFilesByRoleAndPlace(t *testing.T) {
	for _, role := range wire.Roles() {
		synctest.Test(t, func(t *testing.T) {
			h, _ := hub(t)
			h.o.Files, h.o.FileLimit = &shelf{}, 77
			dl, l := &line{}, &line{}
			d := h.Enter(doctor, dl)
			me := doctor
			if role != wire.RoleClinician {
				me = Entry{Appointment: "a", Person: "me", Name: "Me", Role: role, Owner: "acc", Link: "l"}
				h.Enter(me, l)
			} else {
				l = dl
			}
			w, _ := last[wire.Welcome](l)
			if role == wire.RoleObserver {
				if w.Files != (wire.Files{}) {
					t.Errorf("an observer gets %+v", w.Files)
				}
				return
			}
			if w.Files.Limit != 77 || len(w.Files.Token) < 32 {
				t.Fatalf("a %s gets %+v", role, w.Files)
			}
			may := func(code wire.Code) {
				t.Helper()
				who, failure := h.MayShare(w.Files.Token)
				if code == "" && (failure != nil || who != Sharer{w.Room, me.Person}) || code != "" && (failure == nil || failure.Code != code) {
					t.Errorf("a %s: %+v %+v, want %q", role, who, failure, code)
				}
			}
			if role == wire.RoleClinician {
				may("")
				return
			}
			may(wire.CodeOrder)
			d.Handle(wire.Admit{Peer: "me"})
			may("")
			d.Handle(wire.Hold{Peer: "me", On: true})
			may(wire.CodeOrder)
			d.Handle(wire.Hold{Peer: "me"})
			may("")
			back := &line{}
			h.Resume(w.Resume, back)
			if again, _ := last[wire.Welcome](back); again.Files != w.Files {
				t.Errorf("coming back changes the token: %+v", again.Files)
			}
			may("")
			d.Handle(wire.Remove{Peer: "me"})
			may(wire.CodePass)
		})
	}
}

// When files are over: each who leaves is named, and the room once nobody is left in the call
// who could fetch any.
func TestFilesAreOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hub(t)
		s := &shelf{}
		h.o.Files, h.o.FileLimit = s, 77
		dl, pl := &line{}, &line{}
		d, p := h.Enter(doctor, dl), h.Enter(patient, pl)
		d.Handle(wire.Admit{Peer: "pat"})
		watcher := Entry{Appointment: "a", Person: "watch", Name: "W", Role: wire.RoleObserver, Owner: "acc", Link: "w"}
		h.Enter(watcher, &line{})
		d.Handle(wire.Admit{Peer: "watch"})
		before, _ := last[wire.Welcome](dl)
		again := &line{}
		d = h.Enter(doctor, again) // a new program: the old one's right is gone
		after, _ := last[wire.Welcome](again)
		if _, failure := h.MayShare(before.Files.Token); failure == nil || after.Files.Token == before.Files.Token {
			t.Error("the old program's token stands")
		}
		synctest.Wait()
		if !s.is(doctor.Person) || s.overs() != 0 {
			t.Errorf("left %v, over %v", s.left, s.over)
		}
		d.Handle(wire.Leave{})
		synctest.Wait()
		if s.overs() != 0 {
			t.Error("over while the patient is there")
		}
		p.Broken()
		time.Sleep(44 * time.Second)
		synctest.Wait()
		if s.overs() != 0 {
			t.Error("over while the patient may come back")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !s.is(doctor.Person, doctor.Person, "pat") || s.overs() != 1 || s.over[0] != before.Room {
			t.Errorf("left %v, over %v", s.left, s.over)
		}
		if len(h.grips) != 0 {
			t.Errorf("%d tokens are kept", len(h.grips))
		}
	})
}

// Ended for everybody, cancelled, and a server that stops.
func TestFilesAreOverAtOnce(t *testing.T) {
	for name, end := range map[string]func(h *Hub, d *Place){
		"ended":     func(_ *Hub, d *Place) { d.Handle(wire.Leave{End: true}) },
		"cancelled": func(h *Hub, _ *Place) { h.Cancel("a") },
	} {
		synctest.Test(t, func(t *testing.T) {
			h, _ := hub(t)
			s := &shelf{}
			h.o.Files, h.o.FileLimit = s, 77
			pl := &line{}
			d := h.Enter(doctor, &line{})
			h.Enter(patient, pl)
			d.Handle(wire.Admit{Peer: "pat"})
			w, _ := last[wire.Welcome](pl)
			end(h, d)
			synctest.Wait()
			if s.overs() == 0 {
				t.Errorf("%s: not over", name)
			}
			if _, failure := h.MayShare(w.Files.Token); failure == nil || failure.Code != wire.CodePass {
				t.Errorf("%s: the token stands: %+v", name, failure)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // without files nobody has a token
		h, _ := hub(t)
		l := &line{}
		h.Enter(doctor, l)
		if w, _ := last[wire.Welcome](l); w.Files != (wire.Files{}) {
			t.Errorf("%+v", w.Files)
		}
		for _, token := range []string{"", "x"} {
			if _, failure := h.MayShare(token); failure == nil {
				t.Errorf("%q may", token)
			}
		}
	})
}
