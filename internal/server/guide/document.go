package guide

import (
	"fmt"
	"strings"

	"ekermed.example/ekermed/assets"
)

// document is a guide in words, for writers that know neither rules nor keys. Texts
// mark code with backticks, as Markdown does; what comes from the configuration stands
// between them only, so that it is shown as it is.
type document struct {
	Language    string
	Title, Lead string
	Made        string
	Warning     string
	Sections    []section
}

type section struct {
	ID, Title string
	Blocks    []block
}

// block is one of: a heading, a paragraph, a note, a list, a table, code lines, or the
// diagram. The one field that is set tells which.
type block struct {
	Heading, Text, Note string
	List                []string
	Table               *table
	Code                []string
	Diagram             *diagram
}

type table struct {
	Label string
	Head  []string
	// Rows hold cells of one or more lines each.
	Rows [][][]string
}

// author writes a guide in one language.
type author struct {
	Guide
	t assets.Texts
}

func (a author) say(key string, pairs ...string) string {
	return a.t.T("guide."+key, pairs...)
}

// code makes a value safe between backticks, and on one line.
func code(value string) string {
	return "`" + strings.Map(func(r rune) rune {
		if r == '`' || r < ' ' || r == 0x7f {
			return '\''
		}
		return r
	}, value) + "`"
}

// value is code without the backticks, for texts that have them.
func value(s string) string { return strings.Trim(code(s), "`") }

func (g Guide) document(t assets.Texts) document {
	a := author{g, t}
	made := a.Made
	date := a.say("date", "day", fmt.Sprint(made.Day()), "month", t.T(fmt.Sprintf("mail.month.%d", int(made.Month()))), "year", fmt.Sprint(made.Year()), "time", t.Time(made))
	d := document{
		Language: t.Language(), Title: a.say("title"), Lead: a.say("lead"),
		Made: a.say("made", "url", value(a.URL), "date", date, "version", a.say("version", "version", value(a.Version))),
		Sections: []section{
			{"short", a.say("short.title"), a.short()},
			{"flows", a.say("flows.title"), a.flows()},
			{"hosts", a.say("hosts.title"), a.hostList()},
			{"site", a.say("site.title"), a.site()},
			{"proxy", a.say("proxy.title"), a.proxies()},
			{"mail", a.say("mail.title"), a.mail()},
			{"test", a.say("test.title"), []block{{List: []string{
				a.say("test.page", "url", value(a.URL+"/diag")), a.say("test.check"), a.say("test.desktop"), a.say("test.guide", "url", value(a.URL+Path)),
			}}}},
			{"server", a.say("server.title"), a.server()},
			{"protocols", a.say("protocols.title"), a.protocols()},
		},
	}
	if a.Dev {
		d.Warning = a.say("dev")
	}
	return d
}

// pick gives the rules of one firewall that fulfil a condition.
func (g Guide) pick(firewall string, ok func(Rule) bool) []Rule {
	var list []Rule
	for _, r := range g.Rules {
		if r.Firewall == firewall && ok(r) {
			list = append(list, r)
		}
	}
	return list
}

func (g Guide) inCase(c string) []Rule {
	return g.pick(Site, func(r Rule) bool { return r.Case == c })
}

// port is such as "UDP 443" or "UDP 49152–65535".
func (a author) port(r Rule) string {
	transport := strings.ToUpper(r.Transport)
	switch {
	case r.First == 0:
		return a.say("rule.chosen", "transport", transport)
	case r.First == firstFree && r.Last == lastPort:
		return a.say("rule.any_port", "transport", transport)
	case r.First != r.Last:
		return fmt.Sprintf("%s\u00a0%d–%d", transport, r.First, r.Last)
	}
	return fmt.Sprintf("%s\u00a0%d", transport, r.First)
}

// portsOf lists the ports of rules, each once.
func (a author) portsOf(rules []Rule, but string) string {
	var list []string
	for _, r := range rules {
		if p := a.port(r); r.Need != but && !contains(list, p) {
			list = append(list, p)
		}
	}
	return strings.Join(list, ", ")
}

