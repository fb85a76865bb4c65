package call

import (
	"slices"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
)

// Path is how the packets of a media connection travel (RFC 8445, W3C webrtc-stats).
type Path struct {
	// Local and Remote are candidate types: host, srflx, prflx or relay.
	Local, Remote string
	// Protocol is what leaves this machine: udp, tcp, or tls for TURN over TLS.
	Protocol string
	// Profile is the SRTP protection profile that DTLS chose (RFC 5764, RFC 7714).
	Profile string
}

// Slow tells whether packets leave over TCP, where a lost one holds up all that follow:
// the network lets nothing better through, and sound and picture suffer.
func (p Path) Slow() bool { return p.Protocol == "tcp" || p.Protocol == "tls" }

// The routes of media.
const (
	RouteDirect = "direct" // straight to the other person
	RouteRelay  = "relay"  // to the other person through a TURN server, which cannot read it
	RouteServer = "sfu"    // through the server
)

// connection is one media connection: a new one is made beside the old one, which is
// closed when the server says that the new one carries the call.
type connection struct {
	gen    uint32
	direct bool
	up     bool // something comes
	ready  bool // a picture was whole: it can take an older one's place
	path   Path
}

// stepMedia takes what happens on media connections.
func stepMedia(s State, ev Event, now time.Time) (State, []Effect) {
	if !s.Call.Live() {
		return s, nil
	}
	switch ev := ev.(type) {
	case MediaUp:
		return mediaUp(s, ev, now)
	case MediaReady:
		// Who lets nothing out is in the call all the same.
		s, _ = mediaUp(s, MediaUp{Gen: ev.Gen, Kind: wire.Audio}, now)
		conn, ok := s.Call.connection(ev.Gen)
		if !ok {
			return s, nil
		}
		conn.ready = true
		s.Call.put(conn)
		return s, []Effect{Tell{wire.Up(ev)}}
	case MediaPath:
		if conn, ok := s.Call.connection(ev.Gen); ok {
			conn.path = ev.Path
			s.Call.put(conn)
		}
	case MediaDown:
		return mediaDown(s, ev, now)
	}
	return s, nil
}

func mediaUp(s State, ev MediaUp, now time.Time) (State, []Effect) {
	c := &s.Call
	conn, ok := c.connection(ev.Gen)
	if !ok {
		return s, nil
	}
	conn.up = true
	c.put(conn)
	if c.owed == ev.Gen {
		c.owed = 0
	}
	if c.Began.IsZero() {
		c.Began = now
	}
	c.Seen = c.Seen || ev.Kind == wire.Video
	if c.Phase == Connecting || (c.Phase == Reconnecting && c.Problem != nil && c.Problem.Code == ProblemMediaLost) {
		c.Phase, c.Problem = Talking, nil
	}
	return s, nil
}

// mediaDown asks for a new connection; while another one carries the call, nobody sees.
func mediaDown(s State, ev MediaDown, now time.Time) (State, []Effect) {
	c := &s.Call
	conn, ok := c.connection(ev.Gen)
	if !ok {
		return s, nil
	}
	conn.up = false
	c.put(conn)
	if !c.flowing() {
		if c.Phase != Reconnecting {
			c.Phase, c.Lost = Reconnecting, now
		}
		if !c.away {
			c.Problem = &Problem{Code: ProblemMediaLost}
		}
	}
	if ev.Gen != c.Gen {
		return s, nil // a newer one is on its way
	}
	c.owed = ev.Gen // asked for again after the next welcome
	if c.away {
		return s, nil
	}
	// What broke the media may have broken the line too, which then does not know it.
	return s, []Effect{Tell{wire.Renew(ev)}, Doubt{}}
}

// networkChanged goes to the server anew, from the new address, and makes new media
// connections beside those that may be dead.
func networkChanged(s State) (State, []Effect) {
	if s.Call.Live() && s.Call.Gen != 0 {
		s.Call.owed = s.Call.Gen
	}
	return s, []Effect{Redial{}}
}

func (c *Consultation) connection(gen uint32) (connection, bool) {
	for _, conn := range c.connections {
		if conn.gen == gen {
			return conn, true
		}
	}
	return connection{}, false
}

// put keeps a connection's new state, in a list of its own.
func (c *Consultation) put(conn connection) {
	c.connections = slices.DeleteFunc(slices.Clone(c.connections), func(old connection) bool { return old.gen == conn.gen })
	c.connections = append(c.connections, conn)
	c.trace()
}

// open notes a new connection.
func (c *Consultation) open(gen uint32, direct bool) {
	c.Gen, c.owed = gen, 0
	c.put(connection{gen: gen, direct: direct})
}

// keep forgets all connections but one.
func (c *Consultation) keep(gen uint32) {
	c.Gen = gen
	c.connections = slices.DeleteFunc(slices.Clone(c.connections), func(old connection) bool { return old.gen != gen })
	if len(c.connections) == 0 {
		c.Gen = 0
	}
	c.trace()
	if !c.flowing() && c.Phase == Talking {
		c.Phase = Connecting
	}
}

// trace tells the route of the newest connection that carries the call.
func (c *Consultation) trace() {
	best := c.carrier()
	c.Route, c.Path = "", best.path
	switch {
	case !best.up:
	case !best.direct:
		c.Route = RouteServer
	case best.path.Local == "relay" || best.path.Remote == "relay":
		c.Route = RouteRelay
	default:
		c.Route = RouteDirect
	}
}

// carrier is the newest connection that carries the call.
func (c *Consultation) carrier() connection {
	var best connection
	for _, conn := range c.connections {
		if conn.up && (conn.ready || !best.ready) && conn.gen > best.gen {
			best = conn
		}
	}
	return best
}

// flowing tells whether anything comes.
func (c *Consultation) flowing() bool {
	return slices.ContainsFunc(c.connections, func(conn connection) bool { return conn.up })
}
