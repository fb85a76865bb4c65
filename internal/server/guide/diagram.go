package guide

import (
	"embed"
	"html/template"
	"strings"
)

//go:embed page.html page.css diagram.svg diagram.css
var files embed.FS

// diagram is the picture of the flows, in two shapes that say the same: wide, with the
// server between hospital and home, and narrow, with the server below them.
type diagram struct {
	// Alt tells the flows in words.
	Alt   string
	Lanes []lane
	// Direct is the caption of the direct way, empty where there is none.
	Direct, DirectShort                                         string
	Hospital, Clinician, Firewall, Home, Patient, Server, Title string
	// Host is the server's name when all lanes lead to one.
	Host string
}

// lane is one port of the server with what goes there.
type lane struct {
	Case, Name, Port, Protocols, Host string
}

func (a author) diagram() diagram {
	d := diagram{
		Title: a.say("flows.title"), Hospital: a.say("flows.hospital"), Clinician: a.say("flows.clinician"), Firewall: a.say("flows.firewall"),
		Home: a.say("flows.home"), Patient: a.say("flows.patient"), Server: a.say("flows.server"),
	}
	words := []string{a.say("flows.alt")}
	hosts := map[string]bool{}
	for _, c := range []string{Always, UDPOpen, UDPClosed} {
		for _, r := range a.inCase(c) {
			switch {
			case r.To == Peer:
				d.Direct, d.DirectShort = a.say("flows.direct"), a.say("flows.direct_short")
				continue
			case r.To == Further, r.Need == Optional:
				continue // the table has all; the picture shows what matters
			}
			host := r.Host
			if host == "" && len(r.Addresses) > 0 {
				host = r.Addresses[0]
			}
			d.Lanes = join(d.Lanes, lane{Case: c, Name: a.say("case." + c), Port: a.port(r), Protocols: named(shown(r.Protocols)), Host: host})
			if r.Host != "" {
				hosts[r.Host] = true
			}
		}
	}
	for _, l := range d.Lanes {
		words = append(words, a.say("flows.alt_port", "case", l.Name, "protocols", l.Protocols, "port", l.Port))
	}
	if d.Direct != "" {
		words = append(words, d.Direct+".")
	}
	d.Alt = strings.Join(words, " ")
	if len(hosts) == 1 {
		for h := range hosts {
			d.Host = shorten(h, 29)
		}
	}
	for i, l := range d.Lanes {
		if d.Host != "" && (len(l.Host) == 0 || shorten(l.Host, 29) == d.Host) {
			d.Lanes[i].Host = ""
		}
		d.Lanes[i].Host = shorten(d.Lanes[i].Host, 26)
	}
	return d
}

// shown leaves out what travels inside another protocol's packets and is in the table.
func shown(protocols []string) []string {
	if contains(protocols, SRTP) {
		return []string{SRTP}
	}
	return protocols
}

// join adds a lane, or its protocols to the lane of the same case and port.
func join(lanes []lane, l lane) []lane {
	for i, o := range lanes {
		if o.Case == l.Case && o.Port == l.Port && (o.Host == l.Host || l.Case == UDPOpen) {
			for p := range strings.SplitSeq(l.Protocols, ", ") {
				if !contains(strings.Split(lanes[i].Protocols, ", "), p) {
					lanes[i].Protocols += ", " + p
				}
			}
			return lanes
		}
	}
	return append(lanes, l)
}

// shorten cuts the middle out of a long name; the table of hosts has it whole.
func shorten(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	half := (limit - 1) / 2
	return string(r[:half]) + "…" + string(r[len(r)-half:])
}

// How far apart lanes stand. The wide picture is 720 units across, the narrow one 340, of
// which a phone shows about one a pixel.
const (
	pitchWide   = 64
	pitchNarrow = 58
)

// picture is what the templates of diagram.svg draw.
type picture struct {
	diagram
	// ID keeps the names of two pictures on one page apart.
	ID, Language string
	Cases        []string
	Height       int
	// Foot is how tall the server stands in the wide picture; Last is where the trunk of
	// the narrow one ends.
	Foot, Last int
	Spots      []spot
	// Style is set in a file of its own only.
	Style template.CSS
}

// spot is a lane with its place.
type spot struct {
	lane
	Top, Middle int
	// One and Two are where its lines stand in the wide picture; a host is the third.
	One, Two int
}

func (d diagram) place(id, language string, top, pitch, below int) picture {
	p := picture{diagram: d, ID: id, Language: language, Cases: []string{Always, UDPOpen, UDPClosed, "direct"}}
	for i, l := range d.Lanes {
		p.Last = top + i*pitch + (pitch-10)/2
		s := spot{lane: l, Top: top + i*pitch, Middle: p.Last, One: 23, Two: 43}
		if l.Host != "" {
			s.One, s.Two = 17, 33
		}
		p.Spots = append(p.Spots, s)
	}
	end := top + len(d.Lanes)*pitch
	p.Foot, p.Height = end-24, end+below
	return p
}

func (p picture) draw(shape string) (template.HTML, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"add":  func(a, b int) int { return a + b },
		"half": func(a int) int { return a / 2 },
	}).ParseFS(files, "diagram.svg")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.ExecuteTemplate(&b, shape, p)
	return template.HTML(strings.TrimSpace(b.String())), err //nolint:gosec // the template has escaped it
}

func (d diagram) wide(language string) picture {
	below := 8
	if d.Direct != "" {
		below = 52
	}
	return d.place("wide", language, 92, pitchWide, below)
}

func (d diagram) narrow(language string) picture {
	return d.place("narrow", language, 250, pitchNarrow, 4)
}
