// Package portal asks the desktop's portal to show a screen: the desktop shows a chooser of
// its own, and hands out a PipeWire connection to what was chosen.
//
// It follows org.freedesktop.portal.ScreenCast, Request and Session of the XDG desktop
// portal's documentation. Nothing is remembered: each time the person is asked anew.
package portal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

// Errors of this package.
var (
	// ErrMissing: no portal here shows screens.
	ErrMissing = errors.New("no desktop portal shows screens")
	// ErrRefused: the person put the chooser away.
	ErrRefused = errors.New("nothing was chosen")
	// ErrFailed: the portal did not do what it offers.
	ErrFailed = errors.New("the desktop portal failed")
)

const (
	service   = "org.freedesktop.portal.Desktop"
	root      = "/org/freedesktop/portal/desktop"
	casting   = "org.freedesktop.portal.ScreenCast"
	request   = "org.freedesktop.portal.Request"
	session   = "org.freedesktop.portal.Session"
	monitors  = 1 // of AvailableSourceTypes
	windows   = 2
	embedded  = 2 // of AvailableCursorModes: the pointer is in the picture
	succeeded = 0 // of Response
	cancelled = 1
)

// answer is how long a portal may take to say that it is there: it may have to start.
const answer = 10 * time.Second

// Cast is what a person has chosen to show.
type Cast struct {
	// Node is what to read through Remote, a PipeWire connection, which belongs to whoever
	// takes the cast.
	Node   uint32
	Remote *os.File

	line   *line
	closed chan struct{}
}

// Available tells whether there is a portal to ask; ErrMissing if not.
func Available(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, answer)
	defer stop()
	l, err := dial(ctx)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrMissing, err)
	}
	l.close()
	return nil
}

// Open lets the person choose, which takes as long as they like; ctx ends it, and the
// chooser with it. Errors: ErrMissing, ErrRefused, ErrFailed, those of ctx.
func Open(ctx context.Context) (*Cast, error) {
	begin, stop := context.WithTimeout(ctx, answer)
	l, err := dial(begin)
	stop()
	if err == nil {
		var c *Cast
		if c, err = l.cast(ctx); err == nil {
			return c, nil
		}
		l.close()
	} else {
		err = fmt.Errorf("%w: %v", ErrMissing, err)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, err
}

// cast goes through the steps of the portal.
func (l *line) cast(ctx context.Context) (*Cast, error) {
	results, err := l.ask(ctx, "CreateSession", map[string]dbus.Variant{"session_handle_token": dbus.MakeVariant(token())})
	if err != nil {
		return nil, err
	}
	if l.session, err = handle(results); err != nil {
		return nil, err
	}
	options := map[string]dbus.Variant{
		"types":    dbus.MakeVariant(l.sources),
		"multiple": dbus.MakeVariant(false),
	}
	if l.pointer {
		options["cursor_mode"] = dbus.MakeVariant(uint32(embedded))
	}
	if _, err := l.ask(ctx, "SelectSources", options, l.session); err != nil {
		return nil, err
	}
	results, err = l.ask(ctx, "Start", map[string]dbus.Variant{}, l.session, "")
	if err != nil {
		return nil, err
	}
	node, err := chosen(results)
	if err != nil {
		return nil, err
	}
	var fd dbus.UnixFD
	if err := l.call(ctx, casting+".OpenPipeWireRemote", l.session, map[string]dbus.Variant{}).Store(&fd); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrFailed, err)
	}
	c := &Cast{Node: node, Remote: os.NewFile(uintptr(fd), "pipewire"), line: l, closed: make(chan struct{})}
	go c.watch()
	return c, nil
}

// handle is the session's. The portal gives it as a string.
func handle(results map[string]dbus.Variant) (dbus.ObjectPath, error) {
	s, _ := results["session_handle"].Value().(string)
	if p := dbus.ObjectPath(s); s != "" && p.IsValid() {
		return p, nil
	}
	return "", fmt.Errorf("%w: session %.80q", ErrFailed, s)
}

// chosen is the node of the one stream that was asked for.
func chosen(results map[string]dbus.Variant) (uint32, error) {
	var streams []struct {
		Node  uint32
		About map[string]dbus.Variant
	}
	v, ok := results["streams"]
	if !ok || v.Store(&streams) != nil || len(streams) == 0 {
		return 0, fmt.Errorf("%w: it gave no stream", ErrFailed)
	}
	return streams[0].Node, nil
}

// watch closes c.closed when the desktop ends the session, or the bus goes.
func (c *Cast) watch() {
	defer close(c.closed)
	for s := range c.line.signals {
		if c.line.ended(s) {
			return
		}
	}
}

// Closed is closed once the desktop has ended the cast: the person stopped it there.
func (c *Cast) Closed() <-chan struct{} { return c.closed }

// Close ends the cast. Remote stays as it is.
func (c *Cast) Close() {
	c.line.close()
	<-c.closed
}
