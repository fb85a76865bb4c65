package ui

import (
	"net/url"
	"strings"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/chat"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// tardy is how long a message may take before the screen names who has not got it.
const tardy = 6 * time.Second

// talking is the clinician's side of the conversation.
type talking struct {
	appointment string
	draft       string
	shown       bool // others see the draft while it is typed
	read        int  // messages of others that were on screen
}

// conversation is the written conversation in the panel.
type conversation struct {
	u           *UI
	root        *fyne.Container
	page        *kit.Page
	list        *fyne.Container
	empty       *fyne.Container
	entry       *kit.Entry
	send, frank *kit.Button
	copy        *kit.Button
	bubbles     map[string]*bubble
	live        []*bubble
	banner      *kit.Banner
}

func newConversation(u *UI) *conversation {
	w, h := u.words, u.host
	c := &conversation{u: u, list: kit.Column(kit.M), bubbles: map[string]*bubble{}, banner: kit.NewBanner()}
	c.empty = kit.Column(kit.S, centred(kit.NewIcon("chat-circle-text", kit.Display, kit.Muted)),
		kit.NewText(w.T("desktop.chat.empty"), kit.Body, kit.Ink).Align(fyne.TextAlignCenter),
		kit.NewText(w.T("desktop.chat.empty_hint"), kit.Caption, kit.Muted).Align(fyne.TextAlignCenter))
	c.page = kit.NewPage(kit.Inset(kit.M, kit.M, kit.Column(kit.M, c.empty, c.list)), false)
	c.entry = kit.NewTextEntry(h, w.T("desktop.chat.field"), 2)
	c.entry.SetPlaceHolder(w.T("desktop.chat.field"))
	c.entry.SetText(u.beside.chat.draft)
	c.entry.Send = c.say
	c.entry.OnChanged = func(text string) {
		u.beside.chat.draft = text
		u.emit(call.Typing{Text: text, Show: u.beside.chat.shown})
	}
	c.send = kit.NewButton(h, kit.Primary, "paper-plane-tilt", w.T("desktop.chat.send"), c.say).Small()
	c.frank = kit.NewButton(h, kit.Plain, "eye-slash", "", func() {
		u.beside.chat.shown = !u.beside.chat.shown
		u.emit(call.Typing{Text: c.entry.Text, Show: u.beside.chat.shown})
		c.show(u.state.Call)
	}).Small()
	c.copy = kit.NewButton(h, kit.Plain, "copy", w.T("desktop.chat.copy"), func() {
		if u.o.Copy != nil {
			u.o.Copy(u.transcript(u.state.Call))
			c.copy.Set(kit.Plain, "check", w.T("desktop.chat.copied"))
		}
	}).Small()
	tools := kit.Row(kit.Zero, c.frank, c.copy)
	below := kit.Inset(kit.M, kit.M, kit.Column(kit.M, c.banner.Box, kit.Bare(c.entry), kit.Spread(kit.S, 8, tools, tools, c.send)))
	c.root = container.New(foot{}, c.page, below)
	return c
}

// say sends what stands in the field.
func (c *conversation) say() {
	text := strings.TrimSpace(c.entry.Text)
	if text == "" || c.u.state.Call.Chat.Full {
		return
	}
	c.u.emit(call.Say{Text: text})
	c.u.beside.chat.draft = ""
	c.entry.SetText("")
}

func (c *conversation) show(s call.Consultation) {
	w := c.u.words
	var objects []fyne.CanvasObject
	kept := map[string]*bubble{}
	for _, m := range s.Chat.Messages {
		key := m.From + " " + m.ID
		b := c.bubbles[key]
		if b == nil {
			b = newBubble(c.u, m.Mine, m.Text)
		}
		kept[key] = b
		b.say(c.u.writer(s, m.From, m.Mine), w.clock(m.At.Local()), c.delivery(s, m))
		objects = append(objects, b.root)
	}
	c.bubbles = kept
	for i, who := range s.Chat.Writing {
		if i == len(c.live) {
			c.live = append(c.live, nil)
		}
		text := clean(who.Text)
		if text == "" {
			text = "…"
		}
		if c.live[i] == nil || c.live[i].text.Text() != text {
			c.live[i] = newBubble(c.u, false, text)
			c.live[i].text.Paint(kit.Muted)
		}
		c.live[i].say(w.T("desktop.chat.writing", "name", c.u.writer(s, who.From, false)), "", "")
		objects = append(objects, c.live[i].root)
	}
	c.empty.Hidden = len(objects) > 0
	c.copy.Hidden = len(s.Chat.Messages) == 0 || c.u.o.Copy == nil
	grown := len(objects) > len(c.list.Objects)
	c.list.Objects = objects
	c.page.Refresh()
	if grown {
		c.page.Bottom()
	}
	c.u.beside.chat.read = heard(s.Chat)
	sentence, action := "", ""
	switch deaf := c.u.deaf(s); {
	case s.Chat.Full:
		sentence, action = w.T("desktop.chat.full"), w.T("desktop.chat.full_action")
	case deaf != "":
		sentence = w.T("desktop.chat.deaf", "name", deaf)
	}
	c.banner.Say(kit.Amber, "info", sentence, action)
	if c.u.beside.chat.shown {
		c.frank.Set(kit.Plain, "eye", w.T("desktop.chat.shown"))
	} else {
		c.frank.Set(kit.Plain, "eye-slash", w.T("desktop.chat.hidden"))
	}
	c.send.Able(!s.Chat.Full)
}

// delivery tells who has one of our messages.
func (c *conversation) delivery(s call.Consultation, m chat.Message) string {
	w := c.u.words
	switch {
	case !m.Mine:
		return ""
	case len(m.Missing) == 0 && m.Got > 0:
		return w.T("desktop.chat.delivered")
	case c.u.o.Now().Sub(m.At) < tardy:
		return w.T("desktop.chat.sending")
	case len(m.Missing) == 0:
		return w.T("desktop.chat.nobody")
	}
	return w.T("desktop.chat.missing", "name", c.u.writer(s, m.Missing[0], false))
}

// writer names somebody who wrote, also one who has left.
func (u *UI) writer(s call.Consultation, id string, mine bool) string {
	if mine {
		return u.words.T("desktop.chat.you")
	}
	if p, ok := s.Find(id); ok {
		return u.words.person(p)
	}
	return u.words.T("desktop.chat.left")
}

// deaf names somebody in the call whose program takes no messages.
func (u *UI) deaf(s call.Consultation) string {
	for _, p := range s.Others() {
		if p.Ready && !p.Keys {
			return u.words.person(p)
		}
	}
	return ""
}

// heard counts what others wrote.
func heard(v chat.View) int {
	n := 0
	for _, m := range v.Messages {
		if !m.Mine {
			n++
		}
	}
	return n
}

// unread counts what others wrote while the conversation was not on screen.
func (u *UI) unread() int {
	if u.beside.open == chatPart && u.at == atCall {
		return 0
	}
	return max(0, heard(u.state.Call.Chat)-u.beside.chat.read)
}

// unfiled counts the files that others offered while nobody looked.
func (u *UI) unfiled() int {
	if u.beside.open == filesPart && u.at == atCall {
		return 0
	}
	return max(0, offered(u.state.Call.Files)-u.beside.filed)
}

// transcript is the conversation as a text, to keep where the clinician chooses.
func (u *UI) transcript(s call.Consultation) string {
	var b strings.Builder
	for _, m := range s.Chat.Messages {
		name := u.writer(s, m.From, false)
		b.WriteString(u.words.clock(m.At.Local()) + " " + name + "\n" + m.Text + "\n\n")
	}
	return strings.TrimSpace(b.String()) + "\n"
}

// bubble is one message: who and when above, the text, its links, and below whether it
// arrived.
type bubble struct {
	root        *fyne.Container
	who, when   *kit.Text
	text, under *kit.Text
}

func newBubble(u *UI, mine bool, text string) *bubble {
	fill, stroke := kit.Surface, kit.Border
	if mine {
		fill, stroke = kit.AccentSoft, kit.None
	}
	b := &bubble{who: kit.NewText("", kit.Caption, kit.Ink).Bold().Fit(kit.Elided), when: kit.NewText("", kit.Caption, kit.Muted).Fit(kit.Whole),
		text: kit.NewText(text, kit.Body, kit.Ink), under: kit.NewText("", kit.Caption, kit.Muted)}
	lines := []fyne.CanvasObject{kit.Spread(kit.S, 0, b.who, b.who, b.when), b.text}
	for _, part := range chat.Parts(text) {
		if link, err := url.Parse(part.Text); part.Link && err == nil && u.o.OpenURL != nil {
			lines = append(lines, kit.NewButton(u.host, kit.Quiet, "link", u.words.T("desktop.chat.open", "host", link.Hostname()), func() { u.o.OpenURL(link.String()) }).Small())
		}
	}
	lines = append(lines, b.under)
	b.root = kit.Layers(kit.NewPanel(fill, stroke, kit.RadiusM), kit.Inset(kit.S, kit.M, kit.Column(kit.XS, lines...)))
	return b
}

func (b *bubble) say(who, when, under string) {
	b.who.Set(who)
	b.when.Set(when)
	b.when.Hidden = when == ""
	b.under.Set(under)
	b.under.Hidden = under == ""
}

// announceChat sounds for what others wrote while nobody looked at it.
func (u *UI) announceChat(before call.Consultation) {
	c := u.state.Call
	if u.beside.chat.appointment != c.Appointment {
		u.beside = beside{chat: talking{appointment: c.Appointment}}
	}
	written := heard(c.Chat) > heard(before.Chat) && u.unread() > 0
	if (written || offered(c.Files) > offered(before.Files) && u.unfiled() > 0) && u.o.Chime != nil {
		u.o.Chime()
	}
}

// newest is the last message that others wrote.
func newest(v chat.View) (chat.Message, bool) {
	for i := len(v.Messages) - 1; i >= 0; i-- {
		if !v.Messages[i].Mine {
			return v.Messages[i], true
		}
	}
	return chat.Message{}, false
}

// readNews opens what the notice over the picture is of.
func (u *UI) readNews() {
	if u.drawing.by != "" && !u.drawing.open {
		u.toggleBoard()
		return
	}
	if u.unread() == 0 && u.unfiled() > 0 {
		u.turnTo(filesPart)
		return
	}
	u.turnTo(chatPart)
}

// showNews says over the picture what came while nobody looked at it: drawings, files, messages.
func (s *callScreen) showNews(c call.Consultation) {
	w := s.u.words
	say := func(icon, title, text, do string) {
		s.read.Set(kit.Secondary, "", do)
		s.news.Say(kit.Neutral, icon, title, text)
	}
	see := w.T("desktop.news.see")
	if by := s.u.drawing.by; by != "" && !s.u.drawing.open {
		say("pencil-simple", w.T("desktop.board.news", "name", s.u.writer(c, by, false)), "", see)
		return
	}
	m, ok := newest(c.Chat)
	if s.u.unread() == 0 && s.u.unfiled() > 0 && s.u.beside.open == noPart {
		var f files.Item // the newest that others offered
		for _, one := range c.Files {
			if !one.Mine && listed(one) {
				f = one
			}
		}
		who, _ := c.Find(f.From)
		if photograph(f) {
			say("camera", w.T("desktop.photo.of", "name", w.person(who)), "", see)
			return
		}
		say("paperclip", w.T("desktop.files.news", "name", w.person(who)), scrub(f.Name, 60), see)
		return
	}
	if !ok || s.u.unread() == 0 || s.u.beside.open != noPart {
		s.news.Say(kit.Neutral, "", "", "")
		return
	}
	who, _ := c.Find(m.From)
	say("chat-circle-text", w.T("desktop.chat.news", "name", w.person(who)), scrub(m.Text, 90), w.T("desktop.chat.read"))
}
