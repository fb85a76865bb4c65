package lab

import (
	"encoding/json"
)

// Path is how the page's newest media connection goes, and what came over it so far.
// A browser that was not started with Watch has none.
type Path struct {
	Phase string // of the page
	Route string
	Code  string
	// Peers counts the remote pictures on the page.
	Peers int
	// Connections and Sockets count all that the page ever opened.
	Connections, Sockets int
	State                string // of the connection
	Local, Remote        End
	// Candidates are all local ones, Offered all remote ones.
	Candidates, Offered []End
	Video               struct {
		Frames        int64
		Width, Height int
		FPS           float64
	}
	Audio struct {
		Samples, Concealed, Lost int64
	}
	Sent struct {
		Width, Height int
		FPS           float64
		Frames        int64
	}
}

// End is one candidate.
type End struct {
	Type     string // host, srflx, prflx or relay
	Protocol string // udp or tcp
	// Relay is how the TURN server is reached: udp, tcp or tls.
	Relay   string
	URL     string
	Address string
	Port    int
}

// Way names an end in a word: host/udp, relay/tls.
func (e End) Way() string {
	if e.Type == "" {
		return "none"
	}
	if e.Relay != "" {
		return e.Type + "/" + e.Relay
	}
	return e.Type + "/" + e.Protocol
}

// Sealed counts the sealed frames of each person that the page's worker has had. The
// browser must be watched.
func (b *Browser) Sealed() (map[string]Sealed, error) {
	v, err := b.Do("sealed", nil)
	if err != nil {
		return nil, err
	}
	var all map[string]struct{ Opened, Refused, NoKey, Repeated int64 }
	if err := json.Unmarshal(v, &all); err != nil {
		return nil, err
	}
	found := map[string]Sealed{}
	for id, c := range all {
		found[id] = Sealed{Opened: c.Opened, Refused: c.Refused, NoKey: c.NoKey, Repeated: c.Repeated}
	}
	return found, nil
}

// Path reads the page's media connection.
func (b *Browser) Path() (Path, error) {
	var p Path
	v, err := b.Do("path", nil)
	if err == nil {
		err = json.Unmarshal(v, &p)
	}
	return p, err
}