// named lists protocols as people call them.
func named(protocols []string) string {
	return strings.ReplaceAll(strings.Join(protocols, ", "), TURNS, "TURN/TLS")
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// short is what a director reads.
func (a author) short() []block {
	var items []string
	for _, r := range a.inCase(Always) {
		if r.ID == "https" {
			items = append(items, a.say("short.tcp", "port", a.port(r), "host", value(r.Host)))
		}
	}
	if ports := a.portsOf(a.inCase(UDPOpen), Optional); ports != "" {
		items = append(items, a.say("short.udp", "port", ports))
	}
	if closed := a.inCase(UDPClosed); len(closed) == 0 {
		items = append(items, a.say("short.none"))
	} else {
		items = append(items, a.say("short.closed", "ports", a.targets(closed)))
	}
	items = append(items, a.say("short.inbound"), a.say("short.tls"))
	if a.Mail.Domain != "" {
		items = append(items, a.say("short.mail", "domain", value(a.Mail.Domain)))
	}
	return []block{{List: items}}
}

// targets are hosts with their ports.
func (a author) targets(rules []Rule) string {
	var list []string
	for _, r := range rules {
		if s := code(r.Host) + " (" + a.port(r) + ")"; !contains(list, s) {
			list = append(list, s)
		}
	}
	return strings.Join(list, ", ")
}

func (a author) flows() []block {
	d := a.diagram()
	return []block{{Diagram: &d}, {Text: a.say("flows.caption")}}
}

func (a author) hostList() []block {
	t := &table{Label: a.say("hosts.title"), Head: []string{a.say("hosts.head.host"), a.say("hosts.head.roles"), a.say("hosts.head.addresses")}}
	for _, h := range a.Hosts {
		name := a.say("hosts.by_address")
		if h.Name != "" {
			name = code(h.Name)
		}
		var roles, addresses []string
		for _, r := range h.Roles {
			roles = append(roles, a.say("role."+string(r)))
		}
		for _, ip := range h.Addresses {
			addresses = append(addresses, code(ip))
		}
		t.Rows = append(t.Rows, [][]string{{name}, roles, append(addresses, a.remark(h)...)})
	}
	return []block{{Text: a.say("hosts.lead")}, {Table: t}}
}

// remark says what is wrong with a host's addresses.
func (a author) remark(h Host) []string {
	key := "media.address"
	if h.is(Relay) {
		key = "turn.address"
	}
	switch {
	case h.Problem != "":
		return []string{a.say("hosts." + h.Problem)}
	case len(h.Addresses) == 0:
		return []string{a.say("hosts.none", "key", key)}
	case h.Private && !a.Dev && h.Name == "":
		return []string{a.say("hosts.private", "key", key)}
	case h.Private && !a.Dev:
		return []string{a.say("hosts.private_name")}
	}
	return nil
}

// rules is a table of rules; mine is for the server's own firewall.
func (a author) rules(label string, rules []Rule, mine bool) block {
	t := &table{Label: label, Head: []string{a.say("rule.to"), a.say("rule.port"), a.say("rule.protocol"), a.say("rule.use"), a.say("rule.need")}}
	if mine {
		t.Head = append(t.Head, a.say("rule.key"))
		if len(rules) > 0 && rules[0].Direction == In {
			t.Head[0] = a.say("rule.from")
		}
	}
	for _, r := range rules {
		to := a.target(r)
		if mine && r.Direction == In {
			to = nil
			for _, p := range r.From {
				to = append(to, a.say("role."+string(p)))
			}
		}
		row := [][]string{to, {a.port(r)}, {named(r.Protocols)}, {a.say("use." + r.Use)}, {a.say("need." + r.Need)}}
		if mine {
			var keys []string
			for _, k := range r.Keys {
				keys = append(keys, code(k))
			}
			row = append(row, keys)
		}
		t.Rows = append(t.Rows, row)
	}
	return block{Table: t}
}

// target is the other end of a rule: its name, or what it is, and its addresses.
func (a author) target(r Rule) []string {
	first := a.say("role." + string(r.To))
	if r.Host != "" {
		first = code(r.Host)
	}
	lines := []string{first}
	for _, ip := range r.Addresses {
		if ip != r.Host {
			lines = append(lines, code(ip))
		}
	}
	if r.To == Peer {
		lines = append(lines, a.say("rule.any"))
	}
	return lines
}
