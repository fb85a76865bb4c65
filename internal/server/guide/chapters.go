package guide

import (
	"ekermed.example/ekermed/internal/server/config"
)

// site is the chapter on the hospital's firewall, after the two cases that IT
// departments know: UDP open and UDP closed.
func (a author) site() []block {
	blocks := []block{
		{Text: a.say("site.lead")},
		{Heading: a.say("site.always")}, a.rules(a.say("site.always"), a.inCase(Always), false),
		{Heading: a.say("site.udp")}, a.rules(a.say("site.udp"), a.inCase(UDPOpen), false),
		{Heading: a.say("site.no_udp")},
	}
	if closed := a.inCase(UDPClosed); len(closed) == 0 {
		blocks = append(blocks, block{Note: a.say("site.no_udp_none")})
	} else {
		blocks = append(blocks, block{Text: a.say("site.no_udp_lead")}, a.rules(a.say("site.no_udp"), closed, false))
		if a.Route == config.RouteDirect {
			blocks = append(blocks, block{Text: a.say("site.no_udp_direct")})
		}
	}
	route := "route." + a.Route
	if a.Route == config.RouteDirect && !a.relays() {
		route = "route.direct_norelay"
	}
	return append(blocks, block{Heading: a.say("route.title")}, block{Text: a.say(route)})
}

// relays tells whether any TURN server is told.
func (g Guide) relays() bool {
	return len(g.pick(Site, func(r Rule) bool { return contains(r.Protocols, TURN) || contains(r.Protocols, TURNS) })) > 0
}

func (a author) proxies() []block {
	tcp := a.pick(Site, func(r Rule) bool { return r.Transport == TCP })
	connect := "proxy.connect"
	if len(a.inCase(UDPClosed)) == 0 {
		connect = "proxy.connect_web"
	}
	items := []string{a.say(connect, "ports", a.targets(tcp)), a.say("proxy.desktop"), a.say("proxy.idle")}
	blocks := []block{{List: items}, {Note: a.say("proxy.inspect")}}
	if a.Proxies {
		blocks = append(blocks, block{Text: a.say("proxy.front")})
	}
	return blocks
}

func (a author) mail() []block {
	m := a.Mail
	t := &table{Label: a.say("mail.title"), Head: []string{a.say("mail.what"), a.say("mail.value")}}
	row := func(key, v string) {
		shown := a.say("mail.unset")
		if v != "" {
			shown = code(v)
		}
		t.Rows = append(t.Rows, [][]string{{a.say("mail." + key)}, {shown}})
	}
	row("from", m.From)
	row("envelope", m.From)
	if m.ReplyTo != "" {
		row("reply", m.ReplyTo)
	}
	row("domain", m.Domain)
	row("link", m.Link+"…")
	blocks := []block{{Text: a.say("mail.lead")}, {Table: t}}
	if m.SMTP == "" {
		blocks = append(blocks, block{Note: a.say("mail.outbox")})
	} else {
		blocks = append(blocks, block{Text: a.say("mail.spf_by", "smtp", value(m.SMTP))})
	}
	if m.Domain == "" {
		return blocks
	}
	return append(blocks,
		block{Text: a.say("mail.spf")},
		block{Code: []string{
			value(m.Domain) + `. TXT "v=spf1 ip4:ADDRESS -all"`,
			"_dmarc." + value(m.Domain) + `. TXT "v=DMARC1; p=none; aspf=s; adkim=s"`,
		}},
		block{List: []string{a.say("mail.dmarc"), a.say("mail.dkim", "domain", value(m.Domain))}})
}

func (a author) server() []block {
	in := a.pick(Server, func(r Rule) bool { return r.Direction == In && r.Need != Internal })
	internal := a.pick(Server, func(r Rule) bool { return r.Need == Internal })
	out := a.pick(Server, func(r Rule) bool { return r.Direction == Out })
	blocks := []block{
		{Text: a.say("server.lead")},
		{Heading: a.say("server.in")}, a.rules(a.say("server.in"), in, true), {Text: a.say("server.nat")},
		{Heading: a.say("server.out")}, a.rules(a.say("server.out"), out, true), {Text: a.say("server.out_lead")},
	}
	if len(internal) > 0 {
		blocks = append(blocks, block{Heading: a.say("server.internal")}, a.rules(a.say("server.internal"), internal, true))
	}
	return blocks
}

func (a author) protocols() []block {
	t := &table{Label: a.say("protocols.title"), Head: []string{a.say("rule.protocol"), a.say("rule.use")}}
	for _, p := range []struct{ name, key string }{{HTTPS, "https"}, {WSS, "wss"}, {STUN, "stun"}, {TURN, "turn"}, {DTLS, "dtls"}, {SRTP, "srtp"}} {
		t.Rows = append(t.Rows, [][]string{{p.name}, {a.say("protocols." + p.key)}})
	}
	return []block{{Table: t}}
}
