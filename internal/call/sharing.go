package call

import (
	"slices"

	"ekermed.example/ekermed/internal/call/wire"
)

// stepSharing takes what concerns our own screen. The others learn of it once it is being
// taken; until then nothing of it leaves.
func stepSharing(s State, ev Event) (State, []Effect) {
	if !s.Call.Live() {
		if _, ok := ev.(SharingStarted); ok {
			return s, []Effect{StopSharing{}} // it came too late
		}
		return s, nil
	}
	sharing := &s.Call.Sharing
	switch ev := ev.(type) {
	case AskScreen:
		return askScreen(s, ev.On)
	case SurfacesFound:
		if !sharing.Asking {
			return s, nil
		}
		sharing.Listed, sharing.Surfaces, sharing.Problem = true, slices.Clone(ev.Surfaces), ev.Problem
		if len(ev.Surfaces) == 1 && ev.Surfaces[0].Asks {
			return startScreen(s, ev.Surfaces[0]) // the system asks, in place of our question
		}
	case ShowScreen:
		sharing.Asking = false
		return startScreen(s, ev.Surface)
	case SharingStarted:
		if !sharing.Starting {
			return s, []Effect{StopSharing{}}
		}
		*sharing = Sharing{Surface: ev.Surface}
		return tell(s, wire.Share{On: true})
	case SharingEnded:
		if sharing.On() || sharing.Starting {
			return hide(s, ev.Problem)
		}
	case HoldScreen:
		if sharing.On() {
			sharing.Paused = ev.On
			return s, []Effect{PauseSharing(ev)}
		}
	case HideScreen:
		return hide(s, nil)
	}
	return s, nil
}

// askScreen asks what to show, or puts the question away, and with it the system's.
func askScreen(s State, on bool) (State, []Effect) {
	sharing := &s.Call.Sharing
	if !on && !sharing.Asking {
		return s, nil // it was answered
	}
	var effects []Effect
	if sharing.Starting {
		effects = append(effects, StopSharing{})
	}
	sharing.Asking, sharing.Listed, sharing.Starting, sharing.Surfaces, sharing.Problem = on, false, false, nil, nil
	if on {
		effects = append(effects, ListSurfaces{})
	}
	return s, effects
}

// startScreen begins to show a surface, unless somebody shows theirs.
func startScreen(s State, surface Surface) (State, []Effect) {
	sharing := &s.Call.Sharing
	if _, busy := s.Call.Presenter(); busy && !sharing.On() {
		sharing.Problem = &Problem{Code: ProblemCode(wire.CodeSharing)}
		return s, nil
	}
	sharing.Starting, sharing.Problem = true, nil
	return s, []Effect{StartSharing{surface}}
}

// hide ends our sharing; the problem, if any, says why.
func hide(s State, why *Problem) (State, []Effect) {
	was := s.Call.Sharing.On()
	s.Call.Sharing = Sharing{Problem: why}
	s, effects := s, []Effect{StopSharing{}}
	if was {
		var told []Effect
		s, told = tell(s, wire.Share{})
		effects = append(effects, told...)
	}
	return s, effects
}

// Presenter is who shows their screen, ourselves included; false when nobody does.
func (c Consultation) Presenter() (wire.Person, bool) {
	for _, p := range c.People {
		if p.Screen {
			return p, true
		}
	}
	return wire.Person{}, false
}

// repeatShare says again what we show, to a server that may know better or worse.
func (c Consultation) repeatShare() []Effect {
	self, ok := c.Find(c.Self)
	if !ok || self.Screen == c.Sharing.On() || self.Place != wire.PlaceCall {
		return nil
	}
	return []Effect{Tell{wire.Share{On: c.Sharing.On()}}}
}
