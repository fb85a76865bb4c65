package portal

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/godbus/dbus/v5"
)

// line is a connection to the portal, and what it offers.
type line struct {
	conn    *dbus.Conn
	portal  dbus.BusObject
	owner   string // who answers to the portal's name: others may send signals too
	signals chan *dbus.Signal
	session dbus.ObjectPath // empty before there is one

	sources uint32
	pointer bool
}

// dial finds the portal. It starts no bus: a program does not start a desktop.
func dial(ctx context.Context) (*line, error) {
	// The connection outlives ctx, its beginning does not.
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	undo := context.AfterFunc(ctx, cancel)
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(own))
	if err != nil {
		cancel()
		return nil, err
	}
	l := &line{conn: conn, portal: conn.Object(service, root), signals: make(chan *dbus.Signal, 16)}
	if err := l.meet(ctx); err != nil || !undo() {
		cancel()
		_ = conn.Close()
		if err == nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return l, nil
}

func (l *line) meet(ctx context.Context) error {
	if err := l.conn.Auth(nil); err != nil {
		return err
	}
	if err := l.conn.Hello(); err != nil {
		return err
	}
	types, err := l.property(ctx, "AvailableSourceTypes")
	if err != nil {
		return err
	}
	if l.sources = types & (monitors | windows); l.sources == 0 {
		return fmt.Errorf("it shows neither monitors nor windows (%#x)", types)
	}
	// Its first version has no such property.
	modes, err := l.property(ctx, "AvailableCursorModes")
	l.pointer = err == nil && modes&embedded != 0
	if err := l.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, service).Store(&l.owner); err != nil {
		return err
	}
	// Listened for before anything is asked: an answer may come before its question returns.
	l.conn.Signal(l.signals)
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchInterface(request), dbus.WithMatchMember("Response")},
		{dbus.WithMatchInterface(session), dbus.WithMatchMember("Closed")},
	} {
		if err := l.conn.AddMatchSignalContext(ctx, append(match, dbus.WithMatchSender(service))...); err != nil {
			return err
		}
	}
	return nil
}

func (l *line) property(ctx context.Context, name string) (uint32, error) {
	var v dbus.Variant
	if err := l.portal.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, casting, name).Store(&v); err != nil {
		return 0, err
	}
	n, ok := v.Value().(uint32)
	if !ok {
		return 0, fmt.Errorf("%s is no number", name)
	}
	return n, nil
}

// token is a name that nobody can guess, for an object that the portal makes.
func token() string { return "ekermed" + strings.ToLower(rand.Text()) }

// path is where the portal makes a request's object (org.freedesktop.portal.Request).
func (l *line) path(token string) dbus.ObjectPath {
	sender := strings.ReplaceAll(strings.TrimPrefix(l.conn.Names()[0], ":"), ".", "_")
	return dbus.ObjectPath(root + "/request/" + sender + "/" + token)
}

func (l *line) call(ctx context.Context, method string, args ...any) *dbus.Call {
	return l.portal.CallWithContext(ctx, method, 0, args...)
}

// ask calls a method of the portal and waits for its Response, which comes as a signal.
func (l *line) ask(ctx context.Context, method string, options map[string]dbus.Variant, args ...any) (map[string]dbus.Variant, error) {
	name := token()
	options["handle_token"] = dbus.MakeVariant(name)
	at := l.path(name)
	var told dbus.ObjectPath
	if err := l.call(ctx, casting+"."+method, append(args, options)...).Store(&told); err != nil {
		l.drop(at)
		return nil, fmt.Errorf("%w: %s: %v", ErrFailed, method, err)
	}
	for {
		select {
		case s, ok := <-l.signals:
			if !ok {
				return nil, fmt.Errorf("%w: the session bus is gone", ErrFailed)
			}
			if l.ended(s) {
				return nil, fmt.Errorf("%w: it closed the session", ErrFailed)
			}
			// An old portal chooses the path itself.
			if s.Sender == l.owner && s.Name == request+".Response" && (s.Path == at || s.Path == told) {
				return response(s.Body)
			}
		case <-ctx.Done():
			l.drop(at)
			return nil, ctx.Err()
		}
	}
}

// drop takes a question back.
func (l *line) drop(at dbus.ObjectPath) {
	l.conn.Object(service, at).Go(request+".Close", dbus.FlagNoReplyExpected, nil)
}

// response reads the body of a Response.
func response(body []any) (map[string]dbus.Variant, error) {
	var code uint32
	var results map[string]dbus.Variant
	if err := dbus.Store(body, &code, &results); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrFailed, err)
	}
	switch code {
	case succeeded:
		return results, nil
	case cancelled:
		return nil, ErrRefused
	default:
		return nil, fmt.Errorf("%w: response %d", ErrFailed, code)
	}
}

// ended tells whether a signal is the end of our session.
func (l *line) ended(s *dbus.Signal) bool {
	return s.Sender == l.owner && s.Name == session+".Closed" && s.Path == l.session
}

// close puts the session away, and the chooser with it.
func (l *line) close() {
	if l.session != "" {
		l.conn.Object(service, l.session).Go(session+".Close", dbus.FlagNoReplyExpected, nil)
	}
	_ = l.conn.Close()
}
