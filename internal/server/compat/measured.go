// Package compat tells which browser on which system can do what in a consultation: what a
// test has measured, what is the same engine as a measured one, what published data say, and
// what is not offered. The page /compat is made from it, and so is docs/compatibility.json.
package compat

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Feature is one thing that people do together in a consultation.
type Feature string

// The features that are measured. Showing one's screen and seeing another's are two: phones
// can do one of them.
const (
	Media   Feature = "media"
	Board   Feature = "board"
	Watch   Feature = "watch"
	Share   Feature = "share"
	Chat    Feature = "chat"
	Files   Feature = "files"
	Sealing Feature = "sealing"
)

// Features lists them in the order of the table.
func Features() []Feature { return []Feature{Media, Board, Watch, Share, Chat, Files, Sealing} }

// State is how far something works.
type State string

// The states. Unmeasured: the test could not tell, and nothing is claimed.
const (
	Yes        State = "yes"
	Partly     State = "partly"
	No         State = "no"
	Unmeasured State = "unmeasured"
)

// Result is what a test found.
type Result struct {
	State State `json:"state"`
	// Why is the text compat.why.WHY of the pages, for each state but Yes.
	Why Why `json:"why,omitempty"`
	// Detail holds the figures, in English, for engineers.
	Detail string `json:"detail,omitempty"`
}

// Why is a reason that people are told.
type Why string

// The reasons. Failed: the test went wrong in it. NoFrames: the engine gives no access to
// encoded frames, so the server could hear and see. StandIn: the engine's own choice of a
// screen was not there, a picture stood in for it. ViewOnly: it sees, and cannot show.
// Retired: its maker has given it up. NoAPI: it lacks what the page needs. NoProgram: there
// is none for this system.
const (
	Failed    Why = "failed"
	NoFrames  Why = "no_frames"
	StandIn   Why = "stand_in"
	ViewOnly  Why = "view_only"
	Retired   Why = "retired"
	NoAPI     Why = "no_api"
	NoProgram Why = "no_program"
)

// Engine is one browser that was measured.
type Engine struct {
	// Name is the laboratory's, such as chromium-92; Family is chromium or firefox.
	Name   string `json:"name"`
	Family string `json:"family"`
	// Version is what the browser says of itself, such as 92.0.4512.0.
	Version string `json:"version"`
	System  string `json:"system"`
	// Date is the day of the measurement (YYYY-MM-DD).
	Date     string             `json:"date"`
	Features map[Feature]Result `json:"features"`
}

// Major is the first number of the version.
func (e Engine) Major() int {
	n, err := strconv.Atoi(first(e.Version))
	if err != nil {
		return 0 // check refuses it
	}
	return n
}

// Measured is what make matrix found.
type Measured struct {
	// Desktop is the program at the other end.
	Desktop string   `json:"desktop"`
	Engines []Engine `json:"engines"`
}

//go:embed measured.json
var measured []byte

// Known answers the measurements that this program was built with.
func Known() (Measured, error) { return Read(measured) }

// Read decodes measurements and checks them: what is claimed must have been said in full.
func Read(text []byte) (Measured, error) {
	var m Measured
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Measured{}, fmt.Errorf("reading the measurements: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Measured{}, errors.New("reading the measurements: something follows them")
	}
	for _, e := range m.Engines {
		if err := e.check(); err != nil {
			return Measured{}, fmt.Errorf("measurement of %q: %w", e.Name, err)
		}
	}
	return m, nil
}

func (e Engine) check() error {
	if e.Name == "" || e.System == "" || !slices.Contains([]string{"chromium", "firefox"}, e.Family) || e.Major() == 0 {
		return errors.New("name, family, version or system is missing")
	}
	if _, err := time.Parse(time.DateOnly, e.Date); err != nil {
		return err
	}
	for _, f := range Features() {
		r, ok := e.Features[f]
		if !ok {
			return fmt.Errorf("nothing about %s", f)
		}
		if !slices.Contains([]State{Yes, Partly, No, Unmeasured}, r.State) || (r.State == Yes) != (r.Why == "") {
			return fmt.Errorf("%s is %q because %q", f, r.State, r.Why)
		}
	}
	return nil
}

// Add puts a measurement in the place of the earlier one of the same name. The order is by
// family and version.
func (m *Measured) Add(e Engine) {
	m.Engines = slices.DeleteFunc(m.Engines, func(o Engine) bool { return o.Name == e.Name })
	m.Engines = append(m.Engines, e)
	slices.SortFunc(m.Engines, func(a, b Engine) int {
		if c := strings.Compare(a.Family, b.Family); c != 0 {
			return c
		}
		return a.Major() - b.Major()
	})
}

// Write encodes measurements as Read takes them.
func (m Measured) Write() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	return append(text, '\n'), err
}
